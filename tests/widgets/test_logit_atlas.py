"""The atlas as Python sees it: what is sent, what is said, what is refused."""

import json

import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments import atlas_of_practical_run
from lowlogit_edu.models import copying, random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets import LogitAtlas

TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=6, seed=0)
CONFIG = LearnerConfig(spanner_samples=100, validation_samples=30)


@pytest.fixture(scope="module")
def atlas():
    made = LogitAtlas.of_run(ExactOracle(TEACHER), 6, CONFIG, seed=0)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _at_the_beginning(atlas):
    atlas.frame = 0
    atlas.text = 0
    atlas.cell = []


def test_words_follow_the_step(atlas):
    assert atlas.summary() == (
        f"Step 1 of {len(atlas.atlas.frames)}, before the first epoch. Started with one-token futures. Prefixes asked "
        f"about: 0, of them 0 in this step. Of the atlas's {atlas.atlas.cells} cells 0 are known."
    )
    atlas.frame = 1
    frame = atlas.atlas.frames[1]
    assert f"{frame.queries} in this step" in atlas.summary()
    assert f"cells {atlas.atlas.known(1)} are known" in atlas.summary()
    atlas.frame = -1
    assert atlas.frame == len(atlas.atlas.frames) - 1
    assert "Every test on fresh samples passed" in atlas.summary() and repr(atlas) == f"LogitAtlas({atlas.summary()})"


def test_what_does_not_exist_is_refused(atlas):
    for name, value, message in [
        ("frame", 99, "frame must be between 0 and"),
        ("text", 3, "text must be between 0 and 2, got 3"),
        ("cell", [0, 0], r"cell must be empty or cut, row and column, counted from 0; got \[0, 0\]"),
        ("cell", [5, 0, 0], "the cell's cut must be between 0 and 4, got 5"),
        ("cell", [0, 1, 0], "the cell's row must be between 0 and 0, got 1"),
        ("cell", [0, 0, 99], "the cell's column must be between 0 and"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            setattr(atlas, name, value)
    assert (atlas.frame, atlas.text, atlas.cell) == (0, 0, [])


def test_a_saved_notebook_keeps_the_picture_and_its_words(atlas):
    data, look = atlas._repr_mimebundle_()
    assert data["text/plain"] == atlas.summary() and look["image/png"]["alt"] == atlas.summary()
    assert len(data["image/png"]) > 1000 and "application/vnd.jupyter.widget-view+json" in data
    assert repr(atlas.picture()) == atlas.summary()


@pytest.mark.parametrize(("alphabet_size", "dimension", "horizon"), [(2, 4, 8), (4, 4, 6)])
def test_a_usual_run_is_small_on_the_wire(alphabet_size, dimension, horizon):
    model = random_isan(alphabet_size=alphabet_size, dimension=dimension, horizon=horizon, seed=0)
    made = LogitAtlas.of_run(ExactOracle(model), horizon, CONFIG)
    assert 5_000 < len(json.dumps(made.data)) < 100_000
    made.close()


def test_a_wide_alphabet_is_small_on_the_wire_too():
    model = random_isan(alphabet_size=300, dimension=3, horizon=6, seed=0)
    settings = LearnerConfig.practical(rank=3, sequences=60, witnesses=0, passes=0, epochs=1)
    made = LogitAtlas(atlas_of_practical_run(ExactOracle(model), 6, settings))
    assert made.data["wide"] and len(json.dumps(made.data)) < 100_000
    made.close()


def test_a_whole_model_has_a_step_for_each_question():
    made = LogitAtlas.of_model(copying(length=2), names={0: "heads", 1: "tails"}, frame=5)
    assert "question 5. What comes after heads tails?" in made.summary()
    assert made.data["names"] == {"0": "heads", "1": "tails"}
    made.close()
