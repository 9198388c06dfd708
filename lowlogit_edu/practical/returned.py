"""What the practical learner returns: its maps as an input-switched affine network."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.row_code import RowCode

NO_ROW = np.zeros(0, dtype=np.float32)  # where rows are read from the coefficients alone


def isan_of_maps(
    maps: CoefficientMaps,
    coordinates: Coordinates,
    code: RowCode,
    horizon: int,
    teacher: str,
    settings: dict[str, Any],
) -> ISANModel:
    """The language model that carries coefficients and reads rows as `maps` do."""
    own = None if len(maps.step) == len(code.shares) else code.columns
    matrices, root, decode = np.concatenate([maps.step, maps.read], axis=2), maps.root, coordinates.decode
    if maps.shared is not None:
        matrices, root, decode = maps.step, NO_ROW, maps.shared @ coordinates.decode
    return isan_of_matrices(matrices, maps.first, root, decode, code, horizon, teacher, settings, own)


def isan_of_matrices(
    matrices: Float[np.ndarray, "factor carried carried_and_read"],
    first: Float[np.ndarray, "rank"],
    root: Float[np.ndarray, "width"],
    decode: Float[np.ndarray, "_ column"],
    code: RowCode,
    horizon: int,
    teacher: str,
    settings: dict[str, Any],
    mixture: Float[np.ndarray, "token factor"] | Int[np.ndarray, "token"] | None = None,
) -> ISANModel:
    """The ISAN whose state is (coefficients, 1, row read last): only the coefficients and the 1 are carried on.

    Paper: Definition 1.5 (ISAN) and Algorithm 2's readout, arXiv:2512.09892.
    Its logit matrices have at most the rank of that state's length. The 1 is there where the matrices read it, or
    where some tokens are not followed (`RowCode`) and have fixed shares.

    Parameters
    ----------
    matrices : array of shape (factor, rank, rank + width), or (factor, rank + 1, rank + width)
        Coefficients before a token, with a 1 after them if there is one row more, times this: coefficients after it,
        and the row after it.
    first, root
        Coefficients and row of the empty history.
    decode : array of shape (width, column)
        Logits = row @ decode. Without a row (width 0) they are (coefficients, 1) @ decode.
    mixture
        As in `ISANModel`. Weights must be 1 for the last matrix, which alone keeps the state's 1.
    """
    rank = len(first)
    reads = matrices.shape[1]
    ones = int(reads > rank or code.shares.any())
    width = len(root)
    transitions = np.zeros((len(matrices), rank + ones + width, rank + ones), dtype=np.float32)
    transitions[:, :rank, :reads] = matrices[:, :, :rank].transpose(0, 2, 1)
    transitions[:, rank + ones :, :reads] = matrices[:, :, rank:].transpose(0, 2, 1)
    if ones:
        weighted = mixture is not None and mixture.ndim == 2
        transitions[:, rank, rank] = np.eye(len(matrices))[-1] if weighted else 1.0
    readout = np.zeros((len(code.shares), rank + ones + width), dtype=np.float32)
    readout[:, rank : rank + ones] = code.shares[:, None]
    start = rank + ones if width else 0
    readout[:, start : start + len(decode)] += decode[:, code.columns].T
    initial = np.concatenate([first, np.ones(ones, dtype=np.float32), root]).astype(np.float32)
    return ISANModel(initial, transitions, readout, horizon, teacher, settings, mixture)
