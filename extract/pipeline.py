"""The main flow: documents → provider → records → warehouse → dbt → published file.

In: settings, inputs, a provider. Out: a summary, and a published warehouse in which every answer
is accounted for. Each step is another module's; this one only orders them.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatch
from functools import cache, cached_property
from itertools import chain, pairwise, takewhile
from pathlib import Path
from typing import Any, Literal

import duckdb

from extract import __version__
from extract.config import Narrowing, Settings, project_root
from extract.decisions import check_decisions
from extract.documents import (
    LANGUAGES,
    Document,
    Source,
    document_from_bytes,
    find_sources,
    is_closed,
    iter_documents,
    read_bytes,
    reader_version,
    source_id_of,
)
from extract.errors import GOES_ON, STOPS, ConfigError, DocumentError, PledgebookError, WarehouseError
from extract.normalise.aliases import aliases
from extract.outputs import is_full_disk
from extract.providers import Attempt, Provider
from extract.records import Built, Rejection, build_records, check_answer
from extract.reprints import MOST_SHARED, candidates, likeness, overlap, sketch
from extract.schema import Record
from extract.sources.gather import Gathered, gather, with_members
from extract.sources.settings import SourcesFile
from extract.sources.state import Look, SourceState
from extract.spill import Spill
from extract.warehouse import (
    EMPTY_STATE,
    Heartbeat,
    Journal,
    Sighting,
    State,
    StoredDocument,
    create_tables,
    hold_lock,
    insert_json,
    insert_rows,
    open_warehouse,
    publish,
    read_cut_off,
    read_documents,
    read_state,
    read_warehouse,
    require_warehouse,
    row_json,
    set_version,
    working_copy,
    write_out,
)

# Documents whose rows wait to be written together; of twice as many they need 13 MB more.
_BATCH_DOCUMENTS = 500
# Fewer, if their rows are long: texts, answers and records.
_BATCH_BYTES = 2_000_000
# Documents under way at once where the settings leave it to the provider.
_DEFAULT_CONCURRENCY = 64

Key = tuple[str, str]
"""(document_id, fingerprint): one question."""


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What became of one source, for progress and summaries.

    Attributes:
        status: `partial` when the answer broke off and its whole records were kept, `cut off` when that was because
            the provider stopped; `put off` when it is pending, and this run does not ask about it.
        seconds: Time that answering took.
        cost_usd: What asking cost; None where no price is known or nobody was asked.
    """

    name: str
    status: Literal["extracted", "partial", "cut off", "unchanged", "reprint", "failed", "not asked", "put off"]
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
        documents_n: Documents looked at, each once; of a source that could not be read one.
        places_n: Sources looked at: the other numbers of sources are parts of it.
        asked_n: Requests made of the provider.
        extracted_n: Sources with a new answer, whole or broken off.
        reprints_n: Sources newly found to reprint another document.
        vanished_n: Sources newly found to be gone; their claims stay.
        put_off_n: Pending documents that this run did not ask about: left out, or waiting after a failure.
        not_asked_n: Pending documents that it did not come to ask about to the end: the next run goes on with them.
        given_up: One line for each thing that failed too often to be tried again.
        fetched_n: Pages asked for.
        failures: One line for each source that failed and each dbt node that failed.
        published: Whether the warehouse file was replaced.
        prompt_tokens, cached_tokens, completion_tokens: Of all answers; cached ones are part of the prompt's.
        cost_usd: Of all answers whose price is known; None without any.
    """

    run_id: str | None
    provider: str
    documents_n: int
    places_n: int = 0
    asked_n: int = 0
    extracted_n: int = 0
    unchanged_n: int = 0
    reprints_n: int = 0
    vanished_n: int = 0
    put_off_n: int = 0
    not_asked_n: int = 0
    fetched_n: int = 0
    records_n: int = 0
    rejected_n: int = 0
    given_up: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    published: bool = False
    tests_n: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON can hold it: money as a number."""
        return {**asdict(self), "cost_usd": None if self.cost_usd is None else float(self.cost_usd)}


Progress = Callable[[DocumentResult, int, int], None]


def run(
    settings: Settings,
    inputs: list[Path] | SourcesFile,
    provider: Provider,
    *,
    progress: Progress = lambda result, done, total: None,
    stage: Callable[[str], None] = lambda message: None,
) -> RunSummary:
    """Extract what is new or changed in `inputs` and publish a warehouse built from everything known.

    Args:
        settings: Where the warehouse is and how much to ask.
        inputs: Files and folders, or what sources.toml says.
        provider: Who answers; its fingerprints decide what is pending.
        progress: Called after each document with its result, the number done and the total.
        stage: Called with one line when a longer step begins.

    Raises:
        ConfigError: If an input does not exist, a person's decision cannot hold, or the provider can answer nothing.
        WarehouseError: If the warehouse is locked, damaged or cannot be replaced.
    """
    with _long_lived():
        # Misuse is said before anything is locked.
        given = inputs if isinstance(inputs, SourcesFile) else _files(inputs)
    with hold_lock(settings.warehouse, take_over=settings.is_taking_over, say=stage) as beat:
        with _long_lived():
            state = SourceState(settings.warehouse)
        if state.was_damaged:
            stage(f"{str(state.path)!r} was damaged and is put aside; every source is looked at anew")
        number = state.begin_run(time.time(), beat.holder)
        try:
            summary = _run(settings, given, provider, state, beat, progress, stage)
        except BaseException as error:
            state.end_run(number, time.time(), "failed", None, {"failures": [str(error) or type(error).__name__]})
            raise
        else:
            outcome = "published" if summary.published else "not published" if summary.run_id else "unchanged"
            state.end_run(number, time.time(), outcome, summary.run_id, asdict(summary))
        finally:
            state.close()
            gc.unfreeze()
    return summary


