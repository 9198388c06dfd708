"""Where transformer teachers come from: this package, a folder, or the Hugging Face hub."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lowlogit_edu.core.checks import HEX_DIGITS
from lowlogit_edu.core.errors import OracleError, missing_extra

EMBEDDED = "embedded"
# Of a model's config: where it came from, and how it was saved.
NO_SETTING = ("_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version")
# How far the last token may move the logits before it: a share of how far it moves its own, and rounding in nats.
READS_AHEAD = 0.001
ROUNDING = 1e-5
PACKAGE = Path(__file__).resolve().parents[1]
PLACES = (
    PACKAGE / "embedded_teacher",  # of an installed package
    PACKAGE.parent / "data" / "teacher",  # of a checkout
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
        If there is no such model, the hub cannot be reached, weights are missing, or it is no causal language model.
    """
    source = embedded_folder() if name == EMBEDDED else expanded(name)
    _check_folder(source)
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        import lowlogit_edu.hugging_face  # noqa: F401  (a learned model that was exported is a teacher too)
    except ImportError as error:
        raise missing_extra("A transformer as teacher", "transformers") from error
    where: dict[str, Any] = {"revision": revision, "local_files_only": local_files_only or Path(source).is_dir()}
    # Pickled weights, and code that comes with a model, could run anything.
    safe: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32, "trust_remote_code": False}
    try:
        with without_progress_bars():
            tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **where)
            loaded: Any = AutoModelForCausalLM.from_pretrained(source, output_loading_info=True, **safe, **where)
            model, found = loaded
    except Exception as error:  # the hub and its clients raise many kinds; all mean "not loaded"
        lines = str(error).strip().splitlines()
        first_line = lines[0] if lines else type(error).__name__  # the rest is advice about their options, not ours
        raise OracleError(
            f"Could not load the teacher {str(name)!r}: {first_line} Expected 'embedded' (comes with this "
            "package, needs no network), a folder made by save_pretrained, or a Hugging Face id."
        ) from error
    # What a file lacks, or has in another shape, transformers fills with random numbers.
    random = sorted({*found["missing_keys"], *(key for key, *_ in found["mismatched_keys"])})
    if random:
        raise OracleError(
            f"The teacher {str(name)!r} lacks {len(random)} of its weights, or has them in another shape "
            f"({random[0]} first). Expected all of a {type(model).__name__}, as save_pretrained writes them."
        )
    _check_causal(model, str(name))
    return model, tokenizer


def expanded(name: str | Path) -> str | Path:
    """A name in which `~` stands for the home folder, written out; others as they are."""
    return Path(name).expanduser() if str(name).startswith("~") else name


def on_device(model: Any, device: str) -> Any:
    """The model there.

    Raises
    ------
    OracleError
        If torch knows no such device, this machine has none, or the model does not fit.
    """
    import torch

    try:
        return model.to(torch.device(device))
    except (RuntimeError, AssertionError) as error:  # which of them, depends on how torch was built
        usable = "cpu or cuda" if torch.cuda.is_available() else "cpu: torch sees no CUDA here"
        (first_line, *_) = str(error).splitlines() or [type(error).__name__]
        raise OracleError(f"The teacher cannot be put on device {device!r}: {first_line} Expected {usable}.") from error


def model_digest(model: Any) -> str:
    """Every weight and setting of a model, hashed: which teacher this is, whatever its folder is called."""
    settings = {key: value for key, value in model.config.to_dict().items() if key not in NO_SETTING}
    sha = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for name, weight in sorted(model.state_dict().items()):
        sha.update(f"{name} {tuple(weight.shape)}".encode())
        sha.update(weight.float().cpu().contiguous().numpy())
    return sha.hexdigest()[:HEX_DIGITS]


def tokenizer_digest(tokenizer: Any) -> str:
    """Which text stands for which token, hashed."""
    vocabulary = sorted(tokenizer.get_vocab().items())
    return hashlib.sha256(json.dumps(vocabulary).encode()).hexdigest()[:HEX_DIGITS]


@contextmanager
def without_progress_bars() -> Iterator[None]:
    """Inside, transformers shows no progress bars: the library is quiet, and loading takes a second."""
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            logging.enable_progress_bar()


def _check_causal(model: Any, name: str) -> None:
    """OracleError where logits are no numbers, or a later token changes those before it."""
    import torch

    with torch.inference_mode():
        texts = torch.zeros(4, 3, dtype=torch.int64)
        texts[:, -1] = torch.linspace(0, model.config.get_text_config().vocab_size - 1, len(texts))
        logits = model.eval()(texts).logits.float()
    if not torch.isfinite(logits).all():
        raise OracleError(f"The teacher {name!r} has logits that are no finite numbers: its weights are damaged.")
    changes = (logits - logits[:1]).abs()
    if changes[:, :-1].max() > READS_AHEAD * changes[:, -1].max() + ROUNDING:
        raise OracleError(
            f"The teacher {name!r} ({type(model).__name__}) reads ahead: its logits change with tokens that come "
            "later. Expected a causal language model, such as GPT-2 or Llama."
        )


def _check_folder(source: str | Path) -> None:
    """OracleError where a folder is meant that is none, or that holds no model; a hub id passes."""
    path = Path(source)
    # A hub id is one or two words with at most one slash between them.
    text = str(source)
    looks_local = isinstance(source, Path) or text.startswith((".", "/", "~")) or text.count("/") > 1
    if path.is_dir() and not (path / "config.json").is_file():
        raise OracleError(
            f"{path} is not a model: expected config.json, model.safetensors and tokenizer files as "
            "save_pretrained writes them."
        )
    if not path.is_dir() and looks_local:
        raise OracleError(f"{path} is not a folder. Give 'embedded', a folder made by save_pretrained, or a hub id.")
