"""A person's decisions about what is kept: go back to an earlier file, drop what is gone, forget for good.

In: a warehouse and what a person names. Out: a warehouse published like any other, tested first. What
a run finds is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extract import __version__
from extract.errors import ConfigError
from extract.pipeline import grounding_version, overrides_version, schema_version, short_hash, version_stamps
from extract.sources.state import SourceState
from extract.warehouse import (
    RAW_TABLES,
    Journal,
    KeptFile,
    create_tables,
    hold_lock,
    insert_rows,
    kept_files,
    open_warehouse,
    publish,
    read_state,
    read_warehouse,
    require_warehouse,
    working_copy,
)


def roll_back(warehouse: Path, run_id: str) -> tuple[str, int]:
    """Publish the kept file of a run again.

    Answers that are younger than it go into the journal: the next run takes them from there and asks nobody
    twice.

    Args:
        run_id: The run, or the beginning of its name.

    Returns:
        The run, and the number of answers put into the journal.

    Raises:
        ConfigError: If there is no warehouse, or no file of that run is kept.
        WarehouseError: If it cannot be published.
    """
    require_warehouse(warehouse)
    with hold_lock(warehouse):
        kept = _kept(warehouse, run_id)
        later = _answers(warehouse)
        with read_warehouse(kept.path) as connection:
            earlier = {
                row[0] for row in connection.execute("select extraction_id from raw.extractions").fetchall()
            }  # fmt: skip
        with working_copy(warehouse, start=kept.path) as copy:
            journal = Journal(warehouse)
            put_back: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for extraction_id, attempt in later:
                if extraction_id not in earlier:
                    key = (attempt.pop("document_id"), attempt["fingerprint"])
                    put_back.setdefault(key, []).append(attempt)
            for (document_id, fingerprint), attempts in put_back.items():
                journal.add(document_id, fingerprint, attempts)
            journal.close()
            with open_warehouse(copy) as connection:
                create_tables(connection)
                insert_rows(connection, "forgotten", _forgotten_since(warehouse, connection))
            publish(copy, warehouse, keep=len(kept_files(warehouse)) + 1)
    return kept.run_id, sum(map(len, put_back.values()))


def _forgotten_since(warehouse: Path, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What is forgotten in the published file and not in the one that `connection` has open: it stays forgotten."""
    known = {one for (one,) in connection.execute("select document_id from raw.forgotten").fetchall()}
    names = list(RAW_TABLES["forgotten"])
    with read_warehouse(warehouse) as published:
        has_any = published.execute("select count(*) from duckdb_tables() where table_name = 'forgotten'").fetchone()
        if not (has_any and has_any[0]):
            return []  # published by a version that forgot nothing
        rows = published.execute(f"select {', '.join(names)} from raw.forgotten").fetchall()
    forgotten = [dict(zip(names, row, strict=True)) for row in rows]
    return [one for one in forgotten if one["document_id"] not in known]


def _kept(warehouse: Path, run_id: str) -> KeptFile:
    kept = kept_files(warehouse)
    found = [one for one in kept if one.run_id.startswith(run_id)]
    if len(found) == 1:
        return found[0]
    if not kept:
        raise ConfigError(f"No earlier file is kept beside {str(warehouse)!r}: there is nothing to go back to.")
    listed = ", ".join(one.run_id for one in kept)
    what = "Several files are" if found else "There is no file"
    raise ConfigError(f"{what} of run {run_id!r} kept beside {str(warehouse)!r}. Name one of: {listed}.")


