"""Oracles answer the question asked; their wrappers count, limit, remember and disturb as they say."""

import contextlib
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, BudgetExhausted, OracleValueError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import TransformerOracle, base
from lowlogit_edu.oracles.base import LogitOracle, ask, logits_after, logits_along, sample, sample_with_logits
from lowlogit_edu.oracles.cached import Cached
from lowlogit_edu.oracles.counted import Budgeted, Counted
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy

TEACHER = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=0)
EXACT = ExactOracle(TEACHER)
PREFIXES = [(), (0,), (1, 2), (0,), (2, 2, 1)]


class Answering:
    """An oracle that answers every batch with the same array."""

    alphabet_size, fingerprint = 3, "answering"

    def __init__(self, answer):
        self.answer, self.calls = answer, 0

    def logits(self, prefixes):
        self.calls += 1
        return self.answer


WRAPPERS = [
    lambda oracle: oracle,
    Counted,
    Cached,
    lambda oracle: Budgeted(oracle, 10_000),
    lambda oracle: Noisy(oracle, 0.0),
    lambda oracle: Cached(Budgeted(Noisy(oracle, 0.0), 10_000)),
]


@pytest.mark.parametrize("wrap", WRAPPERS)
@pytest.mark.reliability("R16")
def test_a_wrapper_is_an_oracle_and_changes_no_answer(wrap):
    oracle = wrap(EXACT)
    assert isinstance(oracle, LogitOracle) and repr(oracle)
    assert np.allclose(ask(oracle, PREFIXES), TEACHER.logits(PREFIXES), atol=1e-15)
    assert ask(oracle, []).shape == (0, 3)
    tokens = TEACHER.sample(4, seed=0)
    assert np.allclose(logits_along(oracle, tokens), TEACHER.logits_along(tokens), atol=1e-15)


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_batch_answers_like_its_single_questions(wrap):
    oracle = wrap(EXACT)
    assert np.array_equal(ask(oracle, PREFIXES), np.concatenate([ask(oracle, [prefix]) for prefix in PREFIXES]))


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_samples_come_from_the_teacher(wrap):
    drawn = sample(wrap(EXACT), 4000, 2, prompt=[1], rng=np.random.default_rng(0))
    assert (drawn[:, 0] == 1).all()
    p = np.exp(TEACHER.next_token_logits([1]))
    assert np.abs(np.bincount(drawn[:, 1], minlength=3) / 4000 - p / p.sum()).max() < 0.03


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_what_is_kept_of_the_logits_changes_no_sample(wrap):
    def drawn(horizon, **options):
        rng = np.random.default_rng(0)
        return sample_with_logits(wrap(EXACT), 50, horizon, prompt=[1], rng=rng, **options)

    tokens, logits = drawn(4)
    assert np.allclose(logits, TEACHER.logits_along(tokens)[:, 1:], atol=1e-15)
    same, kept = drawn(4, keep=lambda rows: rows[:, [2, 0]].astype(np.float16))
    assert np.array_equal(same, tokens) and np.array_equal(kept, logits[:, :, [2, 0]].astype(np.float16))
    assert drawn(1)[1].shape == (50, 0, 3) and drawn(1, keep=lambda rows: rows[:, :2])[1].shape == (50, 0, 2)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros((1, 2)), r"answered with shape \(1, 2\), expected \(1, 3\)"),
        (np.zeros((2, 3)), r"answered with shape \(2, 3\), expected \(1, 3\)"),
        (np.zeros((1, 3), complex), "dtype complex128; expected real numbers"),
        (np.array([[None, 1, 2]]), "dtype object"),
        (np.array([[0, np.nan, 0]]), r"answered nan at index \(0, 1\) after prefix \[2\]"),
        (np.array([[0, 0, -np.inf]]), "restrict the alphabet to tokens that have one, or floor the logits"),
    ],
)
@pytest.mark.reliability("R4")
def test_a_bad_answer_is_named_and_never_cached(answer, message):
    inner = Answering(answer)
    for oracle in (inner, Cached(inner), Counted(inner), Noisy(inner, 0.1)):
        with pytest.raises(OracleValueError, match=message):
            ask(oracle, [(2,)])
    inner.answer = np.array([[1, 2, 3]])
    assert ask(inner, [(2,)]).tolist() == [[-1, 0, 1]]


