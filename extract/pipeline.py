"""The main flow: documents → provider → records → warehouse → dbt → published file.

In: settings, inputs, a provider. Out: a summary, and a published warehouse in which every answer
is accounted for. Each step is another module's; this one only orders them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from extract import __version__
from extract.config import Settings, project_root
from extract.documents import Document, Source, find_sources, iter_documents
from extract.errors import DocumentError, WarehouseError
from extract.providers import Attempt, Provider
from extract.records import Built, build_records, check_answer
from extract.schema import Answer, Record
from extract.warehouse import (
    EMPTY_STATE,
    Journal,
    Sighting,
    State,
    create_tables,
    hold_lock,
    insert_rows,
    open_warehouse,
    publish,
    read_state,
    set_version,
    working_copy,
)

# Documents whose rows go in with one transaction: each is whole in it or absent.
_BATCH_DOCUMENTS = 50


@dataclass(frozen=True)
class DocumentResult:
    """What became of one source, for progress and summaries."""

    name: str
    status: Literal["extracted", "unchanged", "failed"]
    records_n: int = 0
    rejected_n: int = 0
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        run_id: Key of raw.runs; None when nothing changed and nothing was written.
        documents_n: Sources looked at.
        asked_n: Requests made of the provider.
        failures: One line for each source that failed and each dbt node that failed.
        published: Whether the warehouse file was replaced.
    """

    run_id: str | None
    provider: str
    documents_n: int
    asked_n: int
    extracted_n: int
    unchanged_n: int
    records_n: int
    rejected_n: int
    failures: list[str] = field(default_factory=list)
    published: bool = False
    tests_n: int = 0


Progress = Callable[[DocumentResult, int, int], None]


def run(
    settings: Settings,
    inputs: list[Path],
    provider: Provider,
    *,
    progress: Progress = lambda result, done, total: None,
    stage: Callable[[str], None] = lambda message: None,
) -> RunSummary:
    """Extract what is new or changed in `inputs` and publish a warehouse built from everything known.

    Args:
        settings: Where the warehouse is and how much to ask.
        inputs: Files and folders.
        provider: Who answers; its fingerprints decide what is pending.
        progress: Called after each document with its result, the number done and the total.
        stage: Called with one line when a longer step begins.

    Raises:
        ConfigError: If an input does not exist.
        WarehouseError: If the warehouse is locked, damaged or cannot be replaced.
    """
    sources = find_sources(inputs)
    with hold_lock(settings.warehouse):
        known = _published_state(settings.warehouse)
        work = _plan(sources, provider, known, settings)
        stamps = version_stamps()
        if not work.pending and not work.changed and known.versions == stamps:
            return _nothing_to_do(work, provider)
        with working_copy(settings.warehouse) as copy:
            journal = Journal(settings.warehouse)
            try:
                summary = _extract_into(copy, work, provider, settings, known, journal, progress)
                stage("building and testing the marts")
                from extract.transform import build

                built = build(copy)
                if built.failures:
                    return _unpublished(summary, built.failures)
                with open_warehouse(copy) as connection:
                    for name, value in stamps.items():
                        set_version(connection, name, value)
                publish(copy, settings.warehouse)
                journal.discard()
            finally:
                journal.close()
    return RunSummary(**{**asdict(summary), "published": True, "tests_n": built.tests_n})


# --- what is pending -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    """One source: its document, if it could be read, and the answer it already has, if any."""

    source: Source
    document: Document | None
    fingerprint: str
    extraction_id: str | None
    error: str | None


@dataclass(frozen=True)
class _Work:
    items: list[_Item]
    pending: list[_Item]
    changed: bool


def _published_state(warehouse: Path) -> State:
    if not warehouse.exists():
        return EMPTY_STATE
    try:
        with open_warehouse(warehouse, read_only=True) as connection:
            return read_state(connection)
    except WarehouseError as error:
        if "locked" not in str(error):
            raise
    # A reader that writes holds the file; a run never needs it, only what it says.
    with working_copy(warehouse) as copy, open_warehouse(copy) as connection:
        return read_state(connection)