@contextmanager
def _long_lived() -> Iterator[None]:
    """What is made here lasts as long as the run: the collector of cycles need not go through it again and again.

    A million objects of 100,000 documents cost it a second while they are made, and more while dbt runs.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _run(
    settings: Settings,
    given: Gathered | SourcesFile,
    provider: Provider,
    state: SourceState,
    beat: Heartbeat,
    progress: Progress,
    stage: Callable[[str], None],
) -> RunSummary:
    from extract.transform import build, manifest_path, prepare

    def told(result: DocumentResult, done: int, total: int) -> None:
        beat.note(f"{done} of {total} documents")
        progress(result, done, total)

    def begun(message: str) -> None:
        beat.note(message)
        stage(message)

    # What a person has to mend is said before anybody is asked, and noted as the end of a run.
    check_decisions(settings.warehouse)
    stamps = version_stamps()
    with ExitStack() as stack:
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pledgebook-")))
        # Beside the warehouse, where there is room for as much: /tmp is memory on many machines.
        spill = stack.enter_context(closing(Spill(settings.warehouse.parent)))
        with _long_lived():
            known = _published_state(settings.warehouse)
        found = with_members(
            given, state, known.document_ids, spill=spill, max_bytes=settings.max_bytes,
        ) if isinstance(given, Gathered) else gather(
            given, state, known.document_ids, spool=spool, spill=spill, max_bytes=settings.max_bytes,
            is_retrying=settings.is_retrying, say=begun,
        )  # fmt: skip
        work = _plan(found, provider, state, known, settings, spill)
        if not work.has_changes and _is_current(known, stamps):
            state.save(work.looks(state), found.origins, found.forgotten_looks())
            return _nothing_to_do(work, provider)
        prepare(manifest_path(settings.warehouse))
        copy = stack.enter_context(working_copy(settings.warehouse))
        journal = Journal(settings.warehouse)
        try:
            summary, loaded = _extract_into(copy, work, provider, settings, known, journal, told)
            # No text waits any more; dbt and publishing need room.
            spill.close()
            begun("building and testing the marts")
            built = build(copy, kept=manifest_path(settings.warehouse))
            if built.failures:
                return replace(summary, failures=[*summary.failures, *built.failures], tests_n=built.tests_n)
            _stamp(copy, stamps)
            publish(copy, settings.warehouse, keep=settings.keep_published)
            state.save(work.looks(state), found.origins, found.forgotten_looks())
            # Of what was put off or not asked about, the journal may hold answers of runs that did not publish.
            journal.discard(chain(loaded, (item.key for item in work.items if item.extraction_id)))
        finally:
            journal.close()
    return replace(summary, published=True, tests_n=built.tests_n)


@contextmanager
def pending_documents(
    settings: Settings, inputs: list[Path] | SourcesFile, provider: Provider
) -> Iterator[tuple[int, int, Iterator[Document], list[str]]]:
    """How many documents there are, how many a run would ask about, these, and what failed; nothing is written.

    Raises:
        ConfigError: If an input does not exist.
        WarehouseError: If the warehouse is damaged.
    """
    known = _published_state(settings.warehouse)
    with (
        closing(SourceState(settings.warehouse, read_only=True)) as state,
        tempfile.TemporaryDirectory(prefix="pledgebook-") as spool,
        closing(Spill(_roomy_folder(settings.warehouse, Path(spool)))) as spill,
    ):
        found = gather(
            inputs, state, known.document_ids, spool=Path(spool), spill=spill, max_bytes=settings.max_bytes,
            is_retrying=settings.is_retrying,
        ) if isinstance(inputs, SourcesFile) else with_members(
            _files(inputs), state, known.document_ids, spill=spill, max_bytes=settings.max_bytes
        )  # fmt: skip
        work = _plan(found, provider, state, known, settings, spill)
        documents = (work.document(items[0]) for items in work.pending)
        yield _documents_n(work.items), len(work.pending), documents, _failures(work)


def _roomy_folder(warehouse: Path, otherwise: Path) -> Path:
    """Where texts can wait without a trace: on the warehouse's disk, as in a run, though its folder is yet to be made.

    What is there for temporary files is memory on many machines.
    """
    near = next((one for one in warehouse.absolute().parents if one.exists()), otherwise)
    return near if near.is_dir() and os.access(near, os.W_OK | os.X_OK) else otherwise


def rebuild(settings: Settings) -> RunSummary:
    """Make records and marts anew from the stored answers and publish, asking nobody.

    Raises:
        ConfigError: If there is no warehouse, or a person's decision cannot hold.
        WarehouseError: If it is locked, damaged or cannot be replaced.
    """
    from extract.transform import build, manifest_path

    require_warehouse(settings.warehouse)
    check_decisions(settings.warehouse)
    with hold_lock(settings.warehouse), working_copy(settings.warehouse) as copy:
        stamps = version_stamps()
        _complete_tables(copy, stamps)
        with open_warehouse(copy, is_loading=True) as connection:
            _rebuild_records(connection)
            run_id = _note_rebuild(connection)
            counts = connection.execute(
                "select (select count(*) from raw.documents), (select count(*) from raw.records),"
                " (select count(*) from raw.rejected_records)"
            ).fetchone()
            known_documents = read_state(connection).versions.get("documents")
        assert counts is not None
        documents_n, records_n, rejected_n = counts
        built = build(copy, kept=manifest_path(settings.warehouse))
        if not built.failures:
            # The files were not read: the next run does it if reading has changed.
            _stamp(copy, {**stamps, "documents": known_documents or ""})
            publish(copy, settings.warehouse)
    return RunSummary(
        run_id=run_id,
        provider="stored answers",
        documents_n=documents_n,
        places_n=documents_n,
        unchanged_n=documents_n,
        records_n=records_n,
        rejected_n=rejected_n,
        failures=built.failures,
        published=not built.failures,
        tests_n=built.tests_n,
    )


def _note_rebuild(connection: duckdb.DuckDBPyConnection) -> str:
    """A row of raw.runs: what changes now is the doing of decisions, lists or code, not of the run before."""
    from extract.retention import run_row

    latest = read_state(connection).latest_at
    now = datetime.now(UTC)
    if latest is not None:
        now = max(now, latest + timedelta(microseconds=1))
    run_id = now.strftime("%Y%m%dT%H%M%S.%fZ")
    insert_rows(connection, "runs", [run_row(run_id, now, "stored answers")])
    return run_id


# --- what is pending -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    """A document that was read and waits on disk.

    Attributes:
        offset: Where, in the run's spill.
        sketch: Hashes of its sentences (see `reprints.sketch`), eight bytes each; None before it was needed.
    """

    offset: int
    publication_date: date | None
    sketch: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """One source: its document, if it could be read, and the answer it already has, if any.

    Attributes:
        previous: What the source gave before.
        bytes_hash: Hash of its bytes; None when they could not be read.
        held: Where its text waits, when it has to be asked about or was just read.
        put_off: Why this run does not ask about it, although it is pending.
        original_id: The document that it reprints.
        likeness: How much of it stands in that one.
    """

    source: Source
    previous: Sighting | None
    bytes_hash: str | None = None
    document_id: str | None = None
    held: _Held | None = None
    fingerprint: str = ""
    extraction_id: str | None = None
    error: str | None = None
    put_off: str | None = None
    original_id: str | None = None
    likeness: float = 0.0

    @property
    def key(self) -> Key:
        assert self.document_id is not None
        return self.document_id, self.fingerprint

    @property
    def is_settled(self) -> bool:
        return bool(self.error is not None or self.extraction_id or self.put_off or self.original_id)


@dataclass(frozen=True)
class _Work:
    """Attributes:
    pending: Items to ask about, those with the same question together.
    vanished: Sources that are no longer where they were, with what they gave.
    signature: See `signature_of`.
    """

    items: list[_Item]
    pending: list[list[_Item]]
    vanished: list[tuple[Source, Sighting]]
    has_changes: bool
    found: Gathered
    signature: str
    given_up: list[str]
    spill: Spill

    def document(self, item: _Item) -> Document:
        """The document of an item that waits, as it was when it was planned: whatever became of its source since."""
        assert item.held is not None
        return self.spill.get_document(item.held.offset, item.source)

    def looks(self, state: SourceState) -> Iterator[Look]:
        """What is to be remembered, where it is not what is remembered already."""
        now = time.time()
        reader = reader_version()
        taken = set()
        for item in self.items:
            source = item.source
            taken.add(source.source_id)
            before = state.looks.get(source.source_id)
            if before is not None and source.source_id not in self.found.looks and self._is_as_before(item, before):
                continue
            look = self.found.looks.get(source.source_id) or before or Look(source.source_id)
            is_other = before is None or before.bytes_hash != item.bytes_hash
            look = replace(look, origin=source.origin or look.origin, name=source.name, location=source.where)
            if item.error is None:
                look = replace(
                    look, stamp=_settled_stamp(source, now), bytes_hash=item.bytes_hash, document_id=item.document_id,
                    reader=look.reader if source.is_same else reader, fingerprint=item.fingerprint,
                    signature=self.signature, changed_at=now if is_other else look.changed_at,
                )  # fmt: skip
                if look.container is None or not look.container.startswith("list:"):
                    look = replace(look, failures_n=0, error=None)
            else:
                look = replace(look, stamp=_settled_stamp(source, now), bytes_hash=item.bytes_hash, document_id=None,
                               failures_n=look.failures_n + 1, error=item.error)  # fmt: skip
            if look != before:
                yield look
        yield from (look for key, look in self.found.looks.items() if key not in taken and look != state.looks.get(key))

    def _is_as_before(self, item: _Item, look: Look) -> bool:
        """Whether a file that was known by its stamp leaves nothing new to remember: of most files nothing is made."""
        source = item.source
        return (
            item.error is None
            and source.stamp is not None
            and look.stamp == source.stamp
            and look.fingerprint == item.fingerprint
            and look.signature == self.signature
            and look.bytes_hash == item.bytes_hash
            and look.document_id == item.document_id
            and look.reader == reader_version()
            and look.name == source.name
            and look.location == source.where
            and look.origin == (source.origin or look.origin)
            and look.failures_n == 0
            and look.error is None
        )


# A file that is written twice within a tick of the clock bears one time for both.
_TICK_SECONDS = 2.0


def _settled_stamp(source: Source, now: float) -> str | None:
    if source.stamp is None:
        return None
    changed_at = int(source.stamp.split("-")[2]) / 1e9
    return source.stamp if abs(now - changed_at) > _TICK_SECONDS else None


def _published_state(warehouse: Path) -> State:
    if not warehouse.exists():
        return EMPTY_STATE
    with read_warehouse(warehouse) as connection:
        return read_state(connection)


def _files(inputs: list[Path]) -> Gathered:
    return Gathered(find_sources(inputs), roots=[given for given in inputs if os.path.isdir(given)])


def _plan(
    found: Gathered, provider: Provider, state: SourceState, known: State, settings: Settings, spill: Spill
) -> _Work:
    signature = signature_of(provider)
    sources = [source for source in found.sources if source.source_id not in known.forgotten]
    items = [_look_at(source, state, known, settings, signature, provider, spill) for source in sources]
    items = [item for item in items if item.document_id not in known.forgotten]
    _mark_answers(items, provider, known, settings.warehouse, spill)
    if settings.narrowing.since is not None:  # which days they are of is known with their texts
        open_n = [n for n, item in enumerate(items) if not item.is_settled]
        _hold_stored(items, open_n, settings.warehouse, spill)
    _mark_known_reprints(items, known)  # nobody asks about these: they take up no place within a limit
    items, given_up = _held_back(items, known, settings)
    _mark_reprints(items, known, settings.warehouse, spill)
    pending: dict[Key, list[_Item]] = {}
    for item in items:
        if not item.is_settled:
            pending.setdefault(item.key, []).append(item)
    vanished = _vanished(found, {source.source_id for source in sources}, known)
    changed = any(_is_news(item) for item in items if item.is_settled)
    return _Work(
        items, list(pending.values()), vanished, bool(pending or vanished or changed), found, signature,
        [*found.given_up, *given_up], spill,
    )  # fmt: skip


def _look_at(
    source: Source, state: SourceState, known: State, settings: Settings, signature: str, provider: Provider,
    spill: Spill,
) -> _Item:  # fmt: skip
    """Find out which document a source holds, by reading it only if nothing else tells."""
    previous = known.sightings.get(source.source_id)
    look = state.looks.get(source.source_id)
    is_page = source.is_same and look is not None and (look.container or "").startswith("list:")
    if look is not None and look.document_id in known.document_ids and source.error is None:
        # A page is fetched again when it changes; a file is read again also when the code that reads it changes.
        is_read = is_page or look.reader == reader_version()
        if is_read and (source.is_same or (source.stamp is not None and source.stamp == look.stamp)):
            fingerprint = (look.fingerprint if look.signature == signature else None) or ""
            return _Item(
                source, previous, look.bytes_hash, look.document_id, fingerprint=fingerprint,
                extraction_id=known.answered.get((look.document_id or "", fingerprint)),
            )  # fmt: skip
    digest: str | None = None
    try:
        data = read_bytes(source, max_bytes=settings.max_bytes)
        digest = hashlib.sha256(data).hexdigest()[:16]
        is_read = known.versions.get("documents") == reader_version()
        if previous and previous.bytes_hash == digest and is_read and previous.document_id in known.document_ids:
            return _Item(source, previous, digest, previous.document_id)
        document = document_from_bytes(source, data, max_bytes=settings.max_bytes)
    except DocumentError as error:
        return _Item(source, previous, digest, error=str(error))
    return _Item(
        source, previous, digest, document.document_id, _hold(document, spill), provider.fingerprint(document)
    )


def _hold(document: Document, spill: Spill) -> _Held:
    return _Held(spill.put_document(document), document.publication_date)


def _mark_answers(items: list[_Item], provider: Provider, known: State, warehouse: Path, spill: Spill) -> None:
    """Give the items, in their list, their questions and the answers that these have.

    Texts are fetched where a question is not known; whether the others are needed is found later (`_hold_stored`).
    """
    unread: list[int] = []
    for n, item in enumerate(items):
        if item.error is not None or item.extraction_id:
            continue
        answer = known.answered.get(item.key)
        if answer is not None:
            items[n] = replace(item, extraction_id=answer)
        elif not item.fingerprint:
            unread.append(n)
    for batch in _batches(unread, _STORED_AT_ONCE):
        for n, document in zip(batch, _stored([items[n] for n in batch], warehouse), strict=True):
            fingerprint = provider.fingerprint(document)
            answer = known.answered.get((document.document_id, fingerprint))
            held = None if answer else _hold(document, spill)
            items[n] = replace(items[n], fingerprint=fingerprint, extraction_id=answer, held=held)


def _hold_stored(items: list[_Item], wanted: Iterable[int], warehouse: Path, spill: Spill) -> None:
    """Have the texts of these items, by number in their list, wait as the warehouse has them, where they do not yet."""
    for batch in _batches([n for n in wanted if items[n].held is None], _STORED_AT_ONCE):
        for n, document in zip(batch, _stored([items[n] for n in batch], warehouse), strict=True):
            items[n] = replace(items[n], held=_hold(document, spill))


# Texts of the warehouse that are in memory together.
_STORED_AT_ONCE = 1000


def _stored(items: list[_Item], warehouse: Path) -> list[Document]:
    """The documents of these items, as the warehouse has them."""
    with read_warehouse(warehouse) as connection:
        wanted = sorted({item.document_id for item in items if item.document_id})
        stored = {one.document_id: one for one in read_documents(connection, wanted)}
    return [_document(stored[item.document_id or ""], item.source) for item in items]


def _document(stored: StoredDocument, source: Source) -> Document:
    return Document(
        stored.document_id, source.source_id, source.name, stored.text, stored.language, stored.title,
        stored.publication_date, stored.outlet, source.where,
    )  # fmt: skip


def signature_of(provider: Provider) -> str:
    """What every fingerprint of `provider` depends on, other than the document.

    As long as it is the same, a document that is the same has the fingerprint that it had: 100,000 texts
    need not be read to find that nobody has to be asked. Documents to try it on stand for the model and its
    parameters, the code of the providers for what they do with other documents.
    """
    digest = hashlib.sha256(f"{provider.name}|{_asking_version()}".encode())
    for language in LANGUAGES:
        for text in ("Norway pledged 900 million.", "Norway pledged 900 million dollars to Sudan. " * 2000):
            probe = Document("probe", "probe", "probe", text, language, None, None, None, "probe")
            digest.update(provider.fingerprint(probe).encode())
    return digest.hexdigest()[:16]


@cache
def _asking_version() -> str:
    """Hash of the code that puts questions."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted([*(package / "providers").rglob("*.py"), package / "prompt.py", package / "schema.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


