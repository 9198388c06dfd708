"""The picture of a run's witnesses shows what the stream says, whatever is chosen."""

import csv
import io

import numpy as np
import pytest
from controls import push
from matplotlib.colors import to_rgb

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas import WitnessStream
from lowlogit_edu.show.palette import FAINT, ORANGE, SKY
from lowlogit_edu.widgets.real_surprises import SurpriseExplorer, is_exact

FIRST = np.array([[1.0, 0.0, 0.0]])
TWO = WitnessStream(FIRST, np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 3.0]]), np.array([[0.0, 1.0, 0.0], [0.0, -0.5, 1.0]]))
ONE = WitnessStream(FIRST, np.array([[0.0, 1.0, 0.0]]), np.array([[0.002, 1.0, 0.0]]))


@pytest.fixture
def explorer():
    made = SurpriseExplorer({"exact": {2: ONE, 3: TWO}, "off": {3: ONE}})
    yield made
    made.close()


def test_the_squares_are_the_products_and_their_colours_a_staircase(explorer):
    explorer.set(cut=3)
    products, surprises, count = explorer.figure().axes
    assert [text.get_text() for text in products.texts] == ["0", "2", "0", "0", "0", "3"]
    colours = [[FAINT, ORANGE, SKY], [FAINT, FAINT, ORANGE]]
    assert np.allclose(products.images[0].get_array(), [[to_rgb(colour) for colour in row] for row in colours])
    assert [patch.get_height() for patch in surprises.patches] == TWO.surprises().tolist()
    assert [text.get_text() for text in count.texts] == ["2", "3"]  # with exact answers the dimension is the limit


def test_the_words_follow_the_picture(explorer):
    assert explorer.values["cut"] == 3  # it opens where there is most to see
    explorer.set(cut=2)
    assert explorer.summary().startswith("Cut 2: 1 witness in 3 dimensions.") and "0.002 nats" in explorer.summary()
    explorer.set(cut=3)
    assert explorer.summary().startswith("Cut 3: 2 witnesses in 3 dimensions.")
    assert "less than 1e-9 nats" in explorer.summary()
    assert "at most 3 are possible, one for each dimension" in explorer.summary()
    explorer.set(run="off", cut=2)
    assert explorer.summary() == "This run has no witness at cut 2." and explorer.facts()["witnesses"] == 0
    assert [text.get_text() for text in explorer.figure().texts] == [explorer.summary()]


def test_with_noise_lemma_5_1_is_the_limit():
    noisy = WitnessStream(TWO.first, TWO.factors, TWO.vectors + 1e-3)
    assert not is_exact(noisy) and is_exact(TWO)
    explorer = SurpriseExplorer({"noisy": {3: noisy}})
    assert f"Lemma 5.1 allows at most {noisy.limit():.0f}." in explorer.summary()
    assert explorer.figure().axes[2].texts[-1].get_text() == f"{noisy.limit():.0f}"
    explorer.close()


def test_no_limit_is_called_so():
    blind = WitnessStream(FIRST, FIRST, FIRST)  # what was seen is as large as the witness
    explorer = SurpriseExplorer({"exact": {2: blind}})
    assert "At most no limit" not in explorer.summary() and "Lemma 5.1 says nothing" in explorer.summary()
    explorer.close()


def test_every_choice_draws(explorer):
    assert push(explorer) == []


def test_the_data_are_those_of_all_runs(explorer):
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    assert [(row["oracle"], row["cut"], row["witness"]) for row in rows] == [
        ("exact", "2", "1"),
        ("exact", "3", "1"),
        ("exact", "3", "2"),
        ("off", "3", "1"),
    ]
    assert [float(row["residual_nats"]) for row in rows] == [1.0, 2.0, 3.0, 1.0]


def test_nothing_to_show_is_refused():
    with pytest.raises(ArgumentError, match="at least one run"):
        SurpriseExplorer({"exact": {}})
