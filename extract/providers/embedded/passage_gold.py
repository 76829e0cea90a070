"""Training passages as documents with gold, to judge records on passages that the weights have not seen.

In: files of seeds/training. Out: a text file and a gold file (seeds/gold/README.md) for each passage.
The labels say less than an analyst's gold: no dates, no qualifiers, no quotes but the figure's words.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from extract.gold import GoldDocument, GoldRecord
from extract.normalise.actors import resolve_actor
from extract.normalise.headcounts import find_headcounts
from extract.normalise.money import find_money
from extract.normalise.numbers import parse_number
from extract.providers.embedded.examples import HEADLINE_END, ROLES, read_lines, split_records
from extract.schema import RecordType

_TYPES = dict(zip("PTMF", get_args(RecordType), strict=True))


def write_gold(paths: Iterable[Path], folder: Path) -> int:
    """Write the documents and the gold of some training files into `folder`; how many they are."""
    written = 0
    for path in paths:
        for number, language, text, records in read_lines(path):
            name = f"{path.stem}-{number}.{language}"
            (folder / f"{name}.txt").write_text(text.replace(HEADLINE_END, "\n\n", 1), encoding="utf-8")
            gold = GoldDocument(document=name, language=language, records=gold_records(records, language))
            (folder / f"{name}.json").write_text(gold.model_dump_json(), encoding="utf-8")
            written += 1
    return written


def gold_records(labels: str, language: str) -> list[GoldRecord]:
    """The gold of one passage's labels, `-` or `type|stage|actors|value|counterpart` joined by ` ;; `."""
    return [_record(*fields, language=language) for fields in split_records(labels)]


def _record(letter: str, stage: str, actors: str, value: str, counterpart: str, *, language: str) -> GoldRecord:
    names = [name for name in actors.split(" + ") if name != "-"]
    lowest, is_sum = stage.rstrip("?~"), letter == "F"
    record = GoldRecord(
        type=_TYPES[letter],
        actor=names[0] if names else None,
        actor_code=_code(names[0], language) if names else None,
        joint=[_code(name, language) or name for name in names[1:]],
        counterpart=counterpart if counterpart != "-" else None,
        counterpart_code=_code(counterpart, language) if counterpart != "-" else None,
        stage=None if is_sum else lowest,
        role=lowest if is_sum else (value if value in ROLES else "member") if letter == "M" else None,
        conditional=stage.endswith("?"),
        quote=None if letter == "M" or value == "-" else value,
        required=not stage.endswith("~"),
    )
    if letter == "M" or value == "-":
        return record
    return record.model_copy(update=_headcount(value, language) if letter == "T" else _money(value, language))


def _code(name: str, language: str) -> str | None:
    actor = resolve_actor(name, "unknown", language)
    return actor.code if actor.is_resolved else None


def _headcount(words: str, language: str) -> dict[str, int | None]:
    value = parse_number(words, language)
    if value is None:
        found = find_headcounts(words, language)
        return {"headcount": found[0].headcount.value if found else None}
    return {"headcount": int(value)}


def _money(words: str, language: str) -> dict[str, float | str | None]:
    found = find_money(words, language)
    if not found:
        value = parse_number(words, language)
        return {"amount": float(value) if value is not None else None}
    money = found[0].money
    if money.amount is None and money.amount_min is not None:
        return {"amount_min": float(money.amount_min), "currency": money.currency}
    return {"amount": float(money.amount) if money.amount is not None else None, "currency": money.currency}
