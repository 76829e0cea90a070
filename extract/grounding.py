"""Quote to span, value to the words that prove it.

In: words that a provider attributes to a document. Out: the one contiguous region of the
document that says them, or none. A region is found only where every character agrees after
folding (spaces, quotes, dashes, case, accents' composition, Arabic marks), so a changed digit,
currency or negation is never accepted; a quote with an ellipsis is the one region from its first
part to its last. What the words mean belongs to `normalise`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extract.normalise.folding import Folded, fold, fold_text
from extract.schema import Alignment

GROUNDING_VERSION = "1"

# An elided middle longer than this is two quotes, not one.
_MAX_GAP_CHARS = 600
_MIN_PART_CHARS = 8
_ELLIPSIS = re.compile(r"\s*(?:\[\s*)?\.\.\.(?:\s*\])?\s*")
_OUTER = " \t\n\"'.,;:()[]-"
_BEFORE_NUMBER = re.compile(r"(?:\d[.,'٫٬]|\d)$")
_SPACED_BEFORE = re.compile(r"(?<!\d)\d{1,3}(?: \d{3})* $")
_AFTER_NUMBER = re.compile(r"[.,'٫٬]?\d")
_SPACED_AFTER = re.compile(r" \d{3}(?!\d)")


@dataclass(frozen=True)
class Span:
    """`text[start:end]`, in code points, and how it was found."""

    start: int
    end: int
    alignment: Alignment


NOT_FOUND = Span(0, 0, "none")


class Grounder:
    """Finds quotes in one text; folding the text is done once, at the first need."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: Folded | None = None

    def align(self, quote: str, *, near: int | None = None) -> Span:
        """Locate `quote` in the text.

        Args:
            quote: Words the provider attributed to the document.
            near: Position to prefer when the quote stands in several places; the first otherwise.

        Returns:
            Span in code points of the text; alignment `none` (and an empty span) if the text does
            not say it in one contiguous region.
        """
        if not quote.strip():
            return NOT_FOUND
        exact = _best(_occurrences(self.text, quote.strip()), near)
        if exact is not None:
            return Span(exact[0], exact[1], "exact")
        if self._folded is None:
            self._folded = fold(self.text)
        folded = self._folded
        wanted = fold_text(quote)
        for candidate in dict.fromkeys((wanted, wanted.strip(_OUTER))):
            spans = [folded.span(*found) for found in _occurrences(folded.text, candidate)]
            best = _best(spans, near)
            if best is not None:
                return Span(best[0], best[1], "folded")
        region = _elided(folded.text, wanted)
        if region is not None:
            start, end = folded.span(*region)
            return Span(start, end, "folded")
        return NOT_FOUND


def says(region: str, words: str) -> bool:
    """Whether `region` contains `words` as they stand, after folding, not inside a longer number."""
    wanted = fold_text(words).strip(_OUTER)
    return bool(wanted) and bool(_occurrences(folded_once(region), wanted))


@lru_cache(maxsize=256)
def folded_once(text: str) -> str:
    """`fold_text`, remembered: a document is looked into for every name and number of its records."""
    return fold_text(text)


def digit_groups(text: str) -> list[str]:
    """The numbers of `text` as their digits alone, separators dropped, in order."""
    return [re.sub(r"\D", "", found) for found in re.findall(r"\d+(?:[.,' ٫٬]\d+)*", fold_text(text))]


def _occurrences(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where `wanted` stands in `text` without cutting a number in two, whole words before others."""
    whole: list[tuple[int, int]] = []
    inside: list[tuple[int, int]] = []
    if not wanted:
        return whole
    position = text.find(wanted)
    while position >= 0:
        end = position + len(wanted)
        if not _cuts_number(text, position, end):
            cut = (text[position - 1 : position].isalpha() and wanted[0].isalpha()) or (
                text[end : end + 1].isalpha() and wanted[-1].isalpha()
            )
            (inside if cut else whole).append((position, end))
        position = text.find(wanted, position + 1)
    return whole or inside


def _cuts_number(text: str, start: int, end: int) -> bool:
    if text[start].isdigit():
        before = text[max(0, start - 12) : start]
        first = re.match(r"\d+", text[start:end])
        if _BEFORE_NUMBER.search(before):
            return True
        if first and len(first.group()) == 3 and _SPACED_BEFORE.search(_plain_spaces(before)):
            return True
    if text[end - 1].isdigit():
        after = text[end : end + 6]
        last = re.search(r"\d+$", text[start:end])
        if _AFTER_NUMBER.match(after):
            return True
        if last and len(last.group()) <= 3 and _SPACED_AFTER.match(_plain_spaces(after)):
            return True
    return False


def _plain_spaces(text: str) -> str:
    return re.sub(r"\s", " ", text)


def _best(spans: list[tuple[int, int]], near: int | None) -> tuple[int, int] | None:
    if not spans:
        return None
    if near is None:
        return spans[0]
    return min(spans, key=lambda span: abs(span[0] - near))


def _elided(text: str, wanted: str) -> tuple[int, int] | None:
    """The region from the first part of an elided quote to its last, every part in order."""
    parts = [part.strip(_OUTER) for part in _ELLIPSIS.split(wanted)]
    parts = [part for part in parts if part]
    if len(parts) < 2 or any(len(part) < _MIN_PART_CHARS for part in parts):
        return None
    for first_start, first_end in _occurrences(text, parts[0]):
        end = first_end
        for part in parts[1:]:
            following = [span for span in _occurrences(text, part) if end <= span[0] <= end + _MAX_GAP_CHARS]
            if not following:
                break
            end = following[0][1]
        else:
            return first_start, end
    return None
