"""Checks of notebook 04, noisy parity."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lowlogit_edu.baselines.parities import parity_samples
from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.exercises.feedback import Wrong, call, exercise, number, show, whole_numbers
from lowlogit_edu.models import noisy_parity


def bits_of(answer: Any, bits: int) -> list[int]:
    """An answer as `bits` zeros and ones, or `Wrong`."""
    complaint = f"expected a list of {bits} zeros and ones"
    answer = list(answer) if isinstance(answer, Iterable) else answer  # an iterator could be read only once
    found = whole_numbers(answer, complaint)
    # 1.7 is no bit, though int(1.7) is one.
    if len(found) != bits or not set(found) <= {0, 1} or found != answer:
        raise Wrong(f"{complaint}, got {show(answer)}.")
    return found


@exercise("That is (1 - 2 noise) / 2, the distance of a learner that has learned nothing.")
def nb04_coin_distance(answer: Any) -> None:
    """Total variation between noisy parity with noise 0.2 and fair coins."""
    found = number(answer)
    if np.isclose(found, 0.6):
        raise Wrong(
            "0.6 is the sum of the absolute differences of the two probabilities. Total variation is half of it."
        )
    if np.isclose(found, 0.2):
        raise Wrong("0.2 is the noise. Compare (0.8, 0.2) with (0.5, 0.5).")
    if found < 0 or found > 1:
        raise Wrong(f"{found:g} is not between 0 and 1, as every total variation distance is.")
    if not np.isclose(found, 0.3):
        raise Wrong(f"{found:g} is not it. The distance of (0.9, 0.1) from (0.5, 0.5) is 0.4; here it is (0.8, 0.2).")


@exercise("For the empty set it is the balance of the labels, and that is zero too, on average.")
def nb04_correlation(answer: Any) -> None:
    """Average of (-1)^label times the parity's sign: a function of (tokens, subset)."""
    small = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 1], [1, 1, 1]])
    large = parity_samples([1, 0, 1, 0], 0.2, 60, rng=np.random.default_rng(0))
    for tokens, subset in ((small, (1,)), (small, (0,)), (small, ()), (large, (0, 2)), (large, (1, 2, 3))):
        found = number(call(answer, tokens, subset))
        # The label is the last token; label + parity is even where the two agree.
        sums = tokens[:, -1] + tokens[:, list(subset)].sum(axis=1)
        signs = (-1.0) ** sums
        wanted = np.mean(signs)
        what = f"tokens {tokens.tolist()}" if tokens is small else "60 samples of 4 bits"
        where = f"for {what} and subset {subset} you gave {found:.3f}"
        if np.isclose(found, wanted):
            continue
        if np.isclose(found, np.mean(sums % 2 == 0)):
            raise Wrong(f"{where}: that is how often label and parity agree. Count +1 where they do, -1 where not.")
        if np.isclose(found, -wanted):
            raise Wrong(
                f"{where}: right but for the sign. Where label and parity agree, the product of the signs is +1."
            )
        if np.isclose(found, np.sum(signs)):
            raise Wrong(f"{where}: that is the sum. Divide by the number of samples.")
        raise Wrong(f"{where}, expected {wanted:.3f}. Which sign has (-1)^(label + number of ones in the subset)?")


@exercise("n queries, at any noise. From samples nobody knows how to do that fast.")
def nb04_read_secret(answer: Any) -> None:
    """The secret, with at most one query per bit: a function of (logits, bits)."""
    for secret, noise in (([1, 0, 0], 0.1), ([0, 1, 1, 0, 1], 0.3), ([0, 0], 0.1), ([1, 1, 1, 1, 1, 1, 0, 1], 0.49)):
        model = noisy_parity(len(secret), secret, noise)
        bits = len(secret)
        asked: list[int] = []  # prefixes of each call

        # The defaults tie the function to this secret: a closure would follow the loop to the next one.
        def logits(prefixes: Prefixes, model: Any = model, asked: list[int] = asked) -> np.ndarray:
            asked.append(len(prefixes))
            return model.logits(prefixes)

        found = bits_of(call(answer, logits, bits), bits)
        if found == [1 - bit for bit in secret]:
            raise Wrong(
                f"the secret was {secret}, you read {found}: just the other bits. Token 1 is the second column."
            )
        if found != secret:
            raise Wrong(
                f"the secret was {secret} with noise {noise}, you read {found}. Which text of {bits} bits tells bit 0?"
            )
        if sum(asked) > bits:
            raise Wrong(f"right, but with {sum(asked)} queries for {bits} bits. One query per bit is enough.")


@exercise("About 24 for 30 bits, about 38,000 for 100: exponential in the number of bits.")
def nb04_trials(answer: Any) -> None:
    """Average number of trials of elimination on 30 bits with noise 0.1."""
    found = number(answer)
    chance = 0.9**30  # that all 30 labels of a trial are right
    if np.isclose(found, chance, rtol=0.05):
        raise Wrong(f"{found:g} is the probability that one trial is right. How many trials until the first right one?")
    if np.isclose(found, 10) or np.isclose(found, 1 / 0.9, rtol=0.01):
        raise Wrong(f"{found:g} is about one label. A trial is right if all 30 labels are.")
    if found > 1e6:
        raise Wrong(f"{found:g}: did you take 0.1 to the power 30? A label is right with probability 0.9.")
    off = abs(found - 1 / chance)
    if off > 1:
        raise Wrong(f"{found:g} is not it. With 2 bits a trial is right with probability 0.9 * 0.9 = 0.81.")
    if off > 0.1 and found != round(1 / chance):
        raise Wrong(f"{found:g} is near. Keep more digits of 0.9 to the power 30, and round at the end.")


@exercise(
    "Conditional samples are enough here, with some more queries. For all models of low rank that is Problem 6.2."
)
def nb04_vote_secret(answer: Any) -> None:
    """The secret from labels drawn after chosen texts: a function of (labels, bits)."""
    # 20 trials of 12 bits, since a vote may be unlucky: a right answer passes if it fails once.
    rng = np.random.default_rng(4)
    right = 0
    last_failure = ""
    for trial in range(20):
        secret = rng.integers(2, size=12)
        noise = (0.1, 0.3)[trial % 2]

        def labels(prefix: Any, count: int, secret: np.ndarray = secret, noise: float = noise) -> np.ndarray:
            if len(prefix) != len(secret):
                raise ValueError(f"labels come after texts of {len(secret)} bits, this one has {len(prefix)}")
            flips = rng.random(int(count)) < noise
            return (np.dot(prefix, secret) + flips) % 2

        found = bits_of(call(answer, labels, 12), 12)
        if found == secret.tolist():
            right += 1
        else:
            last_failure = f"with noise {noise} the secret was {secret.tolist()}, you read {found}"
    if right == 0:
        raise Wrong(f"{last_failure}. Which texts tell about one bit alone?")
    if right < 19:
        raise Wrong(f"right in {right} of 20 trials; {last_failure}. More labels per text make the vote surer.")
