"""`lowlogit web`: one static page on which a learned model tells stories in the browser."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lowlogit_edu.baselines.contenders import asked_again, parameter_count, quick_baselines
from lowlogit_edu.cli.common import PROMPT, note, open_teacher, say, teacher_options
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError, LowLogitError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.loading import load
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.transformer import TransformerOracle
from lowlogit_edu.practical.record import read_record, saved_queries
from lowlogit_edu.show.half_precision import packed_megabytes
from lowlogit_edu.show.story_page import StoryPage, Tale, check_page_folder, save_story_page
from lowlogit_edu.show.web_words import open_tokenizer, web_words

HELP = "Write a web page on which a learned model tells stories, without a server."
EPILOG = """\
Open page/index.html afterwards:

  lowlogit web runs/first --out page
"""
LARGE = 3  # megabytes from which a page says its size before it is written
LONGER = 4  # times the horizon: how long a story is, and how long the longest texts of learning are
REFUSED = 100  # megabytes that a browser may refuse


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="where lowlogit learn saved the model")
    command.add_argument("--out", type=Path, required=True, help="folder for the page; must be new or empty")
    teacher_options(command, default=None)
    command.add_argument("--prompt", default=PROMPT, help="what stories begin with (%(default)s)")
    command.add_argument("--tokens", type=int, help="most tokens of a story (default: four times the model's horizon)")
    command.add_argument("-n", type=int, default=12, help="stories of the teacher and of the trigram (%(default)s)")
    command.add_argument("--alone", action="store_true", help="ask no teacher: leave its stories and the trigram's out")
    command.add_argument("--course", help="address of the course, for the link 'Why it works'")


def run(args: argparse.Namespace) -> dict[str, Any]:
    check_page_folder(args.out)
    check_count("n", args.n)
    _check_address(args.course)
    model = load(args.folder)
    if not isinstance(model, ISANModel):
        raise ArgumentError(f"{model!r} cannot run in a browser; learn one with lowlogit learn.")
    record = read_record(args.folder)
    tokenizer = open_tokenizer(args.folder, model.alphabet_size)
    start = [] if tokenizer is None else list(tokenizer.encode(args.prompt, add_special_tokens=False))
    length = LONGER * model.horizon if args.tokens is None else check_count("tokens", args.tokens)
    start = start[: length - 1]
    megabytes = packed_megabytes(model)
    if megabytes > LARGE:
        note(f"The page will have {megabytes:.0f} MB: {_why_large(model, megabytes)}")
    others, left_out = (
        ([], "No teacher was asked for this page.") if args.alone else _others(args, record, model, start, length)
    )
    page = StoryPage(
        words=None if tokenizer is None else web_words(tokenizer),
        begin="" if tokenizer is None else args.prompt,
        beginning=start,
        length=length,
        lengths=[model.horizon, 2 * model.horizon, LONGER * model.horizon],
        tales=_tales(model, others),
        beside=_beside(args.prompt if start else "", length, left_out),
        facts=_facts(record, model),
        built_on=_spanner(record, tokenizer),
        course=args.course,
    )
    path = save_story_page(page.html(model), args.out)
    size = path.stat().st_size
    if not args.json:
        say(f"{path}: {size / 1e6:.1f} MB. Open it in a browser; it needs no server.")
        if left_out:
            say(left_out)
    return {"page": str(path), "bytes": size, "left_out": left_out}


def _check_address(course: str | None) -> None:
    """Refuse what is no address of a page: a link may also be a script."""
    if course is not None and urlsplit(course).scheme not in ("", "http", "https"):
        raise ArgumentError(
            f"course must be an address that begins with https:// or http://, or a path, got {course!r}."
        )


def _why_large(model: ISANModel, megabytes: float) -> str:
    if megabytes > REFUSED:
        return "a browser may refuse so much. A smaller --rank, or fewer columns, makes a smaller one."
    if model.mixture is None:
        return "each token has a matrix of its own. Refined models (lowlogit learn --passes 2) share a few."
    return "it opens slowly on a phone. Learned with --readout shared, or a smaller --rank, it is smaller."


# The stories beside those of the model


def _others(
    args: argparse.Namespace, record: Mapping[str, Any], model: ISANModel, start: list[int], length: int
) -> tuple[list[Tale], str]:
    """What the teacher and a trigram tell, and a sentence about who is left out, if anyone is."""
    if args.teacher is None:
        args.teacher = record["teacher"]  # an option only for a teacher that lies elsewhere by now
    try:
        oracle = open_teacher(args)
        if oracle.alphabet_size != model.alphabet_size:
            raise ArgumentError(f"it has {oracle.alphabet_size} tokens, the model {model.alphabet_size}.")
        length = min(length, oracle.longest or length)
        texts = sample(oracle, args.n, length, prompt=start[:length], rng=stream(args.seed, "stories")).tolist()
    except LowLogitError as error:
        note(f"The teacher cannot be asked: {error}")
        return [], f"Its teacher, {record['teacher']}, could not be asked for stories when this page was made."
    found = [Tale("Its teacher", _about_teacher(oracle), texts)]
    try:
        found.append(_trigram(args, oracle, start, length))
    except LowLogitError as error:
        note(f"No trigram can be fitted: {error}")
        return found, "The folder of the model lacks what a trigram could be fitted to."
    return found, ""


def _about_teacher(oracle: TransformerOracle) -> str:
    numbers = sum(weight.numel() for weight in oracle.model.parameters())
    looks_back = oracle.longest is not None  # a recurrent network has no limit, because it does not
    return (
        f"A network of {numbers / 1e6:,.1f} million numbers" + looks_back * " that looks back at the whole story" + "."
    )


def _trigram(args: argparse.Namespace, oracle: TransformerOracle, start: list[int], length: int) -> Tale:
    """What a table of the last two tokens tells, fitted to the very answers that the model was learned from."""
    note("Asking the teacher again, for the trigram ...")
    code, _ = saved_queries(args.folder)
    fold = (code.columns, code.shares)
    observed = asked_again(oracle, args.folder)
    trigram = quick_baselines(observed, oracle.alphabet_size, length, fold)["trigram"].model
    texts = trigram.sample(args.n, seed=args.seed, prompt=start[:length]).tolist()
    about = (
        f"A table of {parameter_count(trigram):,} numbers, learned from the same answers, that sees two tokens back."
    )
    return Tale("A trigram", about, texts)


def _tales(model: ISANModel, others: list[Tale]) -> list[Tale]:
    own = Tale("This page", f"Told here and now, with {model.carried} numbers of memory.")
    return [*others[:1], own, *others[1:]]


# Words


def _beside(prompt: str, length: int, left_out: str) -> str:
    start = f"after “{prompt}”" if prompt else "from nothing"
    words = f"Told {start}, at temperature 1, up to {length} tokens, none chosen by hand."
    return f"{words} {left_out}".strip()


def _facts(record: Mapping[str, Any], model: ISANModel) -> dict[str, str]:
    last = max(event["epoch"] for event in record["history"])
    measured = [
        event["data"]["mean_kl"] for event in record["history"] if event["epoch"] == last and "mean_kl" in event["data"]
    ]
    facts = {
        "Memory": f"{model.carried} numbers, whatever the length of the story",
        "Learned from": f"the teacher “{record['teacher']}”, by {sum(record['queries'].values()):,} questions "
        f"about texts of {record['horizon']} tokens"
        + (", some of them longer" if record["config"].get("longer") else ""),
    }
    if measured:
        facts["Distance from its teacher"] = f"{min(measured):.2f} nats per token (KL), as the learner measured it"
    return facts


def _spanner(record: Mapping[str, Any], tokenizer: Any) -> list[str]:
    """The beginnings whose rows span the others, as the learner chose them last."""
    chosen = [event["data"]["spanner"] for event in record["history"] if "spanner" in event["data"]]
    if not chosen or tokenizer is None:
        return []
    return [str(tokenizer.decode(history)) for history in chosen[-1]]
