"""Numbers as written: a table of cases, and values written in each locale that must be read back."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.normalise import qualifiers
from extract.normalise.number_words import parse_cjk
from extract.normalise.numbers import figures, find_numbers, parse_number, read_digits
from extract.normalise.tokens import scan

BENCHMARK = Path(__file__).parents[3] / "shared" / "benchmarks" / "recognizers_fr_ar.jsonl"

READ = [
    ("en", "two and a half million", "2500000"), ("en", "half a billion", "5e8"), ("en", "half-a-billion", "5e8"),
    ("en", "a dozen", "12"), ("en", "twenty-three", "23"), ("en", "one hundred and twenty thousand", "120000"),
    ("en", "three quarters of a billion", "7.5e8"), ("en", "one and a half billion", "1.5e9"), ("en", "50m", "5e7"),
    ("en", "5 crore", "5e7"), ("en", "1,25,000", "125000"), ("en", "1'250'000", "1250000"), ("en", "1,250.50",
    "1250.5"),
    ("fr", "une dizaine", "10"), ("fr", "un demi-milliard", "5e8"), ("fr", "deux cents", "200"),
    ("fr", "quatre-vingt-dix-sept", "97"), ("fr", "soixante et onze", "71"), ("fr", "vingt-et-un", "21"),
    ("fr", "deux millions et demi", "2.5e6"), ("fr", "une centaine de millions", "1e8"), ("fr", "12,5 Md", "1.25e10"),
    ("fr", "mille cinq cents", "1500"), ("fr", "2 billions", "2e12"), ("fr", "7 billion", "7e9"),
    ("fr", "10\u202f000", "10000"), ("fr", "1 250,50", "1250.5"), ("fr", "5 milliards 300 millions", "5.3e9"),
    ("es", "mil millones", "1e9"), ("es", "2.500 millones", "2.5e9"), ("es", "tres billones", "3e12"),
    ("es", "dos mil trescientos millones", "2.3e9"), ("es", "medio millón", "5e5"), ("es", "2 mil 500", "2500"),
    ("es", "dos millones y medio", "2.5e6"), ("es", "treinta y un mil", "31000"),
    ("pt", "mil milhões", "1e9"), ("pt", "dois bilhões", "2e9"), ("pt", "cento e vinte mil", "120000"),
    ("pt", "um milhão e meio", "1.5e6"), ("pt", "vinte e um", "21"),
    ("de", "fünfundzwanzigtausend", "25000"), ("de", "zweieinhalb Millionen", "2.5e6"), ("de", "1.250,50", "1250.5"),
    ("de", "1,5 Billionen", "1.5e12"), ("de", "eine halbe Milliarde", "5e8"), ("de", "10 Mio", "1e7"),
    ("ru", "полмиллиарда", "5e8"), ("ru", "полтора миллиарда", "1.5e9"), ("ru", "два с половиной миллиона", "2.5e6"),
    ("ru", "сто двадцать тысяч", "120000"), ("ru", "1,5 млрд", "1.5e9"), ("ru", "250 тыс", "250000"),
    ("ar", "نصف مليار", "5e8"), ("ar", "٣٫٥ مليار", "3.5e9"), ("ar", "مليارين", "2e9"), ("ar", "١٬٢٥٠٬٠٠٠", "1250000"),
    ("ar", "مئة وخمسون مليون", "1.5e8"), ("ar", "مليون ونصف المليون", "1.5e6"), ("ar", "خمسة عشر", "15"),
    ("ar", "خمسة وعشرون ألفا", "25000"), ("ar", "ثلاثة مليارات و500 مليون", "3.5e9"), ("ar", "٥٠ ألفاً", "50000"),
    ("ar", "مئتي مليون", "2e8"), ("ar", "4ر2 مليون", "2.4e6"), ("ar", "٢٥ر١ مليار", "1.25e9"),
    ("fa", "۱۲۵۰", "1250"),
    ("tr", "iki buçuk milyar", "2.5e9"), ("tr", "yüz elli bin", "150000"), ("tr", "3 bin 500", "3500"),
    ("zh", "两亿", "2e8"), ("zh", "三百万", "3e6"), ("zh", "3.5亿", "3.5e8"), ("zh", "1亿5000万", "1.5e8"),
    ("zh", "5千万", "5e7"), ("zh", "１２０", "120"),
]
# The same figures mean different values: shape first, then language.
AMBIGUOUS = [
    ("en", "1.250", "1.250"), ("en", "1,250", "1250"), ("de", "1.250", "1250"), ("de", "1,250", "1.250"),
    ("fr", "1,25", "1.25"), ("en", "1.25", "1.25"), ("es", "1,250", "1250"), ("de", "0.250", "0.250"),
    ("ar", "1.250", "1250"), ("ar", "1,250", "1250"), ("ru", "1.250 млн", "1250000"), ("es", "1.250 millones",
    "1.25e9"),
]
NOT_A_COUNT = [
    "12.05.2024", "14:30", "14h30", "3-1", "+1-222-222-2222", "F-16", "COVID-19", "24/7", "192.168.0.1", "007", "G20",
    "统一", "十分", "万一", "several million", "des millions", "hundreds of millions",
]


@pytest.mark.parametrize(("language", "text", "value"), READ + AMBIGUOUS)
def test_reads_numbers_as_written(language: str, text: str, value: str) -> None:
    assert parse_number(text, language) == Decimal(value)


@pytest.mark.parametrize("text", NOT_A_COUNT)
def test_dates_times_scores_and_designations_are_no_counts(text: str) -> None:
    assert [mention for mention in find_numbers(f"x {text} .") if mention.kind == "count"] == []


def test_kinds() -> None:
    text = "In 2026 the 7th round rose 5 per cent to 2,500."
    assert [(text[m.start:m.end], m.kind) for m in find_numbers(text, "en")] == [
        ("2026", "year"), ("7th", "ordinal"), ("5 per cent", "percent"), ("2,500", "count"),
    ]  # fmt: skip


def test_other_figures_of_the_text_decide_an_ambiguous_one() -> None:
    assert find_numbers("El fondo suma 1,250 y gastó $3.5 millones", "es")[0].value == 1250
    assert find_numbers("Le fonds compte 1,250 dons et 12,500,000 euros", "fr")[0].value == 1250


@given(st.integers(0, 10**12), st.sampled_from([
    ("en", ",", "."), ("zh", ",", "."), ("de", ".", ","), ("es", ".", ","), ("pt", ".", ","), ("tr", ".", ","),
    ("fr", "\u202f", ","), ("fr", " ", ","), ("ru", "\u00a0", ","), ("ar", "٬", "٫"), ("de", "'", "."),
]), st.sampled_from(["", "5", "25"]))
def test_reads_back_what_each_locale_writes(value: int, locale: tuple[str, str, str], fraction: str) -> None:
    language, group, decimal = locale
    written = f"{value:,}".replace(",", group) + (decimal + fraction if fraction else "")
    assert parse_number(written, language) == Decimal(f"{value}.{fraction or 0}")


@given(st.integers(0, 10**12), st.sampled_from([0x0660, 0x06F0, 0xFF10]))
def test_digits_of_other_scripts_mean_the_same(value: int, zero: int) -> None:
    written = "".join(chr(zero + int(digit)) for digit in str(value))
    assert parse_number(written, "ar") == value


UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)


def _english(value: int) -> str:
    units = UNITS.split()
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            joint = " and " if size == 100 or rest < 100 else " "
            return f"{_english(value // size)} {name}" + (joint + _english(rest) if rest else "")
    if value < 20:
        return units[value]
    return tens[value // 10] + ("-" + units[value % 10] if value % 10 else "")


@given(st.integers(2, 10**11))
def test_reads_english_words(value: int) -> None:
    assert parse_number(_english(value), "en") == value


@given(st.integers(1, 10**12 - 1))
def test_reads_chinese_numerals(value: int) -> None:
    assert parse_cjk(_chinese(value)) == value


def _chinese(value: int) -> str:
    digits = "零一二三四五六七八九"
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if value >= size:
            rest = value % size
            gap = "零" if rest and rest < size // 10 else ""
            return _chinese(value // size) + name + gap + (_chinese(rest) if rest else "")
    return digits[value]


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.,' -/:٫٬٣٥$€%abdemnioklst millions et 亿万百三دمليونألف\n+h", max_size=60))
def test_any_text_gives_ordered_spans_within_it(text: str) -> None:
    end = 0
    for mention in find_numbers(text, None):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end


def test_no_number_is_read_from_malformed_figures() -> None:
    for digits in ("1.2.3", "1,2,3", "12.34.56", "1.25.000", "1,250.50.1", "01,5"):
        assert read_digits(digits, "en") is None, digits


@pytest.mark.parametrize(
    "text", ["9" * 6000, f"{'9' * 6000}-{'8' * 6000}", "1" + ",000" * 3000, "1 " * 500, "百亿" * 500]
)
def test_absurd_figures_raise_nothing(text: str) -> None:
    find_numbers(f"{text} million")
    parse_number(text)


@pytest.mark.skipif(not BENCHMARK.exists(), reason="the shared benchmarks are not here")
def test_floor_on_recognizers_numbers_and_ranges() -> None:
    """Floors, not aims: the set is full of fractions and comparisons that news does not hold."""
    hits = {"number": 0, "number_range": 0}
    for line in BENCHMARK.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] not in hits or "NotSupported" in row:
            continue
        for gold in row["gold"]:
            value = (gold.get("Resolution") or {}).get("value")
            if value is None:
                continue
            if row["kind"] == "number":
                wanted = Decimal(value.replace(",", "."))
                hits["number"] += any(m.value == wanted for m in find_numbers(row["text"], row["lang"]))
            else:
                hits["number_range"] += re.fullmatch(r"[\[(](.*),(.*)[\])]", value).groups() in _ranges(row)
    assert hits["number"] >= 30
    assert hits["number_range"] >= 65


def _ranges(row: dict[str, str]) -> set[tuple[str, str]]:
    found = scan(row["text"], row["lang"])
    result = set()
    numbers = figures(found)
    for position, figure in enumerate(numbers):
        before, _ = qualifiers.qualifier_before(found, figure.first)
        after, _ = qualifiers.qualifier_after(found, figure.last)
        bounds = qualifiers.bounds(before if before not in (None, "approximately") else after or "exact", figure.value)
        result.add(tuple("" if bound is None else str(bound) for bound in bounds))
        if position + 1 < len(numbers):
            following = numbers[position + 1]
            if qualifiers.range_start(found, (figure.first, figure.last), following.first) is not None:
                result.add((str(figure.value), str(following.value)))
    return result
