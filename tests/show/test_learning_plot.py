"""The picture of a run shows the numbers of its events, and so do its words and its CSV."""

import csv

import pytest

from lowlogit_edu.events import Event
from lowlogit_edu.show.learning_plot import (
    FIRST,
    NOW,
    PANELS,
    describe_learning,
    image,
    learning_csv,
    learning_figure,
)

SPAN = Event("span", 1, 0.2, "Spanned.", {"spanner": [[], [3], [3, 1]], "largest_coefficient": 1.25})
SOLVE = Event("solve", 1, 0.3, "Solved.", {"slack": [0.2, 0.3], "slack_before": [0.4, 0.6]})
VERIFY = Event(
    "verify",
    1,
    0.5,
    "Tested.",
    {"coefficients": [1.0, 1.5], "bound": 2.0, "residuals": [0.1, 0.5], "kl": [0.2, 0.4], "mean_kl": 0.3, "queries": 9},
)
AGAIN = Event(
    "verify", 2, 0.8, "Tested.", {"coefficients": [1.0, 1.25], "bound": 2.0, "kl": [0.1, 0.2], "mean_kl": 0.15}
)
HISTORY = [Event("sample", 1, 0.1, "Sampled."), SPAN, SOLVE, VERIFY, AGAIN]


def curves(figure):
    return [[list(line.get_ydata()) for line in axes.lines] for axes in figure.axes]


def test_each_panel_shows_its_numbers_the_newest_last():
    coefficients, slack, residuals, kl = curves(learning_figure(HISTORY))
    assert coefficients == [[1.0, 1.5], [1.0, 1.25], [2.0, 2.0]]  # the bound is a line
    assert slack == [[0.2, 0.3], [0.4, 0.6]]  # after all rounds, and in the first
    assert (residuals, kl) == ([[0.1, 0.5]], [[0.2, 0.4], [0.1, 0.2]])


def test_the_slack_of_the_first_round_is_named_and_inside_the_picture():
    axes = learning_figure(HISTORY).axes[1]
    now, first = axes.lines
    assert (now.get_label(), first.get_label()) == ("now", "first round")
    assert now.get_color() == NOW
    assert first.get_color() == FIRST
    assert axes.get_ylim()[1] > max(first.get_ydata())  # it was cut off where the first round moved more


def test_a_first_round_without_slack_is_drawn_too():
    event = Event("solve", 1, 0.3, "Solved.", {"slack": [0.0], "slack_before": [0.0]})
    assert curves(learning_figure([event]))[1] == [[0.0], [0.0]]


def test_axes_say_what_and_in_which_unit():
    for axes, panel in zip(learning_figure(HISTORY).axes, PANELS, strict=True):
        assert (axes.get_title(), axes.get_ylabel()) == (panel.title, panel.unit)
        assert axes.get_xlabel()


@pytest.mark.parametrize("history", [[], HISTORY[:1]], ids=["no event", "no numbers"])
def test_without_numbers_the_picture_says_so(history):
    assert [axes.texts[0].get_text() for axes in learning_figure(history).axes] == ["not measured yet"] * 4
    assert describe_learning(history) == "Nothing measured yet."
    assert learning_csv(history).count("\n") == 1


def test_the_words_hold_the_newest_of_every_number():
    assert describe_learning(HISTORY) == (
        "After step 5 (verify, epoch 2): 3 histories in the spanner, largest coefficient 1.25 (bound 2); "
        "the program asks to move coefficients by 0.250 a step (root mean square); "
        "mean residual 0.30 nats, largest 0.50 at cut 2; KL 0.15 nats per token; 9 queries."
    )


def test_the_csv_has_a_line_per_step_and_cut():
    header, *lines = csv.reader(learning_csv(HISTORY).splitlines())
    assert header == ["step", "kind", "epoch", "kept", "cut", *(panel.column for panel in PANELS)]
    assert lines == [
        ["3", "solve", "1", "1", "1", "", "0.2", "", ""],
        ["3", "solve", "1", "1", "2", "", "0.3", "", ""],
        ["4", "verify", "1", "1", "1", "1.0", "", "0.1", "0.2"],
        ["4", "verify", "1", "1", "2", "1.5", "", "0.5", "0.4"],
        ["5", "verify", "2", "1", "1", "1.0", "", "", "0.1"],
        ["5", "verify", "2", "1", "2", "1.25", "", "", "0.2"],
    ]


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_equal_figures_give_equal_files(kind, magic):
    first, second = (image(learning_figure(HISTORY), kind) for _ in range(2))
    assert first.startswith(magic)
    assert first == second


def test_after_refinement_the_sentence_says_what_is_of_the_model_before_it():
    refined = Event("refine", 2, 0.9, "Pass 1.", {"kl": [0.3, 0.4], "mean_kl": 0.35, "kept": False, "queries": 12})
    words = describe_learning([*HISTORY, refined])
    assert words.startswith(
        "After step 6 (refine, epoch 2): KL 0.35 nats per token after this pass, which is not kept; 12 queries. "
        "Before refinement: 3 histories in the spanner"
    )
    (axes,) = [axes for axes in learning_figure([*HISTORY, refined]).axes if "KL" in axes.get_title()]
    assert axes.lines[-1].get_ydata().tolist() == [0.1, 0.2]  # the model is still the one verified
    _, *lines = csv.reader(learning_csv([*HISTORY, refined]).splitlines())
    assert lines[-1] == ["6", "refine", "2", "0", "2", "", "", "", "0.4"]  # not kept


def test_slack_in_logits_and_in_probabilities_are_no_one_curve():
    solved = [
        Event("solve", 1, 0.2, "Solved.", {"slack": [0.3, 0.3], "slack_in": "logits"}),
        Event("solve", 2, 0.4, "Solved.", {"slack": [0.2, 0.2], "slack_in": "logits"}),
        Event("solve", 3, 0.6, "Solved.", {"slack": [0.5, 0.4], "slack_in": "probabilities"}),
    ]
    for history, curves in ((solved[:2], [[0.3, 0.3], [0.2, 0.2]]), (solved, [[0.5, 0.4]])):
        (axes,) = [axes for axes in learning_figure(history).axes if "Slack" in axes.get_title()]
        assert [line.get_ydata().tolist() for line in axes.lines] == curves


def test_a_broken_bound_is_on_the_picture_also_when_it_is_an_old_one():
    old = Event("verify", 1, 0.1, "", {"coefficients": [1.0, 9.0], "bound": 2.0})
    axes = learning_figure([old, *HISTORY]).axes[0]
    assert axes.get_ylim()[1] > 9
