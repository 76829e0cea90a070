"""What persons decided, checked before dbt reads it: seeds/*_overrides.csv.

In: the files, and the warehouse whose records and commitments they are about. Out: nothing, or one error that names the
file, the line, the reason and the next step. DuckDB says of a row with a column too many that it cannot sniff the
file, takes a quotation mark that is not closed for a letter, and of a stage that there is not only that a contract
is broken. What only the marts can tell (whether there is a commitment to merge into) is tested there
(`overrides_can_be_applied`), as is all the rest once more. Applying a decision is dbt's work.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import get_args

import duckdb

from extract.config import project_root
from extract.errors import ConfigError
from extract.schema import (
    ActorType,
    AidType,
    FinanceType,
    FundingRole,
    MembershipRole,
    MembershipStage,
    MoneyStage,
    Qualifier,
    Realis,
    TroopStage,
)
from extract.warehouse import read_warehouse

# The columns of each file, in their order.
COLUMNS: dict[str, tuple[str, ...]] = {
    "record_overrides": (
        "record_id", "document_id", "quote", "action", "field", "value", "author", "date", "reason",
    ),
    "commitment_overrides": ("commitment_id", "action", "target", "field", "value", "author", "date", "reason"),
    "entity_overrides": ("entity_id", "field", "value", "author", "date", "reason"),
}  # fmt: skip
_ACTIONS: dict[str, tuple[str, ...]] = {
    "record_overrides": ("reject", "correct"),
    "commitment_overrides": ("merge", "split", "part_of", "draws_on", "not_part_of", "reject", "correct"),
}
# What may be corrected.
_FIELDS: dict[str, tuple[str, ...]] = {
    "record_overrides": (
        "stage", "realis", "contributors", "counterpart", "host", "body_id", "role", "amount", "amount_min",
        "amount_max", "currency", "qualifier", "headcount", "equipment", "aid_type", "finance_type", "event_date",
        "announcement_date",
    ),
    "commitment_overrides": (
        "amount", "amount_min", "amount_max", "stage", "aid_type", "finance_type", "is_umbrella",
    ),
    "entity_overrides": ("same_as", "name", "type"),
}  # fmt: skip
_TARGETED = ("merge", "split", "part_of", "draws_on")

_STAGES: dict[str, tuple[str, ...]] = {
    "pledge": get_args(MoneyStage), "funding_amount": get_args(MoneyStage), "troop_commitment": get_args(TroopStage),
    "membership": get_args(MembershipStage),
}  # fmt: skip
_ROLES: dict[str, tuple[str, ...]] = {"membership": get_args(MembershipRole), "funding_amount": get_args(FundingRole)}
_CHOICES: dict[str, tuple[str, ...]] = {
    "realis": get_args(Realis), "qualifier": get_args(Qualifier), "aid_type": get_args(AidType),
    "finance_type": get_args(FinanceType), "is_umbrella": ("true", "false"),
}  # fmt: skip
# As decimal(38, 4) and bigint hold them.
_LARGEST_AMOUNT, _LARGEST_COUNT = Decimal(10) ** 34, 2**63
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Decision:
    """One row.

    Attributes:
        file: Name of the seed.
        line: Of the file, where the row begins.
        values: By column; what is empty is None.
    """

    file: str
    line: int
    values: Mapping[str, str | None]

    def __getitem__(self, column: str) -> str | None:
        return self.values[column]

    @property
    def named(self) -> str:
        """What it says, in a few words."""
        about = self.values.get("record_id") or self.values.get("document_id") or self.values[COLUMNS[self.file][0]]
        said = (about, self.values.get("action"), self.values.get("target"), self.values.get("field"), self["value"])
        return " ".join(_cut(one) for one in said if one)


@dataclass(frozen=True)
class _Problem:
    path: Path
    line: int
    named: str
    why: str

    @property
    def words(self) -> str:
        named = f" ({self.named})" if self.named else ""
        return f"{str(self.path)!r}, line {self.line}{named}: {self.why}"


def overrides_path(name: str) -> Path:
    """The file of one kind of decisions."""
    return project_root() / "seeds" / f"{name}.csv"


def check_decisions(warehouse: Path) -> None:
    """Refuse decisions that cannot be read or cannot hold.

    Args:
        warehouse: Of records and commitments that it has, if it is there, values have to fit their type.

    Raises:
        ConfigError: If there is one, with its file, line, reason and the next step.
    """
    problems: list[_Problem] = []
    decisions: list[Decision] = []
    for name in COLUMNS:
        try:
            decisions += read_decisions(name)
        except UnreadableDecisions as error:
            problems.append(error.problem)
    types = _types(warehouse, decisions) if decisions and warehouse.exists() else {}
    known = _Known(decisions)
    for one in decisions:
        why = known.problem(one, types.get((one.file, one.line)))
        if why:
            problems.append(_Problem(overrides_path(one.file), one.line, one.named, why))
    if not problems:
        problems = _crossed_bounds(decisions)
    if problems:
        first, *rest = problems
        others = ", ".join(f"{one.path.name} line {one.line}" for one in rest[:5]) + (", …" if len(rest) > 5 else "")
        more = f" {len(rest)} more to mend: {others}." if rest else ""
        raise ConfigError(f"{first.words} Mend the line and call again.{more}")


def broken_bounds(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Corrections of one bound that another figure of the commitment contradicts, one line each.

    Args:
        connection: To a warehouse of which dbt has built the commitments, or refused to.
    """
    lines = []
    for one in _bounds(read_decisions("commitment_overrides")):
        row = connection.execute(
            "select amount_min, amount, amount_max from intermediate.int_commitments_described where commitment_id = ?"
            " and not coalesce(amount_min <= amount and amount <= amount_max and amount_min <= amount_max, true)",
            [one["commitment_id"]],
        ).fetchone()
        if row is not None:
            shown = ", ".join(f"{name} {_plain(value)}" for name, value in zip(_BOUNDS, row, strict=True))
            why = f"with it the commitment has {shown}: these are in no order. Correct the others as well."
            lines.append(_Problem(overrides_path(one.file), one.line, one.named, why).words)
    return lines


