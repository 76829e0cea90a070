"""Sums of money as written: amount, currency, qualifier, bounds and spans."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.normalise.money import find_money, infer_currency, parse_money

BENCHMARK = Path(__file__).parents[3] / "shared" / "benchmarks" / "recognizers_fr_ar.jsonl"

PARSED = [
    ("en", "more than 7 billion dollars", "7000000000", "USD", "more_than"),
    ("fr", "plus de 7 milliards de dollars", "7000000000", "USD", "more_than"),
    ("ar", "٣ مليارات دولار", "3000000000", "USD", "exact"),
    ("en", "$1.2bn", "1200000000", "USD", "exact"),
    ("fr", "12 Md€", "1.2e10", "EUR", "exact"),
    ("en", "$50m", "50000000", "USD", "exact"),
    ("en", "US$ 5 million", "5000000", "USD", "exact"),
    ("en", "A$5m", "5000000", "AUD", "exact"),
    ("en", "S$5m", "5000000", "SGD", "exact"),
    ("zh", "三億歐元", "300000000", "EUR", "exact"),
    ("es", "U$S 475 millones", "475000000", "USD", "exact"),
    ("es", "u$d 20 millones", "20000000", "USD", "exact"),
    ("en", "5 million Canadian dollars", "5000000", "CAD", "exact"),
    ("fr", "125 millions de dollars australiens", "125000000", "AUD", "exact"),
    ("ru", "1,5 млн канадских долларов", "1500000", "CAD", "exact"),
    ("ru", "свыше 7 млрд долл. США", "7000000000", "USD", "more_than"),
    ("ru", "не менее 500 тыс. евро", "500000", "EUR", "at_least"),
    ("de", "mehr als 1,25 Mrd. Euro", "1250000000", "EUR", "more_than"),
    ("de", "10 Mio. Franken", "10000000", "CHF", "exact"),
    ("de", "500 US-Dollar", "500", "USD", "exact"),
    ("de", "100 Millionen kanadische Dollar", "100000000", "CAD", "exact"),
    ("es", "más de 2.500 millones de dólares", "2500000000", "USD", "more_than"),
    ("es", "500 millones de pesos mexicanos", "500000000", "MXN", "exact"),
    ("es", "500 millones de pesos", "500000000", None, "exact"),
    ("pt", "R$ 5,5 milhões", "5500000", "BRL", "exact"),
    ("pt", "cerca de 20 mil milhões de euros", "2e10", "EUR", "approximately"),
    ("ar", "أكثر من ٧ مليارات دولار أمريكي", "7000000000", "USD", "more_than"),
    ("ar", "ما لا يقل عن 53 مليار دولار", "5.3e10", "USD", "at_least"),
    ("ar", "500 مليون ريال سعودي", "500000000", "SAR", "exact"),
    ("ar", "مليوني يورو", "2000000", "EUR", "exact"),
    ("ar", "30 مليون درهم إماراتي", "30000000", "AED", "exact"),
    ("ar", "مليار دولار", "1000000000", "USD", "exact"),
    ("tr", "7 milyar dolardan fazla", "7000000000", "USD", "more_than"),
    ("tr", "yaklaşık 5 milyon avro", "5000000", "EUR", "approximately"),
    ("tr", "500 milyon Türk lirası", "500000000", "TRY", "exact"),
    ("zh", "超过70亿美元", "7000000000", "USD", "more_than"),
    ("zh", "3亿元人民币", "300000000", "CNY", "exact"),
    ("zh", "人民币5000万元", "50000000", "CNY", "exact"),
    ("zh", "约120万欧元", "1200000", "EUR", "approximately"),
    ("zh", "500亿日元", "5e10", "JPY", "exact"),
    ("en", "between 3 and 5 billion euros", "3000000000", "EUR", "between"),
    ("de", "10-15 Mio. Euro", "10000000", "EUR", "between"),
    ("fr", "de 3 à 5 milliards d'euros", "3000000000", "EUR", "between"),
    ("es", "entre 10 y 12 millones de euros", "10000000", "EUR", "between"),
    ("en", "$3-5 billion", "3000000000", "USD", "between"),
    ("en", "1.5 to 2 million dollars", "1500000", "USD", "between"),
    ("ru", "от 3 до 5 млрд евро", "3000000000", "EUR", "between"),
    ("ar", "بين ٣ و٥ مليارات دولار", "3000000000", "USD", "between"),
    ("ar", "من 3 إلى 5 ملايين يورو", "3000000", "EUR", "between"),
    ("es", "entre 3 y 5 mil millones de euros", "3000000000", "EUR", "between"),
    ("pt", "entre 3 e 5 mil milhões de euros", "3000000000", "EUR", "between"),
    ("es", "entre 500 y 5.000 millones de euros", "500000000", "EUR", "between"),
    ("ar", "بين ثلاثة وخمسة مليارات دولار", "3000000000", "USD", "between"),
    ("ar", "ما بين خمسة وعشرة ملايين دولار", "5000000", "USD", "between"),
    ("ar", "خمسة وعشرين مليون دولار", "25000000", "USD", "exact"),
    ("tr", "3 ile 5 milyar avro arasında", "3000000000", "EUR", "between"),
    ("zh", "30至50亿美元", "3000000000", "USD", "between"),
    ("pt", "entre US$ 3 bilhões e US$ 5 bilhões", "3000000000", "USD", "between"),
    ("en", "half a billion dollars", "500000000", "USD", "exact"),
    ("fr", "un demi-milliard d'euros", "500000000", "EUR", "exact"),
    ("ru", "полмиллиарда долларов", "500000000", "USD", "exact"),
    ("ar", "نصف مليار دولار", "500000000", "USD", "exact"),
    ("en", "millions of dollars", None, "USD", "unspecified"),
    ("en", "two and a half million pounds sterling", "2500000", "GBP", "exact"),
    ("en", "900 million Norwegian kroner", "900000000", "NOK", "exact"),
    ("en", "900 million kroner", "900000000", None, "exact"),
    ("fr", "50 milliards de francs CFA", "5e10", "XOF", "exact"),
    ("fr", "10000 francs suisses", "10000", "CHF", "exact"),
    ("en", "up to $500 million", "500000000", "USD", "up_to"),
    ("fr", "jusqu'à 500 millions d'euros", "500000000", "EUR", "up_to"),
    ("ru", "до 5 млн рублей", "5000000", "RUB", "up_to"),
    ("en", "5 million", "5000000", None, "exact"),
    ("fr", "40 millions", "40000000", None, "exact"),
    ("fr", "16,4 millions de $CAD", "16400000", "CAD", "exact"),
    ("en", "nearly 3 billion Hong Kong dollars", "3000000000", "HKD", "approximately"),
    ("en", "500 million New Zealand dollars", "500000000", "NZD", "exact"),
    ("en", "$50m or more", "50000000", "USD", "at_least"),
    ("en", "5 million (euros)", "5000000", "EUR", "exact"),
    ("en", "EUR 5 million", "5000000", "EUR", "exact"),
    ("en", "100 million Saudi riyals", "100000000", "SAR", "exact"),
    ("en", "CHF5m", "5000000", "CHF", "exact"),
    ("en", "Rs 500 crore", "5000000000", "INR", "exact"),
    ("en", "U.S.$5 million", "5000000", "USD", "exact"),
    ("en", "5 million U.S. dollars", "5000000", "USD", "exact"),
    ("es", "US$ 1.500 millones", "1500000000", "USD", "exact"),
    ("es", "mil millones de dólares estadounidenses", "1000000000", "USD", "exact"),
    ("fr", "7 billions de dollars", "7e12", "USD", "exact"),
    ("en", "$300,000", "300000", "USD", "exact"),
    ("en", "a 10-million-euro grant", "10000000", "EUR", "exact"),
    ("en", "£39m", "39000000", "GBP", "exact"),
    ("fr", "3 millions de dollars des États-Unis", "3000000", "USD", "exact"),
    ("en", "no more than five million yen", "5000000", "JPY", "up_to"),
    ("de", "100-Millionen-Dollar-Kredit", "100000000", "USD", "exact"),
    ("en", "at least around $5bn", "5000000000", "USD", "at_least"),
    ("ar", "٥٠ مليون دينار كويتي", "50000000", "KWD", "exact"),
    ("ar", "100 مليون جنيه إسترليني", "100000000", "GBP", "exact"),
    ("ru", "200 млн фунтов стерлингов", "200000000", "GBP", "exact"),
    ("pt", "500 milhões de dólares americanos", "500000000", "USD", "exact"),
    ("ru", "10 млрд тенге", "1e10", "KZT", "exact"),
    ("en", "$12bn-$15bn", "1.2e10", "USD", "between"),
    ("fr", "entre 5 et 6 Md€", "5000000000", "EUR", "between"),
    ("en", "€1.5 to €2 million", "1500000", "EUR", "between"),
    ("es", "50,000 millones de euros", "50000000000", "EUR", "exact"),
    ("es", "1,250 millones de euros", "1250000", "EUR", "exact"),
    ("es", "unos nueve mil millones de dólares", "9000000000", "USD", "approximately"),
]


@pytest.mark.parametrize(("language", "text", "amount", "currency", "qualifier"), PARSED)
def test_parses_sums(language: str, text: str, amount: str | None, currency: str | None, qualifier: str) -> None:
    money = parse_money(text, language)
    assert money is not None
    assert (money.amount, money.currency, money.qualifier) == (amount and Decimal(amount), currency, qualifier)
    assert money.as_written == text


@pytest.mark.parametrize(("text", "bounds"), [
    ("$5 million", (5_000_000, 5_000_000)), ("more than $5 million", (5_000_000, None)),
    ("at least $5 million", (5_000_000, None)), ("up to $5 million", (None, 5_000_000)),
    ("less than $5 million", (None, 5_000_000)), ("about $5 million", (5_000_000, 5_000_000)),
    ("between 3 and 5 million dollars", (3_000_000, 5_000_000)), ("$900,000 to $1.2 million", (900_000, 1_200_000)),
])
def test_bounds_agree_with_the_qualifier(text: str, bounds: tuple[int | None, int | None]) -> None:
    money = parse_money(text, "en")
    assert money is not None
    assert (money.amount_min, money.amount_max) == bounds


@pytest.mark.parametrize(("text", "found"), [
    ("It gave $50m (£39m) to the fund.", [("$50m", "USD"), ("£39m", "GBP")]),
    ("قدم البنك ( 152 ) مليون دولار لتشاد", [("152 ) مليون دولار", "USD")]),
    ("They gave 3, 5 and 8 million euros.", [("3", "EUR"), ("5", "EUR"), ("8 million euros", "EUR")]),
    ("In 2023, 5 million euros went there.", [("5 million euros", "EUR")]),
    ("The pledge rose from 3 to 5 billion euros.", [("5 billion euros", "EUR")]),
    ("De 50 a 35 millones de euros.", [("35 millones de euros", "EUR")]),
    ("5% of 12 trucks, 5 m away, 2,000-pound bombs, 50 livres lues, they won 5 won games", []),
    ("millions of dollars, a 5-year plan", []),
    ("中国将提供超过人民币5亿元和约3亿美元的援助", [("超过人民币5亿元", "CNY"), ("约3亿美元", "USD")]),
    ("yaklaşık 3 ile 5 milyar avro arasında", [("yaklaşık 3 ile 5 milyar avro arasında", "EUR")]),
    ("ملي\u0640ون د\u064fولار", [("ملي\u0640ون د\u064fولار", "USD")]),
])
def test_finds_sums_with_their_spans(text: str, found: list[tuple[str, str]]) -> None:
    mentions = find_money(text)
    assert [(mention.money.as_written, mention.money.currency) for mention in mentions] == found
    assert all(text[mention.start:mention.end] == mention.money.as_written for mention in mentions)


@pytest.mark.parametrize(("text", "currency", "is_inferred"), [
    ("5 million dollars", "USD", True), ("US$5 million", "USD", False), ("5 million US dollars", "USD", False),
    ("5 million pounds", "GBP", True), ("5 million pounds sterling", "GBP", False), ("€5 million", "EUR", False),
    ("5 million francs", None, False), ("5 million Franken", "CHF", False), ("5 million pesos", None, False),
    ("5 million dinars", None, False), ("5 million", None, False), ("5 million kronor", "SEK", True),
])
def test_a_name_that_several_countries_use_is_not_guessed(text: str, currency: str | None, is_inferred: bool) -> None:
    money = parse_money(text, "en")
    assert money is not None
    assert (money.currency, money.currency_is_inferred) == (currency, is_inferred)


def test_the_giver_can_settle_the_currency() -> None:
    francs, dollars = parse_money("6 millions de francs", "fr"), parse_money("6 millions de dollars", "fr")
    assert francs is not None and dollars is not None
    assert infer_currency(francs, "CHE").currency == "CHF"
    assert infer_currency(francs, "CHE").currency_is_inferred
    assert infer_currency(francs, "SEN").currency == "XOF"
    assert infer_currency(francs, "NOR").currency is None
    assert infer_currency(dollars, "CAN") == dollars
    rupees = parse_money("5 million rupees", "en")
    assert rupees is not None
    assert infer_currency(rupees, "PAK").currency == "PKR"


@given(
    st.integers(1, 999),
    st.sampled_from([
        ("en", "{} million dollars", "USD", 6), ("en", "${}bn", "USD", 9), ("fr", "{} milliards d’euros", "EUR", 9),
        ("es", "{} mil millones de dólares", "USD", 9), ("pt", "R$ {} milhões", "BRL", 6), ("ru", "{} млрд рублей",
        "RUB", 9),
        ("de", "{} Mrd. Euro", "EUR", 9), ("ar", "{} مليار دولار", "USD", 9), ("tr", "{} milyar avro", "EUR", 9),
        ("zh", "{}亿美元", "USD", 8), ("fr", "{} Md€", "EUR", 9), ("fr", "{} M€", "EUR", 6),
    ]),
    st.sampled_from(["en", "fr", "es", "pt", "ru", "de", "ar", "tr", "zh", None]),
)
def test_reads_back_sums_whatever_language_the_document_is_said_to_have(
    value: int, form: tuple[str, str, str, int], stated: str | None
) -> None:
    language, pattern, currency, power = form
    for given_language in {language, stated} if language in ("en", "ru", "ar", "zh") else {language}:
        money = parse_money(pattern.format(value), given_language)
        assert money is not None
        assert (money.amount, money.currency) == (value * Decimal(10) ** power, currency)


@settings(max_examples=300)
@given(
    st.text(
        alphabet="0123456789.,$€£¥ -()abdemnorsu millions euros dollars to and "
        "بين و من دولار 亿美元约超过人民币\n",
        max_size=80,
    )
)
def test_any_text_gives_ordered_spans_and_bounds(text: str) -> None:
    end = 0
    for mention in find_money(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start:mention.end] == mention.money.as_written
        known = [v for v in (mention.money.amount_min, mention.money.amount, mention.money.amount_max) if v is not None]
        assert known == sorted(known)
        end = mention.end


@pytest.mark.skipif(not BENCHMARK.exists(), reason="the shared benchmarks are not here")
def test_floor_on_recognizers_currency() -> None:
    hits = 0
    for line in BENCHMARK.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] != "currency" or "NotSupported" in row:
            continue
        amounts = {mention.money.amount for mention in find_money(row["text"], row["lang"])}
        values = [gold["Resolution"]["value"] for gold in row["gold"]]
        hits += any(value is not None and Decimal(value.replace(",", ".")) in amounts for value in values)
    assert hits >= 80
