"""The explorer of the linear program: ranges, the greedy path, and what both predict."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.algorithm.program import Step, solve_program, solve_with_cvxpy
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.experiments.coefficient_room import (
    Followed,
    coefficient_ranges,
    extreme_coefficients,
    follow_text,
    greedy_path,
)
from lowlogit_edu.widgets.program import (
    HORIZON,
    PRESETS,
    TEACHERS,
    TEXTS,
    WORKING,
    ProgramExplorer,
    followed,
    room,
    spanned,
)
from lowlogit_edu.widgets.program_panels import missing_cuts, program_figure


@pytest.fixture(scope="module")
def explorer():
    made = ProgramExplorer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def automaton():
    return spanned(TEACHERS[0], futures=1, noise=0.0, bound=2.0, seed=0)


def steps_of(rows, tokens):
    return [rows.step(cut, token) for cut, token in enumerate(tokens[:-1], start=2)]


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    for _ in moved_everywhere(explorer):
        chosen = explorer.facts()["program"]
        assert np.isnan(chosen) or chosen <= explorer.values["bound"] * (1 + 1e-2)
        if explorer.values["row"] > 1:
            continue  # not every cut has a second row
        # The ranges come from programs of their own: they know whether there is a solution, and where.
        ranges = room(**explorer.values)
        assert np.isnan(chosen) == np.isnan(ranges).all()
        least_sizes = np.maximum(ranges[:, 0], -ranges[:, 1])  # of this coefficient; below zero where 0 is feasible
        assert np.isnan(chosen) or least_sizes.max() - 1e-2 <= chosen


def test_the_numbers_are_those_of_the_solvers(explorer, automaton):
    explorer.reset()
    explorer.set(step=12)
    teacher, rows = automaton
    lines = list(csv.DictReader(io.StringIO(explorer.data())))
    assert len(lines) == 12
    steps = steps_of(rows, [0] * 12)
    path = [np.ones(1)]
    for step in steps:
        path.append(np.linalg.pinv(step.futures, rcond=1e-8) @ step.carried @ path[-1])
    assert np.isclose(float(lines[-1]["largest_greedy"]), max(np.abs(c).max() for c in path))
    solution = solve_with_cvxpy(steps)
    assert solution.status.name == "SOLVED"
    assert float(lines[-1]["largest_program"]) <= 2 + 1e-9
    truth = teacher.next_token_logits([0] * 12)
    predicted = path[-1] @ rows.cuts[11].next_logits[0]
    p = np.exp(truth) / np.exp(truth).sum()
    q = np.exp(predicted) / np.exp(predicted).sum()
    assert np.isclose(float(lines[-1]["kl_greedy"]), (p * np.log(p / q)).sum())
    assert f"at most {float(lines[-1]['largest_greedy']):.3g}" in explorer.summary()


def test_equal_controls_give_equal_words():
    one = ProgramExplorer(seed=2, noise=0.001)
    two = ProgramExplorer(seed=2, noise=0.001)
    assert repr(one) == repr(two)
    assert one.summary() == two.summary()
    assert one.data() == two.data()
    one.close()
    two.close()


@pytest.mark.parametrize("text", TEXTS)
def test_the_room_shown_is_that_of_the_text(explorer, text):
    explorer.reset()
    explorer.set(teacher=TEACHERS[1], text=text, step=6, futures=2, noise=0.002, seed=3)
    model, rows = spanned(TEACHERS[1], futures=2, noise=0.002, bound=2.0, seed=3)
    tokens = [0] * 6 if text == TEXTS[0] else model.sample(1, seed=3)[0, :6].tolist()
    ranges = coefficient_ranges(steps_of(rows, tokens), 0, rows.bound, rows.tolerance)
    lines = list(csv.DictReader(io.StringIO(explorer.data())))
    assert np.allclose([[float(line["least"]), float(line["most"])] for line in lines[1:]], ranges)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_within_the_controls(explorer, preset):
    explorer.set(**PRESETS[preset])
    assert {name: explorer.values[name] for name in PRESETS[preset]} == PRESETS[preset]


def test_greedy_grows_by_four_thirds_and_the_program_does_not(automaton):
    teacher, rows = automaton
    found = follow_text(teacher, rows, np.zeros(HORIZON, dtype=int))
    greedy = found.largest(found.greedy)
    assert np.allclose(greedy[8:] / greedy[7:-1], 4 / 3)
    assert found.largest(found.program).max() <= 2 + 1e-9
    assert found.greedy_kl[-1] > 100 * found.program_kl[-1]


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_every_solution_is_inside_the_ranges_and_their_ends_are_reached(noise):
    _, rows = spanned(TEACHERS[1], futures=2, noise=noise, bound=2.0, seed=1)
    steps = steps_of(rows, [0, 1, 1, 0, 1])
    solution = solve_program(steps, rows.bound, rows.tolerance, fast=False)
    for row in range(2):
        ranges = coefficient_ranges(steps, row, rows.bound, rows.tolerance)
        chosen = np.array([c[row] for c in solution.coefficients[1:]])
        assert (ranges[:, 0] <= chosen + 1e-6).all() and (chosen <= ranges[:, 1] + 1e-6).all()
        assert (np.diff(ranges).max() < 1e-4) == (noise == 0)


def test_a_range_by_hand():
    """a c = b with |c| <= 2: the others reach 2 * (1/2 + 1/4)."""
    step = Step(np.array([[1.0, 0.5, -0.25]]), np.array([[1.0]]))
    assert np.allclose(coefficient_ranges([step], 0), [[-0.5, 2.0]])
    assert np.allclose(coefficient_ranges([step], 1), [[-2.0, 2.0]])
    assert np.isnan(coefficient_ranges([step], 3)).all()


def test_an_infeasible_program_has_no_ranges_and_no_extremes():
    step = Step(np.array([[1.0]]), np.array([[3.0]]))
    assert np.isnan(coefficient_ranges([step], 0)).all() and extreme_coefficients([step], np.ones(1)) is None
    assert np.allclose(coefficient_ranges([step], 0, bound=4.0), 3.0)


def test_the_greedy_path_of_one_token_is_the_first_unit_vector():
    assert [c.tolist() for c in greedy_path([])] == [[1.0]]


def last_line(explorer):
    return {name: float(value) for name, value in list(csv.DictReader(io.StringIO(explorer.data())))[-1].items()}


def drawn(explorer):
    """The panels of the picture by their titles, with all that is written on them."""
    figure = explorer.figure()
    figure.canvas.draw()
    return {axes.get_title().split(":")[0].split(",")[0]: axes for axes in figure.axes}


def test_with_short_futures_the_program_is_bounded_and_knows_no_more_than_coins(explorer):
    explorer.reset()
    explorer.set(step=14)
    line = last_line(explorer)
    truth = spanned(TEACHERS[0], 1, 0.0, 2.0, 0)[0].next_token_logits([0] * 14)
    assert np.isclose(line["kl_uniform"], kl_divergence(truth, np.zeros(2)))
    assert np.isclose(line["kl_program"], line["kl_uniform"]) and line["kl_greedy"] > 100 * line["kl_uniform"]
    assert "program 0.005 nats; who knows nothing has 0.005." in explorer.summary()
    panel = drawn(explorer)["Error of the next token"]
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["knows nothing (uniform)"]
    blind = next(curve for curve in panel.lines if curve.get_label() == "knows nothing (uniform)")
    assert np.isclose(blind.get_ydata()[13], line["kl_uniform"])


def test_three_tokens_cure_and_two_only_delay(explorer):
    explorer.set(**PRESETS["longer futures cure it"])
    cured = last_line(explorer)
    assert cured["kl_greedy"] < 1e-12 and cured["kl_program"] < 1e-12 < cured["kl_uniform"]
    assert "KL of the next token: greedy 0, program 0 nats" in explorer.summary()
    explorer.set(**PRESETS["two tokens only delay it"], row=1)
    delayed = followed(TEACHERS[0], TEXTS[0], 2, 0.0, 2.0, 0)
    assert delayed.program_kl[9] < 1e-12 and np.isclose(delayed.program_kl[13], last_line(explorer)["kl_uniform"])
    assert delayed.greedy_kl[13] > 0.5 * last_line(explorer)["kl_uniform"]


def test_a_cut_without_such_a_row_is_said_to_have_none(explorer):
    explorer.reset()
    explorer.set(step=2, row=3)
    assert "Cut 2 has 2 spanner rows only: there is no row 3." in explorer.summary()
    explorer.set(step=3, row=3)
    assert "Cut 3 has one spanner row only: there is no row 3." in explorer.summary()
    panel = drawn(explorer)["Coefficient of spanner row 3"]
    assert "no such row" in [text.get_text() for text in panel.get_legend().get_texts()]
    explorer.set(step=5, row=3)
    assert "no row 3" not in explorer.summary()
    assert missing_cuts(followed(TEACHERS[0], TEXTS[0], 1, 0.0, 2.0, 0).greedy[4], row=3) == [2, 3, 4]


def test_what_is_to_come_is_not_drawn_and_the_axes_do_not_tell_of_it(explorer):
    explorer.reset()
    assert explorer.values["step"] == 2
    panels = drawn(explorer)
    for title in ("Largest coefficient", "Error of the next token"):
        curves = [curve for curve in panels[title].lines if curve.get_label() != "C"]
        assert {len(curve.get_xdata()) for curve in curves} == {2}
    ends = {title: panel.get_ylim() for title, panel in panels.items()}
    explorer.set(noise=0.0, futures=3)  # with which nothing ever grows
    assert {title: panel.get_ylim() for title, panel in drawn(explorer).items()} == ends
    explorer.set(step=14)
    assert {len(curve.get_xdata()) for curve in drawn(explorer)["Error of the next token"].lines} == {14}


def test_a_program_without_a_solution_is_not_drawn_as_if_nothing_were_there():
    path = [np.ones(1), np.full(1, 3.0)]
    found = Followed(([np.ones(1)], path), ([np.ones(1)], []), np.array([0.0, 0.1]), np.array([0.0, 0.2]))
    now = {"step": 2, "row": 1, "bound": 2.0}
    figure = program_figure(now, found, np.full((1, 2), np.nan), np.array([0.2, 0.2]))
    (panel,) = (axes for axes in figure.axes if axes.get_title().startswith("Coefficient"))
    assert [text.get_text() for text in panel.texts] == ["The program has no solution\nwith C = 2"]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_sizes_have_several_ticks(explorer, preset):
    explorer.set(**PRESETS[preset])
    panel = drawn(explorer)["Largest coefficient"]
    low, high = panel.get_ylim()
    assert sum(low <= tick <= high for tick in panel.get_yticks()) >= 3


def test_it_says_that_it_works_while_it_does(explorer, monkeypatch):
    said = []
    monkeypatch.setattr(explorer, "say", lambda text, **kwargs: said.append(text))
    explorer.set(step=3)
    assert said[0] == WORKING and said[-1] == ""
