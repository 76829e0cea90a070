"""How well claims are put together into commitments, on articles whose true clusters are known.

The records of an annotator go in, as if a provider had found exactly these; what is measured is the
clustering alone. The rules were developed on corpora `a` to `d` and `f` to `p`, each of which was held out before
(the README has the figures of that time). Corpora `e` and `q` are held out: their errors were never read, and they
stay out of this suite, where everybody would tune on them.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hand_made import ROOT, News, World, actor, day, quantity, read

from extract.normalise.actors import resolve_actor
from extract.rates import load_rates
from extract.records import named_beside
from extract.schema import Actor

CORPORA = ROOT / "tests" / "fixtures" / "clusters"
with (ROOT / "seeds" / "countries.csv").open(encoding="utf-8") as countries:
    COUNTRIES = {row["iso3"] for row in csv.DictReader(countries)}
PRECISION_FLOOR = 0.98
RECALL_FLOOR = 0.90
# To measure on the others: PLEDGEBOOK_CORPORA=c,d,e,f,g,h,i,j,k,l,m,n,o,p pytest -s, with this file.
NAMES = os.environ.get("PLEDGEBOOK_CORPORA", "a,b").split(",")


@dataclass(frozen=True)
class Corpus:
    """Articles with their records, and the true commitment of each record by record_id."""

    news: list[News]
    labels: dict[str, str]


def read_corpus(folder: Path) -> Corpus:
    """Read one corpus; its format is described in seeds/gold/README.md and its own README."""
    news = []
    labels: dict[str, str] = {}
    for file in sorted((folder / "records").glob("*.json")):
        gold = json.loads(file.read_text(encoding="utf-8"))
        text = (folder / "documents" / f"{gold['document']}.txt").read_text(encoding="utf-8")
        published = date.fromisoformat(gold["publication_date"]) if gold["publication_date"] else None
        records = tuple(as_record(record, text, published, gold["language"]) for record in gold["records"])
        item = News(text, records, gold["language"], published, gold["outlet"])
        news.append(item)
        labels |= {f"{item.document_id}-{n}": record["commitment"] for n, record in enumerate(gold["records"])}
    return Corpus(news, labels)


def as_record(gold: dict[str, Any], text: str, published: date | None, language: str) -> dict[str, Any]:
    """One gold record in the shape of schema.Record, as far as gold says."""
    start = text.index(gold["quote"])
    counterpart = who(gold["counterpart_code"])
    amounts = {name: gold[name] for name in ("amount", "amount_min", "amount_max")}
    is_host = gold["type"] == "troop_commitment" and counterpart is not None and counterpart["type"] == "country"
    actors = [item for code in (gold["actor_code"], *gold["joint"]) if (item := who(code))]
    parties = [Actor.model_validate(item) for item in (*actors, counterpart) if item]
    return {
        "record_type": gold["type"],
        "stage": gold["stage"],
        "realis": "conditional" if gold["conditional"] else "actual",
        "actors": actors,
        "also_named": named_beside([gold["quote"], text.split("\n", 1)[0]], parties, language),
        "is_joint": bool(gold["joint"]),
        "counterpart": None if is_host else counterpart,
        "host": counterpart if is_host else None,
        "role": gold["role"],
        "money": {
            **{name: None if value is None else Decimal(str(value)) for name, value in amounts.items()},
            "as_written": gold["quote"], "currency": gold["currency"], "currency_is_inferred": False,
            "qualifier": gold["qualifier"] or "exact",
        } if any(value is not None for value in amounts.values()) else None,
        "headcount": quantity(gold["headcount"], gold["qualifier"] or "exact") if gold["headcount"] else None,
        "event_date": day(date.fromisoformat(gold["date"])) if gold["date"] else {},
        "announcement_date": day(published, "inferred") if published else {},
        "evidence": [{"quote": gold["quote"], "start": start, "end": start + len(gold["quote"]), "alignment": "exact"}],
    }  # fmt: skip


def who(code: str | None) -> dict[str, Any] | None:
    """The actor of a code: ISO 3166-1 alpha-3, else the English name (MFO and D-8 are no countries)."""
    if code is None:
        return None
    if code in COUNTRIES:
        return actor(code)
    return resolve_actor(code, "igo").model_dump()


def pairs_of(clusters: Iterable[int]) -> int:
    """Pairs within clusters of these sizes."""
    return sum(size * (size - 1) // 2 for size in clusters)


def mistakes(found: dict[str, str], truth: dict[str, str]) -> list[str]:
    """Pairs of true commitments that were merged or taken apart, worded for the one who mends the rules."""
    wrong = Counter(
        f"{'merged' if found[one] == found[other] else 'apart'}: {' + '.join(sorted({truth[one], truth[other]}))}"
        for one, other in combinations(sorted(found), 2)
        if (found[one] == found[other]) != (truth[one] == truth[other])
    )
    return [f"{what} ({count} pairs)" for what, count in sorted(wrong.items())]


@pytest.mark.parametrize("name", NAMES)
def test_claims_of_one_commitment_stand_together(small_worlds: World, name: str) -> None:
    corpus = read_corpus(CORPORA / name)
    small_worlds.build(corpus.news, prepare=load_rates)
    rows = read(
        small_worlds,
        "select claim_id, record_id, commitment_id from intermediate.int_claims_clustered",
    )
    truth = {row["claim_id"]: corpus.labels[row["record_id"]] for row in rows}
    found = {row["claim_id"]: row["commitment_id"] for row in rows}
    assert set(corpus.labels) == {row["record_id"] for row in rows}
    both = pairs_of(Counter((found[claim], truth[claim]) for claim in found).values())
    precision = both / pairs_of(Counter(found.values()).values())
    recall = both / pairs_of(Counter(truth.values()).values())
    wrong = mistakes(found, truth)
    print(
        f"\ncorpus {name}: {len(corpus.news)} documents, {len(truth)} claims, {len(set(truth.values()))} commitments "
        f"found as {len(set(found.values()))}; pairwise precision {precision:.3f}, recall {recall:.3f}"
    )
    print("\n".join(wrong))
    assert precision >= PRECISION_FLOOR, wrong
    assert recall >= RECALL_FLOOR, wrong
