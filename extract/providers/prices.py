"""What tokens cost: a table that users may replace.

In: a CSV with one row per model. Out: US dollars of one answer, or None where the table does not
know the model: unknown is null, never 0. The table that ships holds list prices with the date they
were read; prices change, and a contract may differ.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from extract.errors import ConfigError

DEFAULT_PRICES_PATH = Path(__file__).with_name("prices.csv")
# OpenAI's price of an answer through a batch.
BATCH_SHARE = Decimal("0.5")
_COLUMNS = (
    "input_usd_per_million_tokens",
    "cached_input_usd_per_million_tokens",
    "output_usd_per_million_tokens",
)
# A snapshot has the price of its model: gpt-5-mini-2025-08-07, claude-sonnet-4-5-20250929.
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input_usd: Decimal
    cached_input_usd: Decimal
    output_usd: Decimal

    def cost_usd(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> Decimal:
        """Cost of one answer; `cached_tokens` are part of `prompt_tokens`."""
        total = (
            (prompt_tokens - cached_tokens) * self.input_usd
            + cached_tokens * self.cached_input_usd
            + completion_tokens * self.output_usd
        )
        return (total / 1_000_000).quantize(Decimal("0.00000001"))


def find_price(model: str, path: Path = DEFAULT_PRICES_PATH) -> Price | None:
    """Price of `model` (`provider/name`), of its undated form, or of `provider/*`.

    Raises:
        ConfigError: If the table cannot be read.
    """
    prices = read_prices(path)
    for name in (model, _SNAPSHOT.sub("", model), f"{model.partition('/')[0]}/*"):
        if name in prices:
            return prices[name]
    return None


def read_prices(path: Path) -> dict[str, Price]:
    """The whole table, by model.

    Raises:
        ConfigError: If it cannot be read.
    """
    wanted = f"Give the columns model, {', '.join(_COLUMNS)} with plain numbers."
    prices = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in ("model", *_COLUMNS) if name not in (rows.fieldnames or ())]
            if missing:
                raise ConfigError(f"The price table {str(path)!r} has no column {missing[0]!r}. {wanted}")
            for row in rows:
                numbers = [Decimal(row[column]) for column in _COLUMNS]
                if not all(one.is_finite() and one >= 0 for one in numbers):
                    raise InvalidOperation
                prices[row["model"]] = Price(*numbers)
    except OSError as error:
        raise ConfigError(f"The price table {str(path)!r} cannot be read: {error.strerror}. Check its path.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The price table {str(path)!r} is not in UTF-8. Save it as CSV in UTF-8.") from error
    except (TypeError, InvalidOperation, csv.Error) as error:
        raise ConfigError(
            f"The price table {str(path)!r} has a row that cannot be read (line {rows.line_num}). {wanted}"
        ) from error
    return prices
