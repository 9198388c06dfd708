"""Checks of notebook 10, the learner on TinyStories."""

from typing import Any

import numpy as np

from lowlogit_edu.core.numerics import kl_divergence, log_softmax, mean_center
from lowlogit_edu.exercises.common import isan_logits
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show


@exercise("Every token of every text is drawn from one answer, and the first token is drawn from the empty prefix's.")
def nb10_sampling_queries(answer: Any) -> None:
    """How many queries does it take to sample 5,000 texts of 40 tokens?"""
    queries = number(answer)
    if queries == 5_000:
        raise Wrong("one query gives the distribution of one token. How many tokens does a text have?")
    if queries == 5_000 * 39:
        raise Wrong("39 queries tell 39 tokens. Which prefix does the first token follow?")
    if queries != 5_000 * 40:
        raise Wrong(f"{show(answer)} is not it. Begin small: how many queries for one text of 2 tokens?")


@exercise("In nats, at least 0, and 0 only for equal distributions. It is not symmetric.")
def nb10_kl(answer: Any) -> None:
    """KL(teacher || model) of two rows of logits: a function of (teacher_logits, model_logits)."""
    # Equal rows, rows whose KL depends on the order, and rows of more than two tokens.
    rng = np.random.default_rng(0)
    flat = np.zeros(2)
    tilted = np.array([1.0, -1.0])
    for p, q in ((flat, flat), (tilted, flat), rng.normal(size=(2, 3))):
        found = number(call(answer, p, q))
        wanted = kl_divergence(p, q)
        given = f"for logits {show(p)} and {show(q)}"
        if np.isclose(found, wanted, atol=1e-6):
            continue
        if np.isclose(found, kl_divergence(q, p), atol=1e-6):
            raise Wrong(f"{given} you gave KL(model || teacher). The teacher's probabilities are the weights.")
        if np.isclose(found, wanted / np.log(2), atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: those are bits. Use the natural logarithm.")
        if np.isclose(found, -wanted, atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: KL is never negative. Which sign has log p - log q?")
        if np.isclose(found, np.exp(log_softmax(p)) @ (p - q), atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: logits are not log-probabilities until they are normalised.")
        log_p, log_q = log_softmax(p), log_softmax(q)
        if np.isclose(found, -np.exp(log_p) @ log_q, atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: that is the cross entropy; take the teacher's entropy off.")
        if np.isclose(found, np.mean(np.exp(log_p) * (log_p - log_q)), atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: sum over the tokens; the probabilities are weights already.")
        if np.isclose(found, np.exp(log_p) @ np.abs(log_p - log_q), atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: some terms are negative, and must stay so.")
        if np.isclose(found, np.exp(log_q) @ (log_p - log_q), atol=1e-6):
            raise Wrong(f"{given} you gave {found:.4f}: the weights are the teacher's probabilities, not the model's.")
        raise Wrong(
            f"{given} you gave {found:.4f}, expected {wanted:.4f}. Weights p, terms log p - log q, all normalised?"
        )


@exercise("Reading is multiplying, the newest token's matrix on the left.")
def nb10_read(answer: Any) -> None:
    """Logits of an ISAN after some tokens: a function of (initial_state, transitions, readout, tokens)."""
    rng = np.random.default_rng(1)
    state = rng.normal(size=2)
    transitions = rng.normal(size=(3, 2, 2))
    readout = rng.normal(size=(3, 2))

    transposed = transitions.transpose(0, 2, 1)
    for tokens in ([], [2], [0, 1], [0, 1, 2]):
        found = array(call(answer, state, transitions, readout, tokens), (3,))
        wanted = isan_logits(state, transitions, readout, tokens)
        if np.allclose(found, wanted) or np.allclose(found, mean_center(wanted)):
            continue
        if np.allclose(found, isan_logits(state, transitions, readout, tokens[::-1])):
            raise Wrong(f"for tokens {tokens} you read them backwards: x_1 = A_(y_1) x_0 comes first.")
        if np.allclose(found, isan_logits(state, transposed, readout, tokens)):
            raise Wrong(
                f"for tokens {tokens} you multiplied by the transposed matrices: x_t = A x_(t-1), not x_(t-1) A."
            )
        if not tokens:
            raise Wrong(f"for no tokens your logits are {show(found)}. The state is the initial one then; is it read?")
        raise Wrong(
            f"for tokens {tokens} your logits are {show(found)}. Does every token of the list, the first one too, "
            "replace the state by its matrix times the state?"
        )
