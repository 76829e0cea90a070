"""Bytes of other formats than text and HTML: PDF, Word, e-mail, and what is compressed.

In: bytes from anywhere, hence hostile until shown otherwise: every size is bounded before it is
made. Out: text with what the file says about itself, or a `DocumentError` that names the reason.
What the text is worth is not decided here.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import IO, Any, Literal, Protocol, cast

from extract.errors import DocumentError

Kind = Literal["text", "html", "pdf", "docx", "mail"]

TEXT_SUFFIXES = frozenset({".txt", ".text", ".md"})
HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
COMPRESSED_SUFFIXES = frozenset({".gz", ".bz2", ".xz"})
_BY_SUFFIX: dict[str, Kind] = {
    **dict.fromkeys(TEXT_SUFFIXES, "text"), **dict.fromkeys(HTML_SUFFIXES, "html"), ".pdf": "pdf", ".docx": "docx",
    ".eml": "mail",
}  # fmt: skip
DOCUMENT_SUFFIXES = frozenset(_BY_SUFFIX)
_BY_MEDIA_TYPE: dict[str, Kind] = {
    "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "message/rfc822": "mail",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}  # fmt: skip

_MAX_PDF_PAGES = 2000
_MAX_MAIL_PARTS = 200
_MAX_ZIP_MEMBERS = 10_000
# The list of members is read in one piece, before any is counted; 400 bytes for each are many.
_MAX_ZIP_READ = 4_000_000
# Others are rare, and one of them asks for as much memory as the file says.
_ZIP_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
# What an archive holds, in documents of the largest size.
ARCHIVE_TO_DOCUMENT = 100
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError,
    struct.error,
)  # fmt: skip
# A text compresses five to ten times; what is made to burst a machine, a thousand.
_MAX_RATIO = 200


@dataclass(frozen=True)
class Extracted:
    """The text of a file and what the file says about it."""

    text: str
    title: str | None = None
    published: date | None = None
    outlet: str | None = None


def is_document(name: str) -> bool:
    """Whether a file of this name is one that Pledgebook reads."""
    return _suffix(bare_name(name)) in DOCUMENT_SUFFIXES


def is_archive(name: str) -> bool:
    """Whether a file of this name holds others."""
    return _suffix(name) == ".zip"


def is_readable(name: str) -> bool:
    """Whether a file of this name is one that Pledgebook reads, or holds such files."""
    return is_document(name) or is_archive(name)


def bare_name(name: str) -> str:
    """`name` without the ending that says it is compressed."""
    return name[: -len(_suffix(name))] if _suffix(name) in COMPRESSED_SUFFIXES else name


def kind_of(name: str, data: bytes, media_type: str | None = None) -> Kind:
    """What `data` is: by its first bytes, then by what the server said, then by its name."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return "docx"
    suffix = _suffix(bare_name(name))
    if _looks_like_html(data):
        return "mail" if suffix == ".eml" else "html"
    said = _BY_MEDIA_TYPE.get((media_type or "").split(";")[0].strip().lower())
    return said or _BY_SUFFIX.get(suffix, "text")


def _suffix(name: str) -> str:
    return "." + name.rsplit(".", 1)[1].lower() if "." in name else ""


def _looks_like_html(data: bytes) -> bool:
    start = data[:1024].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<?xml")) and b"<html" in data[:4096].lower()


# --- compressed ----------------------------------------------------------------------------------


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's object in the shape of the others: what it held back comes with the next call."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(0, max_length))


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    ".gz": _Gzip, ".bz2": bz2.BZ2Decompressor, ".xz": lzma.LZMADecompressor,
}  # fmt: skip
_PIECE = 1 << 16


def decompressed(data: bytes, name: str, *, max_bytes: int) -> bytes:
    """`data`, unpacked if `name` or its first bytes say that it is compressed; never more than `max_bytes`.

    Raises:
        DocumentError: If it is damaged or would be larger.
    """
    suffix = _suffix(name) if _suffix(name) in COMPRESSED_SUFFIXES else ""
    if not suffix:
        return data
    out = bytearray()
    rest = data
    try:
        while rest:
            unpack = _DECOMPRESSORS[suffix]()
            out += unpack.decompress(rest, max_bytes + 1 - len(out))
            while not unpack.eof and len(out) <= max_bytes:
                more = unpack.decompress(b"", min(_PIECE, max_bytes + 1 - len(out)))
                if not more:
                    raise EOFError("it ends too early")
                out += more
            if len(out) > max_bytes:
                raise DocumentError(
                    f"{name!r} has more than the limit of {max_bytes:,} bytes when it is unpacked. "
                    "Split it, or raise the limit with --max-bytes."
                )
            # Files may be put one after another; zeros behind them are filling.
            rest = unpack.unused_data.lstrip(b"\0")
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise DocumentError(f"{name!r} cannot be unpacked ({error}). Compress it anew, or give it unpacked.") from error
    return bytes(out)


