"""The DuckDB file: raw tables, every SQL write, the lock, and publishing by atomic rename.

In: values the pipeline made. Out: rows in schema `raw`, and a published file that readers open at
any time. A run works on a copy; the published file is replaced only by a copy that is whole.
What the rows mean together is dbt's work.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
from pydantic_core import to_json

from extract.errors import GOES_ON, STOPS, ConfigError, PledgebookError, WarehouseError
from extract.outputs import is_full_disk, refuse_unwritable_folder, unwritable

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
        "rejected_n": "integer", "dbt_version": "varchar", "overrides_version": "varchar",
    },
    "extractions": {
        "extraction_id": "varchar primary key", "run_id": "varchar not null", "document_id": "varchar not null",
        "fingerprint": "varchar not null", "provider": "varchar not null", "attempt_n": "integer not null",
        "status": "varchar not null", "error_type": "varchar", "error_message": "varchar", "prompt_tokens": "bigint",
        "cached_tokens": "bigint", "completion_tokens": "bigint", "cost_usd": "decimal(18,8)", "seconds": "double",
        "raw_answer": "varchar", "asked_at": "timestamptz not null", "question": "varchar",
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
        "source": "varchar not null", "document_id": "varchar", "extraction_id": "varchar",
        "run_id": "varchar not null", "seen_at": "timestamptz not null", "status": "varchar not null",
        "error": "varchar", "bytes_hash": "varchar",
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
    # Reprints: the document that was asked about in their place.
    "document_links": {
        "document_id": "varchar not null", "original_id": "varchar not null", "similarity": "double not null",
        "run_id": "varchar not null", "linked_at": "timestamptz not null",
    },
    "sketches": {"document_id": "varchar not null", "sketch": "ubigint[] not null"},
    # That something was removed, and no more.
    "forgotten": {
        "document_id": "varchar not null", "source_ids": "varchar[] not null", "forgotten_at": "timestamptz not null",
        "reason": "varchar",
    },
}  # fmt: skip


# DuckDB names a catalog after its file; one of these would hide the schema of that name.
_SCHEMAS = frozenset({"raw", "seeds", "staging", "intermediate", "main", "temp", "system"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a source gave when it was last looked at.

    Attributes:
        bytes_hash: Hash of the bytes that gave the document; None when they gave none.
    """

    document_id: str | None
    extraction_id: str | None
    status: str
    error: str | None
    bytes_hash: str | None = None


@dataclass(frozen=True)
class StoredDocument:
    """A row of raw.documents."""

    document_id: str
    text: str
    language: str | None
    title: str | None
    publication_date: date | None
    outlet: str | None


@dataclass(frozen=True)
class State:
    """What the warehouse already knows: enough to tell what is pending.

    Attributes:
        sightings: The latest by source_id.
        locations: Where each source is, as a user gave it, by source_id.
        answered: extraction_id of the latest good answer by (document_id, fingerprint): of a run's attempts at a
            question the last decides, though one before it, about a passage, may be good.
        attempts: Number of attempts by (document_id, fingerprint).
        versions: Version stamps by name: documents, grounding, dbt, rates.
        document_ids: Every document that is stored.
        originals: What a reprint was linked to, by document_id.
        failed: Runs in which a question without a good answer failed, and when it did so last, by
            (document_id, fingerprint).
        cut_off: Questions that were answered in part, in the last run that put them, when the provider stopped or lost
            passages: the next run goes on from there.
        forgotten: document_ids and source_ids that are not to come back.
        latest_at: The latest time that anything in it bears.
    """

    sightings: dict[str, Sighting] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    answered: dict[tuple[str, str], str] = field(default_factory=dict)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    document_ids: set[str] = field(default_factory=set)
    originals: dict[str, str] = field(default_factory=dict)
    failed: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    cut_off: set[tuple[str, str]] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    latest_at: datetime | None = None


EMPTY_STATE = State()


