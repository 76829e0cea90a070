"""Numbers as written → values.

Enters a text; leaves the numbers in it with offsets in code points, as figures ("1.250,5",
"٣٫٥", "10 000"), words ("two and a half million", "مئتا ألف", "三百万") or both ("7 Md",
"1,5 млрд"). What is counted (money, persons) and qualifiers do not belong here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from extract.normalise.number_words import (
    CJK_MAGNITUDES,
    CJK_UNITS,
    SOFT_SUFFIXES,
    Entry,
    lexicon,
    parse_cjk,
)
from extract.normalise.tokens import Scan, fold_words, scan, word_set

NumberKind = Literal["count", "percent", "ordinal", "year"]

# Languages whose decimal mark is a comma; "es" also counts Latin America, see `_read_ambiguous`.
_DECIMAL_COMMA = frozenset({"fr", "de", "es", "pt", "ru", "tr"})


@dataclass(frozen=True)
class NumberMention:
    """One number of a text.

    Attributes:
        start: First code point of the number in the text.
        end: Code point after its last one.
        value: Absolute value, the magnitude included.
        kind: count, percent, ordinal or year; dates, times, telephone numbers, scores and
            designations (F-16) are not mentions at all.
        is_approximate: True for collectives ("une dizaine", "a dozen").
    """

    start: int
    end: int
    value: Decimal
    kind: NumberKind = "count"
    is_approximate: bool = False


@dataclass(frozen=True)
class Figure:
    """A number among the tokens of a scan, with what its neighbours need to know.

    Attributes:
        first: Index of its first token.
        last: Index of its last token.
        value: Absolute value.
        coefficient: What stands before the last magnitude (1.5 of "1.5 million").
        magnitude: Its magnitude, 1 if none.
        kind: As in `NumberMention`.
        is_approximate: True for collectives.
        is_more: True when Chinese 多 or 余 says "and some more".
        alternative: The other reading of an ambiguous separator ("1.250"), None if unambiguous.
        is_code: True when letters stand tight before it ("USD5", "G20"): a number only beside a currency.
        is_bare_article: True for a number word that is mostly a pronoun or an article ("one").
    """

    first: int
    last: int
    value: Decimal
    coefficient: Decimal
    magnitude: Decimal
    kind: NumberKind = "count"
    is_approximate: bool = False
    is_more: bool = False
    alternative: Decimal | None = None
    is_code: bool = False
    is_bare_article: bool = False


def find_numbers(text: str, language: str | None = None) -> list[NumberMention]:
    """Numbers in `text`, in order and without overlap.

    Args:
        text: Any text; offsets refer to this string unchanged.
        language: ISO 639-1 code; guessed from the text when None.
    """
    found = scan(text, language)
    mentions = []
    for figure in figures(found):
        if figure.is_code or figure.is_bare_article:
            continue
        start, end = found.span(figure.first, figure.last)
        mentions.append(NumberMention(start, end, figure.value, figure.kind, figure.is_approximate))
    return mentions


def parse_number(text: str, language: str | None = None) -> Decimal | None:
    """Value of a string that is one number and nothing else; None when it is not."""
    found = scan(text.strip(), language)
    tokens = [token for token in found.tokens if token.kind != "b"]
    for figure in figures(found):
        if figure.first > 0 or figure.is_code:
            return None
        rest = figure.last + 1
        if rest < len(tokens) and found.word(rest) in SOFT_SUFFIXES:
            return figure.value * SOFT_SUFFIXES[found.word(rest)] if rest + 1 == len(tokens) else None
        return figure.value if rest == len(tokens) else None
    return None


@lru_cache(maxsize=16)
def figures(found: Scan) -> tuple[Figure, ...]:
    """Figures of a scan, in order and without overlap. The last few results are kept, as those of `scan` are."""
    reader = _Reader(found, lexicon(found.language))
    result: list[Figure] = []
    index, size = 0, len(found.tokens)
    words = reader.words
    while index < size:
        token = found.tokens[index]
        figure = None
        if token.kind == "n":
            index, figure = reader.read_figure(index)
        elif token.kind == "c" or (token.kind == "w" and (token.text in words or token.text[0] in _CLITIC_INITIALS)):
            figure = reader.read(index)
            index = figure.last + 1 if figure else index + 1
        else:
            index += 1
        if figure is not None:
            result.append(figure)
    return tuple(result)


# --- separators ------------------------------------------------------------------------------


def read_digits(digits: str, language: str | None = None, decimal_mark: str | None = None,
                *, before_magnitude: bool = False) -> tuple[Decimal, Decimal | None] | None:
    """Value of figures with separators.

    Args:
        digits: Latin digits with any of `. , ' ٬ ٫` and spaces, as `scan` leaves them.
        language: Decides what the shape leaves open.
        decimal_mark: "." or "," when other numbers of the text show its habit.
        before_magnitude: True when a magnitude follows ("1.250 million").

    Returns:
        The value, and the other reading when a single separator before three digits leaves
        two; None for what is no number (12.05.2024, 192.168.0.1, 007).
    """
    plain = digits.replace(" ", "")
    if plain.isdigit():
        return None if len(plain) > 1 and plain[0] == "0" else (Decimal(plain), None)
    marks = [char for char in plain if not char.isdigit()]
    last = marks[-1]
    if "٫" in marks:
        return _split_decimal(plain, "٫") if marks.count("٫") == 1 and last == "٫" else None
    if len(set(marks)) > 2:
        return None
    if " " in digits or len(set(marks)) == 2:
        # The last of two kinds is the decimal mark: 1.250,50 and 1,250.50.
        return _split_decimal(plain, last) if marks.count(last) == 1 and last in ".," else None
    if len(marks) > 1:
        grouped = _grouped(plain, last)
        return None if grouped is None else (grouped, None)
    whole, fraction = plain.split(last)
    if last == "'":
        return (Decimal(whole + fraction), None) if len(fraction) == 3 else None
    if len(fraction) != 3 or len(whole) > 3 or whole[0] == "0":
        if len(whole) > 1 and whole[0] == "0":
            return None
        return Decimal(f"{whole}.{fraction}"), None
    thousands, decimal = Decimal(whole + fraction), Decimal(f"{whole}.{fraction}")
    if last == "٬":
        return thousands, None
    if fraction == "000":
        # Whatever the language's habit: nobody writes three noughts behind a decimal mark.
        return thousands, decimal
    if _is_thousands_mark(last, language, decimal_mark, before_magnitude):
        return thousands, decimal
    return decimal, thousands


def _split_decimal(plain: str, mark: str) -> tuple[Decimal, Decimal | None] | None:
    whole, fraction = plain.split(mark)
    marks = {char for char in whole if not char.isdigit()}
    if not marks:
        return Decimal(f"{whole}.{fraction}"), None
    grouped = _grouped(whole, marks.pop()) if len(marks) == 1 else None
    return None if grouped is None else (grouped + Decimal(f"0.{fraction}"), None)


def _grouped(plain: str, mark: str) -> Decimal | None:
    groups = plain.split(mark)
    if groups[0][0] == "0" or not 1 <= len(groups[0]) <= 3 or len(groups[-1]) != 3:
        return None
    # Indian figures group by two above the thousands: 1,25,00,000.
    if all(len(group) == 3 for group in groups[1:]) or (
        mark == "," and all(len(group) == 2 for group in groups[1:-1]) and len(groups[0]) <= 2
    ):
        return Decimal("".join(groups))
    return None


def _is_thousands_mark(mark: str, language: str | None, decimal_mark: str | None, before_magnitude: bool) -> bool:
    if decimal_mark is not None:
        return mark != decimal_mark
    if language in _DECIMAL_COMMA:
        if mark == ",":
            # Mexico and Central America write 1,250 for a thousand; three decimals come with magnitudes only.
            return language == "es" and not before_magnitude
        return not (language in ("fr", "ru") and before_magnitude)
    if language == "ar" and mark == ".":
        return not before_magnitude
    return mark == ","


# --- reading figures and words ---------------------------------------------------------------

_CLITIC_INITIALS = frozenset("وفبلكا")
_CLITICS = tuple(fold_words(prefix) for prefix in ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف", "ك"))
_AND = {"en": {"and"}, "fr": {"et"}, "es": {"y"}, "pt": {"e"}, "de": {"und"}, "ru": {"с", "и"}, "tr": set(),
    "zh": set()}
_OF = word_set("de d of a do من")
_VAGUE = word_set(
    "several few many some plusieurs quelques varios varias algunos unos unas vários alguns mehrere einige wenige "
    "несколько несколькими нескольких десятки сотни сотен десятков عدة بضعة بضع عشرات مئات birkaç dozens tens "
    "hundreds scores zig"
)
# They mean "about" before a number word.
_ABOUT = word_set("unos unas quelques einige")
_ORDINAL_SUFFIXES = word_set("st nd rd th e er ere eme nde re o a os as ste te ter ten inci nci uncu")
_ORDINAL_WORDS = word_set("first second third fourth fifth sixth seventh eighth ninth")
_RUSSIAN_ENDINGS = word_set("й го му м е я ю х ой ый ая ое ые ых ми ти летие летия летию лет")
_PERCENT = word_set("percent percentage pct prozent prozentpunkte процент процента процентов проц pourcent pourcents")
_PERCENT_PAIRS = frozenset(
    tuple(fold_words(pair).split())
    for pair in ("per cent", "pour cent", "por ciento", "por cento", "في المئة", "في المائة", "percentage points")
)
_PERCENT_WORDS_AR = word_set("بالمئة بالمائة بالمية")
_CURRENCY_HINT = re.compile(r"[$€£¥₽₹₺₩₪]")
_PLURAL_MAGNITUDES = word_set(
    "millions billions trillions thousands milliards millionen milliarden billionen millones billones milhões "
    "bilhões trilhões"
)
_MORE = ("多", "余")
_PHONE_WORDS = word_set("tel phone telephone téléphone тел هاتف")


class _Reader:
    """Reads one figure at a token; holds the scan and its lexicon."""

    def __init__(self, found: Scan, words: dict[str, Entry]) -> None:
        self.found = found
        self.words = words
        self.language = found.language
        self.ands = _AND.get(found.language or "en", {"and"})
        self._decimal_mark: str | None = None
        self._has_habit = False

    # - figures -

    def read_figure(self, index: int) -> tuple[int, Figure | None]:
        """Figure that begins with digits at `index`, and where to read on."""
        found = self.found
        after = self._after_no_number(index)
        if after is not None:
            return after, None
        figure = self.read(index)
        if figure is None:
            return index + 1, None
        following = figure.last + 1
        word = found.word(following)
        is_plain = figure.last == figure.first
        if is_plain and found.glued(following) and found.kind(following) == "w":
            if word in _ORDINAL_SUFFIXES or found.original(following) in ("º", "ª"):
                return following + 1, _with(figure, kind="ordinal", last=following)
            if word == "h" and found.kind(following + 1) == "n" and found.glued(following + 1):
                return following + 2, None  # 14h30
            if word == "s" and len(found.word(index)) == 4:
                return following + 1, _with(figure, kind="year", last=following)  # the 1990s
        if word in ("º", "ª", "°") and is_plain:
            return following + 1, _with(figure, kind="ordinal") if word != "°" else None
        if is_plain and word == "-" and found.glued(following) and found.glued(following + 1) \
                and found.word(following + 1) in _RUSSIAN_ENDINGS:
            return following + 2, _with(figure, kind="ordinal", last=following + 1)
        percent_last = self._percent_last(figure)
        if percent_last is not None:
            return percent_last + 1, _with(figure, kind="percent", last=percent_last)
        if is_plain and self._is_year(figure):
            figure = _with(figure, kind="year")
        return figure.last + 1, figure

    def _after_no_number(self, index: int) -> int | None:
        """Where to read on after a date, time, score, telephone number or designation at `index`; None if it is "
        "none."""
        found = self.found
        before = found.word(index - 1)
        if before == "+" and found.glued(index) and found.kind(index - 2) != "n":
            return self._after_digits(index)
        if before == "-" and found.glued(index) and found.glued(index - 1) and found.kind(index - 2) == "w" \
                and found.word(index - 2) not in self.words and found.word(index - 2) not in SOFT_SUFFIXES:
            # COVID-19, F-16, МИ-8; but not ranges such as 10m-15m.
            return self._after_designation(index)
        if before in _PHONE_WORDS:
            return self._after_digits(index)
        end = index
        while found.kind(end + 2) == "n" and found.glued(end + 1) and found.glued(end + 2) \
                and found.word(end + 1) in ("-", "/", ":", "–"):
            end += 2
        if end == index:
            return None
        marks = {found.word(position) for position in range(index + 1, end, 2)}
        if end > index + 2 or marks & {"/", ":"}:
            return end + 1
        first, second = found.word(index), found.word(end)
        if len(first) == 4 and len(second) <= 2 and second.startswith("0"):
            return end + 1
        beside_currency = _CURRENCY_HINT.match(before) or _CURRENCY_HINT.match(found.word(end + 1))
        is_short = first.isdigit() and second.isdigit() and max(len(first), len(second)) <= 2
        if not beside_currency and is_short and int(first) >= int(second) and found.word(end + 1) not in self.words:
            return end + 1  # a score
        return None

    def _after_designation(self, index: int) -> int | None:
        found, following = self.found, index + 1
        if found.word(following) in self.words or _CURRENCY_HINT.match(found.word(following)):
            return None
        if len(found.word(index - 2)) > 5 and not found.original(index - 2).isupper():
            return None
        return following + 1 if found.glued(following) and found.kind(following) == "w" else following

    def _after_digits(self, index: int) -> int:
        found, end = self.found, index
        while found.kind(end + 1) == "n" or (
            found.word(end + 1) in ("-", "/", "(", ")") and found.kind(end + 2) == "n"
        ):
            end += 1
        return end + 1

    def _percent_last(self, figure: Figure) -> int | None:
        found, following = self.found, figure.last + 1
        word = found.word(following)
        if word == "%" or word in _PERCENT or word in _PERCENT_WORDS_AR:
            return following
        if (word, found.word(following + 1)) in _PERCENT_PAIRS:
            return following + 1
        if found.word(figure.first - 1) == "yuzde" or found.word(figure.first - 1).endswith("百分之"):
            return figure.last
        return None

    def _is_year(self, figure: Figure) -> bool:
        digits = self.found.word(figure.first)
        is_modern = len(digits) == 4 and digits.isdigit() and 1900 <= int(digits) <= 2100
        return is_modern or self.found.word(figure.last + 1).startswith("年")

    def decimal_mark(self) -> str | None:
        """Decimal mark that the unambiguous figures of the text show, None when they show none or both."""
        if not self._has_habit:
            self._has_habit = True
            votes = {".": 0, ",": 0}
            for position, token in enumerate(self.found.tokens):
                if token.kind != "n" or token.text.isdigit():
                    continue
                match = _habit_pattern().fullmatch(token.text)
                if match is None:
                    continue
                if match.lastgroup == "decimal":
                    # 12.05 may be a date or a section: a decimal counts beside a magnitude or a mark only.
                    beside = self.found.word(position + 1)
                    if beside in self.words or beside == "%" or _CURRENCY_HINT.match(beside) \
                            or _CURRENCY_HINT.match(self.found.word(position - 1)):
                        votes[match.group()[-len(match.group("decimal"))]] += 1
                else:
                    mark = next(char for char in token.text if char in ".,")
                    votes["," if mark == "." else "."] += 1
            if (votes["."] > 0) != (votes[","] > 0):
                self._decimal_mark = "." if votes["."] else ","
        return self._decimal_mark

    # - words and mixtures -

    def entry(self, index: int) -> Entry | None:
        """Number word at `index`, Arabic clitics apart."""
        token = self.found.tokens[index] if 0 <= index < len(self.found.tokens) else None
        if token is None or token.kind != "w":
            return None
        entry = self.words.get(token.text)
        if entry is None and token.text[0] in _CLITIC_INITIALS:
            for prefix in _CLITICS:
                if token.text.startswith(prefix) and len(token.text) > len(prefix) + 1:
                    entry = self.words.get(token.text[len(prefix):])
                    if entry is not None:
                        return entry
        return entry

    def _has_and(self, index: int) -> bool:
        word = self.found.word(index)
        return len(word) > 2 and word[0] == "و" and word not in self.words

    def read(self, index: int) -> Figure | None:
        """Figure that begins at `index`: digits, words, Chinese numerals or a mixture; None if there is none."""
        found = self.found
        groups: list[tuple[Decimal, Decimal]] = []
        current: Decimal | None = None
        coefficient = Decimal(0)
        has_digits = is_approximate = is_more = is_code = False
        alternative: Decimal | None = None
        position, last, has_article = index, index - 1, False
        by_and = False
        if index and found.word(index - 1) in _VAGUE and found.kind(index) != "n" and not self._is_rounded(index):
            return None
        while position < len(found.tokens):
            token = found.tokens[position]
            if token.kind == "n":
                if current is not None or has_article:
                    break
                after = self._magnitude_after(position)
                if groups and not self._digits_go_on(token.text, after, groups[-1][1], by_and=by_and):
                    break
                read = read_digits(token.text, self.language, self.decimal_mark() if _is_open(token.text) else None,
                                   before_magnitude=after is not None)
                if read is None:
                    break
                current, other = read
                has_digits = True
                if not groups:
                    alternative = other
                    is_code = self._is_code(position)
                by_and = False
                last = position
                position += 1
                continue
            if token.kind == "c":
                step = self._read_cjk(position, current, has_digits)
                if step is None:
                    break
                value, magnitude = step
                if current is None and not groups:
                    if not self._cjk_counts(position, token.text):
                        return None
                    current, has_digits = value, True
                elif current is not None:
                    coefficient, alternative = current, None
                    groups.append((current * magnitude + value, magnitude))
                    current = None
                else:
                    break
                last, position = position, position + 1
                continue
            if token.kind == "h" and token.text in _MORE and found.kind(position + 1) == "c" and last >= index:
                is_more = True
                position += 1
                continue
            entry = self.entry(position)
            if entry is None:
                if last < index:
                    return None
                if token.text in self.ands or (token.text == "و" and self.language == "ar"):
                    following = position + (2 if found.word(position + 1) == "-" else 1)
                    if not self._may_follow_and(following, current, groups):
                        break
                    by_and = True
                    position += 1
                    continue
                if token.text == "-" and found.glued(position) and found.glued(position + 1) \
                        and found.kind(position + 1) == "w" \
                        and (self.entry(position + 1) is not None or found.word(position + 1) in self.ands):
                    position += 1
                    continue
                if token.text in _OF and is_approximate and self._is_factor(position + 1):
                    position += 1
                    continue
                if token.text in ("d", "'") and is_approximate:
                    position += 1
                    continue
                break
            joined = by_and or self._has_and(position)
            if joined and last >= index and not self._may_follow_and(position, current, groups):
                break
            by_and = False
            if entry.type == "u":
                if has_article:
                    break
                if current is None:
                    if groups and entry.value >= groups[-1][1]:
                        break
                    current = entry.value
                elif has_digits or not self._adds(current, entry.value, joined):
                    break
                elif current % 100 == 4 and entry.value == 20 and self.language == "fr":
                    current += 76
                else:
                    current += entry.value
            elif entry.type == "H":
                if has_article or (current is None and self.language != "en"):
                    if groups and groups[-1][1] < 1000:
                        break
                    current, has_article = Decimal(100), False
                elif current is None:
                    return None if not groups else self._figure(index, last, groups, None, coefficient, is_approximate)
                elif current < 100:
                    current *= 100
                else:
                    break
            elif entry.type in ("M", "B", "A"):
                magnitude = self._magnitude_value(position, entry, current)
                smaller = [group for group in groups if group[1] < magnitude]
                if has_article:
                    if found.word(position) in _PLURAL_MAGNITUDES:
                        return None
                    current, has_article = Decimal(1), False
                if current is None and not smaller:
                    if entry.type == "A" and not groups:
                        current = Decimal(2)
                    elif entry.type == "B" and (not groups or joined):
                        current = Decimal(1)
                    else:
                        break
                if smaller:
                    current = sum((group[0] for group in smaller), Decimal(0)) + (current or 0)
                    groups = [group for group in groups if group[1] >= magnitude]
                if groups and groups[-1][1] <= magnitude:
                    break
                assert current is not None
                alternative = None
                coefficient = current
                groups.append((current * magnitude, magnitude))
                current = None
            elif entry.type == "D":
                if current is not None or has_article or (groups and groups[-1][1] <= entry.value):
                    break
                coefficient = entry.coefficient
                groups.append((entry.coefficient * entry.value, entry.value))
            elif entry.type == "F":
                if (found.word(position) == "bucuk" and current is not None) or (joined and current is not None):
                    current += entry.value
                elif joined and groups:
                    groups[-1] = (groups[-1][0] + entry.value * groups[-1][1], groups[-1][1])
                    coefficient += entry.value
                    last = position
                    # مليون ونصف المليون: the magnitude is said again.
                    again = self.entry(position + 1)
                    if again is not None and again.value == groups[-1][1] and found.word(position + 1).startswith("ال"):
                        last = position + 1
                    break
                elif not groups and self._factor_position(position + 1) is not None and found.word(position) != "bucuk":
                    current = entry.value * (current if current is not None and not has_article else 1)
                    has_article = False
                    position = self._factor_position(position + 1) or position
                    last = position - 1
                    continue
                else:
                    break
            elif entry.type == "C":
                if has_article:
                    current, has_article = Decimal(1), False
                if current is None:
                    if self.language not in ("ru", "ar"):
                        return None
                    current = Decimal(1)
                current *= entry.value
                is_approximate = True
            elif entry.type == "a":
                if current is not None and not has_digits and found.word(position) in _ONES \
                        and self._adds(current, Decimal(1), joined):
                    current += 1  # vingt et un, treinta y un, yirmi bir
                    by_and = False
                    last = position
                    position += 1
                    continue
                if found.word(position) in ("a", "an") and joined:
                    # one and a half: the article before the fraction says nothing.
                    position += 1
                    by_and = True
                    continue
                if current is not None or groups or has_article:
                    break
                if not self._is_factor(position + 1):
                    return self._bare_article(position)
                has_article = True
            last = position
            position += 1
        if last < index or has_article or (current is None and not groups):
            return None
        figure = self._figure(index, last, groups, current, coefficient, is_approximate)
        if figure.value > _LARGEST:
            return None
        following = last + 1
        if has_digits and found.word(following)[:1] in _MORE and found.glued(following):
            is_more = True
        if found.word(following) == "-" and found.word(following + 1) in _ORDINAL_WORDS:
            return None
        is_one = not has_digits and figure.value == 1 and figure.magnitude == 1
        return _with(figure, is_more=is_more, alternative=alternative, is_code=is_code,
                     is_bare_article=is_one and found.word(index) in _PRONOUNS)

    def _is_rounded(self, index: int) -> bool:
        """Whether a small number word follows: "unos nueve mil" is about nine thousand, "unos miles" is vague."""
        if self.found.word(index - 1) not in _ABOUT:
            return False
        entry = self.entry(index)
        return entry is not None and entry.value < 100

    def _digits_go_on(self, digits: str, after: Decimal | None, magnitude: Decimal, *, by_and: bool) -> bool:
        """Whether digits after a magnitude belong to the same number."""
        if self.language in ("es", "tr") and magnitude == 1000 and digits.isdigit() and len(digits) <= 3:
            # Spanish and Turkish newspapers write 2 mil 500 and 3 bin 500.
            return not by_and and after != magnitude
        return after is not None and after < magnitude and (not by_and or self.language == "ar")

    def _figure(self, first: int, last: int, groups: list[tuple[Decimal, Decimal]], current: Decimal | None,
                coefficient: Decimal, is_approximate: bool) -> Figure:
        value = sum((group[0] for group in groups), Decimal(0)) + (current or 0)
        if not groups:
            return Figure(first, last, plain(value), plain(value), Decimal(1), is_approximate=is_approximate)
        magnitude = groups[0][1]
        return Figure(first, last, plain(value), plain(value / magnitude), magnitude, is_approximate=is_approximate)

    def _bare_article(self, position: int) -> Figure | None:
        if self.found.word(position) not in _ONES:
            return None
        return Figure(position, position, Decimal(1), Decimal(1), Decimal(1), is_bare_article=True)

    def _is_code(self, position: int) -> bool:
        found = self.found
        if not found.glued(position) or found.kind(position - 1) != "w":
            return False
        before = found.word(position - 1)
        return before not in ("و", "ب", "ل", "ف", "ك", "ال", "في", "من")

    def _magnitude_after(self, position: int) -> Decimal | None:
        """Magnitude right after the digits at `position`, soft suffixes beside a currency included."""
        found = self.found
        following = position + 1
        if found.word(following) == "-" and found.glued(following):
            following += 1
        if found.word(following)[:1] in _MORE:
            following += 1
        if found.kind(following) == "c":
            return _cjk_factor(found.word(following))[0]
        entry = self.entry(following)
        if entry is not None and entry.type in ("M", "B", "A"):
            return entry.value
        word = found.word(following)
        if word in SOFT_SUFFIXES and (found.glued(following) or _CURRENCY_HINT.match(found.word(position - 1))):
            return SOFT_SUFFIXES[word]
        return None

    def _magnitude_value(self, position: int, entry: Entry, current: Decimal | None) -> Decimal:
        """10^12 for a French or German billion only where its grammar shows it to be one."""
        word = self.found.word(position)
        if word == "billion" and entry.value == Decimal(10) ** 12 and current is not None and current >= 2:
            # "7 billion" without the plural ending is English, whatever the text around it.
            return Decimal(10) ** 9
        return entry.value

    def _adds(self, current: Decimal, value: Decimal, joined: bool) -> bool:
        rest = current % 100
        if rest == 0 and current >= 100:
            return value < 100
        if self.language == "ar":
            # خمسة عشر is fifteen; خمسة وعشرة are five and ten.
            return (not joined and rest < 10 and value == 10) or (joined and rest < 10 and 20 <= value < 100)
        if rest in _FULL_TENS and 0 < value < 10:
            return True
        if self.language == "fr":
            return (rest in (60, 80) and 10 <= value < 20) or (rest == 10 and 7 <= value < 10) \
                or (rest in (70, 90) and 7 <= value < 10) or (rest == 4 and value == 20)
        return False

    def _may_follow_and(self, position: int, current: Decimal | None, groups: list[tuple[Decimal, Decimal]]) -> bool:
        """Whether the number goes on after a connector: "two hundred and five", "مئة وخمسون", not "five and six"."""
        found = self.found
        if found.kind(position) == "n":
            after = self._magnitude_after(position)
            if self.language != "ar" or not groups or current is not None:
                return False
            return after is not None and after < groups[-1][1]
        entry = self.entry(position)
        if found.word(position) in ("a", "un", "una", "um", "uma") and found.word(position + 1) in ("half", "quarter",
            "demi"):
            return True
        if entry is None:
            return False
        if entry.type == "F":
            return found.word(position) not in ("quarter",) or current is not None
        if self.language == "ru" or (current is not None and current != current.to_integral()):
            return False
        if entry.type in ("u", "H"):
            if current is None:
                if not groups or entry.value >= groups[-1][1]:
                    return False
                return self.language != "en" or entry.value < 100
            return entry.type == "u" and self._adds(current, entry.value, joined=True)
        if entry.type == "a":
            is_one = found.word(position) in _ONES
            return is_one and current is not None and self._adds(current, Decimal(1), joined=True)
        if entry.type in ("B", "A", "D"):
            return self.language == "ar" and bool(groups) and current is None and entry.value < groups[-1][1]
        return False

    def _is_factor(self, position: int) -> bool:
        if self.found.word(position) == "-":
            position += 1
        entry = self.entry(position)
        if entry is None:
            return False
        if entry.type == "F":
            return self._factor_position(position + 1) is not None
        return entry.type in ("M", "B", "C", "H")

    def _factor_position(self, position: int) -> int | None:
        """Where the magnitude of "half a", "un quart de", "half-" stands, None when none follows."""
        for candidate in range(position, position + 4):
            entry = self.entry(candidate)
            if entry is not None and entry.type in ("M", "B", "A"):
                return candidate
            if self.found.word(candidate) not in ("a", "an", "of", "de", "d", "-", "'", "um", "one"):
                return None
        return None

    # - Chinese -

    def _read_cjk(self, position: int, current: Decimal | None, has_digits: bool) -> tuple[Decimal, Decimal] | None:
        run = self.found.word(position)
        if current is None:
            value = parse_cjk(run)
            return None if value is None else (Decimal(value), Decimal(1))
        factor, rest = _cjk_factor(run)
        if factor is None:
            return None
        remainder = parse_cjk(rest) if rest else 0
        return None if remainder is None else (Decimal(remainder), factor)

    def _cjk_counts(self, position: int, run: str) -> bool:
        """Whether Chinese numerals are a number here: 一些, 统一, 十分 and 万一 are words."""
        following = self.found.word(position + 1)
        before = self.found.word(position - 1)
        if before.endswith(("数", "几", "第", "统", "单", "专", "唯")) or run in ("万一", "一一", "千万", "百",
            "千", "万"):
            return False
        if following.startswith(_MEASURES):
            return True
        return len(run) >= 2 and not following.startswith(("分", "月", "日"))


