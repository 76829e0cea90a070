"""sources.toml, feeds, robots.txt, what is fetched and from whom, and what a run makes of it."""

from __future__ import annotations

import asyncio
import json
import warnings
import zipfile
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fake_provider import NORWAY, NOTHING, PERU, FakeProvider
from loopback_site import Page, Site

from extract import pipeline
from extract.config import Settings
from extract.errors import ConfigError, DocumentError
from extract.sources.feeds import parse_feed, parse_sitemap
from extract.sources.fetch import Fetched, Fetcher, FetchError
from extract.sources.robots import parse_robots
from extract.sources.settings import EXAMPLE, Fetching, SourcesFile, duration, read_sources
from extract.sources.state import SourceState

LOCAL = '[fetch]\nallow_networks = ["127.0.0.0/8"]\nrequests_per_second = 1000\nrecheck = "0s"\n'


def written(folder: Path, text: str) -> SourcesFile:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return read_sources(path)


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# --- the file ---------------------------------------------------------------------------------------


def test_the_example_is_a_sources_file_and_so_is_all_that_it_comments_out(tmp_path):
    assert [entry.name for entry in written(tmp_path, EXAMPLE).source] == ["articles"]
    lines = [line.removeprefix("# ") if line.startswith(("# [", "# ")) and ("=" in line or "[[" in line) else line
             for line in EXAMPLE.splitlines()]  # fmt: skip
    read = written(tmp_path, "\n".join(lines[3:]))
    assert [entry.kind for entry in read.source] == ["folder", "files", "feed", "sitemap", "addresses", "jsonl"]
    assert read.run.retry_after == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]", "is no TOML"),
        ("", "source: Field required"),
        ("[[source]]\nname = 'a'", "needs exactly one of folder, files"),
        ("[[source]]\nname = 'a'\nfolder = 'x'\nfeed = 'http://x.example'", "it has folder, feed"),
        ("[[source]]\nname = 'a'\nfeed = 'ftp://x.example'", "is no http or https address"),
        ("[[source]]\nname = 'a'\njsonl = 'x'", "needs text"),
        ("[[source]]\nname = 'a'\nfolder = 'x'\ninclude = 'x'", "include means nothing for folder"),
        ("[[source]]\nname = 'a'\nfolder = 'x'\nglob_ = 'x'", "source 'a'.glob_"),
        ("[[source]]\nname='a'\nfolder='x'\n[[source]]\nname='a'\nfolder='y'", "two sources are called 'a'"),
        ("[run]\nretry_after = '1 hour'\n[[source]]\nname='a'\nfolder='x'", "no length of time"),
        ("[fetch]\nallow_networks = ['all']\n[[source]]\nname='a'\nfolder='x'", "allow_networks"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message, tmp_path):
    with pytest.raises(ConfigError, match=r"sources\.toml") as caught:
        written(tmp_path, text)
    assert message in str(caught.value)


def test_a_length_of_time_has_a_unit():
    assert [duration(one) for one in ("30s", "15m", "6h", "30d", "2w")] == [
        timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=6), timedelta(days=30), timedelta(weeks=2),
    ]  # fmt: skip


# --- lists ------------------------------------------------------------------------------------------


def test_rss_and_atom_give_addresses_days_and_texts():
    rss = b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
      <title>Wire</title>
      <item><title>One</title><link>/one#top</link><pubDate>Thu, 04 Mar 2027 23:30:00 +0300</pubDate>
        <content:encoded><![CDATA[<p>Whole.</p>]]></content:encoded></item>
      <item><title>Two</title><guid>https://w.example/two</guid></item>
      <item><title>No address</title><guid isPermaLink="false">7</guid></item>
      <item><title>Other scheme</title><link>javascript:alert(1)</link></item></channel></rss>"""
    found = parse_feed(rss, "https://w.example/feed")
    assert [(one.address, str(one.published), one.content) for one in found.entries] == [
        ("https://w.example/one", "2027-03-04", "<p>Whole.</p>"), ("https://w.example/two", "None", None),
    ]  # fmt: skip
    assert found.outlet == "Wire"
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>W</title><entry><id>tag:1</id>
      <link rel="self" href="/self"/><link href="/one"/><published>2027-03-04T01:00:00+09:00</published>
      <updated>2027-03-05T00:00:00Z</updated></entry></feed>"""
    (entry,) = parse_feed(atom, "https://w.example/feed").entries
    assert (entry.address, entry.key, str(entry.published), entry.updated) == (
        "https://w.example/one", "tag:1", "2027-03-04", "2027-03-05T00:00:00Z",
    )  # fmt: skip


