"""The reading page: what it shows, that every link leads somewhere, and that no text becomes markup."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from hand_made import (
    GULF,
    News,
    World,
    actor,
    day,
    funding,
    membership,
    money,
    pledge,
    quantity,
    troops,
)

from extract.errors import ConfigError, WarehouseError
from extract.page import page, tag, write_page

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>\u202egnp.exe"
NEWS = (
    News(
        f"Norway pledged 5 million dollars to {EVIL}.",
        (pledge("NOR", None, money(5e6), counterpart=actor("evil-fund", name=EVIL), purpose=EVIL, speaker=EVIL,
                condition=EVIL, event_date=day(date(2026, 1, 5))),),
        published=date(2026, 1, 6), outlet=EVIL,
    ),
    News(
        "تعهدت أربع دول خليجية بأكثر من 7 مليارات دولار.",
        (pledge(GULF, "gaza-fund", money(7e9, "USD", "more_than")),), "ar", date(2026, 2, 1), "الأخبار",
    ),
    News(
        "Kenya deployed 400 troops; another report says 380. Kenya is a member; the fund needs 9 million.",
        (
            troops("KEN", "some-force", "deployed", quantity(400)),
            membership("KEN", "council", "member", role="chair"),
            funding("need", "gaza-fund", money(9e6)),
        ),
        published=date(2026, 2, 2), outlet="A",
    ),
    News(
        "Kenya deployed 380 troops.", (troops("KEN", "some-force", "deployed", quantity(380)),),
        published=date(2026, 2, 3), outlet="B",
    ),
)  # fmt: skip


class Reader(HTMLParser):
    """What a browser would see in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, attribute: str) -> list[str]:
        return [given[attribute] or "" for _, given in self.elements if attribute in given]


@pytest.fixture(scope="module")
def seen(small_worlds: World) -> Reader:
    small_worlds.build(NEWS)
    # A place that no browser may follow, and one that it may.
    small_worlds.connection.execute("update evidence set source = 'javascript:alert(3)' where language = 'ar'")
    small_worlds.connection.execute("update evidence set source = 'https://example.org/?a=\"b' where outlet = 'A'")
    return Reader(page(small_worlds.connection))


def test_no_text_becomes_markup_and_nothing_is_loaded(seen: Reader) -> None:
    names = {name for name, _ in seen.elements}
    assert names.isdisjoint({"script", "img", "iframe", "object", "embed", "link", "form", "base", "svg"})
    assert not [key for _, given in seen.elements for key in given if key.startswith("on")]
    assert seen.all("src") == []
    outside = [place for place in seen.all("href") if not place.startswith("#")]
    assert outside == ['https://example.org/?a="b']
    text = "".join(seen.words)
    assert "<script>alert(1)</script>" in text  # shown, as the text it is
    assert "javascript:alert(3)" in text
    assert "\u202e" not in text
    assert "url(" not in text and "@import" not in text


def test_every_link_within_the_page_leads_somewhere(seen: Reader) -> None:
    places = seen.all("id")
    assert len(places) == len(set(places))
    assert {place[1:] for place in seen.all("href") if place.startswith("#")} <= set(places)


def test_every_commitment_has_its_words(small_worlds: World, seen: Reader) -> None:
    text = "".join(seen.words)
    for item in NEWS[1:]:
        assert item.text in text
    shown = {place for place in seen.all("id") if place.startswith("c-")}
    assert len(shown) == small_worlds.read("select count(*) from commitments")[0][0]
    assert "$7 bn" in text and "at least" not in text.split("Joint commitments")[0].split("alone")[0]
    assert "reports contradict each other" in text
    assert {given.get("dir") for name, given in seen.elements if name == "p" and given.get("lang") == "ar"} == {"auto"}


def test_what_is_left_out_is_said(small_worlds: World, seen: Reader) -> None:
    few = Reader(page(small_worlds.connection, shown=1))
    assert "more are in the warehouse" in "".join(few.words)
    assert {place[1:] for place in few.all("href") if place.startswith("#")} <= set(few.all("id"))


def test_a_page_of_an_empty_warehouse(small_worlds: World) -> None:
    small_worlds.build([])
    assert "Who promised what to whom" in "".join(Reader(page(small_worlds.connection)).words)


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no warehouse"):
        write_page(tmp_path / "none.duckdb", tmp_path / "page.html")
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(WarehouseError, match="holds no marts yet"):
        write_page(path, tmp_path / "page.html")


def test_an_attribute_cannot_be_left() -> None:
    assert tag("a", "<b>", href='" onclick="x') == '<a href="&quot; onclick=&quot;x">&lt;b&gt;</a>'
