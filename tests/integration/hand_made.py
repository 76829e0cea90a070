"""Warehouses from hand-made records: raw tables as a run leaves them, dbt in process, marts read back."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from extract.schema import Record
from extract.transform import lean_dbt
from extract.warehouse import RAW_TABLES, create_tables, insert_rows

ROOT = Path(__file__).resolve().parents[2]
STARTED_AT = datetime(2026, 11, 1, tzinfo=UTC)
GULF = ("ARE", "KWT", "QAT", "SAU")


@dataclass(frozen=True)
class News:
    """A document and what a provider found in it."""

    text: str
    records: tuple[dict[str, Any], ...] = ()
    language: str = "en"
    published: date | None = None
    outlet: str | None = None

    @property
    def document_id(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Rate:
    """Dollars for one unit of a currency on a day."""

    currency: str
    rate_date: date
    usd_per_unit: float
    source: str = "test"


@dataclass
class Overrides:
    """Rows for the override seeds, as their CSV files hold them."""

    record_overrides: list[str] = field(default_factory=list)
    commitment_overrides: list[str] = field(default_factory=list)
    entity_overrides: list[str] = field(default_factory=list)


# --- building raw tables ----------------------------------------------------------------------


def actor(entity_id: str, kind: str | None = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    """An actor; an upper-case id of three letters is a country."""
    is_country = len(entity_id) == 3 and entity_id.isupper()
    return {
        "name": name or entity_id,
        "type": kind or ("country" if is_country else "igo"),
        "entity_id": entity_id,
        "code": entity_id,
        "is_resolved": True,
        **more,
    }


def money(amount: float, currency: str | None = "USD", qualifier: str = "exact") -> dict[str, Any]:
    """A sum with the bounds that its qualifier proves."""
    value = Decimal(str(amount))
    low = None if qualifier in ("up_to", "less_than") else value
    high = None if qualifier in ("at_least", "more_than") else value
    return {
        "as_written": f"{amount} {currency}",
        "amount": value,
        "amount_min": low,
        "amount_max": high,
        "currency": currency,
        "currency_is_inferred": False,
        "qualifier": qualifier,
    }


def quantity(value: int, qualifier: str = "exact") -> dict[str, Any]:
    """A number of persons or items."""
    return {
        "as_written": str(value),
        "value": value,
        "minimum": value,
        "maximum": None if qualifier in ("at_least", "more_than") else value,
        "qualifier": qualifier,
    }


def day(value: date, basis: str = "explicit") -> dict[str, Any]:
    """A date of its own."""
    return {"expression": str(value), "value": value, "precision": "day", "basis": basis}


def pledge(
    givers: str | Sequence[str], recipient: str | None, amount: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    """A pledge by one giver, or jointly by several."""
    names = [givers] if isinstance(givers, str) else list(givers)
    return {
        "record_type": "pledge",
        "stage": "pledged",
        "realis": "actual",
        "actors": [actor(name) for name in names],
        "is_joint": len(names) > 1,
        "counterpart": actor(recipient) if recipient else None,
        "money": amount,
        "resource_types": ["financial"] if amount else [],
        **more,
    }


def troops(giver: str, force: str, stage: str, headcount: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Personnel of one contributor for a force."""
    return {
        "record_type": "troop_commitment",
        "stage": stage,
        "realis": "actual",
        "actors": [actor(giver)],
        "counterpart": actor(force, "force"),
        "headcount": headcount,
        "personnel_types": ["troops"],
        **more,
    }


def membership(member: str, organisation: str, stage: str, **more: Any) -> dict[str, Any]:
    """A membership event."""
    return {
        "record_type": "membership",
        "stage": stage,
        "realis": "actual",
        "actors": [actor(member)],
        "counterpart": actor(organisation),
        "role": "member",
        **more,
    }


