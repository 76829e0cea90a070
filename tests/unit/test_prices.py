"""Prices: a user's table, snapshots at their model's price, unknown is null."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from extract.errors import ConfigError
from extract.providers.prices import DEFAULT_PRICES_PATH, find_price

HEADER = "model,input_usd_per_million_tokens,cached_input_usd_per_million_tokens,output_usd_per_million_tokens\n"


def test_a_user_s_table(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(f"{HEADER}openai/x,1,0.1,10\nlocal/*,0,0,0\n", encoding="utf-8")
    price = find_price("openai/x-2026-01-31", path)
    assert price is not None
    assert price.cost_usd(1_000_000, 500_000, 100_000) == Decimal("1.55")
    assert find_price("openai/x-mini", path) is None
    free = find_price("local/any", path)
    assert free is not None and free.cost_usd(10, 0, 10) == 0


def test_every_row_that_ships_can_be_read_and_is_dated() -> None:
    lines = DEFAULT_PRICES_PATH.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(HEADER.strip()) and lines[0].endswith(",as_of_date")
    for line in lines[1:]:
        price = find_price(line.split(",")[0])
        assert price is not None and 0 <= price.cached_input_usd <= price.input_usd <= price.output_usd


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"model\nx\n", "has no column 'input_usd_per_million_tokens'"),
        (b"", "has no column 'model'"),
        (HEADER.encode() + b"openai/x,a,b,c\n", r"\(line 2\)"),
        (HEADER.encode() + b"openai/y,1,1,1\nopenai/x,1\n", r"\(line 3\)"),
        (HEADER.encode() + b"openai/x,nan,1,1\n", r"\(line 2\)"),
        (HEADER.encode() + b"openai/x,-1,1,1\n", r"\(line 2\)"),
        (HEADER.encode() + b"openai/\xe9,1,1,1\n", "is not in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=rf"prices\.csv' .*{said}"):
        find_price("openai/x", path)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        find_price("openai/x", tmp_path / "none.csv")
