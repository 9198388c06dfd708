"""Open a saved model of any kind.

>>> import numpy as np, tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = ISANModel(np.ones(1), np.ones((2, 1, 1)), np.array([[-1.0], [1.0]]), horizon=3).save(folder)
...     load(folder)
ISANModel(alphabet_size=2, carried=1, rank=1, horizon=3)
"""

from pathlib import Path

from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import MAX_BYTES, load_arrays
from lowlogit_edu.learned.base import FILE, LearnedModel
from lowlogit_edu.learned.isan_model import ISANModel

# A file names its kind; it cannot name a class to be imported, as a pickle can.
KINDS: dict[str, type[LearnedModel]] = {model.kind: model for model in (ISANModel, ProgramModel)}


def load(folder: str | Path, *, max_bytes: int = MAX_BYTES) -> LearnedModel:
    """The model that `LearnedModel.save` wrote to `folder`; its logits are equal bit for bit.

    Parameters
    ----------
    folder : str or Path
    max_bytes : int
        A larger file is refused; the default is 1 GB.

    Raises
    ------
    CheckpointError
        If there is no complete, undamaged model of this package in `folder`; the message names what is wrong in it.
    """
    path = Path(folder).expanduser() / FILE
    kind, header, arrays = load_arrays(path, KINDS, max_bytes=max_bytes)
    try:
        return KINDS[kind].from_contents(header, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a complete {kind}: {error}") from error
