"""Whole articles as training passages: cut as the extractor reads them, labelled in their own words."""

import json

from extract.gold import GoldRecord, read_gold
from extract.providers.embedded.articles import write_articles, write_passages
from extract.providers.embedded.examples import CLASSES, read_examples

TEXT = """Kigali's blue helmets for Bangui

Rwanda will send 300 soldiers to MINUSCA in June, the ministry said.

The European Union has put up 20 million euros for the mission | tents included. Chad left the force in 2014.

Weather is fine."""

RECORDS = [
    GoldRecord(
        type="troop_commitment", quote="Rwanda will send 300 soldiers to MINUSCA", actor="Rwanda", actor_code="RWA",
        counterpart="MINUSCA", headcount=300, stage="promised",
    ),
    GoldRecord(
        type="pledge", quote="The European Union has put up 20 million euros for the mission", actor="European Union",
        actor_code="European Union", counterpart="MINUSCA", amount=20_000_000, currency="EUR", stage="committed",
        conditional=True,
    ),
    GoldRecord(
        type="troop_commitment", quote="Chad left the force in 2014", actor="Chad", actor_code="TCD",
        counterpart="the force", stage="withdrawn",
    ),
    GoldRecord(
        type="membership", quote="Chad left the force in 2014", actor="Chad", actor_code="TCD", stage="cancelled",
    ),
    GoldRecord(type="funding_amount", quote="Weather is fine", amount=7, role="need"),
]  # fmt: skip


def write(folder, records):
    told = [record.model_dump(exclude_defaults=True) for record in records]
    article = {"document": "kigali.en", "language": "en", "text": TEXT, "records": told}
    source, output = folder / "articles.jsonl", folder / "passages.tsv"
    source.write_text(json.dumps(article) + "\n", encoding="utf-8")
    return write_passages([source], output), output


def test_records_stand_in_the_words_of_their_passage(tmp_path):
    count, output = write(tmp_path, RECORDS)
    lines = output.read_text(encoding="utf-8").splitlines()
    records = [record for line in lines for record in line.split("\t")[2].split(" ;; ")]
    assert count == len(lines)
    assert "T|promised|Rwanda|300 soldiers|MINUSCA" in records
    # The mission's name stands some sentences before, in the same passage.
    assert "P|committed?|European Union|20 million euros|MINUSCA" in records
    assert "T|withdrawn|Chad|-|the force" in records
    assert not any(record.startswith(("M|", "F|")) for record in records)


def test_what_separates_fields_is_taken_out_of_the_text(tmp_path):
    _, output = write(tmp_path, RECORDS)
    for line in output.read_text(encoding="utf-8").splitlines():
        language, text, _ = line.split("\t")
        assert language == "en" and "|" not in text


def test_the_passages_are_training_examples_with_their_anchors(tmp_path):
    _, output = write(tmp_path, RECORDS)
    found = {CLASSES[n] for one in read_examples([output]) for classes in one.anchors.values() for n in classes}
    assert found == {"T promised", "P committed", "conditional", "T withdrawn"}


def test_an_article_without_records_is_a_passage_without_any(tmp_path):
    _, output = write(tmp_path, [])
    assert all(line.endswith("\t-") for line in output.read_text(encoding="utf-8").splitlines())


def test_articles_are_documents_with_gold_too(tmp_path):
    write(tmp_path, RECORDS)
    folder = tmp_path / "documents"
    folder.mkdir()
    assert write_articles([tmp_path / "articles.jsonl"], folder) == 1
    assert [one.records for one in read_gold(folder)] == [RECORDS]
    assert (folder / "kigali.en.txt").read_text(encoding="utf-8") == TEXT