class _Pieces:
    """A zip file of which no more is read in one piece, until its members are known, than so many of them need.

    Attributes:
        is_listed: They are known, and each is read to a limit of its own.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self.is_listed = False
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.is_listed:
            return self._file.read(size)
        data = self._file.read(min(size, _MAX_ZIP_READ + 1) if size >= 0 else _MAX_ZIP_READ + 1)
        if len(data) > _MAX_ZIP_READ:
            raise DocumentError(f"{self._name!r} holds more files than {_MAX_ZIP_MEMBERS:,}. Split it.")
        return data


def members(file: IO[bytes], name: str, *, max_bytes: int) -> Iterator[tuple[str, bytes | DocumentError]]:
    """The documents in a .zip file, by name, hidden ones left out, one at a time.

    A member that breaks a limit is an error in its place. A name is a name: it leads nowhere, whatever it says.

    Args:
        file: Open to be read, from any place.
        max_bytes: Largest document; together they may be `ARCHIVE_TO_DOCUMENT` times as large.

    Raises:
        DocumentError: If it is no zip file, holds too many members, or too much.
    """
    try:
        pieces = _Pieces(file, name)
        archive = zipfile.ZipFile(cast(IO[bytes], pieces))
        listed = archive.infolist()
        pieces.is_listed = True
    except _DAMAGED as error:
        raise DocumentError(f"{name!r} is no zip file ({error}). Give it anew, or its files.") from error
    if len(listed) > _MAX_ZIP_MEMBERS:
        raise DocumentError(f"{name!r} holds {len(listed):,} files, more than {_MAX_ZIP_MEMBERS:,}. Split it.")
    bytes_n = 0
    for member in listed:
        is_link = stat.S_ISLNK(member.external_attr >> 16)
        if is_link or not is_document(member.filename) or _is_hidden(member.filename):
            continue
        try:
            content = _member(archive, member, f"{name}#{member.filename}", max_bytes)
        except DocumentError as error:
            yield member.filename, error
            continue
        bytes_n += len(content)
        if bytes_n > ARCHIVE_TO_DOCUMENT * max_bytes:
            raise DocumentError(
                f"{name!r} has more than {ARCHIVE_TO_DOCUMENT * max_bytes:,} bytes when it is unpacked. Split it, or "
                "raise the limit of a document with --max-bytes: that of an archive is a hundred times as large."
            )
        yield member.filename, content


def _is_hidden(member: str) -> bool:
    parts = member.replace("\\", "/").split("/")
    return "__MACOSX" in parts or any(part.startswith(".") and part.strip(".") for part in parts)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, max_bytes: int) -> bytes:
    """One member. What it says of its size is not believed: it is read to the limit and no further."""
    if member.flag_bits & 1:
        raise DocumentError(f"{name!r} is encrypted. Give it without a password.")
    if member.compress_type not in _ZIP_METHODS:
        raise DocumentError(f"{name!r} is packed by an uncommon method ({member.compress_type}). Compress it anew.")
    try:
        with archive.open(member) as file:
            data = file.read(max_bytes + 1)
    except _DAMAGED as error:
        raise DocumentError(f"{name!r} cannot be unpacked ({error}). Compress it anew.") from error
    if len(data) > max_bytes:
        raise DocumentError(
            f"{name!r} has more than the limit of {max_bytes:,} bytes when it is unpacked. "
            "Split it, or raise the limit with --max-bytes."
        )
    if len(data) > _MAX_RATIO * max(member.compress_size, 1_000):
        raise DocumentError(f"{name!r} is {len(data):,} bytes made of {member.compress_size:,}: no text. Remove it.")
    return decompressed(data, name, max_bytes=max_bytes)


# --- PDF -------------------------------------------------------------------------------------------


def pdf_text(data: bytes, name: str, *, max_chars: int) -> Extracted:
    """Text of a PDF, page after page.

    Raises:
        DocumentError: If it is damaged, encrypted, too long or has no text (a scan).
    """
    # Slow to import, and needed for these files alone.
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(f"{name!r} is encrypted. Give it without a password.")
        pages_n = len(reader.pages)
        if pages_n > _MAX_PDF_PAGES:
            raise DocumentError(f"{name!r} has {pages_n:,} pages, more than {_MAX_PDF_PAGES:,}. Split it.")
        parts: list[str] = []
        for page in reader.pages:
            parts.append(_pdf_lines(page.extract_text() or ""))
            if sum(map(len, parts)) > max_chars:
                raise DocumentError(f"{name!r} has more than {max_chars:,} characters. Split it.")
        about: dict[str, Any] = dict(reader.metadata or {})
        title = str(about.get("/Title") or "").strip() or None
    except DocumentError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError,
            ArithmeticError, AssertionError, NotImplementedError, zlib.error) as error:  # fmt: skip
        # A damaged file fails anywhere inside the reader.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DocumentError(f"{name!r} cannot be read as a PDF ({reason}). Save it anew, or as text.") from error
    text = "\n\n".join(part for part in parts if part.strip())
    if not text.strip():
        raise DocumentError(f"{name!r} holds no text: a scan, perhaps. Have its text recognised first.")
    return Extracted(text, title)


_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿа-я])")
# A line that fills its column goes on in the next one; a heading does not fill it.
_FULL_LINE = 0.75


def _pdf_lines(text: str) -> str:
    """The text of a page with the lines of one paragraph put together: a quote goes over line ends."""
    text = _HYPHENATED.sub("", "\n".join(line.strip() for line in text.replace("\x00", "").split("\n")))
    lines = text.split("\n")
    full = _FULL_LINE * max(map(len, lines))
    out = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = len(line) >= full and line[-1:] not in ".!?:;。؟" and after[:1] not in "•–—-*"
        out += line + (" " if goes_on and after else "\n")
    return out.strip("\n")


# --- Word -------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def docx_text(data: bytes, name: str, *, max_bytes: int) -> Extracted:
    """Text of a Word file: paragraphs and tables, without what was deleted in it.

    Raises:
        DocumentError: If it is damaged, or larger than `max_bytes` unpacked.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        body = _member(archive, archive.getinfo("word/document.xml"), name, max_bytes * 4)
        core = archive.NameToInfo.get("docProps/core.xml")
        about = _member(archive, core, name, 1_000_000) if core else b""
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DocumentError(f"{name!r} is no Word file ({error}). Save it anew, or as text.") from error
    tree = _safe_xml(body, name)
    paragraphs = [_paragraph(element) for element in tree.iter(f"{_W}p")]
    title = next((one.text for one in _safe_xml(about, name).iter(_DC_TITLE)), None) if about else None
    return Extracted("\n".join(paragraphs).strip("\n"), (title or "").strip() or None)


