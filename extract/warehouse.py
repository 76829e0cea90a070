"""The DuckDB file: raw tables, every SQL write, the lock, and publishing by atomic rename.

In: values the pipeline made. Out: rows in schema `raw`, and a published file that readers open at
any time. A run works on a copy; the published file is replaced only by a copy that is whole.
What the rows mean together is dbt's work.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import WarehouseError

# Column order is the order of the tables; types are DuckDB's.
RAW_TABLES: dict[str, dict[str, str]] = {
    "documents": {
        "document_id": "varchar primary key", "language": "varchar", "title": "varchar",
        "publication_date": "date", "outlet": "varchar", "text": "varchar not null", "char_count": "integer not null",
        "first_loaded_at": "timestamptz not null", "first_run_id": "varchar not null",
    },
    "runs": {
        "run_id": "varchar primary key", "started_at": "timestamptz not null", "finished_at": "timestamptz",
        "status": "varchar not null", "provider": "varchar not null", "pledgebook_version": "varchar not null",
        "schema_version": "varchar not null", "grounding_version": "varchar not null", "documents_n": "integer",
        "pending_n": "integer", "failed_n": "integer", "asked_n": "integer", "records_n": "integer",
        "rejected_n": "integer",
    },
    "extractions": {
        "extraction_id": "varchar primary key", "run_id": "varchar not null", "document_id": "varchar not null",
        "fingerprint": "varchar not null", "provider": "varchar not null", "attempt_n": "integer not null",
        "status": "varchar not null", "error_type": "varchar", "error_message": "varchar", "prompt_tokens": "bigint",
        "cached_tokens": "bigint", "completion_tokens": "bigint", "cost_usd": "decimal(18,8)", "seconds": "double",
        "raw_answer": "varchar", "asked_at": "timestamptz not null",
    },
    "records": {
        "record_id": "varchar primary key", "extraction_id": "varchar not null", "document_id": "varchar not null",
        "ordinal": "integer not null", "record_type": "varchar not null", "record": "json not null",
        "grounding_version": "varchar not null",
    },
    "rejected_records": {
        "rejected_id": "varchar primary key", "extraction_id": "varchar not null", "document_id": "varchar not null",
        "ordinal": "integer not null", "record_type": "varchar", "draft": "json", "reason_code": "varchar not null",
        "reason": "varchar not null", "grounding_version": "varchar not null",
    },
    "sightings": {
        "sighting_id": "varchar primary key", "source_id": "varchar not null", "name": "varchar not null",
        "source": "varchar not null", "document_id": "varchar", "extraction_id": "varchar", "run_id": "varchar not null",
        "seen_at": "timestamptz not null", "status": "varchar not null", "error": "varchar",
    },
    "exchange_rates": {
        "currency": "varchar not null", "rate_date": "date not null", "usd_per_unit": "double not null",
        "source": "varchar not null",
    },
    "evaluations": {
        "evaluation_id": "varchar not null", "evaluated_at": "timestamptz not null", "provider": "varchar not null",
        "gold": "varchar not null", "slice": "varchar not null", "slice_value": "varchar not null",
        "measure": "varchar not null", "value": "double", "low": "double", "high": "double", "n": "integer",
    },
    "versions": {"name": "varchar primary key", "value": "varchar not null"},
}  # fmt: skip


@dataclass(frozen=True)
class Sighting:
    """What a source gave when it was last looked at."""

    document_id: str | None
    extraction_id: str | None
    status: str
    error: str | None


@dataclass(frozen=True)
class State:
    """What the warehouse already knows: enough to tell what is pending.

    Attributes:
        sightings: The latest by source_id.
        answered: extraction_id of the latest good answer by (document_id, fingerprint).
        attempts: Number of attempts by (document_id, fingerprint).
        versions: Version stamps by name: grounding, dbt, rates.
    """

    sightings: dict[str, Sighting]
    answered: dict[tuple[str, str], str]
    attempts: dict[tuple[str, str], int]
    versions: dict[str, str]


EMPTY_STATE = State({}, {}, {}, {})


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file at `path`, closed at the end.

    Raises:
        WarehouseError: If the file is locked, damaged, missing (read only) or not to be written.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise WarehouseError(_open_failure(path, str(error))) from error
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _open_failure(path: Path, message: str) -> str:
    first = message.split("\n")[0]
    if "lock" in message:
        holder = message[message.find("held in") :].split("See also")[0].strip() if "held in" in message else "elsewhere"
        return f"{str(path)!r} is locked by another process ({holder}). Close it there and call again."
    if "does not exist" in message:
        return f"There is no warehouse {str(path)!r}. Make one with: pledgebook run FOLDER"
    if "Permission" in message or "read-only" in message.lower() or "Cannot open file" in message:
        return f"{str(path)!r} cannot be opened: {first}. Check its permissions or name another with --warehouse."
    return (
        f"{str(path)!r} is damaged or no DuckDB file ({first}). It is left as it is: "
        "move it away and run again, or name another with --warehouse."
    )


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the raw tables that are missing, and columns added since the file was made."""
    connection.execute("create schema if not exists raw")
    for table, columns in RAW_TABLES.items():
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table if not exists raw.{table} ({listed})")


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append `rows` to raw.`table` in one statement; values travel as one JSON parameter.

    Args:
        table: A key of RAW_TABLES.
        rows: Mappings of column to value; a column that is missing becomes null.
    """
    if not rows:
        return
    columns = RAW_TABLES[table]
    shape = json.dumps([{name: _read_type(kind) for name, kind in columns.items()}])
    values = json.dumps([{name: _plain(row.get(name)) for name in columns} for row in rows], ensure_ascii=False)
    connection.execute(
        f"insert into raw.{table} by name select unnest(from_json(?::json, ?), max_depth := 2)", [values, shape]
    )


def _read_type(kind: str) -> str:
    # A timestamp is cast on insertion: from_json reads no time zone.
    return kind.split(" ")[0].upper().replace("TIMESTAMPTZ", "VARCHAR")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, str | int | float | bool | dict | list):
        return value
    return str(value)


def read_state(connection: duckdb.DuckDBPyConnection) -> State:
    """What the warehouse knows, from the raw tables; empty if there are none."""
    present = {
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
    }
    if not set(RAW_TABLES) <= present:
        return EMPTY_STATE
    sightings = {
        source_id: Sighting(*rest)
        for source_id, *rest in connection.execute(
            "select source_id, document_id, extraction_id, status, error from raw.sightings"
            " qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1"
        ).fetchall()
    }
    answered: dict[tuple[str, str], str] = {}
    attempts: dict[tuple[str, str], int] = {}
    for document_id, fingerprint, last_good, count in connection.execute(
        "select document_id, fingerprint,"
        " max_by(extraction_id, (asked_at, attempt_n)) filter (where status = 'ok'), max(attempt_n)"
        " from raw.extractions group by all"
    ).fetchall():
        attempts[(document_id, fingerprint)] = count
        if last_good:
            answered[(document_id, fingerprint)] = last_good
    versions = dict(connection.execute("select name, value from raw.versions").fetchall())
    return State(sightings, answered, attempts, versions)


def set_version(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Stamp the warehouse with the version of what made a part of it."""
    connection.execute("insert or replace into raw.versions values (?, ?)", [name, value])