@contextmanager
def open_warehouse(
    path: Path, *, read_only: bool = False, is_loading: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file at `path`, closed at the end.

    Args:
        is_loading: For many rows, a few at a time, in memory that does not grow with them (see `write_out`).

    Raises:
        ConfigError: If the file is missing (read only), or nobody may read or write it.
        WarehouseError: If it is locked or damaged, now or while the connection is in use.
    """
    try:
        connection = _connect_to_load(path) if is_loading else duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise _open_failure(path, str(error)) from error
    try:
        connection.execute("set timezone = 'UTC'")
        # Bringing row groups together takes seconds of a large file; a build does it when it is worth it.
        connection.execute("set max_vacuum_tasks = 0")
        yield connection
    except duckdb.Error as error:
        if is_full_disk(error):
            raise WarehouseError(
                f"{str(path)!r} cannot be written: there is no room for it ({_first_line(error)[-120:]}). "
                "Make room and call again; the published file is as it was."
            ) from error
        raise WarehouseError(
            f"{str(path)!r} cannot be read or written as a warehouse ({_first_line(error)}). If it is damaged, move it "
            "away and run again; it is left as it is."
        ) from error
    finally:
        connection.close()


# Rows of a table that DuckDB keeps, compresses and rewrites together; the least it can. With its own 122,880 every
# checkpoint of 10,000 documents rewrites them all, in memory.
_ROW_GROUP_ROWS = 2_048
# What DuckDB keeps of a file that is being loaded, between two tables.
_KEPT_MEMORY = "4MB"
# Rows that travel in one parameter, as lines: of more DuckDB needs more memory while it reads them.
_ROWS_AT_ONCE = 100


def _connect_to_load(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose new rows stand in small groups, and which has no more threads than it needs memory for."""
    path_text = str(path)
    connection = duckdb.connect(":memory:", config={"threads": 1, "temp_directory": f"{path_text}.tmp"})
    try:
        quoted = path_text.replace("'", "''")
        # As DuckDB would name the catalog if the file were opened by itself.
        connection.execute(f"attach '{quoted}' as \"{path.stem}\" (row_group_size {_ROW_GROUP_ROWS})")
        connection.execute(f'use "{path.stem}"')
    except duckdb.Error:
        connection.close()
        raise
    return connection


def write_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what was inserted to the file, and have DuckDB give back the blocks that it keeps for later.

    A limit of its memory that stood all the time would refuse a document that is longer than it.
    """
    connection.execute("checkpoint")
    with suppress(duckdb.OutOfMemoryException):  # more is in use: as much as can be is given back
        connection.execute(f"set memory_limit = '{_KEPT_MEMORY}'")
    # In DuckDB 1.5 a reset names the usual limit, and leaves the lower one in force.
    connection.execute("reset memory_limit")
    usual = connection.execute("select current_setting('memory_limit')").fetchone()
    assert usual is not None
    connection.execute(f"set memory_limit = '{usual[0]}'")


@contextmanager
def read_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the published file, or a copy of it while another program writes in it.

    Raises:
        WarehouseError: If the file is damaged, missing or cannot be read.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(open_warehouse(path, read_only=True))
        except LockedError:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            connection = stack.enter_context(open_warehouse(copy_file(path, Path(folder))))
        yield connection


def require_warehouse(path: Path) -> None:
    """Say so where there is no warehouse.

    Raises:
        ConfigError: If the file does not exist.
    """
    if not path.exists():
        raise ConfigError(_NO_WAREHOUSE.format(str(path)))


@contextmanager
def read_marts(path: Path, mart: str = "commitments") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads a warehouse whose marts are built, `mart` among them.

    Raises:
        ConfigError: If there is no warehouse.
        WarehouseError: If it cannot be read or does not hold the mart.
    """
    require_warehouse(path)
    with read_warehouse(path) as connection:
        built = connection.execute(
            "select 1 from information_schema.tables where table_schema = 'main' and table_name = ?", [mart]
        ).fetchone()
        if built is None:
            raise WarehouseError(f"{str(path)!r} holds no marts yet. Make them with: pledgebook build")
        yield connection


_NO_WAREHOUSE = "There is no warehouse {!r}. Make one with: pledgebook run FOLDER"


class LockedError(WarehouseError):
    """Another program has the file open for writing."""


def _open_failure(path: Path, message: str) -> PledgebookError:
    first = message.split("\n")[0]
    if "Could not set lock" in message:
        held = re.search(r"held in (.*?\(PID \d+\))", message)
        holder = f" ({held.group(1)})" if held else ""
        return LockedError(f"{str(path)!r} is locked by another process{holder}. Close it there and call again.")
    if "does not exist" in message or "No such file" in message:
        return ConfigError(_NO_WAREHOUSE.format(str(path)))
    if "Permission denied" in message or "Is a directory" in message or "Read-only file system" in message:
        return ConfigError(
            f"{str(path)!r} cannot be opened ({first}). Check it and its permissions, or name another with --warehouse."
        )
    return _no_duckdb_file(path, first)


def _no_duckdb_file(path: Path, why: str) -> WarehouseError:
    return WarehouseError(
        f"{str(path)!r} is damaged or no DuckDB file ({why}). It is left as it is: "
        "move it away and run again, or name another with --warehouse."
    )


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:300]


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the raw tables that are missing, and the columns added since the file was made."""
    connection.execute("create schema if not exists raw")
    present = _raw_columns(connection)
    for table, columns in RAW_TABLES.items():
        if not any(one == table for one, _ in present):
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table raw.{table} ({listed})")
            continue
        for name, kind in columns.items():
            if (table, name) not in present:
                connection.execute(f'alter table raw.{table} add column "{name}" {kind}')
    # Earlier versions linked a reprint once for each file that it stands in; dbt's tests refuse that.
    connection.execute(
        "delete from raw.document_links where rowid not in"
        " (select max(rowid) from raw.document_links group by document_id)"
    )


def _raw_columns(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return {
        (table, column)
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'raw'"
        ).fetchall()
    }


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append `rows` to raw.`table` in one statement (see `row_json`)."""
    if rows:
        _insert(connection, table, [row_json(table, row) for row in rows])


