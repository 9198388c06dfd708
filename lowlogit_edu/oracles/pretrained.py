"""Where transformer teachers come from: this package, a folder, or the Hugging Face hub."""

from pathlib import Path
from typing import Any

from lowlogit_edu.core.errors import MissingExtra, OracleError

EMBEDDED = "embedded"
PLACES = (  # an installed package, a checkout
    Path(__file__).resolve().parents[1] / "embedded_teacher",
    Path(__file__).resolve().parents[2] / "data" / "teacher",
)


def embedded_folder() -> Path:
    """The folder of the TinyStories teacher that comes with this package."""
    for folder in PLACES:
        if (folder / "config.json").is_file():
            return folder
    raise OracleError(
        f"The embedded teacher is missing: expected it in {PLACES[0]} or {PLACES[1]}. Install the "
        "package again, or train one with data/train_teacher.py."
    )


def load_pretrained(
    name: str | Path, *, revision: str | None = None, local_files_only: bool = False
) -> tuple[Any, Any]:
    """Model and tokenizer of `"embedded"`, of a folder made by `save_pretrained`, or of a hub id.

    Safetensors only, no remote code, float32.

    Raises
    ------
    OracleError
        If there is no such model, or the hub cannot be reached.
    """
    source = embedded_folder() if name == EMBEDDED else name
    _check_folder(source)
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        import lowlogit_edu.hugging_face  # noqa: F401  (a learned model that was exported is a teacher too)
    except ImportError as error:
        raise MissingExtra("This needs torch and transformers: pip install torch transformers") from error
    where: dict[str, Any] = {"revision": revision, "local_files_only": local_files_only or Path(source).is_dir()}
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # the library is quiet; loading takes a second
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **where)
        model = AutoModelForCausalLM.from_pretrained(
            source, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, **where
        )
    except Exception as error:  # the hub and its clients raise many kinds; all mean "not loaded"
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise OracleError(
            f"Could not load the teacher {str(name)!r}: {first_line} Expected 'embedded' (comes with this "
            "package, needs no network), a folder made by save_pretrained, or a Hugging Face id."
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    return model, tokenizer


def _check_folder(source: str | Path) -> None:
    path = Path(source)
    looks_local = isinstance(source, Path) or str(source).startswith((".", "/", "~")) or str(source).count("/") > 1
    if path.is_dir() and not (path / "config.json").is_file():
        raise OracleError(
            f"{path} is not a model: expected config.json, model.safetensors and tokenizer files as "
            "save_pretrained writes them."
        )
    if not path.is_dir() and looks_local:
        raise OracleError(f"{path} is not a folder. Give 'embedded', a folder made by save_pretrained, or a hub id.")