# --- lock, working copy, publishing ------------------------------------------------------------


def lock_path(warehouse: Path) -> Path:
    """The lock file beside the warehouse."""
    return warehouse.with_name(warehouse.name + ".lock")


@contextmanager
def hold_lock(warehouse: Path) -> Iterator[None]:
    """Keep other runs away from `warehouse`; the system lets go when the process ends, however it ends.

    Raises:
        WarehouseError: If another run holds the lock, or the folder cannot be written.
    """
    path = lock_path(warehouse)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WarehouseError(
            f"The folder of {str(warehouse)!r} cannot be written ({error.strerror}). "
            "Name a warehouse elsewhere with --warehouse."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 400, 0).decode("utf-8", "replace").strip() or "a run that just began"
            raise WarehouseError(
                f"{str(warehouse)!r} is being written by another run ({holder}). Wait for it, or name another warehouse."
            ) from error
        os.ftruncate(handle, 0)
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}, since {started}".encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def working_copy(warehouse: Path) -> Iterator[Path]:
    """A copy of the published file to work on, removed at the end unless it was published.

    Raises:
        WarehouseError: If the copy cannot be made.
    """
    work = warehouse.with_name(f".{warehouse.name}.work")
    try:
        for leftover in (work, _wal(work)):
            leftover.unlink(missing_ok=True)
        if warehouse.exists():
            shutil.copyfile(warehouse, work)
            if _wal(warehouse).exists():
                shutil.copyfile(_wal(warehouse), _wal(work))
    except OSError as error:
        raise WarehouseError(
            f"{str(warehouse)!r} cannot be copied to work on ({error.strerror}). It is left as it is: "
            "make room or check permissions, then call again."
        ) from error
    try:
        yield work
    finally:
        for leftover in (work, _wal(work)):
            leftover.unlink(missing_ok=True)


def publish(work: Path, warehouse: Path) -> None:
    """Replace the published file by the working copy in one rename.

    Args:
        work: A closed DuckDB file.
        warehouse: The published file; readers that have it open keep what they read.

    Raises:
        WarehouseError: If it cannot be done; the published file is then as it was.
    """
    try:
        with open_warehouse(work) as connection:
            connection.execute("checkpoint")
        if _wal(work).exists():
            raise WarehouseError(f"{str(work)!r} could not be written out whole. Call again.")
        with work.open("rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(work, warehouse)
        _wal(warehouse).unlink(missing_ok=True)
        folder = os.open(warehouse.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise WarehouseError(
            f"{str(warehouse)!r} could not be replaced ({error.strerror}); it is as it was. Call again."
        ) from error


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


# --- journal -------------------------------------------------------------------------------------


class Journal:
    """Answers on disk before they count: one JSON line per document, beside the warehouse.

    A run that dies, or whose tests fail, has not published; the next one takes its answers from here.
    """

    def __init__(self, warehouse: Path) -> None:
        self.path = warehouse.with_name(warehouse.name + ".journal")
        self.entries: dict[tuple[str, str], list[dict[str, Any]]] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self.entries[(entry["document_id"], entry["fingerprint"])] = entry["attempts"]
                except (ValueError, KeyError, TypeError):
                    continue  # the line a killed run was writing
        self._handle = self.path.open("a", encoding="utf-8")
        if self.path.stat().st_size and not self.path.read_bytes().endswith(b"\n"):
            self._handle.write("\n")

    def add(self, document_id: str, fingerprint: str, attempts: list[dict[str, Any]]) -> None:
        """Keep one document's attempts; they are with the system when this returns."""
        entry = {"document_id": document_id, "fingerprint": fingerprint, "attempts": attempts}
        self._handle.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
        self._handle.flush()

    def close(self) -> None:
        """Stop writing; the entries stay for the next run."""
        self._handle.close()

    def discard(self) -> None:
        """Forget the entries: they are in the published warehouse."""
        self._handle.close()
        self.path.unlink(missing_ok=True)
