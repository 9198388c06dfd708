"""Tables for the terminal: aligned, and without columns that say nothing."""

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.cli.tables import aligned, as_json, table

TEXTS = np.zeros(3)  # of each text; no table shows it
ROWS = {
    "the teacher itself": Judged(0.0, np.zeros(6), 0.0, 2.5, TEXTS),
    "learned": Judged(0.25, np.arange(6) / 10, 0.01, 3.25, TEXTS, queries=12_000, parameters=100, seconds=1.5),
    "hopeless": Judged(9.0, np.full(6, 9.0), 0.5, 2e7, TEXTS, queries=0),
}


def test_columns_are_aligned_to_the_right():
    lines = table(ROWS).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert " ".join(lines[2].split()) == "learned 12,000 100 0.250 ± 0.010 3.25 1.5 0.050 0.250 0.400 0.500"
    end = lines[0].index("queries") + len("queries")
    assert [line[:end].split()[-1] for line in lines[1:]] == ["-", "12,000", "0"]


def test_a_column_of_dashes_is_left_out():
    head = table(ROWS).splitlines()[0]
    assert "seconds" in head and "on real text" not in head
    assert aligned({"a": {"x": "-", "y": "1"}, "b": {"x": "-", "y": "2"}}).split() == ["y", "a", "1", "b", "2"]


def test_an_astronomic_perplexity_stays_short():
    assert "2e+07" in table(ROWS).splitlines()[3]


def test_json_has_the_numbers_unrounded_under_names_without_spaces():
    found = as_json({"  before refinement": ROWS["learned"]})
    assert found["before refinement"]["kl_per_position"] == (np.arange(6) / 10).tolist()
    assert found["before refinement"]["queries"] == 12_000 and found["before refinement"]["text_perplexity"] is None
