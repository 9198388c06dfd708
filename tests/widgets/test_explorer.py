"""Explorers: a picture that follows its controls, whatever they are moved to."""

import itertools
import re
from base64 import b64decode

import pytest
from controls import false_plural, push
from every_control import complaints, moved_everywhere
from matplotlib.figure import Figure

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.show.palette import ON_ANY_PAGE
from lowlogit_edu.widgets.explorer import Explorer, Player, choice, slider
from lowlogit_edu.widgets.faithful_run import EpochExplorer
from lowlogit_edu.widgets.parity import ParityExplorer
from lowlogit_edu.widgets.potential import PotentialExplorer
from lowlogit_edu.widgets.sampled_spanner import SamplesExplorer
from lowlogit_edu.widgets.spanner import SpannerExplorer


class Power(Explorer):
    """x to the power n."""

    def __init__(self):
        controls = {
            "x": slider("Base x", 2.0, 0.0, 3.0, 0.5),
            "n": slider("Exponent n", 1, 0, 9),
            "sign": choice("Sign", [1, -1]),
        }
        super().__init__(controls, "power", presets={"cube": {"x": 3.0, "n": 3}}, animated="n")

    def summary(self):
        if self.values["x"] == 0 and self.values["n"] == 0:
            raise ValueError("0 to the power 0")
        return f"{self.values['sign'] * self.values['x'] ** self.values['n']:g}"

    def figure(self):
        return Figure(figsize=(1, 1))

    def data(self):
        return f"value\n{self.summary()}\n"


@pytest.fixture
def power():
    made = Power()
    yield made
    made.close()


def test_the_picture_follows_the_controls(power):
    assert repr(power) == "Power(x=2.0, n=1, sign=1)" and ">2<" in power._summary.value
    power.set(x=3.0, n=2, sign=-1)
    assert ">-9<" in power._summary.value


def test_a_preset_moves_the_controls_and_reset_moves_them_back(power):
    power._preset.value = "cube"
    assert ">27<" in power._summary.value
    power._buttons["reset"].click()
    assert repr(power) == "Power(x=2.0, n=1, sign=1)" and power._preset.value == "your own"


@pytest.mark.reliability("R20")
def test_an_error_is_shown_on_the_page_and_goes_away(power):
    power.set(x=0.0, n=0)
    assert "0 to the power 0" in power._message.value and 'role="alert"' in power._message.value
    power.set(n=1)
    assert "power" not in power._message.value


def test_the_controls_say_where_they_cannot_go(power):
    power.set(n=12, x=-1.0)
    assert power.values["n"] == 9 and power.values["x"] == 0.0
    assert "Exponent n: 12 is not possible here, so it is 9." in power._message.value
    assert "Base x: -1 is not possible here, so it is 0." in power._message.value
    power.set(n=3)
    assert "possible" not in power._message.value


def test_a_slider_that_another_one_moves_back_says_so():
    made = ParityExplorer()
    made.set(bits=12, size=10)
    made._controls["bits"].value = 6  # moved by hand
    assert made.values["size"] == 6
    assert "Bits in the secret: 10 is not possible here, so it is 6." in made._message.value
    made.close()


def test_a_first_setting_beyond_the_slider_is_refused_or_said():
    with pytest.raises(ArgumentError, match="Seed goes from 0 to 9, got 30; choose a value between them."):
        EpochExplorer(seed=30)
    made = PotentialExplorer(step=1000)
    assert "1000 is not possible here" in made._message.value
    made.close()


def test_the_ends_of_a_slider_can_be_read_and_follow_it():
    made = slider("Rank r", 1, 0, 40)
    assert made.tooltip == "Rank r: from 0 to 40"
    made.max = 16
    assert made.tooltip == "Rank r: from 0 to 16"
    made.close()


def test_play_moves_the_slider_and_its_buttons_are_named_after_it(power):
    (player,) = [part for part in power.view.children[1].children if isinstance(part, Player)]
    assert player.moves == "Exponent n" and (player.min, player.max, player.value) == (0, 9, 1)
    player.value = 4
    assert power.values["n"] == 4
    power._controls["n"].max = 6
    assert player.max == 6


