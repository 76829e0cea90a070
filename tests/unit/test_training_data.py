"""The training passages keep their format, and their balance."""

from collections import Counter
from pathlib import Path

import pytest

from extract.providers.embedded.examples import CLASS_INDEX, HEADLINE_END, make_example, read_lines, split_records

FILES = sorted((Path(__file__).parents[2] / "seeds" / "training").glob("*.tsv"))


def _lines():
    return [(path.name, *line) for path in FILES for line in read_lines(path)]


def _passage(text):
    return text.partition(HEADLINE_END)[2] or text


def test_every_name_stands_in_its_text_and_every_figure_in_its_passage():
    wrong = []
    for name, number, _language, text, records in _lines():
        for kind, _stage, actors, value, counterpart in split_records(records):
            names = (*actors.split(" + "), counterpart)
            wrong += [(name, number, one) for one in names if one != "-" and one not in text]
            if kind != "M" and value != "-" and value not in _passage(text):
                wrong.append((name, number, value))
    assert not wrong


def test_most_passages_hold_no_contribution():
    kinds = Counter(
        "positive" if any(record[0] in "PTM" for record in records.split(" ;; ")) else "negative"
        for *_, records in _lines()
    )
    assert kinds["negative"] > kinds["positive"]


def test_no_passage_stands_twice():
    texts = Counter(_passage(text) for *_, text, _records in _lines())
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


def test_a_headline_names_who_receives_and_holds_no_figure_of_its_own():
    text = "UNHCR gets $5 million from Oslo ¶ Norway paid the agency $5 million, Oslo said."
    example = make_example("en", text, "P|disbursed|Norway|$5 million|UNHCR")
    assert example.text == text.replace(" ¶ ", "\n")
    assert example.passage == "Norway paid the agency $5 million, Oslo said."
    named = {example.text[start:end]: n for n, (start, end, _kind) in enumerate(example.spans)}
    assert [example.text[slice(*example.spans[n][:2])] for n in example.anchors] == ["$5 million"]
    assert all(start >= example.passage_start for start, _end, kind in example.spans if kind != 3)
    assert example.pairs == {
        (named["$5 million"], named["Norway"]): {0}, (named["$5 million"], named["UNHCR"]): {1},
    }  # fmt: skip


def test_what_the_headline_alone_says_is_no_record():
    example = make_example("en", "Norway joins the OECD ¶ The king was there.", "M|member|Norway|-|OECD")
    assert example.anchors == {} == example.pairs