# --- what is put off -------------------------------------------------------------------------------


def _held_back(items: list[_Item], known: State, settings: Settings) -> tuple[list[_Item], list[str]]:
    """The items, those marked that this run does not ask about; and what failed too often, one line each."""
    narrowing = settings.narrowing
    answered = _last_answers(items, settings) if narrowing.older_than or narrowing.only_types else {}
    now = datetime.now(UTC)
    out: list[_Item] = []
    given_up: list[str] = []
    asked: set[Key] = set()
    for item in items:
        if item.is_settled:
            out.append(item)
            continue
        why = None if settings.is_retrying else _wait(known.failed.get(item.key), settings, now)
        if why == "given up":
            error = item.previous.error if item.previous else None
            given_up.append(error or f"{item.source.name!r}: no answer")
        if why is None and not _is_meant(item, narrowing, answered, now):
            why = "left out"
        if why is None and item.key not in asked:
            if narrowing.limit is not None and len(asked) >= narrowing.limit:
                why = "left out"
            else:
                asked.add(item.key)
        out.append(replace(item, put_off=why))
    return out, given_up


def _wait(failed: tuple[int, datetime] | None, settings: Settings, now: datetime) -> str | None:
    """Why a document that failed is not asked about yet, or no more."""
    if failed is None:
        return None
    failed_n, last_at = failed
    if settings.give_up_after is not None and failed_n >= settings.give_up_after:
        return "given up"
    wait = (settings.retry_after or timedelta()) * 2 ** min(failed_n - 1, 12)
    # A clock that was set back would make it wait for ever.
    return "waiting" if last_at <= now < last_at + wait else None


