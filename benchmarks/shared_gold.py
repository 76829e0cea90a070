"""Gold that lies beside the project, turned into the project's form; and what its scripts share.

In: the folder ../shared (or another, with --shared). Out: gold documents, traps, predictions. None of
its text enters the project: nothing here names a sentence, an article or a figure of it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extract.config import Settings, chosen_model
from extract.evaluate import Evaluation, error_lines, evaluate, table, to_json
from extract.gold import GoldDocument, GoldRecord, PredictedRecord, Prediction, find_documents, predict
from extract.matching import match
from extract.providers import open_provider

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


# --- the invented newswire articles ------------------------------------------------------------------

_TYPES = {"funding": "pledge", "support": "pledge", "troops": "troop_commitment", "membership": "membership"}
# Its stages are coarser than ours; several of ours are one of its.
_STAGES = {
    "pledge": {
        "pledged": ["pledged", "committed"], "delivered": ["disbursed", "disbursing"],
        "refused": ["refused", "cancelled"],
    },
    "troop_commitment": {
        "pledged": ["promised"], "deployed": ["deployed"], "withdrawing": ["withdrawing", "withdrawn"],
        "refused": ["refused", "cancelled"],
    },
    "membership": {
        "applied": ["proposed"], "invited": ["invited"], "accepted": ["accepted"], "member": ["member"],
        "leaving": ["withdrawn"], "refused": ["refused"],
    },
}  # fmt: skip
_ACTORS = {"EU": ["European Union", "European Commission"], "AFDB": ["African Development Bank"]}
# Organisations that it names by a word of its own; a word that is not here names a body of the
# article's own, in English whatever its language, and is not compared.
_ORGANISATIONS = {
    "al": ["Arab League", "League of Arab States"],
    "au": ["African Union"],
    "brics": ["BRICS"],
    "csto": ["Collective Security Treaty Organization", "CSTO"],
    "eac": ["East African Community"],
    "ecowas": ["Economic Community of West African States", "ECOWAS"],
    "eu": ["European Union"],
    "igad": ["Intergovernmental Authority on Development", "IGAD"],
    "mercosur": ["Mercosur", "Southern Common Market"],
    "nato": ["NATO", "North Atlantic Treaty Organization"],
    "pacific alliance": ["Pacific Alliance"],
    "pacific forum": ["Pacific Islands Forum"],
    "sco": ["Shanghai Cooperation Organisation", "Shanghai Cooperation Organization", "SCO"],
}


def read_dev_corpus(path: Path) -> list[GoldDocument]:
    """Gold of the invented articles.

    Args:
        path: JSON object of document to `lang` and `records`, each with `type`, `actor`, `value`
            ([amount, currency], headcount, organisation or null), `stages`, `optional`, `collective`.
    """
    documents = json.loads(path.read_text(encoding="utf-8"))
    return [
        GoldDocument(document=name, language=one["lang"], records=_dev_records(one["records"]))
        for name, one in documents.items()
    ]


def _dev_records(rows: Sequence[Mapping[str, Any]]) -> list[GoldRecord]:
    """Records of one article; the rows of one joint sum, one per giver, become one record."""
    joint: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    records = []
    for row in rows:
        if row["collective"]:
            joint[json.dumps([row["type"], row["value"], row["stages"]])].append(row)
        else:
            records.append(_dev_record(row, []))
    for group in joint.values():
        records.append(_dev_record(group[0], [str(row["actor"]) for row in group[1:]]))
    return records


def _dev_record(row: Mapping[str, Any], joint: list[str]) -> GoldRecord:
    record_type, value = _TYPES[row["type"]], row["value"]
    figure: dict[str, Any] = {}
    if record_type == "pledge" and value is not None:
        # Where there are two, one is the whole and one the increase: either is right.
        sums = value if isinstance(value[0], list) else [value]
        figure = {"amount": sums[0][0], "amount_accept": [one[0] for one in sums[1:]], "currency": sums[0][1]}
    elif record_type == "troop_commitment" and value is not None:
        heads = value if isinstance(value, list) else [value]
        figure = {"headcount": heads[0], "headcount_accept": heads[1:]}
    organisations = _ORGANISATIONS.get(value, []) if record_type == "membership" else []
    stages = [
        ours for stage in row["stages"] for ours in (["any"] if stage == "any" else _STAGES[record_type][stage])
    ]
    return GoldRecord.model_validate(
        {"type": record_type, "actor_code": row["actor"], "actor_accept": _ACTORS.get(row["actor"], []),
         "joint": joint, **figure, "counterpart_accept": organisations, "stage": stages[0],
         "stage_accept": stages, "required": not row["optional"]}
    )  # fmt: skip


def in_dev_scope(record: PredictedRecord) -> bool:
    """Whether that gold would hold such a record: it has no thresholds, needs, costs or unnamed givers."""
    return record.type != "funding_amount" or (record.role == "contribution" and record.actor is not None)


# --- the five real articles ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Trap:
    """A passage that must not become what it seems to be.

    Attributes:
        start, end: Its span in the document's text, in code points.
        must_not: What it must not become, in words.
    """

    document: str
    kind: str
    start: int
    end: int
    quote: str
    must_not: str


@dataclass(frozen=True)
class TrapHit:
    """A prediction that falls into a trap (`is_certain`), or may: then a person looks at it."""

    trap: Trap
    is_certain: bool
    record: PredictedRecord | None
    why: str


def read_seed_documents(path: Path) -> tuple[list[GoldDocument], list[Trap]]:
    """Gold and traps of the real articles; figures, codes and stages as its conventions say."""
    held = json.loads(path.read_text(encoding="utf-8"))
    by_document: dict[str, list[GoldRecord]] = defaultdict(list)
    for record in held["records"]:
        by_document[record["doc_id"]].append(_seed_record(record))
    documents = [
        GoldDocument(document=one["doc_id"], language=one["lang"], records=by_document[one["doc_id"]])
        for one in held["documents"]
    ]
    traps = [
        Trap(one["doc_id"], one["kind"], one["start"], one["end"], one["quote"], one["must_not"])
        for one in held["traps"]
    ]
    return documents, traps


def _seed_record(record: Mapping[str, Any]) -> GoldRecord:
    actors = record.get("contributors") or [record[name] for name in ("member", "payer") if record.get(name)]
    others = [record[name] for name in ("recipient", "force", "organisation", "payee") if record.get(name)]
    counterpart = others[0] if others else {}
    # A part stands for its whole, a force for the place where it serves.
    wholes = [counterpart[name] for name in ("host", "country", "parent_org") if counterpart.get(name)]
    money = record.get("money") or {}
    dates = record.get("dates") or {}
    return GoldRecord.model_validate(
        {"type": record["record_type"],
         "actor": actors[0]["name_as_written"] if actors else None,
         "actor_code": actors[0]["id"] if actors else None,
         "joint": [actor["id"] for actor in actors[1:]],
         "counterpart": counterpart.get("name_as_written"), "counterpart_code": counterpart.get("id"),
         "counterpart_accept": wholes,
         "amount": money.get("amount"), "amount_min": money.get("amount_min"), "amount_max": money.get("amount_max"),
         "currency": money.get("currency"),
         "headcount": record.get("personnel_count"), "headcount_accept": record.get("personnel_count_accept", []),
         "qualifier": money.get("qualifier") or record.get("qualifier"),
         "stage": record.get("stage"), "stage_accept": record.get("stage_accept", []),
         "role": record.get("role") if record["record_type"] == "funding_amount" else None,
         "conditional": record.get("realis") == "conditional",
         "date": dates.get("event_date"),
         "quote": record["evidence"][0]["quote"],
         "required": record["required"]}
    )  # fmt: skip


def trap_hits(
    traps: Sequence[Trap], gold: Sequence[GoldDocument], predictions: Mapping[str, Prediction]
) -> list[TrapHit]:
    """What falls into the traps, errors counted against us rather than for us.

    Certain: a prediction whose quote overlaps the trap and that is no record of the gold by value,
    required or optional; one whose actor or counterpart is the trap itself; one that has the date
    which the trap must not give. To look at: a prediction that overlaps the trap and agrees with the
    gold by value, but not strictly.
    """
    hits = []
    documents = {one.document: one for one in gold}
    for trap in traps:
        prediction = predictions.get(trap.document) or Prediction(trap.document, "", [])
        records, held = prediction.records, documents[trap.document].records
        by_value = match(held, records, "value", prediction.text)
        strict = set(match(held, records, "strict", prediction.text).values())
        gold_of = {right: held[left] for left, right in by_value.items()}
        for index, record in enumerate(records):
            overlaps = record.start < trap.end and trap.start < record.end
            if _is_named(record, trap):
                hits.append(TrapHit(trap, True, record, "the actor is the trap"))
            elif _has_date(record, trap) and (index not in gold_of or gold_of[index].date != record.date):
                hits.append(TrapHit(trap, True, record, "the date is the trap's"))
            elif overlaps and index not in gold_of and "date" not in trap.kind:
                hits.append(TrapHit(trap, True, record, "overlaps the trap and is no record of the gold"))
            elif overlaps and index not in strict:
                hits.append(TrapHit(trap, False, record, "overlaps the trap and is not strictly right"))
    return hits


def _is_named(record: PredictedRecord, trap: Trap) -> bool:
    names = {name.strip().casefold() for name in (record.actor, record.counterpart) if name}
    return trap.kind in {"byline", "header", "foreign_header"} and trap.quote.strip().casefold() in names


def _has_date(record: PredictedRecord, trap: Trap) -> bool:
    return record.date is not None and record.date in trap_dates(trap)


def trap_dates(trap: Trap) -> set[str]:
    """Dates (ISO) that a trap must not give: those its words state, and those that `must_not` names."""
    if trap.kind not in {"wrong_date", "foreign_header"}:
        return set()
    from extract.normalise.dates import find_dates

    stated = {mention.date.value.isoformat() for mention in find_dates(trap.quote) if mention.date.value}
    return stated | set(re.findall(r"\d{4}-\d{2}-\d{2}", trap.must_not))


# --- what the scripts share ------------------------------------------------------------------------------


def parse_arguments(description: str, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of every script: --model, --min-confidence, --replay, --shared, --show, --json."""
    parser = argparse.ArgumentParser(
        description=description.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--model", "--provider", help="provider/model to ask, or 'embedded', as with pledgebook run")
    parser.add_argument("--min-confidence", type=float, help="least confidence of a record, 0 to 1")
    parser.add_argument("--replay", type=Path, help="take answers from this folder")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder beside the project")
    parser.add_argument("--show", choices=["errors"], help="list every missed and every false record")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(arguments)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Settings as `pledgebook extract` makes them."""
    return Settings(
        model=chosen_model(arguments.model), min_confidence=arguments.min_confidence, replay_dir=arguments.replay
    )


def is_absent(path: Path) -> bool:
    """Whether there is nothing to measure on; says so."""
    if path.exists():
        return False
    print(f"skipped: {path.parent.name}/{path.name} is not there")
    return True


def predict_folder(
    settings: Settings, gold: Sequence[GoldDocument], folder: Path
) -> tuple[str, dict[str, Prediction]]:
    """Who extracted, and what, from the documents of `folder` that the gold is about."""
    provider = open_provider(settings)
    return provider.name, predict(settings, find_documents(gold, folder), provider, progress=_progress)


def predict_texts(settings: Settings, texts: Mapping[str, str]) -> tuple[str, dict[str, Prediction]]:
    """Who extracted, and what, from texts by name."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / f"{name}.txt").write_text(text, encoding="utf-8")
        gold = [GoldDocument(document=name, language="", records=[]) for name in texts]
        return predict_folder(settings, gold, Path(folder))


def _progress(done: int, total: int) -> None:
    if done == total or done % 10 == 0:
        print(f"[{done}/{total}]", file=sys.stderr, flush=True)


def only(
    predictions: Mapping[str, Prediction], is_kept: Callable[[PredictedRecord], bool]
) -> dict[str, Prediction]:
    """Predictions with the records that `is_kept` keeps."""
    return {
        name: replace(one, records=[record for record in one.records if is_kept(record)])
        for name, one in predictions.items()
    }


def report(
    gold: Sequence[GoldDocument], predictions: Mapping[str, Prediction], name: str, provider: str,
    arguments: argparse.Namespace,
) -> Evaluation:  # fmt: skip
    """Measure and print."""
    evaluation = evaluate(gold, predictions, provider=provider, gold_name=name, keep_errors=arguments.show == "errors")
    print(to_json(evaluation) if arguments.json else table(evaluation))
    if evaluation.errors and not arguments.json:
        print("\n".join(["", *error_lines(evaluation.errors)]))
    for failure in evaluation.failures:
        print(f"failed: {failure}", file=sys.stderr)
    return evaluation