def _plan(sources: list[Source], provider: Provider, known: State, settings: Settings) -> _Work:
    items: list[_Item] = []
    for source, document in iter_documents(sources, max_bytes=settings.max_bytes):
        if isinstance(document, DocumentError):
            items.append(_Item(source, None, "", None, str(document)))
            continue
        fingerprint = provider.fingerprint(document)
        answered = known.answered.get((document.document_id, fingerprint))
        items.append(_Item(source, document, fingerprint, answered, None))
    pending = [item for item in items if item.document and item.extraction_id is None]
    changed = any(_sighting(item) != known.sightings.get(item.source.source_id) for item in items if item not in pending)
    return _Work(items, pending, changed)


def _sighting(item: _Item) -> Sighting:
    document_id = item.document.document_id if item.document else None
    return Sighting(document_id, item.extraction_id, "failed" if item.error else "ok", item.error)


def version_stamps() -> dict[str, str]:
    """Versions of what turns stored answers into marts: when they agree, nothing needs rebuilding."""
    from extract.rates import rates_version
    from extract.transform import dbt_version

    return {"grounding": grounding_version(), "dbt": dbt_version(), "rates": rates_version()}


def grounding_version() -> str:
    """Hash of the code and lists that make records of answers; a change recomputes every record."""
    package = Path(__file__).resolve().parent
    files = sorted([*(package / "normalise").glob("*.py"), package / "grounding.py", package / "records.py",
                    package / "schema.py", *(project_root() / "seeds").glob("*aliases*.csv")])  # fmt: skip
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def schema_version() -> str:
    """Hash of the records' JSON schema."""
    return hashlib.sha256(json.dumps(Record.model_json_schema(), sort_keys=True).encode()).hexdigest()[:12]


# --- asking and loading --------------------------------------------------------------------------


def _extract_into(
    copy: Path,
    work: _Work,
    provider: Provider,
    settings: Settings,
    known: State,
    journal: Journal,
    progress: Progress,
) -> RunSummary:
    started = datetime.now(UTC)
    run_id = started.strftime("%Y%m%dT%H%M%S.%fZ")
    with open_warehouse(copy) as connection:
        create_tables(connection)
        if known.versions.get("rates") != version_stamps()["rates"]:
            from extract.rates import load_rates

            load_rates(connection)
        if known.versions and known.versions.get("grounding") != grounding_version():
            _rebuild_records(connection, settings)
        loader = _Loader(connection, run_id, settings, known, len(work.items), progress)
        for item in work.items:
            if item.error is not None:
                loader.failed(item, item.error)
            elif item.extraction_id is not None:
                loader.unchanged(item)
        asyncio.run(_ask_all(work.pending, provider, settings, journal, loader))
        loader.finish(started, provider.name)
        return loader.summary(provider.name)


