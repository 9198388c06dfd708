"""Refinement: gradient descent on the answers that a learner already has; no new query.

The plain learner fits one step at a time. Here the KL of whole roll-outs is minimised, through all
steps at once, with every token's transition a mixture of a few shared matrices.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import MissingExtra
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.threads import one_thread
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.one_step import Basis
from lowlogit_edu.practical.roll_out import roll_out
from lowlogit_edu.practical.row_code import RowCode

WARM_UP = 60  # steps
STEPS_PER_PASS = 60  # at least, where there are that many sequences
SHRINKS = (1.0, 0.5)  # of the linear parts at the start: cut to few factors, roll-outs may explode


def affine_isan(
    first: Float[np.ndarray, "state"],
    maps: Float[np.ndarray, "factor affine state"],
    decode: Float[np.ndarray, "token state"],
    mean: Float[np.ndarray, "token"],
    horizon: int,
    teacher: str,
    settings: dict[str, Any],
    mixture: Float[np.ndarray, "token factor"] | Int[np.ndarray, "token"] | None = None,
) -> ISANModel:
    """The ISAN whose state is (coordinates, 1): affine maps become matrices of one row more.

    Weights in `mixture` must be 1 for the last map: it alone keeps the state's 1.
    """
    count, size, _ = maps.shape
    transitions = np.zeros((count, size, size), dtype=np.float32)
    transitions[:, :-1] = maps.transpose(0, 2, 1)
    weights = mixture is not None and mixture.ndim == 2
    transitions[:, -1, -1] = np.eye(count)[-1] if weights else 1.0
    readout = np.concatenate([decode, mean[:, None]], axis=1)
    return ISANModel(np.append(first, np.float32(1)), transitions, readout, horizon, teacher, settings, mixture)


def factorize(
    maps: Float[np.ndarray, "token affine state"], counts: Float[np.ndarray, "token"], factors: int
) -> dict[str, np.ndarray]:
    """The `factors` matrices, and each token's mixture of them, closest to `maps` (frequent tokens first)."""
    flat = maps.reshape(len(maps), -1)
    weight = np.sqrt(np.minimum(counts, 2000) + 1.0)[:, None]
    shared = (flat * weight**2).sum(axis=0) / (weight**2).sum()
    left, values, right = np.linalg.svd((flat - shared) * weight, full_matrices=False)
    kept = min(factors, len(values))
    mixture = left[:, :kept] / weight
    size = np.sqrt((mixture**2).mean(axis=0) * kept)  # both factors of like size, as Adam steps are
    matrices = right[:kept] * (values[:kept] * size)[:, None]
    return {
        "mixture": mixture / size,
        "matrices": matrices.reshape(kept, *maps.shape[1:]),
        "shared": shared.reshape(maps.shape[1:]),
    }


