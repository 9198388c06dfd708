"""The practical learner on a real transformer, with settings small enough for seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from lowlogit_edu import LearnerConfig, Status, learn, learn_steps, oracles
from lowlogit_edu.baselines import fit_ngram
from lowlogit_edu.core.errors import ArgumentError, CheckpointError, LowLogitError, TooLarge
from lowlogit_edu.core.storage import save_arrays
from lowlogit_edu.evaluation.divergence import compare
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.models import TabularModel, copying, random_isan
from lowlogit_edu.oracles import base
from lowlogit_edu.practical import refine, stages
from lowlogit_edu.practical.answers import Block
from lowlogit_edu.practical.checkpoint import FILE, FORMER, load_checkpoint, save_checkpoint
from lowlogit_edu.practical.learner import practical_steps
from lowlogit_edu.practical.refine import UNMIXED, Refinement
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.start import SHARP, SMOOTH
from lowlogit_edu.practical.verify import residuals


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


SMALL = LearnerConfig.practical(
    rank=12, width=30, sequences=120, epochs=2, witnesses=20, validation=30, passes=2, factors=8
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


def test_numpy_has_one_thread_inside_a_stage_alone_and_its_own_again_after_an_interrupt():
    teacher = oracles.ExactOracle(random_isan(4, 3, 6, seed=0))
    before = blas_threads()
    inside = set()
    asked = []

    class Watched(oracles.Counted):
        def logits(self, prefixes):
            inside.update(blas_threads())
            asked.append(len(prefixes))
            if len(asked) > 3:
                raise KeyboardInterrupt
            return super().logits(prefixes)

    with pytest.raises(KeyboardInterrupt):
        for _ in learn_steps(Watched(teacher), 6, SMALL, seed=0):
            assert blas_threads() == before
    assert inside == {1} and blas_threads() == before


def test_events_carry_the_numbers_behind_them(steps):
    for state, event in steps:
        if event.kind == "span":
            assert event.data["spanner"] == [list(history) for history in state.spanner.histories]
            assert 2 <= len(event.data["spanner"]) <= 12 and event.data["largest_coefficient"] <= 2.0
        if event.kind == "solve":
            assert len(event.data["slack"]) == len(event.data["slack_before"]) == 8 - 2
            assert event.data["slack_in"] == ("logits" if event.epoch == 1 else "probabilities")
            assert event.data["kl_apart"][-1] <= event.data["kl_apart"][0]
        if event.kind in ("verify", "refine"):
            assert len(event.data["kl"]) == 8
            assert event.data["mean_kl"] == pytest.approx(np.mean(event.data["kl"]))
        if event.kind == "verify":
            assert len(event.data["residuals"]) == len(event.data["coefficients"]) == 8
            assert event.data["residuals"][0] is None and min(event.data["residuals"][1:]) > 0


def test_every_query_is_fitted_or_counted_as_verification(embedded, state):
    counted = oracles.Counted(embedded)
    result = learn(counted, 8, SMALL, seed=0)
    assert result.queries == counted.queries
    fitted = sum(int(block.asked.sum()) for block in state.answers.blocks) + state.apart.asked.sum()
    assert fitted == result.ledger["sample"] + result.ledger["witness"]
    assert result.ledger["sample"] == 120 * 8
    assert set(result.ledger) == {"sample", "witness", "verify"}


def test_the_logits_stored_are_the_teachers(embedded, state):
    rng = np.random.default_rng(0)
    for block in state.answers.blocks:
        places = np.argwhere(block.asked)
        for i, t in rng.choice(places, 10):
            expected = embedded.logits([block.tokens[i, :t].tolist()])[0]
            np.testing.assert_allclose(state.answers.code.restore(block.kept[i, t]), expected, atol=0.02)


def test_refinement_asks_nothing_and_keeps_what_is_best(embedded, steps, state):
    assert state.status is Status.MEASURED
    longer = learn(embedded, 8, replace(SMALL, passes=40), seed=0)
    assert longer.ledger == learn(embedded, 8, replace(SMALL, passes=0), seed=0).ledger == state.ledger
    reports = compare(embedded, {"refined": longer.model, "plain": longer.plain}, n=300)
    assert reports["refined"].mean < reports["plain"].mean
    # A first pass with wild steps is worse than none, and changes nothing.
    wild = learn(embedded, 8, replace(SMALL, passes=1, learning_rate=1.0), seed=0)
    assert wild.model.fingerprint == wild.plain.fingerprint


def test_rare_tokens_are_refined_no_further_than_frequent_ones(state):
    config = replace(SMALL, passes=3, decay=0.0)
    refinement = Refinement.start(state.maps, state.coordinates, state.answers, config, 0)
    before = refinement.arrays()["mixture"]
    for _ in range(config.passes):
        refinement.run_pass(state.answers)
    moved = np.abs(refinement.arrays()["mixture"] - before).mean(axis=1)
    read = np.concatenate([block.tokens[:, :-1][block.asked[:, 1:]] for block in state.answers.blocks])
    times = np.bincount(read, minlength=len(moved))
    assert moved[times == 1].mean() < moved[times > 10].mean()


def test_a_text_that_explodes_leaves_the_gradients_of_its_batch_as_they_were(state):
    refinement = Refinement.start(state.maps, state.coordinates, state.answers, SMALL, 0)
    texts, code = state.answers.blocks[0][:6], state.answers.code
    unread = np.setdiff1d(np.arange(len(code.columns)), texts.tokens)[0]
    refinement.parameters["mixture"].data[unread] *= 1e4
    wild = Block(np.full_like(texts.tokens[:1], unread), np.ones_like(texts.asked[:1]), texts.kept[:1])
    wild.asked[:, 0] = False  # the root's row comes before any token
    found = []
    both = Block(*(np.concatenate(pair) for pair in zip(vars(texts).values(), vars(wild).values(), strict=True)))
    for block in (texts, both):
        kl = refinement._find_gradients(block, code)
        gradients = {name: refinement.parameters[name].grad.clone() * int(block.asked.sum()) for name in UNMIXED}
        found.append((kl, gradients))
    (kl, gradients), (with_wild, gradients_with_wild) = found
    assert with_wild == pytest.approx(kl, rel=1e-5)
    for name in UNMIXED:
        torch.testing.assert_close(gradients_with_wild[name], gradients[name], rtol=1e-4, atol=1e-5)


def test_more_samples_beat_the_trigram_on_the_same_queries(embedded):
    config = LearnerConfig.practical(rank=32, sequences=3000, epochs=1, passes=0, longer=0.0)
    *_, (state, _) = learn_steps(embedded, 16, config, seed=0)
    trigram = fit_ngram(state.told.parts(), embedded.alphabet_size, order=3)
    reports = compare(embedded, {"learned": state.model, "trigram": trigram}, n=1000)
    assert reports["learned"].mean < reports["trigram"].mean - 3 * reports["learned"].standard_error


@pytest.mark.reliability("R9")
def test_the_same_seed_gives_the_same_model(embedded, state):
    assert learn(embedded, 8, SMALL, seed=0).model.fingerprint == state.model.fingerprint
    assert learn(embedded, 8, SMALL, seed=1).model.fingerprint != state.model.fingerprint


# Each stage uses what those before it found


def rerun(embedded, state):
    """The solved model of the epoch under way, from a state in it."""
    for found, event in practical_steps(embedded, 8, SMALL, 0, state):
        if event.kind == "solve":
            return found.plain
    raise AssertionError("an epoch solves")


def not_alike(oracle, one, other):
    """Whether two models differ by more than rounding, which any change of a program's numbers brings."""
    tokens = base.sample(oracle, 50, 8, rng=np.random.default_rng(7))
    return np.abs(one.logits_along(tokens) - other.logits_along(tokens)).max() > 0.01


