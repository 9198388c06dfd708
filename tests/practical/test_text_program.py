"""The program over whole texts: against a dense solver, and against the exact learner's linear program."""

import numpy as np
import pytest

from lowlogit_edu import LearnerConfig, learn_steps
from lowlogit_edu.algorithm.program import ProgramStatus, Step, solve_program
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.practical.gramian import later_rows
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.misfit import LogitMisfit
from lowlogit_edu.practical.solve import Solver
from lowlogit_edu.practical.span import in_terms_of_histories
from lowlogit_edu.practical.text_program import TextProgram

WEIGHT = 3.0


def random_maps(tokens, rank, width, seed=0):
    rng = np.random.default_rng(seed)
    step = 0.8 * np.linalg.qr(rng.normal(size=(tokens, rank, rank)))[0]
    read = rng.normal(size=(tokens, rank, width)) / np.sqrt(rank)
    return CoefficientMaps(np.ones(rank), np.zeros(width), step.astype(np.float32), read.astype(np.float32))


def objective(corrections, maps, tokens, errors, norm):
    """The program's sum for one text, from the new part of each correction."""
    total = 0.0
    whole = np.zeros(maps.rank)
    for t, token in enumerate(tokens[:-1]):
        total += np.square(errors[t] - whole @ maps.read[token]).sum()
        new = corrections[t] if t < len(tokens) - 2 else np.zeros(maps.rank)
        total += new @ norm @ new
        whole = whole @ maps.step[token] + new
    return total


def best(maps, tokens, errors, norm):
    """The least sum, by dense least squares in the new parts."""
    steps = len(tokens) - 2
    rank = maps.rank
    root = np.linalg.cholesky(norm)
    blocks = []
    for place in range(steps):
        # What a new part at `place` does to each later row.
        effect = np.zeros((rank, len(tokens) - 1, errors.shape[1]))
        carried = np.eye(rank)
        for t in range(place + 1, len(tokens) - 1):
            effect[:, t] = carried @ maps.read[tokens[t]]
            carried = carried @ maps.step[tokens[t]]
        blocks.append(effect.reshape(rank, -1))
    rows = np.concatenate(blocks).T
    slack = np.kron(np.eye(steps), root.T)
    matrix = np.concatenate([rows, slack])
    target = np.concatenate([errors.ravel(), np.zeros(len(slack))])
    found = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return found.reshape(steps, rank)


@pytest.mark.parametrize(("alphabet", "share"), [(1, 0.95), (4, 0.8)])
def test_corrections_bring_the_sum_down_nearly_as_far_as_it_goes(alphabet, share):
    """The worth of later rows is a mean over texts without end; with one token the ends make all the difference."""
    rng = np.random.default_rng(1)
    maps = random_maps(alphabet, rank=3, width=5)
    norms = maps.read @ maps.read.transpose(0, 2, 1)
    program = TextProgram.of(maps.step, norms, np.full(alphabet, 1 / alphabet), WEIGHT)
    tokens = rng.integers(alphabet, size=(20, 12))
    errors = rng.normal(size=(20, 11, 5)).astype(np.float32)
    pulls = np.einsum("ntw,ntrw->ntr", errors, maps.read[tokens[:, :-1]])
    found = program.corrections(tokens, pulls, np.ones((20, 12), dtype=bool))
    for i in range(20):
        arguments = (maps, tokens[i], errors[i], program.weighted.astype(np.float64))
        none = objective(np.zeros((11, 3)), *arguments)
        least = objective(best(*arguments), *arguments)
        assert objective(found[i], *arguments) <= none - share * (none - least)


def test_rows_that_were_not_told_pull_nothing():
    maps = random_maps(2, rank=3, width=4)
    norms = maps.read @ maps.read.transpose(0, 2, 1)
    program = TextProgram.of(maps.step, norms, np.array([0.5, 0.5]), WEIGHT)
    rng = np.random.default_rng(2)
    tokens = rng.integers(2, size=(3, 8))
    pulls = rng.normal(size=(3, 7, 3)).astype(np.float32)
    known = np.ones((3, 8), dtype=bool)
    known[:, 5:] = False
    found = program.corrections(tokens, pulls, known)
    other = pulls.copy()
    other[:, 4:] = 7.0
    np.testing.assert_array_equal(found, program.corrections(tokens, other, known))
    assert np.abs(found[:, 3:]).max() == 0 and np.abs(found[:, :3]).min(axis=2).max() > 0


def test_later_rows_are_what_coefficients_do_to_them():
    maps = random_maps(3, rank=2, width=4)
    shares = np.array([0.5, 0.3, 0.2])
    found = later_rows(maps.step, maps.read @ maps.read.transpose(0, 2, 1), shares, discount=0.5)
    # By going through all texts of five tokens: further rows count less than a thousandth.
    d = np.array([1.0, -2.0])
    total = 0.0
    for text in np.ndindex(3, 3, 3, 3, 3):
        weight = np.prod(shares[list(text)])
        state = d
        for t, token in enumerate(text):
            total += weight * 0.5**t * np.square(state @ maps.read[token]).sum()
            state = state @ maps.step[token]
    assert total == pytest.approx(d @ found @ d, rel=0.02)


def test_maps_that_grow_for_ever_have_a_finite_sum():
    step = np.full((1, 1, 1), 3.0, dtype=np.float32)
    assert np.isfinite(later_rows(step, np.ones((1, 1, 1), dtype=np.float32), np.ones(1), discount=0.75)).all()


def test_the_linear_program_gives_the_same_coefficients():
    """On a teacher of exactly low rank, with the learner's own spanner: rounds find what solves Eqs. 9 and 10."""
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.standard_normal((4, 3, 3)))[0]
    teacher = ISANModel(np.array([1.0, 0.0, 0.5]), turns, rng.standard_normal((4, 3)), horizon=12)
    config = LearnerConfig.practical(
        rank=4, sequences=300, epochs=1, passes=0, ridge=1e-6, start_ridge=1e-6, witnesses=0
    )
    *_, (state, _) = learn_steps(ExactOracle(teacher), 8, config, seed=0)
    histories = list(state.spanner.histories)
    futures = [(a,) for a in range(4)] + [(a, b) for a in range(4) for b in range(4)]
    on_futures = word_logits(teacher, histories, futures).T
    assert np.linalg.matrix_rank(on_futures, tol=1e-6) == len(histories) == 3

    text = [1, 3, 0, 2, 2, 1]
    carried_rows = [word_logits(teacher, [()], [(text[0], *f) for f in futures]).T]
    for token in text[1:]:
        carried_rows.append(word_logits(teacher, histories, [(token, *f) for f in futures]).T)
    steps = [Step(futures=on_futures, carried=rows) for rows in carried_rows]
    solution = solve_program(steps, bound=2.0)
    assert solution.status is ProgramStatus.SOLVED

    def distance(maps):
        ours = maps.carry(np.array([[*text, 0]]))[0]
        return np.abs(ours[1:] - np.array(solution.coefficients[1:])).max()

    assert distance(state.maps) < 0.01
    # From steps that are wrong, rounds come back to the same: the start alone would not have shown it.
    wrong = state.maps.with_step(state.maps.step + 0.1 * rng.standard_normal(state.maps.step.shape).astype(np.float32))
    solver = Solver(state.answers, state.apart, state.coordinates, config.ridge, config.equation_weight)
    maps = wrong
    for _ in range(10):
        maps, _ = solver.round(maps, LogitMisfit())
    found = in_terms_of_histories(maps, histories, state.answers.code.columns)
    assert distance(found) < 0.05 < 0.2 < distance(wrong)