@pytest.mark.reliability("R4")
def test_a_read_only_answer_is_fine():
    answer = np.zeros((1, 3))
    answer.flags.writeable = False
    assert ask(Answering(answer), [(0,)]).tolist() == [[0, 0, 0]]


def test_counted_counts_prefixes_by_purpose():
    oracle = Counted(EXACT)
    ask(oracle, PREFIXES)
    with oracle.purpose("check"):
        logits_along(oracle, TEACHER.sample(2))
    assert oracle.queries == 5 + 8 and dict(oracle.by_purpose) == {"unnamed": 5, "check": 8}


@pytest.mark.reliability("R6")
def test_a_budget_is_never_passed():
    oracle = Budgeted(EXACT, 6)
    ask(oracle, PREFIXES)
    with pytest.raises(BudgetExhausted, match=r"2 more queries would pass the budget of 6 \(5 spent\)"):
        ask(oracle, [(), (1,)])
    assert oracle.queries == 5
    ask(oracle, [()])
    assert oracle.queries == 6


def test_a_refused_batch_is_not_counted_by_those_outside():
    outer = Counted(Budgeted(EXACT, 4))
    with pytest.raises(BudgetExhausted):
        ask(outer, PREFIXES)
    assert outer.queries == 0


@pytest.mark.reliability("R8")
def test_cached_asks_each_prefix_once():
    counted = Counted(EXACT)
    oracle = Cached(counted)
    first = ask(oracle, PREFIXES)
    assert counted.queries == 4 and np.array_equal(ask(oracle, PREFIXES), first) and counted.queries == 4


@pytest.mark.reliability("R8")
def test_a_full_cache_forgets_the_oldest_and_stays_right():
    oracle = Cached(EXACT, max_rows=2)
    for _ in range(2):
        assert np.allclose(ask(oracle, PREFIXES), TEACHER.logits(PREFIXES), atol=1e-15)


@pytest.mark.parametrize("alphabet_size", [3, 50_257])
def test_the_memory_tells_prefixes_apart_also_where_no_integer_can(alphabet_size):
    class Last:
        """Logit 0 is the sum of the prefix's tokens, in multiples of the place."""

        fingerprint = "last"

        def __init__(self):
            self.alphabet_size = alphabet_size
            self.asked = []

        def logits(self, prefixes):
            self.asked += prefixes
            rows = np.zeros((len(prefixes), alphabet_size))
            rows[:, 0] = [sum(place * token for place, token in enumerate(prefix, start=1)) for prefix in prefixes]
            return rows

    inner = Last()
    oracle = Cached(inner)
    rng = np.random.default_rng(0)
    words = rng.integers(alphabet_size, size=(30, 5))
    words[:, -1] = 0  # a last token that a string of bytes could lose
    words = words[rng.integers(30, size=50)]
    expected = ask(Last(), words.tolist())
    np.testing.assert_allclose(logits_after(oracle, words[:20]), expected[:20])
    np.testing.assert_allclose(logits_after(oracle, words), expected)
    np.testing.assert_allclose(ask(oracle, [*words.tolist(), []])[:-1], expected)
    assert inner.asked == list(dict.fromkeys(inner.asked))


@pytest.mark.parametrize("epsilon", [1e-6, 0.1])
def test_noise_is_bounded_by_epsilon_and_reaches_a_good_part_of_it(epsilon):
    words = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
    error = np.abs(ask(Noisy(EXACT, epsilon, seed=1), words) - TEACHER.logits(words))
    assert epsilon / 4 < error.max() <= epsilon


