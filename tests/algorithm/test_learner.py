"""Algorithm 1 recovers models of low logit rank exactly, and says honestly when it does not."""

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import FaithfulState, extended_futures, faithful_steps, predictions
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError, LowLogitError
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.matrices.logit_matrix import all_words, cut_ranks
from lowlogit_edu.models import copying, fourier_sparse, hmm, noisy_parity, random_isan
from lowlogit_edu.oracles.counted import Budgeted
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy


def small_isan(seed):
    """Alphabets of 2 to 4, dimensions 2 to 4, horizons 5 to 7."""
    return random_isan(2 + seed % 3, 2 + seed // 3 % 3, 5 + seed // 9 % 3, seed=seed)


def small_parity(seed):
    return noisy_parity(bits=6, seed=seed)


def run(teacher, seed=0, oracle=None, **settings):
    """The last state of a run on an exact oracle, unless another is given."""
    steps = faithful_steps(oracle or ExactOracle(teacher), teacher.horizon, LearnerConfig(**settings), seed)
    *_, (state, _) = steps
    return state


def check_exact_recovery(teacher, seed):
    """With the default 10,000 spanner samples."""
    result = run(teacher, seed).result()
    assert result.status is Status.VERIFIED
    assert total_variation(teacher, result.model) <= 1e-6
    assert 0 < result.queries <= sum(teacher.alphabet_size**t for t in range(teacher.horizon))


@pytest.mark.parametrize("seed", range(0, 20, 4))
@pytest.mark.parametrize("family", [small_isan, small_parity])
@pytest.mark.reliability("R14")
def test_models_of_low_rank_are_recovered_exactly(family, seed):
    check_exact_recovery(family(seed), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("family", [small_isan, small_parity])
@pytest.mark.reliability("R14")
def test_twenty_of_twenty_models_of_low_rank_are_recovered_exactly(family, seed, record_property):
    check_exact_recovery(family(seed), seed)
    record_property("figure", f"20 of {family.__name__}")


@pytest.mark.reliability("R14")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_twenty_of_twenty_sparse_fourier_models_are_recovered_exactly(seed, record_property):
    rng = np.random.default_rng(seed)
    terms = {}
    while len(terms) < 2:
        bits = tuple(sorted(rng.choice(5, size=int(rng.integers(1, 4)), replace=False).tolist()))
        terms[bits] = float(rng.uniform(0.2, 0.5) * rng.choice([-1, 1]))
    check_exact_recovery(fourier_sparse(5, terms), seed)
    record_property("figure", "20 sparse Fourier models")


@pytest.mark.parametrize("teacher", [copying(length=3), fourier_sparse(5, {(0, 1): 0.5, (2, 3, 4): -0.4})], ids=repr)
def test_copying_and_sparse_fourier_are_recovered_exactly(teacher):
    check_exact_recovery(teacher, 0)


def test_a_sequence_of_one_token_needs_no_epoch_of_testing():
    check_exact_recovery(random_isan(alphabet_size=3, dimension=2, horizon=1, seed=0), 0)


@pytest.mark.parametrize("family", [small_isan, small_parity])
@pytest.mark.reliability("R15")
def test_the_error_grows_about_linearly_with_the_oracles_noise(family):
    errors = []
    for noise in (1e-4, 1e-3):
        teacher = family(4)
        oracle = Noisy(ExactOracle(teacher), noise, seed=1)
        result = run(teacher, oracle=oracle, oracle_noise=noise, spanner_samples=1000).result()
        errors.append(total_variation(teacher, result.model))
        assert result.status is Status.VERIFIED and errors[-1] <= 3 * noise
    assert 5 <= errors[1] / errors[0] <= 20


def test_too_few_spanner_samples_are_noticed_or_measured():
    """The spanner misses common histories: the programs of fresh trajectories are infeasible."""
    state = run(small_isan(6), spanner_samples=3, max_epochs=12)
    assert state.result().status is Status.PROGRAM_INFEASIBLE
    assert total_variation(small_isan(6), state.result().model) > 0.01


def test_a_model_of_high_rank_is_not_called_verified_before_it_is_learned():
    """An HMM has high logit rank; with few epochs a witness is always left."""
    state = run(hmm(states=3, alphabet_size=2, horizon=8, seed=0), max_epochs=3, spanner_samples=300)
    assert state.result().status is Status.EPOCH_LIMIT
    assert [event.kind for event in state.history].count("witness") == 3


def test_every_witness_is_new_and_enlarges_its_cut():
    state = run(small_isan(7))
    witnesses = [event.data for event in state.history if event.kind == "witness"]
    assert witnesses and all(data["residual"] > 1e-6 for data in witnesses)
    assert len({(data["cut"], *data["future"]) for data in witnesses}) == len(witnesses)
    for cut, futures in enumerate(state.futures, start=1):
        found = [tuple(data["future"]) for data in witnesses if data["cut"] == cut]
        assert list(futures) == [(z,) for z in range(3)] + found


@pytest.mark.parametrize("seed", range(0, 20, 5))
def test_histories_drawn_once_give_the_same_models_for_fewer_queries(seed):
    teacher = small_isan(seed)
    drawn_once = run(teacher, seed, spanner_samples=500, redraw=False)
    assert drawn_once.status is Status.VERIFIED and total_variation(teacher, drawn_once.model) < 1e-9
    fresh = run(teacher, seed, spanner_samples=500)
    spent = [state.ledger["line 8: spanner"] for state in (drawn_once, fresh)]
    assert spent[0] < spent[1] if fresh.epoch > 1 else spent[0] == spent[1]


@pytest.mark.parametrize("seed", range(0, 20, 5))
def test_a_witness_for_every_cut_gives_the_same_models_in_no_more_epochs(seed):
    teacher = small_isan(seed)
    every, one = (run(teacher, seed, spanner_samples=500, every_cut=every_cut) for every_cut in (True, False))
    assert every.status is Status.VERIFIED and total_variation(teacher, every.model) < 1e-9
    assert every.epoch <= one.epoch
    for rank, futures in zip(cut_ranks(teacher)[:-1], every.futures[:-1], strict=True):
        assert len(futures) <= teacher.alphabet_size + rank  # Lemma 5.1 without noise, as with one at a time


def test_as_printed_an_epoch_has_one_witness():
    with pytest.raises(ArgumentError, match="one witness an epoch"):
        LearnerConfig(printed=True, every_cut=True)


def test_histories_are_drawn_again_where_they_span_too_little():
    teacher = small_isan(8)
    states = [
        (state.drawn, event)
        for state, event in faithful_steps(
            ExactOracle(teacher), teacher.horizon, LearnerConfig(spanner_samples=3, redraw=False, max_epochs=40), 0
        )
    ]
    missed = [event.epoch for _, event in states if event.kind == "verify" and event.data["infeasible"]]
    assert missed
    for drawn, event in states:
        assert drawn == max([1, *(epoch + 1 for epoch in missed if epoch < event.epoch)]) or event.kind == "finish"


@pytest.mark.parametrize("seed", range(0, 20, 5))
def test_the_number_of_witnesses_per_cut_is_within_the_dimension(seed):
    """Lemma 5.1 without noise: each witness adds a dimension at its cut, and there are as many as its rank."""
    teacher = small_isan(seed)
    state = run(teacher, seed, spanner_samples=2000)
    ranks = cut_ranks(teacher)[:-1]
    one_token = [min(rank, teacher.alphabet_size - 1) for rank in ranks]  # what is seen before any witness
    witnesses = [len(futures) - teacher.alphabet_size for futures in state.futures[:-1]]
    assert any(witnesses) or ranks == one_token
    assert all(known + new <= rank for known, new, rank in zip(one_token, witnesses, ranks, strict=True))
    assert [len(cut.histories) for cut in state.model.cuts] == ranks


def test_verify_events_carry_the_numbers_that_dashboards_show():
    state = run(small_isan(4), spanner_samples=500)
    (*_, last) = [event for event in state.history if event.kind == "verify"]
    assert set(last.data) == {"epoch", "futures_per_cut", "spanner_sizes", "residuals", "infeasible", "queries"}
    assert last.data["futures_per_cut"] == [len(futures) for futures in state.futures]
    assert len(last.data["residuals"]) == 5 and max(last.data["residuals"]) <= 1e-6
    assert state.history[-1].kind == "finish" and state.history[-1].data == {"status": "VERIFIED"}
    progress = [event.progress for event in state.history]
    assert progress == sorted(progress) and progress[-1] == 1.0


def test_the_ledger_names_the_lines_and_adds_up():
    teacher = small_isan(4)
    oracle = Budgeted(ExactOracle(teacher), 10**6)
    result = run(teacher, oracle=oracle, spanner_samples=50).result()
    assert set(result.ledger) == {"sampling", "line 8: spanner", "line 15: validation"}
    assert result.queries == oracle.queries


@pytest.mark.parametrize("budget", [0, 5, 30, 100])
@pytest.mark.reliability("R6")
def test_a_budget_ends_the_run_gracefully_and_is_never_passed(budget):
    teacher = small_isan(4)
    oracle = Budgeted(ExactOracle(teacher), budget)
    state = run(teacher, oracle=oracle)
    assert state.status is Status.BUDGET_EXHAUSTED and oracle.queries <= budget
    assert sum(state.ledger.values()) == oracle.queries
    assert state.history[-1].data == {"status": "BUDGET_EXHAUSTED"}


def test_without_a_first_spanner_there_is_no_result():
    teacher = small_isan(4)
    with pytest.raises(LowLogitError, match=r"no model yet.*larger query budget"):
        run(teacher, oracle=Budgeted(ExactOracle(teacher), 3)).result()


def test_the_model_of_an_interrupted_run_can_be_used():
    steps = faithful_steps(ExactOracle(small_isan(7)), 5, LearnerConfig(), 0)
    result = next(state for state, event in steps if event.kind == "witness").result()
    assert result.status is Status.INTERRUPTED and result.model.sample(3).shape == (3, 5)


ENDINGS = {
    Status.VERIFIED: {"spanner_samples": 5, "validation_samples": 3},  # another epoch would change this model
    Status.EPOCH_LIMIT: {"spanner_samples": 500, "max_epochs": 2},
    Status.PROGRAM_INFEASIBLE: {"spanner_samples": 3, "max_epochs": 12},
}


@pytest.mark.parametrize("status", ENDINGS, ids=lambda status: status.name)
def test_a_run_that_goes_on_from_any_state_ends_the_same(status):
    teacher = small_isan(6)
    config = LearnerConfig(**ENDINGS[status])
    states = [state for state, _ in faithful_steps(ExactOracle(teacher), teacher.horizon, config, 0)]
    end = states[-1]
    assert end.status is status
    for state in states:  # the finished one too
        *_, (last, event) = faithful_steps(ExactOracle(teacher), teacher.horizon, config, 0, state)
        assert (last.status, last.futures, last.epoch) == (end.status, end.futures, end.epoch)
        assert last.model.fingerprint == end.model.fingerprint
        assert event == end.history[-1]


@pytest.mark.parametrize("status", ENDINGS, ids=lambda status: status.name)
def test_a_finished_run_asks_nothing_more(status):
    teacher = small_isan(6)
    end = run(teacher, **ENDINGS[status])
    oracle = Budgeted(ExactOracle(teacher), 0)
    steps = list(faithful_steps(oracle, teacher.horizon, LearnerConfig(**ENDINGS[status]), 0, end))
    assert steps == [(end, end.history[-1])] and oracle.queries == 0


def test_a_failed_run_goes_on_where_more_epochs_are_allowed():
    teacher = small_isan(7)
    ended = run(teacher, spanner_samples=500, max_epochs=1)
    assert ended.status is Status.EPOCH_LIMIT
    *_, (last, _) = faithful_steps(ExactOracle(teacher), teacher.horizon, LearnerConfig(spanner_samples=500), 0, ended)
    whole = run(teacher, spanner_samples=500)
    assert last.status is Status.VERIFIED and last.model.fingerprint == whole.model.fingerprint


def test_what_people_look_at_is_not_needed_to_go_on():
    """Futures and epoch are the state; model, ledger and history can be lost and the run ends the same."""
    teacher, config = small_isan(7), LearnerConfig(spanner_samples=50)
    states = [state for state, _ in faithful_steps(ExactOracle(teacher), 5, config, 0)]
    for state in states[1:-1:3]:
        bare = FaithfulState(state.futures, state.epoch)
        *_, (last, _) = faithful_steps(ExactOracle(teacher), 5, config, 0, bare)
        assert last.model.fingerprint == states[-1].model.fingerprint and last.futures == states[-1].futures
        assert [event.kind for event in last.history] == [
            event.kind for event in states[-1].history if event.kind != "sample" and event.epoch > state.epoch
        ]


def test_an_event_is_the_last_of_its_states_history():
    steps = faithful_steps(ExactOracle(small_isan(7)), 5, LearnerConfig(spanner_samples=50), 0)
    for number, (state, event) in enumerate(steps, start=1):
        assert state.history[-1] is event and len(state.history) == number


def test_cut_1_speaks_for_the_oracle_and_the_last_cut_for_the_model():
    """What lies between them is the sum of the residuals; the first epoch has some."""
    oracle = ExactOracle(small_isan(7))
    steps = faithful_steps(oracle, 5, LearnerConfig(spanner_samples=50), 0)
    model = next(state for state, event in steps if event.kind == "span").model
    prefixes = np.array(all_words(3, 3))
    said = predictions(oracle, model, prefixes, end=3)
    assert len(said) == 3 and np.allclose(said[0], oracle.logits(prefixes.tolist()))
    _, solved = model.coefficients(prefixes)
    assert np.allclose(said[-1][solved], model.logits(prefixes.tolist())[solved])
    assert np.abs(said[0] - said[-1])[solved].max() > 0.01


def test_extended_futures_hold_each_word_once():
    """Line 5: a future of F_s that begins another one of F_{s+1} is no second column."""
    assert extended_futures([(0,), (1, 0)], [(0,), (1,)], 2) == [(0,), (1, 0), (0, 0), (0, 1), (1, 1)]


def test_a_run_whose_budget_ended_goes_on_with_a_larger_one():
    teacher, config = small_isan(7), LearnerConfig(spanner_samples=500)
    whole = run(teacher, spanner_samples=500)
    ended = run(teacher, oracle=Budgeted(ExactOracle(teacher), 100), spanner_samples=500)
    steps = list(faithful_steps(ExactOracle(teacher), 5, config, 0, ended))
    assert steps[0][0].status is Status.INTERRUPTED and steps[-1][0].status is Status.VERIFIED
    assert steps[-1][0].model.fingerprint == whole.model.fingerprint
    assert steps[-1][0].history[: len(ended.history)] == ended.history


@pytest.mark.reliability("R9")
def test_the_seed_decides_the_run():
    teacher = random_isan(3, 3, 6, seed=2)
    one, same, other = (run(teacher, seed, spanner_samples=100).result() for seed in (0, 0, 1))
    assert one.model.fingerprint == same.model.fingerprint != other.model.fingerprint
    assert one.history == same.history and one.ledger == same.ledger


def test_the_printed_algorithm_starts_from_one_sampled_token():
    teacher = small_isan(7)
    steps = faithful_steps(ExactOracle(teacher), teacher.horizon, LearnerConfig(printed=True), 0)
    state, _ = next(steps)
    assert [len(futures) for futures in state.futures] == [1] * teacher.horizon
    *_, (state, _) = steps
    assert state.status is Status.VERIFIED and total_variation(teacher, state.model) <= 1e-6


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"spanner_samples": 0}, "spanner_samples must be at least 1"),
        ({"validation_samples": 1.5}, "validation_samples must be an integer"),
        ({"max_epochs": 0}, "max_epochs must be at least 1"),
        ({"coefficient_bound": 1.0}, "coefficient_bound must be a finite number between 1.01 and inf"),
        ({"oracle_noise": -1e-3}, "oracle_noise must be a finite number between 0 and inf"),
        ({"max_infeasible": 0.6}, "max_infeasible must be a finite number between 0 and 0.5"),
        ({"printed": 1}, "printed must be True or False, got 1"),
        ({"threshold": float("nan")}, "threshold must be a finite number"),
        ({"threshold": 1e-5, "oracle_noise": 1e-3}, "above the program's own tolerance of 0.0100001, got 1e-05"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ArgumentError, match=message):
        LearnerConfig(**settings)


def test_the_tolerances_follow_the_oracles_noise():
    assert LearnerConfig().residual_threshold == 1e-6 and LearnerConfig().tolerance == 1e-7
    assert LearnerConfig(oracle_noise=0.01).residual_threshold == pytest.approx(0.2)
    assert np.isclose(LearnerConfig(oracle_noise=0.01).tolerance, 0.1)
