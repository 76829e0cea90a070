"""Text to word pieces, each with its place in the text.

In: a text. Out: piece ids of the encoder's vocabulary and their spans in code points. The
segmentation is SentencePiece's unigram model (Kudo 2018): the likeliest sequence of pieces, found
by Viterbi search; a vocabulary with fewer pieces gives shorter ones, never a failure.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_SPACE = "\u2581"
_MAX_PIECE_CHARS = 16
_DROPPED = frozenset("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad")


@dataclass(frozen=True)
class Pieces:
    """Piece ids and, for each, `[start, end)` in code points of the text."""

    ids: list[int]
    starts: list[int]
    ends: list[int]


class Tokenizer:
    """A unigram tokenizer over a given vocabulary.

    Args:
        pieces: Vocabulary; a leading U+2581 stands for the space before a word.
        scores: Log probability of each piece.
        unknown_id: Id for a code point that no piece covers.
    """

    def __init__(self, pieces: list[str], scores: list[float], unknown_id: int) -> None:
        self._scores = {piece: (score, n) for n, (piece, score) in enumerate(zip(pieces, scores, strict=True)) if piece}
        self._unknown_id = unknown_id
        self._unknown_score = min(scores) - 10.0
        self._cache: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, text: str) -> Pieces:
        """Segment `text`; white space separates words and is no part of any span."""
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        for word, places in _words(text):
            for identifier, length, offset in self._word(word):
                first = max(offset - 1, 0)
                last = offset + length - 1
                if last <= 0:
                    begin, finish = places[0][0], places[0][0]
                else:
                    begin, finish = places[first][0], places[last - 1][1]
                ids.append(identifier)
                starts.append(begin)
                ends.append(finish)
        return Pieces(ids, starts, ends)

    def _word(self, word: str) -> list[tuple[int, int, int]]:
        """(id, length, offset) of the pieces of one word, the leading U+2581 counted."""
        known = self._cache.get(word)
        if known is None:
            known = self._viterbi(_SPACE + word)
            if len(self._cache) < 50_000:
                self._cache[word] = known
        offset = 0
        found = []
        for identifier, length in known:
            found.append((identifier, length, offset))
            offset += length
        return found

    def _viterbi(self, word: str) -> list[tuple[int, int]]:
        size = len(word)
        best = [0.0] + [float("-inf")] * size
        back: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        scores = self._scores
        for start in range(size):
            base = best[start]
            for end in range(start + 1, min(size, start + _MAX_PIECE_CHARS) + 1):
                found = scores.get(word[start:end])
                if found is not None and base + found[0] > best[end]:
                    best[end] = base + found[0]
                    back[end] = (start, found[1])
            if base + self._unknown_score > best[start + 1]:
                best[start + 1] = base + self._unknown_score
                back[start + 1] = (start, self._unknown_id)
        pieces: list[tuple[int, int]] = []
        end = size
        while end > 0:
            start, identifier = back[end]
            pieces.append((identifier, end - start))
            end = start
        return pieces[::-1]


def _words(text: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """Words of the compatibility form of `text`, with the place of each of their code points."""
    words: list[tuple[str, list[tuple[int, int]]]] = []
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    position, length = 0, len(text)
    while position < length:
        end = position + 1
        if text[position] > "\x7f" or (end < length and text[end] > "\u02ff"):
            while end < length and unicodedata.combining(text[end]):
                end += 1
            folded = unicodedata.normalize("NFKC", text[position:end])
        else:
            folded = text[position]
        for character in folded:
            if character.isspace():
                if characters:
                    words.append(("".join(characters), places))
                    characters, places = [], []
            elif character not in _DROPPED:
                characters.append(character)
                places.append((position, end))
        position = end
    if characters:
        words.append(("".join(characters), places))
    return words