def row_json(table: str, row: Mapping[str, Any]) -> bytes:
    """A row of raw.`table` as it travels, and as it waits: a tenth of the mapping that it is made of.

    Args:
        table: A key of RAW_TABLES.
        row: Column to value; a column that is missing becomes null.
    """
    known = {name: row[name] for name in RAW_TABLES[table] if name in row}
    try:
        return to_json(known, inf_nan_mode="constants", fallback=str)
    except ValueError:  # what is nested too deeply for it, or
        # half a surrogate pair, which a model's JSON may hold, and which is no text that DuckDB can keep.
        return json.dumps(known, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def insert_json(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[bytes]) -> None:
    """Append rows that `row_json` made to raw.`table` in one transaction, some to a statement."""
    with _transaction(connection):
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            _insert(connection, table, rows[first : first + _ROWS_AT_ONCE])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[bytes]) -> None:
    # One array of them would be read into single values before the statement runs.
    connection.execute(
        f"insert into raw.{table} by name select unnest(from_json(line::json, '{_shape(table)}'), max_depth := 2)"
        " from (select unnest(string_split(?, chr(10))) as line)",
        [b"\n".join(rows).decode()],
    )


@cache
def _shape(table: str) -> str:
    """The columns of raw.`table`, as `from_json` wants them."""
    return json.dumps({name: _read_type(kind) for name, kind in RAW_TABLES[table].items()})


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):  # one that could not be committed is rolled back already
            connection.execute("rollback")
        raise


