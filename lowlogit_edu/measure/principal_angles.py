"""What a measured matrix is compared with: nonsense futures, an untrained teacher, a random subspace.

>>> nonsense([(7,), (), (7, 7)])
[(7,), (), (7, 7)]
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.matrix import MeasuredMatrix
from lowlogit_edu.measure.ranks import row_space
from lowlogit_edu.oracles.transformer import TransformerOracle


def nonsense(futures: Prefixes, seed: int = 0) -> list[Word]:
    """The tokens of all futures, shuffled together and dealt out again in words of the same lengths."""
    tokens = [token for word in futures for token in word]
    shuffled = iter(stream(seed, "nonsense").permutation(tokens).tolist())
    return [tuple(int(next(shuffled)) for _ in word) for word in futures]


@dataclass(frozen=True)
class PrincipalAngles:
    """Cosines of principal angles between two subspaces, largest first.

    Attributes
    ----------
    cosines : array of shape (rank,)
        All 1 where the spaces are the same, all 0 where they are orthogonal.
    random : array of shape (rank,)
        Between the first space and a uniformly random one of the same dimension: the baseline.
    """

    cosines: Float[np.ndarray, "rank"]
    random: Float[np.ndarray, "rank"]


def principal_angles(first: MeasuredMatrix, second: MeasuredMatrix, rank: int, seed: int = 0) -> PrincipalAngles:
    """How far the best rank-r approximations of two matrices agree on what matters about a history.

    Paper: Principal angles (of column spaces; with `nonsense` futures), arXiv:2510.24966.

    The spaces are spanned by the first `rank` left singular vectors, one number per history.

    Raises
    ------
    ArgumentError
        If the two matrices differ in their histories, or `rank` is above a matrix's size.
    """
    if first.histories != second.histories:
        raise ArgumentError("principal angles need two matrices on the same histories, in the same order.")
    n = len(first.histories)
    r = check_count("rank", rank, most=min(n, first.logits[0].size, second.logits[0].size))
    one, _ = row_space(first.logits)
    two, _ = row_space(second.logits)
    # The Q of a Gaussian matrix spans a uniformly random subspace.
    random, _ = np.linalg.qr(stream(seed, "random subspace").standard_normal((n, r)))
    return PrincipalAngles(_cosines(one[:, :r], two[:, :r]), _cosines(one[:, :r], random))


def _cosines(
    one: Float[np.ndarray, "history rank"], other: Float[np.ndarray, "history rank"]
) -> Float[np.ndarray, "rank"]:
    """Of the principal angles between the spans of orthonormal columns; rounding may pass 1."""
    return np.linalg.svd(one.T @ other, compute_uv=False).clip(max=1.0)


def untrained_like(oracle: TransformerOracle, seed: int = 0) -> TransformerOracle:
    """A teacher of the same architecture and size with fresh random weights, as its class draws them."""
    import torch

    with torch.random.fork_rng(devices=[]):  # leaves torch's own stream where it was
        torch.manual_seed(int(stream(seed, "untrained").integers(2**63)))
        model = type(oracle.model)(oracle.model.config).to(oracle.model.device)
    return TransformerOracle(
        model,
        oracle.tokenizer,
        name=f"untrained {oracle.name}",
        beginning_token=oracle.beginning_token,
        batch_size=oracle.batch_size,
    )
