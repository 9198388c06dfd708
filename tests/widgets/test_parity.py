"""The explorer of notebook 04: correlations in samples, and queries."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.models import noisy_parity
from lowlogit_edu.widgets.parity import ParityExplorer


@pytest.fixture
def explorer():
    made = ParityExplorer()
    yield made
    made.close()


@pytest.mark.reliability("R20")
def test_no_control_leads_to_an_error(explorer):
    first = repr(explorer)
    assert push(explorer, count=6) == [] and repr(explorer) == first


def test_the_data_hold_every_subset_and_one_secret(explorer):
    explorer.set(bits=5, size=2, samples=30_000, noise=0.2)
    table = list(csv.DictReader(io.StringIO(explorer.data())))
    assert len(table) == 32
    (secret,) = [row for row in table if row["is_secret"] == "1"]
    assert [i for i, bit in enumerate(explorer.secret) if bit] == [int(i) for i in secret["subset"].split()]
    assert abs(float(secret["correlation"]) - 0.6) < 0.02
    assert max(abs(float(row["correlation"])) for row in table if row is not secret) < 0.03


def test_a_learner_of_few_bits_does_not_find_the_secret_and_one_of_enough_does(explorer):
    for degree, verdict in ((4, "that is not the secret"), (5, "that is the secret")):
        explorer.set(bits=10, size=5, samples=10_000, degree=degree)
        assert verdict in explorer.summary()


def test_queries_are_the_logits_of_the_model(explorer):
    explorer.set(bits=4, size=3, noise=0.3)
    model = noisy_parity(4, explorer.secret, 0.3)
    for i, gap in enumerate(explorer.asked()):
        zero, one = model.next_token_logits(np.eye(4, dtype=int)[i].tolist())
        assert gap == pytest.approx(one - zero) and (gap > 0) == bool(explorer.secret[i])


def test_a_secret_is_not_longer_than_the_text(explorer):
    explorer.set(bits=3, size=9)
    assert explorer.secret == (1, 1, 1) and explorer.values["size"] == 3
    explorer.set(degree=12)
    assert explorer.values["degree"] == 3 and "of size up to 3" in explorer.summary()
    explorer.reset()
    assert explorer.values["size"] == 4 and explorer.values["degree"] == 2


@pytest.mark.parametrize(("bits", "size"), [(2, 2), (4, 4), (12, 12), (8, 4)])
def test_the_star_stays_on_the_axis(explorer, bits, size):
    explorer.set(bits=bits, size=size, noise=0.02, samples=300)
    axes = explorer.figure().axes[0]
    (star,) = [points for points in axes.collections if points.get_label() == "the secret"]
    ((x, y),) = star.get_offsets()
    assert x == size and axes.get_xlim()[0] < x < axes.get_xlim()[1] and axes.get_ylim()[0] < y < axes.get_ylim()[1]


def test_subsets_with_equal_correlations_are_counted(explorer):
    for seed in range(21):
        explorer.set(bits=8, size=4, samples=10, degree=8, seed=seed)
        found, secret = explorer.seen()
        sizes = {subset: round(abs(a), 9) for subset, a in found.items()}
        best = [subset for subset, a in sizes.items() if a == max(sizes.values())]
        words = explorer.summary()
        assert ("alike" in words) == (len(best) > 1)
        assert ("the secret is one of them" in words) == (len(best) > 1 and secret in best)
        assert "that is not the secret" not in words or best != [secret]


def test_a_preset_sets_every_control(explorer):
    assert all(set(preset) == set(explorer.values) for preset in explorer.presets.values())
