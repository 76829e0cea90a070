"""Marts as files: CSV, Parquet or Excel, and the money commitments in the shape of IATI transactions.

In: a built warehouse and a folder. Out: one file a mart, each put in its place whole. Nothing is computed here that
a mart does not hold, and no value is changed unless that was asked for.

A document is untrusted, and a spreadsheet that opens a CSV file takes a text like `=HYPERLINK(…)` for a formula. In
Parquet and Excel files a text is typed as text, so nothing can happen. CSV has no types: there the text is written as
it stands, since a file that other programs read must not differ from the mart, and the caller is told how many such
texts there are; `escape_formulas` puts an apostrophe before each for those who open the file in a spreadsheet.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from extract.errors import ConfigError
from extract.outputs import unwritable, write_whole
from extract.warehouse import read_marts

Format = Literal["csv", "parquet", "xlsx"]

IATI_NAME = "iati_transactions"
# Limits of the Excel format.
EXCEL_ROWS = 1_048_575
EXCEL_CHARS = 32_767

_FORMULA = r"^[=+\-@\t\r]"

# One transaction per commitment that stands, at its face value in its own currency: a payment drawn from a pledge is a
# transaction of its own, as in IATI, so different types are not to be added up. Type codes: 12 outgoing pledge,
# 2 outgoing commitment, 3 disbursement. A pledge without a rate counts in no total, but it was made.
_IATI = """
select
    commitments.commitment_id as transaction_ref,
    commitments.iati_transaction_type as transaction_type,
    coalesce(commitments.stage_since, commitments.first_seen) as transaction_date,
    coalesce(commitments.amount_min, commitments.amount) as value,
    commitments.currency as value_currency,
    coalesce(commitments.value_date, commitments.stage_since, commitments.first_seen) as value_date,
    commitments.contributors as provider_org,
    case when not commitments.is_joint then provider.iati_org_ref end as provider_org_ref,
    commitments.recipient as receiver_org,
    receiver.iati_org_ref as receiver_org_ref,
    countries.iso2 as recipient_country,
    commitments.best_quote as description,
    commitments.best_source as source
from commitments
left join seeds.organisations as provider on commitments.contributor_ids = provider.organisation_id
left join seeds.organisations as receiver on commitments.recipient_id = receiver.organisation_id
left join seeds.countries as countries on coalesce(commitments.host_id, commitments.recipient_id) = countries.iso3
where commitments.iati_transaction_type is not null
    and coalesce(commitments.amount_min, commitments.amount) is not null
    and (commitments.include_in_totals or commitments.exclude_reason = 'no_rate')