def _read_type(kind: str) -> str:
    # A timestamp is cast on insertion: from_json reads no time zone.
    return kind.split(" ")[0].upper().replace("TIMESTAMPTZ", "VARCHAR")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def read_state(connection: duckdb.DuckDBPyConnection) -> State:
    """What the warehouse knows, from the raw tables; empty if there are none."""
    columns = _raw_columns(connection)
    if any((table, column) not in columns for table, kinds in RAW_TABLES.items() for column in kinds):
        return EMPTY_STATE if not columns else _read_older_state(connection)
    sightings: dict[str, Sighting] = {}
    locations: dict[str, str] = {}
    for source_id, location, *rest in _rows(
        connection,
        "select source_id, source, document_id, extraction_id, status, error, bytes_hash from raw.sightings"
        " qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1",
    ):
        sightings[source_id], locations[source_id] = Sighting(*rest), location
    answered: dict[tuple[str, str], str] = {}
    attempts: dict[tuple[str, str], int] = {}
    failed: dict[tuple[str, str], tuple[int, datetime]] = {}
    cut_off: set[tuple[str, str]] = set()
    for document_id, fingerprint, last_good, count, failed_n, last_at, goes_on in _rows(
        connection,
        "with by_run as (select document_id, fingerprint, max(attempt_n) as attempt_n, max(asked_at) as asked_at,"
        " if(max_by(status, attempt_n) = 'ok', max_by(extraction_id, attempt_n), null) as good,"
        f" {_last_is(STOPS)} as is_stopped, {_last_is(GOES_ON)} as goes_on"
        " from raw.extractions group by document_id, fingerprint, run_id)"
        " select document_id, fingerprint, max_by(good, attempt_n) filter (where good is not null), max(attempt_n),"
        " count(*) filter (where not is_stopped), max(asked_at) filter (where not is_stopped),"
        " max_by(goes_on, attempt_n) from by_run group by document_id, fingerprint",
    ):
        key = (document_id, fingerprint)
        attempts[key] = count
        if last_good:
            answered[key] = last_good
            continue
        if failed_n:
            failed[key] = (failed_n, last_at)
        if goes_on:
            cut_off.add(key)
    forgotten = {
        one
        for document_id, source_ids in _rows(connection, "select document_id, source_ids from raw.forgotten")
        for one in (document_id, *source_ids)
    }
    latest = connection.execute(
        "select greatest((select max(seen_at) from raw.sightings), (select max(started_at) from raw.runs))"
    ).fetchone()
    return State(
        sightings, locations, answered, attempts,
        versions=dict(_rows(connection, "select name, value from raw.versions")),
        document_ids={row[0] for row in _rows(connection, "select document_id from raw.documents")},
        originals=dict(_rows(connection, "select document_id, original_id from raw.document_links")),
        failed=failed, cut_off=cut_off, forgotten=forgotten, latest_at=latest[0] if latest else None,
    )  # fmt: skip


def _last_is(error_types: Iterable[str]) -> str:
    """Whether of a run's attempts at a question the last, which says how it ended, bears one of these."""
    listed = ", ".join(f"'{one}'" for one in sorted(error_types))
    return f"coalesce(max_by(coalesce(error_type, ''), attempt_n) in ({listed}), false)"


