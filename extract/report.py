"""What people read: tables made from the marts alone.

In: a published warehouse. Out: text. Nothing is computed here that a mart does not hold.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from extract.warehouse import read_warehouse

_SHOWN_ROWS = 40


def contributions_table(warehouse: Path) -> str:
    """contributions_by_country as a table for a terminal.

    Amounts are lower bounds in US dollars. A joint sum is shown beside each country that takes part in
    it, in a column of its own, and adds to nothing.
    """
    with read_warehouse(warehouse) as connection:
        rows = connection.execute(
            """
            select country, sole_pledged_usd, sole_committed_usd, sole_disbursed_usd, joint_commitments_n,
                   joint_group_total_usd, troop_promises_n, troops_promised_min, troop_deployments_n,
                   troops_deployed_min, memberships_n, documents_n
            from contributions_by_country
            order by coalesce(sole_pledged_usd, 0) + coalesce(sole_committed_usd, 0)
                     + coalesce(sole_disbursed_usd, 0) desc,
                     joint_commitments_n desc, troop_promises_n + troop_deployments_n desc, memberships_n desc, country
            """
        ).fetchall()
    if not rows:
        return "contributions by country: no country has a contribution in these documents"
    head = ["country", "pledged $", "committed $", "disbursed $", "joint", "joint sum $*", "troops promised",
            "troops deployed", "seats", "documents"]  # fmt: skip
    body = [
        [str(country), _usd(pledged), _usd(committed), _usd(disbursed), _count(joint), _usd(joint_total),
         _troops(promises, promised), _troops(deployments, deployed), _count(seats), _count(documents)]
        for (country, pledged, committed, disbursed, joint, joint_total, promises, promised, deployments, deployed,
             seats, documents) in rows[:_SHOWN_ROWS]
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(row[n].rjust(widths[n]) for n in range(1, len(row)))])
        for row in [head, *body]
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    title = "contributions by country (lower bounds; a commitment stands in one stage)"
    more = [f"… and {len(rows) - _SHOWN_ROWS} more"] if len(rows) > _SHOWN_ROWS else []
    note = "* of the whole group: it adds to no country and does not add up over countries"
    return "\n".join([title, *lines, *more, note])


def _usd(value: Decimal | float | None) -> str:
    return short_amount(value) if value else "-"


def short_amount(value: Decimal | float) -> str:
    """An amount in words short enough for a table."""
    amount = float(value)
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:,.4g} {unit}" if amount / size < 1000 else f"{amount / size:,.0f} {unit}"
    return f"{amount:,.0f}"


def _count(value: int | None) -> str:
    return str(value) if value else "-"


def _troops(commitments: int | None, persons: int | None) -> str:
    return troops(commitments, persons) if commitments else "-"


def troops(commitments: int, persons: int | None) -> str:
    """Persons where a number is stated, otherwise how many commitments stand without one."""
    return f"{persons:,}" if persons else f"{commitments} (no number)"
