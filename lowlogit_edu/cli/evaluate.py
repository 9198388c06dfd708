"""`lowlogit evaluate`: a learned model beside baselines fitted to the same queries."""

import argparse
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import as_json, open_teacher, say, table, teacher_options
from lowlogit_edu.runs import evaluate_run, read_record

HELP = "KL of a learned model beside baselines fitted to the same queries."


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path)
    teacher_options(command, default=None)
    command.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")


def run(args: argparse.Namespace) -> dict[str, Any]:
    if args.teacher is None:
        args.teacher = read_record(args.folder)["teacher"]
    reports = evaluate_run(open_teacher(args), args.folder, args.samples, args.seed)
    if not args.json:
        say(table(reports))
    return {"teacher": str(args.teacher), "samples": args.samples, "evaluation": as_json(reports)}
