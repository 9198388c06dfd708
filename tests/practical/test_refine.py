"""The parts of refinement: shared factors of all tokens' maps, and batches."""

import numpy as np
import pytest
import torch

import lowlogit_edu as ll
from lowlogit_edu.core.errors import MissingExtra
from lowlogit_edu.core.rng import stream
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.batches import Batches
from lowlogit_edu.practical.refine import factorize
from lowlogit_edu.practical.row_code import RowCode

RNG = np.random.default_rng(0)
COUNTS = RNG.integers(0, 5000, size=20).astype(float)


def mixed(found):
    return np.einsum("tf,fij->tij", found["mixture"], found["matrices"]) + found["shared"]


def test_maps_that_are_mixtures_of_few_matrices_are_found_again():
    maps = np.einsum("tf,fij->tij", RNG.normal(size=(20, 3)), RNG.normal(size=(3, 4, 7))) + RNG.normal(size=(4, 7))
    found = factorize(maps, COUNTS, factors=10)
    assert found["mixture"].shape == (20, 3) and found["matrices"].shape == (3, 4, 7)
    np.testing.assert_allclose(mixed(found), maps, atol=1e-9)
    sizes = [np.sqrt(np.square(found[name]).mean()) for name in ("mixture", "matrices")]
    assert max(sizes) < 10 * min(sizes)  # Adam takes steps of one size in both


def test_fewer_factors_are_the_closest_that_there_are_and_favour_frequent_tokens():
    maps = RNG.normal(size=(20, 4, 7))
    weight = np.sqrt(np.minimum(COUNTS, 2000) + 1)
    found = factorize(maps, COUNTS, factors=5)
    left = weight[:, None] * (mixed(found) - maps).reshape(20, -1)
    flat = maps.reshape(20, -1)
    centred = weight[:, None] * (flat - np.average(flat, axis=0, weights=weight**2))
    least = np.square(np.linalg.svd(centred, compute_uv=False)[5:]).sum()
    assert np.square(left).sum() == pytest.approx(least)


def answers():
    """Ten texts of four tokens, three contexts of as many, and five texts of eight."""
    code = RowCode.of(RNG.normal(size=(50, 6)), 6)

    def block(count, length, first):
        tokens = np.full((count, length), first) + np.arange(count)[:, None]
        return Block.whole(tokens, np.zeros((count, length, 6), dtype=np.float16))

    return Answers(code, (block(10, 4, 0), block(3, 4, 100), block(5, 8, 200)))


def test_batches_hold_every_text_once_by_length_and_as_many_tokens_each():
    batches = Batches(answers(), 4, stream(0))
    found = list(batches)
    assert len(batches) == len(found) == 4 + 3  # 13 short texts by at most 4, 5 long ones by at most 2
    assert all(len(batch) <= (4 if batch.tokens.shape[1] == 4 else 2) for batch in found)
    first = sorted(row[0] for batch in found for row in batch.tokens.tolist())
    assert first == [*range(10), *range(100, 103), *range(200, 205)]


def test_texts_and_contexts_are_mixed():
    (batch,) = [batch for batch in Batches(answers(), 13, stream(0)) if batch.tokens.shape[1] == 4]
    assert {0, 100} <= set(batch.tokens[:, 0].tolist())


def test_the_order_is_the_seeds():
    def order(seed):
        return [batch.tokens[:, 0].tolist() for batch in Batches(answers(), 4, stream(seed))]

    assert order(0) == order(0) != order(1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that torch can use is here")
def test_a_gpu_refines_as_the_processor_does():
    config = ll.LearnerConfig.practical(rank=8, sequences=300, epochs=1, validation=50, passes=2)
    models = []
    for device in ("cpu", "cuda"):
        oracle = ll.oracles.TransformerOracle.from_pretrained(device=device)
        models.append(ll.learn(oracle, 8, config, seed=0).model)
    tokens = models[0].sample(50, seed=0)
    along = [model.logits_along(tokens) for model in models]
    np.testing.assert_allclose(along[0], along[1], atol=0.2)  # of a few nats: noise that many steps have spread


def test_refinement_without_torch_is_refused_before_the_first_query(monkeypatch):
    teacher = ll.oracles.Counted(ll.oracles.ExactOracle(ll.models.random_isan(3, 2, horizon=4, seed=0)))
    monkeypatch.setattr("lowlogit_edu.practical.learner.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="Refinement needs torch"):
        ll.learn(teacher, horizon=4, config=ll.LearnerConfig.practical(rank=3, sequences=50))
    assert teacher.queries == 0