def _last_answers(items: list[_Item], settings: Settings) -> dict[str, tuple[datetime, list[str]]]:
    """When each document that a source stands for was last answered, and the types of its records, by source_id."""
    if not settings.warehouse.exists():
        return {}
    extraction_ids = {item.previous.extraction_id for item in items if item.previous and not item.is_settled}
    with read_warehouse(settings.warehouse) as connection:
        rows = connection.execute(
            "select extraction_id, any_value(asked_at), list(distinct record_type) from raw.extractions"
            " left join raw.records using (extraction_id)"
            " where extraction_id in (select unnest(?::varchar[])) group by extraction_id",
            [sorted(one for one in extraction_ids if one)],
        ).fetchall()
    return {extraction: (asked_at, [one for one in types if one]) for extraction, asked_at, types in rows}


def _is_meant(
    item: _Item, narrowing: Narrowing, answered: dict[str, tuple[datetime, list[str]]], now: datetime
) -> bool:  # fmt: skip
    last = answered.get((item.previous.extraction_id if item.previous else None) or "")
    if narrowing.older_than is not None and last is not None and now - last[0] < narrowing.older_than:
        return False
    if narrowing.only_types and not (last and set(last[1]) & set(narrowing.only_types)):
        return False
    if narrowing.since is None:
        return True
    assert item.held is not None
    published = item.held.publication_date
    return published is None or published >= narrowing.since


# --- reprints --------------------------------------------------------------------------------------


def _mark_known_reprints(items: list[_Item], known: State) -> None:
    """Mark the items, in their list, that were reprints before and are as they were, as is their original."""
    reprints = [n for n, item in enumerate(items)
                if not item.is_settled and item.previous and item.previous.status == "reprint"]  # fmt: skip
    if not reprints:
        return
    current = _standing(items, known)
    for n in reprints:
        original = known.originals.get(items[n].document_id or "")
        if original in current:
            items[n] = replace(items[n], original_id=original, likeness=1.0)


def _mark_reprints(items: list[_Item], known: State, warehouse: Path, spill: Spill) -> None:
    """Mark the items, in their list, whose words are another document's: that one is asked about for them."""
    open_n = [n for n, item in enumerate(items) if not item.is_settled]
    if not open_n:
        return
    current = _standing(items, known)
    revised = _revised_originals([items[n] for n in open_n], items, current, known, warehouse, spill)
    for n in open_n:
        item = items[n]
        if item.document_id in revised:
            items[n] = replace(item, original_id=revised[item.document_id][0], likeness=revised[item.document_id][1])
    open_n = [n for n in open_n if not items[n].is_settled]
    _hold_stored(items, open_n, warehouse, spill)
    unsettled: list[int] = []
    for n in open_n:
        item = items[n]
        if item.document_id not in current:  # what stands for itself is no reprint
            unsettled.append(n)
            assert item.held is not None
            hashes = array("Q", sketch(_text(item, spill))).tobytes()
            items[n] = replace(item, held=replace(item.held, sketch=hashes))
    index = _sketch_index([items[n] for n in unsettled], current, warehouse)
    shared = _shared_hashes([items[n] for n in unsettled])
    originals: dict[str, _Item] = {}
    texts: dict[str, str] = {}
    # The first to be published is the original; of those without a day, the first in order.
    order = sorted(unsettled, key=lambda n: (_published(items[n]), n))
    taken: dict[str, tuple[str, float]] = {}
    for n in order:
        item, document_id = items[n], items[n].document_id or ""
        if document_id not in taken and document_id not in originals:
            numbers = _hashes(item)
            likely = [one for one in candidates(numbers, index) if one != document_id]
            text = _text(item, spill) if likely else ""
            _fetch_texts([one for one in likely if one not in originals], warehouse, texts)
            for one in likely:
                other = _text(originals[one], spill) if one in originals else texts.get(one)
                share = likeness(text, other) if other is not None else None
                if share is not None:
                    taken[document_id] = (one, share)
                    break
            else:
                originals[document_id] = item
                for number in shared.intersection(numbers):
                    listed = index.setdefault(number, [])
                    if len(listed) <= MOST_SHARED:
                        listed.append(document_id)
        if document_id in taken:
            original_id, share = taken[document_id]
            items[n] = replace(item, original_id=original_id, likeness=share)


def _hashes(item: _Item) -> array[int]:
    assert item.held is not None
    return array("Q", item.held.sketch or b"")


def _shared_hashes(items: list[_Item]) -> set[int]:
    """Hashes that stand in the sketches of several items: of 16 for each document, what an index has to hold.

    A part of the range at a time, so that few of them are numbers of Python's together.
    """
    parts = [array("Q") for _ in range(_HASH_PARTS)]
    for item in items:
        for number in _hashes(item):
            parts[number * _HASH_PARTS >> 64].append(number)
    shared: set[int] = set()
    for part in parts:
        in_order = sorted(part)
        shared.update(one for one, after in pairwise(in_order) if one == after)
    return shared


_HASH_PARTS = 64


def _fetch_texts(document_ids: list[str], warehouse: Path, texts: dict[str, str]) -> None:
    """Have the texts of these documents of the warehouse among `texts`, with those that were fetched last."""
    missing = [one for one in document_ids if one not in texts]
    if not missing or not warehouse.exists():
        return
    if len(texts) >= _STORED_AT_ONCE:
        texts.clear()
        missing = document_ids
    with read_warehouse(warehouse) as connection:
        texts.update((one.document_id, one.text) for one in read_documents(connection, missing))


# A page of which less is left has become another one, not another version.
_REVISION_SHARE = 0.5


def _revised_originals(
    open_items: list[_Item], items: list[_Item], current: set[str], known: State, warehouse: Path, spill: Spill
) -> dict[str | None, tuple[str, float]]:
    """What reprints follow whose original has a newer version: what was corrected there does not rise again here.

    By document_id; a reprint whose original became something else altogether is not among them, and is asked
    about itself.
    """
    orphans = {
        item.document_id: known.originals[item.document_id]
        for item in open_items
        if item.document_id in known.originals and known.originals[item.document_id] not in current
    }
    if not orphans or not warehouse.exists():
        return {}
    latest = {source_id: one.document_id for source_id, one in known.sightings.items() if one.status == "ok"}
    latest.update({item.source.source_id: item.document_id for item in items if item.document_id})
    with read_warehouse(warehouse) as connection:
        stood_at = connection.execute(
            "select distinct document_id, source_id from raw.sightings where status in ('ok', 'vanished')"
            " and document_id in (select unnest(?::varchar[])) order by all",
            [sorted(set(orphans.values()))],
        ).fetchall()
        successors = {old: new for old, source_id in stood_at if (new := latest.get(source_id)) and new in current}
        wanted = {*successors, *successors.values()}
        texts = {one.document_id: one.text for one in read_documents(connection, sorted(wanted))}
    for item in items:
        if item.held is not None and item.document_id is not None and item.document_id in wanted:
            texts[item.document_id] = _text(item, spill)
    found: dict[str | None, tuple[str, float]] = {}
    for reprint, original in orphans.items():
        new = successors.get(original)
        if new is not None and new != reprint and original in texts and new in texts:
            share = overlap(texts[new], texts[original])
            if share >= _REVISION_SHARE:
                found[reprint] = (new, share)
    return found


