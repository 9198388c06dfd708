"""Pictures that answer under the mouse: what their widgets share.

>>> script("spanner_game").startswith("// What pictures that answer under the mouse share")
True
"""

from pathlib import Path
from typing import Any

import anywidget

HERE = Path(__file__).parent


def script(name: str) -> str:
    """The JavaScript of a picture, behind the parts that it shares with others: one module for the browser."""
    parts = (HERE / "moving.js", HERE / f"{name}.js")
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


class MovingPicture(anywidget.AnyWidget):
    """A widget whose words stay in a saved notebook, where the widget itself is gone."""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        return bundle[0] | {"text/plain": repr(self)}, bundle[1]
