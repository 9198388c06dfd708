"""The learned model follows Algorithm 2, and a saved one is the same model."""

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.algorithm.program import ProgramStatus, Step, solve_program
from lowlogit_edu.algorithm.sampler import CutRows, ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.learned.base import FILE
from lowlogit_edu.loading import load
from lowlogit_edu.matrices.logit_matrix import Told, all_words
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle


def learned(teacher, **settings):
    *_, (state, _) = faithful_steps(ExactOracle(teacher), teacher.horizon, LearnerConfig(**settings), 0)
    return state.result().model


@pytest.fixture(scope="module")
def model():
    return learned(random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0), spanner_samples=300)


@pytest.fixture(scope="module")
def partly_infeasible():
    """A few sampled histories per cut: many prefixes are outside the spanner."""
    teacher = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=1)
    return learned(teacher, spanner_samples=6, max_epochs=9, max_infeasible=0.5)


def test_logits_are_read_off_the_programs_solution_one_prefix_at_a_time(model):
    for prefix in all_words(3, 3):
        steps = [Step(model.cuts[s].on_futures.T, model.cuts[s - 1].carried[prefix[s - 1]].T) for s in (1, 2)]
        last = solve_program(steps).coefficients[-1]
        assert np.allclose(model.next_token_logits(prefix), last @ model.cuts[2].next_logits[prefix[-1]], atol=1e-12)


def test_a_prefix_without_solution_is_followed_by_uniform_tokens(partly_infeasible):
    words = all_words(2, 5)
    infeasible = [w for w in words if partly_infeasible.solution(w).status is ProgramStatus.INFEASIBLE]
    assert 0 < len(infeasible) < len(words)
    assert not partly_infeasible.logits(infeasible).any()


def test_infeasibility_passes_on_to_longer_prefixes(partly_infeasible):
    """A program holds all equations of its prefixes' programs; checked against solving from scratch."""
    for word in all_words(2, 5):
        steps = [partly_infeasible.step(cut, token) for cut, token in enumerate(word[:-1], start=2)]
        assert partly_infeasible.solution(word).status is solve_program(steps).status


def test_answers_do_not_depend_on_batch_or_order(partly_infeasible):
    prefixes = [word for length in range(6) for word in all_words(2, length)]
    batch = partly_infeasible.logits(prefixes)
    fresh = ProgramModel(partly_infeasible.first_logits, partly_infeasible.cuts)
    singles = np.concatenate([fresh.logits([prefix]) for prefix in reversed(prefixes)])[::-1]
    assert np.allclose(batch, singles, atol=1e-12)


def test_its_probabilities_sum_to_one_and_it_samples_them(model, partly_infeasible):
    for one in (model, partly_infeasible):
        p = np.exp(one.log_probabilities())
        assert p.sum() == pytest.approx(1)
    counts = np.bincount(model.sample(20_000, seed=0)[:, 0], minlength=3) / 20_000
    first = np.exp(model.first_logits) / np.exp(model.first_logits).sum()
    assert np.abs(counts - first).max() < 0.015


def test_a_model_of_one_token_needs_no_program():
    model = learned(random_isan(alphabet_size=4, dimension=2, horizon=1, seed=0))
    assert model.cuts == () and model.sample(3).shape == (3, 1)


@pytest.mark.reliability("R16")
def test_a_loaded_model_answers_the_same_bits(model, tmp_path):
    assert model.save(tmp_path / "new" / "folder") == tmp_path / "new" / "folder" / FILE
    loaded = load(tmp_path / "new" / "folder")
    words = all_words(3, 4)
    assert np.array_equal(loaded.logits(words), model.logits(words))
    assert loaded.fingerprint == model.fingerprint and loaded.teacher == model.teacher
    assert repr(loaded) == repr(model) and "horizon=5" in repr(model)


def test_an_existing_model_is_kept_unless_overwritten(model, partly_infeasible, tmp_path):
    model.save(tmp_path)
    with pytest.raises(CheckpointError, match="exists; choose another folder, or pass overwrite=True"):
        partly_infeasible.save(tmp_path)
    assert load(tmp_path).fingerprint == model.fingerprint
    partly_infeasible.save(tmp_path, overwrite=True)
    assert load(tmp_path).fingerprint == partly_infeasible.fingerprint


def test_a_failed_overwrite_keeps_the_old_model(model, partly_infeasible, tmp_path, monkeypatch):
    model.save(tmp_path)
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        partly_infeasible.save(tmp_path, overwrite=True)
    assert load(tmp_path).fingerprint == model.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("lost", ["first_logits", "cut2.carried", "bound"])
def test_a_file_that_lacks_something_is_refused(model, tmp_path, lost):
    model.save(tmp_path)
    _, header, arrays = load_arrays(tmp_path / FILE, ProgramModel.kind)
    header.pop(lost, None), arrays.pop(lost, None)
    save_arrays(tmp_path / FILE, ProgramModel.kind, header, arrays)
    with pytest.raises(CheckpointError, match=f"is not a complete {ProgramModel.kind}.*{lost}"):
        load(tmp_path)


@pytest.mark.bad_shapes
def test_a_file_with_arrays_of_wrong_shape_is_refused(model, tmp_path):
    model.save(tmp_path)
    _, header, arrays = load_arrays(tmp_path / FILE, ProgramModel.kind)
    save_arrays(tmp_path / FILE, ProgramModel.kind, header, arrays | {"cut2.carried": arrays["cut2.carried"][:, :1]})
    with pytest.raises(CheckpointError, match="carried of cut 2 has type float64 and shape"):
        load(tmp_path)


def test_rows_that_do_not_fit_together_are_refused(model):
    with pytest.raises(ArgumentError, match="histories of cut 1 must have shape"):
        ProgramModel(model.first_logits, model.cuts[1:])


def test_stored_rows_are_the_oracles_answers():
    teacher = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    cut = CutRows.ask(ExactOracle(teacher), Told(np.array([[1]])), [(0,), (1, 0)], [(1,)])
    assert np.allclose(cut.on_futures, [[teacher.logits([(1,)])[0, 0], teacher.logits([(1, 1)])[0, 0]]])
    assert np.allclose(cut.carried[:, 0, 0], teacher.logits([(1, 0), (1, 1)])[:, 1])
    assert np.allclose(cut.next_logits[:, 0], teacher.logits([(1, 0), (1, 1)]))
