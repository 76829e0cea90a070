"""The reading page: what it shows, that every link leads somewhere, and that no text becomes markup."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
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


# Every column of the widest table filled, with the longest words that may stand there.
LARGE = (
    *NEWS,
    *(
        News(
            f"{code} gave 123.45 million, owes 678.9 million, promises 987.65 million and sends troops ({n}).",
            (
                pledge(code, "sdn-fund", money(123.45e6 + n), stage="disbursed"),
                pledge(code, "other-fund", money(678.9e6 + n), stage="committed"),
                pledge(code, "third-fund", money(987.65e6 + n)),
                pledge((code, *GULF), "gaza-fund", money(17.55e9 + n)),
                troops(code, "some-force", "promised", None),
                troops(code, "other-force", "deployed", quantity(1_234_567)),
                membership(code, f"{'a-council-with-a-long-name-' * 3}{n}", "member"),
            ),
            published=date(2026, 3, 1), outlet="The Outlet Of A Very Long Name And Of Record",
        )
        for n, code in enumerate(("COD", "VCT", "SGS", "GBR"))
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


def test_a_cell_knows_its_column(seen: Reader) -> None:
    cells = [given for name, given in seen.elements if name in {"td", "th"} and "data-head" in given]
    assert {"pledged", "troops deployed", "documents", "together", "preferred"} <= {one["data-head"] for one in cells}
    assert len(cells) == sum(name == "td" or given.get("scope") == "row" for name, given in seen.elements)
    assert all("data-none" in one for one in cells if one["data-head"] == "committed")


def test_what_is_left_out_is_said(small_worlds: World, seen: Reader) -> None:
    few = Reader(page(small_worlds.connection, shown=1))
    assert "more are in the warehouse" in "".join(few.words)
    assert {place[1:] for place in few.all("href") if place.startswith("#")} <= set(few.all("id"))


def test_a_page_of_an_empty_warehouse(small_worlds: World) -> None:
    small_worlds.build([])
    assert "Who promised what to whom" in "".join(Reader(page(small_worlds.connection)).words)


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
# What a browser says of the room that each table takes, in pixels, and of the whole page.
MEASURE = """<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("div.scroll")].filter(one => one.scrollWidth > one.clientWidth)
    .map(one => one.closest("section").querySelector("h2").textContent);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wide.push("the page");
  const hidden = [...document.querySelectorAll("table.wide td")].filter(one =>
    !one.offsetParent && one.textContent.trim() !== "\u2013" && one.textContent.trim());
  parent.document.title += JSON.stringify([innerWidth, wide, hidden.length]) + "|";
});
</script>"""
WIDTHS = (1200, 1000, 400)


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on the path")
def test_tables_fit_the_window(small_worlds: World, tmp_path: Path) -> None:
    small_worlds.build(LARGE)
    text = page(small_worlds.connection)
    policy = re.search(r"<meta http-equiv[^>]*>", text)
    assert policy is not None
    inner = html.escape(text.replace(policy[0], "").replace("</head>", f"{MEASURE}</head>"), quote=True)
    # A window of Chromium's is never narrower than 500 pixels; a frame may be.
    frames = [f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{inner}"></iframe>' for width in WIDTHS]
    (tmp_path / "frames.html").write_text("<!doctype html><title></title>" + "".join(frames))
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000",
         (tmp_path / "frames.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    told = re.search(r"<title>(.*?)</title>", done.stdout)
    assert told is not None, done.stderr[-2000:]
    measured = [json.loads(line) for line in html.unescape(told[1]).split("|") if line]
    # Nothing is cut off or scrolled, and no figure is left out.
    assert sorted(measured) == [[width, [], 0] for width in sorted(WIDTHS)]


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no warehouse"):
        write_page(tmp_path / "none.duckdb", tmp_path / "page.html")
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(WarehouseError, match="holds no marts yet"):
        write_page(path, tmp_path / "page.html")


def test_an_attribute_cannot_be_left() -> None:
    assert tag("a", "<b>", href='" onclick="x') == '<a href="&quot; onclick=&quot;x">&lt;b&gt;</a>'