def test_the_spanner_is_what_coefficients_are_told_in(embedded, steps):
    spanned = steps[6][0]
    swapped = replace(spanned, maps=spanned.maps.in_terms_of(np.diag(np.arange(1.0, 13.0)).astype(np.float32)))
    assert not_alike(embedded, rerun(embedded, swapped), rerun(embedded, spanned))


def test_each_history_of_the_spanner_has_the_coefficient_1_for_itself_and_none_for_the_others(steps):
    for found, event in steps:
        if event.kind not in ("span", "solve", "verify", "finish"):
            continue
        for number, history in enumerate(found.spanner.histories):
            columns = found.answers.code.columns[np.array([[*history, 0]])]
            np.testing.assert_allclose(found.maps.carry(columns)[0, -1], np.eye(12)[number], atol=1e-3)


def test_another_bound_is_another_spanner(embedded, steps):
    start = steps[0][0]
    (_, loose) = next(practical_steps(embedded, 8, replace(SMALL, bound=50.0), 0, start))
    (_, tight) = next(practical_steps(embedded, 8, replace(SMALL, bound=1.05), 0, start))
    assert loose.data["spanner"] != tight.data["spanner"]
    assert tight.data["largest_coefficient"] <= 1.05 < loose.data["largest_coefficient"] <= 50.0


