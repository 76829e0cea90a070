"""Lists, rows of figures and repeated sums: what is decided without asking the network again."""

import numpy as np
import pytest

from extract.documents import document_from_text
from extract.normalise.actors import find_actors, resolve_actor
from extract.providers.embedded.candidates import Candidate, Name, Readings, _name, may_act
from extract.providers.embedded.decide import Decision, _drop_repeated, _lists, _parallel
from extract.providers.embedded.examples import CLASSES
from extract.providers.embedded.mentions import find_mentions
from extract.providers.embedded.model import PAIR_FEATURES, pair_features
from extract.providers.embedded.sentences import split_sentences


def _read(text, *, gives, letter="P"):
    """Readings of a text as if the network had said how likely each name gives (name → probability)."""
    document = document_from_text(text)
    named = find_actors(text, document.language)
    names = [Name(one.start, one.end, one.surface, resolve_actor(one.surface, "unknown", document.language), None)
             for one in named]  # fmt: skip
    readings = Readings(document, split_sentences(text), find_mentions(text, document.language), named, names)
    for one in readings.mentions:
        if one.kind in {"money", "headcount"}:
            actors = sorted(((gives.get(name.words, 0.1), name) for name in names), key=lambda pair: -pair[0])
            others = [(1 - p, name) for p, name in reversed(actors)]
            readings.candidates.append(
                Candidate(one.start, one.end, one.kind, letter, 0.9, np.zeros(len(CLASSES)), None, actors, others)
            )
    return readings


def _pairs(readings, *, receive=False):
    text = readings.document.text
    found = _parallel(readings, _lists(readings))[receive]
    return {text[start:end]: name.words for (start, end), name in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norway gave 20 million euros, Chile 5 million euros and Peru 3 million euros.",
         {"20 million euros": "Norway", "5 million euros": "Chile", "3 million euros": "Peru"}),
        ("There were 20 million euros from Norway and 5 million euros from Chile.",
         {"20 million euros": "Norway", "5 million euros": "Chile"}),
        ("Österreich gibt 8 Millionen Euro, die Schweiz 6 Millionen Franken.",
         {"8 Millionen Euro": "Österreich", "6 Millionen Franken": "Schweiz"}),
    ],
)  # fmt: skip
def test_names_and_figures_that_take_turns_belong_together(text, expected):
    gives = dict.fromkeys(expected.values(), 0.6)
    assert _pairs(_read(text, gives=gives)) == expected


def test_a_row_of_recipients_is_no_row_of_givers():
    text = "Algeria sends 30 million euros to Chad and 15 million euros to Niger."
    readings = _read(text, gives={"Algeria": 0.9, "Chad": 0.1, "Niger": 0.1})
    assert _pairs(readings) == {}
    assert _pairs(readings, receive=True) == {"30 million euros": "Chad", "15 million euros": "Niger"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ghana, Togo and Benin gave 4 million, 3 million and 2 million euros to Mali.",
         {"4 million": "Ghana", "3 million": "Togo", "2 million euros": "Benin"}),
        ("Le Ghana et le Togo donneront respectivement 4 millions d'euros et 3 millions d'euros.",
         {"4 millions d'euros": "Ghana", "3 millions d'euros": "Togo"}),
        # One sum, and what one of the two bears of it.
        ("Ghana and Togo gave 40 million euros, 30 million euros of it from Accra.", {}),
        ("Ghana, Togo and Benin gave 4 million euros and 3 million euros.", {}),
    ],
)  # fmt: skip
def test_a_list_of_givers_and_one_of_figures_belong_together_in_turn(text, expected):
    gives = dict.fromkeys(("Ghana", "Togo", "Benin"), 0.6)
    assert _pairs(_read(text, gives=gives)) == expected


def test_a_list_of_recipients_takes_a_list_of_figures_in_turn():
    readings = _read("Norway sends Chad and Niger 4 million euros and 3 million euros.", gives={"Norway": 0.9})
    assert _pairs(readings) == {}
    assert _pairs(readings, receive=True) == {"4 million euros": "Chad", "3 million euros": "Niger"}


def test_a_list_holds_what_only_commas_and_conjunctions_part():
    text = "Ghana, Togo and Benin will train with Spain."
    lists = {name.words: {one.words for one in beside} for name, beside in _lists(_read(text, gives={})).items()}
    assert lists == {"Ghana": {"Togo", "Benin"}, "Togo": {"Ghana", "Benin"}, "Benin": {"Ghana", "Togo"}}


def test_a_describing_adjective_is_in_no_list_of_countries():
    text = "Selon un haut responsable américain, le Koweït et le Qatar ont promis 5 milliards de dollars."
    lists = {name.words: {one.words for one in beside} for name, beside in _lists(_read(text, gives={})).items()}
    assert {words: beside for words, beside in lists.items() if beside} == {"Koweït": {"Qatar"}, "Qatar": {"Koweït"}}


def test_a_headline_without_a_currency_repeats_its_article():
    def draft(money, stage):
        giver = {"name": "Norway", "type": "country"}
        return {"type": "pledge", "money": money, "stage": stage, "contributors": [giver]}

    drafts = [draft("20 million", "pledged"), draft("20 million euros", "committed")]
    decision = Decision(drafts, [0.9, 0.6], [{}, {}], [[], []])
    _drop_repeated(decision, "en")
    assert [one["money"] for one in decision.drafts] == ["20 million euros"]
    assert decision.confidence == [0.6]
    assert "told again" in decision.rejected[0]["reason"]


def test_words_without_a_capital_give_nothing():
    actor = resolve_actor("the committee", "unknown", "en")
    assert not may_act(Name(0, 13, "the committee", actor, None))
    assert may_act(Name(0, 6, "Norway", resolve_actor("Norway", "unknown", "en"), None))


def test_places_of_a_pair_tell_sides_and_what_stands_between():
    text = "Norway gave 20 million, Chile 5 million."
    spans = [(0, 6, 3), (12, 22, 0), (24, 29, 3), (30, 39, 0)]
    own, other = pair_features(text, spans, 3, 2), pair_features(text, spans, 3, 0)
    assert len(own) == len(other) == PAIR_FEATURES
    assert own != other
    assert pair_features(text, spans, 1, 0) != pair_features(text, spans, 1, 2)


def test_part_of_a_known_name_stands_for_the_whole():
    text = "The Saudi Fund for Development lent 12 million. The Fund for Development asks nothing back."
    readings = _read(text, gives={})
    part = text.rindex("Fund for Development")
    found = _name(readings, {}, part, part + len("Fund for Development"))
    assert found.actor.entity_id == readings.named[0].actor.entity_id and found.is_known
    with_article = _name(readings, {}, part - len("The "), part + len("Fund for Development"))
    assert with_article.actor == found.actor
    one_word = _name(readings, {}, part, part + len("Fund"))
    assert not one_word.is_known