_BOUNDS = ("amount_min", "amount", "amount_max")


def _bounds(decisions: Iterable[Decision]) -> list[Decision]:
    return [one for one in decisions if one.values.get("action") == "correct" and one["field"] in _BOUNDS]


def _crossed_bounds(decisions: Sequence[Decision]) -> list[_Problem]:
    """Corrections of one record or commitment that contradict each other; they can all be read."""
    given: dict[tuple[str | None, ...], dict[str, Decision]] = {}
    for one in sorted(_bounds(decisions), key=lambda one: one["date"] or ""):  # the latest counts
        about = tuple(one.values.get(name) for name in ("record_id", "document_id", "quote", "commitment_id"))
        given.setdefault((one.file, *about), {})[one["field"] or ""] = one
    problems = []
    for found in given.values():
        for low, high in ((0, 1), (1, 2), (0, 2)):
            first, second = found.get(_BOUNDS[low]), found.get(_BOUNDS[high])
            if first and second and Decimal(first["value"] or 0) > Decimal(second["value"] or 0):
                more = f"{_BOUNDS[high]} {second['value']} of line {second.line}"
                why = f"{_BOUNDS[low]} {first['value']} is more than {more}."
                problems.append(_Problem(overrides_path(first.file), first.line, first.named, why))
    return problems


def _plain(value: Decimal | None) -> str:
    return "null" if value is None else f"{value:f}".rstrip("0").rstrip(".")


