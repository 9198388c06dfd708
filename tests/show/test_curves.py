"""Curves are told apart without colour, and their axes are what was asked for."""

import numpy as np

from lowlogit_edu.show.curves import MARKED, curve_figure

SIX = {str(i): ([1, 2], [i, i]) for i in range(6)}


def test_six_curves_differ_in_colour_in_dash_and_in_marker():
    curves = curve_figure(SIX, "x", "y").data
    assert len({curve.line.color for curve in curves}) == 6
    assert len({curve.line.dash for curve in curves}) == 6
    assert len({curve.marker.symbol for curve in curves}) == 6


def test_the_seventh_begins_again():
    seven = curve_figure(SIX | {"6": ([1], [1])}, "x", "y").data
    assert (seven[6].line, seven[6].marker) == (seven[0].line, seven[0].marker)


def test_a_long_curve_has_no_markers():
    long = {"long": (np.arange(MARKED + 1), np.arange(MARKED + 1)), "short": (np.arange(MARKED), np.arange(MARKED))}
    assert [curve.mode for curve in curve_figure(long, "x", "y").data] == ["lines", "lines+markers"]


def test_axes_are_named_and_logarithmic_where_asked():
    layout = curve_figure(SIX, "rank", "nats", log="y").layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("rank", "nats")
    assert (layout.xaxis.type, layout.yaxis.type) == (None, "log")
    assert layout.xaxis.rangemode == "tozero"
