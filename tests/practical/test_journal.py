"""What is asked is on disk before it is asked; what was told is told again, and with it the random numbers."""

import json

import numpy as np
import pytest

from lowlogit_edu import oracles
from lowlogit_edu.core.errors import BudgetExhausted, CheckpointError, OracleValueError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import base
from lowlogit_edu.practical.journal import KIND, SPENT, TOLD, Journal, read_spent

TEACHER = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=0)
RUN = {"seed": 0}


class Refusing(oracles.ExactOracle):
    """A teacher that cannot be asked."""

    def logits(self, prefixes):
        raise AssertionError("it was asked")

    def logits_along(self, tokens):
        raise AssertionError("it was asked")

    def sample_with_logits(self, *args, **named):
        raise AssertionError("it was asked")


def questions(journal):
    """Some of each kind, and what the random numbers are behind them."""
    rng = np.random.default_rng(0)
    with journal.purpose("sample"):
        found = [*journal.sample_with_logits(5, 4, rng=rng), journal.logits([(0, 1), ()])]
        found += [*journal.sample_with_logits(3, 4, rng=rng, prompt=(1,), keep=lambda rows: rows[:, :1])]
        found += [journal.logits_along(np.array([[0, 1, 2], [2, 1, 0]]))]
    return [*found, rng.random(3)]


@pytest.mark.reliability("R8")
def test_answers_are_told_again_without_asking(tmp_path):
    first = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    expected = questions(first)
    first.close()
    again = Journal(Refusing(TEACHER), tmp_path, RUN)
    for found, answer in zip(questions(again), expected, strict=True):
        np.testing.assert_array_equal(found, answer)
        assert found.dtype == answer.dtype
    assert again.spent == {"sample": 5 * 4 + 2 + 3 * 3 + 2 * 3}
    again.close()


def test_other_questions_and_other_random_numbers_are_asked(tmp_path):
    first = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    first.sample_with_logits(5, 4, rng=np.random.default_rng(0))
    for n, seed, purpose in ((5, 1, "unnamed"), (4, 0, "unnamed"), (5, 0, "verify")):
        again = Journal(Refusing(TEACHER), tmp_path, RUN)
        with again.purpose(purpose), pytest.raises(AssertionError, match="it was asked"):
            again.sample_with_logits(n, 4, rng=np.random.default_rng(seed))
    Journal(Refusing(TEACHER), tmp_path, RUN).sample_with_logits(5, 4, rng=np.random.default_rng(0))


@pytest.mark.parametrize("header", [{}, {"question": None}, {"question": None, "after": None}])
def test_answers_that_do_not_say_to_what_are_not_told(header, tmp_path):
    (tmp_path / TOLD).mkdir()
    arrays = {"logits": np.zeros((1, 3))}
    save_arrays(tmp_path / TOLD / "0-0-1.safetensors", "lowlogit_edu answers", header, arrays)
    expected = oracles.ExactOracle(TEACHER).logits([(1,)])
    np.testing.assert_array_equal(Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN).logits([(1,)]), expected)


class Flaky(oracles.ExactOracle):
    """A teacher without a way of its own to draw texts, which fails at its so many-th question."""

    def __init__(self, last):
        super().__init__(TEACHER)
        self.left = last
        self.prefixes = 0

    def logits_after(self, tokens):
        self.left -= 1
        if not self.left:
            raise OSError("the line is down")
        self.prefixes += len(tokens)
        return super().logits_after(tokens)


def test_texts_that_are_drawn_token_by_token_are_kept_token_by_token(tmp_path):
    def draw(teacher, budget=100):
        journal = Journal(oracles.Budgeted(teacher, budget), tmp_path, RUN)
        counted = oracles.Counted(journal)
        rng = np.random.default_rng(0)
        try:
            tokens, kept = base.sample_with_logits(counted, 10, 4, rng=rng)
        finally:
            journal.close()
        return tokens.tolist(), kept.tolist(), rng.random(), counted.queries, journal.spent.total()

    expected = base.sample_with_logits(oracles.ExactOracle(TEACHER), 10, 4, rng=np.random.default_rng(0))
    # Each session gets one token further; the question under way is lost, and stays counted.
    teachers = [Flaky(last) for last in (2, 2, 2)]
    for teacher in teachers:
        with pytest.raises(OSError, match="down"):
            draw(teacher)
    with pytest.raises(BudgetExhausted, match="10 more queries would pass the budget of 69"):
        draw(Flaky(1), 69)
    teachers.append(Flaky(100))
    tokens, kept, _, queries, spent = draw(teachers[-1], 70)
    assert tokens == expected[0].tolist() and kept == expected[1].tolist()
    assert (queries, spent) == (4 * 10, (4 + 3) * 10)
    whole = Flaky(100)
    base.sample_with_logits(whole, 10, 4, rng=np.random.default_rng(0))
    assert sum(teacher.prefixes for teacher in teachers) == whole.prefixes


def test_texts_that_a_budget_does_not_cover_are_not_begun(tmp_path):
    journal = Journal(oracles.Budgeted(Flaky(1), 39), tmp_path, RUN)
    with pytest.raises(BudgetExhausted, match="40 more queries would pass the budget of 39"):
        base.sample_with_logits(oracles.Counted(journal), 10, 4, rng=np.random.default_rng(0))
    assert not (tmp_path / SPENT).exists()


