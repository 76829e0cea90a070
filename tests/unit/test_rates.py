"""Rates of the European Central Bank: units for one euro become dollars for one unit."""

from __future__ import annotations

from datetime import date

import pytest

from extract.rates import RATES_SOURCE, _insert_rates
from extract.warehouse import create_tables, open_warehouse

FILE = """Date,USD,JPY,CYP,
2026-10-30,1.1,220.0,N/A,
2026-10-29,N/A,150.0,0.58,
2026-10-28,1.2,120.0,0.6,
"""


def test_rates_are_dollars_for_one_unit_on_the_days_that_quote_both(tmp_path):
    (tmp_path / "rates.csv").write_text(FILE)
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        create_tables(connection)
        _insert_rates(connection, str(tmp_path / "rates.csv"))
        rows = connection.execute("from raw.exchange_rates order by rate_date, currency").fetchall()
    assert [row[:2] for row in rows] == [
        ("CYP", date(2026, 10, 28)), ("EUR", date(2026, 10, 28)), ("JPY", date(2026, 10, 28)),
        ("EUR", date(2026, 10, 30)), ("JPY", date(2026, 10, 30)),
    ]  # fmt: skip
    assert [row[2] for row in rows] == pytest.approx([2.0, 1.2, 0.01, 1.1, 0.005])
    assert {row[3] for row in rows} == {RATES_SOURCE}
