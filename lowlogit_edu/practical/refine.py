"""Refinement: gradient descent on the answers that a learner already has, without a new query. It is not the paper's.

The rounds of `solve` fit each token's maps alone. Here the KL of whole roll-outs is minimised, with every token's
maps a mixture of a few shared matrices, so that rare tokens borrow from frequent ones.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.config import USUAL_RANK, PracticalConfig
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.threads import side_by_side
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.batches import Batches
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.returned import NO_ROW, isan_of_matrices
from lowlogit_edu.practical.roll_out import held, roll_out
from lowlogit_edu.practical.row_code import RowCode

WARM_UP = 60  # steps
STEPS_PER_PASS = 60  # at least, where there are that many texts
PARTS = 2  # of a batch, that go side by side; a fixed number, so that any machine adds up the same numbers
UNMIXED = ("decode", "first", "root")  # parameters that are used as they are; maps are mixed first
NAMES = ("mixture", "matrices", "shared", "decode", "first", "root")
MOMENTS = ("exp_avg", "exp_avg_sq")  # what AdamW remembers of a parameter
LEAST_MOMENT = 0.5  # of a token's squared gradients, as a share of the mean over tokens
DECAYED = ("mixture", "matrices")  # what a token has of its own: a rare one goes back to what all share
SCALED = 500  # texts that the scale of rows is taken from
LEAST_SCALE = 1e-3  # nats; a coordinate that hardly changes stays small
FREQUENT = 2000  # times a token is read, from which on it weighs no more in the choice of factors


def factorize(
    maps: Float[np.ndarray, "token rank both"], counts: Float[np.ndarray, "token"], factors: int
) -> dict[str, np.ndarray]:
    """The `factors` matrices, and each token's mixture of them, closest to `maps` (frequent tokens first)."""
    flat = maps.reshape(len(maps), -1)
    weight = np.sqrt(np.minimum(counts, FREQUENT) + 1.0)[:, None]
    shared = (flat * weight**2).sum(axis=0) / (weight**2).sum()
    weighted = (flat - shared) * weight
    # The left singular vectors from the small product: there are fewer tokens than entries of a map.
    squares, left = np.linalg.eigh(weighted @ weighted.T)
    kept = max(1, min(factors, int((squares > squares[-1] * 1e-10).sum())))
    left = left[:, ::-1][:, :kept]
    mixture = left / weight
    size = np.sqrt((mixture**2).mean(axis=0) * kept)  # both factors of like size, as Adam steps are
    matrices = (left.T @ weighted) * size[:, None]
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
    config : PracticalConfig
    seed : int
    device : str
        Of torch; answers stay in the processor's memory and go there batch by batch.
    """

    def __init__(self, arrays: dict[str, np.ndarray], config: PracticalConfig, seed: int, device: str = "cpu") -> None:
        import torch

        with torch.inference_mode(False):  # in which a caller may be
            self._begin(arrays, config, seed, device)

    def _begin(self, arrays: dict[str, np.ndarray], config: PracticalConfig, seed: int, device: str) -> None:
        import torch

        self.config = config
        self.seed = seed
        self.device = device
        self.steps, self.passes = arrays.get("counts", np.zeros(2, dtype=np.int64)).tolist()
        self.parameters = {
            name: torch.tensor(np.ascontiguousarray(arrays[name]), dtype=torch.float32, device=device).requires_grad_()
            for name in NAMES
        }
        groups = [
            {"params": [self.parameters[name]], "weight_decay": config.decay if name in DECAYED else 0.0}
            for name in NAMES
        ]
        self.optimizer = torch.optim.AdamW(groups, fused=True)  # one loop over the numbers: a sixth of the time
        for name, parameter in self.parameters.items():
            if f"{name}.exp_avg" in arrays:
                moments = {moment: torch.tensor(arrays[f"{name}.{moment}"], device=device) for moment in MOMENTS}
                step = torch.tensor(float(self.steps), device=device)
                self.optimizer.state[parameter] = {"step": step, **moments}

    @classmethod
    def start(
        cls,
        maps: CoefficientMaps,
        coordinates: Coordinates,
        answers: Answers,
        config: PracticalConfig,
        seed: int,
        device: str = "cpu",
    ) -> "Refinement":
        """Begin at the factors closest to the solved maps."""
        columns = answers.code.columns
        counts = answers.times_read(len(maps.step))
        # Rows are told in standard deviations here: steps of the optimizer are of a size in all directions.
        texts = columns[answers.blocks[0].tokens[:SCALED]]
        maps = maps.standardized(texts)  # kept exactly: what drifts in it would drift in everything
        rows = maps.rows(texts)
        scale = rows.std(axis=(0, 1)) + LEAST_SCALE
        matrices = np.concatenate([maps.step[:, :, :-1], maps.read / scale], axis=2)
        unmixed = {"decode": coordinates.decode * scale[:, None], "root": maps.root / scale}
        if maps.shared is not None:  # no row between the coefficients and the logits
            matrices = maps.step[:, :, :-1]
            unmixed = {"decode": maps.shared @ coordinates.decode, "root": NO_ROW}
        arrays = factorize(matrices, counts, config.factors)
        arrays["mixture"] = arrays["mixture"][columns]
        arrays |= {"first": maps.first[:-1], **unmixed}
        return cls(arrays, config, seed, device)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything needed to go on."""
        found = {"counts": np.array([self.steps, self.passes])}
        for name, parameter in self.parameters.items():
            found[name] = _array(parameter)
            # Before the first step there is no memory of gradients.
            moments = self.optimizer.state.get(parameter, {})
            found |= {f"{name}.{moment}": _array(moments[moment]) for moment in MOMENTS if moment in moments}
        return found

    def model(self, code: RowCode, horizon: int, teacher: str, settings: dict[str, Any]) -> ISANModel:
        """The language model as it stands."""
        p = {name: _array(parameter) for name, parameter in self.parameters.items()}
        matrices = np.concatenate([p["matrices"], p["shared"][None]])
        mixture = np.concatenate([p["mixture"], np.ones_like(p["mixture"][:, :1])], axis=1)
        return isan_of_matrices(matrices, p["first"], p["root"], p["decode"], code, horizon, teacher, settings, mixture)

    def run_pass(self, answers: Answers) -> float:
        """One pass over the answers; the mean training KL of the pass, in nats per asked place (see `_logits`)."""
        import torch

        total = 0.0
        batches = self._batches(answers)
        with torch.inference_mode(False), torch.enable_grad():  # also where a caller wants none
            for block in batches:
                total += self._find_gradients(block, answers.code)
                self._step(len(batches))
        self.passes += 1
        return total / sum(int(block.asked.sum()) for block in answers.blocks)

    def _batches(self, answers: Answers) -> Batches:
        rng = stream(self.seed, "refine", self.passes)
        return Batches(answers, max(1, min(self.config.batch_in_force, answers.texts // STEPS_PER_PASS)), rng)

    def _find_gradients(self, block: Block, code: RowCode) -> float:
        """The KL of a batch, summed over asked places; the gradients of its mean are left in the parameters."""
        import torch

        p = self.parameters
        self.optimizer.zero_grad()
        # The maps of the tokens in the batch are mixed once; then its parts go side by side.
        used, tokens = np.unique(block.tokens, return_inverse=True)
        numbered = Block(tokens.reshape(block.tokens.shape), block.asked, block.kept)
        mixed = p["mixture"][torch.from_numpy(used).to(self.device)] @ p["matrices"].flatten(1)
        maps = mixed.view(len(used), *p["shared"].shape) + p["shared"]
        values = {"maps": maps.detach()} | {name: p[name].detach() for name in UNMIXED}
        parts = np.array_split(np.arange(len(block)), min(PARTS, len(block)))
        found: list[tuple[float, dict[str, Any]]] = [(0.0, {})] * len(parts)

        def work(number: int, texts: np.ndarray) -> None:
            found[number] = _kl_and_gradients(values, numbered[texts], code)

        side_by_side(work, enumerate(parts), wanted=self.device == "cpu")
        places = int(block.asked.sum())
        total, gradients = found[0]
        # Added up in place: gradients of all maps are the largest thing here.
        for kl, more in found[1:]:
            total += kl
            for name, gradient in gradients.items():
                gradient += more.pop(name)
        for gradient in gradients.values():
            gradient /= places
        for name in UNMIXED:
            p[name].grad = gradients[name]
        maps.backward(gradients["maps"])
        return total

    def _step(self, steps_per_pass: int) -> None:
        import torch

        total = self.config.passes * steps_per_pass
        # In more directions the same step is a longer one: at rank 128 the full rate throws the maps off course.
        largest = self.config.learning_rate * min(1.0, USUAL_RANK / self.config.rank)
        rate = largest * min(1.0, (self.steps + 1) / WARM_UP) * max(0.02, 1 - self.steps / total)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.optimizer.step()
        # Adam divides by the gradients that a token has had: a rare one would step so far that texts of such explode.
        had = self.optimizer.state[self.parameters["mixture"]]["exp_avg_sq"]
        torch.maximum(had, LEAST_MOMENT * had.mean(dim=0), out=had)
        self.steps += 1


def _array(tensor: Any) -> np.ndarray:
    """A copy of a tensor, in the processor's memory."""
    return tensor.detach().cpu().numpy().copy()


def _kl_and_gradients(values: dict[str, Any], block: Block, code: RowCode) -> tuple[float, dict[str, Any]]:
    """The KL of some texts, summed over asked places, and its gradient by each of the values."""
    import torch

    leaves = {name: value.detach().requires_grad_() for name, value in values.items()}
    device = leaves["maps"].device
    tokens = torch.from_numpy(block.tokens).to(device)
    said, asked = _logits(leaves, tokens, torch.from_numpy(block.asked).to(device))
    told = torch.from_numpy(code.restore(block.kept[asked.cpu().numpy()])).to(device).log_softmax(-1)
    probabilities = told.exp()
    learned = said.detach().log_softmax(-1)
    kl = torch.vdot(probabilities.flatten(), (told - learned).flatten())
    said.backward(learned.exp_().sub_(probabilities))  # the gradient of the KL by its logits
    gradients = {name: torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for name, leaf in leaves.items()}
    return float(kl), gradients


def _logits(values: dict[str, Any], tokens: Any, asked: Any) -> tuple[Any, Any]:
    """Logits by column at the places asked, text by text, and those places; each token is the number of its map.

    Left out is what follows where a text's coefficients are off all bounds: its gradient would drown all others.
    """
    import torch

    carried, rows = roll_out()(values["first"], values["maps"], tokens)
    asked = asked & ~held(carried.detach())
    if not len(values["root"]):
        return carried[asked] @ values["decode"], asked
    root = values["root"].expand(len(tokens), 1, -1)
    return torch.cat([root, rows], dim=1)[asked] @ values["decode"], asked
