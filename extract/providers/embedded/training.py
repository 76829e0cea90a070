"""Trains the extractor's weights from seeds/training: `make train`.

In: labelled passages and the base weights. Out: `weights.npz`, plain arrays. The lower layers stay
as they are and are run once; the upper ones and the heads are trained. Seeds are fixed and one
thread order is used, so that the same machine gives the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from extract.providers.embedded.base_model import read_base
from extract.providers.embedded.encoder import Encoder
from extract.providers.embedded.examples import CLASSES, Example, read_examples
from extract.providers.embedded.model import (
    FLAGS,
    FORBIDDEN,
    PAIR_FEATURES,
    file_sha256,
    pair_features,
    pieces_of,
    sentence_pieces,
)
from extract.providers.embedded.network import EncoderLayer, Heads
from extract.providers.embedded.sentences import split_sentences
from extract.providers.embedded.tokenizer import Pieces, Tokenizer

MAX_PIECES = 256
BATCH = 8
_UNLABELLED = -100
HEADS_RATE = 2e-3
GO_ON_RATE = 8e-5
# Share of the running average of the weights that a step keeps; what ships is the average.
AVERAGE_DECAY = 0.998


@dataclass
class Prepared:
    """An example as tensors."""

    example: Example
    states: torch.Tensor
    pooling: torch.Tensor
    context: torch.Tensor
    kinds: torch.Tensor
    classes: torch.Tensor
    pairs: torch.Tensor
    places: torch.Tensor
    roles: torch.Tensor
    tags: torch.Tensor
    judged: torch.Tensor  # whether a span stands in the passage, not in its headline


def prepare(example: Example, tokenizer: Tokenizer, encoder: Encoder) -> Prepared | None:
    """Pieces, frozen states and labels of one passage; None if no span is within reach."""
    pieces = tokenizer(example.text)
    count = min(len(pieces.ids), MAX_PIECES)
    if count == 0:
        return None
    states = torch.tensor(encoder(np.array([0, *pieces.ids[:count], 2])))
    keep = [n for n, (start, end, _) in enumerate(example.spans) if pieces_of(pieces, start, end)[-1:] < [count]]
    place = {old: new for new, old in enumerate(keep)}
    pooling = torch.zeros(len(keep), count + 2)
    for row, index in enumerate(keep):
        inside = [n for n in pieces_of(pieces, *example.spans[index][:2]) if n < count]
        pooling[row, [n + 1 for n in inside] or [0]] = 1 / max(1, len(inside))
    context = context_pooling(example.text, pieces, [example.spans[index][0] for index in keep], count)
    classes = torch.zeros(len(keep), len(CLASSES))
    for anchor, found in example.anchors.items():
        if anchor in place:
            classes[place[anchor], list(found)] = 1
    pairs, places, roles = [], [], []
    for anchor in example.anchors:
        for other in keep:
            if anchor in place and other != anchor and example.spans[other][2] == 3:
                pairs.append((place[anchor], place[other]))
                places.append(pair_features(example.text, example.spans, anchor, other))
                role = example.pairs.get((anchor, other), set())
                roles.append([float(0 in role), float(1 in role)])
    tags = torch.zeros(count, dtype=torch.long)
    for start, end in example.participants:
        inside = [n for n in pieces_of(pieces, start, end) if n < count]
        for n in inside:
            tags[n] = 2
        if inside:
            tags[inside[0]] = 1
    # Nobody labelled the headline.
    head = torch.tensor([end <= example.passage_start for end in pieces.ends[:count]], dtype=torch.bool)
    tags[head & (tags == 0)] = _UNLABELLED
    judged = torch.tensor([float(example.spans[n][0] >= example.passage_start) for n in keep])
    return Prepared(
        example, states, pooling, context, torch.tensor([example.spans[n][2] for n in keep], dtype=torch.long), classes,
        torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
        torch.tensor(places, dtype=torch.float32).reshape(-1, PAIR_FEATURES),
        torch.tensor(roles).reshape(-1, 2), tags, judged,
    )  # fmt: skip


def context_pooling(text: str, pieces: Pieces, starts: list[int], count: int) -> torch.Tensor:
    """Weights that average the pieces of each span's own sentence, shape (spans, count + 2)."""
    pooling = torch.zeros(len(starts), count + 2)
    sentences = split_sentences(text)
    for row, place in enumerate(starts):
        inside = [n for n in sentence_pieces(pieces, sentences, place) if n < count] or [0]
        pooling[row, [n + 1 for n in inside]] = 1 / len(inside)
    return pooling