def _paragraph(element: Any) -> str:
    words: list[str] = []
    for one in element.iter():
        # A text box repeats its paragraphs inside this one: they have their own turn.
        if one.tag == f"{_W}t" and next(one.iterancestors(f"{_W}p")) is element:
            words.append(one.text or "")
        elif one.tag == f"{_W}tab":
            words.append("\t")
        elif one.tag in {f"{_W}br", f"{_W}cr"}:
            words.append("\n")
    return "".join(words)


def _safe_xml(data: bytes, name: str) -> Any:
    """The root of an XML document that may declare nothing and reach nowhere."""
    from lxml import etree

    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise DocumentError(f"{name!r} declares entities, which no such file needs. Save it anew.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"{name!r} is damaged inside ({str(error)[:150]}). Save it anew.") from error


# --- e-mail -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    """A message.

    Attributes:
        body: Its text, or its HTML if it has no plain text.
    """

    body: str
    is_html: bool
    subject: str | None
    sender: str | None
    sent: date | None


def read_mail(data: bytes, name: str) -> Mail:
    """A message's words, without its attachments.

    Raises:
        DocumentError: If it has no text.
    """
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        assert isinstance(message, EmailMessage)
        if sum(1 for _ in message.walk()) > _MAX_MAIL_PARTS:
            raise DocumentError(f"{name!r} has more than {_MAX_MAIL_PARTS} parts: no article. Remove it.")
        part = message.get_body(("plain", "html"))
        body = str(part.get_content()) if part is not None else ""
        is_html = part is not None and part.get_content_subtype() == "html"
        sent = message.get("Date")
        when = sent.datetime.date() if sent is not None and sent.datetime is not None else None
        sender = message.get("From")
        names = [one.display_name or one.domain for one in sender.addresses] if sender is not None else []
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError, AssertionError) as error:
        raise DocumentError(f"{name!r} is no e-mail that can be read ({error}). Save it anew, or as text.") from error
    if not body.strip():
        raise DocumentError(f"{name!r} is an e-mail without text. Save what it has attached.")
    subject = " ".join(str(message.get("Subject") or "").split()) or None
    return Mail(body, is_html, subject, next((one for one in names if one), None), when)