def test_witnesses_change_the_next_epochs_model(embedded, steps):
    asked = steps[4][0]
    ignored = replace(asked, answers=replace(asked.answers, blocks=asked.answers.blocks[:-1]))
    assert not asked.answers.blocks[-1].asked.all()
    assert not_alike(embedded, rerun(embedded, ignored), rerun(embedded, asked))


OTHER = {"equation_weight": 30.0, "ridge": 3.0, "rounds": 1, "width": 20, "weighting": 1.0, "start_ridge": 400.0}
OTHER |= {"longer": 0, "columns": 200, "epochs": 3, "kept_apart": 3, "witnesses": 5, "witness_length": 1}
OTHER_OF_REFINEMENT = {"passes": 1, "factors": 3, "decay": 30.0, "learning_rate": 0.001}


@pytest.mark.parametrize("setting", OTHER)
def test_every_setting_changes_the_model(embedded, state, setting):
    model = learn(embedded, 8, replace(SMALL, passes=0, **{setting: OTHER[setting]}), seed=0).model
    assert not_alike(embedded, model, state.plain)


def test_the_start_is_smooth_for_a_real_teacher_and_sharp_where_rows_are_short(embedded):
    for oracle, usual in ((embedded, SMOOTH), (oracles.ExactOracle(copying(length=3)), SHARP)):
        spanned = []
        for ridge in (usual, None, SMOOTH + SHARP - usual):
            steps = learn_steps(oracle, 6, replace(SMALL, start_ridge=ridge), seed=0)
            spanned.append(next(found.maps.step for found, event in steps if event.kind == "span"))
        np.testing.assert_array_equal(spanned[0], spanned[1])
        assert spanned[2].shape != spanned[1].shape or np.abs(spanned[2] - spanned[1]).max() > 1e-3


@pytest.mark.parametrize("setting", OTHER_OF_REFINEMENT)
def test_every_setting_of_the_refinement_changes_the_model(embedded, state, setting):
    config = replace(SMALL, **{setting: OTHER_OF_REFINEMENT[setting]})
    refinement = Refinement.start(state.maps, state.coordinates, state.answers, config, 0)
    usual = Refinement.start(state.maps, state.coordinates, state.answers, SMALL, 0)
    models = []
    for run in (refinement, usual):
        for _ in range(run.config.passes):
            run.run_pass(state.answers)
        models.append(run.model(state.answers.code, 8, "", {}))
    assert not_alike(embedded, *models)


@pytest.mark.parametrize(("rank", "batch", "most"), [(64, None, 256), (65, None, 96), (65, 7, 7)])
def test_batches_have_at_most_the_texts_set_and_fewer_above_the_usual_rank(state, monkeypatch, rank, batch, most):
    monkeypatch.setattr(refine, "STEPS_PER_PASS", 1)
    refinement = Refinement.start(state.maps, state.coordinates, state.answers, SMALL, 0)
    refinement.config = replace(SMALL, rank=rank, batch=batch)
    short = [len(block) for block in refinement._batches(state.answers) if block.tokens.shape[1] == 8]
    assert sum(short) > 90 and max(short) <= most and max(short) > min(most, 90) / 2


def test_verified_means_verified():
    oracle = oracles.ExactOracle(copying(length=3))
    config = LearnerConfig.practical(rank=16, sequences=400, passes=1, validation=50, epsilon=0.01)
    result = learn(oracle, 6, config, seed=0)
    assert result.status is Status.VERIFIED
    tests = [event.data for event in result.history if "verified" in event.data]
    assert [test["verified"] for test in tests] == [False] * (len(tests) - 1) + [True]
    assert tests[-1]["mean_kl"] + 2 * tests[-1]["kl_error"] <= 0.01
    hopeless = learn(oracle, 6, replace(config, epsilon=1e-9), seed=0)
    assert hopeless.status is Status.MEASURED


# State, budgets, bad input


