"""Checks of notebook 01, language models, logits, oracles."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.core.numerics import half_l1, log_softmax, mean_center, softmax
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import broken_promises


@exercise("Subtracting the largest logit changes no probability and keeps every exponential at 1 or below.")
def nb01_softmax(answer: Any) -> None:
    """Softmax: a function of a row of logits."""
    for row in ([0.0, 0.0], [2.0, 1.0, 0.0], [-1.0, 3.0, 0.5, 0.5]):
        logits = np.array(row)
        found = array(call(answer, logits), logits.shape)
        wanted = softmax(logits)
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, np.exp(logits)):
            raise Wrong(f"for {row} your numbers sum to {found.sum():.3f}: probabilities sum to 1.")
        if np.allclose(found, log_softmax(logits)):
            raise Wrong(f"for {row} you gave log-probabilities; one step is left.")
        powers = 2.0**logits
        if np.allclose(found, powers / powers.sum()):
            raise Wrong(f"for {row} you took powers of 2. Logits are in nats here: powers of e.")
        raise Wrong(f"for {row} you gave {show(found)}. The ratio of the first two should be e^{row[0] - row[1]:g}.")
    # The naive formula gives nan here, and numpy's warning about it is no news to the student.
    large = np.array([1000.0, 1001.0])
    with np.errstate(all="ignore"):
        found = np.asarray(call(answer, large), dtype=float)
    if found.shape != (2,) or not np.allclose(found, softmax(large)):
        raise Wrong(
            f"small logits are right, but for {large.tolist()} you gave {show(found)}: e^1000 is no float. "
            "Which constant may be subtracted first?"
        )


@exercise("Softmax takes you back: nothing was lost except the constant.")
def nb01_centred_logits(answer: Any) -> None:
    """Mean-centred logits: a function of a row of probabilities."""
    for row in ([0.5, 0.5], [0.7, 0.2, 0.1], [0.25, 0.25, 0.4, 0.1]):
        p = np.array(row)
        found = array(call(answer, p), p.shape)
        wanted = mean_center(np.log(p))
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, np.log(p)):
            raise Wrong(f"for {row} your logits have mean {found.mean():.3f}, not 0.")
        if np.allclose(found, mean_center(p)):
            raise Wrong(f"for {row} you centred the probabilities. Definition 1.2 centres their logarithms.")
        if np.allclose(found, mean_center(np.log2(p))):
            raise Wrong(f"for {row} you took logarithms to base 2. Nats need the natural logarithm.")
        if np.allclose(found, np.log(p) - np.log(p.mean())):
            raise Wrong(f"for {row} you subtracted the log of the mean. The mean of the logs is another number.")
        raise Wrong(f"for {row} you gave {show(found)}; they sum to {found.sum():.3f}. First the logs, then the mean.")


@exercise("With a sum in place of the product, no text is so long that its probability becomes 0 in the computer.")
def nb01_text_log_probability(answer: Any) -> None:
    """Log-probability of a text: a function of (model, tokens)."""
    model = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=3)
    for tokens in ([0], [2, 1], [0, 1, 2, 2]):
        prefixes = [tokens[:t] for t in range(len(tokens))]
        rows = model.logits(prefixes)
        chosen = (np.arange(len(tokens)), tokens)
        found = number(call(answer, model, tokens))
        terms = log_softmax(rows)[chosen]  # of the chain rule, one per token
        wanted = terms.sum()
        if np.isclose(found, wanted):
            continue
        if np.isclose(found, np.exp(wanted)):
            raise Wrong(f"for tokens {tokens} you gave {found:.4f}: that is the probability, not its log.")
        if np.isclose(found, rows[chosen].sum()):
            raise Wrong(f"for tokens {tokens} you added logits. Normalise each row first: softmax, then the logarithm.")
        if np.isclose(found, terms[-1]):
            raise Wrong(f"for tokens {tokens} you gave the last token's term alone; the chain rule adds all of them.")
        if found > 0:
            raise Wrong(f"for tokens {tokens} you gave {found:.4f}, but the logarithm of a probability is at most 0.")
        raise Wrong(
            f"for tokens {tokens} you gave {found:.4f}. Does each token's term use the tokens before it, "
            "and only those? For the first token that is the empty list."
        )


@exercise("A cache outside hides repetitions from the counter; a counter outside sees every prefix that you send.")
def nb01_counts(answer: Any) -> None:
    """Two counters: a pair of numbers."""
    # A batch of 3 prefixes, one of them twice, is asked twice: 6 prefixes arrive, 2 of them are different.
    first, second = array(answer, (2,)).tolist()
    if (first, second) == (6, 2):
        raise Wrong("the other way round: the outer wrapper is asked first. Who then sees your repeated prefixes?")
    if first == 3:
        raise Wrong("the first number is not 3: [0] is in the batch twice, and a cache sees that.")
    if first == 4:
        raise Wrong("the first number is not 4: when the batch comes again, the cache knows all of it.")
    if first != 2:
        raise Wrong(f"the first number is not {first:g}: only prefixes new to the cache reach the counter behind it.")
    if second != 6:
        raise Wrong(f"the second number is not {second:g}: here the counter stands before the cache. What reaches it?")


@exercise("And it keeps all fourteen promises: the learner of notebook 10 could be run on it.")
def nb01_stammer(answer: Any) -> None:
    """An oracle that repeats itself with probability 0.8."""
    if isinstance(answer, type):
        raise Wrong("expected an oracle, got its class: add the brackets, Stammer().")
    missing = [name for name in ("alphabet_size", "fingerprint", "logits") if not hasattr(answer, name)]
    if missing:
        raise Wrong(f"an oracle has alphabet_size, fingerprint and logits; yours lacks {', '.join(missing)}.")
    if answer.alphabet_size != 3:
        raise Wrong(f"the alphabet has 3 tokens, yours {show(answer.alphabet_size)}.")
    for prefix in ([], [0], [1, 2], [2, 2, 1]):
        found = array(call(answer.logits, [prefix]), (1, 3))
        _judge_stammer(softmax(found[0]), prefix)
    # One broken promise at a time: mending the first often mends others.
    for name, what in broken_promises(answer).items():
        _, _, fault = what.partition(": ")
        raise Wrong(f"the probabilities are right, but a promise is broken. {name}: {fault}")


def _judge_stammer(found: np.ndarray, prefix: Sequence[int]) -> None:
    """`Wrong` unless these are the probabilities after `prefix`."""
    wanted = np.full(3, 1 / 3)
    if prefix:
        wanted = np.full(3, 0.1)
        wanted[prefix[-1]] = 0.8
    if np.allclose(found, wanted, atol=1e-6):
        return
    given = f"after {list(prefix)} the softmax of your logits is {show(found)}"
    if np.allclose(found, softmax(wanted), atol=1e-6):
        raise Wrong(f"{given}. You answered with probabilities; an oracle answers with their logarithms.")
    if len(prefix) > 1 and np.isclose(found[prefix[0]], 0.8, atol=1e-6):
        raise Wrong(f"{given}: you looked at the first token of the prefix. The last one is repeated.")
    raise Wrong(f"{given}, expected {show(wanted)}.")


@exercise("tanh(1/2) = 0.462 is the most that one nat can do: the half of Lemma 5.3 is the slope at 0.")
def nb01_tight_pair(answer: Any) -> None:
    """Two rows of three logits within 1 nat, far apart in total variation."""
    # One logit alone, moved by 1 nat, reaches tanh(1/4) = 0.245; two against each other reach tanh(1/2) = 0.462.
    one, other = array(answer, (2, 3))
    apart = np.abs(one - other).max()
    moved = half_l1(softmax(one), softmax(other))
    if apart > 1 + 1e-9:
        raise Wrong(f"two logits are {apart:.3f} nats apart, more than 1.")
    if moved <= 0.25:
        raise Wrong(f"total variation {moved:.3f}. Let one likely token's logit rise and another's fall.")
    if moved <= 0.46:
        raise Wrong(f"total variation {moved:.3f}, a good step. What does the third token take, and is the move even?")
