"""Ridge regression pulled towards a guess instead of zero, from its normal equations.

>>> gram, cross = np.array([[2.0]]), np.array([[2.0]])  # two observations of y = 1, at x = 1
>>> guess = np.array([[3.0]])
>>> ridge_solve(gram, cross, pull=np.array([2.0]), prior=guess).tolist()  # a guess worth two observations more
[[2.0]]
"""

import numpy as np
from jaxtyping import Float

# How many observations the guess of a constant is worth. Less than one: the guess is the mean over all tokens, the
# truth is near the mean of one token, and a single observation of that token says more.
CONSTANT_PULL = 0.3


def ridge_solve(
    gram: Float[np.ndarray, "input input"],
    cross: Float[np.ndarray, "input output"],
    pull: Float[np.ndarray, "input"],
    prior: Float[np.ndarray, "input output"],
) -> Float[np.ndarray, "input output"]:
    """The matrix W that minimises |X W - Y|^2 + sum_i pull_i |W_i - prior_i|^2.

    Parameters
    ----------
    gram, cross : arrays
        X' X and X' Y: all that the observations have to be known by.
    pull : array of shape (input,)
        How strongly each row of W is drawn to the same row of `prior`.
    prior : array of shape (input, output)
    """
    return np.linalg.solve(gram + np.diag(pull), cross + pull[:, None] * prior)


def affine_pull(size: int, ridge: float) -> Float[np.ndarray, "input"]:
    """The pull on a map whose last input is 1: `ridge` on every slope, `CONSTANT_PULL` on the constant."""
    return np.array([ridge] * (size - 1) + [CONSTANT_PULL])


def affine_prior(size: int, mean: Float[np.ndarray, "output"]) -> Float[np.ndarray, "input output"]:
    """The guess for such a map: `mean`, whatever the other inputs are."""
    prior = np.zeros((size, len(mean)))
    prior[-1] = mean
    return prior
