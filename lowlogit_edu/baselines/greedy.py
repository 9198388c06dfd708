"""The greedy update: coefficients fixed in advance, multiplied along the prefix.

>>> import lowlogit_edu as ll
>>> teacher = ll.models.noisy_parity(bits=3, seed=1)
>>> greedy = greedy_model(ll.learn(ll.oracles.ExactOracle(teacher), horizon=4).model)
>>> round(float(abs(greedy.next_token_logits([1, 1, 0]) - teacher.next_token_logits([1, 1, 0])).max()), 9)
0.0
"""

from math import inf

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.core.checks import Prefixes, check_count
from lowlogit_edu.core.rng import stream
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.matrices.spanner import barycentric_spanner
from lowlogit_edu.oracles.base import LogitOracle, ask, sample

POOL = 400  # sampled histories that the spanner is chosen from
LONGEST = 3  # tokens of a future before its last
NO_DIRECTION = 1e-9  # share of the first singular value; below it a spanner row is a combination of the others


def greedy_model(model: ProgramModel) -> ProgramModel:
    """The model that follows a prefix by Equation 5 on the spanner rows of `model`, whatever comes out.

    Paper: Equations 3 to 6 (coefficients fixed in advance, greedy update, growth of its errors), arXiv:2512.09892.

    The coefficients c_{s,i,z} of a spanner row followed by a token in the next cut's spanner are
    least-squares ones (`Step.transition`). A program without a bound and without a limit on its
    residuals accepts their product as it stands; it may grow exponentially with the prefix
    (`models.blow_up_isan`).
    """
    return ProgramModel(model.first_logits, model.cuts, inf, inf, model.noise, model.teacher)


def greedy_isan(oracle: LogitOracle, horizon: int, rank: int, futures: int = 1, seed: int = 0) -> ISANModel:
    """Equation 5 on a real teacher: `rank` spanner histories, few futures, coefficients multiplied along the prefix.

    Other than in the paper, one spanner, of histories of all lengths, serves all cuts.
    The state is the prefix's coefficients in the spanner; a token's matrix holds those of each spanner
    history followed by it. With few futures they fit the answers, up to exactly where `rank` reaches
    the teacher's width, and say little of what comes later: errors grow with every token. Measured on
    the embedded teacher at its width, 128, with seed 0: KL 0 nats at positions 1 and 2, 3 at the fourth,
    220 at the eighth, 4e10 at the 32nd.

    Parameters
    ----------
    futures : int
        Words, the empty one first, that the rows are compared on; after each, all next tokens.
        Asks about `rank * alphabet_size * futures` queries.
    """
    rng = stream(seed, "greedy")
    V = oracle.alphabet_size
    rank = check_count("rank", rank, most=POOL)
    width = check_count("futures", futures)
    length = max(1, check_count("horizon", horizon, least=2) - LONGEST - 1)  # a history, a token and a future fit in
    # Sample: the beginnings of some texts are the histories, the ends of others the futures.
    texts = sample(oracle, POOL + width, horizon, rng=rng)
    histories = _histories(texts[:POOL], rng.integers(0, length, POOL))
    tails = texts[POOL:, length:].tolist()
    words = [(), *(tuple(tail[: rng.integers(1, LONGEST + 1)]) for tail in tails[1:])]
    # Span: in the `rank` directions that matter most, where the rows' small differences cannot decide.
    rows = _rows(oracle, histories, words)
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    spanner = barycentric_spanner(left[:, :rank] * values[:rank])
    basis = rows[spanner]
    inverse = np.linalg.pinv(basis, rcond=NO_DIRECTION)  # rows @ inverse are least-squares coefficients
    # Solve: Eq. 3, a spanner row with one more token.
    transitions = np.empty((V, len(spanner), len(spanner)))
    for i, chosen in enumerate(spanner):
        children = [(*histories[chosen], z) for z in range(V)]
        transitions[:, :, i] = _rows(oracle, children, words) @ inverse
    settings = {"baseline": "greedy", "futures": futures, "seed": seed}
    readout = np.ascontiguousarray(basis[:, :V].T)  # the columns of the empty word
    return ISANModel(rows[0] @ inverse, transitions, readout, horizon, oracle.fingerprint, settings)


def _histories(texts: Int[np.ndarray, "text time"], ends: Int[np.ndarray, "text"]) -> list[Word]:
    """The empty history first, then the texts cut off at `ends`; none twice."""
    beginnings = [tuple(text[:end]) for text, end in zip(texts.tolist(), ends, strict=True)]
    return list(dict.fromkeys([(), *beginnings]))


def _rows(oracle: LogitOracle, histories: Prefixes, words: list[Word]) -> Float[np.ndarray, "history column"]:
    """Logits of every token after every word, one row per history."""
    answers = ask(oracle, [(*history, *word) for history in histories for word in words])
    return answers.astype(np.float64).reshape(len(histories), -1)