def test_a_feed_cut_off_gives_what_came_and_what_is_no_feed_is_named():
    cut = b"<rss><channel><item><link>https://w.example/1</link></item><item><link>https://w.exa"
    assert parse_feed(cut, "x").entries[0].address == "https://w.example/1"
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><link>https://w.example/&b;'
    assert all("aaaa" not in one.address for one in parse_feed(bomb, "x").entries)
    for data in (b"", b"nothing at all", b"<html><body>Not found</body></html>"):
        with pytest.raises(DocumentError, match=r"feed"):
            parse_feed(data, "https://w.example/feed")


def test_a_sitemap_gives_pages_and_an_index_gives_sitemaps():
    pages = b"<urlset><url><loc>https://w.example/a</loc><lastmod>2027-01-01</lastmod></url></urlset>"
    assert [(one.address, one.updated) for one in parse_sitemap(pages, "x").entries] == [
        ("https://w.example/a", "2027-01-01")
    ]
    index = b"<sitemapindex><sitemap><loc>https://w.example/m.xml</loc></sitemap></sitemapindex>"
    assert parse_sitemap(index, "x").lists == ["https://w.example/m.xml"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/private/x", False), ("/private/open", True), ("/a/b/secret.html", False), ("/x.pdf", False),
        ("/x.pdf?page=1", True), ("/robots.txt", True), ("/%70rivate/x", False),
    ],
)  # fmt: skip
def test_robots_the_longest_pattern_decides(path, allowed):
    rules = parse_robots(
        "User-agent: other\nDisallow: /\n\nUser-agent: *\nUser-agent: third\nDisallow: /private\n"
        "Allow: /private/open # yes\nDisallow: /*/secret\nDisallow: *.pdf$\nDisallow:\nCrawl-delay: 3\n", "Pledgebook",
    )  # fmt: skip
    assert rules.allows(f"https://w.example{path}") is allowed
    assert rules.delay_seconds == 3


def test_robots_a_group_of_ones_own_wins():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: PledgeBook\nAllow: /\n"
    assert parse_robots(text, "Pledgebook (desk@example.org)").allows("https://w.example/x")
    assert not parse_robots(text, "Other").allows("https://w.example/x")


# --- fetching ---------------------------------------------------------------------------------------


@pytest.fixture
def site():
    with Site() as running:
        yield running


def get(tmp_path: Path, address: str, given: Fetching | None = None, **more: Any) -> Fetched:
    state = SourceState(tmp_path / "w.duckdb")

    async def ask() -> Fetched:
        async with Fetcher(given or fetching(), state) as fetcher:
            return await fetcher.get(address, **more)

    try:
        return asyncio.run(ask())
    finally:
        state.close()


def fetching(**given: Any) -> Fetching:
    return Fetching.model_validate({"allow_networks": ["127.0.0.0/8"], "requests_per_second": 1000, **given})


def test_a_page_that_did_not_change_is_not_sent_again(site, tmp_path):
    address = site.article("/a", "Title", "Text.")
    first = get(tmp_path, address)
    assert (first.status, b"Text." in first.data, first.media_type) == ("ok", True, "text/html; charset=utf-8")
    assert get(tmp_path, address, etag=first.etag).status == "same"
    assert get(tmp_path, site.url + "/none").status == "gone"
    # robots.txt was fetched once, and is remembered.
    assert [path for path, _ in site.asked] == ["/robots.txt", "/a", "/a", "/none"]
    assert all(one["user-agent"] == "Pledgebook" for one in site.headers)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0177.0.0.1"])
