"""The learned decision: what each mention of a passage is, and which mentions belong together.

In: a passage and its mentions. Out: probabilities of anchors' classes, of pairs' roles, and of
pieces being part of a participant. Pure arithmetic on shipped weights; decisions are made in
`decide.py`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from extract.providers.embedded.encoder import Encoder, Floats, gelu
from extract.providers.embedded.examples import CLASS_INDEX, CLASSES, SPAN_KINDS
from extract.providers.embedded.sentences import split_sentences
from extract.providers.embedded.tokenizer import Pieces, Tokenizer

FLAGS = CLASS_INDEX["conditional"]
# What a span of each kind cannot be: money no troops, a headcount no money, a figure no membership.
_POSSIBLE = {"money": "PF", "headcount": "T", "number": "PFT", "actor": "PTM"}
FORBIDDEN = np.array([[name[0] not in _POSSIBLE[kind] for name in CLASSES[:FLAGS]] for kind in SPAN_KINDS])


@dataclass(frozen=True)
class Reading:
    """What the network says of one passage.

    Attributes:
        text: The passage.
        pieces: Its pieces.
        states: A vector for each piece, shape (pieces, width).
        tags: Probability of each piece being outside, the begin or the inside of a participant,
            shape (pieces, 3).
    """

    text: str
    pieces: Pieces
    states: Floats
    tags: Floats


class Model:
    """The network and its weights.

    Args:
        path: The `.npz` that training wrote.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        self._tokenizer = Tokenizer(
            bytes(arrays["pieces"]).decode("utf-8").split("\n"), arrays["piece.scores"].tolist(), 3
        )
        self._encoder = Encoder(arrays)
        self._heads: dict[str, Any] = {
            name[5:]: value.astype(np.float32) for name, value in arrays.items() if name.startswith("head.")
        }
        self.temperature = arrays.get("temperature")

    def read(self, text: str) -> Reading:
        """Encode a passage; what exceeds the encoder's window is cut off."""
        pieces = self._tokenizer(text)
        limit = self._encoder.max_pieces
        if len(pieces.ids) > limit:
            pieces = Pieces(pieces.ids[:limit], pieces.starts[:limit], pieces.ends[:limit])
        states = self._encoder(np.array([0, *pieces.ids, 2]))[1:-1]
        states = (states - self._heads["mean"]) * self._heads["scale"]
        tags = _softmax(states @ self._heads["tags.weight"].T + self._heads["tags.bias"])
        return Reading(text, pieces, states, tags)

    def spans(self, reading: Reading, spans: list[tuple[int, int, int]]) -> Floats:
        """Vectors of `(start, end, kind)` spans, shape (spans, span width)."""
        rows = []
        for start, end, kind in spans:
            inside = [n for n in pieces_of(reading.pieces, start, end) if n < len(reading.states)]
            states = reading.states[inside] if inside else reading.states[:1]
            rows.append(np.concatenate([states.mean(0), states.max(0), self._heads["kind.weight"][kind]]))
        joined = np.array(rows, dtype=np.float32)
        return gelu(joined @ self._heads["span.weight"].T + self._heads["span.bias"])

    def anchors(self, reading: Reading, vectors: Floats, spans: list[tuple[int, int, int]]) -> Floats:
        """Probability of each class for each span, from the span and its own sentence, shape (spans, classes).

        The record classes that a span of its kind can have share one probability with being no
        record; each flag has its own.
        """
        sentences = split_sentences(reading.text)
        kinds = [kind for _, _, kind in spans]
        rows = []
        for start, _end, _kind in spans:
            inside = [n for n in sentence_pieces(reading.pieces, sentences, start) if n < len(reading.states)] or [0]
            rows.append(reading.states[inside].mean(0))
        scores = np.concatenate([vectors, np.array(rows)], axis=1) @ self._heads["classes.weight"].T
        scores += self._heads["classes.bias"]
        records = np.where(FORBIDDEN[kinds], -np.inf, scores[:, :FLAGS])
        records = _softmax(np.concatenate([records, np.zeros((len(vectors), 1), np.float32)], axis=1))[:, :-1]
        return np.concatenate([records, _sigmoid(scores[:, FLAGS:])], axis=1)

    def pairs(self, vectors: Floats, pairs: list[tuple[int, int]], places: list[list[float]]) -> Floats:
        """Probability of being an anchor's actor and its counterpart, shape (pairs, 2).

        Args:
            places: `pair_features` of each pair.
        """
        if not pairs:
            return np.zeros((0, 2), dtype=np.float32)
        one = vectors[[first for first, _ in pairs]]
        other = vectors[[second for _, second in pairs]]
        joined = np.concatenate([one, other, one * other, np.array(places, dtype=np.float32)], axis=1)
        inner = gelu((joined @ self._heads["pair_in.weight"].T + self._heads["pair_in.bias"]).astype(np.float32))
        return _sigmoid(inner @ self._heads["pair_out.weight"].T + self._heads["pair_out.bias"])


