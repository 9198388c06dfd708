"""The explorer of ranks, its matrices, and histories against each other's continuations."""

import csv
import io

import numpy as np
import pytest
from every_control import complaints

from lowlogit_edu.measure import sampled_matrix
from lowlogit_edu.measure.recall import recall_matrices
from lowlogit_edu.models import copying, random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.widgets.rank import RankExplorer
from lowlogit_edu.widgets.rank_specimens import LOGITS, PROBABILITIES, recall_specimen, sampled_specimen

TEACHER = ExactOracle(random_isan(alphabet_size=3, dimension=2, horizon=7, seed=1))


@pytest.fixture(scope="module")
def explorer():
    sampled = sampled_specimen(sampled_matrix(TEACHER, 9, 12, (3, 3), (0, 2)), top=2)
    made = RankExplorer({"sampled": sampled, "recall": recall_specimen(recall_matrices(TEACHER, 8, 3, 3))})
    yield made
    made.close()


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    assert complaints(explorer) == []


def test_equal_controls_give_equal_words():
    one = RankExplorer()
    two = RankExplorer()
    assert repr(one) == repr(two) and one.summary() == two.summary() and one.data() == two.data()
    one.close(), two.close()


@pytest.mark.parametrize(
    ("specimen", "logit_rank", "probability_rank"),
    [("random ISAN, dimension 4", 4, 27), ("noisy parity, 8 bits", 1, 2), ("copying 5 bits", 5, 32)],
)
def test_the_error_vanishes_at_the_rank_and_not_before(explorer, specimen, logit_rank, probability_rank):
    for entries, rank in ((LOGITS, logit_rank), (PROBABILITIES, probability_rank)):
        explorer.set(specimen=specimen, entries=entries)
        absolute, square = explorer.errors()
        assert square[rank - 1] > 1e-6 and square[rank] < 1e-9 and absolute[rank] < 1e-9
        assert explorer.facts()["rank_of_the_matrix"] == rank


def test_the_numbers_are_those_of_the_approximation_shown(explorer):
    explorer.set(specimen="random table", entries=LOGITS)
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    for rank in (0, 5, 20):
        explorer.set(rank=rank)
        gap = explorer.entries.matrix - explorer.approximation()
        assert np.isclose(float(rows[rank]["mean_absolute_error"]), np.abs(gap).mean())
        assert np.isclose(float(rows[rank]["root_mean_square_error"]), np.sqrt((gap**2).mean()))
        assert f"{np.abs(gap).mean():.3g}" in explorer.summary()


def test_a_sampled_specimen_keeps_different_futures_and_likely_tokens():
    matrix = sampled_matrix(TEACHER, 9, 12, (3, 3), (0, 2))
    different = len(set(matrix.futures))
    found = sampled_specimen(matrix, top=2)
    assert different < 12 and found[LOGITS].matrix.shape == found[PROBABILITIES].matrix.shape == (9, 2 * different)
    first = np.exp(matrix.logits[:, 0]) / np.exp(matrix.logits[:, 0]).sum(axis=1, keepdims=True)
    assert np.allclose(found[PROBABILITIES].matrix[:, 0], first[:, first.mean(axis=0).argmax()])


def test_recall_matrices_add_up_logits_and_multiply_probabilities():
    model = TEACHER.model
    found = recall_matrices(TEACHER, texts=6, history_length=3, future_length=2, seed=4)
    h = found.histories[1]
    f = found.futures[4]
    rows = model.logits([h, (*h, f[0])])
    logs = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    assert np.isclose(found.scores[1, 4], rows[[0, 1], f].sum())
    assert np.isclose(found.log_probabilities[1, 4], logs[[0, 1], f].sum())
    assert np.isclose(found.probabilities().max(axis=0), 1).all()


def test_scores_have_the_logit_rank_and_who_copies_recalls():
    scores = recall_matrices(TEACHER, texts=20, history_length=3, future_length=3).scores
    assert np.linalg.matrix_rank(scores, tol=1e-9) == 2
    copied = recall_matrices(ExactOracle(copying(8, strength=12.0)), texts=12, history_length=8, future_length=8)
    assert len(set(copied.histories)) == 12 and copied.recalled() == 1.0
    assert recall_matrices(TEACHER, texts=12, history_length=3, future_length=3).recalled() < 0.9


def test_rows_and_columns_have_the_names_of_their_texts(explorer):
    explorer.set(specimen="copying 5 bits", entries=LOGITS)
    entries = explorer.entries
    assert (len(entries.rows), len(entries.columns)) == entries.matrix.shape
    model = copying(5)
    for row, column in ((0, 0), (7, 33), (31, 61)):
        history = tuple(map(int, entries.rows[row]))
        future, token = entries.columns[column].replace("now", "").split(", then ")
        logits = model.logits([history + tuple(map(int, future))])[0]
        assert np.isclose(entries.matrix[row, column], logits[int(token)])
    explorer.set(entries=PROBABILITIES)
    assert (len(explorer.entries.rows), len(explorer.entries.columns)) == explorer.entries.matrix.shape
    left = explorer.figure().axes[0]
    assert [label.get_text() for label in left.get_yticklabels()][::4] == ["00000", "11111"]


def test_what_rank_4_misses_of_copying_is_the_first_bit(explorer):
    explorer.set(specimen="copying 5 bits", entries=LOGITS, rank=4)
    missed = np.abs(explorer.entries.matrix - explorer.approximation()).max(axis=0)
    assert [explorer.entries.columns[i] for i in np.flatnonzero(missed > 1e-9)] == [
        "now, then 0",
        "now, then 1",
    ]


def test_errors_of_larger_ranks_are_not_told_before_they_are_asked_for(explorer):
    explorer.set(specimen="copying 5 bits", entries=LOGITS, rank=1)
    ends = []
    for rank in (1, 4, 5):
        explorer.set(rank=rank)
        axes = next(axes for axes in explorer.figure().axes if axes.get_title() == "Error against the rank")
        curves = {curve.get_label(): curve for curve in axes.lines}
        assert (
            len(curves["root mean square"].get_xdata()) == len(curves["mean absolute (Eq. 2)"].get_xdata()) == rank + 1
        )
        assert [text.get_text() for text in axes.texts if "rank" in text.get_text()] == [" rank 5 "] * (rank == 5)
        assert ("numerical rank 5" in explorer.summary()) == (rank == 5)
        ends.append((axes.get_xlim(), axes.get_ylim()))
    assert ends[0] == ends[1] == ends[2]


def test_it_begins_where_it_is_told_to():
    made = RankExplorer(values={"specimen": "copying 5 bits", "rank": 4})
    assert made.values == {"specimen": "copying 5 bits", "entries": LOGITS, "rank": 4}
    made.close()


def test_the_slider_ends_at_the_smaller_side(explorer):
    explorer.set(specimen="comparing two numbers of 4 bits", entries=LOGITS, rank=40)
    assert explorer.values["rank"] == explorer.rank == 16
    explorer.set(specimen="sampled")
    assert explorer.values["rank"] == 9
