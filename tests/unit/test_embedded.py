"""The embedded extractor: deterministic, grounded, silent where there is nothing."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from extract.documents import document_from_text
from extract.errors import ConfigError
from extract.normalise.actors import find_actors
from extract.providers import embedded
from extract.providers.embedded import EmbeddedProvider
from extract.providers.embedded.candidates import read_candidates
from extract.providers.embedded.encoder import dequantise, gelu
from extract.providers.embedded.leaders import country_of, leaders
from extract.providers.embedded.model import FORBIDDEN, Model
from extract.providers.embedded.sentences import split_sentences
from extract.providers.embedded.tokenizer import Tokenizer
from extract.records import build_records

PLAIN = (
    "OSLO, 4 May 2027 - Norway pledged 40 million euros to the World Food Programme on Tuesday. "
    "Ghana will send 300 soldiers to Haiti. The committee met for three hours and adjourned."
)


@pytest.fixture(scope="module")
def provider():
    return EmbeddedProvider()


@pytest.fixture(scope="module")
def model():
    return Model(embedded.WEIGHTS)


def test_a_plain_pledge_and_a_plain_promise_are_found(provider):
    document = document_from_text(PLAIN)
    records = build_records(document, json.dumps(provider.answer(document), default=str)).records
    pledge = next(record for record in records if record.record_type == "pledge")
    assert (pledge.actors[0].code, pledge.money.amount, pledge.money.currency) == ("NOR", 40_000_000, "EUR")
    assert (pledge.stage, pledge.counterpart.code) == ("pledged", "World Food Programme")
    troops = next(record for record in records if record.record_type == "troop_commitment")
    assert (troops.actors[0].code, troops.headcount.value, troops.stage) == ("GHA", 300, "promised")
    for record in records:
        for one in record.evidence:
            assert document.text[one.start : one.end] == one.quote
        assert 0 < record.confidence < 1


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("Denmark raised its pledge to Moldova from 20 million to 35 million euros.", "35 million euros"),
        ("Deutschland erhöht seine Hilfe für Moldau von 20 auf 35 Millionen Euro.", "35 Millionen Euro"),
        ("Дания увеличила помощь Молдавии с 20 до 35 млн евро.", "35 млн евро"),
        ("挪威将对摩尔多瓦的援助从2000万欧元增至3500万欧元。", "3500万欧元"),
    ],
)
def test_a_promise_that_is_raised_has_the_new_figure_alone(text, money):
    # The old figure is no record, however unsure.
    [record] = EmbeddedProvider(min_confidence=0.0).answer(document_from_text(text))["records"]
    assert (record["money"], record["stage"]) == (money, "pledged")


def test_who_says_pledged_has_not_paid_on_the_day_that_is_named(provider):
    [record] = provider.answer(document_from_text("On 4 May 2026 Sweden pledged $40 million to UNICEF."))["records"]
    assert record["stage"] == "pledged"


def test_there_is_the_mission_that_the_sentence_before_describes(provider):
    text = "The UN mission in Lebanon is shrinking. Spain has 600 soldiers there."
    answer = provider.answer(document_from_text(text))
    drafts = [one for one in (*answer["records"], *answer["rejected"]) if one["type"] == "troop_commitment"]
    assert [one["force"]["name"] for one in drafts] == ["UN mission in Lebanon"]


def test_every_passage_is_read_below_the_headline(model, monkeypatch):
    headline = "Record sum for the World Food Programme"
    filler = "The committee met again for three long hours, people said, and heard the same speeches. " * 5
    text = f"{headline}\n\n{filler}\n\nNorway pledged 40 million euros. {filler}\n\nGhana sent 300 soldiers."
    seen = []
    read = model.read
    monkeypatch.setattr(model, "read", lambda passage: seen.append(passage) or read(passage))
    readings = read_candidates(document_from_text(text), model)
    assert len(seen) > 1 and all(passage.startswith(headline) and passage.count(headline) == 1 for passage in seen)
    names = [name for name in readings.names if name.words == "World Food Programme"]
    assert [text[name.start : name.end] for name in names] == ["World Food Programme"]
    figures = {text[one.start : one.end]: one for one in readings.candidates if one.name is None}
    assert {"40 million euros", "300 soldiers"} <= {*figures}
    assert names[0] in [name for _, name in figures["40 million euros"].counterparts]


def test_a_long_first_sentence_is_no_headline(model, monkeypatch):
    first = "In the capital, " + "after many hours of talks, " * 9 + "the ministers went home."
    text = f"{first} {'Nobody said a word about it. ' * 30}Ghana sent 300 soldiers to Haiti."
    seen = []
    read = model.read
    monkeypatch.setattr(model, "read", lambda passage: seen.append(passage) or read(passage))
    read_candidates(document_from_text(text), model)
    assert seen and not any(passage.startswith("In the capital") for passage in seen[1:])


def test_min_confidence_lifts_and_lowers_what_is_asked_of_a_record(provider):
    sample = Path(__file__).parents[2] / "seeds" / "documents" / "cabo-delgado.pt.txt"
    document = document_from_text(sample.read_text(encoding="utf-8"))
    usual = provider.answer(document)
    strict = EmbeddedProvider(min_confidence=0.99).answer(document)
    loose = EmbeddedProvider(min_confidence=0.0).answer(document)
    assert strict["records"] == []
    assert any("below 0.99" in one["reason"] for one in strict["rejected"])
    assert len(loose["records"]) > len(usual["records"]) > 0
    assert all(0 <= one <= 1 for one in loose["confidence"])


def test_the_same_text_gives_the_same_answer(provider):
    document = document_from_text(PLAIN)
    assert provider.answer(document) == EmbeddedProvider().answer(document)


@pytest.mark.parametrize(
    "text",
    [
        "The cat sat on the mat.",
        "",
        "Shares fell 3 per cent as the company said it would cut 4,000 jobs.",
        "Полиция задержала 120 участников акции.",
        "昨晚的比赛以三比二结束。",
    ],
)
def test_where_there_is_nothing_nothing_is_said(provider, text):
    assert provider.answer(document_from_text(text))["records"] == []


def test_weights_that_differ_are_refused(tmp_path, monkeypatch):
    other = tmp_path / "weights.npz"
    other.write_bytes(b"something else")
    monkeypatch.setattr(embedded, "WEIGHTS", other)
    with pytest.raises(ConfigError, match="make train"):
        EmbeddedProvider().answer(document_from_text(PLAIN))


def test_the_fingerprint_follows_the_text(provider):
    one, other = document_from_text(PLAIN), document_from_text(PLAIN + " More.")
    assert provider.fingerprint(one) == provider.fingerprint(document_from_text(PLAIN))
    assert provider.fingerprint(one) != provider.fingerprint(other)


def test_probabilities_are_probabilities(provider):
    model = Model(embedded.WEIGHTS)
    reading = model.read("Spain gave 5 million euros to Peru.")
    spans = [(0, 5, 3), (11, 26, 0), (30, 34, 3)]
    vectors = model.spans(reading, spans)
    scores = model.anchors(reading, vectors, spans)
    records = scores[:, : FORBIDDEN.shape[1]]
    assert ((records >= 0) & (records <= 1)).all() and (records.sum(axis=1) <= 1.0001).all()
    assert (records[FORBIDDEN[[kind for _, _, kind in spans]]] == 0).all()
    assert np.allclose(reading.tags.sum(axis=1), 1, atol=1e-5)


def test_gelu_is_the_exact_one():
    values = np.linspace(-6, 6, 200, dtype=np.float32)
    exact = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in values.tolist()]
    assert np.abs(gelu(values) - np.array(exact)).max() < 1e-5


def test_blocks_of_four_bits_are_unpacked_low_half_first():
    codes = np.arange(16, dtype=np.uint8).reshape(1, 1, 16) | np.uint8(0xF0)
    weights = dequantise(np.array([[0.5]], dtype=np.float16), codes)
    assert weights[0, :16].tolist() == [(n - 8) * 0.5 for n in range(16)]
    assert set(weights[0, 16:].tolist()) == {3.5}


def test_pieces_keep_their_places():
    tokenizer = Tokenizer(["<s>", "<pad>", "</s>", "<unk>", "▁", "▁new", "s", "é"], [0.0, 0, 0, 0, -1, -2, -3, -3], 3)
    text = "new s  new\u00a0é?"
    pieces = tokenizer(text)
    assert [text[start:end] for start, end in zip(pieces.starts, pieces.ends, strict=True)] == [
        "new", "", "s", "new", "", "é", "?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith of the U.S. gave 1.5 million. He left.", 2),
        ("M. Dupont a promis 3 Md€. La Chine aussi!", 2),
        ("Er gab 3 Mio. Euro. Danach ging er.", 2),
        ("中国提供援助。法国也提供。", 2),
        ("قدمت قطر مساعدات. ثم غادرت؟ نعم.", 3),
        ("Title\n\nBody one. Body two.", 3),
        ("Am 20. April 2026 hat Oslo zugesagt. Die 58. Sitzung endete am 3. März.", 2),
        ("Es waren 27. Italien zahlte. Im Jahr 2026. Danach nichts.", 4),
    ],
)
def test_sentences(text, count):
    assert len(split_sentences(text)) == count


@pytest.mark.parametrize(
    ("text", "language", "person", "country"),
    [
        ("The Kazakh president, Kassym-Jomart Tokayev, agreed.", "en", "Tokayev", "KAZ"),
        ("Le président brésilien Lula da Silva a promis.", "fr", "Lula", "BRA"),
        ("Former French president Nicolas Sarkozy spoke.", "en", "Sarkozy", None),
        ("L’ancien Premier ministre italien Paolo Neri a parlé.", "fr", "Neri", None),
        ("The president of the French football club, Jean Petit, paid.", "en", "Petit", None),
    ],
)
def test_who_speaks_for_a_state(text, language, person, country):
    from extract.normalise.actors import find_actors

    mention = country_of(person, leaders(text, find_actors(text, language)))
    assert (mention.actor.code if mention else None) == country


def test_northern_cyprus_is_not_cyprus():
    found = find_actors("Macaristan ve Kuzey Kıbrıs Türk Cumhuriyeti gözlemci statüsünde.", "tr")
    assert [one.actor.entity_id for one in found] == ["HUN"]
