"""Rows of JSONL, CSV and Parquet files as documents.

In: a file and the columns that hold the text. Out: one text a row, with what the row says about it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from extract.documents import Stated
from extract.errors import DocumentError
from extract.formats import decompressed
from extract.sources.settings import Entry

# A table is larger than a document; it is still read whole.
_FILE_TO_DOCUMENT = 400


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        key: Value of the column that names it; None when the entry names none.
        text: Its text columns, or a `DocumentError` in their place.
    """

    key: str | None
    text: str | DocumentError
    stated: Stated


def read_rows(path: Path, entry: Entry, *, max_bytes: int) -> Iterator[Row]:
    """The rows of a file.

    Args:
        max_bytes: Largest text of one row; the file may be as large as some hundred of them.

    Raises:
        DocumentError: If the file cannot be read, or lacks a column.
    """
    assert entry.text is not None
    others = (entry.id, entry.title, entry.date, entry.outlet, entry.language)
    wanted = [*entry.text, *(name for name in others if name)]
    for number, values in enumerate(_values(path, entry, wanted, max_bytes * _FILE_TO_DOCUMENT), 1):
        if isinstance(values, DocumentError):
            yield Row(None, values, Stated())
            continue
        # Objects leave out what they do not know; a table has its columns from the first row on.
        missing = [name for name in (entry.text if entry.kind == "jsonl" else wanted) if name not in values]
        if missing and number == 1:
            raise DocumentError(f"{str(path)!r} has no column {missing[0]!r}. It has: {', '.join(list(values)[:20])}.")
        text = "\n\n".join(str(values[name]).strip() for name in entry.text if values.get(name) not in (None, ""))
        stated = Stated(
            title=_line(values.get(entry.title or "")),
            published=_day(values.get(entry.date or "")),
            outlet=_line(values.get(entry.outlet or "")),
            language=_line(values.get(entry.language or "")),
        )
        key = str(values[entry.id]) if entry.id and values.get(entry.id) not in (None, "") else None
        if len(text) > max_bytes:
            error = DocumentError(f"Row {number} of {str(path)!r} has more than {max_bytes:,} characters. Split it.")
            yield Row(key, error, stated)
        elif text.strip():
            yield Row(key, text, stated)


def _values(
    path: Path, entry: Entry, wanted: list[str], max_bytes: int
) -> Iterator[dict[str, Any] | DocumentError]:  # fmt: skip
    if entry.kind == "parquet":
        yield from _parquet(path, wanted)
        return
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise DocumentError(f"{str(path)!r} cannot be read: {error.strerror}. Check its permissions.") from error
    if len(data) > max_bytes:
        raise DocumentError(f"{str(path)!r} has more than {max_bytes:,} bytes. Split it, or give it as Parquet.")
    data = decompressed(data, str(path), max_bytes=max_bytes)
    text = io.StringIO(data.decode("utf-8-sig", "replace"), newline="")
    del data
    if entry.kind == "jsonl":
        yield from _json_lines(path, text)
        return
    csv.field_size_limit(max_bytes)
    try:
        for values in csv.DictReader(text):
            yield {str(name): value for name, value in values.items()}
    except csv.Error as error:
        raise DocumentError(f"{str(path)!r} is no CSV file ({error}). Save it anew.") from error


def _json_lines(path: Path, text: io.StringIO) -> Iterator[dict[str, Any] | DocumentError]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            yield values
        else:
            yield DocumentError(f"Line {number} of {str(path)!r} is no JSON object. Mend it; the others are read.")


def _parquet(path: Path, wanted: list[str]) -> Iterator[dict[str, Any]]:
    import duckdb

    try:
        with duckdb.connect() as connection:
            # A path is text to DuckDB, and nothing in it is a pattern or an address.
            connection.execute("set autoinstall_known_extensions = false")
            opened = connection.read_parquet(str(path).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]"))
            missing = [name for name in wanted if name not in opened.columns]
            if missing:
                raise DocumentError(
                    f"{str(path)!r} has no column {missing[0]!r}. It has: {', '.join(opened.columns[:20])}."
                )
            quoted = ['"' + name.replace('"', '""') + '"' for name in dict.fromkeys(wanted)]
            selected = opened.project(", ".join(f"cast({name} as varchar) as {name}" for name in quoted))
            while rows := selected.fetchmany(1000):
                for row in rows:
                    yield dict(zip(selected.columns, row, strict=True))
    except duckdb.Error as error:
        reason = str(error).split("\n")[0][:200]
        raise DocumentError(f"{str(path)!r} cannot be read as Parquet ({reason}). Check the file.") from error


def _line(value: object) -> str | None:
    text = " ".join(str(value or "").split())
    return text[:300] or None


def _day(value: object) -> date | None:
    try:
        return datetime.fromisoformat(str(value).strip().replace("Z", "+00:00")).date()
    except ValueError:
        return None