def test_spawned_random_numbers_go_on_as_well(tmp_path):
    class Spawning(oracles.ExactOracle):
        def sample_with_logits(self, n, horizon, *, prompt=(), rng, keep=None, among=None):
            (child,) = rng.spawn(1)
            return child.integers(3, size=(n, horizon)), child.random((n, horizon, 3))

    found = []
    for oracle in (Spawning(TEACHER), Refusing(TEACHER)):
        journal = Journal(oracle, tmp_path, RUN)
        rng = np.random.default_rng(0)
        tokens, _ = journal.sample_with_logits(5, 4, rng=rng)
        found.append((tokens.tolist(), rng.spawn(1)[0].random()))
        journal.close()
    assert found[0] == found[1]


def test_it_is_on_disk_before_the_teacher_is_asked(tmp_path):
    class Looking(oracles.ExactOracle):
        def logits(self, prefixes):
            seen.append(json.loads((tmp_path / SPENT).read_text(encoding="utf-8").splitlines()[-1]))
            return super().logits(prefixes)

    seen = []
    journal = Journal(Looking(TEACHER), tmp_path, RUN)
    journal.begin((2, 3))
    with journal.purpose("verify"):
        journal.logits([(0,), (1,)])
    assert seen == [{"epoch": 2, "stage": 3, "purpose": "verify", "queries": 2}]
    journal.close()


def test_what_a_budget_refuses_is_not_written_down(tmp_path):
    journal = Journal(oracles.Budgeted(oracles.ExactOracle(TEACHER), 3), tmp_path, RUN)
    journal.logits([(0,), (1,)])
    with pytest.raises(BudgetExhausted):
        journal.logits([(0,), (2,)])
    assert read_spent(tmp_path)[1].total() == 2
    # What was spent in earlier processes counts.
    again = Journal(oracles.Budgeted(oracles.ExactOracle(TEACHER), 3), tmp_path, RUN)
    again.begin((0, 1))
    with pytest.raises(BudgetExhausted):
        again.logits([(1, 0), (1, 1)])
    assert again.logits([(1, 0)]).shape == (1, 3)


def test_a_wrong_answer_is_not_kept(tmp_path):
    class Wrong(oracles.ExactOracle):
        def logits(self, prefixes):
            return super().logits(prefixes) * np.nan

    with pytest.raises(OracleValueError, match="Mean-centring needs finite"):
        Journal(Wrong(TEACHER), tmp_path, RUN).logits([()])
    assert not list((tmp_path / TOLD).glob("*"))


@pytest.mark.reliability("R8")
def test_a_damaged_answer_is_asked_anew(tmp_path):
    journal = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    answer = journal.logits([(0,)])
    (path,) = (tmp_path / TOLD).iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    again = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    np.testing.assert_array_equal(again.logits([(0,)]), answer)
    assert again.spent.total() == 2


@pytest.mark.reliability("R8")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda header, arrays: header.pop("question"),
        lambda header, arrays: header.update(after=7),
        lambda header, arrays: header["after"].update(spawned=10**9),
        lambda header, arrays: header["after"].update(spawned=-1),
        lambda header, arrays: header["after"]["bits"].update(has_uint32=2**70),
        lambda header, arrays: header["after"]["bits"].update(bit_generator="MT19937"),
        lambda header, arrays: arrays.pop("tokens"),
        lambda header, arrays: arrays.update(more=np.zeros(1)),
    ],
)
def test_an_answer_that_no_journal_wrote_is_asked_anew(tmp_path, spoil):
    def drawn():
        rng = stream(0, "sample")
        found = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN).sample_with_logits(5, 4, rng=rng)
        return [*found, rng.random(3)]

    right = drawn()
    (path,) = (tmp_path / TOLD).iterdir()
    kind, header, arrays = load_arrays(path, KIND)
    spoil(header, arrays)
    save_arrays(path, kind, header, arrays)
    for one, two in zip(drawn(), right, strict=True):
        np.testing.assert_array_equal(one, two)


def test_answers_of_stages_that_a_checkpoint_holds_are_dropped(tmp_path):
    journal = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    for stage in ((0, 0), (0, 3), (1, 0), (10, 0)):
        journal.begin(stage)
        journal.logits([()])
    (tmp_path / TOLD / ".half").write_bytes(b"")
    journal.forget((1, 0))
    assert sorted(path.name for path in (tmp_path / TOLD).iterdir()) == ["1-0-1.safetensors", "10-0-1.safetensors"]


def test_a_line_that_a_power_cut_tore_was_never_asked(tmp_path):
    journal = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN, {"sample": 7})
    assert not (tmp_path / SPENT).exists()  # a run that is refused before it asks leaves nothing
    journal.logits([(0,)])
    with (tmp_path / SPENT).open("a", encoding="utf-8") as file:
        file.write('{"purpose": "ver')
    again = Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
    again.begin((0, 1))
    again.logits([()])
    assert read_spent(tmp_path)[1] == {"sample": 7, "unnamed": 2}
    journal.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("[]\n", "line 1 is \\[\\], expected a dict"),
        ('{"run": {}}\n{"purpose": "a", "queries": -1}\n', "queries is -1"),
        ('{"run": {}}\n{"purpose": 1, "queries": 1}\n', "purpose is 1, expected a str"),
        ('{"run": {}}\nnonsense\n{"purpose": "a", "queries": 1}\n', "is damaged"),
        ('{"run": {"seed": 1}}\n', "is that of another run"),
    ],
)
def test_a_journal_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / SPENT).write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        Journal(oracles.ExactOracle(TEACHER), tmp_path, RUN)
