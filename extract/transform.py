"""Runs dbt on a warehouse file: seeds, models, tests and the docs site.

In: the path of a DuckDB file with raw tables. Out: views and marts in the same file, and what
failed. dbt runs in this process with absolute paths, so that it works from any folder and writes
nothing into the project.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from extract.config import project_root
from extract.decisions import broken_bounds, check_decisions
from extract.errors import WarehouseError
from extract.outputs import refuse_overwriting, unwritable, write_whole
from extract.warehouse import RAW_TABLES, copy_file, open_warehouse, read_warehouse, set_version

Invoke = Callable[..., Any]

# Of the rows that a failed test found.
_SHOWN_ROWS = 3


@dataclass(frozen=True)
class BuildResult:
    """What dbt did.

    Attributes:
        models_n: Models and seeds built.
        tests_n: Tests that ran.
        failures: One line for each node that failed.
    """

    models_n: int
    tests_n: int
    failures: list[str]


def dbt_version() -> str:
    """Hash of everything that decides what dbt builds: the project and the seeds."""
    root = project_root()
    files = [path for path in (root / "dbt_project").rglob("*") if path.suffix in {".sql", ".yml", ".md", ".py"}]
    looks = [(path, path.stat()) for path in sorted([*files, *(root / "seeds").glob("*.csv")])]
    return _hash_of_files(root, tuple((path, look.st_mtime_ns, look.st_size) for path, look in looks))


@lru_cache(maxsize=1)
def _hash_of_files(root: Path, looks: tuple[tuple[Path, int, int], ...]) -> str:
    """Read once as long as the files look the same: a run asks ten times."""
    digest = hashlib.sha256()
    for path, _, _ in looks:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build(warehouse: Path, *, kept: Path | None = None) -> BuildResult:
    """Build and test every model in the file at `warehouse`.

    Every data test runs in every build. What follows from the project alone is left as it stands after a build in which
    everything passed: seeds, views, and unit tests, which know no data but their own (see `_standing`).

    Args:
        kept: Where the parsed project is kept from one process to the next; None keeps it nowhere.

    Raises:
        ConfigError: If a person's decision cannot be read or cannot hold.
        WarehouseError: If dbt itself stops, before its nodes run.
    """
    while _preparing:
        _preparing.pop().join()
    check_decisions(warehouse)
    is_standing = _standing(warehouse)
    with _dbt(warehouse) as (invoke, _):
        manifest = _manifest(invoke, kept)
        result = invoke("build", *(_left_standing(manifest) if is_standing else ()), manifest=manifest)
    summary = _summary(result, warehouse, {key for key, node in manifest.nodes.items() if _kind(node) == "test"})
    if not summary.failures and not is_standing:
        with open_warehouse(warehouse) as connection:
            set_version(connection, _STANDING, f"{_build_key()} {_standing_contents(connection)}")
    return summary


def prepare(kept: Path) -> threading.Thread:
    """Load dbt and the parsed project in the background: it takes two seconds, in which a run asks and loads."""

    def load() -> None:
        with contextlib.suppress(Exception):  # what is wrong is said when it is needed
            _load_dbt()
            project = dbt_version()
            if project not in _manifests and (manifest := _read_manifest(kept)) is not None:
                _manifests[project] = manifest

    thread = threading.Thread(target=load, name="dbt")
    thread.start()
    _preparing.append(thread)
    return thread


_preparing: list[threading.Thread] = []


def _load_dbt() -> None:
    import dbt.adapters.duckdb.connections
    import dbt.cli.main  # noqa: F401


# Name, in raw.versions, of what a build in which everything passed says of seeds, views and unit tests.
_STANDING = "standing"
# Macros that look into the warehouse while a model is compiled: what calls one depends on data.
_LOOKING = frozenset({
    "macro.dbt.run_query", "macro.dbt.statement", "macro.dbt.load_relation", "macro.dbt.load_cached_relation",
})  # fmt: skip


def _build_key() -> str:
    """Hash of everything that decides what a unit test says, what a seed holds and how a view is defined."""
    digest = hashlib.sha256(f"{dbt_version()}|{RAW_TABLES!r}".encode())
    digest.update(Path(__file__).read_bytes())
    for distribution in ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(version(distribution).encode())
    return digest.hexdigest()[:16]


def _standing(warehouse: Path) -> bool:
    """Whether seeds and views are what this very project made in a build that passed its unit tests.

    Unit tests and definitions of views follow from the project, the programs that read it and the columns of the raw
    tables: `_build_key`. Seeds and views could have been changed in the file by somebody else: they are compared.
    """
    if not warehouse.exists():
        return False
    with open_warehouse(warehouse, read_only=True) as connection:
        if not connection.execute("select 1 from duckdb_tables() where table_name = 'versions'").fetchone():
            return False
        stamp = connection.execute("select value from raw.versions where name = ?", [_STANDING]).fetchone()
        return stamp is not None and stamp[0] == f"{_build_key()} {_standing_contents(connection)}"


def _standing_contents(connection: duckdb.DuckDBPyConnection) -> str:
    """Hash of the rows of every seed and of the definition of every view."""
    tables = connection.execute(
        "select table_name, sql from duckdb_tables() where schema_name = 'seeds' order by all"
    ).fetchall()
    rows = [
        connection.execute(f'select count(*), sum(cast(hash(one) as hugeint)) from seeds."{name}" as one').fetchone()
        for name, _ in tables
    ]
    views = connection.execute(
        "select schema_name, view_name, sql from duckdb_views() where not internal order by all"
    ).fetchall()
    return hashlib.sha256(repr((tables, rows, views)).encode()).hexdigest()[:16]


def _left_standing(manifest: Any) -> list[str]:
    """Options that leave out unit tests, seeds and the views whose definition follows from the project alone."""
    views = [
        node.name
        for node in manifest.nodes.values()
        if _kind(node) == "model" and node.config.materialized == "view" and not _macros(node, manifest) & _LOOKING
    ]
    # Without the last option the tests of a view would be left out with it.
    return ["--exclude-resource-type", "seed", "--exclude-resource-type", "unit_test",
            *(["--exclude", *sorted(views), "--indirect-selection", "empty"] if views else [])]  # fmt: skip


def _macros(node: Any, manifest: Any) -> set[str]:
    """Every macro that compiling `node` may call."""
    found: set[str] = set()
    waiting = list(node.depends_on.macros)
    while waiting:
        one = waiting.pop()
        if one not in found and one in manifest.macros:
            found.add(one)
            waiting += manifest.macros[one].depends_on.macros
    return found


def _kind(node: Any) -> str:
    return str(node.resource_type)


@dataclass(frozen=True)
class Node:
    """A model or seed of the project.

    Attributes:
        layer: Name of its folder: seeds, staging, intermediate, marts.
        upstream: Names of what it is made of; raw tables are left out.
        reads_raw: Whether it reads raw tables itself.
    """

    name: str
    layer: str
    description: str
    upstream: tuple[str, ...]
    reads_raw: bool


def project_nodes() -> list[Node]:
    """The models and seeds that `build` makes, each after what it is made of.

    Raises:
        WarehouseError: If dbt cannot read the project.
    """
    with tempfile.TemporaryDirectory() as folder, _dbt(Path(folder) / "warehouse.duckdb") as (invoke, _):
        nodes = _manifest(invoke).nodes.values()
    built = {node.unique_id: node for node in nodes if str(node.resource_type) in {"model", "seed"}}
    order = TopologicalSorter(
        {key: [one for one in getattr(node.depends_on, "nodes", []) if one in built] for key, node in built.items()}
    )
    return [
        Node(
            name=node.name,
            layer="seeds" if str(node.resource_type) == "seed" else str(node.fqn[1]),
            description=str(node.description or ""),
            upstream=tuple(sorted(built[one].name for one in getattr(node.depends_on, "nodes", []) if one in built)),
            reads_raw=any(one.startswith("source.") for one in getattr(node.depends_on, "nodes", [])),
        )
        for node in map(built.__getitem__, order.static_order())
    ]


def build_docs(warehouse: Path, output: Path) -> Path:
    """Write the docs site of `warehouse` as one HTML file that opens from disk.

    Args:
        warehouse: A built warehouse; it is read, never changed.
        output: The file to write.

    Raises:
        ConfigError: If the file cannot be written, or the warehouse cannot be read.
        WarehouseError: If dbt cannot make it.
    """
    refuse_overwriting(output, [warehouse], "Name another with --output.")
    with read_warehouse(warehouse):
        pass  # what is no warehouse is said to be none, before dbt says it in its own way
    with tempfile.TemporaryDirectory() as folder:
        # dbt opens its file for writing: let it have a copy.
        try:
            copy = copy_file(warehouse, Path(folder))
        except OSError as error:
            raise unwritable(
                warehouse, error, "Check its permissions, or name another with --warehouse.", what="cannot be copied"
            ) from error
        with _dbt(copy) as (invoke, target):
            # None lets dbt read the project itself; what a build kept is the same, in a tenth of the time.
            manifest = _read_manifest(manifest_path(warehouse))
            result = invoke("docs", "generate", "--static", manifest=manifest, is_written=True)
            page = target / "static_index.html"
            if not result.success or not page.exists():
                raise WarehouseError(
                    f"dbt could not make the docs site: {_one_line(str(result.exception))}. Call: pledgebook build"
                )
            text = page.read_bytes()
            write_whole(output, lambda part: part.write_bytes(text), "Name another with --output.")
    return output


@contextlib.contextmanager
def _dbt(warehouse: Path) -> Iterator[tuple[Invoke, Path]]:
    """A function that calls dbt on `warehouse`, and the folder where it leaves its artefacts."""
    project = str(project_root() / "dbt_project")
    with tempfile.TemporaryDirectory(prefix="pledgebook-dbt-") as folder:
        target = Path(folder) / "target"
        settings = {
            "PLEDGEBOOK_WAREHOUSE": str(warehouse.resolve()),
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(Path(folder) / "logs"),
            # A build replaces only what changed while this stays the same (macros/patching.sql).
            "PLEDGEBOOK_PROJECT": dbt_version(),
        }
        with _environment(settings), lean_dbt():
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager
            from dbt.cli.main import dbtRunner

            def invoke(*arguments: str, manifest: Any = None, is_written: bool = False) -> Any:
                # The docs site alone needs dbt's artefacts.
                artefacts = "--write-json" if is_written else "--no-write-json"
                # dbt prints to the console whatever its log level; stdout is for results.
                with contextlib.redirect_stdout(io.StringIO()):
                    return dbtRunner(manifest=manifest).invoke(
                        ["--quiet", "--log-level", "none", "--log-level-file", "none", artefacts,
                         *arguments, "--project-dir", project, "--profiles-dir", project]
                    )  # fmt: skip

            try:
                yield invoke, target
            finally:
                # dbt keeps the file open, and with it its lock.
                DuckDBConnectionManager.close_all_connections()


@contextlib.contextmanager
def lean_dbt() -> Iterator[None]:
    """For a while dbt leaves out what it would do for nobody: a twentieth of a build, a third where unit tests run."""
    from dbt import compilation
    from dbt_common.events import event_manager_client
    from dbt_common.events.event_manager import EventManager

    class NobodyListens(EventManager):
        """Drops what dbt tells its logs: two thousand messages a build, made before dbt sees that no log is kept."""

        def fire_event(
            self, e: Any, level: Any = None, node: Any = None, force_warn_or_error_handling: bool = False
        ) -> None:
            if force_warn_or_error_handling:  # a warning, which DBT_WARN_ERROR makes an error
                super().fire_event(e, level, node, force_warn_or_error_handling)

    before = event_manager_client.get_event_manager(), compilation.inject_ctes_into_sql, gc.get_threshold()
    event_manager_client.ctx_set_event_manager(NobodyListens())
    compilation.inject_ctes_into_sql = with_ctes
    # What dbt makes of the project lives as long as the build: its cycles are looked for less often.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        manager, compilation.inject_ctes_into_sql, threshold = before
        event_manager_client.ctx_set_event_manager(manager)
        gc.set_threshold(*threshold)
        gc.unfreeze()


_WITH = re.compile(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*with\b(?:\s+recursive\b)?", re.IGNORECASE | re.DOTALL)


def with_ctes(sql: str, ctes: list[Any]) -> str:
    """`sql` with the rows that a unit test gives as its first CTEs.

    dbt's own function of this purpose parses the whole statement to find its first word: half a second a test.
    """
    if not ctes:
        return sql
    given = ", ".join(one.sql for one in ctes)
    found = _WITH.match(sql)
    return f"{found[0]}{given}, {sql[found.end() :]}" if found else f"with{given} {sql}"


@contextlib.contextmanager
def _environment(changed: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_manifests: dict[str, Any] = {}


def _manifest(invoke: Invoke, kept: Path | None = None) -> Any:
    """The parsed project: parsing takes a third of a build, and a process may build many times."""
    project = dbt_version()
    if project not in _manifests:
        manifest = _read_manifest(kept)
        if manifest is None:
            result = invoke("parse")
            if not result.success:
                raise WarehouseError(
                    f"dbt cannot read dbt_project/: {_one_line(str(result.exception))}. Mend it there."
                )
            manifest = result.result
            _keep_manifest(manifest, kept)
        _manifests.clear()
        _manifests[project] = manifest
    return _manifests[project]


def manifest_path(warehouse: Path) -> Path:
    """Where the parsed project is kept for the runs on a warehouse: beside it, trusted as it is."""
    return warehouse.with_name(warehouse.name + ".dbt")


def _manifest_key() -> bytes:
    return f"{_build_key()} {sys.version_info[:2]} {project_root()}\n".encode()


def _read_manifest(kept: Path | None) -> Any:
    """What `_keep_manifest` kept, if it is whole and of this very project and these programs; else None."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        data = kept.read_bytes() if kept is not None else b""
    except OSError:
        return None
    key = _manifest_key()
    digest, body = data[len(key) : len(key) + 32], data[len(key) + 32 :]
    if not data.startswith(key) or hashlib.sha256(body).digest() != digest:
        return None
    return Manifest.from_msgpack(body, decoder=extended_mashumuro_decoder)


