"""Files become texts: encodings, pages, and what a text says about itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.documents import (
    Document,
    Source,
    decode,
    detect_language,
    document_from_bytes,
    document_from_text,
    files_below,
    find_sources,
    source_id_of,
    source_of,
)
from extract.errors import DocumentError

ARABIC = "تعهدت النرويج بتقديم ٩٠٠ مليون كرونة إلى السودان، وقالت الوزيرة إن المال سيصل قبل نهاية العام."
RUSSIAN = "Норвегия обещала передать Судану девятьсот миллионов крон, сообщила министр на встрече в Осло."
FRENCH = "La Norvège a promis neuf cents millions de couronnes au Soudan, a déclaré la ministre à Oslo mercredi."
ENGLISH = "Norway promised nine hundred million kroner to Sudan, the minister said in Oslo on Wednesday."


def read(data: bytes, name: str = "article.txt") -> Document:
    return document_from_bytes(Source("source", Path(name).stem, name), data)


@pytest.mark.parametrize("text", [ARABIC, RUSSIAN, FRENCH, ENGLISH])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_by_its_mark(text, encoding):
    assert read(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_latin_text_in_utf_16_needs_no_mark_and_other_text_is_not_misread(encoding):
    assert read(ENGLISH.encode(encoding)).text == ENGLISH
    with pytest.raises(DocumentError):
        read(RUSSIAN.encode(encoding))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ARABIC, "cp1256"),
        (RUSSIAN, "cp1251"),
        (FRENCH, "cp1252"),
        ("Der Präsident sagte: „Wir geben 5 Mio. €“ – und fuhr nach Köln zurück.", "cp1252"),
        ("El señor Núñez prometió 3 millones «mañana» a la Unión Africana.", "cp1252"),
        ("O ministro disse que a missão não terá mais de cem soldados até março.", "cp1252"),
    ],
)
def test_windows_code_pages_are_told_by_their_letters(text, encoding):
    if encoding == "cp1256":
        text = text.translate(str.maketrans("٩٠", "90"))  # it has no Arabic-Indic digits
    assert read(text.encode(encoding)).text == text


def test_lines_end_in_one_way_and_the_mark_is_no_text():
    assert read("\ufeffOne line.\r\nAnother one.\rThe last one.".encode()).text == (
        "One line.\nAnother one.\nThe last one."
    )


@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_or_an_error_that_names_the_file(data):
    try:
        decode(data, "some.txt").encode("utf-8")
    except DocumentError as error:
        told = str(error)
    else:
        told = "some.txt"
    assert "some.txt" in told


@pytest.mark.parametrize(
    ("text", "language"),
    [(ARABIC, "ar"), (RUSSIAN, "ru"), (FRENCH, "fr"), (ENGLISH, "en"),
     ("Norwegen versprach dem Sudan am Mittwoch neunhundert Millionen Kronen, sagte die Ministerin.", "de"),
     ("Noruega prometió novecientos millones de coronas a Sudán, dijo la ministra este miércoles.", "es"),
     ("A Noruega prometeu novecentos milhões de coroas ao Sudão, disse a ministra na quarta-feira.", "pt"),
     ("Norveç, Sudan'a dokuz yüz milyon kron vermeyi taahhüt etti, dedi bakan çarşamba günü.", "tr"),
     ("挪威部长星期三在奥斯陆表示，挪威承诺向苏丹提供九亿克朗。", "zh"),
     ("NORWAY PLEDGED 900 MILLION KRONER TO SUDAN ON WEDNESDAY", "en"),
     ("Norway pledged 900 million kroner \ud800 to Sudan on Wednesday\x00\nin Oslo", "en"),
     ("وزیر امور خارجه گفت که دولت نهصد میلیون ریال به سودان کمک خواهد کرد.", "fa"),
     ("Міністр закордонних справ заявив у середу в Києві, що уряд надасть Судану дев'ятсот мільйонів гривень.", "uk"),
     ("Il ministro degli Esteri ha annunciato a Roma che il governo donerà novecento milioni di euro al Sudan.", "it"),
     ("12 / 34", None), ("", None)],
)  # fmt: skip
def test_the_language_is_told(text, language):
    assert detect_language(text) == language


# --- what a text says about itself ---------------------------------------------------------------------

BODY = (
    "Norway pledged 900 million kroner to Sudan at a conference in Geneva, the foreign minister told reporters there "
    "after the session, and Sudan thanked Oslo for what it called a timely gift.\n\nThe money is for clinics in Darfur."
)


@pytest.mark.parametrize(
    ("header", "title", "published", "outlet"),
    [
        ("Norway opens its purse for Sudan\n3 March 2027\n\n",
         "Norway opens its purse for Sudan", date(2027, 3, 3), None),
        ("Norway opens its purse for Sudan\n\nGENEVA, March 3, 2027 (Lake Wire) - ",
         "Norway opens its purse for Sudan", date(2027, 3, 3), "Lake Wire"),
        ("GENEVA, 3 March 2027 - ", None, date(2027, 3, 3), None),
        # Another article's headline, and its date with it.
        ("Wheat futures slip as harbour corridor reopens\n14 October 2025\n\n", None, None, None),
        ("Wheat futures slip as harbour corridor reopens\n14 October 2025\nNorway opens its purse for Sudan\n\n"
         "GENEVA, March 3, 2027 - ", "Norway opens its purse for Sudan", date(2027, 3, 3), None),
        ("", None, None, None),
    ],
)  # fmt: skip
def test_headline_and_date_are_believed_only_if_the_body_bears_them_out(header, title, published, outlet):
    document = document_from_text(header + BODY)
    assert (document.title, document.publication_date, document.outlet) == (title, published, outlet)


def page(head: str, body: str = BODY, heading: str = "Norway opens its purse for Sudan") -> Document:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in body.split("\n\n"))
    html = (
        f"<!doctype html><html><head>{head}</head><body><nav><a href='/'>Home</a> <a href='/x'>Sport</a></nav>"
        f"<article><h1>{heading}</h1>{paragraphs}</article><footer>All rights reserved</footer></body></html>"
    )
    return read(html.encode(), "page.html")


def test_a_page_gives_its_article_and_what_its_markup_says():
    document = page(
        '<meta charset="utf-8"><meta property="og:title" content="Norway opens its purse for Sudan">'
        '<meta property="article:published_time" content="2027-03-03T08:00:00Z">'
        '<meta property="og:site_name" content="The Lake Post">'
    )
    assert (document.title, document.publication_date, document.outlet) == (
        "Norway opens its purse for Sudan", date(2027, 3, 3), "The Lake Post",
    )  # fmt: skip
    assert "The money is for clinics in Darfur." in document.text
    assert "Home" not in document.text and "All rights reserved" not in document.text


def test_the_markup_of_another_article_is_not_believed():
    document = page(
        '<meta property="og:title" content="Wheat futures slip as harbour corridor reopens">'
        '<meta property="article:published_time" content="2025-10-14">'
    )
    assert (document.title, document.publication_date) == ("Norway opens its purse for Sudan", None)
    assert "Wheat" not in document.text


def test_the_text_wins_over_the_markup_about_its_date():
    head = '<meta property="article:published_time" content="{}">'
    dated = "GENEVA, March 3, 2027 (Lake Wire) - " + BODY
    assert page(head.format("2027-03-04"), dated).publication_date == date(2027, 3, 4)
    assert page(head.format("2026-01-01"), dated).publication_date == date(2027, 3, 3)
    assert page(head.format("no date"), dated).publication_date == date(2027, 3, 3)


def test_a_page_that_is_wrong_about_its_encoding_is_read_by_its_bytes():
    html = f"<html><head><meta charset='ascii'></head><body><article><p>{FRENCH}</p></article></body></html>"
    assert FRENCH in read(html.encode("utf-8"), "page.html").text
    html = f"<html><head><meta charset='windows-1251'></head><body><article><p>{RUSSIAN}</p></article></body></html>"
    assert RUSSIAN in read(html.encode("cp1251"), "page.htm").text


def test_entities_and_scripts_of_a_page_are_no_text():
    document = page("<script>alert('x')</script>", BODY + "\n\nOil &amp; gas: 5&nbsp;million&#x20;dollars &lt;b&gt;.")
    assert "Oil & gas: 5\u00a0million dollars" in document.text.replace("5 million", "5\u00a0million")
    assert "alert" not in document.text


# --- sources -------------------------------------------------------------------------------------------


def test_folders_give_texts_and_pages_once_and_in_order(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b.txt", "a.md", "sub/c.HTML", ".hidden/d.txt", ".e.txt", "f.log", "g.pdf", "sub/noted.json"):
        (tmp_path / name).write_text("text")
    (tmp_path / "link.txt").symlink_to(tmp_path / "b.txt")
    sources = find_sources([tmp_path / "b.txt", tmp_path, tmp_path / "f.log"])
    assert [source.path.name for source in sources] == ["b.txt", "a.md", "g.pdf", "c.HTML", "f.log"]
    assert [source.name for source in sources] == ["b", "a", "g", "c", "f"]
    assert len({source.source_id for source in sources}) == 5


def test_a_source_is_the_same_however_its_path_is_written(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("text")
    monkeypatch.chdir(tmp_path)
    assert source_id_of(Path("a.txt")) == source_id_of(tmp_path / "sub" / ".." / "a.txt")


def test_the_same_text_is_the_same_document_wherever_it_stands():
    assert read(ENGLISH.encode(), "one.txt").document_id == read(ENGLISH.encode("utf-16"), "two.txt").document_id
    assert read(ENGLISH.encode()).document_id != read((ENGLISH + "!").encode()).document_id


def test_files_below_a_folder_stand_in_the_order_of_their_paths(tmp_path):
    for name in ("b/c/1.txt", "b/c.txt", "b-c.txt", "a/z.txt", "c/a.txt.gz", "Z.txt", "b/c/.hidden.txt", "é.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("A text.", encoding="utf-8")
    found = files_below(tmp_path)
    assert [one.path for one in found] == sorted(one.path for one in found)
    assert len(found) == 7
    assert {one.path.name: one.name for one in found}["a.txt.gz"] == "a"
    assert [source_of(one.path) for one in found] == found
