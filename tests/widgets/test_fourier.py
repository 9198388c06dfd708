"""The explorer of notebook 05: spectra, and the search for large coefficients."""

import csv
import io
import re

import pytest
from controls import push

from lowlogit_edu.boolean.learning import bucket_weight
from lowlogit_edu.widgets.fourier import FUNCTIONS, FourierExplorer, example


@pytest.fixture
def explorer():
    made = FourierExplorer()
    yield made
    made.close()


def rows(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


@pytest.mark.reliability("R20")
def test_no_control_leads_to_an_error(explorer):
    first = repr(explorer)
    assert push(explorer, count=6) == [] and repr(explorer) == first


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_search_finds_the_coefficients_above_the_threshold(explorer, name):
    explorer.set(function=name, threshold=0.25, samples=10_000)
    coefficients = example(name, 0).fourier()
    heavy = {subset for subset, a in coefficients.items() if abs(a) >= 0.25}
    assert set(explorer.found()) >= heavy
    assert all(abs(coefficients[subset]) > 0.1 for subset in explorer.found())


def test_the_data_hold_exact_and_estimated_weights(explorer):
    table = rows(explorer)
    assert {int(row["level"]) for row in table} == set(range(1, 7))
    coefficients = example("decision tree", 0).fourier()
    for row in table:
        part = tuple(int(i) for i in row["bucket"].split())
        assert float(row["exact_weight"]) == pytest.approx(bucket_weight(coefficients, part, int(row["level"])))
        assert float(row["estimated_weight"]) == pytest.approx(float(row["exact_weight"]), abs=0.1)


def test_a_parity_opens_one_path(explorer):
    explorer.set(function="parity", threshold=0.5, samples=1_000)
    assert explorer.found() == [(0, 2, 5)] and len(rows(explorer)) == 12
    assert explorer.summary().endswith("Found: 1 subset, with 1.00 of the weight 1.00.")


def test_before_the_last_level_nothing_is_found(explorer):
    explorer.set(levels=0)
    assert explorer.found() == [] and rows(explorer) == [] and "0 levels open: 0 of 0" in explorer.summary()


def test_what_is_found_by_mistake_is_named_and_seen(explorer):
    explorer.set(**explorer.presets["too few samples"])
    coefficients = example("parity", 0).fourier()
    small = [subset for subset in explorer.found() if abs(coefficients[subset]) < 0.1]
    assert small and f"Of these {len(small)} are below the threshold, such as {{" in explorer.summary()
    spectrum, _ = explorer.figure().axes
    marks = [line for line in spectrum.lines if line.get_marker() == "o"]
    assert len(marks) == len(explorer.found())
    explorer.set(function="parity", threshold=0.5, samples=1_000)
    assert "below the threshold" not in explorer.summary()
    assert [text.get_text() for text in explorer.figure().axes[1].texts] == ["{0, 2, 5}"]


def test_a_coefficient_that_is_missed_is_counted(explorer):
    explorer.set(function="decision tree", threshold=0.25, samples=100)
    coefficients = example("decision tree", 0).fourier()
    missed = [subset for subset, a in coefficients.items() if abs(a) >= 0.25 and subset not in explorer.found()]
    assert (re.search(rf"{len(missed)} above it (was|were) missed", explorer.summary()) is not None) == bool(missed)


def test_a_preset_sets_every_control(explorer):
    assert all(set(preset) == set(explorer.values) for preset in explorer.presets.values())
