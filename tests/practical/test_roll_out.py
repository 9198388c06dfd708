"""Hand-written gradients are those that torch derives."""

import torch

from lowlogit_edu.practical.roll_out import LARGEST, held, roll_out


def derived(first, maps, tokens):
    rank = len(first)
    one = torch.ones(len(tokens), 1)
    state = torch.cat([first.expand(len(tokens), -1), one], 1)
    carried = [state]
    rows = []
    for column in tokens.T[:-1]:
        both = torch.einsum("ni,nij->nj", state, maps[column])
        state = torch.cat([both[:, :rank], one], 1)
        carried.append(state)
        rows.append(both[:, rank:])
    return torch.stack(carried, 1), torch.stack(rows, 1)


def test_states_rows_and_gradients_are_those_that_torch_derives():
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(3, generator=generator)
    maps = torch.randn(5, 4, 3 + 2, generator=generator) / 2
    tokens = torch.randint(4, (7, 6), generator=generator)  # token 4 is in no text
    weights = [torch.randn(7, 6, 4, generator=generator), torch.randn(7, 5, 2, generator=generator)]
    found = []
    for run in (derived, roll_out()):
        leaves = [tensor.clone().requires_grad_() for tensor in (first, maps)]
        answers = run(*leaves, tokens)
        sum((answer * weight).sum() for answer, weight in zip(answers, weights, strict=True)).backward()
        found.append([*(answer.detach() for answer in answers), *(leaf.grad for leaf in leaves)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_single_token_is_not_read():
    carried, rows = roll_out()(torch.full((2,), 3.0), torch.zeros(1, 3, 2 + 5), torch.zeros(4, 1, dtype=torch.int64))
    assert carried.tolist() == [[[3.0, 3.0, 1.0]]] * 4
    assert rows.shape == (4, 0, 5)


def test_coefficients_that_grow_beyond_bounds_are_held_and_the_gradients_before_are_as_they_were():
    maps = torch.zeros(2, 2, 2)
    maps[0, 0] = torch.tensor([3.0, 1.0])  # token 0 makes the coefficient three times as large, token 1 makes it 0
    tokens = torch.tensor([[0] * 100, [0, 1] * 50])
    first = torch.ones(1, requires_grad=True)
    carried, rows = roll_out()(first, maps, tokens)
    assert carried[0, :6, 0].tolist() == [1, 3, 9, 27, 81, LARGEST] and carried.isfinite().all()
    beyond = held(carried)
    assert beyond[0].tolist() == [False] * 5 + [True] * 95 and not beyond[1].any()
    rows[~beyond[:, :-1]].sum().backward()
    assert first.grad.tolist() == [1 + 3 + 9 + 27 + 81 + 1]
