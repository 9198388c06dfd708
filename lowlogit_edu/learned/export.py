"""Learned models to Hugging Face folders and back.

>>> import numpy as np, tempfile
>>> model = ISANModel(np.ones(1), np.array([[[2.0]], [[0.5]]]), np.array([[-1.0], [1.0]]), horizon=3)
>>> with tempfile.TemporaryDirectory() as folder:
...     from_hugging_face(to_hugging_face(model, folder)).logits([[0]]).tolist()
[[-2.0, 2.0]]
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.core.errors import ArgumentError, CheckpointError, missing_extra
from lowlogit_edu.learned.base import FILE, LearnedModel
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.pretrained import EMBEDDED, embedded_folder, without_progress_bars

PROVENANCE = ("horizon", "teacher", "settings")
NO_LIMIT = int(1e30)  # what transformers itself writes for a tokenizer whose texts may have any length


def to_hugging_face(model: LearnedModel, folder: str | Path, tokenizer: str | Path | None = None) -> Path:
    """Write a learned model as a `LowLogitRankForCausalLM`, for `generate`, pipelines and fine-tuning.

    Its logits are the model's, after texts of any length. Beginning-of-text in front of a text is
    skipped and end-of-text ends `generate`, which draws from the model's own distribution unless told
    otherwise.

    Parameters
    ----------
    model : ISANModel
        What the practical learner returns.
    folder : path
        New or empty.
    tokenizer : path or str, optional
        Where to load one from: a run's folder, `"embedded"` or a Hugging Face id. It names beginning-
        and end-of-text; without one there are neither, and a prompt needs at least one token.

    Raises
    ------
    ArgumentError
        If the model is of another kind, the folder is not empty, or the tokenizer is missing or has
        more tokens than the model.
    """
    if not isinstance(model, ISANModel):
        raise ArgumentError(f"{model!r} cannot be exported; learn one with LearnerConfig.practical.")
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"{folder} is not empty; choose another folder. Nothing was changed.")
    import lowlogit_edu.hugging_face  # noqa: F401  (says what is missing)

    with without_progress_bars():
        words = None if tokenizer is None else _load_tokenizer(tokenizer, model)
        exported = _transformers_model(model, words)
        exported.save_pretrained(folder)
        if words is not None:
            words.save_pretrained(folder)
    return folder


def from_hugging_face(folder: str | Path) -> ISANModel:
    """The model that `to_hugging_face` wrote to `folder`, fine-tuned since or not.

    Raises
    ------
    CheckpointError
        If there is no complete model of that kind in `folder`.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise missing_extra("A folder of Hugging Face", "safetensors") from error

    try:
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        header = {name: config[name] for name in PROVENANCE}
        return ISANModel.from_contents(header, load_file(Path(folder) / FILE))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} cannot be read ({error}); expected a folder made by to_hugging_face or lowlogit export."
        ) from error


def _transformers_model(model: ISANModel, tokenizer: Any) -> Any:
    """`model` in torch: the same numbers in the same precision."""
    import torch
    from transformers import GenerationConfig

    from lowlogit_edu.hugging_face import LowLogitRankConfig, LowLogitRankForCausalLM

    header, arrays = model.contents()
    factors = None if model.mixture is None else len(model.transitions)
    if model.mixture is not None and model.mixture.ndim == 1:
        # The number of a shared matrix becomes weights: all on that one.
        one_matrix_each = np.eye(len(model.transitions), dtype=model.transitions.dtype)
        arrays["mixture"] = one_matrix_each[model.mixture]
    begin = getattr(tokenizer, "bos_token_id", None)
    end = getattr(tokenizer, "eos_token_id", None)
    begin = end if begin is None else begin  # as TransformerOracle has it
    special: dict[str, Any] = {"bos_token_id": begin, "eos_token_id": end}
    config = LowLogitRankConfig(model.alphabet_size, model.rank, factors, carried=model.carried, **header, **special)
    exported = LowLogitRankForCausalLM(config)
    exported.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()}, assign=True)
    # Drawn from the whole distribution: transformers would keep the 50 likeliest tokens only.
    exported.generation_config = GenerationConfig(do_sample=True, top_k=0, pad_token_id=end, **special)
    return exported


def _load_tokenizer(source: str | Path, model: ISANModel) -> Any:
    """The tokenizer of the model's alphabet, for texts of any length and batches of prompts."""
    from transformers import AutoTokenizer

    place = embedded_folder() if source == EMBEDDED else source
    # Padded on the left, a batch of prompts ends where each of them ends, and generation goes on from there.
    options: dict[str, Any] = {"model_max_length": NO_LIMIT, "padding_side": "left"}
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False, **options)
    except Exception as error:  # transformers and the hub have many kinds for "there is none"
        first_line = str(error).strip().partition("\n")[0]
        raise ArgumentError(f"no tokenizer can be loaded from {source}: {first_line}") from error
    # Tokens that were added to a tokenizer, and never to its teacher, do not count: no text of the teacher's has them.
    if tokenizer.vocab_size > model.alphabet_size:
        raise ArgumentError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, the model an alphabet of {model.alphabet_size}; "
            "give the tokenizer of the teacher that it was learned from."
        )
    if tokenizer.pad_token is None:  # any token will do: masked positions do not move the state
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
