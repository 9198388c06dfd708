"""The practical learner on a real transformer, with settings small enough for seconds."""

from dataclasses import replace

import numpy as np
import pytest

from lowlogit_edu import LearnerConfig, Status, learn, learn_steps, oracles
from lowlogit_edu.baselines import fit_ngram
from lowlogit_edu.core.errors import ArgumentError, CheckpointError, LowLogitError, TooLarge
from lowlogit_edu.evaluation.divergence import compare, mean_kl
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.models import TimeVaryingISAN, random_isan
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.checkpoint import load_checkpoint, save_checkpoint
from lowlogit_edu.practical.learner import practical_steps
from lowlogit_edu.practical.one_step import span_rows, spanner_sizes, states
from lowlogit_edu.practical.row_code import RowCode

SMALL = LearnerConfig.practical(
    rank=12, sequences=120, epochs=2, futures=4, witness_histories=20, validation=30, passes=2, factors=8
)


@pytest.fixture(scope="module")
def steps(embedded):
    return list(learn_steps(embedded, 8, SMALL, seed=0))


@pytest.fixture(scope="module")
def state(steps):
    return steps[-1][0]


def test_the_stages_come_in_the_order_of_the_algorithm(steps):
    epoch = ["sample", "span", "solve", "verify", "witness"]
    assert [event.kind for _, event in steps] == epoch * 2 + ["refine"] * 2 + ["finish"]
    assert [event.epoch for _, event in steps] == [1] * 5 + [2] * 8
    progress = [event.progress for _, event in steps]
    assert progress == sorted(progress) and progress[-1] == 1.0


def test_events_carry_the_numbers_behind_them(steps):
    for _, event in steps:
        if event.kind in ("verify", "refine"):
            assert len(event.data["kl"]) == 8
            assert event.data["mean_kl"] == pytest.approx(np.mean(event.data["kl"]))
        if event.kind == "verify":
            assert len(event.data["residuals"]) == len(event.data["spanner_sizes"]) == 8
            assert event.data["spanner_sizes"][0] == 1  # one empty history
            assert max(event.data["spanner_sizes"]) <= 12


def test_witness_futures_are_counted_and_asked(steps, state):
    assert sum(map(len, state.futures)) == 4
    assert all(1 <= len(word) <= SMALL.future_length for words in state.futures for word in words)
    asked_partly = ~state.answers.asked.all(axis=1)
    assert asked_partly.sum() == 4 * 20


def test_the_ledger_counts_every_query(embedded):
    counted = oracles.Counted(embedded)
    result = learn(counted, 8, SMALL, seed=0)
    assert result.queries == counted.queries
    assert result.ledger["sample"] == 120 * 8


def test_the_logits_stored_are_the_teachers(embedded, state):
    rng = np.random.default_rng(0)
    answers = state.answers
    sequences, times = np.nonzero(answers.asked)
    for place in rng.choice(len(sequences), 20, replace=False):
        i = sequences[place]
        t = times[place]
        expected = embedded.logits([answers.tokens[i, :t].tolist()])[0]
        np.testing.assert_allclose(answers.logits(np.array([i]))[0, t], expected, atol=0.02)


def test_refinement_asks_nothing_and_helps(embedded, steps, state):
    assert state.status is Status.MEASURED
    result = state.result()
    reports = compare(embedded, {"refined": result.model, "plain": result.plain}, n=200)
    longer = learn(embedded, 8, replace(SMALL, passes=40), seed=0)
    assert longer.ledger["sample"] == result.ledger["sample"] and longer.ledger["witness"] == result.ledger["witness"]
    assert mean_kl(embedded, longer.model, n=200).mean < reports["plain"].mean


def test_more_samples_beat_the_trigram_on_the_same_queries(embedded):
    config = LearnerConfig.practical(rank=48, sequences=4000, epochs=1, futures=4, passes=6, factors=32)
    *_, (state, _) = learn_steps(embedded, 16, config, seed=0)
    trigram = fit_ngram(state.answers.parts(), embedded.alphabet_size, order=3)
    reports = compare(embedded, {"learned": state.model, "trigram": trigram}, n=1000)
    assert reports["learned"].mean < reports["trigram"].mean - 3 * reports["learned"].standard_error


def test_the_same_seed_gives_the_same_model(embedded, state):
    assert learn(embedded, 8, SMALL, seed=0).model.fingerprint == state.model.fingerprint
    assert learn(embedded, 8, SMALL, seed=1).model.fingerprint != state.model.fingerprint


