"""The floor: how close to a teacher any readout of rank r could come, if its states were the best there are.

>>> rows = np.outer([1.0, -2.0, 0.5], [1.0, 0.0, -1.0])[:, None]  # three texts of one token
>>> float(best_rank_kl(rows, rank=2).max().round(6)), bool(best_rank_kl(rows, rank=1).max() > 0.1)
(0.0, True)
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import missing_extra
from lowlogit_edu.core.numerics import kl_divergence, mean_center, softmax

RATE = 0.02  # of Adam at its largest
LEAST_WEIGHT = 1e-6  # of a token, however unlikely: directions are divided by its root


def project(
    rows: Float[np.ndarray, "row token"], rank: int
) -> tuple[Float[np.ndarray, "token"], Float[np.ndarray, "row state"], Float[np.ndarray, "state token"]]:
    """Mean, coordinates and directions of the best approximation of rank `rank`, a token weighted by sqrt(probability).

    One dimension is the mean's. Of the weightings by a power of the probability tried on a TinyStories
    teacher (0, 1/4, 1/2, 3/4, 1), the root gave the lowest KL.
    """
    weights = np.sqrt(softmax(rows).mean(axis=0)) + LEAST_WEIGHT
    root = np.sqrt(weights / weights.sum())
    rows = rows - (rows @ root**2)[:, None]  # centred in the same weights: a constant changes no distribution
    mean = rows.mean(axis=0)
    left, values, right = np.linalg.svd((rows - mean) * root, full_matrices=False)
    # Coordinates of standard deviation 1, so that one learning rate suits them all; the directions carry the size.
    coordinates = left[:, : rank - 1] * np.sqrt(len(rows))
    scale = values[: rank - 1] / np.sqrt(len(rows))
    return mean, coordinates, right[: rank - 1] * scale[:, None] / root


def best_rank_kl(
    logits: Float[np.ndarray, "sequence time token"], rank: int, steps: int = 0, *, shared: bool = False
) -> Float[np.ndarray, "sequence time"]:
    """KL(teacher || its best approximation of rank `rank`), in nats, row by row.

    The rows of each position (of all positions where `shared`: a readout that does not depend on time)
    are projected by `project`; then `steps` steps of gradient descent lower the KL itself, through mean,
    directions and every row's coordinates. So this approximates, from above, the smallest KL on these
    rows of any model whose readout has this rank: no such model is below the minimum, though one may be
    below this approximation. With few rows the minimum itself is low, each row having coordinates of
    its own.

    Parameters
    ----------
    logits : array of shape (n, T, alphabet_size)
        The teacher's, on the texts that the models are judged on.
    steps : int
        0 for the projection alone; more need torch.
    """
    rank = check_count("rank", rank)
    (n, T, V) = logits.shape
    # One group of rows for each readout: all rows, or those of each position.
    by_time = mean_center(logits.astype(np.float64)).swapaxes(0, 1)
    groups = by_time.reshape((1, T * n, V) if shared else (T, n, V))
    projections = [project(group, rank) for group in groups]
    mean = np.stack([mean for mean, _, _ in projections])
    coordinates = np.stack([coordinates for _, coordinates, _ in projections])
    directions = np.stack([directions for _, _, directions in projections])
    if check_count("steps", steps, 0):
        mean, coordinates, directions = _descend(groups, [mean, coordinates, directions], steps)
    return kl_divergence(groups, mean[:, None] + coordinates @ directions).reshape(T, n).T


def _descend(rows: np.ndarray, fitted: list[np.ndarray], steps: int) -> list[np.ndarray]:
    """`fitted` after some steps of Adam on the mean KL."""
    try:
        import torch
    except ImportError as error:
        raise missing_extra("The floor", "torch", "or set steps=0") from error
    p = torch.tensor(softmax(rows), dtype=torch.float32)
    parameters = [torch.tensor(array, dtype=torch.float32).requires_grad_() for array in fitted]
    optimizer = torch.optim.Adam(parameters)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1, pct_start=0.1)
    for _ in range(steps):
        mean, coordinates, directions = parameters
        optimizer.zero_grad()
        log_q = torch.log_softmax(mean[:, None] + coordinates @ directions, dim=-1)
        cross_entropy = -(p * log_q).sum(-1)  # KL but for the entropy of p, which no parameter changes
        cross_entropy.mean(-1).sum().backward()  # the groups have no parameter in common: each has its own mean
        optimizer.step()
        schedule.step()
    return [parameter.detach().double().numpy() for parameter in parameters]