def pieces_of(pieces: Pieces, start: int, end: int) -> list[int]:
    """Indices of the pieces that overlap `[start, end)`."""
    return [n for n in range(len(pieces.ids)) if pieces.starts[n] < end and pieces.ends[n] > start]


def sentence_pieces(pieces: Pieces, sentences: list[tuple[int, int]], place: int) -> list[int]:
    """Indices of the pieces in the sentence that holds a place of the text."""
    for start, end in sentences:
        if start <= place < end:
            return pieces_of(pieces, start, end)
    return []


def pair_features(text: str, spans: list[tuple[int, int, int]], one: int, other: int) -> list[float]:
    """Where the second span of a pair stands, seen from the first: PAIR_FEATURES numbers, 0 or 1.

    Order and distance; how many figures, names and breaks stand between; whether it is the nearest
    name on its side. What the words mean is the encoder's part.
    """
    first, second = spans[one], spans[other]
    is_before = second[0] < first[0]
    low, high = (second[1], first[0]) if is_before else (first[1], second[0])
    gap = text[low:high]
    words = gap.count(" ") + len(gap) // 12
    between = [span for span in spans if low <= span[0] and span[1] <= high]
    figures = sum(span[2] != _ACTOR for span in between)
    actors = sum(span[2] == _ACTOR for span in between)
    leads = not any(
        span[2] == _ACTOR and span[1] <= second[0] and not _SENTENCE_END.search(text[span[1] : second[0]])
        for span in spans
    )
    breaks = [_SENTENCE_END.search(gap) is not None, _HARD_BREAK.search(gap) is not None]
    return [
        1.0, float(is_before), float(leads), *map(float, breaks),
        *_steps(words, (1, 4, 10, 25)), *_steps(figures, (0, 1, 2)), *_steps(actors, (0, 1, 2, 3)),
        *_steps(len(_SOFT_BREAK.findall(gap)), (0, 1, 2)),
        *((float(is_before and figures == 0 and actors == 0), float(not is_before and figures == 0 and actors == 0))),
    ]  # fmt: skip


def _steps(value: int, bounds: tuple[int, ...]) -> list[float]:
    return [float(value > bound) for bound in bounds]


_ACTOR = SPAN_KINDS.index("actor")
_SENTENCE_END = re.compile(r"[.!?؟](?=\s)|[。！？\n]")
_HARD_BREAK = re.compile(r"[;:؛；：()（）]| [-–—] ")
_SOFT_BREAK = re.compile(r"[,،，、]|(?<!\w)(?:and|et|y|e|und|и|ve|while|but)(?!\w)")
PAIR_FEATURES = len(pair_features("a b", [(0, 1, 0), (2, 3, _ACTOR)], 0, 1))


def file_sha256(path: Path) -> str:
    """sha256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _softmax(scores: Any) -> Floats:
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def _sigmoid(scores: Any) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -60, 60))), dtype=np.float32)
