"""Looking at every entry of sources.toml: what stands there now, and what has to be read.

In: sources.toml, what was remembered, and the documents that the warehouse holds. Out: `Source`s in
a stable order, what is gone, and what could not be looked at. A source that is down leaves what it
gave: nothing is gone because nobody answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import partial
from glob import glob
from pathlib import Path
from urllib.parse import unquote, urlsplit

from extract.documents import Source, Stated, files_below, members_of, reader_version, source_of
from extract.errors import DocumentError
from extract.formats import is_archive, is_readable
from extract.sources.feeds import FeedEntry, Listed, parse_addresses, parse_feed, parse_sitemap
from extract.sources.fetch import Fetcher, FetchError
from extract.sources.settings import WEB, Entry, SourcesFile
from extract.sources.state import Look, Origin, SourceState
from extract.sources.tables import read_rows
from extract.spill import Spill

_MAX_SITEMAPS = 200
_FETCHES_AT_ONCE = 32
# What stands for sources.toml when files and folders are named.
_NAMED = Entry(name="(named files)", files=[])


@dataclass
class Gathered:
    """What was found.

    Attributes:
        sources: Everything that stands somewhere, to be read or known to be as it was.
        looks: What is to be remembered of pages and rows, by source_id.
        gone: Places that their source says are no more.
        roots: Folders and patterns of files that were looked at: what is not in them any more is gone.
        origins: What is to be remembered of the entries.
        failures: One line for each thing that could not be looked at.
        waiting_n: Places that failed before and are not tried again yet.
        given_up: What failed too often, one line each.
    """

    sources: list[Source] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)
    gone: list[Source] = field(default_factory=list)
    roots: list[Path | str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    waiting_n: int = 0
    given_up: list[str] = field(default_factory=list)
    fetched_n: int = 0

    def forgotten_looks(self) -> list[str]:
        """Places of which nothing needs to be remembered: rows and files that are gone. A page may come back."""
        return [source.source_id for source in self.gone if source.source_id not in self.looks]


@dataclass
class _Round:
    """What every entry needs to know.

    Attributes:
        documents: Documents that the warehouse holds: a page is asked for only if it changed if its text is among them.
        spool: Folder for what is fetched, until it has been read.
        spill: Where rows and members of archives wait until then.
        by_container: What was remembered, by the list or file it stands in.
    """

    file: SourcesFile
    state: SourceState
    documents: frozenset[str] | set[str]
    spool: Path
    spill: Spill
    max_bytes: int
    now: float
    is_retrying: bool
    found: Gathered
    by_container: dict[str, list[Look]]
    seen: set[str] = field(default_factory=set)

    def add(self, source: Source, look: Look | None = None) -> None:
        """Take a source in, unless an earlier entry led to the same place."""
        if source.source_id in self.seen:
            return
        self.seen.add(source.source_id)
        self.found.sources.append(source)
        if look is not None:
            self.found.looks[source.source_id] = look


def gather(
    file: SourcesFile,
    state: SourceState,
    documents: frozenset[str] | set[str],
    *,
    spool: Path,
    spill: Spill,
    max_bytes: int,
    is_retrying: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Gathered:
    """Look at every entry.

    Args:
        documents: document_ids that the warehouse holds.
        spool: An empty folder for what is fetched; it has to stay until the sources have been read.
        spill: As long, for rows and members of archives.
        max_bytes: Largest document.
        is_retrying: Try what failed before, whatever its wait.
        say: Called with one line for each entry that takes time.
    """
    by_container = _by_container(state)
    about = _Round(file, state, documents, spool, spill, max_bytes, time.time(), is_retrying, Gathered(), by_container)
    for entry in file.source:
        if entry.kind not in WEB:
            _look_at_files(entry, about)
    pages = [entry for entry in file.source if entry.kind in WEB]
    if pages:
        say(f"looking at {len(pages)} sources on the web")
        asyncio.run(_look_at_web(pages, about))
    return about.found


def with_members(
    found: Gathered, state: SourceState, documents: frozenset[str] | set[str], *, spill: Spill, max_bytes: int
) -> Gathered:
    """What files and folders hold that were named, with the documents in archives in place of these.

    Args:
        documents, spill, max_bytes: See `gather`.
    """
    by_container = _by_container(state)
    if not by_container and not any(is_archive(source.file) for source in found.sources):
        return found
    about = _Round(
        SourcesFile(source=[_NAMED]), state, documents, Path(), spill, max_bytes, time.time(), False,
        Gathered(roots=found.roots), by_container,
    )  # fmt: skip
    present = {f"file:{source.path.resolve()}" for source in found.sources if is_archive(source.file)}
    folders = [root.resolve() for root in found.roots if isinstance(root, Path)]
    for name, looks in by_container.items():
        path = Path(name.removeprefix("file:"))
        is_gone = name.startswith("file:") and name not in present and not os.path.lexists(path)
        if is_gone and is_archive(name) and any(folder in path.parents for folder in folders):
            about.found.gone += _gone_from(looks, str(path))
    for source in found.sources:
        if is_archive(source.file):
            _add_contained(source, _NAMED, about, _members)
        else:
            about.add(source)
    return about.found


def _by_container(state: SourceState) -> dict[str, list[Look]]:
    found: dict[str, list[Look]] = {}
    for look in state.looks.values():
        if look.container is not None:
            found.setdefault(look.container, []).append(look)
    return found


# --- files -------------------------------------------------------------------------------------------


def _look_at_files(entry: Entry, about: _Round) -> None:
    files, error = _files_of(entry, about)
    if error is not None:
        about.found.failures.append(f"source {entry.name!r}: {error}")
    before = len(about.found.sources)
    if error is None:
        _find_gone_containers(files, entry, about)
    for source in files:
        if entry.kind in {"jsonl", "csv", "parquet"}:
            _add_contained(source, entry, about, _rows)
        elif is_archive(source.file):
            _add_contained(source, entry, about, _members)
        else:
            about.add(source)
    _note(entry, about, error, len(about.found.sources) - before)


def _files_of(entry: Entry, about: _Round) -> tuple[list[Source], str | None]:
    """The files that an entry names, and why there are none."""
    if entry.folder is not None:
        folder = about.file.path(entry.folder)
        if not folder.is_dir():
            # An unmounted disk, perhaps: what stood there has not gone for that.
            return [], f"there is no folder {str(folder)!r}. Check it; what it gave stays as it is."
        about.found.roots.append(folder)
        below = files_below(folder, entry.name, is_readable)
        return [one for one in below if matches(one.path, folder, entry.glob)], None
    patterns = entry.files if entry.files is not None else [str(getattr(entry, entry.kind))]
    found: dict[Path, None] = {}
    for pattern in patterns:
        full = str(about.file.path(pattern))
        matched = [Path(one) for one in sorted(glob(full, recursive=True)) if not os.path.isdir(one)]
        if os.path.lexists(full) and not os.path.isdir(full):
            matched = [Path(full)]  # a name with brackets in it
        elif not matched and not any(character in pattern for character in "*?["):
            return [], f"there is no file {full!r}. Check it; what it gave stays as it is."
        found.update(dict.fromkeys(matched))
        about.found.roots.append(full)
    return [source_of(path, entry.name) for path in found], None


def matches(path: Path, folder: Path, pattern: str | None) -> bool:
    """Whether a file below a folder is one that the entry's glob means; `**/` also stands for no folder at all."""
    if pattern is None:
        return True
    relative = path.relative_to(folder).as_posix()
    return fnmatch(relative, pattern) or fnmatch(relative, pattern.replace("**/", ""))


