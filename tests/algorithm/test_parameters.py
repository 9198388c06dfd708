"""The calculator of Section 5.2 reproduces known values, scales as the theorem says, and names its sources."""

from math import log2

import pytest

from lowlogit_edu.algorithm.parameters import (
    Setting,
    Source,
    explicit_parameters,
    practical_parameters,
    scaling_parameters,
    side_by_side,
)
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.spanner import spanner_sample_size

BINARY = {"horizon": 32, "dimension": 1, "alphabet_size": 2, "epsilon": 0.01, "delta": 0.01, "logit_bound": 10.0}


def values(parameters, style=""):
    return {parameter.symbol: parameter.value for parameter in parameters if parameter.meaning.endswith(style)}


def scaled(style, **change):
    return values(scaling_parameters(Setting(**BINARY | change)), style)


def test_explicit_constants_give_the_known_values():
    found = values(explicit_parameters(Setting(**BINARY)))
    assert (found["l"], found["K"]) == (87, 1_425_408)
    assert found["n"] == pytest.approx(1.2e8, rel=0.05) and found["eps_sp"] == pytest.approx(2.6e-14, rel=0.01)
    assert found["g"] == pytest.approx(0.01 / 32**3) and log2(found["eps_app"]).is_integer()
    assert found["N_sp"] == spanner_sample_size(found["dbar"], found["eps_sp"], found["delta_sp"]) > 1e22


def test_totals_are_the_products_of_their_factors():
    found = values(scaling_parameters(Setting(**BINARY)), "published style")
    core = values(scaling_parameters(Setting(**BINARY)))
    T, K, n, m = 32, core["K"], core["n"], core["dbar"]
    assert m == 3 * (K + 2)
    assert found["N"] == 1 + K * n + K * T * found["N_sp"]
    assert found["queries"] == K * T * found["N_sp"] * m + 2 * K * n * T**3 * m + 2 * T * m
    assert found["eps_avg"] == pytest.approx(0.01 * core["eps_app"] / (8 * found["N"] ** 2 * T**2))


@pytest.mark.parametrize(
    ("name", "change", "style", "exponent"),
    [
        ("horizon", {"horizon": 2**20}, "published style", 13),
        ("horizon", {"horizon": 2**20}, "sample compression", 8),
        ("dimension", {"dimension": 2**20}, "published style", 4),
        ("dimension", {"dimension": 2**20}, "sample compression", 3),
        ("epsilon", {"epsilon": 2.0**-40}, "published style", -4),
        ("epsilon", {"epsilon": 2.0**-40}, "sample compression", -2),
    ],
)
def test_queries_grow_with_the_known_exponents(name, change, style, exponent):
    """O~(T^13 d^4 / eps^4) is quoted for two tokens; K T m^2 / eps_sp gives T^8 d^3 / eps^2. Logarithms add a bit."""
    doubled = {name: change[name] * 2}
    slope = log2(scaled(style, **doubled)["queries"] / scaled(style, **change)["queries"])
    assert slope == pytest.approx(exponent, abs=0.6)


def test_the_misspecification_allowed_shrinks_with_the_derived_exponents():
    for style, exponent in (("published style", 9), ("sample compression", 5)):
        halved = [scaled(style, epsilon=epsilon)["eps_avg"] for epsilon in (2.0**-40, 2.0**-41)]
        assert log2(halved[0] / halved[1]) == pytest.approx(exponent, abs=0.6)


def test_compression_asks_for_less():
    for parameters in (explicit_parameters(Setting(**BINARY)), scaling_parameters(Setting(**BINARY))):
        published, compressed = values(parameters, "published style"), values(parameters, "sample compression")
        assert all(compressed[symbol] < published[symbol] for symbol in ("N_sp", "queries", "N"))
        assert compressed["eps_avg"] > published["eps_avg"]


def test_every_number_says_where_it_comes_from_and_none_claims_to_be_printed():
    for parameters in (explicit_parameters(Setting(**BINARY)), scaling_parameters(Setting(**BINARY))):
        assert {parameter.source for parameter in parameters} <= set(Source) - {Source.PRACTICAL}
        sources = {p.symbol + p.meaning[-9:]: p.source for p in parameters}
        assert sources["N_sphed style"] is Source.INFERRED and sources["N_spmpression"] is Source.EXPLICIT
    for source in (Source.EXPLICIT, Source.DERIVED, Source.INFERRED):
        assert "not known here" in source.value


def test_the_practical_preset_stands_next_to_the_theory():
    table = side_by_side(Setting(**BINARY), LearnerConfig(spanner_samples=77))
    paired = {theory.symbol: practice.value for theory, practice in table if practice is not None}
    assert paired == {"K": 200, "g": 1e-6, "n": 100, "N_sp": 77, "eps_app": 0.0}
    assert {practice.source for _, practice in table if practice} == {Source.PRACTICAL}
    assert table[1][0] == explicit_parameters(Setting(**BINARY))[1]
    other = side_by_side(Setting(**BINARY | {"alphabet_size": 5}))
    assert other[1][0].source is Source.DERIVED and len(practical_parameters(LearnerConfig())) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 1}, "horizon must be at least 2"),
        ({"dimension": 0}, "dimension must be at least 1"),
        ({"alphabet_size": 1}, "alphabet_size must be at least 2"),
        ({"epsilon": 1.0}, "epsilon must be between 0 and 1, got 1.0"),
        ({"delta": 0.0}, "delta must be between 0 and 1"),
        ({"logit_bound": -1.0}, "logit_bound must be a finite number"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        Setting(**BINARY | change)


def test_explicit_constants_are_not_stretched_beyond_their_range():
    for change in ({"alphabet_size": 3}, {"horizon": 31}):
        with pytest.raises(ArgumentError, match=r"alphabet_size=2 and a horizon of 32 or more.*scaling_parameters"):
            explicit_parameters(Setting(**BINARY | change))
    with pytest.raises(ArgumentError, match="constant must be a finite number between 1 and inf"):
        scaling_parameters(Setting(**BINARY), constant=0.5)
