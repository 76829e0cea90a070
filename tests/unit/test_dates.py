"""Dates as written: calendar dates in nine languages, relative ones against the publication date."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.normalise.dates import find_dates, resolve_date

BENCHMARK = Path(__file__).parents[3] / "shared" / "benchmarks" / "recognizers_fr_ar.jsonl"
PUBLISHED = date(2026, 2, 20)  # a Friday

RESOLVED = [
    ("en", "January 16, 2026", "2026-01-16"),
    ("fr", "le 16 janvier 2026", "2026-01-16"),
    ("fr", "1er mars 2026", "2026-03-01"),
    ("ar", "16 كانون الثاني/يناير 2026", "2026-01-16"),
    ("ar", "16 يناير 2026", "2026-01-16"),
    ("ar", "١٦ شباط ٢٠٢٦", "2026-02-16"),
    ("ar", "5 جويلية 2025", "2025-07-05"),
    ("ar", "10 غشت 2025", "2025-08-10"),
    ("ar", "تشرين الأول 2025", "2025-10-01"),
    ("ru", "16 января 2026 года", "2026-01-16"),
    ("ru", "в 2025 году", "2025-01-01"),
    ("de", "16. Januar 2026", "2026-01-16"),
    ("de", "März 2026", "2026-03-01"),
    ("es", "16 de enero de 2026", "2026-01-16"),
    ("pt", "16 de janeiro de 2026", "2026-01-16"),
    ("tr", "16 Ocak 2026", "2026-01-16"),
    ("zh", "2026年1月16日", "2026-01-16"),
    ("zh", "2026年", "2026-01-01"),
    ("en", "2026-01-16", "2026-01-16"),
    ("fr", "16/01/2026", "2026-01-16"),
    ("en", "01/16/2026", "2026-01-16"),
    ("de", "16.01.2026", "2026-01-16"),
    ("en", "in 2026", "2026-01-01"),
    ("en", "16 January", "2026-01-16"),
    ("en", "December 28", "2025-12-28"),
    ("en", "yesterday", "2026-02-19"),
    ("fr", "lundi prochain", "2026-02-23"),
    ("fr", "vendredi dernier", "2026-02-13"),
    ("en", "on Thursday", "2026-02-19"),
    ("ar", "الجمعة الماضي", "2026-02-13"),
    ("ar", "أمس", "2026-02-19"),
    ("ar", "أمس الخميس", "2026-02-19"),
    ("ru", "в четверг", "2026-02-19"),
    ("es", "hace tres días", "2026-02-17"),
    ("fr", "il y a deux semaines", "2026-02-06"),
    ("en", "three days ago", "2026-02-17"),
    ("en", "next month", "2026-03-01"),
    ("fr", "la semaine dernière", "2026-02-09"),
    ("de", "nächste Woche", "2026-02-23"),
    ("en", "last year", "2025-01-01"),
    ("ru", "на прошлой неделе", "2026-02-09"),
    ("ar", "بعد أسبوعين", "2026-03-06"),
    ("tr", "dün", "2026-02-19"),
    ("zh", "昨天", "2026-02-19"),
    ("zh", "去年", "2025-01-01"),
    ("es", "el próximo lunes", "2026-02-23"),
    ("pt", "segunda-feira", "2026-02-16"),
    ("en", "2026", "2026-01-01"),
    ("en", "soon", None),
    ("en", "the day before yesterday", "2026-02-18"),
    ("fr", "en janvier", "2026-01-01"),
    ("de", "vor drei Tagen", "2026-02-17"),
    ("pt", "há dois dias", "2026-02-18"),
    ("ru", "три дня назад", "2026-02-17"),
    ("ar", "قبل ثلاثة أيام", "2026-02-17"),
    ("en", "on 5 March", "2026-03-05"),
    ("ar", "16 نيسان/أبريل 2026", "2026-04-16"), ("ar", "3 يوليوز 2025", "2025-07-03"), ("fr", "5 févr. 2026",
    "2026-02-05"),
    ("ar", "22 ديسمبر/كانون الأول 2025", "2025-12-22"), ("en", "the first Friday of the month", None),
    ("en", "several months ago", None), ("en", "31 February 2026", None), ("fr", "22/04", "2026-04-22"),
]


@pytest.mark.parametrize(("language", "expression", "value"), RESOLVED)
def test_resolves_expressions(language: str, expression: str, value: str | None) -> None:
    resolved = resolve_date(expression, language, PUBLISHED)
    assert (None if resolved.value is None else resolved.value.isoformat()) == value
    assert resolved.expression == expression


@pytest.mark.parametrize(("expression", "precision", "basis"), [
    ("16 January 2026", "day", "explicit"), ("January 2026", "month", "explicit"), ("2026", "year", "explicit"),
    ("16 January", "day", "inferred"), ("yesterday", "day", "relative"), ("last week", "unknown", "relative"),
    ("next month", "month", "relative"), ("last year", "year", "relative"), ("soon", "unknown", "none"),
])
def test_precision_and_basis(expression: str, precision: str, basis: str) -> None:
    resolved = resolve_date(expression, "en", PUBLISHED)
    assert (resolved.precision, resolved.basis) == (precision, basis)


@pytest.mark.parametrize("expression", ["yesterday", "last Friday", "16 January", "il y a trois jours", "أمس"])
def test_nothing_relative_is_resolved_without_a_publication_date(expression: str) -> None:
    assert resolve_date(expression, None, None).value is None


def test_finds_explicit_dates_only() -> None:
    text = "On 16 January 2026, and again in March 2027, it met; yesterday 3 out of 10, 12.5 million, may 2 or 14:30."
    found = find_dates(text, "en")
    assert [(text[m.start:m.end], m.date.precision) for m in found[:2]] == [("16 January 2026", "day"),
        ("March 2027", "month")]
    assert all(mention.date.value is None for mention in found[2:])


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"]))
def test_reads_back_numeric_dates(value: date, form: str) -> None:
    assert resolve_date(value.strftime(form), "fr", None).value == value


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
LEVANTINE = "كانون الثاني,شباط,آذار,نيسان,أيار,حزيران,تموز,آب,أيلول,تشرين الأول,تشرين الثاني,كانون الأول".split(",")
MAGHREBI = "جانفي,فيفري,مارس,أفريل,ماي,جوان,جويلية,أوت,سبتمبر,أكتوبر,نوفمبر,ديسمبر".split(",")


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from([*MONTHS, "levant", "maghreb"]))
def test_reads_back_written_dates(value: date, language: str) -> None:
    names = {"levant": LEVANTINE, "maghreb": MAGHREBI}.get(language) or MONTHS[language].split()
    name = names[value.month - 1]
    joint = " de " if language in ("es", "pt") else ". " if language == "de" else " "
    written = f"{value.day}{joint}{name}{' de ' if language in ('es', 'pt') else ' '}{value.year}"
    [mention] = find_dates(f"({written})", language if language in MONTHS else "ar")
    assert (mention.date.value, mention.date.precision) == (value, "day")
    assert mention.date.expression == written


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.,/- janvier mai 年月日 في عام يناير в года of in\n", max_size=60))
def test_any_text_gives_ordered_spans(text: str) -> None:
    end = 0
    for mention in find_dates(text):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end


@pytest.mark.skipif(not BENCHMARK.exists(), reason="the shared benchmarks are not here")
def test_floor_on_recognizers_dates() -> None:
    hits = 0
    for line in BENCHMARK.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] != "date" or "NotSupported" in row:
            continue
        today = date.fromisoformat(row["reference_datetime"][:10])
        for gold in row["gold"]:
            value = gold.get("Value") or {}
            wanted = {(value.get(key) or {}).get("date") for key in ("FutureResolution", "PastResolution")} - {None}
            hits += str(resolve_date(gold["Text"], row["lang"], today).value) in wanted
    assert hits >= 85