class UnreadableDecisions(ConfigError):
    """A file of decisions, or a row of it, cannot be read."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        self.problem = _Problem(path, line, "", why)
        super().__init__(f"{self.problem.words} Mend it and call again.")


def read_decisions(name: str, path: Path | None = None) -> list[Decision]:
    """The rows of one file.

    Args:
        path: Where it is, if not among the seeds.

    Raises:
        UnreadableDecisions: If there is none, or a row of it cannot be read.
    """
    path, columns = path or overrides_path(name), COLUMNS[name]
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        why = f"there is no such file. Make one, if only with the line: {','.join(columns)}."
        raise UnreadableDecisions(path, 1, why) from error
    except OSError as error:
        raise UnreadableDecisions(path, 1, f"it cannot be read ({error.strerror}). Check its permissions.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        wrong = f"byte {data[error.start]:#04x} is not UTF-8. Save the file as CSV in UTF-8."
        raise UnreadableDecisions(path, line, wrong) from error
    rows = _rows(path, text)
    line, header = next(rows, (1, []))
    if header != list(columns):
        found = ",".join(header)[:100] or "nothing"
        raise UnreadableDecisions(path, line, f"the first line is {','.join(columns)}, with commas, and not {found!r}.")
    decisions = []
    for line, row in rows:
        if len(row) != len(columns):
            hint = " Put quotation marks around a text with a comma." if len(row) > len(columns) else ""
            has = f"it has {len(row)} column{'s' if len(row) != 1 else ''}"
            wrong = f"{has}, and {len(columns)} are needed: {','.join(columns)}.{hint}"
            raise UnreadableDecisions(path, line, wrong)
        decisions.append(Decision(name, line, {key: one or None for key, one in zip(columns, row, strict=True)}))
    return decisions


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = f"the quotation marks do not fit ({error}). Put \" around a whole text, and \"\" for one within it."
            raise UnreadableDecisions(path, begins, why) from error
        if row:
            yield begins, row
        begins = reader.line_num + 1


class _Known:
    """What all decisions say together, and the lists that their values are compared with."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        merged = [one for one in decisions if one.values.get("action") == "merge"]
        self._merged = {one["commitment_id"] for one in merged}
        # One that is the same as itself is kept apart from its principal.
        self._same = {
            one["entity_id"] for one in decisions
            if one.file == "entity_overrides" and one["field"] == "same_as" and one["value"] != one["entity_id"]
        }  # fmt: skip
        self._countries = _countries() if decisions else frozenset[str]()

    def problem(self, one: Decision, record_type: str | None) -> str | None:
        """Why a decision cannot hold; None if it can.

        Args:
            record_type: What it is about, where that is known.
        """
        missing = [name for name in ("author", "date", "reason") if not one[name]]
        if missing:
            return f"{_and(missing)} {'is' if len(missing) == 1 else 'are'} missing: a decision has all three."
        if not _is_day(one["date"] or ""):
            return f"date is a day, as 2027-01-20, not {one['date']!r}."
        if one.file == "entity_overrides":
            return self._entity_problem(one)
        if one.file == "record_overrides" and not one["record_id"] and not (one["document_id"] and one["quote"]):
            return "it names no record: give record_id, or document_id and quote."
        if one.file == "commitment_overrides" and not one["commitment_id"]:
            return "it names no commitment: give commitment_id."
        if one["action"] not in _ACTIONS[one.file]:
            return _none_of("action", one["action"], _ACTIONS[one.file])
        if one.file == "commitment_overrides":
            if one["action"] in _TARGETED and not one["target"]:
                return f"{one['action']} needs a target."
            if one["target"] == one["commitment_id"]:
                return "a commitment cannot be its own target."
            if one["action"] == "merge" and one["target"] in self._merged:
                return f"the target {one['target']!r} is itself merged into another commitment: name that one."
        return self._correction_problem(one, record_type) if one["action"] == "correct" else None

    def _entity_problem(self, one: Decision) -> str | None:
        if not one["entity_id"]:
            return "it names no entity: give entity_id."
        if one["field"] not in _FIELDS[one.file]:
            return _none_of("field", one["field"], _FIELDS[one.file])
        value = one["value"]
        if value is None:
            return f"{one['field']} needs a value."
        if one["field"] == "same_as":
            if value in self._same:
                return f"{value!r} is itself the same as another entity: name that one."
            return self._code_problem("same_as", value)
        return _none_of("type", value, get_args(ActorType)) if not _is_type(one["field"], value) else None

    def _correction_problem(self, one: Decision, record_type: str | None) -> str | None:
        field, value = one["field"], one["value"]
        if field not in _FIELDS[one.file]:
            return _none_of("field", field, _FIELDS[one.file])
        if value is None:
            return f"{field} needs a value."
        match field:
            case "stage":
                return _choice_problem(field, value, record_type, _STAGES)
            case "role":
                return _choice_problem(field, value, record_type, _ROLES)
            case "amount" | "amount_min" | "amount_max":
                return None if _is_amount(value) else f"{field} is a number, as 25000000, not {value!r}."
            case "headcount" | "equipment":
                return None if _is_count(value) else f"{field} is a whole number, as 650, not {value!r}."
            case "event_date" | "announcement_date":
                return None if _is_day(value) else f"{field} is a day, as 2027-01-20, not {value!r}."
            case "currency":
                is_code = re.fullmatch("[A-Z]{3}", value)
                return None if is_code else f"currency is a code of three letters, as EUR, not {value!r}."
            case "contributors" | "counterpart" | "host":
                parts = value.split("|") if field == "contributors" else [value]
                return next((why for part in parts if (why := self._code_problem(field, part))), None)
            case _:
                return _none_of(field, value, _CHOICES[field]) if value not in _CHOICES.get(field, (value,)) else None

    def _code_problem(self, field: str, value: str) -> str | None:
        if not value.strip():
            return f"{field} has a part without a name: write codes or ids, with | between them."
        if re.fullmatch("[A-Z]{3}", value) and value not in self._countries:
            return f"{field} {value!r} is the code of no country (seeds/countries.csv has them)."
        return None


