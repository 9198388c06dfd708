"""A model in two bytes a number: nothing overflows, little is lost, the bytes are as the page is told."""

import numpy as np
import pytest
from small_isans import FORMS, random_model

from lowlogit_edu.evaluation import mean_kl
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.show.half_precision import half_precision, packed, packed_megabytes


def unpacked(layout, data):
    """What model.js makes of the bytes, in numpy."""
    arrays = {}
    place = 0
    for about in layout:
        kind = {"float16": "<f2", "uint32": "<u4"}[about["type"]]
        size = int(np.prod(about["shape"]))
        numbers = np.frombuffer(data, kind, size, place).reshape(about["shape"])
        place += numbers.nbytes
        arrays[about["name"]] = numbers.astype(np.float32) * about["scale"] if kind == "<f2" else numbers
    assert place == len(data)
    return arrays


@pytest.mark.parametrize("form", FORMS)
def test_the_bytes_are_the_rounded_model(form):
    model = random_model(form)
    layout, data = packed(model)
    found = unpacked(layout, data)
    _, expected = half_precision(model).contents()
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    assert packed_megabytes(model) == pytest.approx(len(data) * 4 / 3 / 1e6)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_number_loses_at_most_a_share_of_a_thousandth(size):
    model = random_model(size=size)
    assert np.abs(half_precision(model).readout - model.readout).max() <= size * 4 * 2.0**-11
    assert np.isfinite(half_precision(model).logits([[0, 1, 2]])).all()


def test_zeros_stay_zeros():
    model = random_model(size=0.0)
    assert not half_precision(model).readout.any()


def test_rounding_hardly_moves_the_probabilities():
    model = random_model("mixed")
    assert mean_kl(ExactOracle(model), half_precision(model), n=50).mean < 1e-5
