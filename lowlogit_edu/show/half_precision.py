"""A learned model in half precision, as a web page carries it: two bytes a number.

>>> model = ISANModel(np.ones(1), np.full((2, 1, 1), 1 / 3), np.array([[-3e6], [3e6]]), horizon=3)
>>> layout, weights = packed(model)
>>> len(weights), [about["scale"] for about in layout]
(10, [6.103515625e-05, 1.52587890625e-05, 128.0])
>>> half_precision(model).readout.ravel().tolist()  # beyond the largest half-precision number, 65,504
[-3000320.0, 3000320.0]
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.learned.isan_model import ISANModel

TOP = 14  # an array is scaled so that its largest number has this power of two: half precision ends below 2**16


def packed(model: ISANModel) -> tuple[list[dict[str, Any]], bytes]:
    """The arrays of a model one after the other, and for each its name, shape, type and scale, as model.js reads them.

    A model that was refined has a few matrices that its tokens share and mix: they are sent as they are, and mixed in
    the browser, which is what keeps the page small.
    """
    layout = []
    parts = []
    _, arrays = model.contents()
    # Numbers of 4 bytes first: a browser reads them at places that 4 divides.
    for name in sorted(arrays, key=lambda name: arrays[name].dtype.kind == "f"):
        array = arrays[name]
        about: dict[str, Any] = {"name": name, "shape": list(array.shape)}
        if array.dtype.kind == "f":
            scale = _scale(array)
            about |= {"type": "float16", "scale": scale}
            parts.append((array / scale).astype("<f2").tobytes())
        else:
            about |= {"type": "uint32"}
            parts.append(array.astype("<u4").tobytes())
        layout.append(about)
    return layout, b"".join(parts)


def half_precision(model: ISANModel) -> ISANModel:
    """The model that the page computes with: the same, its numbers rounded to half precision."""
    header, arrays = model.contents()
    rounded = {}
    for name, array in arrays.items():
        rounded[name] = array
        if array.dtype.kind == "f":
            scale = _scale(array)
            rounded[name] = (array / scale).astype(np.float16).astype(array.dtype) * array.dtype.type(scale)
    return ISANModel.from_contents(header, rounded)


def packed_megabytes(model: ISANModel) -> float:
    """Millions of characters that the model takes on a page, in base 64."""
    _, arrays = model.contents()
    size = sum((2 if array.dtype.kind == "f" else 4) * array.size for array in arrays.values())
    return size * 4 / 3 / 1e6


def _scale(array: Float[np.ndarray, "..."]) -> float:
    """A power of two by which an array fits half precision, with as few of its numbers too small as can be."""
    most = float(np.abs(array).max(initial=0.0))
    return float(2.0 ** (np.floor(np.log2(most)) - TOP)) if most > 0 else 1.0