def test_the_arrow_of_drop_down_lists_is_seen_on_any_page(power):
    assert "lowlogit-dashboard" in power.view._dom_classes
    style = power.view.children[-1].value
    assert "--jp-widgets-dropdown-arrow" in style
    arrow = b64decode(re.search(r"base64,([^']+)'", style)[1]).decode()
    assert f'fill="{ON_ANY_PAGE[-1]}"' in arrow


def test_saved_data_are_those_of_the_picture(power, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    power._buttons["save_data"].click()
    assert (tmp_path / "power.csv").read_text() == "value\n2\n"


def test_drawn_once_for_many_changes(power, monkeypatch):
    drawn = itertools.count()
    monkeypatch.setattr(power, "draw", lambda: next(drawn))
    power.set(x=1.0, n=5, sign=-1)
    assert next(drawn) == 1


def test_words_are_made_once_per_picture(power, monkeypatch):
    said = []
    monkeypatch.setattr(power, "summary", lambda: said.append("words") or "many words")
    power.set(x=1.0)
    assert said == ["words"]
    assert "many words" in power._picture.value and "many words" in power._summary.value


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Power, {}),
        (PotentialExplorer, {}),
        (PotentialExplorer, {"seed": 3, "step": 20}),
        (SpannerExplorer, {"seed": 0, "step": 3}),
        (SamplesExplorer, {"law": "heavy tails"}),
    ],
)
def test_drawn_once_when_made(kind, values, monkeypatch):
    drawn = []

    def figure(explorer):
        drawn.append(explorer.values)
        return Figure(figsize=(1, 1))

    monkeypatch.setattr(kind, "figure", figure)
    made = kind(**values)
    assert drawn == [made.values] and made.values.items() >= values.items()
    assert made._picture.value and made._summary.value and "alert" not in made._message.value
    made.close()


def test_an_explorer_that_cannot_be_drawn_is_not_made(monkeypatch):
    monkeypatch.setattr(Power, "figure", lambda explorer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Power()


def test_reset_goes_back_to_the_controls_own_settings_not_to_those_first_set():
    made = PotentialExplorer(seed=3)
    made.reset()
    assert made.values["seed"] == 0
    made.close()


@pytest.mark.parametrize("move", ["reset", "preset"])
def test_what_the_player_had_sent_does_not_undo_a_reset_or_a_preset(power, move):
    power.set(n=2)
    player = power._player
    halts = player.halted[0]
    if move == "reset":
        power.reset()
    else:
        power._preset.value = "cube"
    wanted = power.values["n"]
    assert player.halted == (halts + 1, wanted)
    player.value = 1 if wanted == 2 else 2  # on its way from the browser at that moment
    player.stopped = halts + 1  # and now the browser has heard
    assert power.values["n"] == wanted


def test_moving_every_control_finds_the_setting_that_is_refused(power, monkeypatch):
    def refuse():
        if power.values["sign"] == -1:
            raise ValueError("no negative numbers")
        return "fine"

    monkeypatch.setattr(power, "summary", refuse)
    for found in (complaints(power), push(power, count=3)):
        assert any("no negative numbers" in said for _, said in found)
    with pytest.raises(AssertionError, match="no negative numbers"):
        list(moved_everywhere(power))


def test_a_false_plural_is_found():
    assert false_plural("After 1 tokens the state is (1, 2).") and false_plural("1 histories")
    assert not any(false_plural(text) for text in ("21 tokens", "1,000 1 token", "0.1 states", "1 of 30 rows"))


def test_a_control_moved_by_hand_is_no_preset_any_more(power):
    assert power._preset.value == "your own"
    power._preset.value = "cube"
    assert power.values["n"] == 3 and power._preset.value == "cube"
    power._controls["n"].value = 2
    assert power._preset.value == "your own" and ">9<" in power._summary.value