class Refinement:
    """The parameters under refinement and the optimizer's memory; one call of `run_pass` per pass.

    Parameters
    ----------
    arrays : dict of arrays
        From `start`, or from `arrays` of an earlier refinement to go on with.
    """

    def __init__(self, arrays: dict[str, np.ndarray], config: PracticalConfig, seed: int) -> None:
        try:
            import torch
        except ImportError as error:
            raise MissingExtra("Refinement needs torch: pip install torch, or set passes=0.") from error
        self.config = config
        self.seed = seed
        self.steps, self.passes = arrays.get("counts", np.zeros(2, dtype=np.int64)).tolist()
        names = ("mixture", "matrices", "shared", "decode", "mean", "first")
        self.parameters = {
            name: torch.tensor(np.ascontiguousarray(arrays[name]), dtype=torch.float32).requires_grad_()
            for name in names
        }
        self.optimizer = torch.optim.AdamW(self.parameters.values(), weight_decay=0.01)
        if self.steps:
            for name, parameter in self.parameters.items():
                self.optimizer.state[parameter] = {
                    "step": torch.tensor(float(self.steps)),
                    "exp_avg": torch.tensor(arrays[f"{name}.exp_avg"]),
                    "exp_avg_sq": torch.tensor(arrays[f"{name}.exp_avg_sq"]),
                }

    @classmethod
    def start(
        cls, basis: Basis, maps: np.ndarray, first: np.ndarray, answers: Answers, config: PracticalConfig, seed: int
    ) -> "Refinement":
        """Begin near the plain learner's solution: its factors, shrunk if that predicts better."""
        columns = answers.code.columns
        counts = np.bincount(columns[answers.tokens[answers.asked]], minlength=len(maps)).astype(np.float64)
        arrays = factorize(maps, counts, config.factors)
        arrays["mixture"] = arrays["mixture"][columns]
        arrays |= {"decode": basis.decode, "mean": basis.mean, "first": first}
        begun = []
        for shrink in SHRINKS:
            linear = np.append(np.full(len(first), shrink), 1.0)[:, None]
            scaled = {name: arrays[name] * linear for name in ("matrices", "shared")}
            begun.append(cls(arrays | scaled, config, seed))
        return min(begun, key=lambda refinement: refinement.training_kl(answers))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything needed to go on."""
        found = {"counts": np.array([self.steps, self.passes])}
        for name, parameter in self.parameters.items():
            found[name] = parameter.detach().numpy().copy()
            for moment in ("exp_avg", "exp_avg_sq"):
                if self.steps:
                    found[f"{name}.{moment}"] = self.optimizer.state[parameter][moment].numpy().copy()
        return found

    def model(self, code: RowCode, horizon: int, teacher: str, settings: dict[str, Any]) -> ISANModel:
        """The language model as it stands."""
        p = {name: parameter.detach().numpy().copy() for name, parameter in self.parameters.items()}
        maps = np.concatenate([p["matrices"], p["shared"][None]])
        mixture = np.concatenate([p["mixture"], np.ones_like(p["mixture"][:, :1])], axis=1)
        decode, mean = code.unfold(p["decode"], p["mean"])
        return affine_isan(p["first"], maps, decode, mean, horizon, teacher, settings, mixture)

    def _maps(self, p: dict[str, Any]) -> Any:
        return (p["mixture"] @ p["matrices"].flatten(1)).view(-1, *p["shared"].shape) + p["shared"]

    def run_pass(self, answers: Answers) -> float:
        """One pass over the answers; the mean training KL of the pass, in nats per asked place."""
        kls = []
        with one_thread():
            for batch in self._batches(answers):
                kl = self._kl(*batch)
                self._step(kl.mean(), len(answers.tokens))
                kls.append(kl.detach().numpy())
        self.passes += 1
        return float(np.concatenate(kls).mean())

    def training_kl(self, answers: Answers) -> float:
        """Mean KL of one batch of the answers, in nats per asked place."""
        return float(self._kl(*next(self._batches(answers))).detach().mean().nan_to_num(nan=np.inf))

    def _kl(self, tokens: Any, log_p: Any, asked: Any) -> Any:
        import torch

        log_q = torch.log_softmax(self._logits(tokens), dim=-1)
        return (log_p.exp() * (log_p - log_q)).sum(-1)[asked]

    def _batches(self, answers: Answers) -> Iterator[tuple[Any, Any, Any]]:
        import torch

        order = stream(self.seed, "refine", self.passes).permutation(len(answers.tokens))
        batch = self._batch_size(len(order))
        for start in range(0, len(order), batch):
            rows = np.sort(order[start : start + batch])
            logits = torch.from_numpy(answers.logits(rows))
            yield torch.from_numpy(answers.tokens[rows]), logits.log_softmax(-1), torch.from_numpy(answers.asked[rows])

    def _batch_size(self, sequences: int) -> int:
        return max(1, min(self.config.batch, sequences // STEPS_PER_PASS))

    def _logits(self, tokens: Any) -> Any:
        import torch

        p = self.parameters
        used, tokens = torch.unique(tokens, return_inverse=True)
        states = roll_out()(p["first"], self._maps(p | {"mixture": p["mixture"][used]}), tokens)
        return states @ p["decode"].T + p["mean"]

    def _step(self, loss: Any, sequences: int) -> None:
        import torch

        total = self.config.passes * -(-sequences // self._batch_size(sequences))
        rate = self.config.learning_rate * min(1.0, (self.steps + 1) / WARM_UP) * max(0.02, 1 - self.steps / total)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.optimizer.step()
        self.steps += 1