def forward(
    items: list[Prepared], layers: nn.ModuleList, heads: Heads
) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Scores of anchors, pairs and tags for each item."""
    longest = max(item.states.shape[0] for item in items)
    states = torch.zeros(len(items), longest, items[0].states.shape[1])
    mask = torch.zeros(len(items), longest, dtype=torch.bool)
    for n, item in enumerate(items):
        states[n, : item.states.shape[0]] = item.states
        mask[n, : item.states.shape[0]] = True
    for layer in layers:
        states = layer(states, mask)
    results = []
    for n, item in enumerate(items):
        own = heads.standardised(states[n, : item.states.shape[0]])
        inner = own[1:-1]
        if len(item.kinds):
            spans = heads.spans(own, item.pooling, item.kinds)
            anchors = heads.score_anchors(spans, item.context @ own)
        else:
            spans, anchors = torch.zeros(0, 1), torch.zeros(0, len(CLASSES))
        scored = (
            heads.score_pairs(spans, item.pairs[:, 0], item.pairs[:, 1], item.places)
            if len(item.pairs)
            else torch.zeros(0, 2)
        )
        results.append((anchors, scored, heads.tags(heads.dropout(inner))))
    return results


def forbidden_classes(kinds: torch.Tensor) -> torch.Tensor:
    """True for record classes that a span of its kind cannot have; the last column, none, is always possible."""
    forbidden = torch.tensor(FORBIDDEN)[kinds]
    return torch.cat([forbidden, torch.zeros(len(kinds), 1, dtype=torch.bool)], 1)


def record_probabilities(anchors: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
    """Log probability of each record class and of none, shape (spans, FLAGS + 1)."""
    scores = torch.cat([anchors[:, :FLAGS], anchors.new_zeros(len(kinds), 1)], 1)
    return scores.masked_fill(forbidden_classes(kinds), float("-inf")).log_softmax(1)


def loss_of(items: list[Prepared], layers: nn.ModuleList, heads: Heads) -> torch.Tensor:
    """Sum of the three losses over a batch."""
    total = torch.zeros(())
    for item, (anchors, pairs, tags) in zip(items, forward(items, layers, heads), strict=True):
        if len(item.kinds):
            # A label that a span of its kind cannot have ("a company" taken for a sum) teaches nothing.
            records = item.classes[:, :FLAGS] * ~torch.tensor(FORBIDDEN)[item.kinds]
            count = records.sum(1, keepdim=True)
            target = torch.cat([records, (count == 0).float()], 1) / count.clamp(min=1)
            probabilities = record_probabilities(anchors, item.kinds)
            total = total - (target * probabilities.masked_fill(target == 0, 0)).sum(1) @ item.judged
            # Flags say nothing about what is no record.
            flags = nn.functional.binary_cross_entropy_with_logits(
                anchors[:, FLAGS:], item.classes[:, FLAGS:], reduction="none"
            )
            total = total + (flags * (count > 0)).sum() / 3
        if len(item.pairs):
            total = total + nn.functional.binary_cross_entropy_with_logits(pairs, item.roles, reduction="sum")
        tagged = nn.functional.cross_entropy(tags, item.tags, reduction="sum", ignore_index=_UNLABELLED)
        total = total + 0.3 * tagged / 4
    return total / len(items)


def train(
    items: list[Prepared], encoder_layers: list[Any], heads_count: int, *, head_epochs: int, epochs: int, seed: int,
    rate: float, report: Any = print, held_out: list[Prepared] | None = None,
) -> tuple[nn.ModuleList, Heads]:  # fmt: skip
    """Train new heads on the layers as they are, which is quick, then both together.

    Layers that are trained with untrained heads forget before the heads learn (Kumar et al. 2022).
    """
    torch.manual_seed(seed)
    order = random.Random(seed)
    layers = nn.ModuleList(EncoderLayer(layer, heads_count) for layer in encoder_layers)
    heads = Heads(items[0].states.shape[1])
    standardise(heads, items, layers)
    everything = [*items, *(held_out or [])]
    final = run_layers(everything, layers)
    fixed = [replace(item, states=states) for item, states in zip(everything, final, strict=True)]
    head_items, head_held_out = fixed[: len(items)], fixed[len(items) :]
    optimiser = torch.optim.AdamW(heads.parameters(), lr=HEADS_RATE, weight_decay=0.01)
    none = nn.ModuleList()
    _epochs(head_items, none, heads, optimiser, head_epochs, order, report, head_held_out, "heads", every=4)
    optimiser = torch.optim.AdamW(
        [{"params": layers.parameters(), "lr": rate}, {"params": heads.parameters(), "lr": HEADS_RATE / 2}],
        weight_decay=0.01,
    )
    return _epochs(items, layers, heads, optimiser, epochs, order, report, held_out, "all", every=1, is_averaged=True)


def go_on(
    path: Path, items: list[Prepared], frozen_n: int, layers_n: int, *, seed: int, report: Any = print,
    held_out: list[Prepared] | None = None,
) -> tuple[nn.ModuleList, Heads]:  # fmt: skip
    """Train finished weights on more passages, once: new ones among known ones, so that these are not forgotten."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    layers, heads = load_trained(_arrays(path), frozen_n, layers_n)
    optimiser = torch.optim.AdamW(
        [{"params": layers.parameters(), "lr": GO_ON_RATE}, {"params": heads.parameters(), "lr": HEADS_RATE / 4}],
        weight_decay=0.01,
    )
    return _epochs(items, layers, heads, optimiser, 1, order, report, held_out, "more", every=1, is_averaged=True)


