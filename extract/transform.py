"""Runs dbt on a warehouse file: seeds, models, tests and the docs site.

In: the path of a DuckDB file with raw tables. Out: views and marts in the same file, and what
failed. dbt runs in this process with absolute paths, so that it works from any folder and writes
nothing into the project.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from extract.config import project_root
from extract.errors import WarehouseError
from extract.warehouse import copy_file, open_warehouse

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
    digest = hashlib.sha256()
    files = [path for path in (root / "dbt_project").rglob("*") if path.suffix in {".sql", ".yml", ".md", ".py"}]
    for path in sorted([*files, *(root / "seeds").glob("*.csv")]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build(warehouse: Path) -> BuildResult:
    """Build and test every model in the file at `warehouse`.

    Raises:
        WarehouseError: If dbt itself stops, before its nodes run.
    """
    with _dbt(warehouse) as (invoke, _):
        result = invoke("build", manifest=_manifest(invoke))
    return _summary(result, warehouse)


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
        WarehouseError: If dbt cannot make it.
    """
    with tempfile.TemporaryDirectory() as folder:
        # dbt opens its file for writing: let it have a copy.
        try:
            copy = copy_file(warehouse, Path(folder))
        except OSError as error:
            raise WarehouseError(
                f"{str(warehouse)!r} cannot be read ({error.strerror}). Make it with: pledgebook run FOLDER"
            ) from error
        with open_warehouse(copy, read_only=True):
            pass  # what is no warehouse is said to be none, before dbt says it in its own way
        with _dbt(copy) as (invoke, target):
            result = invoke("docs", "generate", "--static", is_written=True)
            page = target / "static_index.html"
            if not result.success or not page.exists():
                raise WarehouseError(
                    f"dbt could not make the docs site: {_one_line(str(result.exception))}. Call: pledgebook build"
                )
            try:
                output.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(page, output)
            except OSError as error:
                raise WarehouseError(
                    f"{str(output)!r} cannot be written ({error.strerror}). Name another with --output."
                ) from error
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
        with _environment(settings):
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


def _manifest(invoke: Invoke) -> Any:
    """The parsed project: parsing takes a third of a build, and a process may build many times."""
    version = dbt_version()
    if version not in _manifests:
        result = invoke("parse")
        if not result.success:
            raise WarehouseError(f"dbt cannot read dbt_project/: {_one_line(str(result.exception))}. Mend it there.")
        _manifests.clear()
        _manifests[version] = result.result
    return _manifests[version]


def _summary(result: Any, warehouse: Path) -> BuildResult:
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
