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
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import ConfigError, WarehouseError

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
}  # fmt: skip


# DuckDB names a catalog after its file; one of these would hide the schema of that name.
_SCHEMAS = frozenset({"raw", "seeds", "staging", "intermediate", "main", "temp", "system"})


@dataclass(frozen=True)
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
        places: Where each source is, as a user gave it, by source_id.
        answered: extraction_id of the latest good answer by (document_id, fingerprint).
        attempts: Number of attempts by (document_id, fingerprint).
        versions: Version stamps by name: documents, grounding, dbt, rates.
        documents: Documents of the sources asked about, by document_id.
    """

    sightings: dict[str, Sighting] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    answered: dict[tuple[str, str], str] = field(default_factory=dict)
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    documents: dict[str, StoredDocument] = field(default_factory=dict)


EMPTY_STATE = State()


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file at `path`, closed at the end.

    Raises:
        WarehouseError: If the file is locked, damaged, missing (read only) or not to be written, now
            or while the connection is in use.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise _open_failure(path, str(error)) from error
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    except duckdb.Error as error:
        raise WarehouseError(
            f"{str(path)!r} cannot be read or written as a warehouse ({_first_line(error)}). If it is damaged, move it "
            "away and run again; it is left as it is."
        ) from error
    finally:
        connection.close()


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


class LockedError(WarehouseError):
    """Another program has the file open for writing."""


def _open_failure(path: Path, message: str) -> WarehouseError:
    first = message.split("\n")[0]
    if "Could not set lock" in message:
        held = re.search(r"held in (.*?\(PID \d+\))", message)
        holder = f" ({held.group(1)})" if held else ""
        return LockedError(f"{str(path)!r} is locked by another process{holder}. Close it there and call again.")
    if "does not exist" in message or "No such file" in message:
        return WarehouseError(f"There is no warehouse {str(path)!r}. Make one with: pledgebook run FOLDER")
    if "Permission denied" in message or "Is a directory" in message or "Read-only file system" in message:
        return WarehouseError(
            f"{str(path)!r} cannot be opened ({first}). Check it and its permissions, or name another with --warehouse."
        )
    return WarehouseError(
        f"{str(path)!r} is damaged or no DuckDB file ({first}). It is left as it is: "
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


def _raw_columns(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return {
        (table, column)
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'raw'"
        ).fetchall()
    }


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
    # Half a surrogate pair, which a model's JSON may hold, is no text that DuckDB can keep.
    values = values.encode("utf-8", "replace").decode("utf-8")
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


def read_state(connection: duckdb.DuckDBPyConnection, source_ids: Iterable[str] = ()) -> State:
    """What the warehouse knows, from the raw tables; empty if there are none.

    Args:
        source_ids: Sources whose documents are wanted with their text.
    """
    columns = _raw_columns(connection)
    if any((table, column) not in columns for table, kinds in RAW_TABLES.items() for column in kinds):
        return EMPTY_STATE if not columns else _read_older_state(connection, source_ids)
    sightings: dict[str, Sighting] = {}
    places: dict[str, str] = {}
    for source_id, place, *rest in connection.execute(
        "select source_id, source, document_id, extraction_id, status, error, bytes_hash from raw.sightings"
        " qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1"
    ).fetchall():
        sightings[source_id], places[source_id] = Sighting(*rest), place
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
    wanted = {sightings[one].document_id for one in source_ids if one in sightings}
    documents = {
        row[0]: StoredDocument(*row)
        for row in connection.execute(
            "select document_id, text, language, title, publication_date, outlet from raw.documents"
            " where document_id in (select unnest(?::varchar[]))",
            [sorted(one for one in wanted if one)],
        ).fetchall()
    }
    return State(sightings, places, answered, attempts, versions, documents)


def _read_older_state(connection: duckdb.DuckDBPyConnection, source_ids: Iterable[str]) -> State:
    """The state of a file made by an earlier version: read from a copy that has the columns added since."""
    path = connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchone()
    assert path is not None
    with tempfile.TemporaryDirectory() as folder, open_warehouse(copy_file(Path(path[0]), Path(folder))) as copied:
        create_tables(copied)
        return read_state(copied, source_ids)


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
        ConfigError: If the file's name cannot be a warehouse's.
        WarehouseError: If another run holds the lock, or the folder cannot be written.
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
    path = lock_path(warehouse)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
                f"{str(warehouse)!r} is being written by another run ({holder}). "
                "Wait for it, or name another with --warehouse."
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

    It stands in a folder of its own beside the warehouse, and always has the same name: DuckDB names
    a catalog after its file.

    Raises:
        WarehouseError: If the copy cannot be made.
    """
    folder = warehouse.with_name(f".{warehouse.name}.work")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        work = folder / "warehouse.duckdb"
        if warehouse.exists():
            copy_file(warehouse, folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise WarehouseError(
            f"{str(warehouse)!r} cannot be copied to work on ({error.strerror}). It is left as it is: "
            "make room or check permissions, then call again."
        ) from error
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
        if warehouse.exists():
            shutil.copymode(warehouse, work)
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
    """Attempts on disk before they count: one JSON line per document and asking, beside the warehouse.

    A run that dies, or whose tests fail, has not published; the next one takes its answers from here.

    Attributes:
        entries: Attempts (fields of raw.extractions) by (document_id, fingerprint), in order.

    Raises:
        WarehouseError: If the file cannot be read or written.
    """

    def __init__(self, warehouse: Path) -> None:
        self.path = warehouse.with_name(warehouse.name + ".journal")
        self.entries: dict[tuple[str, str], list[dict[str, Any]]] = {}
        try:
            kept = self.path.read_bytes() if self.path.exists() else b""
            self._handle = self.path.open("ab")
            if kept and not kept.endswith(b"\n"):
                self._handle.write(b"\n")
        except OSError as error:
            raise WarehouseError(
                f"The journal {str(self.path)!r} cannot be written ({error.strerror}). Check it and its permissions."
            ) from error
        for line in kept.splitlines():
            try:
                entry = json.loads(line)
                key = (str(entry["document_id"]), str(entry["fingerprint"]))
                attempts = [dict(one) for one in entry["attempts"]]
            except (ValueError, KeyError, TypeError):
                continue  # the line that a killed run was writing
            self.entries.setdefault(key, []).extend(attempts)

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
        self._handle.close()
        done = set(published)
        left = {key: attempts for key, attempts in self.entries.items() if key not in done}
        if not left:
            self.path.unlink(missing_ok=True)
            return
        rest = self.path.with_name(self.path.name + ".new")
        rest.write_bytes(
            b"".join(
                _journal_line({"document_id": document_id, "fingerprint": fingerprint, "attempts": attempts})
                for (document_id, fingerprint), attempts in left.items()
            )
        )
        os.replace(rest, self.path)


def _journal_line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, default=str).encode("ascii") + b"\n"
