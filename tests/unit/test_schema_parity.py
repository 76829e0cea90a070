"""The two halves of the schema say the same: Pydantic's records here, dbt's staging there."""

from __future__ import annotations

import csv
import json
import re
import types
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import duckdb
import pytest
import yaml
from jinja2 import Environment
from pydantic import BaseModel

from extract import prompt, schema
from extract.schema import Actor, DateRef, Evidence, Money, Quantity, Record, Share
from extract.warehouse import RAW_TABLES

ROOT = Path(__file__).resolve().parents[2]
STAGING = ROOT / "dbt_project" / "models" / "staging" / "extraction"
DUCKDB_TYPES: dict[type, str] = {
    str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", date: "DATE",
    # Read as text and cast by the macro typed_money.
    Decimal: "VARCHAR",
}  # fmt: skip
# Columns of stg_extraction__records that come from raw.records beside the JSON.
KEYS = {"record_id", "extraction_id", "document_id", "ordinal", "record_type", "grounding_version", "record_hash"}


def shape(annotation: Any) -> Any:
    """What DuckDB's from_json should be told of a field of this type."""
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = [one for one in get_args(annotation) if one is not type(None)]
        return shape(inner)
    if get_origin(annotation) is Literal:
        return "VARCHAR"
    if get_origin(annotation) is list:
        return [shape(get_args(annotation)[0])]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: shape(field.annotation) for name, field in annotation.model_fields.items()}
    return DUCKDB_TYPES[annotation]


def structure() -> Any:
    return json.loads(rendered("{{ record_structure() }}"))


def rendered(call: str) -> str:
    macro = (ROOT / "dbt_project" / "macros" / "record_structure.sql").read_text(encoding="utf-8")
    return Environment().from_string(macro + call).render()


def docs() -> dict[str, str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "dbt_project").rglob("*.md"))
    found = re.findall(r"{%\s*docs (\w+)\s*%}(.*?){%\s*enddocs\s*%}", text, re.DOTALL)
    return {name: " ".join(words.split()) for name, words in found}


def models() -> dict[str, dict[str, str]]:
    """Descriptions of the staging columns by model and column, doc blocks put in."""
    known = docs()
    listed = yaml.safe_load((STAGING / "_extraction__models.yml").read_text(encoding="utf-8"))["models"]

    def described(words: str) -> str:
        return re.sub(r"{{\s*doc\([\"'](\w+)[\"']\)\s*}}", lambda found: known[found.group(1)], words)

    return {
        model["name"]: {column["name"]: described(column["description"]) for column in model["columns"]}
        for model in listed
    }


def test_dbt_reads_every_field_of_a_record_with_its_type():
    expected = shape(Record)
    del expected["record_type"]
    assert structure() == expected


def test_amounts_become_numbers_whatever_their_size():
    given: dict[str, Any] = dict.fromkeys(Money.model_fields, "x")
    given |= {"amount": "1234.5", "amount_min": "-", "amount_max": "9" * 30}
    given["currency_is_inferred"] = True
    typed = rendered("{{ typed_money('money') }}")
    sql = f"select unnest({typed}) from (select from_json(?::json, '{json.dumps(shape(Money))}') as money)"
    cursor = duckdb.connect().execute(sql, [json.dumps(given)])
    found = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    assert list(found) == list(Money.model_fields)
    assert (found["amount"], found["amount_min"]) == (Decimal("1234.5"), None)
    assert found["amount_max"] == Decimal("9" * 30)


def test_staging_has_a_described_column_for_every_field_of_a_record():
    columns = models()["stg_extraction__records"]
    assert set(columns) == KEYS | (set(Record.model_fields) - {"record_type"})
    sql = (STAGING / "stg_extraction__records.sql").read_text(encoding="utf-8")
    for name in Record.model_fields:
        assert re.search(rf"\bas {name}\b|^\s+{name},$", sql, re.MULTILINE), name


@pytest.mark.parametrize(
    ("column", "model"),
    [("money", Money), ("headcount", Quantity), ("equipment", Quantity), ("event_date", DateRef), ("actors", Actor),
     ("announcement_date", DateRef), ("counterpart", Actor), ("host", Actor), ("evidence", Evidence),
     ("shares", Share)],
)  # fmt: skip
def test_a_struct_column_names_its_fields(column, model):
    description = models()["stg_extraction__records"][column]
    assert [name for name in model.model_fields if name not in description] == []


def test_a_column_is_described_as_its_field_is():
    columns = models()["stg_extraction__records"]
    drifted = {}
    for name, field in Record.model_fields.items():
        words = set(re.findall(r"\w{4,}", str(field.description).casefold()))
        told = set(re.findall(r"\w{4,}", columns[name].casefold()))
        # The site may say more than the field does, never something else.
        if name != "record_type" and len(words & told) < len(words) / 3:
            drifted[name] = (field.description, columns[name])
    assert drifted == {}


def test_every_staging_column_of_every_model_is_described():
    for model, columns in models().items():
        assert (STAGING / f"{model}.sql").exists(), model
        assert all(len(words) > 3 for words in columns.values()), model


def test_every_stage_is_ranked_in_the_seed():
    stages = {
        "pledge": schema.MoneyStage, "funding_amount": schema.MoneyStage, "troop_commitment": schema.TroopStage,
        "membership": schema.MembershipStage,
    }  # fmt: skip
    with (ROOT / "seeds" / "stage_ranks.csv").open(encoding="utf-8") as file:
        ranked = {(row["record_type"], row["stage"]) for row in csv.DictReader(file)}
    expected = {(kind, stage) for kind, literal in stages.items() for stage in get_args(literal)}
    assert {one for one in expected if one not in ranked and one[0] != "funding_amount"} == set()
    assert ranked <= expected


def test_dbt_reads_the_raw_tables_that_the_pipeline_writes():
    sources = yaml.safe_load((STAGING / "_extraction__sources.yml").read_text(encoding="utf-8"))["sources"]
    named = {table["name"] for source in sources for table in source["tables"]}
    assert named <= set(RAW_TABLES)


def test_every_field_of_a_draft_is_asked_for_and_has_its_place_in_a_record():
    guide = prompt.instructions()
    asked_in_full = prompt.response_schema("full")["properties"]["records"]["items"]["properties"]
    # Where a draft's field goes under another name.
    renamed = {
        "type": "record_type", "quotes": "evidence", "contributors": "actors", "recipient": "counterpart",
        "member": "actors", "force": "counterpart", "organisation": "counterpart", "payer": "actors",
        "payee": "counterpart",
    }  # fmt: skip
    for name, draft in schema.DRAFT_TYPES.items():
        assert name in guide
        for field, info in draft.model_fields.items():
            # The guide asks for what totals depend on, the full schema for everything.
            assert re.search(rf"\b{field}\b", guide) or field in asked_in_full, field
            if info.is_required():
                assert re.search(rf"\b{field}\b", guide), field
            assert info.description or field == "type"
            assert renamed.get(field, field) in Record.model_fields