def test_the_machines_own_network_is_refused_whatever_it_is_called(name, site, tmp_path):
    port = site.url.rsplit(":", 1)[1]
    with pytest.raises(DocumentError, match=r"private network|not a canonical IPv4 address"):
        get(tmp_path, f"http://{name}:{port}/a", Fetching())
    assert site.asked == []


def test_a_redirect_into_the_machines_own_network_is_refused_too(site, tmp_path, monkeypatch):
    # The first hop is allowed, the second leads elsewhere on loopback.
    site.pages["/a"] = Page(status=302, headers={"Location": site.url.replace("127.0.0.1", "127.0.0.2") + "/b"})
    with pytest.raises(DocumentError, match=r"leads to a private network .*127\.0\.0\.2"):
        get(tmp_path, site.url + "/a", fetching(allow_networks=["127.0.0.1/32"]))
    site.pages["/c"] = Page(status=302, headers={"Location": "file:///etc/passwd"})
    with pytest.raises(DocumentError, match="no http or https address"):
        get(tmp_path, site.url + "/c")


def test_a_name_that_means_another_machine_the_second_time_is_refused_at_the_socket(site, tmp_path, monkeypatch):
    """DNS rebinding: what a name meant when it was looked up counts for nothing."""
    fetcher = Fetcher(Fetching(), SourceState(tmp_path / "w.duckdb"))
    for place in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::1", "fe80::1",
                  "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1"):  # fmt: skip
        family = 2 if "." in place and ":" not in place else 10
        with pytest.raises(OSError, match="private network"):
            fetcher._socket((family, 1, 6, "", (place, 80)))
    for place in ("93.184.216.34", "2606:2800:220:1::1"):
        assert fetcher.may_reach(ip_address(place))
    fetcher._socket((2, 1, 6, "", ("93.184.216.34", 80))).close()


def test_redirects_sizes_and_packed_answers_are_bounded(site, tmp_path):
    site.pages["/loop"] = Page(status=302, headers={"Location": "/loop"})
    with pytest.raises(FetchError, match="leads on more than 5 times"):
        get(tmp_path, site.url + "/loop")
    site.pages["/big"] = Page(b"A" * 200_000)
    with pytest.raises(DocumentError, match="larger than the limit of 100,000"):
        get(tmp_path, site.url + "/big", fetching(max_bytes=100_000))
    site.pages["/bomb"] = Page(b"A" * 20_000_000, is_packed=True)
    with pytest.raises(DocumentError, match="limit of 100,000 bytes"):
        get(tmp_path, site.url + "/bomb", fetching(max_bytes=100_000))
    site.pages["/packed"] = Page(b"<p>Text.</p>", is_packed=True)
    assert get(tmp_path, site.url + "/packed").data == b"<p>Text.</p>"


def test_robots_txt_is_heeded_and_one_that_fails_closes_the_site(site, tmp_path):
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /no", media_type="text/plain")
    site.article("/no/a", "T", "Text.")
    with pytest.raises(DocumentError, match=r"robots\.txt"):
        get(tmp_path, site.url + "/no/a")
    assert get(tmp_path, site.url + "/no/a", fetching(robots=False)).status == "ok"
    (tmp_path / "w.duckdb.state").unlink()
    site.pages["/robots.txt"] = Page(status=500)
    with pytest.raises(FetchError, match=r"does not give its robots\.txt"):
        get(tmp_path, site.url + "/no/a")


def test_a_site_that_asks_to_be_left_alone_is(site, tmp_path):
    site.pages["/a"] = Page(status=429, headers={"Retry-After": "120"})

    async def ask() -> list[str]:
        said = []
        async with Fetcher(fetching(), SourceState(tmp_path / "w.duckdb")) as fetcher:
            for path in ("/a", "/b"):
                with pytest.raises(FetchError) as caught:
                    await fetcher.get(site.url + path)
                said.append(str(caught.value))
        return said

    said = asyncio.run(ask())
    assert "status 429" in said[0] and "asked to be left alone until" in said[1]
    assert [path for path, _ in site.asked] == ["/robots.txt", "/a"]


