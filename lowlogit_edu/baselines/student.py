"""A small recurrent network distilled on the same answers: what training gives instead of learning.

>>> gru_parameters(alphabet_size=2, width=1), gru_width(alphabet_size=2, parameters=19)
(19, 1)
"""

from collections.abc import Iterator, Sequence
from math import ceil, isqrt
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.baselines.observed import Observed
from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_prefixes, check_tokens
from lowlogit_edu.core.errors import missing_extra
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.base import LanguageModel

BATCH = 64  # sequences per step
RATE = 0.006  # of AdamW at its largest; 0.01 on batches of 128 gave the same within 0.01 nats
WARM_UP = 0.1  # share of the steps until then
STEEPEST = 1.0  # norm that a gradient is cut to: a recurrent network's may explode


def gru_parameters(alphabet_size: int, width: int) -> int:
    """Numbers in a GRU of one layer with an embedding and a readout of its width."""
    return 6 * width**2 + (2 * alphabet_size + 7) * width + alphabet_size


def gru_width(alphabet_size: int, parameters: int) -> int:
    """The largest width (at least 1) of a GRU with no more than so many parameters."""
    # The larger root of `gru_parameters(V, width) = parameters`, a quadratic in the width, rounded down.
    half = 2 * alphabet_size + 7
    root = isqrt(half**2 + 24 * max(0, parameters - alphabet_size))
    return max(1, (root - half) // 12)


class StudentModel(LanguageModel):
    """A gated recurrent unit that reads tokens and answers logits.

    Parameters
    ----------
    network : torch.nn.ModuleDict
        "embedding" (its last row begins every text), "recurrence", "readout".
    horizon : int

    Attributes
    ----------
    parameters : int
    """

    def __init__(self, network: Any, horizon: int) -> None:
        weights = [weight.detach().numpy() for weight in network.parameters()]
        self.network = network.eval()
        self.horizon = check_count("horizon", horizon)
        self.alphabet_size, self.width = network["readout"].weight.shape
        self.parameters = sum(weight.size for weight in weights)
        self.fingerprint = array_fingerprint("student", *weights)

    def __repr__(self) -> str:
        return f"StudentModel(alphabet_size={self.alphabet_size}, width={self.width}, horizon={self.horizon})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        checked = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(checked), self.alphabet_size), dtype=np.float32)
        for rows, tokens in by_length(checked):
            # One more column, never read, so that the last answer is the one after the whole prefix.
            extended = np.concatenate([tokens, np.zeros((len(rows), 1), dtype=np.int64)], axis=1)
            answer[rows] = self.logits_along(extended)[:, -1]
        return answer

    def logits_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        import torch

        with torch.no_grad():
            return mean_center(_read(self.network, check_tokens(tokens, self.alphabet_size)).numpy())


def distilled_student(
    observed: Sequence[Observed], alphabet_size: int, horizon: int, width: int, passes: int = 6, seed: int = 0
) -> StudentModel:
    """A GRU whose KL from the observed distributions was minimised by gradient descent.

    Parameters
    ----------
    observed : sequence of (tokens, logits, asked)
        As in `fit_ngram`; read once per pass.
    width : int
        `gru_width` finds the one that has a given number of parameters.
    passes : int
        Over all answers.
    """
    try:
        import torch
    except ImportError as error:
        raise missing_extra("The neural student", "torch", "or leave it out") from error
    rng = stream(seed, "student")
    network = _network(alphabet_size, check_count("width", width), int(rng.integers(2**63)))
    batches = sum(ceil(len(tokens) / BATCH) for tokens, _, _ in observed)
    steps = check_count("passes", passes) * batches
    optimizer = torch.optim.AdamW(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=WARM_UP)
    for tokens, logits, asked in _batches(observed, passes, rng=rng):
        optimizer.zero_grad()
        _loss(network, tokens, logits, asked).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
        optimizer.step()
        schedule.step()
    return StudentModel(network, horizon)


def _network(alphabet_size: int, width: int, seed: int) -> Any:
    import torch

    with torch.random.fork_rng(devices=[]):  # leaves torch's own stream where it was
        torch.manual_seed(seed)
        return torch.nn.ModuleDict(
            {
                "embedding": torch.nn.Embedding(alphabet_size + 1, width),
                "recurrence": torch.nn.GRU(width, width, batch_first=True),
                "readout": torch.nn.Linear(width, alphabet_size),
            }
        )


def _batches(observed: Sequence[Observed], passes: int, *, rng: np.random.Generator) -> Iterator[Observed]:
    """All answers, `passes` times, in batches: parts in random order, and sequences in random order within a part."""
    for _ in range(passes):
        for part in rng.permutation(len(observed)):
            tokens, logits, asked = observed[part]
            order = rng.permutation(len(tokens))
            for rows in np.split(order, range(BATCH, len(order), BATCH)):
                yield tokens[rows], logits[rows], asked[rows]


def _read(network: Any, tokens: np.ndarray) -> Any:
    """Raw logits before each token."""
    import torch

    beginning = network["embedding"].num_embeddings - 1
    before = np.concatenate([np.full((len(tokens), 1), beginning), tokens[:, :-1]], axis=1)
    embedded = network["embedding"](torch.from_numpy(before))
    states, _ = network["recurrence"](embedded)
    return network["readout"](states)


def _loss(network: Any, tokens: np.ndarray, logits: np.ndarray, asked: np.ndarray) -> Any:
    """Mean KL (nats) over all places of a batch, where those not asked count as zero."""
    import torch

    log_p = torch.from_numpy(logits.astype(np.float32)).log_softmax(-1)
    log_q = _read(network, tokens).log_softmax(-1)
    kl = (log_p.exp() * (log_p - log_q)).sum(-1)
    return (kl * torch.from_numpy(asked)).mean()
