"""Text → words, figures and marks, in a form in which nine languages can be looked up.

Enters a text; leaves its tokens with offsets in code points of that text. Folding makes lookups
simple: lower case, no accents, simplified Chinese, Latin digits, one kind of space, quote and dash, Arabic letters
without hamza, marks or tatweel. What a word means does not belong here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["n", "w", "c", "h", "s", "p", "b"]

# "( 824 ) million": some Arabic agencies put figures in brackets; a list number "(3)" stands before no word.
_BRACKETED = re.compile(r"\(([ ]?\d[\d.,]*[ ]?)\)(?= [\u0621-\u064a])")

# Gulf agencies write a decimal right to left around the letter ra: "4ر2" is 2.4.
_TURNED_DECIMAL = re.compile(r"(?<![\d.,٫])(\d{1,3})ر(\d{1,3})(?![\d.,٫])")

SYMBOLS = "$€£¥₽₹₺₩₪₴₦₫₱₸₼₾₵฿₡₲৳"


class Token(NamedTuple):
    """One token of the folded text.

    kind: n figure, w word, c run of Chinese numerals, h other Chinese run, s currency symbol,
    p any other mark, b paragraph break. start and end refer to the folded text; is_glued is true
    when no space stands before it.
    """

    kind: Kind
    text: str
    start: int
    end: int
    is_glued: bool


@dataclass(frozen=True, eq=False)
class Scan:
    """The tokens of one text; equal only to itself. `offsets` is None when folding kept every code point."""

    text: str
    folded: str
    offsets: list[int] | None
    tokens: list[Token]
    language: str | None

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets [start, end) in the text of the tokens first to last, both included."""
        start, end = self.tokens[first].start, self.tokens[last].end
        if self.offsets is None:
            return start, end
        end = self.offsets[end - 1] + 1
        while end < len(self.text) and unicodedata.combining(self.text[end]):
            end += 1
        return self.offsets[start], end

    def original(self, index: int) -> str:
        """Token `index` as written."""
        start, end = self.span(index, index)
        return self.text[start:end]

    def glued(self, index: int) -> bool:
        """Whether token `index` exists and follows the one before it without a space."""
        return 0 < index < len(self.tokens) and self.tokens[index].is_glued

    def word(self, index: int) -> str:
        """Folded text of token `index`, empty outside the text."""
        if index < 0:
            return ""
        try:
            return self.tokens[index].text
        except IndexError:
            return ""

    def kind(self, index: int) -> str:
        """Kind of token `index`, empty outside the text."""
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else ""


@lru_cache(maxsize=16)
def scan(text: str, language: str | None = None) -> Scan:
    """Fold and split `text`. The last few results are kept, as several finders read one text."""
    folded, offsets = fold_letters(text)
    if "(" in folded:
        folded = _BRACKETED.sub(lambda found: f" {found.group(1)} ", folded)
    if "ر" in folded:
        folded = _TURNED_DECIMAL.sub(r"\2٫\1", folded)
    tokens: list[Token] = []
    previous_end = 0
    for match in _token_pattern().finditer(folded):
        start, end = match.span()
        # As Token(...), without its detour: this line runs for every word of a corpus.
        tokens.append(tuple.__new__(Token, (match.lastgroup, folded[start:end], start, end, start == previous_end)))
        previous_end = end
    return Scan(text, folded, offsets, tokens, language or guess_language(folded))


def fold_letters(text: str) -> tuple[str, list[int] | None]:
    """Fold `text` for lookups.

    Returns:
        The folded text, and for each of its code points the offset in `text`; None instead of
        offsets when the two have the same length.
    """
    table = _fold_table()
    if text.isascii():
        return text.lower(), None
    if not _removable().search(text):
        return text.translate(table).lower(), None
    kept: list[str] = []
    offsets: list[int] = []
    removable = _removable()
    for offset, char in enumerate(text):
        if removable.match(char):
            # Cyrillic й may come as и + breve; dropping the breve would make another letter.
            if char == "\u0306" and kept and kept[-1] in "иИ":
                kept[-1] = "й"
            continue
        kept.append(char)
        offsets.append(offset)
    return "".join(kept).translate(table).lower(), offsets


def fold_words(text: str) -> str:
    """Fold a table entry: as `fold_letters`, without offsets."""
    return fold_letters(text)[0]


def word_set(source: str) -> frozenset[str]:
    """Folded words of a table written as one string."""
    return frozenset(fold_words(source).split())


def word_list(source: str) -> list[str]:
    """Words of a table written as one string, not folded."""
    return source.split()