@pytest.mark.reliability("R18")
def test_an_interrupted_run_goes_on_to_the_same_model(embedded, steps, state, tmp_path):
    for stop in (0, 1, 3, 4, 7, 10):
        save_checkpoint(tmp_path, steps[stop][0], SMALL, horizon=8, seed=0, teacher=embedded.fingerprint)
        loaded, run = load_checkpoint(tmp_path)
        assert run["config"] == SMALL and run["teacher"] == embedded.fingerprint
        *_, (resumed, _) = practical_steps(embedded, 8, run["config"], run["seed"], loaded)
        assert resumed.model.fingerprint == state.model.fingerprint
        assert resumed.ledger == state.ledger
        assert resumed.history == state.history


def test_a_checkpoint_whose_ledger_counts_below_zero_is_refused(state, tmp_path):
    save_checkpoint(tmp_path, replace(state, ledger={"sample": -5}), SMALL, horizon=8, seed=0, teacher="")
    with pytest.raises(CheckpointError, match="of the ledger, which counts queries, is -5"):
        load_checkpoint(tmp_path)


def test_a_checkpoint_of_another_kind_is_refused(state, tmp_path):
    state.model.save(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / FILE)
    with pytest.raises(CheckpointError, match="holds 'lowlogit_edu isan model'"):
        load_checkpoint(tmp_path)
    for kind in FORMER:
        save_arrays(tmp_path / FILE, kind, {}, {"tokens": np.zeros(1)})
        with pytest.raises(CheckpointError, match=r"written by an earlier version.*Learn anew in another folder"):
            load_checkpoint(tmp_path)


def test_what_an_interrupted_stage_has_asked_stays_counted(embedded, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "kl_along", interrupted)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        for step in learn_steps(embedded, 8, SMALL, seed=0):
            seen.append(step)
    state, event = seen[-1]
    assert event.kind == "finish" and state.status is Status.INTERRUPTED
    assert state.ledger["verify"] > SMALL.validation * 8  # the fresh texts, and the residuals
    assert (state.epoch, state.stage) == (0, 3)  # verification is still to be done


@pytest.mark.reliability("R6")
def test_a_budget_ends_the_run_with_what_is_there(embedded):
    needed = learn(embedded, 8, replace(SMALL, passes=0), seed=0).queries
    result = learn(oracles.Budgeted(embedded, needed - 1), 8, replace(SMALL, passes=0), seed=0)
    assert result.status is Status.BUDGET_EXHAUSTED and result.queries < needed
    *_, (state, event) = learn_steps(oracles.Budgeted(embedded, 10), 8, SMALL, seed=0)
    assert event.kind == "finish"
    with pytest.raises(LowLogitError, match="there is no model yet"):
        state.result()


@pytest.mark.parametrize(("horizon", "sequences"), [(1, 6), (2, 6), (3, 7)])
def test_the_smallest_runs_end_with_a_model(embedded, horizon, sequences):
    config = LearnerConfig.practical(rank=2, sequences=sequences, passes=1, validation=2, witnesses=3)
    result = learn(embedded, horizon, config, seed=0)
    assert np.isfinite(result.model.logits([[]])).all()
    assert result.status is Status.MEASURED


def test_a_rank_above_the_rows_width_is_learned_from_futures(embedded):
    result = learn(embedded, 8, replace(SMALL, width=5, columns=30, passes=0), seed=0)
    assert result.ledger["futures"] > 0 and result.model.carried > 5
    assert np.isfinite(result.model.logits([[]])).all()


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 1}, "rank must be at least 2, got 1"),
        ({"rank": 2.5}, "rank must be an integer, got 2.5"),
        ({"sequences": 5, "epochs": 3}, "sequences must be at least twice epochs"),
        ({"ridge": float("nan")}, "ridge must be a finite number"),
        ({"passes": -1}, "passes must be at least 0, got -1"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"witnesses": -1}, "witnesses must be at least 0, got -1"),
        ({"bound": 1.0}, "bound must be a finite number between 1.01 and inf, got 1.0"),
        ({"epsilon": 0.0}, "epsilon must be a finite number between 1e-09"),
        ({"longer": 0.6}, "longer must be a finite number between 0 and 0.5, got 0.6"),
        ({"sequences": 0}, "sequences must be at least 1, got 0"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ArgumentError, match=message):
        LearnerConfig.practical(**settings)


