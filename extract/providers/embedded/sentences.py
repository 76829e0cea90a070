"""Text to sentences.

In: a text. Out: spans of its sentences, in order; line ends always divide. Abbreviations, initials
and numbers do not.
"""

from __future__ import annotations

import re

_END = re.compile(r"[.!?؟۔]+[\"'”»’)\]]*(?=\s)|[。！？；]+[」』”’）]*|\n+")
_ABBREVIATIONS = frozenset(
    "m mm mr mrs ms mme mlle dr prof st sr sra sres ste gen col lt capt sgt maj adm gov sen rep hon rev jr no nos nr vs etc"
    " approx ca bzw ggf usw evtl inkl z.b u.a d.h mio mrd bn mn mln trn tsd inc ltd co corp ave dept fig vol art ed al cf"
    " jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc u.s u.k u.n e.u ee uu ee.uu e.g i.e a.m p.m"
    " тыс млн млрд трлн руб долл г гг им ул см стр обл т.е т.д т.п др пр напр av cad sok vb vs yy tl dz exmo exma pág"
    " núm n.º art arts fr op".split()
)


# "20. April", "am 3.", "die 58. Sitzung": a German (Turkish, Norwegian …) ordinal is written with a full stop.
_ORDINAL_BEFORE = re.compile(r"\b(?:der|die|das|dem|den|des|am|vom|zum|zur|im|beim|bis|seit|ab|und|ihr\w*|sein\w*)\s+\d{1,3}$", re.IGNORECASE)
_MONTH_AFTER = re.compile(
    r"\s*(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|"
    r"jan|feb|apr|jun|jul|aug|sept?|okt|nov|dez|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık)\b",
    re.IGNORECASE,
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """`[start, end)` of each sentence, white space at its edges left out."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(text):
        end = found.end()
        if found.group()[0] == "." and _goes_on(text, found.start(), end):
            continue
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _goes_on(text: str, dot: int, end: int) -> bool:
    """Whether a full stop belongs to an abbreviation, an initial or a number."""
    following = text[end:].lstrip()[:1]
    if following and (following.islower() or following in ",;:"):
        return True
    if text[max(0, dot - 1) : dot].isdigit() and _is_ordinal(text, dot, end):
        return True
    word = re.search(r"[\w.º]+$", text[max(0, dot - 12) : dot])
    if word is None:
        return False
    bare = word.group().lower().strip(".")
    if len(bare) == 1 and bare.isalpha() and word.group()[-1].isupper():
        return True
    return bare in _ABBREVIATIONS


def _is_ordinal(text: str, dot: int, end: int) -> bool:
    if _MONTH_AFTER.match(text, end):
        return re.search(r"(?<!\d)\d{1,2}$", text[max(0, dot - 3) : dot]) is not None
    return _ORDINAL_BEFORE.search(text[max(0, dot - 20) : dot]) is not None and text[end : end + 1] == " "


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        spans.append((start, end))
