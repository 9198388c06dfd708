"""What tests of the web page compare with: small random ISANs of each form, and the page's random numbers."""

import numpy as np

from lowlogit_edu.learned.isan_model import ISANModel


def random_model(mixture=None, count=7, size=1.0, seed=0):
    """An ISAN of 7 tokens, rank 5 and 4 numbers carried, whose states stay of about one size."""
    rng = np.random.default_rng(seed)
    transitions = rng.normal(size=(count, 5, 4)).astype(np.float32) / 2
    readout = rng.normal(size=(7, 5)).astype(np.float32) * size
    return ISANModel(rng.normal(size=5).astype(np.float32), transitions, readout, 12, mixture=mixture)


def weights(count=3):
    return np.random.default_rng(1).normal(size=(7, count)).astype(np.float32) / 2


def mulberry32(seed):
    """The numbers that `randomNumbers` in model.js gives, written down again."""
    state = seed
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        bits = (state ^ state >> 15) * (1 | state) % 2**32
        bits = ((bits + (bits ^ bits >> 7) * (61 | bits)) % 2**32) ^ bits
        yield (bits ^ bits >> 14) / 2**32
