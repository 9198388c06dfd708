"""`lowlogit evaluate`: a learned model beside baselines fitted to the same queries."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lowlogit_edu.baselines.contenders import run_contenders
from lowlogit_edu.baselines.contest import judge
from lowlogit_edu.cli.common import as_json, open_teacher, quality_rows, quality_table, say, table, teacher_options
from lowlogit_edu.cli.learn import PROMPT, stories
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.text_quality import compare_texts, read_texts
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.loading import load
from lowlogit_edu.practical.run_folder import read_record

HELP = "KL of a learned model beside baselines fitted to the same queries, and the quality of its texts."


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path)
    teacher_options(command, default=None)
    command.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")
    command.add_argument("--baselines", choices=("quick", "all"), default="quick", help="all takes some minutes more")
    command.add_argument("--text", type=Path, help="real texts, separated by blank lines, for a perplexity on them")
    command.add_argument("--report", type=Path, help="new HTML file: curves, table, how it was learned, texts")


def run(args: argparse.Namespace) -> dict[str, Any]:
    if args.report is not None:
        from lowlogit_edu.show.html import check_new_file

        check_new_file(args.report)
    record = read_record(args.folder)
    if args.teacher is None:
        args.teacher = record["teacher"]
    oracle, heavy = open_teacher(args), args.baselines == "all"
    text = None if args.text is None else read_texts(oracle, args.text, record["horizon"], args.samples)
    contenders = run_contenders(oracle, args.folder, heavy=heavy, seed=args.seed)
    floor_rank = record["config"]["rank"] if heavy else None
    rows = judge(oracle, contenders, args.samples, args.seed, text=text, floor_rank=floor_rank)
    quality = compare_texts(
        oracle, {name: contenders[name].model for name in ("learned", "trigram")}, args.samples, args.seed
    )
    if not args.json:
        say(f"{table(rows)}\n\n{quality_table(quality)}")
    answer = {"teacher": str(args.teacher), "samples": args.samples, "evaluation": as_json(rows)}
    answer |= {"text_quality": {name: asdict(found) for name, found in quality.items()}}
    answer |= {"report": None if args.report is None else str(args.report)}
    answer |= {"real_texts": 0 if text is None else len(text)}
    if args.report is not None:
        from lowlogit_edu.show.evaluation_page import evaluation_report

        learned = load(args.folder)
        if not isinstance(learned, ISANModel):
            raise ArgumentError(f"{learned!r} cannot continue a prompt of any length; leave --report out.")
        texts = {prompt: stories(oracle, learned, record["horizon"], 5, args.seed, prompt) for prompt in (PROMPT, "")}
        found = {"Quality of texts, ± standard error": quality_rows(quality)}
        settings = f"Seed {args.seed}, {args.samples:,} fresh texts; the run's own seed was {record['seed']}."
        evaluation_report(rows, record, texts, settings, found).save(args.report)
        if not args.json:
            say(f"Report: {args.report}")
    return answer
