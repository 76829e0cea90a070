"""Stages read from the words around an anchor, in nine languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.providers.embedded.stages import Kind, stage_from_words

READ: list[tuple[str, Kind, str, str, str]] = [
    ("en", "P", "Sweden will give 40 million euros to the clinic.", "40 million euros", "pledged"),
    ("en", "P", "Sweden has given 40 million euros to the clinic.", "40 million euros", "disbursed"),
    ("en", "P", "Parliament approved 40 million euros for the clinic.", "40 million euros", "committed"),
    ("en", "T", "Ghana will withdraw 300 soldiers next year.", "300 soldiers", "withdrawing"),
    ("en", "T", "Ghana withdrew 300 soldiers last year.", "300 soldiers", "withdrawn"),
    ("en", "T", "Ghana refused to send 300 soldiers.", "300 soldiers", "refused"),
    ("en", "M", "Ghana was expelled from the union.", "Ghana", "expelled"),
    ("fr", "P", "La Suède va verser 40 millions d'euros.", "40 millions d'euros", "pledged"),
    ("fr", "P", "La Suède a versé 40 millions d'euros.", "40 millions d'euros", "disbursed"),
    ("es", "P", "Suecia entregará 40 millones de euros.", "40 millones de euros", "pledged"),
    ("es", "P", "Suecia entregó 40 millones de euros.", "40 millones de euros", "disbursed"),
    ("pt", "P", "A Suécia assinou um empréstimo de 40 milhões de euros.", "40 milhões de euros", "committed"),
    ("de", "P", "Schweden wird 40 Millionen Euro überweisen.", "40 Millionen Euro", "pledged"),
    ("de", "P", "Schweden hat 40 Millionen Euro überwiesen.", "40 Millionen Euro", "disbursed"),
    ("ru", "P", "Швеция направит 40 млн евро.", "40 млн евро", "pledged"),
    ("ru", "P", "Швеция перечислила 40 млн евро.", "40 млн евро", "disbursed"),
    ("ar", "P", "ستقدم السويد 40 مليون يورو.", "40 مليون يورو", "pledged"),
    ("tr", "P", "İsveç 40 milyon avro verecek.", "40 milyon avro", "pledged"),
    ("tr", "T", "Gana 300 askerini çekti.", "300 askerini", "withdrawn"),
    ("zh", "P", "瑞典将提供4000万欧元。", "4000万欧元", "pledged"),
    ("zh", "T", "加纳拒绝派遣300名士兵。", "300名士兵", "refused"),
]


@pytest.mark.parametrize(("language", "kind", "text", "anchor", "stage"), READ)
def test_stage_and_cue(language: str, kind: Kind, text: str, anchor: str, stage: str) -> None:
    start = text.index(anchor)
    found = stage_from_words(text, start, start + len(anchor), kind, language)
    assert found is not None and found[0] == stage
    left, right = found[1]
    assert 0 <= left < right <= len(text)


@pytest.mark.parametrize("text", ["40 million euros.", "The bridge is long; 40 million euros."])
def test_no_cue(text: str) -> None:
    start = text.index("40")
    assert stage_from_words(text, start, start + 16, "P", "en") is None


def test_contradictory_cues() -> None:
    text = "They promised, and approved, and paid 40 million euros."
    start = text.index("40")
    assert stage_from_words(text, start, start + 15, "P", "en") is None


@pytest.mark.parametrize("case", [one for one in READ if one[1] == "P"])
def test_language_guessed(case: tuple[str, Kind, str, str, str]) -> None:
    _, kind, text, anchor, stage = case
    start = text.index(anchor)
    found = stage_from_words(text, start, start + len(anchor), kind, None)
    assert found is not None and found[0] == stage


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=80), st.sampled_from(["P", "T", "M"]))
def test_any_text(text: str, kind: Kind) -> None:
    found = stage_from_words(text, 0, 1, kind, None)
    assert found is None or 0 <= found[1][0] < found[1][1] <= len(text)


def test_fast() -> None:
    texts = [f"Sweden will give {one} million euros to the clinic, it said." for one in range(10, 60)]
    stage_from_words(texts[0], 17, 19, "P", "en")
    began = time.perf_counter()
    for text in texts:
        stage_from_words(text, 17, 19, "P", "en")
    assert (time.perf_counter() - began) / len(texts) < 0.005