def test_requests_go_through_a_proxy_that_is_named(site, tmp_path):
    site.pages["http://w.invalid/a"] = Page(b"<p>Through.</p>")
    assert get(tmp_path, "http://w.invalid/a", fetching(proxy=site.url, robots=False)).data == b"<p>Through.</p>"
    with pytest.raises(DocumentError, match="private network"):
        get(tmp_path, "http://10.0.0.1/a", Fetching.model_validate({"proxy": site.url, "robots": False}))


# --- runs -------------------------------------------------------------------------------------------


def run(warehouse: Path, file: SourcesFile, provider: FakeProvider, **more: Any) -> pipeline.RunSummary:
    return pipeline.run(Settings(warehouse=warehouse, **more), file, provider)


def sighted(warehouse: Path) -> dict[str, str]:
    """What each name is now."""
    return dict(query(warehouse, "select name, status from raw.sightings qualify row_number() over"
                                 " (partition by source_id order by seen_at desc) = 1"))  # fmt: skip


@pytest.mark.usefixtures("without_dbt")
def test_a_feed_is_followed_over_runs(site, tmp_path, warehouse, provider):
    for name, text in (("norway", NORWAY), ("peru", PERU)):
        site.article(f"/{name}", "", text, NOTHING)
    file = written(tmp_path, LOCAL + f'[[source]]\nname = "wire"\nfeed = "{site.feed("/feed", "/norway", "/peru")}"\n')
    assert run(warehouse, file, provider).extracted_n == 2
    before = warehouse.read_bytes()
    site.asked.clear()
    again = run(warehouse, file, provider)
    assert (again.run_id, again.unchanged_n, warehouse.read_bytes()) == (None, 2, before)
    assert sorted(site.asked) == [("/feed", 304), ("/norway", 304), ("/peru", 304)]
    # One page changes, one is taken down, the feed drops both and leads to another.
    site.article("/norway", "", NORWAY.replace("900", "950"), NOTHING)
    del site.pages["/peru"]
    site.article("/rain", "", NOTHING, "And so on and so forth, for many days to come.")
    site.feed("/feed", "/rain")
    provider.asked.clear()
    summary = run(warehouse, file, provider)
    assert (sorted(provider.asked), summary.vanished_n, summary.failures) == (["norway", "rain"], 1, [])
    assert sighted(warehouse) == {"norway": "ok", "peru": "vanished", "rain": "ok"}
    assert run(warehouse, file, provider).run_id is None
    # It comes back.
    site.article("/peru", "", PERU, NOTHING)
    assert run(warehouse, file, provider).asked_n == 0
    assert sighted(warehouse)["peru"] == "ok"


@pytest.mark.usefixtures("without_dbt")
def test_a_source_that_is_down_takes_nothing_away_and_is_told(site, tmp_path, warehouse, provider):
    site.article("/norway", "", NORWAY, NOTHING)
    feed = site.feed("/feed", "/norway")
    file = written(tmp_path, LOCAL + f'[[source]]\nname = "wire"\nfeed = "{feed}"\n')
    run(warehouse, file, provider)
    before = warehouse.read_bytes()
    for page in (Page(status=503), Page(b"<html>an error page</html>"), Page(b"\x00\x01")):
        site.pages["/feed"] = page
        summary = run(warehouse, file, provider)
        assert len(summary.failures) == 1 and "source 'wire'" in summary.failures[0]
        assert (summary.vanished_n, warehouse.read_bytes() == before) == (0, True)
    site.is_down = True
    summary = run(warehouse, file, provider)
    assert "status 500" in summary.failures[0]
    assert warehouse.read_bytes() == before


