"""The marts, from hand-made records: raw tables go in, dbt runs in process, marts are read.

No provider and no file of the pipeline takes part: what the warehouse means is tested alone.
The worked example needs the annotated articles, which stay out of this project; its test says so
when they are not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.schema import Record

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT.parent / "shared" / "gold" / "seed_documents.json"
ARTICLES = ROOT.parent / "shared" / "seed_documents"

RAW_TABLES = """
create schema raw;
create table raw.documents (document_id text primary key, language text, title text, publication_date date,
    outlet text, text text not null, char_count integer, first_loaded_at timestamptz not null,
    first_run_id text not null);
create table raw.runs (run_id text primary key, started_at timestamptz not null, finished_at timestamptz,
    status text not null, provider text not null, pledgebook_version text not null, schema_version text not null,
    grounding_version text not null, documents_n integer, pending_n integer, failed_n integer, asked_n integer,
    records_n integer, rejected_n integer);
create table raw.extractions (extraction_id text primary key, run_id text not null, document_id text not null,
    fingerprint text not null, provider text not null, attempt_n integer not null, status text not null,
    error_type text, error_message text, prompt_tokens bigint, cached_tokens bigint, completion_tokens bigint,
    cost_usd decimal(18,8), seconds double, raw_answer text, asked_at timestamptz not null);
create table raw.records (record_id text primary key, extraction_id text not null, document_id text not null,
    ordinal integer not null, record_type text not null, record json not null, grounding_version text not null);
create table raw.rejected_records (rejected_id text primary key, extraction_id text not null,
    document_id text not null, ordinal integer not null, record_type text, draft json, reason_code text not null,
    reason text not null, grounding_version text not null);
create table raw.sightings (sighting_id text primary key, source_id text not null, name text not null,
    source text not null, document_id text, extraction_id text, run_id text not null, seen_at timestamptz not null,
    status text not null, error text);
create table raw.exchange_rates (currency text not null, rate_date date not null, usd_per_unit double not null,
    source text not null, primary key (currency, rate_date, source));
"""

STARTED_AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class News:
    """A document and what a provider found in it."""

    text: str
    records: tuple[dict[str, Any], ...] = ()
    language: str = "en"
    published: date | None = None
    outlet: str | None = None

    @property
    def document_id(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Rate:
    """Dollars for one unit of a currency on a day."""

    currency: str
    rate_date: date
    usd_per_unit: float
    source: str = "test"


@dataclass
class Seeds:
    """Rows for the override seeds, as their CSV files hold them."""

    record_overrides: list[str] = field(default_factory=list)
    commitment_overrides: list[str] = field(default_factory=list)
    entity_overrides: list[str] = field(default_factory=list)


# --- building raw tables ----------------------------------------------------------------------


def actor(entity_id: str, kind: str | None = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    """An actor; an upper-case id of three letters is a country."""
    is_country = len(entity_id) == 3 and entity_id.isupper()
    return {
        "name": name or entity_id, "type": kind or ("country" if is_country else "igo"), "entity_id": entity_id,
        "code": entity_id, "is_resolved": True, **more,
    }


def money(amount: float, currency: str | None = "USD", qualifier: str = "exact") -> dict[str, Any]:
    """A sum with the bounds that its qualifier proves."""
    value = Decimal(str(amount))
    low = None if qualifier in ("up_to", "less_than") else value
    high = None if qualifier in ("at_least", "more_than") else value
    return {
        "as_written": f"{amount} {currency}", "amount": value, "amount_min": low, "amount_max": high,
        "currency": currency, "currency_is_inferred": False, "qualifier": qualifier,
    }


def quantity(value: int, qualifier: str = "exact") -> dict[str, Any]:
    """A number of persons or items."""
    return {
        "as_written": str(value), "value": value, "minimum": value,
        "maximum": None if qualifier in ("at_least", "more_than") else value, "qualifier": qualifier,
    }


def day(value: date, basis: str = "explicit") -> dict[str, Any]:
    """A date of its own."""
    return {"expression": str(value), "value": value, "precision": "day", "basis": basis}


def pledge(givers: str | Sequence[str], recipient: str | None, amount: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A pledge by one giver, or jointly by several."""
    names = [givers] if isinstance(givers, str) else list(givers)
    return {
        "record_type": "pledge", "stage": "pledged", "realis": "actual", "actors": [actor(name) for name in names],
        "is_joint": len(names) > 1, "counterpart": actor(recipient) if recipient else None, "money": amount,
        "resource_types": ["financial"] if amount else [], **more,
    }


