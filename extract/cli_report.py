"""The command `pledgebook report`: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.cli_runs import WarehouseOption
from extract.config import DEFAULT_WAREHOUSE


def report(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most commitments to show.")] = 2_000,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> int:
    """Write a page to read: countries, commitments and conflicts, every figure with its quotes, as one HTML file.

    Example: pledgebook report --output report.html
    """
    from extract.page import write_page

    print(write_page(warehouse, output, shown=limit))
    return 0
