"""PDF, Word, e-mail and what is compressed: read whole, bounded, and refused with a reason."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.documents import Source, document_from_bytes, find_sources, read_document, source_of
from extract.errors import DocumentError
from extract.formats import decompressed, members

SENTENCE = "Norway pledged 900 million dollars to Sudan on 4 March 2027, the minister said in Oslo."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pdf(*pages: list[str]) -> bytes:
    """A PDF of these lines of these pages, as a word processor would lay them out."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for lines in pages:
        shown = b" T* ".join(b"(" + line.encode("latin-1") + b") Tj" for line in lines)
        stream = b"BT /F1 12 Tf 14 TL 72 720 Td " + shown + b" ET"
        page_n = len(objects) + 1
        kids.append(f"{page_n} 0 R")
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {page_n + 1} 0 R "
            f"/Resources << /Font << /F1 {font} >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, len(out)
    )  # fmt: skip


def docx(body: str, **more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, text in more.items():
            archive.writestr(f"docProps/{name}.xml", text)
    return out.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"Subject": "Norway pledges to Sudan", "From": "Lake Wire <desk@wire.example>",
                        "Date": "Thu, 04 Mar 2027 10:00:00 +0000", **headers}.items():  # fmt: skip
        message[name] = value
    message.set_content(SENTENCE + "\n")
    return message


def read(name: str, data: bytes, media_type: str | None = None, max_bytes: int = 1_000_000) -> object:
    source = Source("s", "x", name, data=data, media_type=media_type)
    return document_from_bytes(source, data, max_bytes=max_bytes)


def test_a_pdf_gives_its_paragraphs_in_one_piece():
    data = pdf(["Norway pledged 900 million dollars to Sudan on 4 March", "2027, the minister said in Oslo."],
               ["Peru will send 40 engi-", "neers to Haiti."])  # fmt: skip
    document = read("any-name", data)
    assert SENTENCE in document.text
    assert "40 engineers to Haiti" in document.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.4\nnothing that follows is right", "cannot be read as a PDF"),
        (pdf([""]), "holds no text: a scan"),
        (pdf(["A long line of text. " * 4] * 40), "more than 500 characters"),
    ],
)
def test_a_bad_pdf_is_refused_with_the_reason(data, reason):
    with pytest.raises(DocumentError, match=reason):
        read("one.pdf", data, max_bytes=500)


def test_a_word_file_gives_paragraphs_and_cells_without_what_was_deleted():
    table = f"<w:tbl><w:tr><w:tc>{paragraph('Norway')}</w:tc><w:tc>{paragraph('900 million')}</w:tc></w:tr></w:tbl>"
    deleted = "<w:p><w:del><w:r><w:delText>Sweden pledged too.</w:delText></w:r></w:del></w:p>"
    document = read("one.docx", docx(paragraph(SENTENCE) + deleted + table))
    assert document.text == f"{SENTENCE}\n\nNorway\n900 million"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 word/ and nothing more", "is no Word file"),
        (docx("").replace(b"word/document.xml", b"word/documend.xml"), "is no Word file"),
        (docx("<w:p>" + "A" * 9_000_000 + "</w:p>"), "limit of 4,000,000 bytes"),
        (docx("<w:p>" + "A" * 900_000 + "</w:p>"), "no text"),
    ],
)
def test_a_bad_word_file_is_refused_with_the_reason(data, reason):
    with pytest.raises(DocumentError, match=reason):
        read("one.docx", data)


def test_a_word_file_cannot_declare_entities():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", f'<!DOCTYPE x [<!ENTITY a "b">]><w:document {W}>&a;</w:document>')
    with pytest.raises(DocumentError, match="declares entities"):
        read("one.docx", out.getvalue())


def test_a_mail_gives_its_words_its_subject_its_sender_and_its_day():
    document = read("one.eml", bytes(mail()))
    assert SENTENCE in document.text
    assert (document.title, document.outlet) == ("Norway pledges to Sudan", "Lake Wire")
    assert str(document.publication_date) == "2027-03-04"


def test_a_mail_of_html_alone_gives_its_text():
    message = EmailMessage()
    message["Subject"] = "Norway"
    message.set_content(f"<html><body><p>{SENTENCE}</p><p>{SENTENCE}</p></body></html>", subtype="html")
    assert SENTENCE in read("one.eml", bytes(message)).text


def test_a_mail_without_text_is_refused():
    with pytest.raises(DocumentError, match="without text"):
        read("one.eml", b"Subject: nothing\n\n")