def split_words(phrase: str) -> tuple[str, ...]:
    """Folded tokens of a phrase, as they come out of `scan`."""
    return tuple(match.group() for match in _token_pattern().finditer(fold_words(phrase)))


def guess_language(folded: str) -> str | None:
    """Language of a folded text by script, then by its commonest words; None when they do not tell."""
    sample = folded[:800]
    if sample.isascii() or not re.search("[\u0600-\u06ff\u0400-\u04ff\u4e00-\u9fff]", sample):
        return _guess_latin(sample)
    counts = {
        "ar": len(re.findall("[\u0600-\u06ff]", sample)),
        "ru": len(re.findall("[\u0400-\u04ff]", sample)),
        # One Chinese character says as much as two or three letters.
        "zh": 2 * len(re.findall("[\u4e00-\u9fff]", sample)),
        "latin": len(re.findall("[a-z]", sample)),
    }
    best = max(counts, key=lambda name: counts[name])
    return _guess_latin(sample) if best == "latin" else best


def _guess_latin(sample: str) -> str | None:
    words = re.findall("[a-z]+", sample)
    scores = {language: sum(word in common for word in words) for language, common in _common_words().items()}
    best = max(scores, key=lambda name: scores[name])
    ranked = sorted(scores.values(), reverse=True)
    return best if ranked[0] > ranked[1] else None


_COMMON_WORDS: dict[str, str] = {
    "en": "the of and to in is that for was with on by its at from has have will more than said",
    "fr": "le la les des du et est dans pour par sur une aux qui au plus d l ont sera avec millions",
    "es": "el los las y del en por para con una es al mas millones su se han sera entre dolares",
    "pt": "o os as e do da dos das em no na para com uma ao mais milhoes sua foi nao entre bilhoes",
    "de": "der die das und den von zu im mit fur ist dem des auf ein eine als mehr euro millionen",
    "tr": "ve bir bu icin ile da de olarak daha milyon milyar bin kadar fazla en olan yaklasik",
}


@lru_cache(maxsize=1)
def _common_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}


@lru_cache(maxsize=1)
def _token_pattern() -> re.Pattern[str]:
    return re.compile(
        r"(?P<n>[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,٫][0-9]+)?|[0-9]+(?:[.,'٬٫][0-9]+)*)"
        r"|(?P<c>[零〇一二两兩三四五六七八九十百千万萬亿億]+)"
        r"|(?P<h>(?:(?![零〇一二两兩三四五六七八九十百千万萬亿億])[\u3400-\u9fff])+)"
        r"|(?P<w>[^\W\d_\u3400-\u9fff]+)"
        r"|(?P<b>\n[^\S\n]*\n)"
        rf"|(?P<s>[{SYMBOLS}])"
        r"|(?P<p>[^\s])"
    )


@lru_cache(maxsize=1)
def _removable() -> re.Pattern[str]:
    return re.compile(
        "[\u00ad\u0300-\u036f\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u200b-\u200f"
        "\u202a-\u202e\u2060-\u2069\ufeff]"
    )


def simplify(text: str) -> str:
    """A text with simplified Chinese characters in place of traditional ones, of the same length."""
    return text.translate(_simplified())


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """The simplified character of each traditional one, as `traditional_chinese.txt` has them."""
    source = Path(__file__).with_name("traditional_chinese.txt").read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if not line.startswith("#")]
    return {ord(one): other for first, second in zip(lines[::2], lines[1::2], strict=True)
            for one, other in zip(first, second, strict=True)}  # fmt: skip


@lru_cache(maxsize=1)
def _fold_table() -> dict[int, str]:
    """Code point → one character; the length of a text never changes."""
    table: dict[int, str] = {}
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]:
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base
    for zero in (0x0660, 0x06F0, 0x0966, 0x09E6):
        table.update({zero + digit: str(digit) for digit in range(10)})
    # Fullwidth forms, but for the comma and full stop, which end clauses in Chinese.
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in (0xFF0C, 0xFF0E)})
    table.update(_simplified())
    for sources, target in (
        ("\u00a0\u202f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u3000\t", " "),
        ("‘’‛ʼ`´′＇", "'"),
        ("“”„«»″", '"'),
        ("‐‑−⁃", "-"),
        ("—―‒", "–"),
        ("〜～∼", "~"),
        ("ıİ", "i"), ("øØ", "o"), ("łŁ", "l"), ("đĐ", "d"), ("ёЁ", "е"),
        ("أإآٱ", "ا"), ("ىی", "ي"), ("ة", "ه"), ("ک", "ك"),
        ("٪", "%"), ("،", ","), ("￥", "¥"), ("￡", "£"), ("﷼", "¤"),
    ):
        table.update({ord(source): target for source in sources})
    return table