def _standing(items: list[_Item], known: State) -> set[str]:
    """Documents that stand for claims, or are asked to, once these items are settled."""
    looked_at = {item.source.source_id for item in items}
    standing: set[str | None] = {
        one.document_id
        for source_id, one in known.sightings.items()
        if source_id not in looked_at and one.document_id and one.extraction_id and one.status in {"ok", "vanished"}
    }
    for item in items:
        before = item.previous
        had = before.document_id if before and before.extraction_id and before.status in {"ok", "vanished"} else None
        if item.error is not None or item.put_off:
            standing.add(had)
        elif item.extraction_id or item.document_id == had or (had and item.document_id not in known.originals):
            standing.add(item.document_id)
    return {one for one in standing if one}


def _published(item: _Item) -> date:
    assert item.held is not None
    return item.held.publication_date or date.max


def _text(item: _Item, spill: Spill) -> str:
    assert item.held is not None
    return spill.get_document(item.held.offset, item.source).text


def _sketch_index(items: list[_Item], current: set[str], warehouse: Path) -> dict[int, list[str]]:
    """Current documents of the warehouse by the hashes that the sketches of these items share with them."""
    index: dict[int, list[str]] = {}
    if not items or not warehouse.exists():
        return index
    with read_warehouse(warehouse) as connection:
        if not connection.execute("select 1 from duckdb_tables() where table_name = 'sketches'").fetchone():
            return index
        for batch in _batches(items, _SKETCHES_AT_ONCE):
            numbers = sorted({number for item in batch for number in _hashes(item)})
            rows = connection.execute(
                "select number, document_id from (select document_id, unnest(sketch) as number from raw.sketches)"
                " where number in (select unnest(?::ubigint[]))"
                " qualify row_number() over (partition by number order by document_id) <= ? order by document_id",
                [numbers, MOST_SHARED + 1],
            ).fetchall()
            found: dict[int, list[str]] = {}
            for number, document_id in rows:
                if document_id in current:
                    found.setdefault(number, []).append(document_id)
            index.update(found)
    return index


# Sketches that are compared with those of the warehouse in one query.
_SKETCHES_AT_ONCE = 2000


# --- what became of sources ------------------------------------------------------------------------


_SIGHTING_FIELDS = tuple(field.name for field in fields(Sighting))


def _sighting(item: _Item, extraction: str | None, error: str | None) -> Sighting | None:
    """What is to be said of a source from now on.

    A failure never removes what is known: until the source gives something better, it stands for what
    it gave last.
    """
    if item.put_off:
        return item.previous
    if item.original_id:
        return Sighting(item.document_id, None, "reprint", None, item.bytes_hash)
    document_id = item.document_id
    if extraction:
        return Sighting(document_id, extraction, "ok", error, item.bytes_hash)
    if item.previous and item.previous.status in {"ok", "vanished"} and item.previous.extraction_id:
        is_same = document_id == item.previous.document_id
        return replace(item.previous, status="ok", error=error, bytes_hash=item.bytes_hash if is_same else None)
    return Sighting(document_id, None, "failed", error, item.bytes_hash if document_id else None)


def _is_news(item: _Item) -> bool:
    """Whether there is anything to be said of a source that was not said before."""
    before = item.previous
    if item.extraction_id and before is not None and not item.put_off and not item.original_id:
        # The usual case, without a sighting made to be compared.
        return (
            before.status != "ok" or before.document_id != item.document_id or before.bytes_hash != item.bytes_hash
            or before.extraction_id != item.extraction_id or before.error != item.error
        )  # fmt: skip
    return _sighting(item, item.extraction_id, item.error) != before


def _vanished(found: Gathered, present: set[str], known: State) -> list[tuple[Source, Sighting]]:
    """Sources that their folder or list no longer has, and that were not known to be gone."""
    told = [one for one in found.gone if one.source_id in known.sightings and one.source_id not in present]
    gone = {one.source_id: one for one in told}
    folders = [root.resolve() for root in found.roots if isinstance(root, Path)]
    patterns = [root for root in found.roots if isinstance(root, str)]
    for source_id, path_text in known.locations.items():
        if source_id in present or source_id in gone or known.sightings[source_id].status in _GONE:
            continue
        path = Path(path_text)
        # It is as a user gave it: from another folder it may mean another file.
        if source_id_of(path) != source_id or is_closed(path) or path.exists():
            continue
        is_below = any(folder in path.resolve().parents for folder in folders)
        if is_below or any(fnmatch(str(path), pattern) for pattern in patterns):
            gone[source_id] = Source(source_id, path.stem or path.name, str(path))
    return [(one, known.sightings[key]) for key, one in gone.items() if known.sightings[key].status not in _GONE]


_GONE = frozenset({"vanished", "dropped", "forgotten"})


def _documents_n(items: list[_Item]) -> int:
    """How many documents these sources hold: a text that stands in several is one, what cannot be read is its own."""
    return len({item.document_id or (item.source.source_id,) for item in items})


def _nothing_to_do(work: _Work, provider: Provider) -> RunSummary:
    put_off_n = sum(item.put_off is not None for item in work.items) + work.found.waiting_n
    return RunSummary(
        run_id=None,
        provider=provider.name,
        documents_n=_documents_n(work.items),
        places_n=len(work.items),
        unchanged_n=sum(item.error is None and item.put_off is None for item in work.items),
        put_off_n=put_off_n,
        fetched_n=work.found.fetched_n,
        given_up=work.given_up,
        failures=_failures(work),
    )


def _failures(work: _Work) -> list[str]:
    """What could not be read."""
    return [*work.found.failures, *(item.error for item in work.items if item.error)]


# --- versions of the code -------------------------------------------------------------------------


def version_stamps() -> dict[str, str]:
    """Versions of what turns files and stored answers into marts: when they agree, nothing needs rebuilding."""
    from extract.rates import rates_version
    from extract.transform import dbt_version

    return {
        "documents": reader_version(), "grounding": grounding_version(), "dbt": dbt_version(), "rates": rates_version(),
    }  # fmt: skip


def _is_current(known: State, stamps: dict[str, str]) -> bool:
    return all(known.versions.get(name) == value for name, value in stamps.items())


def _stamp(copy: Path, stamps: dict[str, str]) -> None:
    with open_warehouse(copy, is_loading=True) as connection:
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


