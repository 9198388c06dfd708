"""What a witness of a run says about all futures is one vector, and it surprises the potential."""

from dataclasses import replace

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas import CutVectors, WitnessStream, error_vector, few_witnesses, found_witnesses
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.oracles import ExactOracle, Noisy

TEACHER = ll.models.random_isan(alphabet_size=2, dimension=4, horizon=6, seed=0)
ORACLE = ExactOracle(TEACHER)
CONFIG = ll.LearnerConfig(spanner_samples=300, validation_samples=40)


@pytest.fixture(scope="module", params=[False, True], ids=["one witness", "every cut"])
def run(request):
    config = replace(CONFIG, every_cut=request.param)
    return config, list(ll.learn_steps(ORACLE, TEACHER.horizon, config, seed=1))


def told(steps):
    """(cut, future, size of the residual) of every witness, as the run's events have them."""
    events = [event.data for _, event in steps if event.kind == "witness"]
    return [(w["cut"], tuple(w["future"]), w["residual"]) for data in events for w in (data, *data["others"])]


def test_vectors_multiply_to_the_teachers_logits():
    for cut in (1, 3, TEACHER.horizon):
        vectors = CutVectors.of(TEACHER, cut)
        histories = list(vectors.of_histories)
        futures = list(vectors.of_futures)
        products = np.array(list(vectors.of_histories.values())) @ np.array(list(vectors.of_futures.values())).T
        assert np.allclose(products, word_logits(ORACLE, histories, futures))
        assert {len(history) for history in histories} == {cut - 1}


def test_words_of_another_length_are_refused():
    vectors = CutVectors.of(TEACHER, 3)
    with pytest.raises(ArgumentError, match=r"at cut 3 a history has 2 tokens of the alphabet, got \(0,\)"):
        vectors.history((0,))
    with pytest.raises(ArgumentError, match=r"no future \(\) behind cut 3"):
        vectors.future(())


def test_the_witnesses_are_those_of_the_run_with_the_text_that_betrayed_them(run):
    config, steps = run
    found = found_witnesses(ORACLE, steps, config, seed=1)
    assert [(w.cut, w.future) for w in found] == [(cut, future) for cut, future, _ in told(steps)]
    assert np.allclose([abs(w.residual) for w in found], [size for _, _, size in told(steps)])
    for w in found:
        assert w.text[w.cut - 1 :] == w.future[:-1] and len(w.coefficients) == len(w.histories) == len(w.text)
        assert w.future not in w.known


def test_one_vector_holds_the_residuals_about_all_futures(run):
    config, steps = run
    for w in found_witnesses(ORACLE, steps, config, seed=1):
        vectors = CutVectors.of(TEACHER, w.cut)
        futures = list(vectors.of_futures)
        carried = [(*h, w.text[w.cut - 2]) for h in w.histories[w.cut - 2]]
        before = w.coefficients[w.cut - 2] @ word_logits(ORACLE, carried, futures)
        here = w.coefficients[w.cut - 1] @ word_logits(ORACLE, w.histories[w.cut - 1], futures)
        v = error_vector(w, vectors)
        assert np.allclose(before - here, np.array(list(vectors.of_futures.values())) @ v)
        assert np.isclose(vectors.future(w.future) @ v, w.residual)
        assert max(abs(vectors.future(f) @ v) for f in w.known) < 1e-6 < abs(w.residual)


def streams(oracle, config, seed):
    """The stream of each cut of a run."""
    steps = list(ll.learn_steps(oracle, TEACHER.horizon, config, seed))
    found = found_witnesses(oracle, steps, config, seed)
    for cut in sorted({w.cut for w in found}):
        vectors = CutVectors.of(TEACHER, cut)
        here = [w for w in found if w.cut == cut]
        yield WitnessStream(
            np.array([vectors.future(f) for f in here[0].known]),
            np.array([vectors.future(w.future) for w in here]),
            np.array([error_vector(w, vectors) for w in here]),
        )


@pytest.mark.parametrize("noise", [0.0, 1e-2])
@pytest.mark.parametrize("seed", [0, 1])
def test_witnesses_of_a_run_are_surprises_and_few(noise, seed):
    oracle = Noisy(ORACLE, noise, seed=seed) if noise else ORACLE
    for stream in streams(oracle, replace(CONFIG, oracle_noise=noise), seed):
        assert stream.seen <= (1e-9 if noise == 0 else 20 * noise) < stream.new
        assert (stream.surprises() >= np.maximum(1, 0.999 * stream.least_surprises())).all()
        assert len(stream.vectors) <= stream.limit()
        finding = few_witnesses(stream.factors, stream.vectors, stream.error(), stream.new)
        assert finding.holds and finding.numbers["bound"] == stream.limit()


def test_a_vector_of_another_witness_is_no_stream():
    """Vectors in the wrong order feel futures that were seen: the error is large, and nothing is promised."""
    stream = max(streams(ORACLE, CONFIG, 1), key=lambda each: len(each.vectors))
    turned = replace(stream, vectors=stream.vectors[::-1])
    assert turned.seen > 0.1 and turned.limit() == np.inf
    assert turned.surprises().min() < stream.surprises().min() / 1e6


def test_a_case_by_hand():
    stream = WitnessStream(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([[0.0, 0.5], [4.0, 0]]))
    assert stream.products.tolist() == [[0.0, 1.0, 0.0], [4.0, 0.0, 4.0]]
    assert stream.seen == 4.0 and stream.new == 1.0 and stream.error() == 2.0
    # e / B = 2 / 4, so V_0 = I / 4: the surprises are 4 * 4 and 4 * 1.
    assert np.allclose(stream.surprises(), [16.0, 4.0])
    assert np.allclose(stream.least_surprises(), [1 / 16, 16 / 32])


@pytest.mark.bad_shapes
def test_parts_that_do_not_fit_are_refused():
    row = np.ones((1, 2))
    with pytest.raises(ArgumentError, match="expected one v for each phi"):
        WitnessStream(row, row, np.ones((2, 2)))
    with pytest.raises(ArgumentError, match="not all zero"):
        WitnessStream(row, row, 0 * row)


def test_a_run_as_printed_or_of_another_seed_is_refused(run):
    _, steps = run
    with pytest.raises(ArgumentError, match="as printed"):
        found_witnesses(ORACLE, steps, ll.LearnerConfig(printed=True), seed=1)
    with pytest.raises(ArgumentError, match="drew other texts"):
        found_witnesses(ORACLE, steps, CONFIG, seed=2)
    parity = ExactOracle(ll.models.noisy_parity(bits=8, seed=1))
    short = ll.LearnerConfig(spanner_samples=50, validation_samples=4)
    history = list(ll.learn_steps(parity, 9, short, seed=0))
    with pytest.raises(ArgumentError, match="drew other texts"):
        found_witnesses(parity, history, short, seed=5)