def test_a_low_rank_teacher_that_is_the_same_at_every_step_is_learned_well():
    varying = random_isan(alphabet_size=4, dimension=3, horizon=6, seed=0, scale=1.0)
    same = (np.stack([array[0]] * len(array)) for array in (varying.transitions, varying.readouts))
    oracle = oracles.ExactOracle(TimeVaryingISAN(varying.initial_state, *same))
    config = LearnerConfig.practical(rank=4, sequences=2000, epochs=1, futures=4, passes=10, factors=4)
    result = learn(oracle, 6, config, seed=0)
    uniform = ISANModel(np.ones(1), np.ones((4, 1, 1)), np.zeros((4, 1)), 6)
    reports = compare(oracle, {"learned": result.model, "plain": result.plain, "uniform": uniform}, n=200)
    assert reports["learned"].mean < 0.02 * reports["uniform"].mean
    assert reports["plain"].mean < 0.05 * reports["uniform"].mean


def test_an_interrupted_run_goes_on_to_the_same_model(embedded, steps, state, tmp_path):
    for stop in (0, 4, 7, 10):
        save_checkpoint(tmp_path, steps[stop][0], SMALL, horizon=8, seed=0, teacher=embedded.fingerprint)
        loaded, run = load_checkpoint(tmp_path)
        assert run["config"] == SMALL and run["teacher"] == embedded.fingerprint
        *_, (resumed, _) = practical_steps(embedded, 8, run["config"], run["seed"], loaded)
        assert resumed.model.fingerprint == state.model.fingerprint
        assert len(resumed.history) >= len(state.history)


def test_a_checkpoint_of_another_kind_is_refused(state, tmp_path):
    state.model.save(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "checkpoint.safetensors")
    with pytest.raises(CheckpointError, match="holds 'lowlogit_edu isan model'"):
        load_checkpoint(tmp_path)


def test_a_budget_ends_the_run_with_what_is_there(embedded):
    needed = learn(embedded, 8, replace(SMALL, passes=0), seed=0).queries
    result = learn(oracles.Budgeted(embedded, needed - 1), 8, replace(SMALL, passes=0), seed=0)
    assert result.status is Status.BUDGET_EXHAUSTED and result.queries < needed
    *_, (state, event) = learn_steps(oracles.Budgeted(embedded, 10), 8, SMALL, seed=0)
    assert event.kind == "finish"
    with pytest.raises(LowLogitError, match="there is no model yet"):
        state.result()


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 1}, "rank must be at least 2, got 1"),
        ({"rank": 2.5}, "rank must be an integer, got 2.5"),
        ({"sequences": 2, "epochs": 3}, "sequences must be at least epochs"),
        ({"ridge": float("nan")}, "ridge must be a finite number"),
        ({"passes": -1}, "passes must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ArgumentError, match=message):
        LearnerConfig.practical(**settings)


def test_work_that_does_not_fit_is_refused_before_it_starts(embedded):
    with pytest.raises(TooLarge, match=r"would take about \d+.\d GB.*Lower sequences, horizon, columns or rank"):
        next(practical_steps(embedded, 500, LearnerConfig.practical(sequences=10**6), 0))


# Span


def answered(logits):
    code = RowCode.of(logits.reshape(-1, logits.shape[-1]), columns=logits.shape[-1])
    return Answers.empty(logits.shape[1], code).add(np.zeros(logits.shape[:2], int), code.compress(logits))


def test_states_carry_back_to_logits():
    rng = np.random.default_rng(0)
    low = rng.normal(size=(300, 4, 3)) @ rng.normal(size=(3, 20))
    answers = answered(low)
    basis = span_rows(answers, rank=5, rng=rng)
    back = states(basis, answers) @ basis.decode.T + basis.mean
    gap = back - low
    assert np.abs(gap - gap.mean(axis=-1, keepdims=True)).max() < 0.02


def test_spanners_are_as_large_as_the_rank_of_the_rows():
    rng = np.random.default_rng(0)
    low = rng.normal(size=(300, 4, 3)) @ rng.normal(size=(3, 20))
    low[:, 0] = 0.0
    answers = answered(low)
    basis = span_rows(answers, rank=8, rng=rng)
    assert spanner_sizes(basis, states(basis, answers), tolerance=0.02) == [1, 3, 3, 3]
