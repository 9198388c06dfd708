"""What the atlas sends to the browser: rounded numbers, and words for every frame.

>>> from lowlogit_edu.experiments import atlas_of_model
>>> from lowlogit_edu.models import noisy_parity
>>> sent = wire(atlas_of_model(noisy_parity(bits=1)))
>>> sent["cuts"][1]["since"]
[[2, 2], [3, 3]]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.experiments.atlas import Atlas, Frame, Panel, Path
from lowlogit_edu.matrices.logit_matrix import Word

MANY = 8  # tokens of an alphabet from which on a block is one column
LARGEST = 8  # logits of a block that are sent of a wide alphabet
DIGITS = 3  # behind the point, of a logit and of a coefficient


def is_wide(atlas: Atlas) -> bool:
    """Whether a block is one column, since its tokens would be too many."""
    return atlas.alphabet_size > MANY


def wire(atlas: Atlas) -> dict[str, Any]:
    """The atlas as JSON has it; a column is a token of a block, or a block if the alphabet is wide."""
    wide = is_wide(atlas)
    purposes = sorted({purpose for panel in atlas.cuts for row in panel.purposes for purpose in row})
    shown = [columns_of(panel, wide) for panel in atlas.cuts]
    used = {token for panel in atlas.cuts for word in (*panel.histories, *panel.blocks) for token in word}
    used |= {token for text in atlas.texts for token in text}
    cuts = [_cut(panel, values, wide, purposes) for panel, values in zip(atlas.cuts, shown, strict=True)]
    for cut, own in zip(cuts, own_blocks(atlas), strict=True):
        cut["own"] = own
    for cut in cuts:
        used |= {token for row in cut.get("top", []) for block in row for token, _ in block}
    names = atlas.names or {}
    return {
        "alphabet": atlas.alphabet_size,
        "wide": wide,
        "quoted": bool(names),
        "names": {str(token): names[token] for token in sorted(used) if token in names},
        "scale": scale(atlas),
        "purposes": purposes,
        "texts": [list(text) for text in atlas.texts],
        "cuts": cuts,
        "frames": [_frame(atlas, number, wide) for number in range(len(atlas.frames))],
    }


def own_blocks(atlas: Atlas) -> list[list[bool]]:
    """For each cut whether a block holds a future of F_s, of any frame; all do where nobody speaks of futures."""
    marks = []
    for s, panel in enumerate(atlas.cuts):
        stems = {word[:-1] for frame in atlas.frames if s < len(frame.futures) for word in frame.futures[s]}
        marks.append([not stems or block in stems for block in panel.blocks])
    return marks


def columns_of(panel: Panel, wide: bool) -> np.ndarray:
    """What the columns show, (history, column): logits, or the root mean square of a block's."""
    if wide:
        return np.sqrt((panel.values**2).mean(axis=2))
    return panel.values.reshape(len(panel.histories), -1)


def since_of(panel: Panel, wide: bool) -> np.ndarray:
    """The frame in which each column's cell became known, (history, column)."""
    return panel.since.min(axis=2) if wide else panel.since.reshape(len(panel.histories), -1)


def scale(atlas: Atlas) -> float:
    """The size that has the full colour, in nats: the largest shown."""
    sizes = [np.abs(columns_of(panel, is_wide(atlas))) for panel in atlas.cuts]
    largest = max((float(np.nanmax(size)) for size in sizes if np.isfinite(size).any()), default=1.0)
    return round(largest, DIGITS) or 1.0


def _cut(panel: Panel, values: np.ndarray, wide: bool, purposes: Sequence[str]) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "rows": [list(word) for word in panel.histories],
        "blocks": [list(word) for word in panel.blocks],
        "values": [[_rounded(value) for value in row] for row in values.tolist()],
        "since": since_of(panel, wide).tolist(),
        "purposes": [[purposes.index(purpose) for purpose in row] for row in panel.purposes],
    }
    if wide:
        sent["top"] = [[_largest(logits) for logits in row] for row in panel.values]
    return sent


def _largest(logits: np.ndarray) -> list[tuple[int, float | None]]:
    """The largest logits of a block, with their tokens; none of one that is not known."""
    if np.isnan(logits).any():
        return []
    return [(int(token), _rounded(logits[token])) for token in np.argsort(-logits)[:LARGEST]]


def _rounded(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return None if np.isnan(value) else round(float(value), DIGITS) + 0.0


def column_of(panel: Panel, word: Word, alphabet_size: int, wide: bool) -> int | None:
    """The column of a future; None if it is not shown."""
    if word[:-1] not in panel.blocks:
        return None
    block = panel.blocks.index(word[:-1])
    return block if wide else block * alphabet_size + word[-1]


def _frame(atlas: Atlas, number: int, wide: bool) -> dict[str, Any]:
    frame = atlas.frames[number]
    V = atlas.alphabet_size
    rows = [{word: row for row, word in enumerate(panel.histories)} for panel in atlas.cuts]
    spanners = list(zip(rows, frame.spanners, strict=False))
    shown = [(cut - 1, word) for cut, word in frame.witnesses if cut <= len(atlas.cuts)]
    witnesses = [(s, column_of(atlas.cuts[s], word, V, wide)) for s, word in shown]
    futures = []
    for panel, words in zip(atlas.cuts, frame.futures, strict=False):
        columns = {column_of(panel, word, V, wide) for word in words}
        futures.append(sorted(column for column in columns if column is not None))
    paths = [_terms(frame, path, rows) for path in frame.paths]
    return {
        "title": frame.title,
        "words": words_of(atlas, number),
        "spanners": [[row[word] for word in words if word in row] for row, words in spanners],
        "futures": futures,
        "witnesses": [each for each in witnesses if each[1] is not None],
        "paths": [path and path[0] for path in paths],
        "hidden": [path and path[1] for path in paths],
    }


Terms = list[list[tuple[int, float]]]


def _terms(frame: Frame, path: Path, rows: Sequence[dict[Word, int]]) -> tuple[Terms, list[int]] | None:
    """Of each cut the rows shown with their coefficients, and how many have one but are not shown.

    Zeros are left out; None where there is no solution.
    """
    if not path:
        return None
    terms = []
    hidden = []
    for row, words, coefficients in zip(rows, frame.spanners, path, strict=False):
        rounded = [round(float(c), DIGITS) for c in coefficients]
        terms.append([(row[word], c) for word, c in zip(words, rounded, strict=True) if c and word in row])
        hidden.append(sum(c != 0 and word not in row for word, c in zip(words, rounded, strict=True)))
    return terms, hidden


def words_of(atlas: Atlas, number: int) -> str:
    """What the picture shows after a frame, in words."""
    frame = atlas.frames[number]
    text = f"Step {number + 1} of {len(atlas.frames)}, {frame.title}. {frame.message}"
    if frame.queries is not None:
        before = (atlas.frames[number - 1].queries or 0) if number else 0
        text += f" Prefixes asked about: {frame.queries:,}, of them {frame.queries - before:,} in this step."
    return f"{text} Of the atlas's {atlas.cells:,} cells {atlas.known(number):,} are known."