order by transaction_ref
"""


@dataclass(frozen=True)
class Exported:
    """One file that was written.

    Attributes:
        name: The mart, or `iati_transactions`.
        rows_n: Rows without the header.
        formulas_n: Texts in a CSV file that a spreadsheet would take for a formula, left as they are.
        cut_n: Texts in an Excel file cut at the format's 32,767 characters.
    """

    name: str
    path: Path
    rows_n: int
    formulas_n: int = 0
    cut_n: int = 0


def export_marts(
    warehouse: Path, folder: Path, kind: Format, marts: Sequence[str] = (), *, escape_formulas: bool = False
) -> list[Exported]:
    """Write marts to `folder`, one file each, in the order of their names.

    Args:
        marts: Names of marts, or `iati_transactions`, which is always CSV; all of them when empty.
        escape_formulas: In CSV, put an apostrophe before a text that a spreadsheet would take for a formula.

    Raises:
        ConfigError: If a mart does not exist, the folder cannot be written, a mart is too long for Excel, or the
            writer of Excel files is not installed.
        WarehouseError: If the warehouse cannot be read or holds no marts.
    """
    with read_marts(warehouse) as connection:
        workbook = _excel_writer() if kind == "xlsx" else None
        chosen = _chosen(connection, marts)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error, "Name another folder.") from error
        written = []
        for name in chosen:
            query = _IATI if name == IATI_NAME else f'select * from "{name}" order by all'
            if name == IATI_NAME or kind == "csv":
                written.append(_write_csv(connection, name, query, folder, escape_formulas))
            elif kind == "parquet":
                written.append(_write_parquet(connection, name, query, folder))
            else:
                assert workbook is not None
                written.append(_write_excel(connection, name, query, folder, workbook))
    return written


def _chosen(connection: duckdb.DuckDBPyConnection, marts: Sequence[str]) -> list[str]:
    built = [
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'main' and table_type = 'BASE TABLE' order by table_name"
        ).fetchall()
    ]
    known = [*built, IATI_NAME]
    unknown = [name for name in marts if name not in known]
    if unknown:
        raise ConfigError(f"There is no mart {unknown[0]!r}. There are: {', '.join(known)}")
    return [name for name in known if not marts or name in marts]


def _write_csv(
    connection: duckdb.DuckDBPyConnection, name: str, query: str, folder: Path, escape_formulas: bool
) -> Exported:
    texts = _text_columns(connection, query)
    formulas_n = 0
    if texts and escape_formulas:
        escaped = ", ".join(
            f"case when regexp_matches(\"{column}\", '{_FORMULA}') then '''' || \"{column}\" else \"{column}\" end"
            f' as "{column}"'
            for column in texts
        )
        query = f"select * replace ({escaped}) from ({query})"
    elif texts:
        counts = " + ".join(f"count(*) filter (where regexp_matches(\"{column}\", '{_FORMULA}'))" for column in texts)
        formulas_n = _number(connection, f"select {counts} from ({query})")
    return _copied(connection, name, query, folder / f"{name}.csv", "format csv, header", formulas_n)


def _write_parquet(connection: duckdb.DuckDBPyConnection, name: str, query: str, folder: Path) -> Exported:
    return _copied(connection, name, query, folder / f"{name}.parquet", "format parquet, compression zstd", 0)


def _copied(
    connection: duckdb.DuckDBPyConnection, name: str, query: str, path: Path, options: str, formulas_n: int
) -> Exported:
    def copy(part: Path) -> int:
        target = str(part).replace("'", "''")
        return _number(connection, f"copy ({query}) to '{target}' ({options})")

    return Exported(name, path, write_whole(path, copy, "Name another folder."), formulas_n=formulas_n)


def _write_excel(
    connection: duckdb.DuckDBPyConnection, name: str, query: str, folder: Path, workbook: Callable[..., Any]
) -> Exported:
    rows_n = _number(connection, f"select count(*) from ({query})")
    if rows_n > EXCEL_ROWS:
        raise ConfigError(
            f"{name} has {rows_n:,} rows, and an Excel sheet holds {EXCEL_ROWS:,}. Use --format csv or parquet."
        )
    path = folder / f"{name}.xlsx"
    cut_n = 0

    def write(part: Path) -> int:
        nonlocal cut_n
        # A text stays a text, whatever it begins with.
        kept_texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        book = workbook(str(part), {"constant_memory": True, **kept_texts})
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "head": book.add_format({"bold": True}),
        }
        # A sheet's name has at most 31 characters.
        sheet = book.add_worksheet(name[:31])
        cursor = connection.execute(query)
        sheet.freeze_panes(1, 0)
        for column, described in enumerate(cursor.description or []):
            sheet.write_string(0, column, described[0], formats["head"])
        row_n = 0
        while rows := cursor.fetchmany(2048):
            for values in rows:
                row_n += 1
                for column, value in enumerate(values):
                    cut_n += _write_cell(sheet, row_n, column, value, formats)
        book.close()
        return row_n

    return Exported(name, path, write_whole(path, write, "Name another folder."), cut_n=cut_n)


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> int:
    """Write one value by its type; 1 if a text had to be cut."""
    match value:
        case None:
            return 0
        case bool():
            sheet.write_boolean(row, column, value)
        case str():
            sheet.write_string(row, column, value[:EXCEL_CHARS])
            return int(len(value) > EXCEL_CHARS)
        case _ if hasattr(value, "hour"):
            # The format knows no time zone; the warehouse's times are UTC.
            sheet.write_datetime(row, column, value.replace(tzinfo=None), formats["datetime"])
        case _ if hasattr(value, "year"):
            # Nor any day before 1900.
            if value.year < 1900:
                sheet.write_string(row, column, value.isoformat())
            else:
                sheet.write_datetime(row, column, value, formats["date"])
        case _:
            sheet.write_number(row, column, float(value))
    return 0


def _text_columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe ({query})").fetchall() if row[1] == "VARCHAR"]


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _excel_writer() -> Callable[..., Any]:
    try:
        module = importlib.import_module("xlsxwriter")
    except ImportError as error:
        raise ConfigError(
            "Excel files need a package that is not installed. Call: pip install 'pledgebook[excel]', "
            "or use --format csv or parquet."
        ) from error
    writer: Callable[..., Any] = module.Workbook
    return writer