def _answers(warehouse: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every attempt in the warehouse, as the journal keeps them."""
    names = ["status", "fingerprint", "provider", "raw_answer", "error_type", "error_message", "prompt_tokens",
             "cached_tokens", "completion_tokens", "cost_usd", "seconds", "question"]  # fmt: skip
    with read_warehouse(warehouse) as connection:
        rows = connection.execute(
            f"select extraction_id, document_id, asked_at, {', '.join(names)} from raw.extractions order by attempt_n"
        ).fetchall()
    return [
        (extraction_id, {"document_id": document_id, "asked_at": asked_at.isoformat(),
                         **dict(zip(names, values, strict=True))})
        for extraction_id, document_id, asked_at, *values in rows
    ]  # fmt: skip


# --- drop -------------------------------------------------------------------------------------------


def drop_documents(warehouse: Path, references: list[str], *, vanished: bool = False) -> tuple[list[str], list[str]]:
    """Take out the claims of documents that are gone from every source.

    Args:
        references: Ids, names or places.
        vanished: Every document that is gone.

    Returns:
        Places that were dropped, and why it was not published, if so.

    Raises:
        ConfigError: If a reference names no document, or one that still stands at its source.
        WarehouseError: If the warehouse cannot be read or published.
    """
    from extract.transform import build, manifest_path

    require_warehouse(warehouse)
    with hold_lock(warehouse), working_copy(warehouse) as copy:
        with open_warehouse(copy) as connection:
            create_tables(connection)
            places = _latest(connection)
            wanted = {one for reference in references for one in _matching(places, reference)}
            standing = [one for one in wanted if places[one]["status"] != "vanished"]
            if standing:
                raise ConfigError(
                    f"{places[standing[0]]['source']!r} still stands at its source. Remove it there, or have it "
                    "forgotten for good: pledgebook forget."
                )
            if vanished:
                wanted |= {key for key, one in places.items() if one["status"] == "vanished"}
            if not wanted:
                return [], []
            with _run_row(connection, "decision: drop") as (run_id, now):
                insert_rows(connection, "sightings", [
                    {**places[key], "sighting_id": short_hash(key, run_id), "run_id": run_id, "seen_at": now,
                     "status": "dropped", "extraction_id": None, "error": None}
                    for key in sorted(wanted)
                ])  # fmt: skip
        built = build(copy, kept=manifest_path(warehouse))
        if not built.failures:
            publish(copy, warehouse)
        return sorted(str(places[key]["source"]) for key in wanted), built.failures


# --- forget -----------------------------------------------------------------------------------------


def forget_documents(
    warehouse: Path, references: list[str], reason: str | None = None
) -> tuple[list[str], list[str], list[str]]:  # fmt: skip
    """Remove documents, every version and reprint of them, from everything that Pledgebook keeps.

    The file is written anew: rows that are only deleted would stay in it until their place is used again.

    Returns:
        document_ids that were forgotten, why it was not published if so, and what a person should know.

    Raises:
        ConfigError: If a reference names no document.
        WarehouseError: If the warehouse cannot be read or published.
    """
    from extract.transform import build, manifest_path

    require_warehouse(warehouse)
    with hold_lock(warehouse), working_copy(warehouse) as copy:
        before = copy.with_name("before.duckdb")
        copy.rename(before)
        with open_warehouse(before) as connection:
            create_tables(connection)
            source_ids, document_ids = _everything_about(connection, references)
        with open_warehouse(copy) as connection:
            create_tables(connection)
            _copy_without(connection, before, source_ids, document_ids)
            with _run_row(connection, "decision: forget") as (_, now):
                insert_rows(connection, "forgotten", [
                    {"document_id": one, "source_ids": sorted(source_ids), "forgotten_at": now, "reason": reason}
                    for one in sorted(document_ids)
                ])  # fmt: skip
        before.unlink()
        built = build(copy, kept=manifest_path(warehouse))
        if built.failures:
            return [], built.failures, []
        publish(copy, warehouse)
        notes = [f"removed the kept file {one.path}" for one in _remove_kept(warehouse, document_ids)]
        journal = Journal(warehouse)
        journal.discard(key for key in journal.entries if key[0] in document_ids)
        state = SourceState(warehouse)
        state.forget(source_ids)
        state.close()
    notes.append(
        "not touched: the documents where they stand, folders of recordings (--record), exports, copies of the file, "
        "and what a program that has the old file open goes on reading"
    )
    return sorted(document_ids), [], notes


def _everything_about(connection: duckdb.DuckDBPyConnection, references: list[str]) -> tuple[set[str], set[str]]:
    """Places and documents that belong together: versions of a place, places of a text, reprints."""
    places = _latest(connection)
    rows = connection.execute(
        "select distinct source_id, document_id from raw.sightings where document_id is not null"
    ).fetchall()
    links = connection.execute("select document_id, original_id from raw.document_links").fetchall()
    stored = {row[0] for row in connection.execute("select document_id from raw.documents").fetchall()}
    source_ids = {one for reference in references if reference not in stored for one in _matching(places, reference)}
    document_ids = {reference for reference in references if reference in stored}
    before = -1
    while before != len(source_ids) + len(document_ids):
        before = len(source_ids) + len(document_ids)
        document_ids |= {document for source, document in rows if source in source_ids}
        source_ids |= {source for source, document in rows if document in document_ids}
        document_ids |= {one for pair in links if set(pair) & document_ids for one in pair}
    return source_ids, document_ids


def _copy_without(
    connection: duckdb.DuckDBPyConnection, before: Path, source_ids: set[str], document_ids: set[str]
) -> None:
    """Fill the empty raw tables with all the rows that are not about these, and keep what dbt remembers."""
    given = [sorted(source_ids), sorted(document_ids)]
    connection.execute("create temporary table forgotten_now as select unnest(?::varchar[]) as source_id", given[:1])
    connection.execute("create temporary table gone_now as select unnest(?::varchar[]) as document_id", given[1:])
    connection.execute(f"attach '{str(before).replace(chr(39), chr(39) * 2)}' as before (read_only)")
    for table, columns in RAW_TABLES.items():
        keys = []
        if "document_id" in columns:
            keys.append("coalesce(document_id, '') not in (select document_id from gone_now)")
        if "original_id" in columns:
            keys.append("original_id not in (select document_id from gone_now)")
        if "source_id" in columns:
            keys.append("source_id not in (select source_id from forgotten_now)")
        where = f" where {' and '.join(keys)}" if keys and table != "forgotten" else ""
        connection.execute(f"insert into raw.{table} by name select * from before.raw.{table}{where}")
    remembered = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'before' and schema_name = 'intermediate'"
        " and table_name = 'int_commitment_versions'"
    ).fetchone()
    if remembered:
        connection.execute("create schema if not exists intermediate")
        connection.execute(
            "create table intermediate.int_commitment_versions as from before.intermediate.int_commitment_versions"
        )
    connection.execute("detach before")


def _remove_kept(warehouse: Path, document_ids: set[str]) -> list[KeptFile]:
    """Remove the kept files in which one of these documents is."""
    removed = []
    for kept in kept_files(warehouse):
        with read_warehouse(kept.path) as connection:
            holds = connection.execute(
                "select count(*) from raw.documents where document_id in (select unnest(?::varchar[]))",
                [sorted(document_ids)],
            ).fetchone()
        if holds and holds[0]:
            kept.path.unlink()
            removed.append(kept)
    return removed


# --- shared -----------------------------------------------------------------------------------------


def _latest(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The latest sighting of each place, by source_id."""
    cursor = connection.execute(
        "select * from raw.sightings"
        " qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1"
    )
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {str(row["source_id"]): row for row in rows}


def _matching(places: dict[str, dict[str, Any]], reference: str) -> set[str]:
    """Places that a person means; a name may mean only one.

    Raises:
        ConfigError: If it means none, or several by one name.
    """
    for column in ("source_id", "document_id", "source"):
        found = {key for key, one in places.items() if one[column] == reference}
        if found:
            return found
    resolved = str(Path(reference).resolve())
    found = {key for key, one in places.items() if str(Path(str(one["source"])).resolve()) == resolved}
    found = found or {key for key, one in places.items() if one["name"] == reference}
    if not found:
        raise ConfigError(f"There is no document {reference!r}. Name it by its id, its name or where it stood.")
    if len(found) > 1:
        listed = ", ".join(sorted(repr(str(places[key]["source"])) for key in found)[:5])
        raise ConfigError(f"{len(found)} documents are called {reference!r}: {listed}. Name it by where it stood.")
    return found


@contextmanager
def _run_row(connection: duckdb.DuckDBPyConnection, provider: str) -> Iterator[tuple[str, datetime]]:
    """A row of raw.runs for a decision, so that what it changes is known as its doing."""
    latest = read_state(connection).latest_at
    now = datetime.now(UTC)
    if latest is not None:
        now = max(now, latest + timedelta(microseconds=1))
    run_id = now.strftime("%Y%m%dT%H%M%S.%fZ")
    yield run_id, now
    insert_rows(connection, "runs", [run_row(run_id, now, provider)])


def run_row(run_id: str, now: datetime, provider: str) -> dict[str, Any]:
    """A row of raw.runs for what asked nobody."""
    return {
        "run_id": run_id, "started_at": now, "finished_at": now, "status": "done", "provider": provider,
        "pledgebook_version": __version__, "schema_version": schema_version(), "grounding_version": grounding_version(),
        "documents_n": 0, "pending_n": 0, "failed_n": 0, "asked_n": 0, "records_n": 0, "rejected_n": 0,
        "dbt_version": version_stamps()["dbt"], "overrides_version": overrides_version(),
    }  # fmt: skip