async def _ask_all(
    pending: list[_Item], provider: Provider, settings: Settings, journal: Journal, loader: _Loader
) -> None:
    """Ask for every pending document, load each answer as it comes, never hold one for another."""
    queue = iter(pending)

    async def worker() -> None:
        for item in queue:
            assert item.document is not None
            key = (item.document.document_id, item.fingerprint)
            kept = journal.entries.get(key)
            if kept is not None:
                loader.answered(item, [_attempt_from(row) for row in kept], asked=False)
                continue
            document = item.document
            attempts = await provider.extract(document, lambda answer, document=document: check_answer(document, answer))
            if any(attempt.status == "ok" for attempt in attempts):
                journal.add(*key, [asdict(attempt) for attempt in attempts])
            loader.answered(item, attempts, asked=True)

    workers = [asyncio.create_task(worker()) for _ in range(max(1, min(settings.concurrency, len(pending))))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        loader.flush()
        await provider.close()


def _attempt_from(row: dict[str, Any]) -> Attempt:
    from decimal import Decimal

    cost = row.get("cost_usd")
    return Attempt(**{**row, "cost_usd": Decimal(str(cost)) if cost is not None else None})


class _Loader:
    """Turns answers into rows, a few documents to a transaction, and counts."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        run_id: str,
        settings: Settings,
        known: State,
        total: int,
        progress: Progress,
    ) -> None:
        self.connection = connection
        self.run_id = run_id
        self.settings = settings
        self.known = known
        self.total = total
        self.progress = progress
        self.results: list[DocumentResult] = []
        self.failures: list[str] = []
        self.asked_n = 0
        self.loaded_documents = {
            row[0] for row in connection.execute("select document_id from raw.documents").fetchall()
        }
        self.loaded_extractions: set[str] = set()
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._documents_waiting = 0

    def failed(self, item: _Item, error: str) -> None:
        """A source that could not be read."""
        self._see(item, None, "failed", error)
        self._done(DocumentResult(item.source.name, "failed", error=error))

    def unchanged(self, item: _Item) -> None:
        """A source whose document has its answer already."""
        self._see(item, item.extraction_id, "ok", None)
        self._done(DocumentResult(item.source.name, "unchanged"))

    def answered(self, item: _Item, attempts: list[Attempt], *, asked: bool) -> None:
        """A document that was just answered, well or badly."""
        assert item.document is not None
        document, key = item.document, (item.document.document_id, item.fingerprint)
        self.asked_n += len(attempts) if asked else 0
        self._add_document(document)
        first_n = self.known.attempts.get(key, 0) + 1
        ids = [extraction_id(document.document_id, item.fingerprint, first_n + n) for n in range(len(attempts))]
        fresh = [one for one in ids if one not in self.loaded_extractions]
        now = datetime.now(UTC)
        for attempt, one, number in zip(attempts, ids, range(first_n, first_n + len(attempts)), strict=True):
            if one in fresh:
                self.loaded_extractions.add(one)
                row = {**asdict(attempt), "extraction_id": one, "run_id": self.run_id, "attempt_n": number,
                       "document_id": document.document_id, "asked_at": now}  # fmt: skip
                self._rows.setdefault("extractions", []).append(row)
        last = attempts[-1] if attempts else None
        seconds = sum(attempt.seconds for attempt in attempts)
        if last is None or last.status != "ok" or last.raw_answer is None:
            error = (last.error_message if last else None) or "the provider gave no answer"
            error = f"{item.source.name!r}: {error}"
            self._see(item, None, "failed", error)
            self._done(DocumentResult(item.source.name, "failed", error=error, seconds=seconds))
            return
        built = build_records(document, last.raw_answer, min_confidence=self.settings.min_confidence or 0.0)
        if ids[-1] in fresh:
            for table, rows in record_rows(document.document_id, ids[-1], built).items():
                self._rows.setdefault(table, []).extend(rows)
        self._see(item, ids[-1], "ok", None)
        self._done(
            DocumentResult(
                item.source.name, "extracted", len(built.records), len(built.rejections), seconds=seconds
            )
        )

    def _add_document(self, document: Document) -> None:
        if document.document_id in self.loaded_documents:
            return
        self.loaded_documents.add(document.document_id)
        self._rows.setdefault("documents", []).append(
            {"document_id": document.document_id, "language": document.language, "title": document.title,
             "publication_date": document.publication_date, "outlet": document.outlet, "text": document.text,
             "char_count": len(document.text), "first_loaded_at": datetime.now(UTC), "first_run_id": self.run_id}
        )  # fmt: skip

    def _see(self, item: _Item, extraction: str | None, status: str, error: str | None) -> None:
        document_id = item.document.document_id if item.document else None
        if self.known.sightings.get(item.source.source_id) == Sighting(document_id, extraction, status, error):
            return
        self._rows.setdefault("sightings", []).append(
            {"sighting_id": short_hash(item.source.source_id, self.run_id), "source_id": item.source.source_id,
             "name": item.source.name, "source": str(item.source.path), "document_id": document_id,
             "extraction_id": extraction, "run_id": self.run_id, "seen_at": datetime.now(UTC),
             "status": status, "error": error}
        )  # fmt: skip

    def _done(self, result: DocumentResult) -> None:
        self.results.append(result)
        if result.error:
            self.failures.append(result.error)
        self.progress(result, len(self.results), self.total)
        self._documents_waiting += 1
        if self._documents_waiting >= _BATCH_DOCUMENTS:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        self.connection.execute("begin")
        try:
            for table, rows in self._rows.items():
                insert_rows(self.connection, table, rows)
            self.connection.execute("commit")
        except duckdb.Error as error:
            self.connection.execute("rollback")
            raise WarehouseError(f"Rows could not be written: {str(error).splitlines()[0]}. Call again.") from error
        self._rows.clear()
        self._documents_waiting = 0

    def finish(self, started: datetime, provider_name: str) -> None:
        """Write the run's own row."""
        summary = self.summary(provider_name)
        self.flush()
        insert_rows(
            self.connection,
            "runs",
            [{"run_id": self.run_id, "started_at": started, "finished_at": datetime.now(UTC),
              "status": "failures" if self.failures else "done", "provider": provider_name,
              "pledgebook_version": __version__, "schema_version": schema_version(),
              "grounding_version": grounding_version(), "documents_n": summary.documents_n,
              "pending_n": summary.documents_n - summary.unchanged_n, "failed_n": len(self.failures),
              "asked_n": summary.asked_n, "records_n": summary.records_n, "rejected_n": summary.rejected_n}],
        )  # fmt: skip

    def summary(self, provider_name: str) -> RunSummary:
        """Counts so far."""
        return RunSummary(
            run_id=self.run_id,
            provider=provider_name,
            documents_n=len(self.results),
            asked_n=self.asked_n,
            extracted_n=sum(result.status == "extracted" for result in self.results),
            unchanged_n=sum(result.status == "unchanged" for result in self.results),
            records_n=sum(result.records_n for result in self.results),
            rejected_n=sum(result.rejected_n for result in self.results),
            failures=list(self.failures),
        )


def _rebuild_records(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make every record anew from the stored answers: the code that reads them has changed."""
    rows = connection.execute(
        "select e.extraction_id, e.raw_answer, d.document_id, d.text, d.language, d.title, d.publication_date, d.outlet"
        " from raw.extractions e join raw.documents d using (document_id)"
        " where e.status = 'ok' and e.raw_answer is not null order by e.extraction_id"
    ).fetchall()
    connection.execute("begin")
    connection.execute("delete from raw.records")
    connection.execute("delete from raw.rejected_records")
    # DuckDB keeps deleted keys until the transaction ends.
    connection.execute("commit")
    for extraction, answer, document_id, text, language, title, published, outlet in rows:
        document = Document(document_id, "", "", text, language, title, published, outlet, "")
        built = build_records(document, answer, min_confidence=settings.min_confidence or 0.0)
        connection.execute("begin")
        for table, made in record_rows(document_id, extraction, built).items():
            insert_rows(connection, table, made)
        connection.execute("commit")


def record_rows(document_id: str, extraction: str, built: Built) -> dict[str, list[dict[str, Any]]]:
    """Rows of raw.records and raw.rejected_records for what one answer gave."""
    version = grounding_version_cached()
    records = [
        {"record_id": short_hash(extraction, "record", str(ordinal)), "extraction_id": extraction,
         "document_id": document_id, "ordinal": ordinal, "record_type": record.record_type,
         "record": record.model_dump(mode="json"), "grounding_version": version}
        for ordinal, record in enumerate(built.records)
    ]  # fmt: skip
    rejected = [
        {"rejected_id": short_hash(extraction, "rejected", str(n)), "extraction_id": extraction,
         "document_id": document_id, "ordinal": one.ordinal, "record_type": one.record_type, "draft": one.draft,
         "reason_code": one.reason_code, "reason": one.reason, "grounding_version": version}
        for n, one in enumerate(built.rejections)
    ]  # fmt: skip
    return {"records": records, "rejected_records": rejected}


def extraction_id(document_id: str, fingerprint: str, attempt_n: int) -> str:
    """Key of one attempt: stable, so that a warehouse built anew from recordings has the same ids."""
    return short_hash(document_id, fingerprint, str(attempt_n))


def short_hash(*parts: str) -> str:
    """First 16 hex digits of the sha256 of the parts."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


_grounding: list[str] = []


def grounding_version_cached() -> str:
    """`grounding_version()`, read from disk once a process."""
    if not _grounding:
        _grounding.append(grounding_version())
    return _grounding[0]


def _nothing_to_do(work: _Work, provider: Provider) -> RunSummary:
    failures = [item.error for item in work.items if item.error]
    return RunSummary(
        run_id=None,
        provider=provider.name,
        documents_n=len(work.items),
        asked_n=0,
        extracted_n=0,
        unchanged_n=len(work.items) - len(failures),
        records_n=0,
        rejected_n=0,
        failures=failures,
        published=False,
    )


def _unpublished(summary: RunSummary, failures: Iterable[str]) -> RunSummary:
    return RunSummary(**{**asdict(summary), "failures": [*summary.failures, *failures]})


# --- without a warehouse -------------------------------------------------------------------------


def extract_documents(
    settings: Settings, inputs: list[Path], provider: Provider, *, emit: Callable[[dict[str, Any]], None]
) -> int:
    """Extract without a warehouse.

    Args:
        emit: Called once per source, in order, with the line that the README documents.

    Returns:
        Number of sources that failed.
    """
    from extract.records import flat_record

    sources = find_sources(inputs)
    failed = 0

    async def one(source: Source, document: Document | DocumentError) -> dict[str, Any]:
        line: dict[str, Any] = {"document": source.name, "records": [], "rejected": [], "error": None,
                                "provider": provider.name}  # fmt: skip
        if isinstance(document, DocumentError):
            return {**line, "error": str(document)}
        attempts = await provider.extract(document, lambda answer: check_answer(document, answer))
        last = attempts[-1] if attempts else None
        if last is None or last.status != "ok" or last.raw_answer is None:
            return {**line, "error": (last.error_message if last else None) or "the provider gave no answer"}
        built = build_records(document, last.raw_answer, min_confidence=settings.min_confidence or 0.0)
        rejected = [{**rejection.draft, "reason": rejection.reason} for rejection in built.rejections]
        return {**line, "records": [flat_record(record) for record in built.records], "rejected": rejected}

    async def everything() -> None:
        nonlocal failed
        documents = iter_documents(sources, max_bytes=settings.max_bytes)
        window: list[asyncio.Task[dict[str, Any]]] = []

        async def drain(limit: int) -> None:
            nonlocal failed
            while len(window) > limit:
                line = await window.pop(0)
                failed += line["error"] is not None
                emit(line)

        try:
            for source, document in documents:
                window.append(asyncio.create_task(one(source, document)))
                await drain(settings.concurrency)
            await drain(0)
        finally:
            await provider.close()

    asyncio.run(everything())
    return failed


def answer_json(answer: Answer) -> str:
    """An answer as it is stored."""
    return answer.model_dump_json(exclude_defaults=False)


def rebuild(settings: Settings) -> RunSummary:
    """Make records and marts anew from the stored answers and publish, asking nobody.

    Raises:
        WarehouseError: If there is no warehouse, or it is locked, damaged or cannot be replaced.
    """
    from extract.transform import build

    if not settings.warehouse.exists():
        raise WarehouseError(f"There is no warehouse {str(settings.warehouse)!r}. Make one with: pledgebook run FOLDER")
    with hold_lock(settings.warehouse), working_copy(settings.warehouse) as copy:
        with open_warehouse(copy) as connection:
            create_tables(connection)
            _rebuild_records(connection, settings)
            counts = connection.execute(
                "select (select count(*) from raw.documents), (select count(*) from raw.records),"
                " (select count(*) from raw.rejected_records), (select max(run_id) from raw.runs)"
            ).fetchone()
        assert counts is not None
        documents_n, records_n, rejected_n, run_id = counts
        built = build(copy)
        if not built.failures:
            with open_warehouse(copy) as connection:
                for name, value in version_stamps().items():
                    set_version(connection, name, value)
            publish(copy, settings.warehouse)
    return RunSummary(
        run_id=run_id,
        provider="stored answers",
        documents_n=documents_n,
        asked_n=0,
        extracted_n=0,
        unchanged_n=documents_n,
        records_n=records_n,
        rejected_n=rejected_n,
        failures=built.failures,
        published=not built.failures,
        tests_n=built.tests_n,
    )