# Nothing is counted or paid above this; the warehouse could not hold it either.
_LARGEST = Decimal(10) ** 18
_ONES = word_set("un una une um uma ein eine bir")
_PRONOUNS = word_set("one un una une um uma ein eine bir один одна одно واحد واحده احد")
_FULL_TENS = frozenset(Decimal(value) for value in range(20, 100, 10))
_MEASURES = ("名", "个", "個", "人", "位", "支", "架", "辆", "艘", "国", "美元", "欧元", "元", "英镑", "日元", "多",
    "余", "成")


def _cjk_factor(run: str) -> tuple[Decimal | None, str]:
    """Leading units of a run as one factor (千万 → 10^7) and what follows them."""
    factor = Decimal(1)
    size = 0
    for char in run:
        unit = CJK_UNITS.get(char) or CJK_MAGNITUDES.get(char)
        if unit is None:
            break
        factor *= unit
        size += 1
    return (factor, run[size:]) if size else (None, run)


def _is_open(digits: str) -> bool:
    return len(digits) > 4 and not digits.isdigit()


def plain(value: Decimal) -> Decimal:
    """Value without an exponent or trailing zeros, so that equal amounts look equal."""
    return value.quantize(Decimal(1)) if value == value.to_integral() and abs(value) < Decimal(10) ** 25 \
        else value.normalize()


def _with(figure: Figure, **changes: object) -> Figure:
    return Figure(**{**figure.__dict__, **changes})


@lru_cache(maxsize=1)
def _habit_pattern() -> re.Pattern[str]:
    return re.compile(
        r"[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})(?P<grouped>)"
        r"|[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3})+\.[0-9]+)(?P<both>)"
        r"|[0-9]+(?P<decimal>[.,][0-9]{1,2})"
    )