@cache
def overrides_version() -> str:
    """Hash of a person's decisions."""
    digest = hashlib.sha256()
    for path in sorted((project_root() / "seeds").glob("*_overrides.csv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
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
) -> tuple[RunSummary, set[Key]]:
    """Bring the raw tables of the working copy up to date.

    Returns:
        What was done, and the questions whose attempts it loaded.

    Raises:
        ConfigError: If the provider stopped for good before it answered anything.
    """
    stamps = version_stamps()
    with ExitStack() as stack:
        # While the first questions are on their way: tables and rates, for which DuckDB needs no interpreter; then,
        # with their memory given back, names, by which answers are judged.
        meanwhile = stack.enter_context(ThreadPoolExecutor(1, "meanwhile"))
        tables = meanwhile.submit(_complete_tables, copy, stamps)
        if work.pending:
            meanwhile.submit(_read_names)

        def connect() -> duckdb.DuckDBPyConnection:
            tables.result()
            return stack.enter_context(open_warehouse(copy, is_loading=True))

        loader = _Loader(connect, settings, known, work, progress)
        for item in work.items:
            if item.held is not None and item.document_id in known.document_ids:
                loader.note_metadata(work.document(item))
        if known.versions and any(known.versions.get(name) != stamps[name] for name in ("grounding", "documents")):
            _rebuild_records(loader.connection)
        for item in work.items:
            if item.put_off is not None:
                loader.put_off(item)
            elif item.error is not None:
                loader.failed(item, item.error)
            elif item.original_id is not None:
                loader.reprint(item)
            elif item.extraction_id is not None:
                loader.unchanged(item)
        for source, sighting in work.vanished:
            loader.vanished(source, sighting)
        asyncio.run(_ask_all(work, provider, settings, journal, loader))
        if loader.fatal is not None and loader.summary(provider.name).extracted_n == 0:
            raise ConfigError(loader.fatal)
        loader.failures += work.found.failures
        loader.finish(provider.name)
        summary = replace(
            loader.summary(provider.name), given_up=work.given_up, fetched_n=work.found.fetched_n,
            put_off_n=loader.put_off_n + work.found.waiting_n,
        )  # fmt: skip
        return summary, loader.loaded


async def _ask_all(
    work: _Work, provider: Provider, settings: Settings, journal: Journal, loader: _Loader
) -> None:
    """Ask every pending question, load each answer as it comes, never hold one for another.

    A worker fetches a text when it comes to ask about it: as many are in memory as questions are under way. A provider
    that wants to see all of them first (`prepare`, for `--batch`) sees one after the other.
    """
    queue = iter(work.pending)
    holds = getattr(provider, "holds", lambda document: False)
    left_out: list[list[_Item]] = []
    why = ""

    async def worker() -> None:
        nonlocal why
        for items in queue:
            kept, document = _kept_attempts(journal, items[0].key), work.document(items[0])
            if _is_settled(kept) or (loader.fatal is not None and _is_answered(kept)):
                loader.answered(items, document, kept, [])
                continue
            if loader.fatal is not None and not holds(document):
                loader.not_asked(items, document, kept, [])
                continue
            judged: dict[str, Record] = {}
            attempts, reason = await _ask(provider, document, judged)
            made = [_Made(attempt, datetime.now(UTC)) for attempt in attempts]
            if reason is not None and made and getattr(provider, "fatal", None) is None:
                # It asks on, but not about this one: what others brought is loaded first.
                why = reason
                left_out.append(items)
                continue
            if reason is not None:
                loader.fatal = reason
                made = _before_it_stopped(made)
            if made:
                journal.add(*items[0].key, [{**vars(one.attempt), "asked_at": one.asked_at} for one in made])
            if reason is None or _is_answered(made or kept):
                loader.answered(items, document, kept, made, judged=judged)
            else:
                loader.not_asked(items, document, kept, made)

    limit = settings.concurrency or _DEFAULT_CONCURRENCY
    workers: list[asyncio.Task[None]] = []
    try:
        take_up = getattr(provider, "take_up", None)
        if take_up is not None:
            take_up(_cut_off_attempts(work, journal, loader))
        prepare = getattr(provider, "prepare", None)
        if prepare is not None:
            await prepare(
                work.document(items[0]) for items in work.pending
                if not _is_settled(_kept_attempts(journal, items[0].key))
            )  # fmt: skip
        workers += [asyncio.create_task(worker()) for _ in range(max(1, min(limit, len(work.pending))))]
        # What waits to be written is `finish`'s: after a failure the copy is thrown away, and the journal has it all.
        await asyncio.gather(*workers)
        if left_out:
            loader.fatal = loader.fatal or why
        for items in left_out:
            kept, document = _kept_attempts(journal, items[0].key), work.document(items[0])
            (loader.answered if _is_answered(kept) else loader.not_asked)(items, document, kept, [])
    finally:
        for task in workers:
            task.cancel()
        try:
            # Each comes to its end before what it asks through is closed.
            await asyncio.gather(*workers, return_exceptions=True)
        finally:
            await provider.close()


def _read_names() -> None:
    with suppress(PledgebookError):  # whoever needs them says so
        aliases()


async def _ask(
    provider: Provider, document: Document, judged: dict[str, Record]
) -> tuple[list[Attempt], str | None]:
    """Attempts, and why the provider can answer no document at all, or will not answer this one, if so."""
    try:
        attempts = await provider.extract(document, lambda answer: check_answer(document, answer, judged))
    except PledgebookError as error:
        return [], str(error)
    except Exception as error:
        # A provider never raises for one document; if it does, the others still go on.
        message = f"The provider {provider.name!r} failed on it ({type(error).__name__}: {error}). Please report this."
        failed = Attempt("error", provider.fingerprint(document), provider.name, None, type(error).__name__, message)
        return [failed], None
    is_answer = bool(attempts) and _is_answer(attempts[-1])
    is_stopped = getattr(provider, "fatal", None) is not None or (bool(attempts) and attempts[-1].error_type in STOPS)
    if is_stopped and not is_answer:
        return attempts, (attempts[-1].error_message if attempts else None) or "the provider stopped"
    return attempts, None


@dataclass(frozen=True)
class _Made:
    """An attempt and when it was made."""

    attempt: Attempt
    asked_at: datetime


def _kept_attempts(journal: Journal, key: Key) -> list[_Made]:
    """Attempts at this question in runs that did not publish."""
    return [_attempt_from(row) for row in journal.attempts(key)]


def _cut_off_attempts(work: _Work, journal: Journal, loader: _Loader) -> Iterator[Attempt]:
    """Answers to pending questions of which the last run did not have all; they are not paid for again."""
    cut_off: list[Key] = []
    for items in work.pending:  # a journal may hold the answers of a whole run: one is looked at at a time
        key = items[0].key
        kept = _kept_attempts(journal, key) if key in journal.entries else []
        if _goes_on(kept) or (not kept and key in loader.known.cut_off):
            cut_off.append(key)
    if cut_off:
        yield from (Attempt(**row) for row in read_cut_off(loader.connection, cut_off))
    for key in cut_off:
        askings = [[_attempt_from(row) for row in asking] for asking in journal.askings(key)]
        # As of runs that published: not what was asked to its end before, and failed.
        later = list(takewhile(_goes_on, reversed(askings)))
        yield from (one.attempt for asking in reversed(later) for one in asking)


def _is_answered(made: list[_Made]) -> bool:
    return bool(made) and _is_answer(made[-1].attempt)


def _is_settled(kept: list[_Made]) -> bool:
    """Whether these attempts say all that asking again would be for: an answer that does not go on."""
    return _is_answered(kept) and not _goes_on(kept)


def _goes_on(made: list[_Made]) -> bool:
    """Whether what was answered is a part, and the rest was not to be had."""
    return bool(made) and made[-1].attempt.error_type in GOES_ON


def _attempt_from(row: dict[str, Any]) -> _Made:
    cost = row.get("cost_usd")
    fields = {name: value for name, value in row.items() if name != "asked_at"}
    attempt = Attempt(**{**fields, "cost_usd": Decimal(str(cost)) if cost is not None else None})
    return _Made(attempt, datetime.fromisoformat(row["asked_at"]))


def _is_answer(attempt: Attempt) -> bool:
    """Whether it holds records to load: all of them, or those before it broke off."""
    return attempt.status in {"ok", "truncated"} and attempt.raw_answer is not None


def _before_it_stopped(made: list[_Made]) -> list[_Made]:
    """What is to be kept of a document at which the provider stopped: what was answered, and why no more was.

    Nothing, if it was not answered at all: that the provider stopped is no failure of the document, which would have
    it wait. A whole answer counts, though something after it was not to be had.
    """
    answered = [
        one for one in made
        if one.attempt.raw_answer is not None or one.attempt.prompt_tokens or one.attempt.completion_tokens
    ]  # fmt: skip
    is_whole = bool(answered) and _reason([answered[-1].attempt]) is None
    return answered if is_whole or not answered or answered[-1] is made[-1] else [*answered, made[-1]]


def _reason(attempts: list[Attempt]) -> str | None:
    """Why the last attempt is no whole answer; None if it is one."""
    if attempts and attempts[-1].status == "ok" and attempts[-1].raw_answer is not None:
        return None
    return (attempts[-1].error_message if attempts else None) or "the provider gave no answer"


def _built(
    document: Document, raw_answer: str, min_confidence: float, judged: dict[str, Record] | None = None
) -> Built:
    try:
        return build_records(document, raw_answer, min_confidence=min_confidence, judged=judged)
    except ValueError as error:
        return Built([], [Rejection(0, None, {"answer": raw_answer[:2000]}, "invalid_draft", str(error))])


class _Loader:
    """Turns answers into rows, written when some have gathered, and counts.

    Attributes:
        fatal: Why the provider answers nothing more; None while it does.
        loaded: Questions whose attempts became rows.
    """

    def __init__(
        self, connect: Callable[[], duckdb.DuckDBPyConnection], settings: Settings, known: State, work: _Work,
        progress: Progress,
    ) -> None:  # fmt: skip
        self._connect = connect
        self._latest_at = known.latest_at or datetime.min.replace(tzinfo=UTC)
        self.started_at = self._now()
        self.run_id = self.started_at.strftime("%Y%m%dT%H%M%S.%fZ")
        self.settings = settings
        self.known = known
        self.work = work
        self.progress = progress
        self.outcomes: Counter[str] = Counter()
        self.records_n = self.rejected_n = 0
        self.failures: list[str] = []
        self.asked_n = 0
        self.vanished_n = 0
        self.put_off_n = 0
        self.prompt_tokens = self.cached_tokens = self.completion_tokens = 0
        self.cost_usd: Decimal | None = None
        self.fatal: str | None = None
        self.loaded: set[Key] = set()
        self._stored = set(known.document_ids)
        self._linked: set[str] = set()
        self._rows: dict[str, list[bytes]] = {}
        self._documents_waiting = self._bytes_waiting = 0

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """To the working copy, from the first use on: before it, its tables may still be made."""
        return self._connect()

    def _now(self) -> datetime:
        """The time, but never one before what the warehouse bears: the latest counts, even if a clock is set back."""
        self._latest_at = max(datetime.now(UTC), self._latest_at + timedelta(microseconds=1))
        return self._latest_at

    def note_metadata(self, document: Document) -> None:
        """Correct what is stored about a document, where reading it again says otherwise."""
        if document.document_id in self._stored:
            stated = [document.language, document.title, document.publication_date, document.outlet]
            self.connection.execute(
                "update raw.documents set language = ?, title = ?, publication_date = ?, outlet = ?"
                " where document_id = ? and (language, title, publication_date, outlet) is distinct from (?, ?, ?, ?)",
                [*stated, document.document_id, *stated],
            )

    def failed(self, item: _Item, error: str) -> None:
        """A source that could not be read."""
        self._see(item.source, item.previous, _sighting(item, None, error))
        self._done(DocumentResult(item.source.name, "failed", error=error))

    def unchanged(self, item: _Item) -> None:
        """A source whose document has its answer already."""
        if _is_news(item):
            self._see(item.source, item.previous, _sighting(item, item.extraction_id, None))
        self._done(DocumentResult(item.source.name, "unchanged"))

    def put_off(self, item: _Item) -> None:
        """A source whose document is pending, and not asked about by this run."""
        self.put_off_n += 1
        self._done(DocumentResult(item.source.name, "put off"))

    def reprint(self, item: _Item) -> None:
        """A source whose document is another's words."""
        assert item.document_id is not None
        is_known = self.known.originals.get(item.document_id) == item.original_id
        # The same text may stand in several files: it is linked once.
        if not is_known and item.document_id not in self._linked:
            self._linked.add(item.document_id)
            if item.document_id not in self._stored:
                self._add_document(item, self.work.document(item))
            self.connection.execute("delete from raw.document_links where document_id = ?", [item.document_id])
            self._add_row(
                "document_links",
                {"document_id": item.document_id, "original_id": item.original_id, "similarity": item.likeness,
                 "run_id": self.run_id, "linked_at": self._now()},
            )  # fmt: skip
        self._see(item.source, item.previous, _sighting(item, None, None))
        self._done(DocumentResult(item.source.name, "unchanged" if is_known else "reprint"))

    def vanished(self, source: Source, sighting: Sighting) -> None:
        """A source that is gone: it is marked, and stands for what it gave until a person says otherwise."""
        gave = sighting.extraction_id is not None or sighting.status == "reprint"
        self._see(source, sighting, replace(sighting, status="vanished" if gave else "dropped", error=None))
        self.vanished_n += gave

    def not_asked(self, items: list[_Item], document: Document, kept: list[_Made], new: list[_Made]) -> None:
        """Sources with one question that was not put, or not to its end: the provider answers nothing more.

        Args:
            kept: Attempts of runs that did not publish; as long as there is nothing new, the journal keeps them.
            new: What was answered before the provider stopped, and no answer to the question.
        """
        self._add_document(items[0], document)
        cost = self._add_attempts(items[0], kept, new)[1] if new else None
        for item in items:
            self._see(item.source, item.previous, _sighting(item, None, self.fatal))
            self._done(DocumentResult(item.source.name, "not asked", cost_usd=cost))
            cost = None

    def answered(
        self, items: list[_Item], document: Document, kept: list[_Made], new: list[_Made], *,
        judged: dict[str, Record] | None = None,
    ) -> None:  # fmt: skip
        """Sources with one question that was answered, well or badly.

        Args:
            kept: Attempts of runs that did not publish.
            new: Attempts of this one.
        """
        document_id = document.document_id
        self._add_document(items[0], document)
        extraction, cost = self._add_attempts(items[0], kept, new)
        attempts = [one.attempt for one in (*kept, *new)]
        seconds, reason = sum(attempt.seconds for attempt in attempts), _reason(attempts)
        if not attempts or not _is_answer(attempts[-1]) or extraction is None:
            for item in items:
                error = f"{item.source.name!r}: {reason}"
                self._see(item.source, item.previous, _sighting(item, None, error))
                self._done(DocumentResult(item.source.name, "failed", error=error, seconds=seconds, cost_usd=cost))
                cost = None
            return
        built = _built(document, attempts[-1].raw_answer or "", self.settings.min_confidence or 0.0, judged)
        is_cut_off, goes_on = attempts[-1].error_type in STOPS, attempts[-1].error_type in GOES_ON
        # What an earlier question brought is worth more than the beginning of an answer that goes on with the next run.
        waiting = [item for item in items if goes_on and self._stands_otherwise(item)]
        if len(waiting) < len(items):
            for table, rows in record_rows(document_id, extraction, built).items():
                for row in rows:
                    self._add_row(table, row)
        else:
            built = Built([], [])
        for item in items:
            kept_words = "" if is_cut_off else " What came is kept; call again for the rest."
            broken = f"{item.source.name!r}: {reason}{kept_words}" if reason else None
            stands_for = None if item in waiting else extraction
            self._see(item.source, item.previous, _sighting(item, stands_for, broken))
            self._done(
                DocumentResult(
                    item.source.name,
                    "extracted" if not reason else "cut off" if is_cut_off else "partial",
                    len(built.records),
                    len(built.rejections),
                    error=broken,
                    seconds=seconds,
                    cost_usd=cost,
                )
            )
            cost = None

    def _stands_otherwise(self, item: _Item) -> bool:
        """Whether its source stands for an answer to another question than this one."""
        before = item.previous
        if before is None or before.extraction_id is None or before.status not in {"ok", "vanished"}:
            return False
        attempts_n = self.known.attempts.get(item.key, 0)
        return all(extraction_id(*item.key, number) != before.extraction_id for number in range(1, attempts_n + 1))

    def _add_attempts(
        self, item: _Item, kept: list[_Made], new: list[_Made]
    ) -> tuple[str | None, Decimal | None]:  # fmt: skip
        """A row for each attempt; returns the key of the last, and what the new ones cost."""
        document_id, fingerprint = item.key
        self.loaded.add(item.key)
        attempts = [one.attempt for one in new]
        self.asked_n += sum(attempt.seconds > 0 for attempt in attempts)
        self.prompt_tokens += sum(attempt.prompt_tokens or 0 for attempt in attempts)
        self.cached_tokens += sum(attempt.cached_tokens or 0 for attempt in attempts)
        self.completion_tokens += sum(attempt.completion_tokens or 0 for attempt in attempts)
        costs = [attempt.cost_usd for attempt in attempts if attempt.cost_usd is not None]
        cost = sum(costs, Decimal(0)) if costs else None
        if cost is not None:
            self.cost_usd = (self.cost_usd or Decimal(0)) + cost
        extraction: str | None = None
        first_n = self.known.attempts.get(item.key, 0) + 1
        for number, one in enumerate((*kept, *new), start=first_n):
            extraction = extraction_id(document_id, fingerprint, number)
            row = {**vars(one.attempt), "fingerprint": fingerprint, "extraction_id": extraction,
                   "run_id": self.run_id, "attempt_n": number, "document_id": document_id,
                   "asked_at": one.asked_at}  # fmt: skip
            self._add_row("extractions", row)
        return extraction, cost

    def _add_document(self, item: _Item, document: Document) -> None:
        if document.document_id in self._stored:
            return
        self._stored.add(document.document_id)
        self._add_row(
            "documents",
            {"document_id": document.document_id, "language": document.language, "title": document.title,
             "publication_date": document.publication_date, "outlet": document.outlet, "text": document.text,
             "char_count": len(document.text), "first_loaded_at": self._now(), "first_run_id": self.run_id},
        )  # fmt: skip
        has_sketch = item.held is not None and item.held.sketch is not None
        numbers = list(_hashes(item)) if has_sketch else sketch(document.text)
        if numbers:
            self._add_row("sketches", {"document_id": document.document_id, "sketch": numbers})

    def _see(self, source: Source, previous: Sighting | None, sighting: Sighting | None) -> None:
        if previous == sighting or sighting is None:
            return
        self._add_row(
            "sightings",
            {"sighting_id": short_hash(source.source_id, self.run_id), "source_id": source.source_id,
             "name": source.name, "source": source.where, "run_id": self.run_id, "seen_at": self._now(),
             **{name: getattr(sighting, name) for name in _SIGHTING_FIELDS}},
        )  # fmt: skip

    def _add_row(self, table: str, row: dict[str, Any]) -> None:
        line = row_json(table, row)
        self._rows.setdefault(table, []).append(line)
        self._bytes_waiting += len(line)

    def _done(self, result: DocumentResult) -> None:
        self.outcomes[result.status] += 1
        self.records_n += result.records_n
        self.rejected_n += result.rejected_n
        if result.error:
            self.failures.append(result.error)
        self.progress(result, self.outcomes.total(), len(self.work.items))
        self._documents_waiting += 1
        if self._documents_waiting >= _BATCH_DOCUMENTS or self._bytes_waiting >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits, one table after the other, so that DuckDB holds the blocks of one.

        No row is known to anybody before the whole file is published.
        """
        self._documents_waiting = self._bytes_waiting = 0
        try:
            for table in list(self._rows):
                insert_json(self.connection, table, self._rows[table])
                del self._rows[table]
                write_out(self.connection)
        except duckdb.Error as error:
            if is_full_disk(error):
                raise
            raise WarehouseError(f"Rows could not be written: {str(error).splitlines()[0]}. Call again.") from error

    def finish(self, provider_name: str) -> None:
        """Write the run's own row."""
        if self.fatal is not None:
            left_n = self.outcomes["not asked"]
            self.failures.append(f"{self.fatal} ({left_n} documents were not asked about; call again to go on.)")
        summary = self.summary(provider_name)
        self.flush()
        insert_rows(
            self.connection,
            "runs",
            [{"run_id": self.run_id, "started_at": self.started_at, "finished_at": self._now(),
              "status": "failures" if self.failures else "done", "provider": provider_name,
              "dbt_version": version_stamps()["dbt"], "overrides_version": overrides_version(),
              "pledgebook_version": __version__, "schema_version": schema_version(),
              "grounding_version": grounding_version(), "documents_n": summary.documents_n,
              "pending_n": summary.places_n - summary.unchanged_n - summary.reprints_n,
              "failed_n": self.outcomes["partial"] + self.outcomes["failed"],
              "asked_n": summary.asked_n, "records_n": summary.records_n, "rejected_n": summary.rejected_n}],
        )  # fmt: skip

    def summary(self, provider_name: str) -> RunSummary:
        """Counts so far."""
        return RunSummary(
            run_id=self.run_id,
            provider=provider_name,
            documents_n=_documents_n(self.work.items),
            places_n=self.outcomes.total(),
            asked_n=self.asked_n,
            extracted_n=sum(self.outcomes[status] for status in ("extracted", "partial", "cut off")),
            unchanged_n=self.outcomes["unchanged"],
            reprints_n=self.outcomes["reprint"],
            vanished_n=self.vanished_n,
            not_asked_n=self.outcomes["not asked"],
            records_n=self.records_n,
            rejected_n=self.rejected_n,
            failures=list(self.failures),
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=self.cost_usd,
        )


def _complete_tables(copy: Path, stamps: dict[str, str]) -> None:
    """Make the raw tables that are missing, and load the rates if they are others.

    In a connection of its own: what DuckDB needs for thirty years of rates it gives back only when it closes.
    """
    with open_warehouse(copy) as connection:
        create_tables(connection)
        stamped = connection.execute("select value from raw.versions where name = 'rates'").fetchone()
        if stamped is None or stamped[0] != stamps["rates"]:
            _load_rates(connection)


def _load_rates(connection: duckdb.DuckDBPyConnection) -> None:
    from extract.rates import load_rates

    load_rates(connection)


def _rebuild_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every record anew from the stored answers: the code that reads them has changed."""
    connection.execute("delete from raw.records")
    connection.execute("delete from raw.rejected_records")
    # Answers that no source ever stood for were never loaded: earlier attempts, put right by later ones.
    asked = connection.execute(
        "select e.extraction_id, strlen(e.raw_answer) + strlen(d.text) from raw.extractions e"
        " join raw.documents d using (document_id) where e.raw_answer is not null"
        " and e.extraction_id in (select extraction_id from raw.sightings) order by e.extraction_id"
    ).fetchall()
    for batch in _batches_by_size(asked):
        rows: dict[str, list[bytes]] = {}
        answers = connection.execute(
            "select e.extraction_id, e.raw_answer, d.document_id, d.text, d.language, d.title, d.publication_date,"
            " d.outlet from raw.extractions e join raw.documents d using (document_id)"
            " where e.extraction_id in (select unnest(?::varchar[])) order by e.extraction_id",
            [batch],
        ).fetchall()
        for extraction, answer, document_id, text, language, title, published, outlet in answers:
            document = Document(document_id, "", "", text, language, title, published, outlet, "")
            for table, made in record_rows(document_id, extraction, _built(document, answer, 0.0)).items():
                rows.setdefault(table, []).extend(row_json(table, row) for row in made)
        del answers
        for table, lines in rows.items():
            insert_json(connection, table, lines)
            write_out(connection)


def _batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _batches_by_size(sized: list[tuple[str, int]]) -> Iterator[list[str]]:
    """Keys with the size of what they stand for, as many together as are written together."""
    batch: list[str] = []
    bytes_n = 0
    for key, size in sized:
        if batch and (len(batch) >= _BATCH_DOCUMENTS or bytes_n + size > _BATCH_BYTES):
            yield batch
            batch, bytes_n = [], 0
        batch.append(key)
        bytes_n += size
    if batch:
        yield batch


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
        judged: dict[str, Record] = {}
        attempts, reason = await _ask(provider, document, judged)
        if reason is not None:
            fatal = reason
            return _line(source, provider, error=reason)
        if not attempts or not _is_answer(attempts[-1]):
            return _line(source, provider, error=_reason(attempts))
        answered_n += 1
        built = _built(document, attempts[-1].raw_answer or "", settings.min_confidence or 0.0, judged)
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
