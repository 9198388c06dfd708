"""One question to every learner: is what it returns the teacher, and does it answer alone?"""

from lowlogit_edu.evaluation.divergence import mean_kl, total_variation
from lowlogit_edu.models.base import LanguageModel


class Teacher(LanguageModel):
    """A known model that answers until it is closed; it is a model, so that learners may also write it out."""

    def __init__(self, model):
        self.model = model
        self.alphabet_size = model.alphabet_size
        self.horizon = model.horizon
        self.fingerprint = model.fingerprint
        self.open = True

    def logits(self, prefixes):
        assert self.open, "the learned model asked its teacher; it must answer alone"
        return self.model.logits(prefixes)


def largest_kl(teacher, model):
    """The KL (nats) at the position where it is largest, on fresh sequences: for models too large to write out."""
    return float(mean_kl(teacher, model, n=200, seed=1).per_position.max())


def check_recovers(learner, teacher, tolerance, *, distance=total_variation):
    """Assert that `learner(oracle, horizon)` returns a model within `tolerance` of the teacher, which answers alone.

    The distance is the exact total variation, over all sequences, unless `largest_kl` or another one is
    given. By the time that it is measured the oracle is closed. Returns the model.
    """
    oracle = Teacher(teacher)
    model = learner(oracle, teacher.horizon)
    oracle.open = False
    found = distance(teacher, model)
    assert found <= tolerance, f"{model!r} is {found:.3g} away from {teacher!r}, more than {tolerance:g}"
    return model
