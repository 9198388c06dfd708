"""`lowlogit rank`: how low a teacher's logit rank is (Figure 1)."""

import argparse
from typing import Any

from lowlogit_edu.cli.common import (
    check_report,
    given_options,
    note,
    open_teacher,
    report_name,
    report_option,
    say,
    teacher_options,
)
from lowlogit_edu.measure import (
    MeasuredMatrix,
    RankErrors,
    error_curves,
    fitted_law,
    full_rank,
    measure_teacher,
    sampled_matrix,
    untrained_like,
)
from lowlogit_edu.oracles.transformer import TransformerOracle

HELP = "Error of the best rank-r approximation of a teacher's logit matrix (Figure 1)."
EPILOG = """\
A teacher of Hugging Face's, as a page:

  lowlogit rank --teacher roneneldan/TinyStories-8M --report rank.html
"""
# Fields of RankErrors, as the table heads them.
SHOWN = {"mean_absolute": "Eq. 2, nats", "rms": "RMS, nats", "kl": "KL, nats", "total_variation": "TV"}
REPEATED = ("teacher", "histories", "futures", "length", "future_length", "top", "angle_rank", "seed")


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--histories", type=int, default=800, help="rows of the logit matrix (%(default)s)")
    command.add_argument("--futures", type=int, default=40, help="futures, each with a column per token (%(default)s)")
    command.add_argument(
        "--length",
        type=int,
        nargs="+",
        default=[4, 16],
        help="tokens of a history: one number, or shortest and longest",
    )
    command.add_argument("--future-length", type=int, nargs="+", default=[0, 8], help="the same of a future")
    command.add_argument("--top", type=int, help="most likely next tokens kept per future (default: all)")
    command.add_argument("--angle-rank", type=int, default=32, help="dimension of the spaces compared in the report")
    command.add_argument("--max-gb", type=float, default=2.0, help="most memory for the matrix and the work on it")
    report_option(command, "every measurement, with pictures and their data")


def run(args: argparse.Namespace) -> dict[str, Any]:
    check_report(args)
    oracle = open_teacher(args)
    note(f"Asking about {args.histories * args.futures:,} pairs of a history and a future ...")
    matrix = sampled_matrix(
        oracle,
        args.histories,
        args.futures,
        (args.length[0], args.length[-1]),
        (args.future_length[0], args.future_length[-1]),
        top=args.top,
        max_bytes=int(args.max_gb * 1e9),
        seed=args.seed,
    )
    # The report measures more than the table shows, its errors among it.
    errors = error_curves(matrix) if args.report is None else _write_report(args, oracle, matrix)
    answer = _answer(errors, matrix)
    answer["report"] = report_name(args)
    if not args.json:
        _show(answer)
    return answer


def _write_report(args: argparse.Namespace, oracle: TransformerOracle, matrix: MeasuredMatrix) -> RankErrors:
    """Measure everything, write the report, and return the errors of the whole matrix."""
    from lowlogit_edu.show.rank_page import rank_report

    untrained = untrained_like(oracle, args.seed)
    found = measure_teacher(
        oracle,
        matrix,
        untrained,
        args.angle_rank,
        args.seed,
        on_step=lambda step: note(f"Measuring {step} ..."),
    )
    settings = f"Repeat with: lowlogit rank {given_options(args, REPEATED)}"
    rank_report(found, args.teacher, settings).save(args.report)
    return found.whole.errors[0]


def _answer(errors: RankErrors, matrix: MeasuredMatrix) -> dict[str, Any]:
    """The errors from rank 1 on and their power laws, where there are ranks enough for a fit."""
    columns = {name: getattr(errors, name) for name in SHOWN}
    laws = {name: fitted_law(errors.ranks, values, full_rank(matrix)) for name, values in columns.items()}
    answer: dict[str, Any] = {"ranks": errors.ranks[1:].tolist()}
    for name, values in columns.items():
        key = "errors" if name == "mean_absolute" else name  # named before there were others; scripts read it
        answer[key] = values[1:].tolist()
    answer["laws"] = {name: vars(law) for name, law in laws.items() if law is not None}
    answer["shape"] = list(matrix.logits.shape)
    return answer


def _show(answer: dict[str, Any]) -> None:
    histories, futures, tokens = answer["shape"]
    say(f"Logit matrix: {histories} histories x {futures} futures x {tokens} next tokens, drawn as in Definition 1.6.")
    say("Errors of the best rank-r approximation:")
    say("  rank" + "".join(f"{title:>13}" for title in SHOWN.values()))
    columns = [answer.get(name, answer["errors"]) for name in SHOWN]
    for i, rank in enumerate(answer["ranks"]):
        say(f"{rank:>6}" + "".join(f"{values[i]:>13.4f}" for values in columns))
    say("Power laws, fitted to ranks 2 to a quarter of the full rank (± standard error of the fit):")
    for name, law in answer["laws"].items():
        say(f"{SHOWN[name]:>14} ~ rank^({law['slope']:.3f} ± {law['standard_error']:.3f}), R² {law['r_squared']:.3f}")
    if answer["report"] is not None:
        say(f"Report: {answer['report']}")
