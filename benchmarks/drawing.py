"""Drawing texts: from the embedded teacher, and from a model that was learned from it."""

from functools import cache
from tempfile import TemporaryDirectory

import numpy as np

import lowlogit_edu as ll
from benchmarks.results import Row, row
from benchmarks.teacher import centred, drawing_for_ever, generate, least_seconds_of_steps, teacher
from benchmarks.timing import Effort, compare, growth_of, largest_difference

TOLERANCE = 3e-4  # nats; float32 sums in another order
GENERATE = "the teacher's `generate`"


def sampling(effort: Effort) -> Row:
    """Texts of the teacher together with the logits that they were drawn from."""
    n, length = effort.pick(full=(512, 32), quick=(128, 32), tiny=(3, 4))
    compared = compare(
        lambda: drawn(n, length),
        {"transformers' `generate`": lambda: generate(n, length)},
        _error_of_either,
        TOLERANCE,
        effort,
    )
    return row(
        "sampling",
        f"{n} texts of {length} tokens from the teacher, with logits",
        "logits of the drawn texts asked again, nats",
        compared,
        limit=least_seconds_of_steps(n, length),
        growths=[
            growth_of("texts", [n // 4, n // 2, n] if n > 3 else [1, 2, 3], lambda n: lambda: drawn(n, length), effort),
            growth_of("tokens", [length // 2, length, 2 * length], lambda t: lambda: drawn(n, t), effort),
        ],
        note=f"{n * length / compared.ours.wall:,.0f} tokens per second. Of the processor's time a third goes to "
        "products and a third to attention by one query at a time; eager attention, torch's other kernels, and "
        "batches of 64 to 512 texts were no faster.",
    )


def drawn(n: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Texts of the teacher and their logits."""
    return ll.oracles.base.sample_with_logits(teacher(), n, length, rng=np.random.default_rng(0))


def _error_of_either(ours, theirs) -> float:
    """The two drew different texts of one distribution: each is held to the answers about its own texts."""
    return max(_error(*ours), _error(*theirs))


def _error(tokens: np.ndarray, logits: np.ndarray) -> float:
    return largest_difference(centred(logits), teacher().logits_along(tokens))


@cache
def learned(effort: Effort):
    """A model that is learned in a moment: how good it is changes nothing about its speed."""
    sizes = effort.pick(
        full={"rank": 32, "sequences": 300},
        quick={"rank": 32, "sequences": 300},
        tiny={"rank": 4, "sequences": 8, "columns": 20, "width": 8},
    )
    short = {"epochs": 1, "rounds": 1, "passes": 0, "longer": 0.0, "witnesses": 0, "validation": 8}
    config = ll.LearnerConfig.practical(**sizes, **short)
    return ll.learn(teacher(), effort.pick(full=32, quick=32, tiny=8), config, seed=0).model


@cache
def exported(effort: Effort):
    """The learned model as one of transformers."""
    from transformers import AutoModelForCausalLM

    import lowlogit_edu.hugging_face  # noqa: F401  (tells transformers of the kind of model)

    with TemporaryDirectory() as folder, ll.oracles.pretrained.without_progress_bars():
        ll.export.to_hugging_face(learned(effort), f"{folder}/model", tokenizer="embedded")
        return drawing_for_ever(AutoModelForCausalLM.from_pretrained(f"{folder}/model"))


def learned_text_alone(effort: Effort) -> Row:
    """One text of the learned model."""
    return _learned_texts("text-alone", 1, effort)


def learned_text_batch(effort: Effort) -> Row:
    """Many texts of the learned model at once."""
    return _learned_texts("text-batch", effort.pick(full=64, quick=64, tiny=2), effort)


def _learned_texts(name: str, n: int, effort: Effort) -> Row:
    length = effort.pick(full=64, quick=64, tiny=4)
    model = learned(effort).with_horizon(length)
    compared = compare(
        lambda: model.sample(n, seed=0),
        {
            GENERATE: lambda: generate(n, length, with_logits=False)[0],
            "`generate` of the learned model, exported": lambda: generate(n, length, False, exported(effort))[0],
        },
        lambda ours, theirs: max(_inconsistency(model, ours, effort), _inconsistency(model, theirs, effort)),
        TOLERANCE,
        effort,
    )
    ours, theirs = (n * length / seconds.wall for seconds in (compared.ours, compared.peers[GENERATE]))
    return row(
        name,
        f"{n} text{'s'[: n > 1]} of {length} tokens from a learned model that carries {model.carried} coefficients",
        "the learned model's logits after the drawn texts, at once, text by text and exported, nats",
        compared,
        growths=[growth_of("tokens", [length // 2, length, 2 * length], lambda t: _drawing(model, n, t), effort)],
        note=f"Ours {ours:,.0f} tokens per second, the teacher {theirs:,.0f}; texts of different models, of one size. "
        "No limit: what is read may lie in the processor's caches.",
    )


def _drawing(model, n: int, length: int):
    longer = model.with_horizon(length)
    return lambda: longer.sample(n, seed=0)


def _inconsistency(model, tokens: np.ndarray, effort: Effort) -> float:
    """How far the model's ways to the logits before the last token are apart."""
    import torch

    assert tokens.shape[1] == model.horizon
    expected = model.logits_along(tokens)[:, -1]
    ids = torch.from_numpy(np.insert(tokens[:, :-1], 0, teacher().beginning_token, axis=1))
    with torch.inference_mode():
        theirs = exported(effort)(ids).logits[:, -1].numpy()
    return max(largest_difference(expected, other) for other in (model.logits(tokens[:, :-1]), centred(theirs)))
