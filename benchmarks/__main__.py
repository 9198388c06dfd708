"""python -m benchmarks [--quick] [--only NAME ...] [--json FILE] [--out PAGE] [--from FILE]

Prints a Markdown table. `--json` writes the results; `--out` writes them as a page, with `--from` those of an earlier
run.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import asking, counting, drawing, importing, learning, matrix_work, programs, remembering, results
from benchmarks.timing import FULL, QUICK, TINY, Effort

EFFORTS = {effort.name: effort for effort in (FULL, QUICK, TINY)}
BENCHMARKS: dict[str, Callable[[Effort], results.Row]] = {
    "prefixes-of-texts": asking.prefixes_of_texts,
    "one-token-extensions": asking.one_token_extensions,
    "sampling": drawing.sampling,
    "program-alone": programs.alone,
    "program-without-least-squares": programs.without_least_squares,
    "program-batch": programs.batch,
    "spanner": matrix_work.spanner,
    "singular-values": matrix_work.row_space_of_answers,
    "cache": remembering.cache,
    "exact-learner": learning.exact_learner,
    "text-alone": drawing.learned_text_alone,
    "text-batch": drawing.learned_text_batch,
    "trigram": counting.trigram,
    "import": importing.import_time,
}


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    found = argparse.ArgumentParser(prog="python -m benchmarks", description="Times the package beside its peers.")
    found.add_argument(
        "--quick", dest="effort", action="store_const", const="quick", default="full", help="smaller, in 2 minutes"
    )
    found.add_argument("--effort", choices=EFFORTS, default="full", help="the sizes; tiny ones are for tests")
    found.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=f"among {', '.join(BENCHMARKS)}")
    found.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    found.add_argument("--out", type=Path, metavar="PAGE", help="write the results as a page of Markdown")
    found.add_argument("--from", dest="earlier", type=Path, metavar="FILE", help="results of --json; nothing is timed")
    return found


def measured(names: Sequence[str], effort: Effort) -> list[results.Row]:
    """The rows, one after the other; says on standard error how far it is."""
    rows = []
    for name in names:
        start = time.perf_counter()
        rows.append(BENCHMARKS[name](effort))
        print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    chosen = parser().parse_args(arguments)
    if chosen.earlier:
        rows, described, effort = results.from_json(chosen.earlier.read_text(encoding="utf-8"))
    else:
        effort = chosen.effort
        described = results.machine()  # limits first: nothing else runs yet
        rows = measured(chosen.only or list(BENCHMARKS), EFFORTS[effort])
    print(results.table(rows))
    if chosen.json:
        chosen.json.write_text(results.to_json(rows, described, effort), encoding="utf-8")
    if chosen.out:
        chosen.out.write_text(results.page(rows, described, effort), encoding="utf-8")


if __name__ == "__main__":
    main()
