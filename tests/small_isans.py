"""What tests of the web page compare with: small random ISANs of each form, and the page's random numbers."""

import numpy as np

from lowlogit_edu.learned.isan_model import ISANModel

FORMS = ("own", "mixed", "numbered")  # a matrix for each token, mixtures of three, or one of three


def random_model(form="own", alphabet_size=7, size=1.0):
    """An ISAN of rank 5 that carries 4 numbers, whose states stay of about one size."""
    rng = np.random.default_rng(0)
    mixtures = {
        "own": None,
        "mixed": rng.normal(size=(alphabet_size, 3)).astype(np.float32) / 2,
        "numbered": np.arange(alphabet_size) % 3,
    }
    count = alphabet_size if form == "own" else 3
    transitions = rng.normal(size=(count, 5, 4)).astype(np.float32) / 2
    readout = rng.normal(size=(alphabet_size, 5)).astype(np.float32) * size
    initial_state = rng.normal(size=5).astype(np.float32)
    return ISANModel(initial_state, transitions, readout, 12, mixture=mixtures[form])


def mulberry32(seed):
    """The numbers that `randomNumbers` in model.js gives, written down again."""
    state = seed
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        bits = (state ^ state >> 15) * (1 | state) % 2**32
        bits = ((bits + (bits ^ bits >> 7) * (61 | bits)) % 2**32) ^ bits
        yield (bits ^ bits >> 14) / 2**32
