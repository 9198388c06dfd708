"""Benchmarks at tiny sizes: answers agree with the peers', the fit is right, the page is made. Never about seconds."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import device, drawing, learning, limits, matrix_work, programs, remembering, results, teacher, timing
from benchmarks.timing import TINY, Seconds
from lowlogit_edu.core.errors import ArgumentError

FOLDER = Path(results.__file__).parent
NAMES = sorted(command.BENCHMARKS)


@pytest.fixture(autouse=True)
def _no_limits_are_measured(monkeypatch):
    """A second for a trillion operations, or bytes."""
    monkeypatch.setattr(limits, "limits", lambda: limits.Limits(1e12, 1e12, 1e12))
    monkeypatch.setattr(results, "limits", limits.limits)


@pytest.fixture
def made_up():
    """Two rows, one with all there is and one with as little as possible."""
    grows = timing.growth("texts", [1, 2, 4], [3.0, 6.0, 12.0])
    peers = {"a loop": Seconds(2.0, 1.9), "a batch": Seconds(0.25, 0.25)}
    limit = limits.Limit("memory", 0.125)
    whole = results.Row(
        "many", "many texts", Seconds(0.5, 0.4), "logits: 0, allowed 1", peers, limit, [grows], "Quick."
    )
    return [whole, results.Row("one", "one text", Seconds(2e-5, 1e-5), "nothing to compare")]


def broken(work, answer, monkeypatch, module, name):
    """`work` of the smallest effort, with the function `name` of `module` giving another answer."""
    monkeypatch.setattr(module, name, answer)
    return work(TINY)


@pytest.mark.parametrize("name", NAMES)
def test_answers_agree_at_tiny_sizes(name):
    """`compare` raises where they do not; a row can be written down and read again."""
    row = command.BENCHMARKS[name](TINY)
    assert row.name == name and row.work and row.ours.wall > 0
    assert results.from_json(results.to_json([row], {}, "tiny"))[0] == [row]
    assert results.table([row]).count("\n") == 1 + max(1, len(row.peers))


def test_a_peer_with_another_answer_is_not_timed():
    with pytest.raises(timing.Disagreement, match=r"a peer differs by 0\.5, more than 0\.1: nothing was timed\."):
        timing.compare(lambda: 1.0, {"a peer": lambda: 1.5}, lambda a, b: abs(a - b), 0.1, TINY)
    with pytest.raises(timing.Disagreement, match="a peer differs by nan"):
        timing.compare(lambda: 1.0, {"a peer": lambda: np.nan}, lambda a, b: abs(a - b), 0.1, TINY)


def test_sides_take_turns_and_the_answer_is_the_warm_up():
    said = []
    effort = timing.Effort("tiny", repeats=2, patience=1.0)
    sides = {"other": lambda: said.append("other") or 0.0}
    slow = {"at a time": timing.MOST_AT_A_TIME}
    compared = timing.compare(lambda: said.append("ours") or 0.0, sides, lambda a, b: 0.0, 0.0, effort)
    assert said[:4] == ["ours", "other", "ours", "other"]
    assert said.count("ours") <= 2 + slow["at a time"] and set(compared.peers) == {"other"}


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 1.0, 2.5])
def test_the_exponent_of_a_power_law_is_found(exponent):
    sizes = np.array([3, 5, 17, 40])
    found = timing.growth("sizes", sizes, 0.01 * sizes**exponent)
    assert found.exponent == pytest.approx(exponent, abs=1e-9) and found.error == pytest.approx(0, abs=1e-6)


def test_noise_shows_in_the_error_of_an_exponent():
    found = timing.growth("sizes", [1, 2, 4], [1.0, 4.0, 4.0])
    assert found.exponent == pytest.approx(1.0) and found.error == pytest.approx(1 / np.sqrt(3))


def test_two_sizes_are_too_few_for_an_exponent():
    with pytest.raises(ArgumentError):
        timing.growth("sizes", [1, 2], [1.0, 2.0])


def test_a_row_has_a_line_for_every_peer(made_up):
    lines = results.table(made_up).splitlines()[2:]
    assert lines == [
        "| many texts | 0.5 | a loop | 2 | 4 | memory: 25 % | texts^1.00±0.00 |",
        "|  |  | a batch | 0.25 | 0.5 |  |  |",
        "| one text | 2.0e-05 |  |  |  |  |  |",
    ]


def test_the_page_holds_table_agreement_and_machine(made_up, tmp_path, capsys):
    kept = tmp_path / "results.json"
    kept.write_text(results.to_json(made_up, {"processor": "a good one", "numpy": "2"}, "full"), encoding="utf-8")
    command.main(["--from", str(kept), "--out", str(tmp_path / "page.md")])
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert results.table(made_up) in page and capsys.readouterr().out == results.table(made_up) + "\n"
    assert "- *many texts*: logits: 0, allowed 1. Quick.\n" in page
    assert "processor a good one, numpy 2." in page and "| many | 0.5 | 0.4 |" in page


def test_a_page_of_smaller_sizes_says_so(made_up):
    assert "Made with the quick sizes." in results.page(made_up, {}, "quick")
    assert "Made with" not in results.page(made_up, {}, "full")


def test_the_machine_has_no_name_and_no_path():
    described = results.machine()
    assert described["processor"] and described["float32 products, GFlop/s"] == 1000
    assert not any("/" in str(value) for value in described.values())
    assert len(described["day"]) == len("2026-01-31")


def test_only_what_is_named_is_run(tmp_path, capsys):
    command.main(["--effort", "tiny", "--only", "cache", "--json", str(tmp_path / "found.json")])
    (row,), _, effort = results.from_json((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert row.name == "cache" and effort == "tiny" and "cache" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "effort"), [([], "full"), (["--quick"], "quick"), (["--effort", "tiny"], "tiny")]
)
def test_sizes_are_full_unless_told_otherwise(arguments, effort):
    assert command.parser().parse_args(arguments).effort == effort


# The comparisons can fail: each is given a wrong answer.


def test_a_wrong_spanner_is_noticed(monkeypatch):
    rows = matrix_work.low_rank(40, 10, 3)
    right = matrix_work.swap_by_determinants(rows, 3, matrix_work.BOUND)
    assert matrix_work.excess(rows, right) < matrix_work.ROUNDING
    small = np.argsort((rows**2).sum(axis=1))[:3].tolist()
    assert matrix_work.excess(rows, small) > 1  # the smallest rows have no small coefficients
    assert matrix_work.excess(rows, right[:2]) > 0.01  # and two do not span
    with pytest.raises(timing.Disagreement, match="swaps by determinants"):
        broken(matrix_work.spanner, lambda *_: small, monkeypatch, matrix_work, "swap_by_determinants")


def test_texts_with_the_logits_of_others_are_noticed(monkeypatch):
    tokens, logits = drawing.drawn(3, 4)
    swapped = logits[::-1].copy()
    with pytest.raises(timing.Disagreement, match="generate"):
        broken(drawing.sampling, lambda n, length: (tokens, swapped), monkeypatch, drawing, "generate")


def test_wrong_coefficients_are_noticed(monkeypatch):
    def nothing(steps, least_sum):
        return np.zeros(sum(step.futures.shape[1] for step in steps))

    for work in (programs.alone, programs.without_least_squares, programs.batch):
        with pytest.raises(timing.Disagreement, match="linprog"):
            broken(work, nothing, monkeypatch, programs, "by_linprog")


def test_a_forgetful_dictionary_is_noticed(monkeypatch):
    class Forgetful(remembering.InADictionary):
        def logits_after(self, tokens):
            return super().logits_after(tokens) + 1e-9

    with pytest.raises(timing.Disagreement, match="a dictionary"):
        broken(remembering.cache, Forgetful, monkeypatch, remembering, "InADictionary")


def test_a_learner_that_asks_too_much_is_noticed():
    looked = learning.Looked((3, 1, 2), learning.settings(TINY))
    looked.check()
    looked.queries = looked.allowed + 1
    with pytest.raises(AssertionError, match=r"allowed by Lemma 5\.10"):
        looked.check()
    looked.kl = 1.0
    with pytest.raises(AssertionError, match="off by 1 nats per token"):
        looked.check()


def test_padding_changes_no_logit():
    prefixes = [(5,), (7, 8, 9), (1, 2), ()]
    expected = teacher.teacher().logits(prefixes)
    assert timing.largest_difference(teacher.padded(prefixes), expected) < 1e-3
    assert timing.largest_difference(teacher.one_by_one(prefixes), expected) < 1e-3


def test_the_example_of_timing_is_right():
    assert doctest.testmod(timing).attempted == 1 and doctest.testmod(timing).failed == 0


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_modules_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_the_device_script_has_a_row_per_size(capsys):
    device.main(["--device", "cpu", "--sequences", "60", "90", "--horizon", "4"])
    told, head, _, *rows = capsys.readouterr().out.splitlines()
    assert told == "No GPU is asked for: the processor alone."
    cells = [row.strip("| ").split(" | ") for row in rows]
    assert [row[:2] for row in cells] == [["cpu", "60"], ["cpu", "90"]]
    assert {len(row) for row in cells} == {head.count(" | ") + 1}