def _find_gone_containers(files: list[Source], entry: Entry, about: _Round) -> None:
    """What stood in files that are no more."""
    present = {f"file:{source.path.resolve()}" for source in files}
    for name, looks in about.by_container.items():
        path = name.removeprefix("file:")
        if looks[0].origin == entry.name and path != name and name not in present and not os.path.lexists(path):
            about.found.gone += _gone_from(looks, path)


def _gone_from(looks: list[Look], path: str) -> list[Source]:
    """What stood in a file, as places that are no more."""
    return [Source(look.source_id, look.name, path, look.location, look.origin) for look in looks]


Contents = Callable[[Source, Entry, _Round], Iterable[tuple[Source, DocumentError | None]]]


def _add_contained(container: Source, entry: Entry, about: _Round, contents: Contents) -> None:
    """The documents inside a file: known ones if the file is as it was, else each by its own bytes."""
    name = f"file:{container.path.resolve()}"
    known = about.state.origins.get(name)
    # What was too large may not be so any more.
    shape = hashlib.sha256(repr((entry.text, entry.id, entry.title, entry.date, entry.outlet, entry.language,
                                 entry.format, about.max_bytes)).encode()).hexdigest()[:8]  # fmt: skip
    stamp = f"{container.stamp}|{reader_version()}|{shape}" if container.stamp else None
    inside = about.by_container.get(name, [])
    is_whole = all(look.document_id in about.documents for look in inside if look.error is None)
    if known is not None and stamp is not None and known.stamp == stamp and known.error is None and is_whole:
        for look in inside:
            about.add(
                Source(look.source_id, look.name, container.file, look.location, entry.name, is_same=look.error is None,
                       error=look.error), look,
            )  # fmt: skip
        about.found.origins.append(replace(known, checked_at=about.now, ok_at=about.now))
        return
    count = 0
    present = set()
    try:
        for source, error in contents(container, entry, about):
            count += 1
            present.add(source.source_id)
            if error is not None:
                source = replace(source, error=str(error))
            about.add(source, Look(source.source_id, entry.name, source.name, source.location, name))
    except DocumentError as error:
        about.found.failures.append(str(error))
        about.found.origins.append(Origin(name, entry.kind, about.now, error=str(error)))
        return
    about.found.gone += _gone_from([look for look in inside if look.source_id not in present], container.file)
    about.found.origins.append(Origin(name, entry.kind, about.now, about.now, items_n=count, stamp=stamp))


