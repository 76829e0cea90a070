"""Near-duplicates: which texts are another's words over again.

In: texts. Out: for a text, the earlier one that it reprints, if any. A text that says anything of
its own is no reprint: a changed figure or name in a form of words makes another report.

Source:
    A bottom-k sketch of sentences (Broder 1997) finds candidates; the sentences themselves decide.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

SKETCH_SIZE = 16
# A sentence in more documents than this is no mark of an article: "we use cookies".
MOST_SHARED = 50
# Sentences shorter than this are bylines, dates and "read more".
_FEWEST_CHARS = 30
_FEWEST_SENTENCES = 3
# What may stand around a reprinted article: the share of its characters that are not the other's.
_MAX_OWN_SHARE = 0.15

# The mark at its end is no part of a sentence here: only words are. All that an end begins with stands first, so that
# the text is gone through for these alone.
_SENTENCE_END = re.compile(r"[.!?؟;。！？\n](?:(?<=[.!?؟;])\s+|(?<=[。！？])|(?<=\n)\n*)")
_AROUND = 3
_DATED_WORDS = 3
_DAY_OR_YEAR = re.compile(r"0?[1-9]|[12]\d|3[01]|(19|20)\d\d|\d\d?(st|nd|rd|th)", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def sentences(text: str) -> list[str]:
    """The sentences of a text as words in lower case, so that quotes and spaces do not count."""
    found = (" ".join(_WORD.findall(one.casefold())) for one in _SENTENCE_END.split(text))
    return [one for one in found if one]


def sketch(text: str) -> list[int]:
    """The smallest hashes of its longer sentences; empty for a text too short to be known by them."""
    long = {one for one in sentences(text) if len(one) >= _FEWEST_CHARS}
    if len(long) < _FEWEST_SENTENCES:
        return []
    hashes = (int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "big") for one in long)
    return sorted(hashes)[:SKETCH_SIZE]


def likeness(text: str, original: str) -> float | None:
    """Share of `text` that stands in `original` word for word; None when it says anything of its own.

    What is its own has to be short: a headline, a line that names the paper, a caption. Only above and below
    the article may such a line bear numbers, and only as a date with few words.
    """
    given = Counter(sentences(original))
    parts = sentences(text)
    total = sum(map(len, parts))
    own_chars = 0
    for place, one in enumerate(parts):
        if given[one] > 0:
            given[one] -= 1
            continue
        own_chars += len(one)
        numbers = [word for word in one.split() if any(character.isdigit() for character in word)]
        is_around = place < _AROUND or place >= len(parts) - _AROUND
        if len(one) >= 2 * _FEWEST_CHARS or own_chars > _MAX_OWN_SHARE * total:
            return None
        is_dated = any(len(number) == 4 for number in numbers) and len(one.split()) - len(numbers) <= _DATED_WORDS
        if numbers and not (is_around and is_dated and all(_DAY_OR_YEAR.fullmatch(number) for number in numbers)):
            return None
    return 1 - own_chars / total if total else None


def overlap(text: str, other: str) -> float:
    """Share of `text` that stands in `other` sentence by sentence, whatever else either says."""
    given = set(sentences(other))
    parts = sentences(text)
    return sum(len(one) for one in parts if one in given) / (sum(map(len, parts)) or 1)


def candidates(given: Iterable[int], index: Mapping[int, list[str]]) -> list[str]:
    """Documents that share enough of a sketch to be looked at, most alike first."""
    listed = (index.get(number, []) for number in given)
    shared = Counter(one for documents in listed if len(documents) <= MOST_SHARED for one in documents)
    # Of two texts of which one holds the other, the smaller's sketch is spread over a larger set.
    return [name for name, count in shared.most_common(5) if count >= 2]
