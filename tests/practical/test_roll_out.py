"""Hand-written gradients are those that torch derives."""

import torch

from lowlogit_edu.practical.roll_out import roll_out


def derived(first, maps, tokens):
    state = first.expand(len(tokens), -1)
    states = []
    for column in tokens.T:
        states.append(state)
        state = torch.einsum("ni,nij->nj", torch.cat([state, torch.ones(len(state), 1)], 1), maps[column])
    return torch.stack(states, 1)


def test_states_and_gradients_are_those_that_torch_derives():
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(3, generator=generator)
    maps = torch.randn(5, 4, 3, generator=generator) / 2
    tokens = torch.randint(4, (7, 6), generator=generator)  # token 4 is in no sequence
    weights = torch.randn(7, 6, 3, generator=generator)
    found = []
    for states in (derived, roll_out()):
        leaves = [tensor.clone().requires_grad_() for tensor in (first, maps)]
        answer = states(*leaves, tokens)
        (answer * weights).sum().backward()
        found.append([answer.detach(), *(leaf.grad for leaf in leaves)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_single_token_is_not_read():
    states = roll_out()(torch.ones(2), torch.zeros(1, 3, 2), torch.zeros(4, 1, dtype=torch.int64))
    assert states.tolist() == [[[1.0, 1.0]]] * 4
