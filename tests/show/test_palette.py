"""Colours of one picture are told apart, with any colour vision, and are seen on white and on near-black."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from lowlogit_edu.show import palette

COLOURS = {name: value for name, value in vars(palette).items() if isinstance(value, str) and value.startswith("#")}
# What red, green and blue light turn into without one of the three kinds of cones (Machado et al. 2009).
VISION = {
    "all cones": np.eye(3),
    "no long": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no medium": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no short": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
ROOT = Path(__file__).parents[2]
PAGE_STYLE = "lowlogit_edu/show/html.py"  # the style sheet of reports: colours of text and paper, no picture
HEX = re.compile(r"#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b")
APART = 0.1  # of a side of the cube of colours


def light(colour):
    """Linear red, green and blue of a colour such as "#0072B2"."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The contrast ratio of the web's accessibility guidelines, 1 to 21."""
    darker, lighter = sorted(float(light(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def apart(one, other, vision):
    """The distance of two colours as they are seen, in the cube of sRGB whose sides are 1."""
    first, second = (np.clip(VISION[vision] @ light(colour), 0, 1) ** (1 / 2.4) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def test_the_known_contrast_of_black_on_white():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_every_colour_is_another():
    assert len(COLOURS) >= 7 and len(set(COLOURS.values())) == len(COLOURS)


@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_for_every_kind_of_vision(vision):
    four = [palette.BLUE, palette.ORANGE, palette.AMBER, palette.GREEN]
    for one, other in itertools.combinations(four, 2):
        assert apart(one, other, vision) > APART, (one, other)


def test_a_red_and_a_brown_that_some_confuse_are_found():
    assert apart("#A00000", "#804800", "no medium") < APART < apart("#A00000", "#804800", "all cones")


@pytest.mark.parametrize("colour", palette.ON_ANY_PAGE)
def test_curves_of_a_report_stand_out_on_white_and_on_black(colour):
    assert contrast(colour, "#ffffff") > 3 and contrast(colour, "#161616") > 3


def test_no_picture_has_a_colour_of_its_own():
    files = [*(ROOT / "lowlogit_edu").rglob("*.py"), *(ROOT / "notebooks/src").glob("*.py")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}
    painted = {path for path, text in texts.items() if HEX.search(text)}
    assert painted == {"lowlogit_edu/show/palette.py", PAGE_STYLE}