def read_cut_off(
    connection: duckdb.DuckDBPyConnection, keys: Iterable[tuple[str, str]]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """What was answered to questions, by (document_id, fingerprint), in runs kept from asking them to the end.

    In order, as fields of an attempt. Of a run that came to an end, and failed, nothing, nor of those before it: what
    they asked is asked anew.
    """
    wanted = sorted({f"{document_id} {fingerprint}" for document_id, fingerprint in keys})
    if not wanted:
        return
    fields = ("status", "fingerprint", "provider", "raw_answer", "error_type", "error_message", "prompt_tokens",
              "cached_tokens", "completion_tokens", "question")  # fmt: skip
    rows = connection.execute(
        f"with by_run as (select document_id, fingerprint, max(attempt_n) as last_n, {_last_is(GOES_ON)} as goes_on"
        "  from raw.extractions where document_id || ' ' || fingerprint in (select unnest(?::varchar[]))"
        "  group by document_id, fingerprint, run_id),"
        " failed as (select document_id, fingerprint, coalesce(max(last_n) filter (where not goes_on), 0) as last_n"
        "  from by_run group by document_id, fingerprint)"
        f" select {', '.join(fields)} from raw.extractions join failed using (document_id, fingerprint)"
        " where attempt_n > last_n and question is not null and raw_answer is not null"
        " order by document_id, fingerprint, attempt_n",
        [wanted],
    ).fetchall()
    yield from (dict(zip(fields, row, strict=True)) for row in rows)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, some thousand at a time, each text once: an id stands in several tables."""
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(5_000):
        for row in rows:
            yield tuple([sys.intern(value) if value.__class__ is str else value for value in row])


def read_documents(connection: duckdb.DuckDBPyConnection, document_ids: Sequence[str]) -> list[StoredDocument]:
    """These documents with their texts."""
    return [
        StoredDocument(*row)
        for row in connection.execute(
            "select document_id, text, language, title, publication_date, outlet from raw.documents"
            " where document_id in (select unnest(?::varchar[]))",
            [list(document_ids)],
        ).fetchall()
    ]


def _read_older_state(connection: duckdb.DuckDBPyConnection) -> State:
    """The state of a file made by an earlier version: read from a copy that has the columns added since."""
    path = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchone()
    assert path is not None
    with tempfile.TemporaryDirectory() as folder, open_warehouse(copy_file(Path(path[0]), Path(folder))) as copied:
        create_tables(copied)
        return read_state(copied)


def set_version(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Stamp the warehouse with the version of what made a part of it."""
    connection.execute("insert or replace into raw.versions values (?, ?)", [name, value])


# --- lock, working copy, publishing ------------------------------------------------------------


def lock_path(warehouse: Path) -> Path:
    """The lock file beside the warehouse."""
    return warehouse.with_name(warehouse.name + ".lock")


class Heartbeat:
    """What the holder of a lock says of itself in the lock file, renewed as long as it lives.

    Attributes:
        holder: The process, as a person is told.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.holder = f"process {os.getpid()} on {socket.gethostname()}"
        self._doing = "beginning"
        self._progress_at = datetime.now(UTC)
        self._written_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Write the first sign of life, and go on doing so."""
        self._write()
        self._thread.start()

    def stop(self) -> None:
        """Take the words out of the file: the run has come to its end."""
        self._stopping.set()
        self._thread.join()
        os.ftruncate(self._handle, 0)

    def note(self, doing: str) -> None:
        """Say what is being done now."""
        self._doing = doing
        self._progress_at = datetime.now(UTC)

    def _beat(self) -> None:
        while not self._stopping.wait(_BEAT_SECONDS):
            self._write()

    def _write(self) -> None:
        now = datetime.now(UTC)
        words = {
            "holder": self.holder, "since": self._started, "doing": self._doing,
            "progress_at": self._progress_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "alive_at": now.strftime("%Y-%m-%d %H:%M:%S UTC"), "pid": os.getpid(), "host": socket.gethostname(),
            "began": _process_start(os.getpid()),
        }  # fmt: skip
        # Filled with spaces to one length: written over, it is never cut.
        line = json.dumps(words).ljust(_LOCK_BYTES - 1) + "\n"
        with suppress(OSError):  # a full disk must not end a run for want of a sign of life
            os.pwrite(self._handle, line.encode("ascii")[:_LOCK_BYTES], 0)


_BEAT_SECONDS = 5.0
_LOCK_BYTES = 800


def read_holder(warehouse: Path) -> dict[str, Any]:
    """What the holder of the lock says, or said before it died; empty when there is none."""
    try:
        text = lock_path(warehouse).read_text("ascii", "replace")
    except OSError:
        return {}
    try:
        words = json.loads(text)
    except ValueError:
        return {"holder": text.strip()} if text.strip() else {}
    return words if isinstance(words, dict) else {}


def is_locked(warehouse: Path) -> bool:
    """Whether a run holds the lock now."""
    try:
        handle = os.open(lock_path(warehouse), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _process_start(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: with its number, what tells it from all others."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def _said(words: Mapping[str, Any]) -> str:
    if "since" not in words:
        return str(words.get("holder") or "a run that just began")
    return f"{words['holder']}, since {words['since']}; {words['doing']}, last progress {words['progress_at']}"


_ELSEWHERE = "Name a warehouse elsewhere with --warehouse."


def refuse_place(warehouse: Path) -> None:
    """Say where no warehouse can be written, before anything is asked; nothing is made, and nothing left beside it.

    Raises:
        ConfigError: If the file's name cannot be a warehouse's, or its folder cannot be made or written.
        WarehouseError: If the file is there and is no DuckDB file.
    """
    if warehouse.stem.lower() in _SCHEMAS:
        raise ConfigError(
            f"A warehouse cannot be called {warehouse.name!r}: DuckDB would mistake it for its schema "
            f"{warehouse.stem.lower()!r}. Name another with --warehouse."
        )
    if warehouse.is_dir():
        raise ConfigError(
            f"{str(warehouse)!r} is a folder. Name a file in it: --warehouse {warehouse / 'warehouse.duckdb'}"
        )
    refuse_unwritable_folder(warehouse.parent, _ELSEWHERE)
    if warehouse.exists():
        if not warehouse.is_file():
            raise ConfigError(f"{str(warehouse)!r} is no ordinary file. {_ELSEWHERE}")
        try:
            with warehouse.open("rb") as file:
                head = file.read(_MAGIC_AT + len(_MAGIC))
        except OSError as error:
            raise unwritable(
                warehouse, error, f"Check its permissions. {_ELSEWHERE}", what="cannot be read"
            ) from error
        # Of one that was a warehouse before, and was damaged, `pledgebook status` is to know that a run failed on it.
        if head[_MAGIC_AT:] != _MAGIC and not lock_path(warehouse).exists():
            raise _no_duckdb_file(warehouse, "it does not begin as one")


# With these bytes every DuckDB file begins, after a checksum.
_MAGIC, _MAGIC_AT = b"DUCK", 8


@contextmanager
def hold_lock(
    warehouse: Path, *, take_over: bool = False, say: Callable[[str], None] = lambda message: None
) -> Iterator[Heartbeat]:
    """Keep other runs away from `warehouse`; the system lets go when the process ends, however it ends.

    Args:
        take_over: End a run on this machine that holds the lock.
        say: Told in one line when this run follows one that died.

    Raises:
        ConfigError: If the file's name cannot be a warehouse's, or the folder cannot be written.
        WarehouseError: If another run holds the lock, or the file is no DuckDB file.
    """
    refuse_place(warehouse)
    path = lock_path(warehouse)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(f"{warehouse.parent}", error, _ELSEWHERE) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            words = read_holder(warehouse)
            if not (take_over and _end_process(words) and _wait_for_lock(handle)):
                raise WarehouseError(
                    f"{str(warehouse)!r} is being written by another run ({_said(words)}). "
                    + ("It cannot be ended from here: end it where it runs." if take_over else
                       "Wait for it, or end it with --take-over if it makes no progress.")
                ) from error  # fmt: skip
        words = read_holder(warehouse)
        if words:
            say(f"the run before this one died ({_said(words)}); its answers are taken from the journal")
        beat = Heartbeat(handle)
        beat.start()
        try:
            yield beat
        finally:
            beat.stop()
    finally:
        os.close(handle)


def _end_process(words: Mapping[str, Any]) -> bool:
    """End the process that holds the lock, if it is certain which one it is and it is on this machine."""
    pid, began = words.get("pid"), words.get("began")
    if words.get("host") != socket.gethostname() or not isinstance(pid, int) or not began:
        return False
    for how in (signal.SIGTERM, signal.SIGKILL):
        if _process_start(pid) != began:
            return True
        try:
            os.kill(pid, how)
        except OSError:
            return bool(_process_start(pid) != began)
        for _ in range(100):
            if _process_start(pid) != began or _is_zombie(pid):
                return True
            time.sleep(0.1)
    return False


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return True


def _wait_for_lock(handle: int) -> bool:
    for _ in range(50):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


@contextmanager
def working_copy(warehouse: Path, *, start: Path | None = None) -> Iterator[Path]:
    """A copy of the published file (or of `start`) to work on, removed at the end unless it was published.

    It stands in a folder of its own beside the warehouse, and always has the same name: DuckDB names
    a catalog after its file. Nobody else may look into the folder: what may read the warehouse is for its mode to say.

    Raises:
        ConfigError: If the copy cannot be made.
        OutputError: If there is no room for it.
    """
    folder = warehouse.with_name(f".{warehouse.name}.work")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        work = folder / "warehouse.duckdb"
        if (start or warehouse).exists():
            copy_file(start or warehouse, folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise unwritable(
            warehouse, error, "It is left as it is: check permissions, and call again.",
            what="cannot be copied to work on",
        ) from error  # fmt: skip
    try:
        yield work
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_file(warehouse: Path, folder: Path) -> Path:
    """A copy of the file, and of what was written to it and not yet folded in, in `folder`.

    Raises:
        OSError: If it cannot be made.
    """
    copy = folder / "warehouse.duckdb"
    shutil.copyfile(warehouse, copy)
    if _wal(warehouse).exists():
        shutil.copyfile(_wal(warehouse), _wal(copy))
    return copy


def publish(work: Path, warehouse: Path, *, keep: int | None = None) -> None:
    """Replace the published file by the working copy in one rename.

    Args:
        work: A closed DuckDB file.
        warehouse: The published file; readers that have it open keep what they read.
        keep: How many earlier published files to keep beside it, this one's predecessor among them; None leaves
            those that there are, and adds none.

    Raises:
        WarehouseError: If it cannot be done; the published file is then as it was.
    """
    try:
        # As it was loaded: opened as usual, DuckDB would bring small row groups together now, in memory.
        with open_warehouse(work, is_loading=True) as connection:
            connection.execute("checkpoint")
        if _wal(work).exists():
            raise WarehouseError(f"{str(work)!r} could not be written out whole. Call again.")
        if warehouse.exists():
            shutil.copymode(warehouse, work)
        with work.open("rb+") as handle:
            os.fsync(handle.fileno())
        if keep is not None:
            _keep_published(warehouse, keep)
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


@dataclass(frozen=True)
class KeptFile:
    """An earlier published file, named after the run that made it."""

    run_id: str
    path: Path
    size_bytes: int


def kept_folder(warehouse: Path) -> Path:
    """Where earlier published files are kept."""
    return warehouse.with_name(warehouse.name + ".kept")


def kept_files(warehouse: Path) -> list[KeptFile]:
    """Earlier published files, latest first."""
    folder = kept_folder(warehouse)
    found = sorted(folder.glob("*.duckdb"), reverse=True) if folder.is_dir() else []
    return [KeptFile(path.stem, path, path.stat().st_size) for path in found]


def latest_run(path: Path) -> str | None:
    """The last run that is in a file."""
    with read_warehouse(path) as connection:
        if not connection.execute("select 1 from duckdb_tables() where table_name = 'runs'").fetchone():
            return None
        row = connection.execute("select arg_max(run_id, (started_at, run_id)) from raw.runs").fetchone()
    return str(row[0]) if row and row[0] else None


def _keep_published(warehouse: Path, keep: int) -> None:
    """Keep the published file as a second name of itself, which costs nothing until the first goes elsewhere."""
    folder = kept_folder(warehouse)
    # What has a journal of DuckDB's beside it was written to by others, and is no published file.
    if keep > 0 and warehouse.exists() and not _wal(warehouse).exists():
        run_id = latest_run(warehouse)
        folder.mkdir(exist_ok=True)
        kept = folder / f"{run_id or 'unknown'}.duckdb"
        kept.unlink(missing_ok=True)
        try:
            os.link(warehouse, kept)
        except OSError:  # a file system without links
            shutil.copy(warehouse, kept)  # with its mode
    for old in kept_files(warehouse)[max(keep, 0):]:
        old.path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


# --- journal -------------------------------------------------------------------------------------


class Journal:
    """Attempts on disk before they count: one JSON line per document and asking, beside the warehouse.

    A run that dies, or whose tests fail, has not published; the next one takes its answers from here.

    Attributes:
        entries: Where the lines of each (document_id, fingerprint) stood when it was opened, in order, each as
            its first byte and its length.

    Raises:
        ConfigError: If the file cannot be read or written.
    """

    def __init__(self, warehouse: Path) -> None:
        self.path = warehouse.with_name(warehouse.name + ".journal")
        self.entries: dict[tuple[str, str], list[tuple[int, int]]] = {}
        try:
            self._handle = open(self.path, "a+b", opener=partial(_open_private, like=warehouse))  # noqa: SIM115 (`close`)
            self._handle.seek(0)
            offset, last = 0, b"\n"
            for last in self._handle:
                self._index(offset, last)
                offset += len(last)
            if not last.endswith(b"\n"):
                self._handle.write(b"\n")
                self._handle.flush()
        except OSError as error:
            raise unwritable(self.path, error, "It is the journal: check it and its permissions.") from error

    def _index(self, offset: int, line: bytes) -> None:
        try:
            entry = json.loads(line)
            key = (str(entry["document_id"]), str(entry["fingerprint"]))
            for one in entry["attempts"]:
                dict(one)
        except (ValueError, KeyError, TypeError):
            return  # the line that a killed run was writing
        self.entries.setdefault(key, []).append((offset, len(line)))

    def attempts(self, key: tuple[str, str]) -> list[dict[str, Any]]:
        """Attempts (fields of raw.extractions) at (document_id, fingerprint) that were there when it was opened.

        Raises:
            WarehouseError: If they cannot be read.
        """
        return [one for asking in self.askings(key) for one in asking]

    def askings(self, key: tuple[str, str]) -> list[list[dict[str, Any]]]:
        """The same, by the run that made them.

        Raises:
            WarehouseError: If they cannot be read.
        """
        return [[dict(one) for one in json.loads(line)["attempts"]] for line in self._lines(key)]

    def _lines(self, key: tuple[str, str]) -> list[bytes]:
        try:
            number = self._handle.fileno()
            return [os.pread(number, length, offset) for offset, length in self.entries.get(key, ())]
        except OSError as error:
            raise WarehouseError(f"The journal {str(self.path)!r} cannot be read ({error.strerror}).") from error

    def add(self, document_id: str, fingerprint: str, attempts: Sequence[Mapping[str, Any]]) -> None:
        """Keep one document's attempts; they are with the system when this returns.

        Raises:
            WarehouseError: If they cannot be written.
        """
        entry = {"document_id": document_id, "fingerprint": fingerprint, "attempts": list(attempts)}
        try:
            self._handle.write(_journal_line(entry))
            self._handle.flush()
        except OSError as error:
            raise WarehouseError(
                f"The journal {str(self.path)!r} cannot be written ({error.strerror}). Make room and call again."
            ) from error

    def close(self) -> None:
        """Stop writing; what there is stays for the next run."""
        self._handle.close()
        if self.path.exists() and self.path.stat().st_size == 0:
            self.path.unlink()

    def discard(self, published: Iterable[tuple[str, str]]) -> None:
        """Forget the entries that are in the published warehouse; those of other documents stay.

        Args:
            published: (document_id, fingerprint) of each.
        """
        if self.entries:
            for key in list(published):
                self.entries.pop(key, None)
        if not self.entries:
            self._handle.close()
            self.path.unlink(missing_ok=True)
            return
        rest = self.path.with_name(self.path.name + ".new")
        with open(rest, "wb", opener=partial(_open_private, like=self.path)) as file:
            for key in self.entries:
                file.writelines(line if line.endswith(b"\n") else line + b"\n" for line in self._lines(key))
        self._handle.close()
        os.replace(rest, self.path)


def _open_private(path: str, flags: int, *, like: Path) -> int:
    """Open a file that holds answers: who may not read the file that it is `like`, may not read it either."""
    try:
        mode = like.stat().st_mode & 0o666 | 0o600
    except FileNotFoundError:
        mode = 0o600
    handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    with suppress(PermissionError):  # another user's, with the mode that it was given
        os.fchmod(handle, mode)
    return handle


def _journal_line(entry: Mapping[str, Any]) -> bytes:
    try:
        return to_json(entry, inf_nan_mode="constants", fallback=str) + b"\n"
    except ValueError:  # half a surrogate pair, which is kept as it came
        return json.dumps(entry, default=str).encode("ascii") + b"\n"
