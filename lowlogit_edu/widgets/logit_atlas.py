"""The atlas: the logit matrices of all cuts side by side, as a learner comes to know them.

The picture moves in the browser (`logit_atlas.js`); the step and the cell that are looked at come back to Python.

>>> from lowlogit_edu.models import noisy_parity
>>> atlas = LogitAtlas.of_model(noisy_parity(bits=2))
>>> atlas.frame = 1
>>> atlas.summary()[:61]
'Step 2 of 8, question 1. What comes first? One answer, and it'
>>> atlas.close()
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.atlas import Atlas
from lowlogit_edu.experiments.atlas_kept import Epoch, Follow, atlas_of_epochs
from lowlogit_edu.experiments.atlas_practical import atlas_of_practical_run, atlas_of_practical_state
from lowlogit_edu.experiments.atlas_runs import atlas_of_model, atlas_of_run
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.practical.state import PracticalState
from lowlogit_edu.show.palette import ON_ANY_PAGE
from lowlogit_edu.widgets.atlas_panels import atlas_figure
from lowlogit_edu.widgets.atlas_wire import is_wide, wire, words_of
from lowlogit_edu.widgets.html_parts import Picture

NAMES = ("blue", "orange", "green", "purple", "amber", "grey")
PNG = "image/png"


class LogitAtlas(anywidget.AnyWidget):
    """A picture of a run in which cells light up as they are asked about.

    Rows are histories, columns are futures; green rows are the spanner, purple columns the futures F_s, lines between
    the cuts the coefficients of a text. Made by `of_run`, `of_practical_run`, `of_practical_state`, `of_epochs`
    or `of_model`.

    Parameters
    ----------
    atlas : Atlas
    frame : int
        The step shown first; -1 is the last.

    Attributes
    ----------
    atlas : Atlas
    frame, text : int
        The step shown and the text followed, from 0; the browser changes them.
    carried : bool
        Whether the columns that a cut carries to the next one are shown, too: a token and a future of F_{s+1}.
    cell : list of int
        Cut, row and column of the chosen cell, from 0; empty if none is chosen.
    """

    _esm = Path(__file__).with_name("logit_atlas.js")
    colours = traitlets.Dict(dict(zip(NAMES, ON_ANY_PAGE, strict=True))).tag(sync=True)
    data: traitlets.Dict = traitlets.Dict().tag(sync=True)
    frame = traitlets.Int().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    carried = traitlets.Bool().tag(sync=True)
    cell: traitlets.List[int] = traitlets.List().tag(sync=True)

    def __init__(self, atlas: Atlas, frame: int = 0) -> None:
        self.atlas = atlas
        super().__init__(data=wire(atlas))
        self.frame = frame

    @classmethod
    def of_run(
        cls,
        oracle: LogitOracle,
        horizon: int,
        config: LearnerConfig | None = None,
        seed: int = 0,
        *,
        texts: Sequence[Word] | None = None,
        frame: int = 0,
    ) -> "LogitAtlas":
        """Of a run of the faithful learner, begun here; see `atlas_of_run`."""
        return cls(atlas_of_run(oracle, horizon, config, seed, texts=texts), frame)

    @classmethod
    def of_practical_run(
        cls,
        oracle: LogitOracle,
        horizon: int,
        config: PracticalConfig | None = None,
        seed: int = 0,
        *,
        names: Callable[[int], str] | None = None,
        frame: int = 0,
    ) -> "LogitAtlas":
        """Of a run of the practical learner, begun here; see `atlas_of_practical_run`."""
        return cls(atlas_of_practical_run(oracle, horizon, config, seed, names=names), frame)

    @classmethod
    def of_practical_state(
        cls, oracle: LogitOracle, state: PracticalState, *, names: Callable[[int], str] | None = None
    ) -> "LogitAtlas":
        """Of a practical run as it stands; see `atlas_of_practical_state`."""
        return cls(atlas_of_practical_state(oracle, state, names=names))

    @classmethod
    def of_epochs(
        cls,
        epochs: Sequence[Epoch],
        alphabet_size: int,
        texts: Sequence[Any] = (),
        follow: Follow | None = None,
        frame: int = 0,
    ) -> "LogitAtlas":
        """Of the epochs that a learner of one's own kept; see `atlas_of_epochs`."""
        return cls(atlas_of_epochs(epochs, alphabet_size, texts, follow), frame)

    @classmethod
    def of_model(cls, model: LanguageModel, *, names: Mapping[int, str] | None = None, frame: int = 0) -> "LogitAtlas":
        """Of a whole small model, asked about prefix by prefix; see `atlas_of_model`."""
        return cls(atlas_of_model(model, names=names), frame)

    @traitlets.validate("frame", "text")
    def _checked_number(self, proposal: dict[str, Any]) -> int:
        name = proposal["trait"].name
        count = len(self.atlas.frames) if name == "frame" else max(1, len(self.atlas.texts))
        value = proposal["value"]
        return check_count(name, value + count if value < 0 else value, least=0, most=count - 1)

    @traitlets.validate("cell")
    def _checked_cell(self, proposal: dict[str, Any]) -> list[int]:
        cell = list(proposal["value"])
        if not cell:
            return cell
        if len(cell) != 3:
            raise ArgumentError(f"cell must be empty or cut, row and column, counted from 0; got {cell!r}.")
        s = check_count("the cell's cut", cell[0], least=0, most=len(self.atlas.cuts) - 1)
        panel = self.atlas.cuts[s]
        columns = len(panel.blocks) * (1 if is_wide(self.atlas) else self.atlas.alphabet_size)
        check_count("the cell's row", cell[1], least=0, most=len(panel.histories) - 1)
        check_count("the cell's column", cell[2], least=0, most=columns - 1)
        return cell

    def __repr__(self) -> str:
        return f"LogitAtlas({self.summary()})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        # Where no kernel runs the widget is gone: the picture and its words stay in a saved notebook.
        still, look = self.picture()._repr_mimebundle_()
        return bundle[0] | {PNG: still[PNG], "text/plain": self.summary()}, bundle[1] | look

    def picture(self) -> Picture:
        """The step shown, as a still picture."""
        return Picture(atlas_figure(self.atlas, self.frame, self.text, carried=self.carried), self.summary())

    def summary(self) -> str:
        """The step shown, in words."""
        return words_of(self.atlas, self.frame)