@pytest.mark.usefixtures("without_dbt")
def test_what_fails_is_tried_again_after_a_wait_and_then_given_up(site, tmp_path, warehouse, provider, monkeypatch):
    site.article("/norway", "", NORWAY, NOTHING)
    site.pages["/bad"] = Page(status=500)
    text = LOCAL + '[run]\nretry_after = "1h"\ngive_up_after = 3\n'
    file = written(tmp_path, text + f'[[source]]\nname = "a"\naddresses = ["{site.url}/norway", "{site.url}/bad"]\n')
    clock = {"now": 2_000_000_000.0}
    monkeypatch.setattr("extract.sources.gather.time.time", lambda: clock["now"])
    told = []
    for hours in (0, 0.5, 1.1, 2, 3.2, 9, 100):
        clock["now"] = 2_000_000_000.0 + hours * 3600
        site.asked.clear()
        summary = run(warehouse, file, provider)
        told.append((("/bad", 500) in site.asked, len(summary.failures), summary.put_off_n, len(summary.given_up)))
    assert told == [
        (True, 1, 0, 0), (False, 0, 1, 0), (True, 1, 0, 0), (False, 0, 1, 0), (True, 1, 0, 0), (False, 0, 0, 1),
        (False, 0, 0, 1),
    ]  # fmt: skip
    site.asked.clear()
    run(warehouse, file, provider, is_retrying=True)
    assert ("/bad", 500) in site.asked


