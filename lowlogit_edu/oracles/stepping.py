"""Running a causal language model token by token, from the state that each forward pass hands on.

A transformer hands on keys and values, a recurrent model its state; either is a shortcut that must change
no logit. `state_works` tries it against whole sequences, because a model's own code may get it wrong.
"""

import threading
from contextlib import nullcontext
from typing import Any

import numpy as np
from jaxtyping import Float, Int

STATES = ("past_key_values", "cache_params")  # what transformers, and recurrent models, call what they hand on
STATE_IN_ITSELF = {"recurrent_gemma"}  # and not in what it hands on
ONE_AT_A_TIME = threading.Lock()
# How far logits from the state may be from those of whole sequences, plus rounding: a tenth of what another history
# does to them, as a state that is ignored or mixed up is off by about all of it; and a small share of their spread, as
# one that misses a token may be nearly right.
SHARE_OF_A_HISTORY = 0.1
SHARE_OF_THE_SPREAD = 3e-4
ROUNDING = 1e-5


class Steps:
    """Token sequences that grow together, one forward pass per step.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    use_state : bool
        False reads the whole sequences again at every step: slow, and always right.
    """

    def __init__(self, model: Any, use_state: bool = True) -> None:
        self.model = model
        self.use_state = use_state
        self.state: dict[str, Any] = {}
        self.read: Any = None  # the tokens so far, where they must be read again

    def append(
        self, tokens: Int[np.ndarray, "sequence step"], parents: Int[np.ndarray, "sequence"] | None = None
    ) -> Any:
        """Raw logits after `tokens`: a float32 tensor of shape (sequence, alphabet_size).

        Sequence i goes on from sequence `parents[i]` of the step before, by default its own.
        """
        import torch

        ids = torch.from_numpy(tokens).to(self.model.device)
        if not self.use_state:
            if self.read is not None:
                before = self.read if parents is None else self.read[torch.from_numpy(parents)]
                ids = torch.cat([before, ids], dim=1)
            self.read = ids
            return forward(self.model, self.read, use_cache=False).logits[:, -1].float()
        if self.state and parents is not None:  # there is none before the first step
            (state,) = self.state.values()
            state.reorder_cache(torch.from_numpy(parents).to(ids.device))
        output = forward(self.model, ids, use_cache=True, **self.state)
        name = next(name for name in STATES if getattr(output, name, None) is not None)
        if not self.state:
            from lowlogit_edu.hugging_face.cache import give_room

            give_room(getattr(output, name))
        self.state = {name: getattr(output, name)}
        return output.logits[:, -1].float()


def forward(model: Any, ids: Any, **options: Any) -> Any:
    """`model(ids, **options)`; a model that keeps its state in itself is not called by two threads at once."""
    with ONE_AT_A_TIME if model.config.model_type in STATE_IN_ITSELF else nullcontext():
        return model(ids, **options)


def state_works(model: Any, first: int, *, several: bool = False) -> bool:
    """Whether the model's state, reordered, gives the logits of whole sequences that begin with `first`.

    `several` tries a state that goes on by two tokens at once: recurrent models' own code may drop one.
    """
    import torch
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # recurrent models tell at their first step which kernels are not installed
    whole = np.array([[first, 1, 0, 1], [first, 0, 0, 1]])
    steps = Steps(model)
    try:
        with torch.inference_mode():
            expected = Steps(model, use_state=False).append(whole)
            # One sequence branches into two, in the wrong order; the step after puts them in order again.
            steps.append(whole[:1, :1])
            steps.append(whole[::-1, 1:2].copy(), np.array([0, 0]))
            if several:
                found = steps.append(whole[:, 2:], np.array([1, 0]))
            else:
                steps.append(whole[:, 2:3], np.array([1, 0]))
                found = steps.append(whole[:, 3:])
            error = float((found - expected).abs().max())
        return error <= allowed_error(expected.cpu().numpy())
    except Exception:  # no state, one that cannot be reordered, or one that fails in its own way
        return False
    finally:
        logging.set_verbosity(verbosity)


def allowed_error(expected: Float[np.ndarray, "text token"]) -> float:
    """How far logits may be from `expected`, those of whole texts, the first two of which differ."""
    between_histories = np.abs(expected[0] - expected[1]).max()
    return float(min(SHARE_OF_A_HISTORY * between_histories, SHARE_OF_THE_SPREAD * expected.std()) + ROUNDING)
