"""The confidence of the embedded extractor: fitted on what was judged, belonging to the weights that ship."""

import json
import math
import random

import pytest

from extract.documents import document_from_text
from extract.gold import GoldDocument, GoldRecord
from extract.providers import embedded
from extract.providers.embedded import EmbeddedProvider
from extract.providers.embedded.calibrate import Reader, chosen, fit, judged, rescaled
from extract.providers.embedded.confidence import COEFFICIENTS, confidence, log_odds
from extract.providers.embedded.decide import Thresholds, decide
from extract.providers.embedded.model import Model

TEXT = "OSLO, 4 May 2027 - Norway pledged 40 million euros to the World Food Programme on Tuesday."


@pytest.fixture(scope="module")
def model():
    return Model(embedded.WEIGHTS)


def test_coefficients_belong_to_the_weights_and_to_the_evidence(model):
    stored = json.loads(COEFFICIENTS.read_text(encoding="ascii"))
    assert stored["weights_sha256"] == embedded.WEIGHTS_SHA256.read_text(encoding="ascii").split()[0]
    found = decide(document_from_text(TEXT), model, Thresholds()).evidence
    assert found and {*found[0], "intercept"} == {*stored["coefficients"]}


def test_a_surer_reading_makes_a_surer_record(model):
    found = decide(document_from_text(TEXT), model, Thresholds()).evidence[0]
    doubtful = {**found, "record": -1.0, "giver": -1.0, "counterpart": -3.0, "counterpart_known": 0.0}
    assert 0 < confidence(doubtful) < confidence(found) < 1


def test_a_record_more_likely_wrong_than_right_is_rejected_with_its_reason():
    answer = EmbeddedProvider(min_confidence=None).answer(document_from_text(TEXT))
    assert all(sure >= Thresholds().confidence for sure in answer["confidence"])
    reasons = EmbeddedProvider(min_confidence=0.999).answer(document_from_text(TEXT))["rejected"]
    assert any(one["reason"].startswith("confidence 0.") and "below 1.00" in one["reason"] for one in reasons)


def test_fit_finds_the_line_that_made_the_judgements():
    chance = random.Random(3)
    found = [{"helps": chance.gauss(0, 1), "harms": chance.gauss(2, 3), "same": 1.0} for _ in range(4000)]
    right = [chance.random() < 1 / (1 + math.exp(-(0.5 + 2 * one["helps"] - 0.7 * one["harms"]))) for one in found]
    coefficients = fit(found, right, penalty=0.01)
    assert coefficients["helps"] == pytest.approx(2, abs=0.25)
    assert coefficients["harms"] == pytest.approx(-0.7, abs=0.1)
    assert coefficients["intercept"] + coefficients["same"] == pytest.approx(0.5, abs=0.2)


def test_a_penalty_keeps_coefficients_small_where_there_is_little_to_fit_on():
    found = [{"helps": float(n)} for n in range(6)]
    right = [False] * 3 + [True] * 3
    assert 0 < fit(found, right, penalty=20)["helps"] < fit(found, right, penalty=0.1)["helps"]


def test_a_line_is_shifted_to_the_shares_of_other_records_and_keeps_their_order():
    line = {"intercept": -3.0, "helps": 1.0}
    found = [{"helps": n / 10} for n in range(40)]
    right = [n % 4 != 0 for n in range(40)]
    before = [1 / (1 + math.exp(-log_odds(one, line))) for one in found]
    shifted = rescaled(line, before, right)
    said = [1 / (1 + math.exp(-log_odds(one, shifted))) for one in found]
    assert sum(said) / 40 == pytest.approx(0.75, abs=0.01)
    assert shifted["helps"] > 0


def test_judged_knows_the_right_records_of_a_set(tmp_path):
    (tmp_path / "norway.en.txt").write_text(TEXT, encoding="utf-8")
    record = GoldRecord(
        type="pledge", quote=TEXT, actor="Norway", actor_code="NOR", counterpart="World Food Programme",
        counterpart_code="World Food Programme", amount=40_000_000, amount_min=40_000_000, amount_max=40_000_000,
        currency="EUR", qualifier="exact", stage="pledged",
    )  # fmt: skip
    gold = GoldDocument(document="norway.en", language="en", records=[record])
    read = Reader(embedded.WEIGHTS)
    found, right = judged([([gold], tmp_path)], read)
    assert len(found) == len(right) and sum(right) == 1
    line = json.loads(COEFFICIENTS.read_text(encoding="ascii"))["coefficients"]
    sure, is_right = chosen([([gold], tmp_path)], read, line)
    assert sum(is_right) == 1 and sure[is_right.index(True)] > Thresholds().confidence
