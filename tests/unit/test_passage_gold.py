"""Training passages as documents with gold."""

from extract.gold import read_gold
from extract.providers.embedded.passage_gold import gold_records, write_gold

LINE = (
    "en\tA headline ¶ Norway and Peru gave Haiti 3 million euros. Chad sends 200 men to MINUSMA.\t"
    "P|disbursed|Norway + Peru|3 million euros|Haiti ;; T|promised?|Chad|200 men|MINUSMA"
)


def test_a_passage_becomes_a_document_below_its_headline_and_its_gold(tmp_path):
    file = tmp_path / "passages_some.tsv"
    file.write_text(f"# a topic\n{LINE}\nen\tNothing here.\t-\n", encoding="utf-8")
    folder = tmp_path / "gold"
    folder.mkdir()
    assert write_gold([file], folder) == 2
    first, second = read_gold(folder)
    assert (folder / f"{first.document}.txt").read_text(encoding="utf-8").startswith("A headline\n\nNorway and Peru")
    assert second.records == []
    given, sent = first.records
    assert (given.type, given.stage, given.amount, given.currency) == ("pledge", "disbursed", 3_000_000, "EUR")
    assert (given.actor_code, given.joint, given.counterpart_code) == ("NOR", ["PER"], "HTI")
    assert (sent.actor_code, sent.headcount, sent.conditional) == ("TCD", 200, True)


def test_seats_roles_and_considered_records():
    seat, sum_ = gold_records("M|member~|Kenya|chair|IGAD ;; F|need|-|50 million|-", "en")
    assert (seat.type, seat.role, seat.required) == ("membership", "chair", False)
    assert (sum_.role, sum_.stage, sum_.amount, sum_.currency) == ("need", None, 50_000_000, None)
