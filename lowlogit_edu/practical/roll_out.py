"""Coefficients carried and rows read along texts, with gradients.

Written by hand because the gradient that torch derives holds one matrix for each token of each text; here it is one
product per distinct token. That is twice as fast and takes far less memory.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

LARGEST = 100.0  # standard deviations; coefficients that have got so far off are held there, so that sums stay finite


@lru_cache(maxsize=1)
def roll_out() -> Callable[..., Any]:
    """`(carried, rows) = roll_out()(first, maps, tokens)`, all tensors.

    first (rank,), maps (token, rank + 1, rank + width) and tokens (n, T) give carried (n, T, rank + 1), the
    coefficients before each token and a 1, and rows (n, T - 1, width), the row after each token but the last, which
    is not read. Coefficients are held between -`LARGEST` and `LARGEST`; from there on gradients are not those of
    what is returned: leave such places out (`held`).
    """
    import torch

    class RollOut(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, first: Any, maps: Any, tokens: Any) -> Any:
            n, T = tokens.shape
            rank = len(first)
            step = maps[:, :, :rank].contiguous()
            carried = torch.ones(T, n, rank + 1, dtype=first.dtype, device=first.device)
            carried[0, :, :-1] = first
            for t in range(T - 1):
                after = torch.bmm(carried[t][:, None], step.index_select(0, tokens[:, t]))[:, 0]
                carried[t + 1, :, :-1] = after.clamp_(-LARGEST, LARGEST)
            token = tokens[:, :-1].T.flatten()
            order = token.argsort()
            counts = torch.bincount(token, minlength=len(maps)).tolist()
            before = carried[:-1].flatten(0, 1)[order].split(counts)
            read = torch.cat([c @ m for c, m in zip(before, maps[:, :, rank:], strict=True)])
            rows = torch.empty_like(read)
            rows[order] = read
            context.save_for_backward(carried, maps, step, tokens, order)
            context.counts = counts
            return carried.transpose(0, 1), rows.view(T - 1, n, maps.shape[2] - rank).transpose(0, 1)

        @staticmethod
        def backward(context: Any, *gradients: Any) -> Any:
            carried, maps, step, tokens, order = context.saved_tensors
            of_carried, of_rows = gradients
            T, n, inputs = carried.shape
            rank = inputs - 1
            pieces = of_rows.transpose(0, 1).flatten(0, 1)[order].split(context.counts)
            # What each row wants of the coefficients that it was read from.
            sorted_wants = torch.cat([g @ m.T for g, m in zip(pieces, maps[:, :, rank:], strict=True)])
            wants = torch.empty_like(sorted_wants)
            wants[order] = sorted_wants
            wants = wants.view(T - 1, n, inputs)[..., :-1]
            after = torch.empty(T - 1, n, rank, dtype=carried.dtype, device=carried.device)
            gradient = of_carried[:, -1, :-1]
            for t in range(T - 2, -1, -1):
                after[t] = gradient  # of the coefficients that token t leads to
                back = torch.bmm(step.index_select(0, tokens[:, t]), gradient[:, :, None])[:, :-1, 0]
                gradient = of_carried[:, t, :-1] + wants[t] + back
            before = carried[:-1].flatten(0, 1)[order].split(context.counts)
            of_maps = torch.empty_like(maps)
            both = zip(before, after.flatten(0, 1)[order].split(context.counts), pieces, strict=True)
            for of_map, (c, a, g) in zip(of_maps, both, strict=True):
                torch.mm(c.T, a, out=of_map[:, :rank])
                torch.mm(c.T, g, out=of_map[:, rank:])
            return gradient.sum(0), of_maps, None

    return RollOut.apply


def held(carried: Any) -> Any:
    """Where along each text (n, T) coefficients have been held at `LARGEST` by then, as a tensor of bools."""
    return (carried[..., :-1].abs() >= LARGEST).any(-1).cummax(dim=1).values
