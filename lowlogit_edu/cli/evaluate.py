"""`lowlogit evaluate`: a learned model beside baselines fitted to the same queries."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lowlogit_edu.baselines.contenders import run_contenders
from lowlogit_edu.baselines.contest import Judged, judge
from lowlogit_edu.cli.common import (
    PROMPT,
    can_write,
    check_report,
    note,
    report_name,
    report_option,
    say,
    stories,
    teacher_options,
)
from lowlogit_edu.cli.served import open_any_teacher, server_options
from lowlogit_edu.cli.tables import as_json, quality_rows, quality_table, table
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.text_quality import TextQuality, compare_texts, read_texts
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.loading import load
from lowlogit_edu.oracles.text_oracle import TextOracle
from lowlogit_edu.practical.record import read_record

HELP = "KL of a learned model beside baselines fitted to the same queries, and the quality of its texts."
EPILOG = """\
A run beside all baselines, as a page:

  lowlogit evaluate runs/first --baselines all --report first.html
"""
WRITERS = ("learned", "trigram")  # whose texts are measured, beside the teacher's
STORIES = 5  # texts of each in the report, after the prompt and after nothing


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="of a run of lowlogit learn")
    teacher_options(command, default=None)
    server_options(command)
    command.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on (%(default)s)")
    command.add_argument("--baselines", choices=("quick", "all"), default="quick", help="all takes some minutes more")
    command.add_argument("--text", type=Path, help="real texts, separated by blank lines, for a perplexity on them")
    report_option(command, "curves, table, how it was learned, texts")


def run(args: argparse.Namespace) -> dict[str, Any]:
    check_report(args)
    record = read_record(args.folder)
    if args.teacher is None:
        args.teacher = record["teacher"]  # an option only for a teacher that lies elsewhere by now
    oracle = open_any_teacher(args)
    if oracle.fingerprint != record["fingerprint"]:
        note(f"Note: this is not the teacher that the run in {args.folder} learned; the KL is to this one.")
    heavy = args.baselines == "all"
    text = None if args.text is None else read_texts(oracle, args.text, record["horizon"], args.samples)
    # Predictions: every model on the same fresh texts of the teacher, and on the real text.
    contenders = run_contenders(oracle, args.folder, heavy=heavy, seed=args.seed)
    floor_rank = record["config"]["rank"] if heavy else None
    judged = judge(oracle, contenders, args.samples, args.seed, text=text, floor_rank=floor_rank)
    # Texts: what the models write themselves.
    writers = {name: contenders[name].model for name in WRITERS}
    quality: dict[str, TextQuality] = {}
    if oracle.tokenizer is not None:  # else there are no words
        quality = compare_texts(oracle, writers, args.samples, args.seed)
    if not args.json:
        say(table(judged))
    if quality and not args.json:
        say(f"\n{quality_table(quality)}")
    if args.report is not None:
        _write_report(args, oracle, record, judged, quality)
    return {
        "teacher": str(args.teacher),
        "samples": args.samples,
        "evaluation": as_json(judged),
        "text_quality": {name: asdict(found) for name, found in quality.items()},
        "report": report_name(args),
        "real_texts": 0 if text is None else len(text),
    }


def _write_report(
    args: argparse.Namespace,
    oracle: TextOracle,
    record: Mapping[str, Any],
    judged: Mapping[str, Judged],
    quality: Mapping[str, TextQuality],
) -> None:
    from lowlogit_edu.show.evaluation_page import evaluation_report

    learned = load(args.folder)
    if not isinstance(learned, ISANModel):
        raise ArgumentError(f"{learned!r} cannot continue a prompt of any length; leave --report out.")
    horizon = record["horizon"]
    prompts = [prompt for prompt in (PROMPT, "") if can_write(oracle, prompt)]
    texts = {prompt: stories(oracle, learned, horizon, STORIES, args.seed, prompt) for prompt in prompts}
    tables = {"Quality of texts, ± standard error": quality_rows(quality)} if quality else {}
    settings = f"Seed {args.seed}, {args.samples:,} fresh texts; the run's own seed was {record['seed']}."
    evaluation_report(judged, record, texts, settings, tables).save(args.report)
    if not args.json:
        say(f"Report: {args.report}")
