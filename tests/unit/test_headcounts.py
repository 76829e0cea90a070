"""Numbers of persons as written, in nine languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.normalise.headcounts import find_headcounts, parse_quantity

COUNTED = [
    ("en", "2,500 Pakistani UN peacekeepers", 2500, "troops"),
    ("es", "300 militares brasileños", 300, "troops"),
    ("fr", "un contingent de 300 hommes", 300, "troops"),
    ("en", "a 400-strong contingent", 400, "unit"),
    ("de", "ein 800-Mann-Kontingent", 800, "unit"),
    ("de", "800 Mann", 800, "people"),
    ("ar", "ألف جندي", 1000, "troops"),
    ("ru", "300 военнослужащих", 300, "troops"),
    ("zh", "120名维和人员", 120, "troops"),
    ("en", "a battalion of 800 will arrive", 800, "unit"),
    ("en", "150 police officers", 150, "police"),
    ("en", "500 military personnel", 500, "troops"),
    ("en", "60 military observers", 60, "observers"),
    ("fr", "200 casques bleus", 200, "troops"),
    ("fr", "une centaine de gendarmes", 100, "police"),
    ("es", "2.900 sudafricanos soldados", 2900, "troops"),
    ("ru", "60 военных наблюдателей", 60, "observers"),
    ("ar", "نحو 3000 جندي وضابط", 3000, "troops"),
    ("ar", "300 عنصر من الشرطة", 300, "police"),
    ("tr", "5 bin asker", 5000, "troops"),
    ("tr", "300 kişilik birlik", 300, "people"),
    ("en", "up to 20,000 troops", 20000, "troops"),
    ("fr", "plus de 2 300 militaires", 2300, "troops"),
    ("en", "between 200 and 300 soldiers", 200, "troops"),
    ("de", "rund 1.250 Soldatinnen und Soldaten", 1250, "troops"),
    ("pt", "200 militares à missão", 200, "troops"),
    ("zh", "超过3000名士兵", 3000, "troops"),
    ("zh", "一支800人的部队", 800, "troops"),
    ("ru", "контингент численностью 300 человек", 300, "troops"),
    ("en", "1.250 soldiers", 1250, "troops"),
    ("ar", "مئتا عسكري", 200, "troops"),
    ("ar", "ألفي جندي", 2000, "troops"),
    ("en", "a dozen medics", 12, "medical"),
    ("es", "un millar de cascos azules", 1000, "troops"),
    ("es", "unos 400 policías", 400, "police"),
    ("en", "300 Pakistani and Indian soldiers", 300, "troops"),
    ("fr", "300 personnels militaires et civils", 300, "troops"),
    ("en", "8,000 of its soldiers", 8000, "troops"),
    ("es", "un contingente de 120 efectivos", 120, "troops"),
    ("ar", "كتيبة قوامها 800 فرد", 800, "troops"),
    ("en", "a force of 5,000 for Haiti", 5000, "unit"),
    ("en", "the force is 5,000 strong", 5000, "unit"),
    ("tr", "300 Türk askeri", 300, "troops"),
    ("de", "120 österreichische Blauhelmsoldaten", 120, "troops"),
    ("ru", "около 2 тысяч миротворцев", 2000, "troops"),
]
NOT_PERSONS = [
    "in 2020 soldiers died",
    "$300 million police fund",
    "5 years of military training",
    "Fiji sends 170",
    "12 armoured vehicles",
    "300 vehicles and soldiers",
    "$300 million in police aid", "en 2020 soldats et civils", "12 countries will send troops", "3,000 tonnes",
    "300 of 500 million", "F-16 pilots",
]


@pytest.mark.parametrize(("language", "text", "value", "kind"), COUNTED)
def test_finds_persons(language: str, text: str, value: int, kind: str) -> None:
    mentions = find_headcounts(text, language)
    assert [(mention.headcount.value, mention.kind) for mention in mentions] == [(value, kind)]
    assert text[mentions[0].start:mentions[0].end] == mentions[0].headcount.as_written
    assert mentions[0].noun in text


@pytest.mark.parametrize("text", NOT_PERSONS)
def test_bare_numbers_money_years_and_things_are_no_persons(text: str) -> None:
    assert find_headcounts(text) == []


@pytest.mark.parametrize(("text", "expected"), [
    ("up to 20,000 troops", (20000, None, 20000, "up_to")), ("at least 85 soldiers", (85, 85, None, "at_least")),
    ("between 200 and 300 soldiers", (200, 200, 300, "between")), ("some 500 police", (500, 500, 500, "approximately")),
    ("2 to 3 thousand peacekeepers", (2000, 2000, 3000, "between")), ("500+ troops", (500, 500, None, "more_than")),
    ("超过3000名士兵", (3000, 3000, None, "more_than")), ("100多名警察", (100, 100, None, "more_than")),
])
def test_bounds(text: str, expected: tuple[int, int | None, int | None, str]) -> None:
    [mention] = find_headcounts(text)
    count = mention.headcount
    assert (count.value, count.minimum, count.maximum, count.qualifier) == expected


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("250 items of equipment", "en", (250, "exact")), ("au moins 120 blindés", "fr", (120, "at_least")),
    ("более 300 единиц техники", "ru", (300, "more_than")), ("٢٥٠ آلية", "ar", (250, "exact")),
    ("many tanks", "en", None), ("1.5 tanks", "en", None), ("10 à 12 blindés", "fr", (10, "between")),
    ("2,300 troops", "en", (2300, "exact")), ("2.300", "es", (2300, "exact")),
])
def test_parses_any_quantity(text: str, language: str, expected: tuple[int, str] | None) -> None:
    quantity = parse_quantity(text, language)
    assert (quantity and (quantity.value, quantity.qualifier)) == expected


@settings(max_examples=300)
@given(st.text(alphabet="0123456789., -() of the soldiers police de soldats من جندي شرطة 名维和人员 troops\n",
    max_size=80))
def test_any_text_gives_ordered_spans(text: str) -> None:
    for mention in find_headcounts(text):
        assert 0 <= mention.start < mention.end <= len(text)
        assert text[mention.start:mention.end] == mention.headcount.as_written