def _rows(container: Source, entry: Entry, about: _Round) -> Iterable[tuple[Source, DocumentError | None]]:
    resolved = container.path.resolve()
    ending = ".html" if entry.format == "html" else ".txt"
    taken: dict[str, int] = {}
    for row in read_rows(container.path, entry, max_bytes=about.max_bytes):
        text = row.text if isinstance(row.text, str) else ""
        key = row.key or _hash(text or str(row.text))
        taken[key] = taken.get(key, 0) + 1
        if taken[key] > 1:
            if row.key is None:
                continue  # the same row once more
            key = f"{key}~{taken[key]}"
        source = Source(
            _hash(f"{resolved}\n#{key}"), f"{container.name}-{key}"[:80], f"row{ending}",
            f"{container.file}#{key}", entry.name, stated=row.stated,
            data=partial(about.spill.get, about.spill.put(text.encode("utf-8", "replace"))),
        )  # fmt: skip
        yield source, row.text if isinstance(row.text, DocumentError) else None


def _members(container: Source, entry: Entry, about: _Round) -> Iterable[tuple[Source, DocumentError | None]]:
    for member in members_of(replace(container, origin=entry.name), max_bytes=about.max_bytes):
        assert isinstance(member.data, bytes)
        source = replace(member, error=None, data=partial(about.spill.get, about.spill.put(member.data)))
        yield source, DocumentError(member.error) if member.error is not None else None


def _note(entry: Entry, about: _Round, error: str | None, items_n: int) -> None:
    """Remember how an entry was found."""
    known = about.state.origins.get(entry.name) or Origin(entry.name)
    made = replace(known, kind=entry.kind, checked_at=about.now, error=error)
    if error is None:
        made = replace(made, ok_at=about.now, items_n=items_n)
    about.found.origins.append(made)


# --- the web -----------------------------------------------------------------------------------------


async def _look_at_web(entries: list[Entry], about: _Round) -> None:
    async with Fetcher(about.file.fetch, about.state) as fetcher:
        slots = asyncio.Semaphore(_FETCHES_AT_ONCE)
        listed = await asyncio.gather(*(_list(entry, fetcher, about) for entry in entries))
        work = []
        for entry, one in zip(entries, listed, strict=True):
            before = len(about.seen)
            work += [_page(entry, page, fetcher, slots, about) for page in _pages(entry, one, about)]
            error = one if isinstance(one, str) else None
            _note(entry, about, error, len(about.seen) - before)
            if not isinstance(one, str) and one.entries is not None:
                about.found.origins[-1] = replace(
                    about.found.origins[-1], etag=one.etag, last_modified=one.last_modified
                )
        results = await asyncio.gather(*work)
    # In the order of the lists, whichever server was quicker.
    for source, look in (one for one in results if one is not None):
        about.found.sources.append(source)
        about.found.looks[source.source_id] = look


