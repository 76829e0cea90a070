"""Drafts become records only as far as the document says what they say."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import records
from extract.documents import Document
from extract.records import Built, build_records, check_answer, flat_record
from extract.schema import Answer, PledgeDraft, Record

TEXT = (
    "France will give 5 million euros to the fund and Spain 3 million. Oman, Qatar and Kuwait pledged $1.2 billion "
    "together. Kenya and Chad will each send 400 troops to Haiti. Romania praised the plan. "
    "France will give 5 million euros, the minister repeated. Ghana was invited to join the Board of Peace."
)


def document(text: str = TEXT, language: str = "en") -> Document:
    return Document("d", "s", "name", text, language, None, None, None, "name.txt")


def build(*drafts: Any, text: str = TEXT, language: str = "en", **more: Any) -> Built:
    return build_records(document(text, language), json.dumps({"records": list(drafts), **more}))


def pledge(quote: str, contributor: str | list[str], money: str | None, **more: Any) -> dict[str, Any]:
    names = [contributor] if isinstance(contributor, str) else contributor
    return {
        "type": "pledge", "stage": "pledged", "quotes": [quote], "contributors": [{"name": name} for name in names],
        "money": money, **more,
    }  # fmt: skip


FRENCH = pledge("France will give 5 million euros to the fund", "France", "5 million euros")
GULF = "Oman, Qatar and Kuwait pledged $1.2 billion together"


def test_a_record_has_its_quote_its_span_and_its_value():
    (record,) = build(FRENCH).records
    (evidence,) = record.evidence
    assert TEXT[evidence.start : evidence.end] == evidence.quote == "France will give 5 million euros to the fund"
    assert record.money is not None
    assert (record.money.amount, record.money.currency) == (Decimal(5_000_000), "EUR")
    assert [actor.code for actor in record.actors] == ["FRA"]


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (pledge("France will give 6 million euros to the fund", "France", "6 million euros"), "quote_not_in_text"),
        (pledge("France will give 5 million dollars to the fund", "France", "5 million"), "quote_not_in_text"),
        (pledge("France will not give 5 million euros", "France", "5 million euros"), "quote_not_in_text"),
        (pledge("France will give 5 million euros", "Germany", "5 million euros"), "actor_not_in_text"),
        ({"type": "pledge", "quotes": ["France"]}, "invalid_draft"),
        ({"type": "rumour", "quotes": ["France"]}, "invalid_draft"),
        ("France gives", "invalid_draft"),
        (None, "invalid_draft"),
        ({"type": "funding_amount", "role": "target", "quotes": ["Romania praised the plan"], "money": "9 million"},
         "number_not_in_quote"),
        ({"type": "membership", "stage": "invited", "quotes": ["Ghana was invited to join the Board of Peace"],
          "member": {"name": "Ghana"}, "organisation": {"name": "Arctic Council"}}, "counterpart_not_in_text"),
    ],
)  # fmt: skip
def test_what_the_text_does_not_say_is_rejected_with_the_reason(draft, code):
    built = build(draft)
    assert (built.records, [one.reason_code for one in built.rejections]) == ([], [code])
    assert built.rejections[0].reason and built.problems


@pytest.mark.parametrize("money", ["6 million euros", "5 billion euros", "50 million euros", "5 million dollars"])
def test_an_amount_that_no_quote_holds_becomes_null_with_a_note(money):
    built = build(pledge("France will give 5 million euros to the fund", "France", money))
    (record,) = built.records
    assert record.money is None
    assert "is not in a quote" in record.notes[0] and built.problems


@pytest.mark.parametrize("headcount", ["4,000 troops", "40", "300 troops"])
def test_a_headcount_that_no_quote_holds_becomes_null_with_a_note(headcount):
    draft = {"type": "troop_commitment", "stage": "promised", "quotes": ["Chad will each send 400 troops to Haiti"],
             "contributors": [{"name": "Chad"}], "headcount": headcount}  # fmt: skip
    (record,) = build(draft).records
    assert record.headcount is None and record.notes


def test_a_record_says_who_else_its_quotes_and_the_title_name():
    text = "Sweden gives the World Food Programme 5 million euros for Sudan, the minister said. Mali waits."
    quote = "Sweden gives the World Food Programme 5 million euros for Sudan"
    given = pledge(quote, "Sweden", "5 million euros", recipient={"name": "World Food Programme"})
    titled = dataclasses.replace(document(text), title="Swedish help for the camps in Chad")
    (record,) = build_records(titled, json.dumps({"records": [given]})).records
    assert record.also_named == ["SDN", "TCD"]


def test_an_amount_may_be_written_otherwise_than_in_the_text():
    (record,) = build(pledge(GULF, ["Oman", "Qatar"], "1 200 000 000 USD", is_joint=True)).records
    assert record.money is not None and record.money.as_written == "$1.2 billion"


def test_a_sum_without_a_currency_has_that_of_the_sum_before_it():
    (record,) = build(pledge("5 million euros to the fund and Spain 3 million", "Spain", "3 million")).records
    assert record.money is not None
    assert (record.money.amount, record.money.currency, record.money.currency_is_inferred) == (
        Decimal(3_000_000), "EUR", True,
    )  # fmt: skip


def test_a_sum_without_a_currency_among_several_has_that_of_the_last_one_before_it():
    text = "9 million pounds from Oman, 5 million euros from Chad, 3 million from Spain and 2 million dollars from Peru"
    (record,) = build(pledge(text, "Spain", "3 million"), text=text).records
    assert record.money is not None and record.money.currency == "EUR"
    behind = "Spain gave 3 million, Chad 5 million euros and Peru 2 million dollars"
    (unknown,) = build(pledge(behind, "Spain", "3 million"), text=behind).records
    assert unknown.money is not None and unknown.money.currency is None


@pytest.mark.parametrize(("giver", "words", "currency"), [
    ("Saudi Fund for Development", "187 million riyals", "SAR"),
    ("Pakistan", "5 million rupees", "PKR"),
    ("Chile", "5 million rupees", "INR"),
    ("World Bank", "5 million dinars", None),
])
def test_the_state_whose_money_it_is_settles_the_currency(giver: str, words: str, currency: str | None):
    text = f"{giver} gave {words} to Chad"
    (record,) = build(pledge(text, giver, words), text=text).records
    assert record.money is not None and record.money.currency == currency


def test_a_cost_is_in_the_currency_of_whoever_bears_it():
    text = "The programme of Morocco will cost 143 billion dirhams"
    (record,) = build({"type": "funding_amount", "role": "cost", "quotes": [text], "payee": {"name": "Morocco"},
                       "money": "143 billion dirhams"}, text=text).records  # fmt: skip
    assert record.money is not None
    assert (record.money.currency, record.money.currency_is_inferred) == ("MAD", True)


def test_a_joint_sum_is_one_record_and_a_figure_each_is_one_record_each():
    (joint,) = build(pledge(GULF, ["Oman", "Qatar", "Kuwait"], "$1.2 billion", is_joint=True)).records
    assert ([actor.code for actor in joint.actors], joint.is_joint) == (["OMN", "QAT", "KWT"], True)
    each = {"type": "troop_commitment", "stage": "promised",
            "quotes": ["Kenya and Chad will each send 400 troops to Haiti"],
            "contributors": [{"name": "Kenya"}, {"name": "Chad"}], "headcount": "400 troops",
            "host": "Haiti"}  # fmt: skip
    found = build(each).records
    assert [(one.actors[0].code, one.headcount and one.headcount.value, one.is_joint) for one in found] == [
        ("KEN", 400, False), ("TCD", 400, False)
    ]  # fmt: skip


def test_one_contributor_that_the_text_does_not_name_costs_no_other():
    built = build(pledge(GULF, ["Oman", "Norway", "Qatar"], "$1.2 billion", is_joint=True))
    assert [actor.code for actor in built.records[0].actors] == ["OMN", "QAT"]
    assert "'Norway' is not in the text" in built.records[0].notes[0]
    each = pledge("Kenya and Chad will each send 400 troops", ["Kenya", "Norway", "Chad"], None)
    built = build(each)
    assert [record.actors[0].code for record in built.records] == ["KEN", "TCD"]
    assert [(one.ordinal, one.reason_code) for one in built.rejections] == [(0, "actor_not_in_text")]


def test_a_joint_sum_is_never_credited_to_the_one_that_is_named():
    for names in (["Oman", "Norway"], ["Oman"]):
        built = build(pledge(GULF, names, "$1.2 billion", is_joint=True))
        assert (built.records, [one.reason_code for one in built.rejections]) == ([], ["inconsistent"])
    # Without a figure there is nothing to credit.
    (record,) = build(pledge(GULF, ["Oman"], None, is_joint=True)).records
    assert not record.is_joint


def test_a_name_inside_another_word_is_not_named():
    text = "Romania will give 5 million euros to the fund."
    built = build(pledge("Romania will give 5 million euros", "Oman", "5 million euros"), text=text)
    assert [one.reason_code for one in built.rejections] == ["actor_not_in_text"]
    # Arabic writes conjunctions and prepositions onto the name.
    text = "تعهدت قطر والكويت بتقديم مليار دولار."
    built = build(pledge(text, ["قطر", "الكويت"], "مليار دولار", is_joint=True), text=text, language="ar")
    assert [actor.code for actor in built.records[0].actors] == ["QAT", "KWT"]


def test_an_actor_may_be_named_by_another_of_its_names():
    text = "Paris will give 5 million euros, the French minister said."
    (record,) = build(pledge("Paris will give 5 million euros", "France", "5 million euros"), text=text).records
    assert record.actors[0].code == "FRA"


def test_the_same_fact_twice_is_one_record_with_both_quotes():
    again = pledge("France will give 5 million euros, the minister repeated", "France", "5 million euros")
    built = build(FRENCH, again)
    (record,) = built.records
    assert len(record.evidence) == 2
    other_stage = {**again, "stage": "committed"}
    assert len(build(FRENCH, other_stage).records) == 2
    other_sum = pledge("Spain 3 million", "Spain", "3 million")
    assert len(build(FRENCH, other_sum).records) == 2


def test_words_of_the_model_that_the_text_does_not_say_are_dropped():
    (record,) = build({**FRENCH, "condition": "if parliament agrees", "speaker": "the minister", "purpose": "schools",
                       "event_date": "next Tuesday"}).records  # fmt: skip
    assert (record.condition, record.speaker, record.purpose) == (None, "the minister", None)
    assert record.event_date.value is None


def test_confidence_decides_where_it_is_given():
    built = build(FRENCH, FRENCH, confidence=[0.9, 0.2], min_confidence=0.5)
    assert [one.reason_code for one in built.rejections] == ["low_confidence"]
    assert built.records[0].confidence == 0.9
    # Fewer probabilities than drafts, or none: nothing is lost.
    assert len(build(FRENCH, pledge("Spain 3 million", "Spain", "3 million"), confidence=[0.9]).records) == 2
    raw = json.dumps({"records": [FRENCH], "confidence": [0.4]})
    assert build_records(document(), raw, min_confidence=0.5).records == []


def test_what_the_provider_rejected_keeps_its_own_reason():
    refused = [
        {**FRENCH, "reason": "left out when asked again: wrong", "reason_code": "withdrawn"},
        {**FRENCH, "reason": "not sure"},
        {**FRENCH, "reason": "made up", "reason_code": "a code of its own"},
        "no draft",
    ]
    built = build(rejected=refused)
    assert [(one.reason_code, one.reason) for one in built.rejections] == [
        ("withdrawn", "left out when asked again: wrong"), ("low_confidence", "not sure"),
        ("low_confidence", "made up"), ("low_confidence", "the provider was not sure"),
    ]  # fmt: skip
    assert built.rejections[0].draft == FRENCH
    assert build_records(document(), '{"records": null, "rejected": {}}') == Built([], [], [])
    with pytest.raises(ValueError, match="no JSON object"):
        build_records(document(), "[]")


def test_a_mistake_of_ours_costs_one_draft_and_is_told(monkeypatch):
    parse = records.parse_money

    def failing(words: str, language: str | None = None) -> Any:
        if words == "3 million":
            raise ZeroDivisionError("ours")
        return parse(words, language)

    monkeypatch.setattr(records, "parse_money", failing)
    built = build(FRENCH, pledge("Spain 3 million", "Spain", "3 million"))
    assert len(built.records) == 1
    assert [one.reason_code for one in built.rejections] == ["internal_error"]
    assert "ZeroDivisionError" in built.rejections[0].reason


def test_a_provider_is_told_what_to_mend():
    wrong = PledgeDraft.model_validate(pledge("France will give 6 million euros", "France", "6 million euros"))
    right = PledgeDraft.model_validate(FRENCH)
    assert check_answer(document(), Answer(records=[right])) == []
    (problem,) = check_answer(document(), Answer(records=[right, wrong]))
    assert problem.startswith("record 2: the quote 'France will give 6 million euros' is not in the text")


def test_what_was_checked_is_not_made_again_and_stays_the_same(monkeypatch):
    noted = pledge("France will give 5 million euros to the fund", "France", "6 million euros")
    raw = json.dumps({"records": [FRENCH, noted]})
    judged: dict[str, Record] = {}
    check_answer(document(), Answer.model_validate(json.loads(raw)), judged)
    expected = build_records(document(), raw)
    monkeypatch.setattr(records, "parse_money", None)  # whatever reads a figure anew now fails
    built = build_records(document(), raw, judged=judged)
    assert (built.records, built.rejections, built.problems) == (
        expected.records, expected.rejections, expected.problems,
    )  # fmt: skip
    assert built.problems and len(built.records) >= 1


def test_a_flat_record_is_what_other_programs_read():
    (record,) = build(pledge(GULF, ["Oman", "Qatar", "Kuwait"], "$1.2 billion", is_joint=True,
                             recipient={"name": "the fund", "type": "programme"})).records  # fmt: skip
    flat = flat_record(record)
    assert list(flat) == [
        "type", "actor", "actor_code", "actor_type", "actor_on_behalf_of", "counterpart", "counterpart_code", "amount",
        "amount_min", "amount_max", "currency", "headcount", "personnel", "qualifier", "stage", "role", "joint",
        "conditional", "date", "quote", "start", "end", "confidence",
    ]  # fmt: skip
    assert (flat["actor_code"], flat["joint"], flat["amount"], flat["currency"], flat["counterpart"]) == (
        "OMN", ["QAT", "KWT"], 1_200_000_000, "USD", "the fund",
    )  # fmt: skip
    assert TEXT[flat["start"] : flat["end"]] == flat["quote"]
    assert json.loads(json.dumps(flat)) == flat


@pytest.mark.parametrize(
    ("actor", "acts_for"),
    [
        ({"name": "USAID"}, "USA"),  # an agency gives its state's money
        ({"name": "ECHO"}, "European Union"),
        ({"name": "Amina Diallo", "type": "person", "on_behalf_of": "Mali"}, "MLI"),
        ({"name": "Amina Diallo", "type": "person"}, None),
        ({"name": "Mali"}, None),
    ],
)
def test_whom_a_contributor_acts_for(actor: dict[str, Any], acts_for: str | None):
    text = f"{actor['name']}, the envoy of Mali, pledged $5 million to Chad."
    built = build({**pledge(text, "", "$5 million"), "contributors": [actor]}, text=text)
    assert [flat_record(one)["actor_on_behalf_of"] for one in built.records] == [acts_for]


_WORDS = st.sampled_from(
    ["France", "Spain", "5 million euros", "$1.2 billion", "400 troops", "", " ", "pledged", "\u202e", "9" * 400,
     "1e999", "between 5 and 3 million", "-5 million euros", "٣ مليارات", "0 dollars", TEXT, "N/A",
     "null", "(", "[[[", "\\d+"]
)  # fmt: skip
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _WORDS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "type", "money"]), inner),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(
    drafts=st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["pledge", "troop_commitment", "membership", "funding_amount", "other"])},
            optional={
                "quotes": st.lists(_WORDS, max_size=2) | _VALUES, "stage": st.just("pledged") | _VALUES,
                "contributors": st.just([{"name": "France"}]) | _VALUES, "money": _WORDS | _VALUES,
                "headcount": _WORDS, "member": _VALUES, "organisation": st.just({"name": "Board of Peace"}) | _VALUES,
                "role": st.just("target") | _VALUES, "is_joint": st.booleans(), "event_date": _WORDS,
            },
        )
        | _VALUES,
        max_size=3,
    )
)
def test_no_answer_is_lost_and_none_stops_us(drafts):
    built = build_records(document(), json.dumps({"records": drafts}))
    assert all(one.reason_code != "internal_error" for one in built.rejections), built.rejections
    assert len(built.rejections) + len(built.records) > 0 or not drafts
    for record in built.records:
        for one in record.evidence:
            assert TEXT[one.start : one.end] == one.quote
