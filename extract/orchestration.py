"""Pledgebook in Dagster: documents, extraction and every dbt model as assets, a schedule, a sensor on the sources.

    pip install 'pledgebook[dagster]'
    dagster dev -m extract.orchestration       # in the folder of sources.toml, or with PLEDGEBOOK_SOURCES

In: sources.toml. Out: what `pledgebook run` makes, seen asset by asset. It is one operation, since a run publishes all
or nothing: what is shown here is its lineage and what each part came to. Nothing imports this module, and no rule is
in it.
"""

# Without the future import of annotations: Dagster looks at those of `context` themselves.
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster

from extract.config import DEFAULT_WAREHOUSE, Settings, chosen_model
from extract.documents import files_below, source_of
from extract.formats import is_readable
from extract.sources.settings import DEFAULT_FILE, WEB, SourcesFile, read_sources
from extract.transform import Node, project_nodes
from extract.warehouse import read_warehouse

_CRON = "0 6 * * *"
_SENSOR_SECONDS = 300
DOCUMENTS = dagster.AssetKey(["documents"])
EXTRACTION = dagster.AssetKey(["extraction"])


def sources_file() -> Path:
    """Where sources.toml is."""
    return Path(os.environ.get("PLEDGEBOOK_SOURCES") or DEFAULT_FILE)


def warehouse_of(file: SourcesFile) -> Path:
    """The warehouse that a run on `file` publishes."""
    return file.path(file.run.warehouse) if file.run.warehouse is not None else DEFAULT_WAREHOUSE


def _key(node: Node) -> dagster.AssetKey:
    return dagster.AssetKey([node.layer, node.name])


def _specs(nodes: list[Node]) -> list[dagster.AssetSpec]:
    by_name = {node.name: node for node in nodes}
    specs = [
        dagster.AssetSpec(DOCUMENTS, group_name="documents", description="What sources.toml names, as text."),
        dagster.AssetSpec(EXTRACTION, deps=[DOCUMENTS], group_name="extraction", kinds={"python"},
                          description="What the provider says of each document, grounded in its words."),
    ]  # fmt: skip
    for node in nodes:
        upstream = [_key(by_name[name]) for name in node.upstream]
        specs.append(dagster.AssetSpec(
            _key(node), deps=[*upstream, *([EXTRACTION] if node.reads_raw else [])], group_name=node.layer,
            description=node.description, kinds={"dbt", "duckdb"},
        ))  # fmt: skip
    return specs


def _run_asset(nodes: list[Node]) -> dagster.AssetsDefinition:
    @dagster.multi_asset(specs=_specs(nodes), name="pledgebook_run")
    def pledgebook_run(context: dagster.AssetExecutionContext) -> Iterator[dagster.MaterializeResult]:
        from extract import pipeline
        from extract.providers import open_provider

        file = read_sources(sources_file())
        warehouse = warehouse_of(file)
        settings = Settings(
            warehouse=warehouse, model=chosen_model(file.run.model), keep_published=file.run.keep_published,
            retry_after=file.run.retry_after, give_up_after=file.run.give_up_after,
        )  # fmt: skip
        summary = pipeline.run(
            settings, file, open_provider(settings),
            progress=lambda result, done, total: context.log.debug(f"{done}/{total} {result.name}: {result.status}"),
            stage=context.log.info,
        )  # fmt: skip
        for failure in summary.failures:
            context.log.warning(failure)
        if summary.run_id is not None and not summary.published:
            raise dagster.Failure(f"not published: {'; '.join(summary.failures)[:2000]}")
        yield dagster.MaterializeResult(DOCUMENTS, metadata={
            "documents": summary.documents_n, "new or changed": summary.places_n - summary.unchanged_n,
            "gone": summary.vanished_n, "reprints": summary.reprints_n,
        })  # fmt: skip
        yield dagster.MaterializeResult(EXTRACTION, metadata={
            "run": summary.run_id or "nothing changed", "requests": summary.asked_n, "records": summary.records_n,
            "rejected": summary.rejected_n, "failures": len(summary.failures), "dbt tests": summary.tests_n,
        })  # fmt: skip
        counts = _row_counts(warehouse, nodes)
        for node in nodes:
            metadata: dict[str, Any] = {} if node.name not in counts else {"dagster/row_count": counts[node.name]}
            yield dagster.MaterializeResult(_key(node), metadata=metadata)

    return pledgebook_run


def _row_counts(warehouse: Path, nodes: list[Node]) -> dict[str, int]:
    schemas = {"marts": "main"}
    with read_warehouse(warehouse) as connection:
        return {
            node.name: int((connection.execute(
                f'select count(*) from "{schemas.get(node.layer, node.layer)}"."{node.name}"').fetchone() or (0,))[0])
            for node in nodes
        }  # fmt: skip


def state_of_files(file: SourcesFile) -> str:
    """A hash that changes when a file that the sources name appears, changes or goes; pages are not asked for."""
    digest = hashlib.sha256()
    for entry in file.source:
        if entry.kind in WEB:
            continue
        if entry.folder is not None:
            folder = file.path(entry.folder)
            found = files_below(folder, wanted=is_readable) if folder.is_dir() else []
        else:
            patterns = entry.files or [str(getattr(entry, entry.kind))]
            found = [source_of(path) for pattern in patterns for path in sorted(file.folder.glob(pattern))]
        for source in found:
            digest.update(f"{source.source_id} {source.stamp}\n".encode())
    return digest.hexdigest()


@dagster.definitions
def defs() -> dagster.Definitions:
    """What Dagster loads."""
    assets = _run_asset(project_nodes())
    job = dagster.define_asset_job("daily", selection=dagster.AssetSelection.assets(assets))

    @dagster.sensor(job=job, minimum_interval_seconds=_SENSOR_SECONDS)
    def changed_files(context: dagster.SensorEvaluationContext) -> dagster.SensorResult | dagster.SkipReason:
        """A run when a file has changed; pages have no way to say so, and are looked at by the schedule."""
        state = state_of_files(read_sources(sources_file()))
        if state == context.cursor:
            return dagster.SkipReason("no file has changed")
        return dagster.SensorResult([dagster.RunRequest(run_key=state)], cursor=state)

    return dagster.Definitions(
        assets=[assets], jobs=[job], sensors=[changed_files],
        schedules=[dagster.ScheduleDefinition(job=job, cron_schedule=_CRON)],
    )  # fmt: skip