@pytest.mark.reliability("R23")
def test_work_that_does_not_fit_is_refused_before_it_starts(embedded):
    counted = oracles.Counted(embedded)
    told = r"would take about \d+.\d GB.*Lower sequences, validation, horizon, columns, width or rank"
    for settings in ({"sequences": 10**6}, {"validation": 10**6}):
        with pytest.raises(TooLarge, match=told):
            next(practical_steps(counted, 500, LearnerConfig.practical(**settings), 0))
    assert counted.queries == 0


def test_stages_see_all_texts_of_the_first_epoch_however_large_the_alphabet(monkeypatch):
    # As if whole rows of eight texts were all that can be held.
    monkeypatch.setattr(stages, "LOGITS", 1)
    config = replace(SMALL, columns=20, epochs=3, sequences=300)
    sampled, _ = next(iter(learn_steps(oracles.ExactOracle(copying(40, 8)), 8, config, seed=0)))
    assert len(sampled.apart) == 20 and [len(block) for block in sampled.answers.blocks] == [80]


def test_residuals_are_those_of_the_tokens_followed_alone():
    code = RowCode(np.array([1, 3]), np.log([0.25, 1, 0.25, 1, 0.25, 0.25]), np.eye(2, dtype=np.float32))
    row = np.array([[1.0], [2.0], [0.0], [0.0], [-1.0], [-2.0]], dtype=np.float32)
    model = ISANModel(np.ones(1, np.float32), np.ones((6, 1, 1), np.float32), row, 3)
    other = row[:, 0] + np.array([5.0, 0.0, 5.0, 2.0, 5.0, 5.0])
    teacher = TabularModel([np.tile(other, (6**t, 1)) for t in range(3)])
    tokens = np.random.default_rng(0).integers(6, size=(20, 3))
    errors, worst = residuals(oracles.ExactOracle(teacher), model, code, tokens, rng=np.random.default_rng(1))
    np.testing.assert_allclose(errors, [1.0, 1.0], atol=1e-5)
    assert {cut for cut, _, _ in worst} == {2, 3}


@pytest.mark.parametrize("readout", ["algorithm 2", "shared"])
@pytest.mark.parametrize("horizon", [1, 2, 4])
def test_a_teacher_that_has_nothing_to_tell_is_learned(horizon, readout):
    teacher = TabularModel([np.zeros((3**t, 3)) for t in range(horizon)])
    config = replace(SMALL, rank=4, sequences=60, readout=readout)
    model = learn(oracles.ExactOracle(teacher), horizon, config, seed=0).model
    assert np.abs(model.logits([(0,) * (horizon - 1)])).max() < 1e-3


def test_a_shared_readout_is_fitted_to_the_first_token_too(embedded):
    config = replace(SMALL, rank=20, sequences=200, readout="shared", passes=0)
    tested = [event for _, event in learn_steps(embedded, 8, config, seed=0) if event.kind == "verify"]
    assert tested[-1].data["kl"][0] < 0.5  # it was 5.3 nats where that token was left out


@pytest.mark.parametrize("readout", ["algorithm 2", "shared"])
def test_a_text_of_one_token_is_read_off_the_answer(readout):
    teacher = TabularModel([np.array([[2.0, 0.0, -1.0, -1.0]])])
    model = learn(oracles.ExactOracle(teacher), 1, replace(SMALL, readout=readout), seed=0).model
    np.testing.assert_allclose(model.logits([()]), teacher.logits([()]), atol=0.02)


def test_whole_rows_of_a_large_alphabet_are_never_many_at_once(monkeypatch):
    """Futures and witnesses were asked in one batch: 50,000 rows of 50,257 logits."""
    monkeypatch.setattr(base, "CHUNK_BYTES", 4 * 300 * 16)
    most = []

    class Watching(oracles.ExactOracle):
        def logits(self, prefixes):
            most.append(len(prefixes))
            return super().logits(prefixes)

    teacher = random_isan(alphabet_size=300, dimension=3, horizon=6, seed=0)
    config = replace(SMALL, rank=12, width=4, columns=40, sequences=40, witnesses=60, passes=0)
    asked = {}
    for _, event in learn_steps(Watching(teacher), 6, config, seed=0):
        asked.setdefault(event.kind, []).extend(most)
        most.clear()
    for stage in ("span", "witness"):
        assert max(asked[stage]) <= 16 < sum(asked[stage])