@pytest.mark.parametrize(
    ("ending", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_a_compressed_file_is_read_up_to_the_limit(ending: str, compress: Callable[[bytes], bytes], tmp_path):
    path = tmp_path / f"norway.txt.{ending}"
    path.write_bytes(compress(SENTENCE.encode()) + compress(b" And so on."))
    source = find_sources([tmp_path])[0]
    document = read_document(source)
    assert (source.name, document.text) == ("norway", f"{SENTENCE} And so on.")
    bomb = compress(b"A" * 50_000_000)
    with pytest.raises(DocumentError, match="limit of 1,000,000 bytes"):
        decompressed(bomb, f"bomb.{ending}", max_bytes=1_000_000)
    for damaged in (compress(SENTENCE.encode())[:-9], b"not packed at all"):
        with pytest.raises(DocumentError, match="cannot be unpacked"):
            decompressed(damaged, f"x.{ending}", max_bytes=1000)


def test_members_of_a_zip_file_are_bounded_one_by_one():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/norway.txt", SENTENCE)
        archive.writestr("bomb.txt", b"A" * 5_000_000)
        archive.writestr("dense.txt", b"A" * 900_000)
        archive.writestr("picture.png", b"\x89PNG")
    found = dict(members(io.BytesIO(out.getvalue()), "x.zip", max_bytes=1_000_000))
    assert found["a/norway.txt"] == SENTENCE.encode()
    assert "limit of 1,000,000" in str(found["bomb.txt"])
    assert "no text" in str(found["dense.txt"])
    assert "picture.png" not in found
    with pytest.raises(DocumentError, match="no zip file"):
        list(members(io.BytesIO(b"PK"), "x.zip", max_bytes=10))


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def found_in(data: bytes, max_bytes: int = 1_000_000) -> dict[str, bytes | DocumentError]:
    return dict(members(io.BytesIO(data), "x.zip", max_bytes=max_bytes))


def test_of_a_zip_file_hidden_files_links_and_other_zip_files_are_left_out():
    hidden = ("a/.hidden.txt", ".git/one.txt", "__MACOSX/._one.txt", "inner.zip", "a\\.b.txt")
    data = zipped({name: SENTENCE.encode() for name in (*hidden, "one.txt", "../../two.txt")})
    assert list(found_in(data)) == ["one.txt", "../../two.txt"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert found_in(out.getvalue()) == {}


def test_a_compressed_member_is_unpacked_and_bounded_too():
    data = zipped({"a.txt.gz": gzip.compress(SENTENCE.encode()), "b.txt.xz": lzma.compress(b"A" * 50_000_000)})
    found = found_in(data)
    assert found["a.txt.gz"] == SENTENCE.encode() and "limit of 1,000,000" in str(found["b.txt.xz"])


def test_a_large_member_that_is_not_compressed_is_read():
    text = b"A word and another. " * 250_000
    assert found_in(zipped({"long.txt": text}, zipfile.ZIP_STORED), max_bytes=6_000_000) == {"long.txt": text}


def test_a_zip_file_is_bounded_as_a_whole():
    """Members may share their bytes, so that each is within its limits."""
    text = random.Random(1).randbytes(9_000)
    one = zipped({f"{number}.txt": text for number in range(150)})
    with pytest.raises(DocumentError, match="more than 1,000,000 bytes when it is unpacked"):
        found_in(one, max_bytes=10_000)
    with pytest.raises(DocumentError, match="holds 10,001 files"):
        found_in(zipped({f"{number}.txt": b"" for number in range(10_001)}))


def test_a_list_of_members_that_is_too_long_is_not_read():
    """Sixty-five thousand names of a thousand letters: the list alone is 70 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("one.txt", b"")
        (info,) = archive.infolist()
        archive.filelist.extend(info for _ in range(65_000))
        info.filename = "n" * 1_000 + ".txt"
    file = io.BytesIO(out.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError, match="more files than"):
            list(members(file, "x.zip", max_bytes=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_member_that_cannot_be_read_is_an_error_in_its_place():
    lzma_packed = found_in(zipped({"one.txt": SENTENCE.encode()}, zipfile.ZIP_LZMA))
    assert "uncommon method" in str(lzma_packed["one.txt"])
    data = bytearray(zipped({"one.txt": b"A" * 60, "two.txt": SENTENCE.encode()}, zipfile.ZIP_STORED))
    data[data.index(b"A" * 60)] = 66
    found = found_in(bytes(data))
    assert "cannot be unpacked" in str(found["one.txt"]) and found["two.txt"] == SENTENCE.encode()


@given(st.data())
def test_whatever_a_zip_file_holds_only_a_document_error_comes_of_it(data):
    whole = bytearray(zipped({"one.txt": b"A" * 60, "d/two.txt": SENTENCE.encode()}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(DocumentError):
        found_in(bytes(whole[: data.draw(st.integers(20, len(whole)))]))


def test_a_stamp_tells_a_change_that_a_set_back_time_hides(tmp_path):
    import os

    path = tmp_path / "one.txt"
    path.write_text("one")
    before = source_of(path).stamp
    assert source_of(path).stamp == before
    times = path.stat()
    path.write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert source_of(path).stamp != before