def _keep_manifest(manifest: Any, kept: Path | None) -> None:
    """Keep the parsed project, as dbt itself does for its partial parsing; where that is impossible, do without."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    if kept is None:
        return
    body = manifest.to_msgpack(extended_mashumaro_encoder)
    new = kept.with_name(kept.name + ".new")
    with contextlib.suppress(OSError):
        new.write_bytes(_manifest_key() + hashlib.sha256(body).digest() + body)
        os.replace(new, kept)


def _summary(result: Any, warehouse: Path, data_tests: set[str]) -> BuildResult:
    if not getattr(result.result, "results", None):
        raise WarehouseError(
            f"dbt stopped before it built anything: {_one_line(str(result.exception or 'no node ran'))}. "
            "Check dbt_project/ and seeds/."
        )
    nodes = list(result.result.results)
    failures = [
        f"{node.node.resource_type} {node.node.name}: "
        + (_rows(node, warehouse) or _one_line(node.message or str(node.status)))
        for node in nodes
        if str(node.status) in {"error", "fail", "runtime error"}
    ]
    if any("CHECK constraint failed" in one for one in failures):
        with open_warehouse(warehouse, read_only=True) as connection:
            failures = [*broken_bounds(connection), *failures]
    # Nothing is published on the word of a test that did not run.
    missing = data_tests - {node.node.unique_id for node in nodes}
    failures += [f"test {name.split('.')[2]}: it did not run" for name in sorted(missing)]
    tests = sum(str(node.node.resource_type) in {"test", "unit_test"} for node in nodes)
    return BuildResult(len(nodes) - tests, tests, failures)


def _rows(node: Any, warehouse: Path) -> str:
    """The first rows that a failed test found, which say more than their number; nothing for another failure."""
    if str(node.status) != "fail" or str(node.node.resource_type) != "test" or not node.node.compiled_code:
        return ""
    with open_warehouse(warehouse, read_only=True) as connection:
        cursor = connection.execute(node.node.compiled_code)
        names = [column[0] for column in cursor.description or []]
        found = cursor.fetchmany(_SHOWN_ROWS + 1)
    shown = [
        ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True) if value is not None)
        for row in found[:_SHOWN_ROWS]
    ]
    return _one_line("; ".join([*shown, "…"] if len(found) > _SHOWN_ROWS else shown))


def _one_line(message: str) -> str:
    """`message` without line breaks and without the colours that dbt puts in."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", message).split())[:400]
