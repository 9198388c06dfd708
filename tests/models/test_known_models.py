"""Fourier-sparse, copying and hidden Markov models do what their names say."""

import itertools

import numpy as np
import pytest

from lowlogit_edu import baselines, models
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import all_words, cut_ranks
from lowlogit_edu.models import HiddenMarkovModel, copying, fourier_sparse, hmm


def test_fourier_sparse_labels_follow_equation_36():
    coefficients = {(0, 2): 0.6, (): -0.3, (1,): 0.1}
    model = fourier_sparse(bits=3, coefficients=coefficients)
    assert model.dimension == 3 and model.horizon == 4
    for x in itertools.product([0, 1], repeat=3):
        f = sum(a * (-1) ** sum(x[i] for i in subset) for subset, a in coefficients.items())
        assert softmax(model.next_token_logits(x))[1] == pytest.approx(1 / (1 + np.exp(-f)), abs=1e-12)


def test_fourier_sparse_shows_its_terms():
    assert repr(fourier_sparse(2, {(0, 1): 0.5})) == "fourier_sparse(bits=2, coefficients={(0, 1): 0.5})"


@pytest.mark.parametrize(
    ("coefficients", "message"),
    [
        ({}, "coefficients must name at least one subset"),
        ({(3,): 1.0}, r"subset \(3,\) must hold distinct positions from 0 to 2"),
        ({(0, 0): 1.0}, "must hold distinct positions"),
        ({(0,): float("nan")}, "must be a finite number"),
    ],
)
def test_bad_fourier_terms_are_refused(coefficients, message):
    with pytest.raises(ArgumentError, match=message):
        fourier_sparse(3, coefficients)


def test_copying_repeats_the_bits():
    model = copying(length=3, strength=4.0)
    for bits in itertools.product([0, 1], repeat=3):
        for j, bit in enumerate(bits):
            assert softmax(model.next_token_logits([*bits, *bits[:j]]))[bit] == pytest.approx(1 / (1 + np.exp(-4)))
    assert not model.logits([(), (1,), (0, 1)]).any() and repr(model) == "copying(length=3, strength=4)"


def test_copying_has_small_logit_rank_and_large_probability_rank():
    model = copying(length=3, strength=3.0)
    halves = np.exp(model.log_probabilities()).reshape(8, 8)
    assert cut_ranks(model) == [1, 2, 3, 3, 2, 1]
    assert np.linalg.matrix_rank(halves) == 8


@pytest.mark.parametrize("strength", [0.0, -1.0, float("inf")])
def test_a_bad_strength_is_refused(strength):
    with pytest.raises(ArgumentError, match="strength must be a finite number"):
        copying(2, strength)


def test_hmm_probabilities_match_the_sum_over_hidden_paths():
    model = hmm(states=2, alphabet_size=3, horizon=3, seed=1)
    for word, log_p in zip(all_words(3, 3), model.log_probabilities(), strict=True):
        total = 0.0
        for path in itertools.product(range(2), repeat=3):
            p = model.initial[path[0]] * np.prod([model.transition[a, b] for a, b in itertools.pairwise(path)])
            total += p * np.prod([model.emission[state, token] for state, token in zip(path, word, strict=True)])
        assert np.exp(log_p) == pytest.approx(total, rel=1e-12)


def test_an_hmm_has_probability_rank_at_most_its_number_of_states():
    """Definition 3.1 at the middle cut: rows are histories, columns are futures."""
    joint = np.exp(hmm(states=3, alphabet_size=2, horizon=6, seed=0).log_probabilities()).reshape(8, 8)
    values = np.linalg.svd(joint, compute_uv=False)
    assert values[3] < 1e-14 < values[2]


def test_an_hmm_shows_its_sizes_and_repeats_with_the_seed():
    one, same, other = (hmm(2, 3, 4, seed=seed) for seed in (0, 0, 1))
    assert repr(one) == "HiddenMarkovModel(states=2, alphabet_size=3, horizon=4)"
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("initial", "transition", "emission", "message"),
    [
        ([1.0], [[1.0]], [0.5, 0.5], "emission must have shape"),
        ([0.5, 0.5], [[1.0]], [[0.5, 0.5]], r"initial must have shape \(1,\), got \(2,\)"),
        ([1.0], [[0.9]], [[0.5, 0.5]], "transition must hold probabilities"),
        ([1.0], [[1.0]], [[1.5, -0.5]], "emission must hold probabilities"),
        ([1.0], [[1.0]], [[1.0, 0.0]], "a token of probability 0 has no finite logit"),
    ],
)
def test_arrays_that_make_no_hmm_are_refused(initial, transition, emission, message):
    with pytest.raises(ArgumentError, match=message):
        HiddenMarkovModel(np.array(initial), np.array(transition), np.array(emission), 2)


def test_names_that_moved_are_still_found():
    assert models.fit_ngram is baselines.fit_ngram and models.NGram is baselines.NGram
    with pytest.raises(AttributeError, match="has no attribute 'trigram'"):
        models.trigram  # noqa: B018