@dataclass(frozen=True)
class _List:
    """What an entry lists now; None for its entries when its server says that nothing has changed."""

    entries: list[FeedEntry] | None
    outlet: str | None = None
    etag: str | None = None
    last_modified: str | None = None


async def _list(entry: Entry, fetcher: Fetcher, about: _Round) -> _List | str:
    """What an entry lists, or why that is not known."""
    try:
        if entry.addresses is not None:
            return _List([FeedEntry(one, one) for one in _written_addresses(entry, about)])
        if entry.sitemap is not None:
            return _List((await _sitemap(entry.sitemap, fetcher)).entries)
        assert entry.feed is not None
        known = about.state.origins.get(entry.name) or Origin(entry.name)
        answer = await fetcher.get(entry.feed, etag=known.etag, last_modified=known.last_modified)
        if answer.status == "same":
            return _List(None)
        if answer.status == "gone":
            raise FetchError(f"{entry.feed!r} is not there (status 404). Check the address.")
        found = parse_feed(answer.data, entry.feed)
        return _List(found.entries, found.outlet, answer.etag, answer.last_modified)
    except DocumentError as error:
        about.found.failures.append(f"source {entry.name!r}: {error}")
        return str(error)


def _written_addresses(entry: Entry, about: _Round) -> list[str]:
    assert entry.addresses is not None
    if isinstance(entry.addresses, list):
        return entry.addresses
    path = about.file.path(entry.addresses)
    try:
        return parse_addresses(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{str(path)!r} cannot be read ({error}). Check it; its pages stay as they are.") from error


async def _sitemap(address: str, fetcher: Fetcher) -> Listed:
    """The pages of a sitemap, and of those that it leads to on its own host."""
    waiting, seen, entries = [address], {address}, []
    while waiting:
        place = waiting.pop(0)
        answer = await fetcher.get(place)
        if answer.status != "ok":
            raise FetchError(f"{place!r} is not there (status 404). Check the address.")
        found = parse_sitemap(answer.data, place)
        entries += found.entries
        for further in found.lists or []:
            if further not in seen and len(seen) < _MAX_SITEMAPS:
                seen.add(further)
                waiting.append(further)
    return Listed(entries)


@dataclass(frozen=True)
class _Page:
    """A page to look at: what its list says now, and whether it still lists it."""

    entry: FeedEntry
    source_id: str
    is_listed: bool
    outlet: str | None = None


def _pages(entry: Entry, listed: _List | str, about: _Round) -> list[_Page]:
    """Pages that an entry lists, and those that it listed before."""
    known = about.by_container.get(f"list:{entry.name}", [])
    entries = [] if isinstance(listed, str) or listed.entries is None else listed.entries
    outlet = None if isinstance(listed, str) else listed.outlet
    is_unchanged = not isinstance(listed, str) and listed.entries is None
    pages: list[_Page] = []
    for one in entries:
        if entry.include is not None and not re.search(entry.include, one.address):
            continue
        if entry.exclude is not None and re.search(entry.exclude, one.address):
            continue
        place = one.key if entry.read == "entries" else one.address
        source_id = _hash(place)
        if source_id in about.seen:
            continue
        if len(pages) >= entry.limit:
            break
        about.seen.add(source_id)
        pages.append(_Page(one, source_id, True, outlet))
    for look in known:
        if look.source_id not in about.seen:
            about.seen.add(look.source_id)
            one = FeedEntry(look.location, look.location, updated=look.entry)
            # A list that is down says nothing of its pages; one that did not change lists what it listed.
            pages.append(_Page(one, look.source_id, is_unchanged or isinstance(listed, str)))
    return pages


async def _page(
    entry: Entry, page: _Page, fetcher: Fetcher, slots: asyncio.Semaphore, about: _Round
) -> tuple[Source, Look] | None:
    """A page as it stands; None when there is nothing to be said of it."""
    known = about.state.looks.get(page.source_id)
    one = page.entry
    look = known or Look(page.source_id, location=one.address, name=_name(one.address))
    look = replace(look, origin=entry.name, container=f"list:{entry.name}")
    source = Source(
        page.source_id, look.name, str(Path(look.name + ".html")), look.location, entry.name,
        stated=Stated(one.title, one.published, page.outlet),
    )  # fmt: skip
    is_held = look.document_id is not None and look.document_id in about.documents
    if entry.read == "entries":
        if one.content is None:
            return _as_it_was(source, look, is_held=is_held)
        data = one.content.encode("utf-8", "replace")
        # An entry is a piece of a page; named as one, it is read as one.
        page_of_it = b"<html><body><article>" + data + b"</article></body></html>"
        kept = partial(about.spill.get, about.spill.put(page_of_it))
        return replace(source, data=kept, media_type="text/html"), replace(look, entry=one.updated)
    is_changed = one.updated is not None and one.updated != look.entry
    if look.failures_n and not is_changed and not about.is_retrying:
        running = about.file.run
        if look.failures_n >= running.give_up_after:
            about.found.given_up.append(f"{look.location!r}: {look.error}")
            return _as_it_was(source, look, is_held=is_held)
        # A clock that was set back would make it wait for ever.
        if look.next_at is not None and about.now < look.next_at and (look.checked_at or 0) <= about.now:
            about.found.waiting_n += 1
            return _as_it_was(source, look, is_held=is_held)
    elif is_held and not is_changed and not _is_due(look, page, about):
        return _as_it_was(source, look, is_held=is_held)
    async with slots:
        return await _fetch(source, look, page, fetcher, about, is_held=is_held)


def _as_it_was(source: Source, look: Look, *, is_held: bool) -> tuple[Source, Look] | None:
    """A page of which nothing new is known: it stands for what it gave, unless it was gone."""
    return (replace(source, is_same=True), look) if is_held and look.gone_at is None else None


async def _fetch(
    source: Source, look: Look, page: _Page, fetcher: Fetcher, about: _Round, *, is_held: bool
) -> tuple[Source, Look] | None:
    about.found.fetched_n += 1
    try:
        answer = await fetcher.get(
            look.location, etag=look.etag if is_held else None, last_modified=look.last_modified if is_held else None
        )
    except DocumentError as error:
        if isinstance(error, FetchError) and error.is_paused:
            about.found.waiting_n += 1
            return _as_it_was(source, look, is_held=is_held)
        failed_n = look.failures_n + 1
        wait = about.file.run.retry_after.total_seconds() * 2 ** min(look.failures_n, 12)
        next_at = max(about.now + wait, getattr(error, "not_before", None) or 0.0)
        about.found.failures.append(str(error))
        look = replace(look, checked_at=about.now, failures_n=failed_n, next_at=next_at, error=str(error))
        about.found.looks[look.source_id] = look
        return _as_it_was(source, look, is_held=is_held)
    look = replace(
        look, checked_at=about.now, entry=page.entry.updated, failures_n=0, next_at=None, error=None, gone_at=None
    )
    if answer.status == "gone":
        look = replace(look, gone_at=about.now)
        about.found.gone.append(source)
        if not is_held:
            reason = f"{look.location!r} is not there (status 404). It is tried again later."
            about.found.failures.append(reason)
            look = replace(look, failures_n=1, error=reason)
        about.found.looks[look.source_id] = look
        return None
    if answer.status == "same":
        return replace(source, is_same=True), look
    spooled = about.spool / f"{source.source_id}.page"
    try:
        spooled.write_bytes(answer.data)
    except OSError as error:
        about.found.failures.append(f"{look.location!r} cannot be kept ({error.strerror}). Make room and call again.")
        return None
    return (
        replace(source, file=str(spooled), media_type=answer.media_type),
        replace(look, etag=answer.etag, last_modified=answer.last_modified),
    )


def _is_due(look: Look, page: _Page, about: _Round) -> bool:
    """Whether a page that is known is to be asked for again."""
    settings = about.file.fetch
    if look.checked_at is None or look.checked_at > about.now:  # never, or the clock was set back
        return True
    if about.now - look.checked_at < settings.recheck.total_seconds():
        return False
    watched_for = settings.recheck_for.total_seconds()
    return page.is_listed or about.now - (look.changed_at or look.checked_at) < watched_for


def _name(address: str) -> str:
    parts = urlsplit(address)
    last = [part for part in unquote(parts.path).split("/") if part]
    stem = Path(last[-1]).stem if last else parts.netloc
    return re.sub(r"[^\w.-]+", "-", stem)[:80] or "page"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