def load_trained(arrays: dict[str, Any], frozen_n: int, layers_n: int) -> tuple[nn.ModuleList, Heads]:
    """The trained layers and the heads of finished weights."""
    trained = Encoder(arrays)._layers[frozen_n:layers_n]
    layers = nn.ModuleList(EncoderLayer(layer, int(arrays["meta"][2])) for layer in trained)
    heads = Heads(len(arrays["head.mean"]))
    heads.load_state_dict(
        {name[5:]: torch.tensor(value.astype(np.float32)) for name, value in arrays.items() if name.startswith("head.")}
    )
    return layers, heads


@torch.no_grad()
def mean_of(paths: list[Path], frozen_n: int, layers_n: int) -> tuple[nn.ModuleList, Heads]:
    """The mean of finished weights of one origin: steadier than each (model soups, Wortsman et al. 2022)."""
    every = [nn.ModuleList(load_trained(_arrays(path), frozen_n, layers_n)) for path in paths]
    states = [one.state_dict() for one in every]
    for name, value in states[0].items():
        value.copy_(sum(state[name] for state in states) / len(states))
    return every[0][0], every[0][1]


def _epochs(
    items: list[Prepared], layers: nn.ModuleList, heads: Heads, optimiser: torch.optim.Optimizer, epochs: int,
    order: random.Random, report: Any, held_out: list[Prepared] | None, name: str, *, every: int,
    is_averaged: bool = False,
) -> tuple[nn.ModuleList, Heads]:  # fmt: skip
    """Train; give back the weights, or their running average (Polyak & Juditsky 1992)."""
    both = nn.ModuleList([layers, heads])
    average = AveragedModel(both, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY)) if is_averaged else None
    kept = average.module if average is not None else both
    batches_n = math.ceil(len(items) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 60, max(0.02, 1 - step / max(1, epochs * batches_n)))
    )
    for epoch in range(epochs):
        started, total = time.monotonic(), 0.0
        layers.train(), heads.train()
        for batch in _batches(items, order):
            optimiser.zero_grad()
            loss = loss_of(batch, layers, heads)
            loss.backward()
            nn.utils.clip_grad_norm_([*layers.parameters(), *heads.parameters()], 5.0)
            optimiser.step()
            schedule.step()
            if average is not None:
                average.update_parameters(both)
            total += loss.item()
        line = f"{name}, epoch {epoch + 1}: loss {total / batches_n:.3f}, {time.monotonic() - started:.0f} s"
        if held_out and (epoch + 1) % every == 0:
            line += " " + measure(held_out, kept[0], kept[1])
        report(line)
    return kept[0], kept[1]


@torch.no_grad()
def run_layers(items: list[Prepared], layers: nn.ModuleList) -> list[torch.Tensor]:
    """States that the layers, as they are, give for each item."""
    layers.eval()
    results: list[torch.Tensor] = [torch.zeros(0)] * len(items)
    for n, item in enumerate(items):
        states = item.states[None]
        for layer in layers:
            states = layer(states, torch.ones(states.shape[:2], dtype=torch.bool))
        results[n] = states[0]
    return results


