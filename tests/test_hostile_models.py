"""Models of a right hash whose contents no learner wrote are refused, and the message names the field."""

import shutil

import numpy as np
import pytest
from hostile_files import SAVED, contents

import lowlogit_edu as ll
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import save_arrays


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SAVED / "finished", tmp_path / "run")
    return tmp_path / "run"


def replaced(array, value):
    changed = array.copy()
    changed.reshape(-1)[0] = value
    return changed


@pytest.mark.reliability("R3")
@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, arrays: arrays.update(readout=arrays["readout"][:, :-1]), "readout|transitions|initial_state"),
        (lambda header, arrays: header.update(settings="fast"), "settings is 'fast', expected a dict"),
        (lambda header, arrays: header.update(horizon=0), "horizon must be at least 1"),
        (lambda header, arrays: header.update(horizon="8"), "horizon must be an integer"),
        (lambda header, arrays: header.update(more=1), "the header holds 'more', which nothing reads"),
        (lambda header, arrays: header.pop("teacher"), "the header lacks 'teacher'"),
        (lambda header, arrays: arrays.update(readout=replaced(arrays["readout"], np.nan)), "readout .* holds NaN"),
        (lambda header, arrays: arrays.update(readout=replaced(arrays["readout"], np.inf)), "or infinity"),
        (lambda header, arrays: arrays.update(readout=arrays["readout"].astype("i1")), "readout .* has type int8"),
        (lambda header, arrays: arrays.update(more=np.zeros(1)), "holds 'more', which nothing reads"),
        (lambda header, arrays: arrays.pop("readout"), "lacks 'readout'"),
        (lambda header, arrays: arrays.update(readout=arrays["readout"][:0]), "alphabet_size|readout|mixture"),
        (lambda header, arrays: arrays.update(readout=arrays["readout"][:, :0]), "readout|transitions|initial_state"),
    ],
)
def test_contents_that_no_learner_wrote_are_refused(folder, change, message):
    path = folder / "model.safetensors"
    kind, header, arrays = contents(path)
    change(header, arrays)
    save_arrays(path, kind, header, arrays)
    with pytest.raises(CheckpointError, match=message):
        ll.load(folder)


def test_complex_arrays_are_not_saved(tmp_path):
    with pytest.raises(TypeError, match="a has type complex128; files hold F64"):
        save_arrays(tmp_path / "file", "thing", {}, {"a": np.zeros(1, complex)})
