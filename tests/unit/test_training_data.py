"""The training passages keep their format, and their balance."""

from collections import Counter
from pathlib import Path

import pytest

from extract.providers.embedded.examples import CLASS_INDEX, make_example

FILES = sorted((Path(__file__).parents[2] / "seeds" / "training").glob("*.tsv"))


def _lines():
    return [
        (path.name, number, *line.split("\t"))
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line and not line.startswith("#")
    ]


def test_every_name_and_figure_stands_in_its_passage():
    wrong = []
    for name, number, _language, text, records in _lines():
        if records == "-":
            continue
        for record in records.split(" ;; "):
            kind, _stage, actors, value, counterpart = record.split("|")
            words = [*actors.split(" + "), counterpart, *([value] if kind != "M" else [])]
            wrong += [(name, number, one) for one in words if one != "-" and one not in text]
    assert not wrong


def test_most_passages_hold_no_contribution():
    kinds = Counter(
        "positive" if any(record[0] in "PTM" for record in records.split(" ;; ")) else "negative"
        for *_, records in _lines()
    )
    assert kinds["negative"] > kinds["positive"]


def test_no_passage_stands_twice():
    texts = Counter(text for *_, text, _records in _lines())
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize("language", ["en", "fr", "ar", "es", "ru", "de", "pt", "tr", "zh"])
def test_every_language_is_there(language):
    assert sum(one == language for _, _, one, *_ in _lines()) >= 60


def test_a_passage_becomes_an_example():
    text = "Spain and Malta together gave 5 million euros to UNICEF, and Peru may send 30 soldiers to Haiti."
    example = make_example(
        "en", text, "P|disbursed|Spain + Malta|5 million euros|UNICEF ;; T|promised~|Peru|30 soldiers|Haiti"
    )
    named = {text[start:end]: n for n, (start, end, _kind) in enumerate(example.spans)}
    money, soldiers = named["5 million euros"], named["30 soldiers"]
    assert example.anchors[money] == {CLASS_INDEX["P disbursed"], CLASS_INDEX["joint"]}
    assert example.anchors[soldiers] == {CLASS_INDEX["T promised"], CLASS_INDEX["planned"]}
    assert example.pairs[(money, named["Spain"])] == example.pairs[(money, named["Malta"])] == {0}
    assert example.pairs[(money, named["UNICEF"])] == {1}
    assert example.pairs[(soldiers, named["Peru"])] == {0}