@torch.no_grad()
def standardise(heads: Heads, items: list[Prepared], layers: nn.ModuleList) -> None:
    """Measure the mean and spread of the states that untrained layers give."""
    sample = run_layers(items[:: max(1, len(items) // 150)], layers)
    every = torch.cat(sample)
    heads.mean.copy_(every.mean(0))
    heads.scale.copy_(1 / every.std(0).clamp(min=1e-3))


def _batches(items: list[Prepared], order: random.Random) -> list[list[Prepared]]:
    """Batches of like lengths, in a shuffled order."""
    shuffled = sorted(items, key=lambda item: item.states.shape[0] + order.random() * 20)
    batches = [shuffled[n : n + BATCH] for n in range(0, len(shuffled), BATCH)]
    order.shuffle(batches)
    return batches


@torch.no_grad()
def measure(items: list[Prepared], layers: nn.ModuleList, heads: Heads, threshold: float = 0.5) -> str:
    """Precision and recall of anchors' classes, and how often pairs are right, as a line."""
    layers.eval(), heads.eval()
    found = right = gold = pairs_right = pairs_gold = pairs_found = tags_right = tags_gold = tags_found = 0
    by_type: dict[str, list[int]] = {}
    for n in range(0, len(items), 16):
        batch = items[n : n + 16]
        for item, (anchors, pairs, tags) in zip(batch, forward(batch, layers, heads), strict=True):
            if len(item.kinds):
                every = record_probabilities(anchors, item.kinds)[:, :FLAGS].exp() * item.judged[:, None]
                said = every > threshold
                true = item.classes[:, :FLAGS] > 0
                found += int(said.sum())
                gold += int(true.sum())
                right += int((said & true).sum())
                for letter in "PFTM":
                    own = [index for index, name in enumerate(CLASSES[:FLAGS]) if name[0] == letter]
                    is_said, is_true = every[:, own].sum(1) > threshold, true[:, own].any(1)
                    counts = by_type.setdefault(letter, [0, 0, 0, 0])
                    counts[0] += int((is_said & is_true).sum())
                    counts[1] += int(is_said.sum())
                    counts[2] += int(is_true.sum())
                    best = every[:, own].argmax(1)
                    counts[3] += int((is_said & is_true & true[:, own].gather(1, best[:, None])[:, 0]).sum())
            if len(item.pairs):
                said = pairs.sigmoid() > 0.5
                true = item.roles > 0
                pairs_right += int((said & true).sum())
                pairs_gold += int(true.sum())
                pairs_found += int(said.sum())
            said_tags = tags.argmax(-1)
            tags_right += int(((said_tags > 0) & (item.tags > 0)).sum())
            tags_gold += int((item.tags > 0).sum())
            tags_found += int((said_tags > 0).sum())
    kinds = " ".join(f"{k}:{_prf(*v[:3])} stage {v[3] / max(1, v[0]):.2f}" for k, v in by_type.items())
    return (f"anchors {_prf(right, found, gold)} [{kinds}] pairs {_prf(pairs_right, pairs_found, pairs_gold)} "
            f"tags {_prf(tags_right, tags_found, tags_gold)}")  # fmt: skip


def _prf(right: int, found: int, gold: int) -> str:
    precision, recall = right / max(1, found), right / max(1, gold)
    return f"{precision:.2f}/{recall:.2f}/{2 * precision * recall / max(1e-9, precision + recall):.2f}"


def is_held_out(text: str, part: int = 8) -> bool:
    """One passage in `part`, by its own hash: the same ones whatever else is in the files."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % part == 0


def save(base: dict[str, Any], frozen_n: int, layers: nn.ModuleList, heads: Heads, path: Path) -> None:
    """Write the weights: base arrays, trained layers as 8-bit rows, heads as 16-bit floats."""
    arrays = {name: value for name, value in base.items() if not _is_trained(name, frozen_n)}
    names = {"out": "ao.w", "up": "fi.w", "down": "fo.w"}
    vectors = {"out_bias": "ao.b", "up_bias": "fi.b", "down_bias": "fo.b", "norm1": "aln.w", "norm1_bias": "aln.b",
               "norm2": "oln.w", "norm2_bias": "oln.b"}  # fmt: skip
    for n, layer in enumerate(layers, start=frozen_n):
        values = {name: value.detach().numpy() for name, value in layer.named_parameters()}
        thirds = np.split(values["qkv"], 3, axis=1), np.split(values["qkv_bias"], 3)
        for letter, weight, bias in zip("qkv", *thirds, strict=True):
            _quantise(arrays, f"l{n}.{letter}.w", weight.T)
            arrays[f"l{n}.{letter}.b"] = bias.astype(np.float32)
        for name, stored in names.items():
            _quantise(arrays, f"l{n}.{stored}", values[name].T)
        for name, stored in vectors.items():
            arrays[f"l{n}.{stored}"] = values[name].astype(np.float32)
    meta = arrays["meta"].copy()
    meta[1] = frozen_n + len(layers)
    arrays["meta"] = meta
    for name, value in heads.state_dict().items():
        arrays[f"head.{name}"] = value.detach().numpy().astype(np.float16)
    np.savez_compressed(path, **arrays)
    path.with_suffix(".sha256").write_text(f"{file_sha256(path)}  {path.name}\n", encoding="ascii")


def _is_trained(name: str, frozen_n: int) -> bool:
    first = name.split(".")[0]
    return first[0] == "l" and first[1:].isdigit() and int(first[1:]) >= frozen_n


def _quantise(arrays: dict[str, Any], name: str, weight: Any) -> None:
    scale = np.abs(weight).max(axis=1) / 127
    arrays[f"{name}.scale"] = scale.astype(np.float32)
    arrays[f"{name}.q8"] = np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8)


def main() -> None:
    """`python -m extract.providers.embedded.training`."""
    parser = argparse.ArgumentParser(description="Train the embedded extractor's weights from seeds/training.")
    parser.add_argument("--data", type=Path, default=Path("seeds/training"))
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("weights.npz"))
    parser.add_argument("--base", type=Path, default=None, help="keep or take the base weights here")
    parser.add_argument("--head-epochs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--layers", type=int, default=12, help="layers to keep")
    parser.add_argument("--trained", type=int, default=6, help="layers to train")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="share of the passages, for a learning curve")
    parser.add_argument("--start", type=Path, help="go on from these weights, in one pass, instead of from the base")
    parser.add_argument("--new", default="*.tsv", help="with --start: files of which every passage is taken")
    parser.add_argument("--others", type=int, default=4000, help="with --start: how many passages of other files")
    parser.add_argument("--mean", nargs="+", type=Path, help="train nothing: write the mean of these weights")
    parser.add_argument("--all", action="store_true", help="train on the held-out passages too, unmeasured")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)  # the sums depend on it, so that it is fixed
    base = _base(options.base)
    tokenizer = Tokenizer(bytes(base["pieces"]).decode("utf-8").split("\n"), base["piece.scores"].tolist(), 3)
    frozen_n = options.layers - options.trained
    if options.mean:
        layers, heads = mean_of(options.mean, frozen_n, options.layers)
        save(base, frozen_n, layers, heads, options.output)
        return
    lower, upper = dict(base), Encoder(base)._layers[frozen_n : options.layers]
    lower["meta"] = np.array([base["meta"][0], frozen_n, base["meta"][2], base["meta"][3]])
    encoder = Encoder(lower)
    started = time.monotonic()
    examples = read_examples(sorted(options.data.glob("*.tsv")))
    prepared = [one for one in (prepare(example, tokenizer, encoder) for example in examples) if one]
    held_out = [one for one in prepared if not options.all and is_held_out(one.example.passage)]
    training = [one for one in prepared if options.all or not is_held_out(one.example.passage)]
    heads_count = int(base["meta"][2])
    if options.start:
        texts = {example.text for example in read_examples(sorted(options.data.glob(options.new)))}
        known = [one for one in training if one.example.text not in texts]
        training = [one for one in training if one.example.text in texts]
        training += random.Random(1).sample(known, min(len(known), options.others))
        random.Random(2).shuffle(training)
    else:
        training = random.Random(1).sample(training, int(len(training) * options.share))
    print(f"{len(training)} passages to train on, {len(held_out)} held out, {time.monotonic() - started:.0f} s")
    if options.start:
        layers, heads = go_on(options.start, training, frozen_n, options.layers, seed=options.seed, held_out=held_out)
    else:
        layers, heads = train(training, upper, heads_count, head_epochs=options.head_epochs, epochs=options.epochs,
                              seed=options.seed, rate=options.rate, held_out=held_out)  # fmt: skip
    save(base, frozen_n, layers, heads, options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


def _arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _base(path: Path | None) -> dict[str, Any]:
    if path and path.exists():
        return _arrays(path)
    base = read_base()
    if path:
        np.savez(path, **base)
    return base


if __name__ == "__main__":
    main()
