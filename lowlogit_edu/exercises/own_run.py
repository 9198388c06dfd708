"""A student's run in the course's own pictures.

>>> epoch_rows([])
[]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.algorithm.trace import EpochRow
from lowlogit_edu.events import Status
from lowlogit_edu.exercises.own_learner import BOUND, THRESHOLD, Cut, Own, Trial, texts
from lowlogit_edu.matrices.logit_matrix import Word, cut_matrix
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets.explorer import Explorer, slider
from lowlogit_edu.widgets.faithful_run import EpochExplorer, Run
from lowlogit_edu.widgets.logit_atlas import LogitAtlas

FOLLOWED = 3  # texts of the atlas
QUERIES = "queries"  # the last column of the data: her epochs do not count theirs


class OwnRunExplorer(EpochExplorer):
    """The slider through epochs of notebook 09, moved along a student's run.

    Parameters
    ----------
    teacher : LanguageModel
    trial : Trial
        Of a learner that is written.
    epoch : int
        The one shown first.
    """

    def __init__(self, teacher: LanguageModel, trial: Trial, epoch: int = 1) -> None:
        self._run = own_run(teacher, trial)
        controls = {"epoch": slider("Epoch shown", epoch, 1, len(self._run.rows))}
        # Not EpochExplorer's own beginning: its controls choose a run, and this run is there already.
        Explorer.__init__(self, controls, "own_run", animated="epoch")

    @property
    def run(self) -> Run:
        """The student's run."""
        return self._run

    def data(self) -> str:
        """The numbers behind the picture, without the queries of each epoch, which she did not count."""
        lines = super().data().splitlines()
        assert lines[0].endswith(f",{QUERIES}")
        return "\n".join(line.rpartition(",")[0] for line in lines) + "\n"


def own_run(teacher: LanguageModel, trial: Trial) -> Run:
    """What the picture shows of a run, and what the student's learner does not see."""
    *_, found = trial.history[-1]
    return Run(
        rows=epoch_rows(trial.history),
        status=Status.VERIFIED if found == "verified" else Status.EPOCH_LIMIT,
        distance=trial.distance,
        ranks=[numerical_rank(cut_matrix(teacher, cut)) for cut in range(1, teacher.horizon)],
        queries=trial.queries,
        prefixes=trial.prefixes,
        threshold=THRESHOLD,
    )


def epoch_rows(history: Sequence[tuple[Any, Any, Any, Any]]) -> list[EpochRow]:
    """The rows of `trace`, of epochs (futures, cuts, residuals, found); queries are not known, and 0."""
    rows = []
    for number, (futures, cuts, residuals, found) in enumerate(history, start=1):
        witness = None if isinstance(found, str) else found
        last = history[-1][1]  # the potential is told on the last spanner, as `trace` does
        rows.append(
            EpochRow(
                epoch=number,
                futures=tuple(map(tuple, futures)),
                spanners=tuple(tuple(cut.histories) for cut in cuts),
                residuals=tuple(map(float, residuals)),
                infeasible=float(found == "infeasible"),
                witness=witness,
                residual=float(residuals[witness[0] - 1]) if witness else None,
                surprise=_surprise(last, futures, witness),
                log_determinants=tuple(map(_log_determinant, last, futures)),
                queries=0,
            )
        )
    return rows


def _potential(cut: Cut, futures: Sequence[Word]) -> np.ndarray:
    """V = I + sum of phi phi^T: phi has the logits of a future on the spanner (Lemma 5.1)."""
    phis = np.array([cut.logits[future] for future in futures])
    return np.eye(phis.shape[1]) + phis.T @ phis


def _log_determinant(cut: Cut, futures: Sequence[Word]) -> float:
    return float(np.linalg.slogdet(_potential(cut, futures)).logabsdet)


def _surprise(cuts: Sequence[Cut], futures: Sequence[Sequence[Word]], witness: tuple[int, Word] | None) -> float | None:
    """phi^T V^-1 phi of the witness; None without one, or where its logits were not asked any more."""
    if witness is None or witness[1] not in cuts[witness[0] - 1].logits:
        return None
    s, future = witness
    phi = cuts[s - 1].logits[future]
    return float(phi @ np.linalg.solve(_potential(cuts[s - 1], futures[s - 1]), phi))


def own_atlas(teacher: LanguageModel, trial: Trial, own: Own) -> LogitAtlas | Trial:
    """The atlas of a student's run, with her own program's coefficients; the trial itself while it is not written.

    It is opened where the last witness was found. The texts followed are drawn from the teacher, apart from her run.
    """
    if not trial:
        return trial
    drawn = texts(ExactOracle(teacher), 20, teacher.horizon - 1, np.random.default_rng(0))
    followed = list(dict.fromkeys(drawn))[:FOLLOWED]

    def follow(cuts: Sequence[Cut], text: Word) -> Any:
        return own.solve(cuts, text, BOUND)

    made = LogitAtlas.of_epochs(trial.history, teacher.alphabet_size, followed, follow)
    made.frame = max((number for number, frame in enumerate(made.atlas.frames) if frame.witnesses), default=-1)
    return made
