"""Long documents in overlapping passages: what is asked at once, and how parts become one answer.

In: a document's text. Out: passages that are slices of it, cut between paragraphs or sentences. A
short document is one passage, itself. Facts at a seam stand in both neighbours; the records of two
passages that say the same are merged where all repetitions are, in `records.merge_repeated`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Longer ones are asked in parts. Chosen, not tuned: six times an article, and within a local model's context.
PASSAGE_CHARS = 12_000
_OVERLAP_CHARS = 600
# The beginning says who and what "the fund" of a later passage is.
_HEAD_CHARS = 400
_SEAMS = (
    re.compile(r"\n\s*\n"), re.compile(r"\n"),
    re.compile(r"(?<=[.!?؟。！？])[\s”»\"]+|(?<=[。！？])"), re.compile(r"\s"),
)  # fmt: skip


def passages(text: str, passage_chars: int = PASSAGE_CHARS) -> list[str]:
    """Parts of `text`, each at most about `passage_chars` long; the text itself if it is short.

    Every passage but the first begins with the head of the document, so that names can be understood.
    """
    if len(text) <= passage_chars:
        return [text]
    head_end = _seam(text, _HEAD_CHARS // 4, min(_HEAD_CHARS, passage_chars // 4))
    head = text[:head_end].rstrip()
    parts = [text[start:end] for start, end in _spans(text, passage_chars)]
    return [parts[0], *(f"{head}\n[…]\n{part}" for part in parts[1:])]


def united(drafts: list[Any]) -> list[Any]:
    """Drafts of all passages in order, those that are equal once."""
    kept: list[Any] = []
    for draft in drafts:
        if draft not in kept:
            kept.append(draft)
    return kept


def _spans(text: str, passage_chars: int) -> Iterator[tuple[int, int]]:
    overlap = min(_OVERLAP_CHARS, passage_chars // 4)
    start = 0
    while True:
        if len(text) - start <= passage_chars:
            yield start, len(text)
            return
        end = _seam(text, start + passage_chars // 2, start + passage_chars)
        yield start, end
        start = max(start + 1, _seam(text, end - overlap, end - overlap // 2))


def _seam(text: str, first: int, last: int) -> int:
    """The best place to cut between `first` and `last`: after a paragraph, a line, a sentence, a word."""
    for pattern in _SEAMS:
        found = [match.end() for match in pattern.finditer(text, first, last)]
        if found:
            return found[-1]
    return last