@pytest.mark.reliability("R9")
def test_noise_depends_on_the_seed_and_the_prefix_alone():
    one, same, other = (ask(Noisy(EXACT, 0.1, seed), PREFIXES) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.allclose(one, other)
    assert np.array_equal(one[::-1], ask(Noisy(EXACT, 0.1, 1), PREFIXES[::-1]))


def test_bad_settings_are_refused():
    for epsilon in (-1.0, float("nan")):
        with pytest.raises(ArgumentError, match="epsilon must be a finite number of at least 0"):
            Noisy(EXACT, epsilon)
    with pytest.raises(ArgumentError, match="seed must be an integer"):
        Noisy(EXACT, 0.1, seed=-1)
    with pytest.raises(ArgumentError, match="budget must be at least 0"):
        Budgeted(EXACT, -1)


def test_fingerprints_tell_teachers_and_settings_apart():
    prints = [EXACT.fingerprint, ExactOracle(random_isan(3, 2, 4, seed=1)).fingerprint]
    prints += [Noisy(EXACT, e, s).fingerprint for e, s in [(0.1, 0), (0.2, 0), (0.1, 1)]]
    assert len(set(prints)) == len(prints)
    assert Cached(EXACT).fingerprint == EXACT.fingerprint


@pytest.mark.reliability("R6")
def test_a_budget_is_exact_under_four_threads(record_property):
    """Each thread asks until it is refused; the teacher counts for itself, and is slow enough for all to meet."""

    class Slow(ExactOracle):
        def __init__(self):
            super().__init__(TEACHER)
            self.asked = []

        def logits(self, prefixes):
            self.asked.append(len(prefixes))
            time.sleep(1e-4)
            return super().logits(prefixes)

    def spend(oracle):
        with contextlib.suppress(BudgetExhausted):
            while True:
                ask(oracle, [(0,), (1,), (2,)])

    for _ in range(20):
        inner = Slow()
        oracle = Budgeted(inner, 100)
        threads = [threading.Thread(target=spend, args=[oracle]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(inner.asked) == oracle.queries == 99
    record_property("figure", "20 of 20 budgets exact under 4 threads")


@pytest.mark.reliability("R6")
def test_what_an_oracle_refused_is_not_spent():
    oracle = Budgeted(Answering(np.full((1, 3), np.nan)), 5)
    for _ in range(10):
        with pytest.raises(OracleValueError):
            ask(oracle, [(2,)])
    assert oracle.queries == 0 and not oracle.by_purpose


@pytest.mark.reliability("R8")
@pytest.mark.parametrize("max_rows", [50, 200_000])
def test_what_four_threads_remember_is_the_teachers_bit_for_bit(max_rows, record_property):
    """1,000 questions each, of 40 prefixes, so that they meet; the smaller memory forgets all the time."""

    class Numbered(Answering):
        """Logits in whole numbers, another one for each prefix: sums in another order change no bit of them."""

        def logits(self, prefixes):
            numbers = [1 + sum((token + 1) * 4**place for place, token in enumerate(prefix)) for prefix in prefixes]
            return np.outer(numbers, [-1.0, 0.0, 1.0])

    inner = Numbered(None)
    cached = Cached(inner, max_rows=max_rows)
    words = [tuple(word) for length in range(4) for word in itertools.product(range(3), repeat=length)]
    right = {word: inner.logits([word])[0].tobytes() for word in words}
    wrong = []

    def ask_many(seed):
        rng = np.random.default_rng(seed)
        for _ in range(1000):
            asked = [words[i] for i in rng.integers(len(words), size=3)]
            found = cached.logits(asked)
            wrong.extend(word for word, row in zip(asked, found, strict=True) if row.tobytes() != right[word])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask_many, range(4)))
    assert not wrong
    record_property("figure", "4 x 1,000 questions by threads, 0 wrong")


@pytest.mark.parametrize("way", ["logits_after", "logits_along", "sample_with_logits"])
def test_a_class_that_writes_logits_anew_is_asked_by_them(way, embedded):
    asked = []

    class Listening:
        def logits(self, prefixes):
            asked.extend(prefixes)
            return super().logits(prefixes)

    class Exact(Listening, ExactOracle):
        pass

    class Transformer(Listening, TransformerOracle):
        pass

    small = random_isan(3, 2, horizon=4, seed=0)
    for oracle in (Exact(small), Transformer(embedded.model, embedded.tokenizer)):
        asked.clear()
        if way == "sample_with_logits":
            base.sample_with_logits(oracle, 3, 2, rng=np.random.default_rng(0))
        else:
            getattr(base, way)(oracle, np.array([[0, 1], [2, 1]]))
        assert () in asked or (2, 1) in asked
