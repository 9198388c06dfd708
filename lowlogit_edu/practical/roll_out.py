"""The states of an ISAN along token sequences, with gradients.

Written by hand because the gradient that torch derives holds one matrix for each token of each
sequence; here it is one product per distinct token. That is twice as fast and takes far less memory.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def roll_out() -> Callable[..., Any]:
    """`states(first, maps, tokens)`: tensors of shape (state,), (token, state + 1, state), (n, T) to (n, T, state).

    The state before token t + 1 is `(state before t, 1) @ maps[token t]`; the last token is not read.
    """
    import torch

    class RollOut(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, first: Any, maps: Any, tokens: Any) -> Any:
            n, T = tokens.shape
            states = torch.ones(T, n, len(first) + 1, dtype=first.dtype)
            states[0, :, :-1] = first
            for t in range(T - 1):
                states[t + 1, :, :-1] = torch.bmm(states[t][:, None], maps[tokens[:, t]])[:, 0]
            context.save_for_backward(states, maps, tokens)
            return states[..., :-1].transpose(0, 1)

        @staticmethod
        def backward(context: Any, *gradients: Any) -> Any:
            states, maps, tokens = context.saved_tensors
            (read,) = gradients
            after = torch.empty_like(read[:, 1:])
            gradient = read[:, -1]
            for t in range(tokens.shape[1] - 2, -1, -1):
                after[:, t] = gradient  # of the state that token t leads to
                gradient = read[:, t] + torch.bmm(maps[tokens[:, t]], gradient[:, :, None])[:, :-1, 0]
            token = tokens[:, :-1].flatten()
            order = token.argsort()
            counts = torch.bincount(token, minlength=len(maps)).tolist()
            before = states[:-1].transpose(0, 1).flatten(0, 1)[order].split(counts)
            after = after.flatten(0, 1)[order].split(counts)
            return gradient.sum(0), torch.stack([s.T @ g for s, g in zip(before, after, strict=True)]), None

    return RollOut.apply
