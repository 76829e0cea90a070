"""What is remembered of sources and runs, beside the warehouse: looks, failures, and when to look again.

In: looks and runs. Out: what they were. It is a help, not the truth: without it everything is read
once more, and the warehouse is the same. Hence it is no part of the warehouse, which a run that
changes nothing leaves alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

from extract.errors import ConfigError, WarehouseError

_VERSION = 1
_REFUSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")
_KEPT_RUNS = 400


@dataclass(frozen=True, slots=True)
class Look:
    """What one place gave when it was last looked at.

    Attributes:
        container: The file or list that it stands in, if it is no file of its own.
        stamp: See `Source`.
        bytes_hash: Hash of its bytes.
        document_id: The document that they hold; None when they could not be read.
        reader: Version of the code that read them.
        fingerprint: What was or would be asked about it.
        signature: What the fingerprint was made with (see `pipeline.signature_of`).
        entry: What its list says of its last change.
        checked_at: When it was last asked for; seconds since 1970.
        changed_at: When it last gave something else.
        failures_n: Failures since the last success.
        next_at: Not to be tried before then.
        gone_at: When its server said that it is no more; None once it is there again.
        error: Why it failed the last time.
    """

    source_id: str
    origin: str | None = None
    name: str = ""
    location: str = ""
    container: str | None = None
    stamp: str | None = None
    bytes_hash: str | None = None
    document_id: str | None = None
    reader: str | None = None
    fingerprint: str | None = None
    signature: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    entry: str | None = None
    checked_at: float | None = None
    changed_at: float | None = None
    failures_n: int = 0
    next_at: float | None = None
    gone_at: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Origin:
    """An entry of sources.toml, or a file or list that it names, when it was last looked at.

    Attributes:
        ok_at: When that last went well; seconds since 1970.
        new_at: When it last gave something new.
        items_n: Documents that it names.
    """

    name: str
    kind: str = ""
    checked_at: float | None = None
    ok_at: float | None = None
    new_at: float | None = None
    items_n: int = 0
    stamp: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class RunLog:
    """One call of `pledgebook run`, whatever became of it.

    Attributes:
        outcome: `running`, `published`, `unchanged`, `not published`, `failed`.
        summary: What it did, as the summary file has it.
    """

    started_at: float
    finished_at: float | None
    outcome: str
    run_id: str | None
    summary: dict[str, Any]


_LOOK_COLUMNS = [field.name for field in fields(Look)]
# Texts that stand in other looks, or in the warehouse's tables too: kept once, 100,000 looks are 60 MB less.
_SHARED = [
    _LOOK_COLUMNS.index(name)
    for name in ("source_id", "origin", "container", "bytes_hash", "document_id", "reader", "fingerprint", "signature")
]
_ORIGIN_COLUMNS = [field.name for field in fields(Origin)]


def state_path(warehouse: Path) -> Path:
    """The file beside the warehouse."""
    return warehouse.with_name(warehouse.name + ".state")


class SourceState:
    """The file of looks, origins, robots.txt files and runs.

    What a run finds is written with `save` in one go, when what it found is published: a run that dies
    leaves no trace here, and its successor looks again.

    Attributes:
        looks: By source_id.
        origins: By name.
        was_damaged: The file could not be read and was put aside.
    """

    def __init__(self, warehouse: Path, *, read_only: bool = False) -> None:
        self.path = state_path(warehouse)
        self.was_damaged = False
        self.looks: dict[str, Look] = {}
        self._read_only = read_only
        try:
            self._connection = self._open()
            self._load()
        except sqlite3.DatabaseError as error:
            if read_only or isinstance(error, sqlite3.OperationalError):
                # That nobody may open or write it is a setting of the machine; what else there is may pass.
                kind = ConfigError if getattr(error, "sqlite_errorname", "").startswith(_REFUSED) else WarehouseError
                raise kind(
                    f"{str(self.path)!r} cannot be opened ({error}). Check its permissions, or remove it: "
                    "the next run reads every source anew."
                ) from error
            os.replace(self.path, self.path.with_name(self.path.name + ".damaged"))
            self.was_damaged = True
            self._connection = self._open()
            self._load()

    def _open(self) -> sqlite3.Connection:
        if self._read_only:
            if not self.path.exists():
                connection = sqlite3.connect(":memory:", isolation_level=None)
            else:
                connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        else:
            connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("pragma busy_timeout = 10000")
        (version,) = connection.execute("pragma user_version").fetchone()
        is_empty = connection.execute("select count(*) from sqlite_master").fetchone() == (0,)
        if version != _VERSION or is_empty:
            if self._read_only and not is_empty:
                connection.close()
                connection = sqlite3.connect(":memory:", isolation_level=None)
            _make_tables(connection)
        return connection

    def _load(self) -> None:
        connection = self._connection
        self.looks = {}
        for row in connection.execute(f"select {', '.join(_LOOK_COLUMNS)} from looks"):
            values: list[Any] = list(row)
            for place in _SHARED:
                if isinstance(values[place], str):
                    values[place] = sys.intern(values[place])
            self.looks[values[0]] = Look(*values)
        self.origins = {
            row[0]: Origin(*row) for row in connection.execute(f"select {', '.join(_ORIGIN_COLUMNS)} from origins")
        }

    def save(self, looks: Iterable[Look], origins: Iterable[Origin], gone: Iterable[str] = ()) -> None:
        """Remember these, in one transaction; those of `gone` are forgotten.

        Raises:
            WarehouseError: If they cannot be written.
        """
        with self._writing() as connection:
            _replace(connection, "looks", _LOOK_COLUMNS, looks)
            _replace(connection, "origins", _ORIGIN_COLUMNS, origins)
            connection.executemany("delete from looks where source_id = ?", [(one,) for one in gone])

    def robots(self, host: str) -> tuple[float, int, str] | None:
        """When robots.txt of `host` was fetched, the status and the text."""
        row = self._connection.execute("select fetched_at, status, body from robots where host = ?", [host]).fetchone()
        return (float(row[0]), int(row[1]), str(row[2])) if row else None

    def keep_robots(self, host: str, fetched_at: float, status: int, body: str) -> None:
        """Remember a robots.txt."""
        if self._read_only:
            return
        with self._writing() as connection:
            connection.execute("insert or replace into robots values (?, ?, ?, ?)", [host, fetched_at, status, body])

    def begin_run(self, started_at: float, process: str) -> int:
        """Note that a run has begun; gives its number. Runs noted as going on have died."""
        with self._writing() as connection:
            connection.execute(
                "update runs set outcome = 'died' where outcome = 'running'"
            )  # whoever calls this holds the lock
            cursor = connection.execute(
                "insert into runs (started_at, outcome, process, summary) values (?, 'running', ?, '{}')",
                [started_at, process],
            )
            number = cursor.lastrowid
            connection.execute("delete from runs where number <= ?", [(number or 0) - _KEPT_RUNS])
        assert number is not None
        return number

    def end_run(
        self, number: int, finished_at: float, outcome: str, run_id: str | None, summary: dict[str, Any]
    ) -> None:  # fmt: skip
        """Note how a run ended."""
        with self._writing() as connection:
            connection.execute(
                "update runs set finished_at = ?, outcome = ?, run_id = ?, summary = ? where number = ?",
                [finished_at, outcome, run_id, json.dumps(summary, default=_as_number), number],
            )

    def runs(self, limit: int = 10) -> list[RunLog]:
        """The last runs, latest first."""
        return [
            RunLog(started_at, finished_at, outcome, run_id, json.loads(summary))
            for started_at, finished_at, outcome, run_id, summary in self._connection.execute(
                "select started_at, finished_at, outcome, run_id, summary from runs order by number desc limit ?",
                [limit],
            )
        ]

    def forget(self, source_ids: Iterable[str]) -> None:
        """Remove every trace of these places."""
        with self._writing() as connection:
            connection.executemany("delete from looks where source_id = ?", [(one,) for one in source_ids])
        with self._writing() as connection:
            connection.execute("update runs set summary = '{}'")
        self._connection.execute("vacuum")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("begin immediate")
            yield self._connection
            self._connection.execute("commit")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise WarehouseError(
                f"{str(self.path)!r} cannot be written ({error}). Make room or check its permissions; "
                "the warehouse is whole, and the next run looks at its sources again."
            ) from error


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("begin")
    for table in ("looks", "origins", "robots", "runs"):
        connection.execute(f"drop table if exists {table}")
    connection.execute(f"create table looks ({', '.join(_LOOK_COLUMNS)}, primary key (source_id)) without rowid")
    connection.execute(f"create table origins ({', '.join(_ORIGIN_COLUMNS)}, primary key (name)) without rowid")
    connection.execute("create table robots (host primary key, fetched_at, status, body)")
    connection.execute(
        "create table runs (number integer primary key autoincrement, started_at, finished_at, outcome, run_id,"
        " process, summary)"
    )
    connection.execute(f"pragma user_version = {_VERSION}")
    connection.execute("commit")


def _as_number(value: object) -> float | str:
    # Money is a number, as in the summary file.
    return float(value) if isinstance(value, Decimal) else str(value)


def _replace(
    connection: sqlite3.Connection, table: str, columns: list[str], values: Iterable[Look] | Iterable[Origin]
) -> None:  # fmt: skip
    marks = ", ".join("?" * len(columns))
    rows = map(attrgetter(*columns), values)
    connection.executemany(f"insert or replace into {table} ({', '.join(columns)}) values ({marks})", rows)


def moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds is not None else None
