"""Train the embedded teacher: a small Llama-architecture transformer on TinyStories text.

Reads any text file whose stories are separated by `<|endoftext|>` lines and writes a
Hugging Face folder (safetensors, tokenizer.json) with a training log and a data card:

    python data/train_teacher.py --text train.txt --heldout heldout.txt --out data/teacher

The TinyStories text itself (Eldan and Li, 2023, `roneneldan/TinyStories`) is not in this
repository. The held-out file is used for the loss in the data card, for nothing else.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

END = "<|endoftext|>"
UNKNOWN = "<unk>"
CONTEXT = 512


def read_stories(path: Path) -> list[str]:
    """Stories of `path`, in file order, without the separator; non-ASCII ones are dropped."""
    stories = (story.strip("\n") for story in path.read_text(encoding="utf-8").split(END))
    return [story for story in stories if story and story.isascii()]


def train_tokenizer(stories: list[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Byte-pair encoding over the characters that occur; `END` begins and ends every story."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=[END, UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator(stories, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=UNKNOWN, model_max_length=CONTEXT
    )


def pack(stories: list[str], tokenizer: PreTrainedTokenizerFast) -> tuple[torch.Tensor, torch.Tensor]:
    """One long row of tokens, `END story END story ... END`, and the positions of its `END`s."""
    pieces = [[0]] + [[*ids, 0] for ids in tokenizer(stories)["input_ids"]]
    tokens = torch.tensor([token for piece in pieces for token in piece], dtype=torch.int64)
    return tokens, (tokens == 0).nonzero().squeeze(1)


def learning_rate(progress: float, peak: float, warmup: float = 0.02, final: float = 0.02) -> float:
    """Linear warm-up, then a cosine from `peak` down to `final * peak`; `progress` in [0, 1]."""
    if progress < warmup:
        return peak * progress / warmup
    cosine = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
    return peak * (final + (1 - final) * cosine)


@torch.no_grad()
def mean_loss(model, tokenizer, stories: list[str], device: str) -> dict[str, float]:
    """Nats per token and per character; each story is read from its beginning in windows of
    `CONTEXT` tokens that overlap by half, every token (and the end of text) counted once."""
    model.eval()
    nats = tokens = 0.0
    for ids in tokenizer(stories)["input_ids"]:
        row = torch.tensor([0, *ids, 0], device=device)
        scored = 1
        while scored < len(row):
            start = 0 if scored == 1 else scored - CONTEXT // 2
            window = row[start : start + CONTEXT]
            logp = model(window[None, :-1]).logits[0].float().log_softmax(-1)
            losses = -logp.gather(1, window[1:, None]).squeeze(1)
            nats += losses[scored - start - 1 :].sum().item()
            tokens += start + len(window) - scored
            scored = start + len(window)
    model.train()
    characters = sum(map(len, stories))
    return {"nats_per_token": nats / tokens, "nats_per_character": nats / characters}


def train(model, tokens, starts, args, validate) -> list[dict[str, float]]:
    """AdamW on random windows, half of them beginning at a story; saves the model and returns the
    log's rows, 20 times in all."""
    device = args.device
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.95), fused=True)
    generator = torch.Generator().manual_seed(args.seed)
    tokens, starts = tokens.to(device), starts[starts < len(tokens) - CONTEXT - 1]
    window = torch.arange(CONTEXT + 1, device=device)
    rows, began, running = [], time.time(), None
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step / args.steps, args.lr)
        anywhere = torch.randint(len(tokens) - CONTEXT - 1, (args.batch,), generator=generator)
        at_start = starts[torch.randint(len(starts), (args.batch,), generator=generator)]
        begin = torch.where(torch.arange(args.batch) % 2 == 0, at_start, anywhere)
        batch = tokens[begin.to(device)[:, None] + window]
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            running = loss.item() if running is None else 0.8 * running + 0.2 * loss.item()
        if (step + 1) % max(1, args.steps // 20) == 0:
            rows.append({"step": step + 1, "seconds": round(time.time() - began), "train_nats_per_token": running})
            rows[-1] |= {f"validation_{key}": value for key, value in validate().items()}
            print(*(f"{key}={value:.4g}" for key, value in rows[-1].items()), flush=True)
            model.save_pretrained(args.out)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--heldout", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=512)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--heads", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    if args.out.exists() and any(args.out.iterdir()):
        parser.error(f"{args.out} is not empty; choose another folder or remove it first")

    torch.manual_seed(args.seed)
    stories = read_stories(args.text)
    np.random.default_rng(args.seed).shuffle(stories)
    validation, stories = stories[:100], stories[100:]
    tokenizer = train_tokenizer(stories, args.vocabulary)
    config = LlamaConfig(
        vocab_size=args.vocabulary,
        hidden_size=args.width,
        intermediate_size=round(args.width * 8 / 3 / 32) * 32,
        num_hidden_layers=args.layers,
        num_attention_heads=args.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = LlamaForCausalLM(config).to(args.device)
    tokens, starts = pack(stories, tokenizer)
    print(f"{len(stories):,} stories, {len(tokens):,} tokens, {model.num_parameters():,} parameters", flush=True)
    tokenizer.save_pretrained(args.out)
    rows = train(model, tokens, starts, args, lambda: mean_loss(model, tokenizer, validation, args.device))
    with (args.out / "training_log.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[-1].keys())
        writer.writeheader()
        writer.writerows({key: round(value, 5) for key, value in row.items()} for row in rows)
    write_card(args, len(tokens), rows[-1]["seconds"])


def write_card(args: argparse.Namespace, n_tokens: int, seconds: float) -> None:
    """`README.md` of the teacher's folder: what it is, its losses, samples and hashes."""
    model = AutoModelForCausalLM.from_pretrained(args.out)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(args.out)
    loss = mean_loss(model, tokenizer, read_stories(args.heldout), "cpu")
    print("held-out", loss, flush=True)
    torch.manual_seed(0)
    samples = model.generate(
        torch.zeros((3, 1), dtype=torch.int64), do_sample=True, top_k=0, max_new_tokens=250, pad_token_id=0
    )
    texts = "\n\n".join("> " + tokenizer.decode(s, skip_special_tokens=True).replace("\n", "\n> ") for s in samples)
    files = ["model.safetensors", "tokenizer.json", "config.json"]
    hashes = "\n".join(f"| `{f}` | `{hashlib.sha256((args.out / f).read_bytes()).hexdigest()}` |" for f in files)
    flags = " ".join(
        f"--{name} {getattr(args, name)}"
        for name in ("width", "layers", "heads", "steps", "batch", "lr", "vocabulary", "seed")
    )
    passes = args.steps * args.batch * CONTEXT / n_tokens
    training = (
        f"{args.steps:,} steps of {args.batch} windows of {CONTEXT} tokens ({passes:.1f} passes over {n_tokens:,} "
        f"tokens), AdamW, peak rate {args.lr:g}, seed {args.seed}, {seconds:.0f} s on {args.device}"
    )
    card = f"""<!-- written by data/train_teacher.py -->
# The embedded teacher

A transformer of the Llama architecture, {model.num_parameters():,} parameters ({args.layers} layers, width
{args.width}, {args.heads} heads, context {CONTEXT}, tied embeddings) with its own byte-pair alphabet of
{args.vocabulary} tokens, trained from scratch on a 17 MB excerpt of TinyStories (Eldan and Li, 2023;
`roneneldan/TinyStories`, CDLA-Sharing-1.0). The weights are this project's own work, under its MIT licence;
the text is not part of this repository. Token 0, `{END}`, both begins and ends a story.

| | |
|---|---|
| training | {training} |
| held-out loss | {loss["nats_per_token"]:.4f} nats per token, **{loss["nats_per_character"]:.4f} nats per character** |
| log | `training_log.csv` |
| made by | `python data/train_teacher.py --text train.txt --heldout heldout.txt --out data/teacher {flags}` |

It writes short children's stories in simple English and knows nothing else: fiction by a very small
model, for teaching and measurement only.

Three samples (temperature 1, torch seed 0, not selected):

{texts}

| file | sha256 |
|---|---|
{hashes}
"""
    (args.out / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
