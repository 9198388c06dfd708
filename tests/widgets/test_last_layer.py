"""The explorer of the last layer's width: true numbers, whatever its controls are moved to."""

import csv
import io

import numpy as np
import pytest

from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.widgets.last_layer import WidthExplorer

RNG = np.random.default_rng(0)
ROWS = mean_center(RNG.standard_normal((24, 5)) @ RNG.standard_normal((5, 32)))


@pytest.fixture
def width():
    made = WidthExplorer(ROWS)
    yield made
    made.close()


def rows_of(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


def test_the_values_are_those_of_the_rows_shown(width):
    width.set(queries=9, tokens=16)
    values = [float(row["singular_value_nats"]) for row in rows_of(width)]
    assert np.allclose(values, np.linalg.svd(ROWS[:9, :16], compute_uv=False))
    assert repr(width) == "WidthExplorer(queries=9, tokens=16, width=5)"


def test_the_width_is_known_one_query_after_it_is_reached(width):
    width.set(queries=5)
    assert width.facts()["width"] == 5 and "cannot tell" in width.summary()
    width.set(queries=6)
    assert width.facts()["width"] == 5 and "it is 5" in width.summary()
    width.set(queries=24, tokens=4)
    assert width.facts()["width"] == 4 and "4 tokens cannot tell, however many the queries" in width.summary()


def test_nothing_is_shown_of_queries_to_come(width):
    width.set(queries=4)
    curve = width.figure().axes[1].lines[0].get_xydata()
    assert curve[:, 0].max() == 4 and (curve[:, 0] == curve[:, 1]).all()
    width.set(queries=24)
    curve = width.figure().axes[1].lines[0].get_xydata()
    assert [5, 5] in curve.tolist() and curve[:, 0].max() == 24 and curve[:, 1].max() == 5


def test_play_is_at_the_end_within_a_minute():
    rows = np.zeros((300, 16)) + np.arange(16)
    made = WidthExplorer(rows, queries=2)
    plays = [part for box in made.view.children for part in getattr(box, "children", ()) if hasattr(part, "interval")]
    assert len(plays) == 1 and 300 / plays[0].step * plays[0].interval < 30_000
    made.set(queries=161)
    assert made.values["queries"] == 161
    made.close()


@pytest.mark.reliability("R20")
def test_every_control_of_the_width_may_be_pushed_to_its_ends(width):
    first = repr(width)
    for queries, tokens in [
        (2, 4),
        (2, 32),
        (24, 4),
        (24, 32),
        *zip(RNG.integers(2, 25, 20), [8, 16] * 10, strict=True),
    ]:
        width.set(queries=int(queries), tokens=tokens)
        assert "alert" not in width._message.value, width._message.value
        assert width.facts()["width"] == min(queries, tokens, 5)
    width.reset()
    assert repr(width) == first