def _choice_problem(
    field: str, value: str, record_type: str | None, by_type: Mapping[str, tuple[str, ...]]
) -> str | None:
    if record_type is not None and record_type in by_type:
        allowed = by_type[record_type]
        return None if value in allowed else _none_of(field, value, allowed, of=record_type)
    if any(value in one for one in by_type.values()):
        return None
    return _none_of(field, value, list(dict.fromkeys(one for allowed in by_type.values() for one in allowed)))


def _none_of(field: str, value: str | None, allowed: Iterable[str], of: str | None = None) -> str:
    about = f" of a {of.replace('_', ' ')}" if of else ""
    said = repr(value) if value else "empty"
    return f"{field}{about} is {said}, and has to be one of {', '.join(allowed)}."


def _is_type(field: str | None, value: str) -> bool:
    return field != "type" or value in get_args(ActorType)


def _is_amount(value: str) -> bool:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and 0 <= number < _LARGEST_AMOUNT


def _is_count(value: str) -> bool:
    return bool(re.fullmatch(r"\d+", value, re.ASCII)) and int(value) < _LARGEST_COUNT


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else flat[:39] + "…"


def _countries() -> frozenset[str]:
    with (project_root() / "seeds" / "countries.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["iso3"] for row in csv.DictReader(file))


# Where the type of what is corrected stands: schema, table, column, and the key, called alike in the decision.
_TYPES = {
    "commitment_overrides": ("main", "commitments", "commitment_type", "commitment_id"),
    "record_overrides": ("raw", "records", "record_type", "record_id"),
}


def _types(warehouse: Path, decisions: Sequence[Decision]) -> dict[tuple[str, int], str]:
    """What each correction is about, where the warehouse knows its record or commitment, by file and line."""
    found: dict[tuple[str, int], str] = {}
    with read_warehouse(warehouse) as connection:
        tables = set(connection.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        for one in decisions:
            schema, table, column, key = _TYPES.get(one.file, ("", "", "", ""))
            if (schema, table) in tables and one["action"] == "correct":
                query = f"select {column} from {schema}.{table} where {key} = ?"
                row = connection.execute(query, [one[key]]).fetchone()
                if row is not None:
                    found[one.file, one.line] = str(row[0])
    return found
