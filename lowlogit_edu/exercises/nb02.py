"""Checks of notebook 02, logit matrices and their rank."""

import json
from functools import cache
from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, numbers, shape_of, show
from lowlogit_edu.matrices.logit_matrix import best_rank_errors, logit_matrix
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.oracles.pretrained import embedded_folder


@exercise("A query answers one history and one future, for all next tokens at once.")
def nb02_shape(answer: Any) -> None:
    """Rows, columns and queries of a logit matrix: three numbers."""
    # 10 histories, 6 futures, 4 tokens
    rows, columns, queries = numbers(answer, 3)
    if rows != 10:
        raise Wrong(f"not {counted(rows, 'row')}: there is one row per history.")
    if columns == 6:
        raise Wrong("not 6 columns: a column is a future and a next token.")
    if columns != 24:
        raise Wrong(f"not {counted(columns, 'column')}: how many pairs of a future and a token are there?")
    if queries == 240:
        raise Wrong("not 240 queries: that is the number of entries, and one query gives several.")
    if queries != 60:
        raise Wrong(
            f"not {counted(queries, 'query', 'queries')}: how many different prefixes h followed by f are there?"
        )


@exercise("This is the matrix that every algorithm of the course looks at, a few entries at a time.")
def nb02_logit_matrix(answer: Any) -> None:
    """The logit matrix: a function of (oracle, histories, futures)."""
    oracle = ExactOracle(random_isan(alphabet_size=3, dimension=2, horizon=5, seed=1))
    histories = [[0, 1], [2, 0], [1, 1], [2, 2]]
    futures = [[], [2], [0, 1]]
    wanted = logit_matrix(oracle, histories, futures)
    reply = call(answer, oracle, histories, futures)
    if shape_of(reply) == wanted.T.shape:
        raise Wrong("rows and columns are exchanged: histories are the rows.")
    found = array(reply, wanted.shape)
    if np.allclose(found, wanted):
        return
    blocks = wanted.reshape(4, 3, 3)  # history, future, token
    by_token = blocks.transpose(0, 2, 1)
    backwards = logit_matrix(oracle, futures, histories).reshape(3, 4, 3)  # future, history, token
    if np.allclose(found, backwards.transpose(1, 0, 2).reshape(4, 9)):
        raise Wrong("you asked about future + history. The history comes first in the text.")
    if np.allclose(found, by_token.reshape(4, 9)):
        raise Wrong("all entries are there, but the columns are grouped by token; group them by future.")
    row, column = np.argwhere(~np.isclose(found, wanted))[0]
    future, token = divmod(column, 3)
    raise Wrong(
        f"row {row}, column {column} is {found[row, column]:.4f}. It should be the logit of token {token} after "
        f"history {histories[row]} and future {futures[future]}."
    )


@exercise("The truncated singular value decomposition is best for squares; Equation 2 then averages absolute values.")
def nb02_rank_error(answer: Any) -> None:
    """Mean absolute error of the best approximation: a function of (matrix, rank)."""
    cases = (
        (np.array([[2.0, 1.0], [1.0, 2.0], [0.0, 1.0]]), 1),
        (np.random.default_rng(2).normal(size=(5, 4)), 2),
        (np.random.default_rng(3).normal(size=(3, 6)), 0),
    )
    for matrix, rank in cases:
        found = number(call(answer, matrix, rank))
        wanted = best_rank_errors(matrix, [rank])[0]
        if np.isclose(found, wanted, atol=1e-9):
            continue
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        best = (left[:, :rank] * values[:rank]) @ right[:rank]
        gap = matrix - best
        given = f"for {show(matrix)} and rank {rank} you gave {found:.4f}"
        if np.isclose(found, np.abs(gap).sum()):
            raise Wrong(f"{given}: the sum of the errors. Divide by the number of entries.")
        if np.isclose(found, np.sqrt((gap**2).mean())) or np.isclose(found, (gap**2).mean()):
            raise Wrong(f"{given}: squares are for the SVD; Equation 2 averages absolute values.")
        if rank and np.isclose(found, best_rank_errors(matrix, [rank - 1])[0]):
            raise Wrong(f"{given}: the error of rank {rank - 1}. The slice [:r] holds r items already.")
        if np.isclose(found, best_rank_errors(matrix, [rank + 1])[0], atol=1e-9):
            raise Wrong(f"{given}: the error of rank {rank + 1}. The slice [:r] holds r items already.")
        if np.isclose(found, abs(gap.mean())) or np.isclose(found, gap.mean()):
            raise Wrong(f"{given}: errors of both signs cancel. Take absolute values before the mean.")
        raise Wrong(f"{given}. With rank 0 the approximation is 0, and the error is the mean absolute entry.")


@exercise("Ten dimensions against a thousand and twenty-four, for the same model.")
def nb02_copying(answer: Any) -> None:
    """Logit rank and probability rank of copying 10 bits: two numbers."""
    logit, probability = numbers(answer, 2)
    if (logit, probability) == (1024, 10):
        raise Wrong("the other way round: in which space does every text need a dimension of its own?")
    if logit == 11:
        raise Wrong("logit rank 11 is the dimension of the state, an upper bound. Here no column reads the 1.")
    if logit != 10:
        raise Wrong(f"logit rank {logit:g}? Section 5 computed it for 2, 3, 4 and 5 bits.")
    if probability == 20:
        raise Wrong("probability rank 20? It doubles with every bit; it does not grow by 2.")
    if probability != 1024:
        raise Wrong(f"probability rank {probability:g}? How many different first halves are there?")


@exercise("Sixteen times the rank for half the error: the exponent matters.")
def nb02_factor(answer: Any) -> None:
    """The factor by which the rank must grow to halve an error that falls like rank^(-0.25): a number."""
    factor = number(answer)
    if np.isclose(factor, 16):
        return
    if np.isclose(factor, 2):
        raise Wrong("2 would be right for an error that falls like 1/r.")
    if np.isclose(factor, 2**0.25):  # the exponent, not its inverse
        raise Wrong(f"{factor:.3f}: a rank larger by 19% cannot do it. Solve (factor)^(-0.25) = 1/2.")
    if factor < 1:
        raise Wrong(f"{show(answer)} is below 1, but a smaller rank has a larger error.")
    raise Wrong(f"with {show(answer)} times the rank the error is {factor**-0.25:.3f} times as large, not 0.5.")


@exercise("Read off from answers alone; the configuration of the model says the same.")
def nb02_width(answer: Any) -> None:
    """Width of the embedded teacher: a number."""
    found = number(answer)
    width = _width()
    if found == 512:
        raise Wrong("512 is the size of the alphabet. Floats are never exactly 0: where do the singular values drop?")
    if found == width - 1:
        raise Wrong(f"{found:g} is one too few. The first singular value counts as well.")
    if found == width + 1:
        raise Wrong(f"{found:g} is one too many: a position in a Python array begins at 0.")
    if found > width:
        raise Wrong(f"{found:g} is too many: values of 1e-7 of the largest are the rounding of float32.")
    if found < width:
        raise Wrong(f"{found:g} is too few: with n histories the rank is at most n, and small values may be real.")


@cache
def _width() -> int:
    text = (embedded_folder() / "config.json").read_text(encoding="utf-8")
    return int(json.loads(text)["hidden_size"])
