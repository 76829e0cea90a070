"""The main flow: documents → provider → records → warehouse → dbt → published file.

In: settings, inputs, a provider. Out: a summary, and a published warehouse in which every answer
is accounted for. Each step is another module's; this one only orders them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb

from extract import __version__
from extract.config import Settings, project_root
from extract.documents import (
    Document,
    Source,
    document_from_bytes,
    find_sources,
    iter_documents,
    read_bytes,
    reader_version,
    source_id_of,
)
from extract.errors import ConfigError, DocumentError, PledgebookError, WarehouseError
from extract.providers import Attempt, Provider
from extract.records import Built, Rejection, build_records, check_answer
from extract.schema import Record
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
    read_warehouse,
    set_version,
    working_copy,
)

# Documents whose rows go in with one transaction: each is whole in it or absent.
_BATCH_DOCUMENTS = 50
# Documents under way at once where the settings leave it to the provider.
_DEFAULT_CONCURRENCY = 64

Key = tuple[str, str]
"""(document_id, fingerprint): one question."""


@dataclass(frozen=True)
class DocumentResult:
    """What became of one source, for progress and summaries.

    Attributes:
        status: `partial` when the answer broke off and its whole records were kept.
        seconds: Time that answering took.
        cost_usd: What asking cost; None where no price is known or nobody was asked.
    """

    name: str
    status: Literal["extracted", "partial", "unchanged", "failed", "not asked"]
    records_n: int = 0
    rejected_n: int = 0
    error: str | None = None
    seconds: float = 0.0
    cost_usd: Decimal | None = None


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        run_id: Key of raw.runs; None when nothing changed and nothing was written.
        documents_n: Sources looked at.
        asked_n: Requests made of the provider.
        extracted_n: Sources with a new answer, whole or broken off.
        vanished_n: Sources that are gone, and their claims with them.
        failures: One line for each source that failed and each dbt node that failed.
        published: Whether the warehouse file was replaced.
        prompt_tokens, cached_tokens, completion_tokens: Of all answers; cached ones are part of the prompt's.
        cost_usd: Of all answers whose price is known; None without any.
    """

    run_id: str | None
    provider: str
    documents_n: int
    asked_n: int = 0
    extracted_n: int = 0
    unchanged_n: int = 0
    vanished_n: int = 0
    records_n: int = 0
    rejected_n: int = 0
    failures: list[str] = field(default_factory=list)
    published: bool = False
    tests_n: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None


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
        ConfigError: If an input does not exist, or the provider can answer nothing at all.
        WarehouseError: If the warehouse is locked, damaged or cannot be replaced.
    """
    from extract.transform import build

    sources = find_sources(inputs)
    stamps = version_stamps()
    with hold_lock(settings.warehouse):
        known = _published_state(settings.warehouse, sources)
        work = _plan(sources, inputs, provider, known, settings)
        if not work.has_changes and known.versions == stamps:
            return _nothing_to_do(work, provider)
        with working_copy(settings.warehouse) as copy:
            journal = Journal(settings.warehouse)
            try:
                summary = _extract_into(copy, work, provider, settings, known, journal, progress)
                stage("building and testing the marts")
                built = build(copy)
                if built.failures:
                    return replace(summary, failures=[*summary.failures, *built.failures], tests_n=built.tests_n)
                _stamp(copy, stamps)
                publish(copy, settings.warehouse)
                journal.discard(item.key for item in work.items if item.document)
            finally:
                journal.close()
    return replace(summary, published=True, tests_n=built.tests_n)


def pending_documents(settings: Settings, inputs: list[Path], provider: Provider) -> tuple[int, list[Document]]:
    """How many sources there are, and the documents that a run would ask about; nothing is written.

    Raises:
        ConfigError: If an input does not exist.
        WarehouseError: If the warehouse is damaged.
    """
    sources = find_sources(inputs)
    work = _plan(sources, inputs, provider, _published_state(settings.warehouse, sources), settings)
    return len(sources), [items[0].document for items in work.pending if items[0].document is not None]


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
            stamps = version_stamps()
            _load_rates(connection)
            _rebuild_records(connection)
            counts = connection.execute(
                "select (select count(*) from raw.documents), (select count(*) from raw.records),"
                " (select count(*) from raw.rejected_records), (select max(run_id) from raw.runs)"
            ).fetchone()
            known_documents = read_state(connection).versions.get("documents")
        assert counts is not None
        documents_n, records_n, rejected_n, run_id = counts
        built = build(copy)
        if not built.failures:
            # The files were not read: the next run does it if reading has changed.
            _stamp(copy, {**stamps, "documents": known_documents or ""})
            publish(copy, settings.warehouse)
    return RunSummary(
        run_id=run_id,
        provider="stored answers",
        documents_n=documents_n,
        unchanged_n=documents_n,
        records_n=records_n,
        rejected_n=rejected_n,
        failures=built.failures,
        published=not built.failures,
        tests_n=built.tests_n,
    )


# --- what is pending -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    """One source: its document, if it could be read, and the answer it already has, if any.

    Attributes:
        previous: What the source gave before.
        bytes_hash: Hash of its bytes; None when they could not be read.
    """

    source: Source
    previous: Sighting | None
    bytes_hash: str | None
    document: Document | None
    fingerprint: str
    extraction_id: str | None
    error: str | None

    @property
    def key(self) -> Key:
        assert self.document is not None
        return self.document.document_id, self.fingerprint


@dataclass(frozen=True)
class _Work:
    """Attributes:
    pending: Items to ask about, those with the same question together.
    vanished: Sources that are no longer where they were, with what they gave.
    """

    items: list[_Item]
    pending: list[list[_Item]]
    vanished: list[tuple[Source, Sighting]]
    has_changes: bool


def _published_state(warehouse: Path, sources: list[Source]) -> State:
    if not warehouse.exists():
        return EMPTY_STATE
    with read_warehouse(warehouse) as connection:
        return read_state(connection, [source.source_id for source in sources])


def _plan(
    sources: list[Source], inputs: list[Path], provider: Provider, known: State, settings: Settings
) -> _Work:  # fmt: skip
    items = [_look_at(source, provider, known, settings) for source in sources]
    pending: dict[Key, list[_Item]] = {}
    for item in items:
        if item.document and item.extraction_id is None:
            pending.setdefault(item.key, []).append(item)
    settled = [item for item in items if item.document is None or item.extraction_id]
    vanished = _vanished(inputs, sources, known)
    changed = any(_sighting(item, item.extraction_id, item.error) != item.previous for item in settled)
    return _Work(items, list(pending.values()), vanished, bool(pending or vanished or changed))


def _look_at(source: Source, provider: Provider, known: State, settings: Settings) -> _Item:
    """Read a source, or take its document from the warehouse if its bytes are those that gave it."""
    previous = known.sightings.get(source.source_id)
    digest: str | None = None
    try:
        data = read_bytes(source, max_bytes=settings.max_bytes)
        digest = hashlib.sha256(data).hexdigest()[:16]
        stored = known.documents.get(previous.document_id or "") if previous else None
        is_read = known.versions.get("documents") == reader_version()
        if stored and previous and previous.bytes_hash == digest and is_read:
            document = Document(
                stored.document_id, source.source_id, source.name, stored.text, stored.language, stored.title,
                stored.publication_date, stored.outlet, str(source.path),
            )  # fmt: skip
        else:
            document = document_from_bytes(source, data)
    except DocumentError as error:
        return _Item(source, previous, digest, None, "", None, str(error))
    fingerprint = provider.fingerprint(document)
    answered = known.answered.get((document.document_id, fingerprint))
    return _Item(source, previous, digest, document, fingerprint, answered, None)


def _sighting(item: _Item, extraction: str | None, error: str | None) -> Sighting:
    """What is to be said of a source from now on.

    A failure never removes what is known: until the source gives something better, it stands for what
    it gave last.
    """
    document_id = item.document.document_id if item.document else None
    if extraction:
        return Sighting(document_id, extraction, "ok", error, item.bytes_hash)
    if item.previous and item.previous.status == "ok" and item.previous.extraction_id:
        is_same = document_id == item.previous.document_id
        return replace(item.previous, error=error, bytes_hash=item.bytes_hash if is_same else None)
    return Sighting(document_id, None, "failed", error, item.bytes_hash if document_id else None)


def _vanished(inputs: list[Path], sources: list[Source], known: State) -> list[tuple[Source, Sighting]]:
    """Sources that stood in one of the folders and are gone."""
    folders = [given.resolve() for given in inputs if given.is_dir()]
    present = {source.source_id for source in sources}
    gone: list[tuple[Source, Sighting]] = []
    for source_id, sighting in known.sightings.items():
        path = Path(known.places[source_id])
        # The place is as a user gave it: from another folder it may mean another file.
        if sighting.status == "vanished" or source_id in present or source_id_of(path) != source_id or path.exists():
            continue
        if any(folder in path.resolve().parents for folder in folders):
            gone.append((Source(source_id, path.stem or path.name, path), sighting))
    return gone


def _nothing_to_do(work: _Work, provider: Provider) -> RunSummary:
    failures = [item.error for item in work.items if item.error]
    return RunSummary(
        run_id=None,
        provider=provider.name,
        documents_n=len(work.items),
        unchanged_n=len(work.items) - len(failures),
        failures=failures,
    )


# --- versions of the code -------------------------------------------------------------------------


def version_stamps() -> dict[str, str]:
    """Versions of what turns files and stored answers into marts: when they agree, nothing needs rebuilding."""
    from extract.rates import rates_version
    from extract.transform import dbt_version

    return {
        "documents": reader_version(), "grounding": grounding_version(), "dbt": dbt_version(), "rates": rates_version(),
    }  # fmt: skip


def _stamp(copy: Path, stamps: dict[str, str]) -> None:
    with open_warehouse(copy) as connection:
        for name, value in stamps.items():
            set_version(connection, name, value)


@cache
def grounding_version() -> str:
    """Hash of the code and lists that make records of answers; a change recomputes every record."""
    package = Path(__file__).resolve().parent
    files = sorted([*(package / "normalise").glob("*.py"), package / "grounding.py", package / "records.py",
                    package / "schema.py", *(project_root() / "seeds").glob("*aliases*.csv"),
                    project_root() / "seeds" / "organisations.csv"])  # fmt: skip
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
    """Bring the raw tables of the working copy up to date.

    Raises:
        ConfigError: If the provider stopped for good before it answered anything.
    """
    with open_warehouse(copy) as connection:
        create_tables(connection)
        stamps = version_stamps()
        if known.versions.get("rates") != stamps["rates"]:
            _load_rates(connection)
        loader = _Loader(connection, settings, known, len(work.items), progress)
        for item in work.items:
            if item.document is not None:
                loader.note_metadata(item.document)
        if known.versions and any(known.versions.get(name) != stamps[name] for name in ("grounding", "documents")):
            _rebuild_records(connection)
        for item in work.items:
            if item.error is not None:
                loader.failed(item, item.error)
            elif item.extraction_id is not None:
                loader.unchanged(item)
        for source, sighting in work.vanished:
            loader.vanished(source, sighting)
        asyncio.run(_ask_all(work.pending, provider, settings, journal, loader))
        if loader.fatal is not None and loader.summary(provider.name).extracted_n == 0:
            raise ConfigError(loader.fatal)
        loader.finish(provider.name)
        return loader.summary(provider.name)


async def _ask_all(
    pending: list[list[_Item]], provider: Provider, settings: Settings, journal: Journal, loader: _Loader
) -> None:
    """Ask every pending question, load each answer as it comes, never hold one for another."""
    queue = iter(pending)
    prepare = getattr(provider, "prepare", None)
    if prepare is not None:
        new = [items[0] for items in pending if not _has_answer(journal, items[0].key)]
        try:
            await prepare([item.document for item in new if item.document is not None])
        except BaseException:
            await provider.close()
            raise

    async def worker() -> None:
        for items in queue:
            kept = [_attempt_from(row) for row in journal.entries.get(items[0].key, [])]
            if _has_answer(journal, items[0].key):
                loader.answered(items, kept, asked_n=0)
                continue
            if loader.fatal is not None:
                loader.not_asked(items)
                continue
            assert items[0].document is not None
            attempts, reason = await _ask(provider, items[0].document)
            made = [_Made(attempt, datetime.now(UTC)) for attempt in attempts]
            if reason is None:
                journal.add(*items[0].key, [{**asdict(one.attempt), "asked_at": one.asked_at} for one in made])
                loader.answered(items, [*kept, *made], asked_n=sum(attempt.seconds > 0 for attempt in attempts))
            else:
                loader.fatal = reason
                loader.not_asked(items)

    limit = settings.concurrency or _DEFAULT_CONCURRENCY
    workers = [asyncio.create_task(worker()) for _ in range(max(1, min(limit, len(pending))))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        loader.flush()
        await provider.close()


async def _ask(provider: Provider, document: Document) -> tuple[list[Attempt], str | None]:
    """Attempts, and why the provider can answer no document at all, if so."""
    try:
        attempts = await provider.extract(document, lambda answer: check_answer(document, answer))
    except PledgebookError as error:
        return [], str(error)
    except Exception as error:
        # A provider never raises for one document; if it does, the others still go on.
        message = f"The provider {provider.name!r} failed on it ({type(error).__name__}: {error}). Please report this."
        failed = Attempt("error", provider.fingerprint(document), provider.name, None, type(error).__name__, message)
        return [failed], None
    is_answer = bool(attempts) and _is_answer(attempts[-1])
    if getattr(provider, "fatal", None) is not None and not is_answer:
        return attempts, (attempts[-1].error_message if attempts else None) or "the provider stopped"
    return attempts, None


@dataclass(frozen=True)
class _Made:
    """An attempt and when it was made."""

    attempt: Attempt
    asked_at: datetime


def _has_answer(journal: Journal, key: Key) -> bool:
    """Whether an answer to this question came in a run that did not publish."""
    kept = journal.entries.get(key, [])
    return bool(kept) and _is_answer(_attempt_from(kept[-1]).attempt)


def _attempt_from(row: dict[str, Any]) -> _Made:
    cost = row.get("cost_usd")
    fields = {name: value for name, value in row.items() if name != "asked_at"}
    attempt = Attempt(**{**fields, "cost_usd": Decimal(str(cost)) if cost is not None else None})
    return _Made(attempt, datetime.fromisoformat(row["asked_at"]))


def _is_answer(attempt: Attempt) -> bool:
    """Whether it holds records to load: all of them, or those before it broke off."""
    return attempt.status in {"ok", "truncated"} and attempt.raw_answer is not None


def _reason(attempts: list[Attempt]) -> str | None:
    """Why the last attempt is no whole answer; None if it is one."""
    if attempts and attempts[-1].status == "ok" and attempts[-1].raw_answer is not None:
        return None
    return (attempts[-1].error_message if attempts else None) or "the provider gave no answer"


def _built(document: Document, raw_answer: str, min_confidence: float) -> Built:
    try:
        return build_records(document, raw_answer, min_confidence=min_confidence)
    except ValueError as error:
        return Built([], [Rejection(0, None, {"answer": raw_answer[:2000]}, "invalid_draft", str(error))])


class _Loader:
    """Turns answers into rows, a few documents to a transaction, and counts.

    Attributes:
        fatal: Why the provider answers nothing more; None while it does.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, known: State, total: int, progress: Progress
    ) -> None:
        self.connection = connection
        self.started_at = datetime.now(UTC)
        self.run_id = self.started_at.strftime("%Y%m%dT%H%M%S.%fZ")
        self.settings = settings
        self.known = known
        self.total = total
        self.progress = progress
        self.results: list[DocumentResult] = []
        self.failures: list[str] = []
        self.asked_n = 0
        self.vanished_n = 0
        self.prompt_tokens = self.cached_tokens = self.completion_tokens = 0
        self.cost_usd: Decimal | None = None
        self.fatal: str | None = None
        self._metadata = {
            row[0]: row[1:]
            for row in connection.execute(
                "select document_id, language, title, publication_date, outlet from raw.documents"
            ).fetchall()
        }
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._documents_waiting = 0

    def note_metadata(self, document: Document) -> None:
        """Correct what is stored about a document, where reading it again says otherwise."""
        stated = (document.language, document.title, document.publication_date, document.outlet)
        if self._metadata.get(document.document_id, stated) != stated:
            self._metadata[document.document_id] = stated
            self.connection.execute(
                "update raw.documents set language = ?, title = ?, publication_date = ?, outlet = ?"
                " where document_id = ?",
                [*stated, document.document_id],
            )

    def failed(self, item: _Item, error: str) -> None:
        """A source that could not be read."""
        self._see(item.source, item.previous, _sighting(item, None, error))
        self._done(DocumentResult(item.source.name, "failed", error=error))

    def unchanged(self, item: _Item) -> None:
        """A source whose document has its answer already."""
        self._see(item.source, item.previous, _sighting(item, item.extraction_id, None))
        self._done(DocumentResult(item.source.name, "unchanged"))

    def vanished(self, source: Source, sighting: Sighting) -> None:
        """A source that is gone."""
        self._see(source, sighting, Sighting(sighting.document_id, None, "vanished", None))
        self.vanished_n += 1

    def not_asked(self, items: list[_Item]) -> None:
        """Sources with one question that was not put, since the provider answers nothing more."""
        for item in items:
            assert item.document is not None
            self._add_document(item.document)
            self._see(item.source, item.previous, _sighting(item, None, self.fatal))
            self._done(DocumentResult(item.source.name, "not asked"))

    def answered(self, items: list[_Item], made: list[_Made], *, asked_n: int) -> None:
        """Sources with one question that was answered, well or badly."""
        document, (document_id, fingerprint) = items[0].document, items[0].key
        assert document is not None
        self.asked_n += asked_n
        new = [one.attempt for one in made] if asked_n else []
        self.prompt_tokens += sum(attempt.prompt_tokens or 0 for attempt in new)
        self.cached_tokens += sum(attempt.cached_tokens or 0 for attempt in new)
        self.completion_tokens += sum(attempt.completion_tokens or 0 for attempt in new)
        costs = [attempt.cost_usd for attempt in new if attempt.cost_usd is not None]
        cost = sum(costs, Decimal(0)) if costs else None
        if cost is not None:
            self.cost_usd = (self.cost_usd or Decimal(0)) + cost
        self._add_document(document)
        first_n = self.known.attempts.get((document_id, fingerprint), 0) + 1
        extraction: str | None = None
        for number, one in enumerate(made, start=first_n):
            extraction = extraction_id(document_id, fingerprint, number)
            row = {**asdict(one.attempt), "fingerprint": fingerprint, "extraction_id": extraction,
                   "run_id": self.run_id, "attempt_n": number, "document_id": document_id,
                   "asked_at": one.asked_at}  # fmt: skip
            self._rows.setdefault("extractions", []).append(row)
        attempts = [one.attempt for one in made]
        seconds, reason = sum(attempt.seconds for attempt in attempts), _reason(attempts)
        if not attempts or not _is_answer(attempts[-1]) or extraction is None:
            for item in items:
                error = f"{item.source.name!r}: {reason}"
                self._see(item.source, item.previous, _sighting(item, None, error))
                self._done(DocumentResult(item.source.name, "failed", error=error, seconds=seconds, cost_usd=cost))
                cost = None
            return
        built = _built(document, attempts[-1].raw_answer or "", self.settings.min_confidence or 0.0)
        for table, rows in record_rows(document_id, extraction, built).items():
            self._rows.setdefault(table, []).extend(rows)
        for item in items:
            broken = f"{item.source.name!r}: {reason} What came is kept; call again for the rest." if reason else None
            self._see(item.source, item.previous, _sighting(item, extraction, broken))
            self._done(
                DocumentResult(
                    item.source.name,
                    "partial" if reason else "extracted",
                    len(built.records),
                    len(built.rejections),
                    error=broken,
                    seconds=seconds,
                    cost_usd=cost,
                )
            )
            cost = None

    def _add_document(self, document: Document) -> None:
        if document.document_id in self._metadata:
            return
        self._metadata[document.document_id] = (
            document.language, document.title, document.publication_date, document.outlet,
        )  # fmt: skip
        self._rows.setdefault("documents", []).append(
            {"document_id": document.document_id, "language": document.language, "title": document.title,
             "publication_date": document.publication_date, "outlet": document.outlet, "text": document.text,
             "char_count": len(document.text), "first_loaded_at": datetime.now(UTC), "first_run_id": self.run_id}
        )  # fmt: skip

    def _see(self, source: Source, previous: Sighting | None, sighting: Sighting) -> None:
        if previous == sighting:
            return
        self._rows.setdefault("sightings", []).append(
            {"sighting_id": short_hash(source.source_id, self.run_id), "source_id": source.source_id,
             "name": source.name, "source": str(source.path), "run_id": self.run_id, "seen_at": datetime.now(UTC),
             **asdict(sighting)}
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

    def finish(self, provider_name: str) -> None:
        """Write the run's own row."""
        if self.fatal is not None:
            left_n = sum(result.status == "not asked" for result in self.results)
            self.failures.append(f"{self.fatal} ({left_n} documents were not asked about; call again to go on.)")
        summary = self.summary(provider_name)
        self.flush()
        insert_rows(
            self.connection,
            "runs",
            [{"run_id": self.run_id, "started_at": self.started_at, "finished_at": datetime.now(UTC),
              "status": "failures" if self.failures else "done", "provider": provider_name,
              "pledgebook_version": __version__, "schema_version": schema_version(),
              "grounding_version": grounding_version(), "documents_n": summary.documents_n,
              "pending_n": summary.documents_n - summary.unchanged_n,
              "failed_n": sum(result.status not in {"extracted", "unchanged"} for result in self.results),
              "asked_n": summary.asked_n, "records_n": summary.records_n, "rejected_n": summary.rejected_n}],
        )  # fmt: skip

    def summary(self, provider_name: str) -> RunSummary:
        """Counts so far."""
        return RunSummary(
            run_id=self.run_id,
            provider=provider_name,
            documents_n=len(self.results),
            asked_n=self.asked_n,
            extracted_n=sum(result.status in {"extracted", "partial"} for result in self.results),
            unchanged_n=sum(result.status == "unchanged" for result in self.results),
            vanished_n=self.vanished_n,
            records_n=sum(result.records_n for result in self.results),
            rejected_n=sum(result.rejected_n for result in self.results),
            failures=list(self.failures),
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=self.cost_usd,
        )


def _load_rates(connection: duckdb.DuckDBPyConnection) -> None:
    from extract.rates import load_rates

    load_rates(connection)


def _rebuild_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every record anew from the stored answers: the code that reads them has changed."""
    connection.execute("delete from raw.records")
    connection.execute("delete from raw.rejected_records")
    # Answers that no source ever stood for were never loaded: earlier attempts, put right by later ones.
    asked = connection.execute(
        "select e.extraction_id, e.raw_answer, d.document_id, d.text, d.language, d.title, d.publication_date, d.outlet"
        " from raw.extractions e join raw.documents d using (document_id)"
        " where e.raw_answer is not null and e.extraction_id in (select extraction_id from raw.sightings)"
        " order by e.extraction_id"
    ).fetchall()
    for batch in _batches(asked):
        rows: dict[str, list[dict[str, Any]]] = {}
        for extraction, answer, document_id, text, language, title, published, outlet in batch:
            document = Document(document_id, "", "", text, language, title, published, outlet, "")
            for table, made in record_rows(document_id, extraction, _built(document, answer, 0.0)).items():
                rows.setdefault(table, []).extend(made)
        for table, made in rows.items():
            insert_rows(connection, table, made)


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(rows), _BATCH_DOCUMENTS):
        yield rows[first : first + _BATCH_DOCUMENTS]


def record_rows(document_id: str, extraction: str, built: Built) -> dict[str, list[dict[str, Any]]]:
    """Rows of raw.records and raw.rejected_records for what one answer gave."""
    version = grounding_version()
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


# --- without a warehouse -------------------------------------------------------------------------


def extract_documents(
    settings: Settings, inputs: list[Path], provider: Provider, *, emit: Callable[[dict[str, Any]], None]
) -> int:
    """Extract without a warehouse.

    Args:
        emit: Called once per source, in order, with the line that the README documents.

    Returns:
        Number of sources that failed.

    Raises:
        ConfigError: If an input does not exist, or the provider can answer nothing at all.
    """
    documents = iter_documents(find_sources(inputs), max_bytes=settings.max_bytes)
    return asyncio.run(_extract_in_order(documents, settings, provider, emit))


async def _extract_in_order(
    documents: Iterable[tuple[Source, Document | DocumentError]],
    settings: Settings,
    provider: Provider,
    emit: Callable[[dict[str, Any]], None],
) -> int:
    window: list[asyncio.Task[dict[str, Any]]] = []
    failed_n = answered_n = 0
    fatal: str | None = None

    async def one(source: Source, document: Document | DocumentError) -> dict[str, Any]:
        nonlocal answered_n, fatal
        if isinstance(document, DocumentError):
            return _line(source, provider, error=str(document))
        if fatal is not None:
            return _line(source, provider, error=f"not asked: {fatal}")
        attempts, reason = await _ask(provider, document)
        if reason is not None:
            fatal = reason
            return _line(source, provider, error=reason)
        if not attempts or not _is_answer(attempts[-1]):
            return _line(source, provider, error=_reason(attempts))
        answered_n += 1
        built = _built(document, attempts[-1].raw_answer or "", settings.min_confidence or 0.0)
        return _line(source, provider, built, error=_reason(attempts))

    async def drain(limit: int) -> None:
        nonlocal failed_n
        while len(window) > limit:
            line = await window.pop(0)
            if fatal is not None and answered_n == 0:
                raise ConfigError(fatal)
            failed_n += line["error"] is not None
            emit(line)

    try:
        for source, document in documents:
            window.append(asyncio.create_task(one(source, document)))
            await drain(settings.concurrency or _DEFAULT_CONCURRENCY)
        await drain(0)
    finally:
        for task in window:
            task.cancel()
        await provider.close()
    return failed_n


def _line(source: Source, provider: Provider, built: Built | None = None, *, error: str | None) -> dict[str, Any]:
    """One document as `pledgebook extract` prints it."""
    from extract.records import flat_record

    return {
        "document": source.name,
        "records": [flat_record(record) for record in built.records] if built else [],
        "rejected": [{**one.draft, "reason": one.reason} for one in built.rejections] if built else [],
        "error": error,
        "provider": provider.name,
    }
