"""A folded view of a text, with the way back.

In: a text. Out: the same text as a reader compares it (one kind of space, quote and dash, no
Arabic marks, composed accents, no case) and, for each folded code point, where it came from.
Finding anything in the folded view is the caller's work.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_REMOVED = frozenset(
    "\u0640"  # tatweel
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_SINGLE = dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07", "'")
_DOUBLE = dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\uff02", '"')
_DASH = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
_REPLACED = {**_SINGLE, **_DOUBLE, **_DASH, "\u2026": "..."}
# Typed with a space on either side or with none, by language and by typesetter alike.
_TIGHT = frozenset('"')


@dataclass(frozen=True)
class Folded:
    """A folded text.

    Attributes:
        text: The folded view.
        starts: For each code point of `text`, where its source begins in the original.
        ends: For each code point of `text`, where its source ends in the original (exclusive).
    """

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original `[start, end)` of the folded `[start, end)`; the folded span must not be empty."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold `text` for comparison, keeping the way back to its code points."""
    if text.isascii():
        return _fold_ascii(text)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def put(folded: str, start: int, end: int) -> None:
        for character in folded:
            if character == " ":
                if not characters or characters[-1] == " " or characters[-1] in _TIGHT:
                    if ends and characters[-1] not in _TIGHT:
                        ends[-1] = end
                    continue
            elif character in _TIGHT and characters and characters[-1] == " ":
                characters.pop(), starts.pop(), ends.pop()
            characters.append(character)
            starts.append(start)
            ends.append(end)

    position, length = 0, len(text)
    while position < length:
        character = text[position]
        end = position + 1
        if character < "\x80":
            # A plain letter may still carry decomposed accents.
            if end < length and unicodedata.combining(text[end]):
                while end < length and unicodedata.combining(text[end]):
                    end += 1
                put(_fold_cluster(text[position:end]), position, end)
            else:
                put(" " if character.isspace() else character.lower(), position, end)
        else:
            while end < length and unicodedata.combining(text[end]):
                end += 1
            put(_fold_cluster(text[position:end]), position, end)
        position = end
    if characters and characters[-1] == " ":
        characters.pop(), starts.pop(), ends.pop()
    return Folded("".join(characters), starts, ends)


def fold_text(text: str) -> str:
    """The folded view alone: many times as fast where no mark stands on a letter of its own."""
    if text.isascii():
        plain = text.lower().replace("`", "'")
    elif any(map(unicodedata.combining, set(text))):
        return fold(text).text
    else:
        plain = text.translate(_PLAIN)
    spaced = " ".join(plain.split())
    return _AROUND_TIGHT.sub(r"\1", spaced) if any(mark in spaced for mark in _TIGHT) else spaced


class _Plain(dict[int, str]):
    """What each code point becomes that carries no mark, found when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        # The view has an ASCII letter as it is in lower case, and looks closer at the others.
        plain = " " if character.isspace() else character.lower()
        self[code] = plain if character.isascii() else _fold_cluster(character)
        return self[code]


_PLAIN = _Plain()
_AROUND_TIGHT = re.compile(f" ?([{''.join(sorted(_TIGHT))}]) ?")


def _fold_ascii(text: str) -> Folded:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for position, character in enumerate(text.lower()):
        if character == "`":
            character = "'"
        if character.isspace():
            if not characters or characters[-1] == " " or characters[-1] in _TIGHT:
                if ends and characters[-1] not in _TIGHT:
                    ends[-1] = position + 1
                continue
            character = " "
        elif character in _TIGHT and characters and characters[-1] == " ":
            characters.pop(), starts.pop(), ends.pop()
        characters.append(character)
        starts.append(position)
        ends.append(position + 1)
    if characters and characters[-1] == " ":
        characters.pop(), starts.pop(), ends.pop()
    return Folded("".join(characters), starts, ends)


@lru_cache(maxsize=16_384)
def _fold_cluster(cluster: str) -> str:
    """Fold one base code point with the combining marks that follow it."""
    base = cluster[0]
    if base in _REMOVED:
        return ""
    if base in _REPLACED:
        return _REPLACED[base]
    if base.isspace():
        return " "
    if unicodedata.combining(base) and len(cluster) == 1:
        return "" if _is_arabic_mark(base) else base
    # Composed first: a madda is a mark of its own only when no letter takes it.
    composed = "".join(one for one in unicodedata.normalize("NFC", cluster) if not _is_arabic_mark(one))
    if not composed:
        return ""
    # Superscripts and fractions would change a number if they were made plain.
    if unicodedata.category(composed[0]) != "No":
        compatible = unicodedata.normalize("NFKC", composed)
        composed = composed if any(one.isspace() for one in compatible) else compatible
    digits = "".join(
        str(unicodedata.decimal(one)) if unicodedata.category(one) == "Nd" else one for one in composed
    )
    return " " if digits.isspace() else digits.casefold()


def _is_arabic_mark(character: str) -> bool:
    return "\u064b" <= character <= "\u0652" or character in "\u0653\u0656\u0657\u0658\u0670\u06d6\u06da"
