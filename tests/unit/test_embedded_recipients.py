"""Who receives a pledge: every actor of the document is asked, and so is nobody."""

import json
import math
import random

import pytest

from extract.documents import document_from_text
from extract.gold import GoldDocument, GoldRecord
from extract.normalise.actors import resolve_actor
from extract.providers import embedded
from extract.providers.embedded.calibrate import Reader, choices, fit_choice
from extract.providers.embedded.candidates import Name, read_candidates
from extract.providers.embedded.decide import Thresholds, decide
from extract.providers.embedded.model import Model
from extract.providers.embedded.recipients import COEFFICIENTS, Option, Recipients, shares

TEXT = """Norway to help Malawi after the floods

OSLO, 4 May 2027 - Norway pledged 40 million euros to Malawi on Tuesday. Oslo's offer follows one of Denmark.

The rains have since reached Zambia."""


@pytest.fixture(scope="module")
def model():
    return Model(embedded.WEIGHTS)


@pytest.fixture(scope="module")
def options(model):
    readings = read_candidates(document_from_text(TEXT), model)
    sum_ = next(one for one in readings.candidates if one.kind == "money")
    ruled = {"name": "Malawi", "type": "country"}
    found = Recipients(readings, [], {}).options(sum_, [{"name": "Norway", "type": "country"}], ruled)
    return {one.key: one for one in found}


def test_every_actor_is_an_option_once_and_so_is_nobody(options):
    countries = {key for key, one in options.items() if one.actor is not None and one.actor["type"] == "country"}
    assert countries == {"NOR", "MWI", "DNK", "ZMB"}
    assert options[None].actor is None


def test_evidence_tells_who_gives_whom_the_rules_take_and_where_each_stands(options):
    assert [key for key, one in options.items() if one.evidence.get("gives")] == ["NOR"]
    assert [key for key, one in options.items() if one.evidence["ruled"]] == ["MWI"]
    assert {key for key in ("NOR", "MWI", "DNK", "ZMB") if options[key].evidence["headline"]} == {"NOR", "MWI"}
    assert {key for key in ("NOR", "MWI", "DNK", "ZMB") if options[key].evidence["behind"]} == {"DNK", "ZMB"}
    assert options["MWI"].evidence["named"] == pytest.approx(math.log1p(2))


def test_words_that_the_rules_understood_are_no_option_beside_what_they_mean(model):
    readings = read_candidates(document_from_text(TEXT), model)
    sum_ = next(one for one in readings.candidates if one.kind == "money")
    fund = {"name": "Green Climate Fund", "type": "programme"}
    words = Name(0, 8, "the fund", resolve_actor("the fund", "unknown", "en"), None)
    sum_.counterparts.insert(0, (0.9, words))
    keys = [one.key for one in Recipients(readings, [], {}).options(sum_, [], fund, words)]
    assert "the fund" in [one.key for one in Recipients(readings, [], {}).options(sum_, [], fund)]
    assert "the fund" not in keys and keys.count(resolve_actor("Green Climate Fund").entity_id) == 1


def test_shares_are_of_one_and_the_giver_has_hardly_any(options):
    likely = dict(zip(options, shares(list(options.values())), strict=True))
    assert sum(likely.values()) == pytest.approx(1)
    assert max(likely, key=likely.__getitem__) == "MWI"
    assert likely["NOR"] < 0.05


def test_pledges_tell_who_else_might_receive_them_and_troops_do_not(model):
    text = f"{TEXT} Norway has 60 soldiers in Mali."
    decision = decide(document_from_text(text), model, Thresholds(), 0.0)
    has_options = {draft["type"]: bool(found) for draft, found in zip(decision.drafts, decision.options, strict=True)}
    assert has_options == {"pledge": True, "troop_commitment": False}


def test_coefficients_belong_to_the_weights_and_to_the_evidence(options):
    stored = json.loads(COEFFICIENTS.read_text(encoding="ascii"))
    assert stored["weights_sha256"] == embedded.WEIGHTS_SHA256.read_text(encoding="ascii").split()[0]
    assert {*stored["coefficients"]} == {name for one in options.values() for name in one.evidence}


def test_a_choice_is_fitted_to_what_was_chosen():
    chance = random.Random(5)
    told = []
    for _ in range(600):
        found = [{"near": chance.gauss(0, 1), "gives": float(n == 0)} for n in range(4)]
        weights = [math.exp(1.5 * one["near"] - 3 * one["gives"]) for one in found]
        right = chance.choices(range(4), weights)[0]
        told.append((found, [n == right for n in range(4)]))
    line = fit_choice(told, penalty=0.1)
    assert line["near"] == pytest.approx(1.5, abs=0.25)
    assert line["gives"] == pytest.approx(-3, abs=0.8)
    assert fit_choice([*told, ([{"near": 9.0}], [False])], penalty=0.1) == line


def test_choices_are_told_of_right_gifts_only(tmp_path):
    (tmp_path / "norway.en.txt").write_text(TEXT, encoding="utf-8")
    record = GoldRecord(
        type="pledge", quote="Norway pledged 40 million euros to Malawi", actor="Norway", actor_code="NOR",
        counterpart="Malawi", counterpart_code="MWI", amount=40_000_000, currency="EUR", stage="pledged",
    )  # fmt: skip
    other = record.model_copy(update={"amount": 30_000_000.0})
    gold = GoldDocument(document="norway.en", language="en", records=[record])
    read = Reader(embedded.WEIGHTS)
    told = choices([([gold], tmp_path)], read)
    assert [sum(right) for _, right in told] == [1]
    assert choices([([gold.model_copy(update={"records": [other]})], tmp_path)], read) == []


def test_nobody_may_be_the_likeliest():
    nobody = Option(None, None, {"nobody": 1.0, "ruled": 1.0})
    giver = Option("NOR", {"name": "Norway", "type": "country"}, {"gives": 1.0, "ruled": 0.0})
    assert shares([giver, nobody])[1] > 0.5
