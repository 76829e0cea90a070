"""The commands around runs: status, diff, rollback, drop, forget, sources. Parse, call one function, print."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from extract.config import DEFAULT_WAREHOUSE, Narrowing
from extract.errors import ConfigError
from extract.sources.settings import DEFAULT_FILE, EXAMPLE, SourcesFile, duration, read_sources

WarehouseOption = Annotated[
    Path, typer.Option("--warehouse", help="The DuckDB file.", envvar="PLEDGEBOOK_DB", readable=False)
]
SourcesOption = Annotated[Path, typer.Option("--sources", help="The file that names the sources.", readable=False)]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

_TYPES = ("pledge", "troop_commitment", "membership", "funding_amount")


def narrowed(
    older_than: str | None, only_types: list[str] | None, since: str | None, limit: int | None
) -> Narrowing:  # fmt: skip
    """What the options of `run` say of the documents to ask about.

    Raises:
        ConfigError: If one of them cannot be read.
    """
    types = tuple(name.strip() for given in only_types or [] for name in given.split(",") if name.strip())
    unknown = [name for name in types if name not in _TYPES]
    if unknown:
        raise ConfigError(f"--only-type: there is no type {unknown[0]!r}. Types: {', '.join(_TYPES)}.")
    try:
        age = duration(older_than) if older_than else None
    except ValueError as error:
        raise ConfigError(f"--older-than: {error}.") from error
    try:
        day = date.fromisoformat(since) if since else None
    except ValueError as error:
        raise ConfigError(f"--since: {since!r} is no day. Write it as 2027-03-31.") from error
    return Narrowing(age, types, day, limit)


def status(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    sources: SourcesOption = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    max_age: Annotated[
        str | None, typer.Option("--max-age", help="Complain when the last good run is longer ago, as in 26h.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="How many runs to show.")] = 5,
    debug: DebugOption = False,
) -> int:
    """Say how the last runs went, what is pending and failing, how fresh each source is, and when the next run is.

    The exit code is 0 when all is well and 1 when a person should look, for monitoring.

    Example: pledgebook status --max-age 26h
    """
    from extract.status import read_status, status_text

    try:
        age = duration(max_age) if max_age else None
    except ValueError as error:
        raise ConfigError(f"--max-age: {error}.") from error
    told = read_status(_warehouse_of(warehouse, sources), runs, age)
    print(json.dumps(told, ensure_ascii=False, indent=1) if as_json else status_text(told))
    return 1 if told["problems"] else 0


def diff(
    run_a: Annotated[str, typer.Argument(help="A run, or the beginning of its name; 'first' for the first.")],
    run_b: Annotated[str, typer.Argument(help="A later run; 'last' for the last.")] = "last",
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    debug: DebugOption = False,
) -> int:
    """Say which claims and totals changed between two runs, and why.

    Example: pledgebook diff 20270301 last
    """
    from extract.diff import diff_runs, diff_text
    from extract.warehouse import require_warehouse

    require_warehouse(warehouse)
    found = diff_runs(warehouse, run_a, run_b)
    print(json.dumps(found, ensure_ascii=False, indent=1, default=str) if as_json else diff_text(found))
    return 0


def rollback(
    run_id: Annotated[
        str | None, typer.Argument(help="The run to go back to; without it the kept ones are listed.")
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    debug: DebugOption = False,
) -> int:
    """Put an earlier published file back in place; the present one is kept too.

    Example: pledgebook rollback 20270301T060000
    """
    from extract.retention import roll_back
    from extract.warehouse import kept_files

    if run_id is None:
        for kept in kept_files(warehouse):
            print(f"{kept.run_id}  {kept.size_bytes:>14,} bytes  {kept.path}")
        if not kept_files(warehouse):
            print("no earlier file is kept")
        return 0
    restored, answers_n = roll_back(warehouse, run_id)
    print(f"{warehouse} is as run {restored} published it; {answers_n} later answers are kept for the next run")
    return 0


def drop(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents: an id, a name, or where they stood.", show_default=False)
    ] = None,
    vanished: Annotated[
        bool, typer.Option("--vanished", help="Every document that is gone from its source.")
    ] = False,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    debug: DebugOption = False,
) -> int:
    """Take the claims of documents out of the warehouse: exactly theirs. They come back if the document does.

    Example: pledgebook drop --vanished
    """
    from extract.retention import drop_documents

    if not documents and not vanished:
        raise ConfigError("Name a document, or give --vanished. `pledgebook status` lists what is gone.")
    dropped, failures = drop_documents(warehouse, documents or [], vanished=vanished)
    return _told(dropped, failures, "dropped")


def forget(
    documents: Annotated[list[str], typer.Argument(help="Documents: an id, a name, or where they stood.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Kept beside the fact of removal.")] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    debug: DebugOption = False,
) -> int:
    """Remove the text and quotes of documents everywhere, for good, with their reprints; that it was done is kept.

    Example: pledgebook forget 3f2a9c0e11d4b7aa --reason "asked by the author"
    """
    from extract.retention import forget_documents

    forgotten, failures, notes = forget_documents(warehouse, documents, reason)
    for note in notes:
        print(note, file=sys.stderr)
    return _told(forgotten, failures, "forgotten")


def sources(
    file: Annotated[Path, typer.Argument(help="The file to check.", readable=False)] = DEFAULT_FILE,
    example: Annotated[bool, typer.Option("--example", help="Print a commented example.")] = False,
    debug: DebugOption = False,
) -> int:
    """Check sources.toml and list what it names, or print an example of it.

    Example: pledgebook sources --example > sources.toml
    """
    if example:
        print(EXAMPLE, end="")
        return 0
    read: SourcesFile = read_sources(file)
    for entry in read.source:
        print(f"{entry.name}: {entry.kind} {getattr(entry, entry.kind)}")
    return 0


def _told(documents: list[str], failures: list[str], done: str) -> int:
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        print("not published: the warehouse is as it was")
        return 1
    for document in documents:
        print(f"{done}: {document}")
    return 0


def _warehouse_of(warehouse: Path, sources: Path) -> Path:
    """The warehouse that sources.toml names, unless another is named."""
    if warehouse == DEFAULT_WAREHOUSE and sources.exists():
        file = read_sources(sources)
        if file.run.warehouse is not None:
            return file.path(file.run.warehouse)
    return warehouse