def funding(role: str, payee: str, amount: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A sum that is no contribution."""
    return {
        "record_type": "funding_amount",
        "stage": None,
        "realis": "actual",
        "actors": [],
        "role": role,
        "counterpart": actor(payee),
        "money": amount,
        **more,
    }


def write_warehouse(path: Path, news: Sequence[News], rates: Sequence[Rate] = ()) -> None:
    """Create the raw tables at `path` as one run over `news` leaves them."""
    connection = duckdb.connect(str(path))
    try:
        create_tables(connection)
        add_run(connection, "run-1", STARTED_AT, news)
        for rate in rates:
            connection.execute(
                "insert into raw.exchange_rates values (?, ?, ?, ?)",
                [rate.currency, rate.rate_date, rate.usd_per_unit, rate.source],
            )
    finally:
        connection.close()


def add_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    started_at: datetime,
    news: Sequence[News],
    dropped: Sequence[News] = (),
) -> None:
    """Append one run that saw `news`, and the decision that `dropped` stands no longer."""
    run = {
        "run_id": run_id, "started_at": started_at, "finished_at": started_at, "status": "ok", "provider": "test",
        "pledgebook_version": "0", "schema_version": "1", "grounding_version": "1", "documents_n": len(news),
    }  # fmt: skip
    insert_rows(connection, "runs", [run])
    known = {row[0] for row in connection.execute("select document_id from raw.documents").fetchall()}
    added = {item.document_id: item for item in news if item.document_id not in known}.values()
    insert_rows(connection, "documents", [_document(item, run_id) for item in added])
    insert_rows(connection, "extractions", [_extraction(item, run_id, started_at) for item in added])
    insert_rows(connection, "records", [record for item in added for record in _records(item)])
    places = dict(
        connection.execute("select document_id, list(distinct source_id) from raw.sightings group by 1").fetchall()
    )
    sightings = [
        _sighting(f"source-{run_id}-{number}", item, run_id, started_at + timedelta(seconds=number))
        for number, item in enumerate(news)
    ]
    gone = [
        _sighting(source_id, None, run_id, started_at) for item in dropped for source_id in places[item.document_id]
    ]
    insert_rows(connection, "sightings", [*sightings, *gone])


def _document(item: News, run_id: str) -> dict[str, Any]:
    return {
        "document_id": item.document_id, "language": item.language, "publication_date": item.published,
        "outlet": item.outlet, "text": item.text, "char_count": len(item.text), "first_loaded_at": STARTED_AT,
        "first_run_id": run_id,
    }  # fmt: skip


def _extraction(item: News, run_id: str, started_at: datetime) -> dict[str, Any]:
    return {
        "extraction_id": f"x-{item.document_id}", "run_id": run_id, "document_id": item.document_id,
        "fingerprint": item.document_id, "provider": "test", "attempt_n": 1, "status": "ok", "raw_answer": "{}",
        "asked_at": started_at,
    }  # fmt: skip


def _records(item: News) -> list[dict[str, Any]]:
    records = [Record.model_validate({"evidence": [whole_text(item.text)], **draft}) for draft in item.records]
    return [
        {
            "record_id": f"{item.document_id}-{ordinal}", "extraction_id": f"x-{item.document_id}",
            "document_id": item.document_id, "ordinal": ordinal, "record_type": record.record_type,
            "record": record.model_dump(mode="json"), "grounding_version": "1",
        }
        for ordinal, record in enumerate(records)
    ]  # fmt: skip


def _sighting(source_id: str, item: News | None, run_id: str, seen_at: datetime) -> dict[str, Any]:
    return {
        "sighting_id": f"{run_id}-{source_id}", "source_id": source_id, "name": "test", "source": "test.txt",
        "document_id": item.document_id if item else None, "extraction_id": f"x-{item.document_id}" if item else None,
        "run_id": run_id, "seen_at": seen_at, "status": "ok" if item else "dropped",
    }  # fmt: skip


def whole_text(text: str) -> dict[str, Any]:
    """The text itself as evidence."""
    return {"quote": text, "start": 0, "end": len(text), "alignment": "exact"}


# --- running dbt ------------------------------------------------------------------------------


def build(
    workspace: Path,
    news: Sequence[News],
    rates: Sequence[Rate] = (),
    *,
    command: str = "run",
    overrides: Overrides | None = None,
    variables: dict[str, Any] | None = None,
) -> Path:
    """Build a warehouse from `news`; returns its path. dbt's unit tests, which know no news, are left out.

    Every build happens at the same path: dbt keeps the name of the file with the project it has read.
    """
    path = workspace / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    if command == "run":
        shutil.copy(workspace / SEEDED, path)
    write_warehouse(path, news, rates)
    with written(workspace / "seeds", overrides or Overrides()):
        left_out = WITHOUT_UNIT_TESTS if command == "build" else []
        run_dbt(workspace, path, command, *left_out, *(["--vars", json.dumps(variables)] if variables else []))
    return path


# In a workspace: a warehouse with nothing but the seeds.
SEEDED = "seeded.duckdb"
WITHOUT_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]

# Projects as dbt has read them, by workspace: reading takes longer than a build.
_projects: dict[Path, Any] = {}


def make_workspace(folder: Path, shared: Path) -> Path:
    """A copy of the dbt project and its seeds, so that a test can write overrides.

    What dbt makes of the project is made once in `shared`, for all processes that run tests.
    """
    shutil.copytree(ROOT / "dbt_project", folder / "dbt_project")
    (folder / "seeds").mkdir()
    for source in (ROOT / "seeds").glob("*.csv"):
        shutil.copy(source, folder / "seeds" / source.name)

    def read_project() -> tuple[bytes, bytes]:
        path = folder / "warehouse.duckdb"
        run_dbt(folder, path, "seed")
        return _projects[folder].to_msgpack(extended_mashumaro_encoder), path.read_bytes()

    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    project, seeded = once(shared, "project", read_project)
    _projects[folder] = Manifest.from_msgpack(project, decoder=extended_mashumuro_decoder)
    for node in _projects[folder].nodes.values():
        if str(node.resource_type) == "seed":
            node.root_path = str(folder / "dbt_project")
    (folder / SEEDED).write_bytes(seeded)
    return folder


def once(shared: Path, name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, made by the process that asks first and read by the others."""
    kept = shared / f"{name}.pickle"
    with (shared / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            made = pickle.dumps(make())
            kept.write_bytes(made)
    return pickle.loads(kept.read_bytes())


def run_dbt(workspace: Path, warehouse: Path, *arguments: str) -> list[Any]:
    """Run dbt in process on `warehouse`; what became of its nodes, failing with those that failed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = str(workspace / "dbt_project")
    # What dbt would write of its own accord takes as long as a small build.
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    places = ["--project-dir", folder, "--profiles-dir", folder, *quiet]
    settings = {
        "PLEDGEBOOK_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(workspace / "target"),
        "DBT_LOG_PATH": str(workspace / "logs"),
        "DO_NOT_TRACK": "1",
    }
    with environment(settings), lean_dbt():
        try:
            if workspace not in _projects:
                _projects[workspace] = dbtRunner().invoke(["parse", *places]).result
            result = dbtRunner(manifest=_projects[workspace]).invoke([*arguments, *places])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        raise result.exception
    bad = [f"{item.node.name}: {item.message}" for item in result.result if str(item.status) in ("error", "fail")]
    assert not bad, bad
    assert result.success
    return list(result.result)


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def written(seeds: Path, overrides: Overrides) -> Iterator[None]:
    """Append rows to the override seeds for a while."""
    before = {}
    for name, rows in vars(overrides).items():
        file = seeds / f"{name}.csv"
        before[file] = file.read_text(encoding="utf-8")
        file.write_text("\n".join([before[file].splitlines()[0], *rows]) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        for file, text in before.items():
            file.write_text(text, encoding="utf-8")


def read(built: Path | World, sql: str) -> list[dict[str, Any]]:
    """Rows of a query as dictionaries."""
    if isinstance(built, World):
        return _rows(built.connection, sql)
    with duckdb.connect(str(built), read_only=True) as connection:
        return _rows(connection, sql)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def by_country(built: Path | World) -> dict[str, dict[str, Any]]:
    """contributions_by_country by ISO code."""
    return {row["iso3"]: row for row in read(built, "select * from contributions_by_country")}


# --- running the models without dbt -----------------------------------------------------------


@dataclass(frozen=True)
class Statements:
    """The SQL that dbt compiles.

    Attributes:
        models: What makes every model, views among them, each after what it reads.
        whole: The same without the views, which follow.
        patch: What a large warehouse does instead, once everything stands.
        tests: Queries of what must not be found, by the names of the data tests.
    """

    models: list[str]
    whole: list[str]
    patch: list[str]
    tests: dict[str, str]


def compile_models(workspace: Path) -> Statements:
    """Let dbt build a warehouse without documents, and compile a patch of it."""
    path = workspace / "warehouse.duckdb"
    shutil.copy(workspace / SEEDED, path)
    write_warehouse(path, [])
    left_out = ["--exclude-resource-type", "seed", *WITHOUT_UNIT_TESTS]
    nodes = {item.node.unique_id: item.node for item in run_dbt(workspace, path, "build", *left_out)}
    models = list(_in_order({key: node for key, node in nodes.items() if node.resource_type == "model"}))
    made = {node.unique_id: _whole(node) for node in models}
    tests = {node.name: f"from ({node.compiled_code})" for node in nodes.values() if node.resource_type == "test"}
    # Once everything stands and the mode says so, dbt compiles what a patch does.
    with duckdb.connect(str(path)) as connection:
        connection.execute("update intermediate.int_build_mode set is_patch = true")
    nodes = {item.node.unique_id: item.node for item in run_dbt(workspace, path, "compile")}
    return Statements(
        models=list(made.values()),
        whole=[made[node.unique_id] for node in models if node.config.materialized != "view"],
        patch=[
            statement
            for node in _in_order({key: node for key, node in nodes.items() if node.resource_type == "model"})
            for statement in _patched(node)
        ],
        tests=tests,
    )


class World:
    """A warehouse in memory, built by the SQL that dbt has compiled: small worlds are made faster by DuckDB alone."""

    def __init__(self, seeded: Path, statements: Statements) -> None:
        self._statements = statements
        # One thread: for tables of ten rows the others only cost.
        self.connection = duckdb.connect(config={"threads": 1})
        create_tables(self.connection)
        for schema in ("seeds", "staging", "intermediate"):
            self.connection.execute(f"create schema {schema}")
        self.connection.execute(f"attach '{seeded}' as seeded (read_only)")
        names = self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'seeded' and schema_name = 'seeds'"
        ).fetchall()
        for (name,) in names:
            self.connection.execute(f"create table seeds.{name} as from seeded.seeds.{name}")
        self.connection.execute("detach seeded")
        for statement in statements.models:
            self.connection.execute(statement)

    def build(
        self,
        *runs: Sequence[News],
        rates: Sequence[Rate] = (),
        dropped: Sequence[News] = (),
        prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    ) -> None:
        """Forget everything, take in these runs one after the other, and build; `dropped` are dropped in a last run."""
        for table in RAW_TABLES:
            self.connection.execute(f"delete from raw.{table}")
        self._runs_n = 0
        insert_rows(self.connection, "exchange_rates", [vars(rate) for rate in rates])
        self._take_in(runs, dropped)
        if prepare:
            prepare(self.connection)
        for statement in self._statements.whole:
            self.connection.execute(statement)

    def patch(self, *runs: Sequence[News], dropped: Sequence[News] = ()) -> None:
        """Take in further runs and make anew what they change, as a large warehouse does."""
        self._take_in(runs, dropped)
        for statement in self._statements.patch:
            self.connection.execute(statement)

    def _take_in(self, runs: Sequence[Sequence[News]], dropped: Sequence[News]) -> None:
        for news in runs:
            at = STARTED_AT + timedelta(days=self._runs_n)
            add_run(self.connection, f"run-{self._runs_n}", at, news)
            self._runs_n += 1
        if dropped:
            add_run(self.connection, "run-last", STARTED_AT + timedelta(days=99), [], dropped)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.connection.execute(sql).fetchall()

    def write(self, path: Path) -> Path:
        """Keep what stands now as a file, which the next build leaves alone."""
        self.connection.execute(f"attach '{path}' as written")
        self.connection.execute("copy from database memory to written")
        self.connection.execute("detach written")
        return path

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of every table that a model makes, in an order of their own."""
        names = self.read("select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'raw'")
        return {name: self.read(f"from {name} order by all") for (name,) in sorted(names)}

    def broken_invariants(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows that a data test finds, by its name; none when all is well."""
        return {name: rows for name, sql in self._statements.tests.items() if (rows := self.read(sql))}


def _whole(node: Any) -> str:
    """What dbt did to make the model, its columns, keys and bounds included."""
    if node.config.materialized == "incremental":  # dbt's own way, which expects that there is no such table
        return _as_it_is(node)
    return _anywhere(Path(node.build_path).read_text(encoding="utf-8"))


def _as_it_is(node: Any) -> str:
    return f"create or replace table {node.schema}.{node.name} as {_anywhere(node.compiled_code)}"


def _anywhere(sql: str) -> str:
    # dbt names the file.
    return sql.replace('"warehouse".', "")


def _patched(node: Any) -> list[str]:
    """What dbt does with a model in a patch: macros/patching.sql, and dbt's own incremental models."""
    table, sql, config = f"{node.schema}.{node.name}", _anywhere(node.compiled_code), node.config
    insert = f"insert into {table} by name ({sql})"
    match config.materialized:
        case "view":
            return []
        case "patched" if config.get("affected"):
            key, affected = config.get("key"), config.get("affected")
            return [f"delete from {table} where {key} in (select {key} from intermediate.{affected})", insert]
        case "patched":
            return [f"delete from {table} where {config.get('stale')}", insert]
        case "incremental" if config.unique_key:
            key, source = config.unique_key, "raw.records"
            return [
                f"delete from {table} where {key} not in (select {key} from {source})",
                f"create or replace temp table pending as {sql}",
                f"delete from {table} where {key} in (select {key} from pending)",
                f"insert into {table} by name from pending",
            ]
        case "incremental":
            return [insert]
        case _:
            return [_as_it_is(node)]


def _in_order(models: dict[str, Any]) -> Iterator[Any]:
    done: set[str] = set()
    while len(done) < len(models):
        for key, node in models.items():
            if key not in done and done.issuperset(set(node.depends_on.nodes) & set(models)):
                done.add(key)
                yield node