@pytest.mark.usefixtures("without_dbt")
def test_tables_and_archives_give_a_document_a_row(tmp_path, warehouse, provider):
    whole = {"id": 1, "body": NORWAY, "paper": "Courier", "day": "2027-03-05"}
    rows = [whole, {"id": 2, "body": PERU}, {"id": 3, "body": ""}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n")
    (tmp_path / "b.csv").write_text('id,body\n7,"Nothing happened, they said, and went home."\n')
    with duckdb.connect() as connection:
        row = "select 'p' as id, 'Nothing else happened that day either.' as body"
        connection.execute(f"copy ({row}) to '{tmp_path}/c.parquet'")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("in/one.txt", "Nothing was in the archive but this.")
    file = written(tmp_path, "".join(
        f'[[source]]\nname = "{kind}"\n{kind} = "{name}"\nid = "id"\ntext = ["body"]\n'
        + ('outlet = "paper"\ndate = "day"\n' if kind == "jsonl" else "")
        for kind, name in (("jsonl", "*.jsonl"), ("csv", "b.csv"), ("parquet", "c.parquet"))
    ) + '[[source]]\nname = "zips"\nfolder = "."\nglob = "*.zip"\n')  # fmt: skip
    summary = run(warehouse, file, provider)
    assert summary.extracted_n == 5
    assert summary.failures == [f"Line 4 of '{tmp_path}/a.jsonl' is no JSON object. Mend it; the others are read."]
    stored = "select outlet, publication_date::varchar from raw.documents where text like 'Norway%'"
    assert query(warehouse, stored) == [("Courier", "2027-03-05")]
    assert run(warehouse, file, provider).run_id is None
    # A row changes, one goes.
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": 1, "body": NORWAY.replace("900", "950")}) + "\n")
    provider.asked.clear()
    summary = run(warehouse, file, provider)
    assert (provider.asked, summary.vanished_n) == (["a-1"], 1)


def packed(path: Path, **texts: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"in/{name}.txt", text)


@pytest.mark.usefixtures("without_dbt")
def test_archives_in_a_folder_that_is_named_give_their_documents(tmp_path, warehouse, provider):
    folder = tmp_path / "press"
    folder.mkdir()
    packed(folder / "a.zip", norway=NORWAY, rain="It rained, and nothing else happened that day.")
    packed(tmp_path / "b.ZIP", peru=PERU)
    (folder / "broken.zip").write_bytes(b"PK\3\4 and no more")
    inputs = [folder, tmp_path / "b.ZIP"]

    def again(**more: Any) -> pipeline.RunSummary:
        provider.asked.clear()
        return pipeline.run(Settings(warehouse=warehouse, **more), inputs, provider)

    first = again()
    assert (sorted(provider.asked), first.records_n) == (["norway", "peru", "rain"], 2)
    assert len(first.failures) == 1 and "broken.zip' is no zip file" in first.failures[0]
    (folder / "broken.zip").unlink()
    assert (again().run_id, provider.asked) == (None, [])
    # sources.toml that names the same folder means the same documents.
    file = written(tmp_path, '[[source]]\nname = "all"\nfolder = "press"\n')
    assert run(warehouse, file, provider).run_id is None
    # One changes, one goes; then a whole archive does.
    packed(folder / "a.zip", norway=NORWAY.replace("900", "950"))
    second = again()
    assert (provider.asked, second.vanished_n, sighted(warehouse)["rain"]) == (["norway"], 1, "vanished")
    (folder / "a.zip").rename(tmp_path / "elsewhere.zip")
    (folder / "one.txt").write_text("One text is left in the folder, and it says nothing.")
    third = again()
    assert (third.vanished_n, sighted(warehouse)["norway"]) == (1, "vanished")
    assert again().run_id is None


@pytest.mark.usefixtures("without_dbt")
def test_a_member_that_was_too_large_is_read_when_the_limit_is_raised(tmp_path, warehouse, provider):
    packed(tmp_path / "a.zip", norway=NORWAY)
    small = pipeline.run(Settings(warehouse=warehouse, max_bytes=50), [tmp_path / "a.zip"], provider)
    assert len(small.failures) == 1 and "limit of 50 bytes" in small.failures[0]
    large = pipeline.run(Settings(warehouse=warehouse), [tmp_path / "a.zip"], provider)
    assert (large.failures, large.records_n) == ([], 1)


def test_an_archive_is_read_by_extract_too(tmp_path, provider):
    packed(tmp_path / "a.zip", norway=NORWAY, peru=PERU)
    (tmp_path / "broken.zip").write_bytes(b"PK")
    lines: list[dict[str, Any]] = []
    failed_n = pipeline.extract_documents(Settings(), [tmp_path], provider, emit=lines.append)
    assert failed_n == 1 and [(one["document"], len(one["records"])) for one in lines] == [
        ("norway", 1), ("peru", 1), ("broken", 0)
    ]  # fmt: skip


@pytest.mark.usefixtures("without_dbt")
def test_the_name_of_a_member_leads_nowhere(tmp_path, warehouse, provider):
    names = ("../../up.txt", "/abs/olute.txt", "C:\\win\\dows.txt", "a\x1b[2Jb.txt", "same.txt", "same.txt")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the name that is there twice
        for number, name in enumerate(names):
            archive.writestr(name, NORWAY.replace("900", str(number + 100)))
    before = sorted(tmp_path.rglob("*"))
    summary = pipeline.run(Settings(warehouse=warehouse), [tmp_path / "a.zip"], provider)
    assert (summary.extracted_n, summary.failures) == (5, [])
    assert sorted(provider.asked) == ["a\ufffd[2Jb", "dows", "olute", "same", "up"]
    assert {path for path in tmp_path.rglob("*") if warehouse.parent not in (path, path.parent)} == set(before)


@pytest.mark.usefixtures("without_dbt")
def test_a_folder_that_is_not_there_is_a_failure_and_nothing_is_gone(tmp_path, articles, warehouse, provider):
    file = written(tmp_path, '[[source]]\nname = "a"\nfolder = "articles"\n')
    run(warehouse, file, provider)
    articles.rename(tmp_path / "elsewhere")
    summary = run(warehouse, file, provider)
    assert (summary.vanished_n, len(summary.failures)) == (0, 1)
    assert "there is no folder" in summary.failures[0]


@pytest.mark.usefixtures("without_dbt")
def test_what_is_remembered_is_no_more_than_a_help(tmp_path, articles, warehouse, provider):
    file = written(tmp_path, '[[source]]\nname = "a"\nfolder = "articles"\n')
    run(warehouse, file, provider)
    state = warehouse.with_name("warehouse.duckdb.state")
    for damage in (None, b"this is no database" * 100):
        if damage is None:
            state.unlink()
        else:
            state.write_bytes(damage)
        provider.asked.clear()
        summary = run(warehouse, file, provider)
        assert (provider.asked, summary.run_id, summary.unchanged_n) == ([], None, 3)
    assert state.with_name("warehouse.duckdb.state.damaged").exists()
    # A warehouse that was put back to nothing is filled again, whatever is remembered.
    warehouse.unlink()
    run(warehouse, file, provider)
    assert len(provider.asked) == 3