def troops(giver: str, force: str, stage: str, headcount: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Personnel of one contributor for a force."""
    return {
        "record_type": "troop_commitment", "stage": stage, "realis": "actual", "actors": [actor(giver)],
        "counterpart": actor(force, "force"), "headcount": headcount, "personnel_types": ["troops"], **more,
    }


def membership(member: str, organisation: str, stage: str, **more: Any) -> dict[str, Any]:
    """A membership event."""
    return {
        "record_type": "membership", "stage": stage, "realis": "actual", "actors": [actor(member)],
        "counterpart": actor(organisation), "role": "member", **more,
    }


def funding(role: str, payee: str, amount: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A sum that is no contribution."""
    return {
        "record_type": "funding_amount", "stage": None, "realis": "actual", "actors": [], "role": role,
        "counterpart": actor(payee), "money": amount, **more,
    }


def write_warehouse(path: Path, news: Sequence[News], rates: Sequence[Rate] = ()) -> None:
    """Create the raw tables at `path` as one run over `news` leaves them."""
    connection = duckdb.connect(str(path))
    try:
        connection.execute(RAW_TABLES)
        add_run(connection, "run-1", STARTED_AT, news)
        for rate in rates:
            connection.execute(
                "insert into raw.exchange_rates values (?, ?, ?, ?)",
                [rate.currency, rate.rate_date, rate.usd_per_unit, rate.source],
            )
    finally:
        connection.close()


def add_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, started_at: datetime, news: Sequence[News],
    vanished: Sequence[News] = (),
) -> None:
    """Append one run that saw `news` and no longer found `vanished`."""
    connection.execute(
        "insert into raw.runs values (?, ?, ?, 'ok', 'test', '0', '1', '1', ?, 0, 0, 0, 0, 0)",
        [run_id, started_at, started_at, len(news)],
    )
    for number, item in enumerate(news):
        document_id = item.document_id
        extraction_id = f"x-{document_id}"
        is_new = connection.execute("select 1 from raw.documents where document_id = ?", [document_id]).fetchone() is None
        if is_new:
            connection.execute(
                "insert into raw.documents values (?, ?, null, ?, ?, ?, ?, ?, ?)",
                [document_id, item.language, item.published, item.outlet, item.text, len(item.text), STARTED_AT, run_id],
            )
            connection.execute(
                "insert into raw.extractions values (?, ?, ?, ?, 'test', 1, 'ok', null, null, 10, 0, 5, 0.001, 0.1, '{}', ?)",
                [extraction_id, run_id, document_id, document_id, started_at],
            )
            for ordinal, draft in enumerate(item.records):
                record = Record.model_validate({"evidence": [whole_text(item.text)], **draft})
                connection.execute(
                    "insert into raw.records values (?, ?, ?, ?, ?, ?, '1')",
                    [f"{document_id}-{ordinal}", extraction_id, document_id, ordinal, record.record_type,
                     record.model_dump_json()],
                )
        connection.execute(
            "insert into raw.sightings values (?, ?, ?, ?, ?, ?, ?, ?, 'ok', null)",
            [f"{run_id}-{number}", f"source-{run_id}-{number}", "test", f"test/{number}.txt", document_id, extraction_id,
             run_id, started_at + timedelta(seconds=number)],
        )
    for number, item in enumerate(vanished):
        rows = connection.execute(
            "select distinct source_id from raw.sightings where document_id = ?", [item.document_id]
        ).fetchall()
        for (source_id,) in rows:
            connection.execute(
                "insert into raw.sightings values (?, ?, 'test', 'gone', null, null, ?, ?, 'vanished', null)",
                [f"{run_id}-gone-{number}-{source_id}", source_id, run_id, started_at],
            )


def whole_text(text: str) -> dict[str, Any]:
    """The text itself as evidence."""
    return {"quote": text, "start": 0, "end": len(text), "alignment": "exact"}


# --- running dbt ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project and its seeds, so that a test can write overrides."""
    import shutil

    folder = tmp_path_factory.mktemp("dbt")
    shutil.copytree(ROOT / "dbt_project", folder / "dbt_project")
    (folder / "seeds").mkdir()
    sources = [*Path(os.environ.get("PLEDGEBOOK_TEST_SEEDS", ROOT / "seeds")).glob("*.csv"), *(ROOT / "seeds").glob("*.csv")]
    for source in sources:
        shutil.copy(source, folder / "seeds" / source.name)
    return folder


def run_dbt(workspace: Path, warehouse: Path, *arguments: str, expect_success: bool = True) -> list[str]:
    """Run dbt in process on `warehouse`; returns the failed nodes."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    settings = {
        "PLEDGEBOOK_WAREHOUSE": str(warehouse), "DBT_TARGET_PATH": str(workspace / "target"),
        "DBT_LOG_PATH": str(workspace / "logs"), "DO_NOT_TRACK": "1",
    }
    folder = str(workspace / "dbt_project")
    with environment(settings):
        try:
            result = dbtRunner().invoke(
                [*arguments, "--project-dir", folder, "--profiles-dir", folder, "--quiet"]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        raise result.exception
    failed = [
        f"{item.node.name}: {item.message}" for item in result.result if str(item.status) in ("error", "fail")
    ]
    if expect_success:
        assert not failed, failed
        assert result.success
    return failed


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
