"""`lowlogit rank`: how low a teacher's logit rank is (Figure 1)."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import note, open_teacher, say, teacher_options
from lowlogit_edu.measure import error_curves, fitted_law, full_rank, measure_teacher, sampled_matrix, untrained_like

HELP = "Error of the best rank-r approximation of a teacher's logit matrix (Figure 1)."
SHOWN = {"mean_absolute": "Eq. 2, nats", "rms": "RMS, nats", "kl": "KL, nats", "total_variation": "TV"}


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--histories", type=int, default=800)
    command.add_argument("--futures", type=int, default=40)
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
    command.add_argument("--report", type=Path, help="new HTML file: every measurement, with pictures and their data")


def run(args: argparse.Namespace) -> dict[str, Any]:
    if args.report is not None:
        from lowlogit_edu.show.html import check_new_file

        check_new_file(args.report)
    oracle = open_teacher(args)
    lengths, future_lengths = ((given[0], given[-1]) for given in (args.length, args.future_length))
    note(f"Asking about {args.histories * args.futures:,} pairs of a history and a future ...")
    matrix = sampled_matrix(
        oracle,
        args.histories,
        args.futures,
        lengths,
        future_lengths,
        top=args.top,
        max_bytes=int(args.max_gb * 1e9),
        seed=args.seed,
    )
    if args.report is None:
        errors = error_curves(matrix)
    else:
        from lowlogit_edu.show.rank_page import rank_report

        found = measure_teacher(
            oracle,
            matrix,
            untrained_like(oracle, args.seed),
            args.angle_rank,
            args.seed,
            on_step=lambda step: note(f"Measuring {step} ..."),
        )
        rank_report(found, args.teacher, _settings(args)).save(args.report)
        errors = found.parts[1].errors[0]
    laws = {name: fitted_law(errors.ranks, getattr(errors, name), full_rank(matrix)) for name in SHOWN}
    answer: dict[str, Any] = {
        "ranks": errors.ranks[1:].tolist(),
        "errors": errors.mean_absolute[1:].tolist(),
        **{name: getattr(errors, name)[1:].tolist() for name in SHOWN if name != "mean_absolute"},
        "laws": {name: vars(law) for name, law in laws.items() if law is not None},
        "shape": list(matrix.logits.shape),
        "report": None if args.report is None else str(args.report),
    }
    if not args.json:
        _show(answer, args.report)
    return answer


def _settings(args: argparse.Namespace) -> str:
    words = [f"--teacher {shlex.quote(args.teacher)} --histories {args.histories} --futures {args.futures}"]
    words += [f"--length {' '.join(map(str, args.length))} --future-length {' '.join(map(str, args.future_length))}"]
    words += [f"--top {args.top}"] if args.top is not None else []
    return f"Repeat with: lowlogit rank {' '.join(words)} --angle-rank {args.angle_rank} --seed {args.seed}"


def _show(answer: dict[str, Any], report: Path | None) -> None:
    histories, futures, tokens = answer["shape"]
    say(f"Logit matrix: {histories} histories x {futures} futures x {tokens} next tokens, drawn as in Definition 1.6.")
    say("Errors of the best rank-r approximation:")
    say("  rank" + "".join(f"{title:>13}" for title in SHOWN.values()))
    columns = [answer["errors"], *(answer[name] for name in SHOWN if name != "mean_absolute")]
    for r, *values in zip(answer["ranks"], *columns, strict=True):
        say(f"{r:>6}" + "".join(f"{value:>13.4f}" for value in values))
    say("Power laws, fitted to ranks 2 to a quarter of the full rank (± standard error of the fit):")
    for name, law in answer["laws"].items():
        say(f"{SHOWN[name]:>14} ~ rank^({law['slope']:.3f} ± {law['standard_error']:.3f}), R² {law['r_squared']:.3f}")
    if report is not None:
        say(f"Report: {report}")
