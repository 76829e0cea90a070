"""Names that no list knows: what to add, and adding it.

In: a built warehouse, and a person's decision. Out: unresolved actors by frequency, or one more row of
seeds/entity_overrides.csv, which dbt reads with the next build.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rapidfuzz import process

from extract.config import project_root
from extract.decisions import read_decisions
from extract.errors import ConfigError
from extract.normalise.actors import resolve_actor
from extract.outputs import unwritable
from extract.warehouse import read_marts


@dataclass(frozen=True)
class UnresolvedActor:
    """A name that is in no list.

    Attributes:
        entity_id: The slug it goes by until somebody says who it is.
        claims_n: Claims that use it.
        example: One of the quotes.
    """

    entity_id: str
    name: str
    type: str
    claims_n: int
    documents_n: int
    example: str


def overrides_file() -> Path:
    """The seed that holds what persons decided about actors."""
    return project_root() / "seeds" / "entity_overrides.csv"


def unresolved_actors(warehouse: Path) -> list[UnresolvedActor]:
    """Unresolved actors, those in most claims first.

    Raises:
        ConfigError: If there is no warehouse.
        WarehouseError: If it cannot be read or holds no marts.
    """
    with read_marts(warehouse, "unresolved_actors") as connection:
        rows = connection.execute(
            "select entity_id, name, type, claims_n, documents_n, example_quote from unresolved_actors"
            " order by claims_n desc, documents_n desc, name, entity_id"
        ).fetchall()
    return [UnresolvedActor(*row) for row in rows]


def unresolved_table(actors: list[UnresolvedActor], *, shown: int = 40, example_chars: int = 70) -> str:
    """The list as a table for a terminal, the longest examples cut."""
    if not actors:
        return "unresolved actors: none, every name is in a list"
    head = ["claims", "documents", "name", "type", "entity_id", "example"]
    body = [
        [str(one.claims_n), str(one.documents_n), one.name, one.type, one.entity_id, _cut(one.example, example_chars)]
        for one in actors[:shown]
    ]
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head) - 1)]
    lines = [
        "  ".join(
            [
                *(cell.rjust(size) for cell, size in zip(row[:2], widths[:2], strict=True)),
                *(cell.ljust(size) for cell, size in zip(row[2:-1], widths[2:], strict=True)),
                row[-1],
            ]
        ).rstrip()
        for row in [head, *body]
    ]
    lines.insert(1, "  ".join("-" * width for width in [*widths, len(head[-1])]))
    more = [f"… and {len(actors) - shown} more"] if len(actors) > shown else []
    return "\n".join([f"unresolved actors: {len(actors)}", *lines, *more])


def add_override(
    actors: list[UnresolvedActor], addition: str, *, author: str | None, reason: str | None, on: date
) -> str:
    """Record that an unresolved name is a known country or organisation.

    Args:
        actors: What is unresolved now.
        addition: `NAME=ENTITY`; the name, or its entity_id, as `pledgebook unresolved` lists it, and a country or
            organisation, by its id or by a name that Pledgebook knows.
        on: Day of the decision.

    Returns:
        The row that was added, as a line of CSV.

    Raises:
        ConfigError: If something is missing, the name is not unresolved, the entity is not known, or the file cannot
            be written.
    """
    name, _, entity = (part.strip() for part in addition.rpartition("="))
    if not name or not entity:
        raise ConfigError(f"--add takes NAME=ENTITY, as in 'Rotes Kreuz=icrc'; {addition!r} is something else.")
    if not (author or "").strip() or not (reason or "").strip():
        raise ConfigError("A decision has an author and a reason: add --author NAME --reason WHY.")
    file = overrides_file()
    actor_id = _named(actors, name)
    entity_id = _known_id(entity)
    decided = _decided(file)
    if actor_id in decided:
        raise ConfigError(
            f"{file.name} already says that {actor_id!r} is {decided[actor_id]!r}. Build again, or change that row."
        )
    if actor_id in decided.values():
        raise ConfigError(f"{file.name} says that others are the same as {actor_id!r}: change those rows first.")
    if entity_id in decided:
        raise ConfigError(f"{entity_id!r} is itself the same as {decided[entity_id]!r}: name that one.")
    line = _line([actor_id, "same_as", entity_id, (author or "").strip(), on.isoformat(), (reason or "").strip()])
    _append(file, line)
    return line


def _named(actors: list[UnresolvedActor], name: str) -> str:
    found = [one.entity_id for one in actors if name == one.entity_id]
    found = found or [one.entity_id for one in actors if name.casefold() == one.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"{name!r} is the name of several: {', '.join(found)}. Give the entity_id instead.")
    raise ConfigError(
        f"{name!r} is not unresolved{_suggestion(name, [one.name for one in actors])}. "
        "See the list with: pledgebook unresolved"
    )


def _known_id(entity: str) -> str:
    """The id of a country or organisation given by its id, or by any name that Pledgebook knows."""
    seeds = project_root() / "seeds"
    ids = {row["iso3"] for row in _rows(seeds / "countries.csv")}
    ids |= {row["organisation_id"] for row in _rows(seeds / "organisations.csv")}
    if entity in ids:
        return entity
    actor = resolve_actor(entity)
    if actor.is_resolved and actor.entity_id in ids:
        return actor.entity_id
    raise ConfigError(
        f"{entity!r} is no country or organisation that Pledgebook knows{_suggestion(entity, sorted(ids))}. "
        "Add an organisation to seeds/organisations.csv first if it is a new one."
    )


def _suggestion(name: str, names: list[str]) -> str:
    near = process.extractOne(name, names, score_cutoff=75)
    return f"; did you mean {near[0]!r}?" if near else ""


def _decided(file: Path) -> dict[str, str]:
    decided = [one for one in read_decisions("entity_overrides", file) if one["field"] == "same_as"]
    return {one["entity_id"] or "": one["value"] or "" for one in decided}


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    except OSError as error:
        raise ConfigError(f"{str(file)!r} cannot be read ({error.strerror}). Install the package again.") from error


def _line(values: list[str]) -> str:
    buffer = io.StringIO()
    # A reason of several lines is one line of the file.
    csv.writer(buffer, lineterminator="").writerow([" ".join(value.split()) for value in values])
    return buffer.getvalue()


def _append(file: Path, line: str) -> None:
    try:
        before = file.read_text(encoding="utf-8")
        kept = before if before.endswith("\n") else before + "\n"
        part = file.with_name(f".{file.name}.part")
        part.write_text(f"{kept}{line}\n", encoding="utf-8")
        os.replace(part, file)
    except OSError as error:
        raise unwritable(file, error, "Check its permissions.") from error


def _cut(text: str, chars: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= chars else flat[: chars - 1] + "…"
