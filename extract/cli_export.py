"""The commands `pledgebook export` and `pledgebook unresolved`: parse, call one function, print."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from extract.cli_runs import WarehouseOption
from extract.config import DEFAULT_WAREHOUSE

DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


class Kind(StrEnum):
    """What marts can be written as."""

    csv = "csv"
    parquet = "parquet"
    xlsx = "xlsx"


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write, one file a mart.", show_default=False)],
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    kind: Annotated[Kind, typer.Option("--format", help="What to write.")] = Kind.csv,
    marts: Annotated[
        list[str] | None,
        typer.Option("--marts", help="A mart, or iati_transactions; repeat it or put commas between. Default: all."),
    ] = None,
    escape_formulas: Annotated[
        bool,
        typer.Option("--escape-formulas", help="CSV: put ' before a text that a spreadsheet would take for a formula."),
    ] = False,
    debug: DebugOption = False,
) -> int:
    """Write the marts as CSV, Parquet or Excel files, and the money commitments in the shape of IATI transactions.

    Example: pledgebook export --format xlsx --marts commitments,evidence tables/
    """
    from extract.export import export_marts

    names = [name.strip() for given in marts or [] for name in given.split(",") if name.strip()]
    written = export_marts(warehouse, folder, kind.value, names, escape_formulas=escape_formulas)
    for one in written:
        print(f"{one.path}: {one.rows_n} rows")
    formulas_n = sum(one.formulas_n for one in written)
    if formulas_n:
        _say(
            f"note: {formulas_n} texts begin with = + - or @ and stand as they are; "
            "before you open these files in a spreadsheet, write them again with --escape-formulas"
        )
    for one in written:
        if one.cut_n:
            _say(f"note: {one.path.name} holds {one.cut_n} texts cut at the 32,767 characters of an Excel cell")
    return 0


def unresolved(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    add: Annotated[
        str | None,
        typer.Option("--add", metavar="NAME=ENTITY", help="Who a name is: an id, or a name in a list."),
    ] = None,
    author: Annotated[str | None, typer.Option("--author", help="Who decides it.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most names to list.")] = 40,
    debug: DebugOption = False,
) -> int:
    """List the actors that no list knows, the most frequent first, or say who one of them is.

    Example: pledgebook unresolved --add "R. Kreuz=Red Cross" --author Ana --reason "its German name"
    """
    from extract.unresolved import add_override, overrides_file, unresolved_actors, unresolved_table

    actors = unresolved_actors(warehouse)
    if add is None:
        print(unresolved_table(actors, shown=limit))
        return 0
    line = add_override(actors, add, author=author, reason=reason, on=datetime.now(UTC).date())
    print(line)
    _say(f"added to {overrides_file()}; it takes effect with: pledgebook build")
    return 0


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
