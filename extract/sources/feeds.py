"""RSS, Atom and sitemaps: bytes to the addresses that they list.

In: bytes from the network. Out: entries, or a `DocumentError` that says what is wrong with the
file. Nothing is fetched here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urldefrag, urljoin

from extract.errors import DocumentError

_MAX_ENTRIES = 100_000


@dataclass(frozen=True)
class FeedEntry:
    """One line of a feed or sitemap.

    Attributes:
        address: Of the page; absolute, without a fragment.
        key: What names the entry for good: its id, else its address.
        updated: What the list says of its last change, as written.
        content: HTML of the whole article, when the feed carries it.
    """

    address: str
    key: str
    title: str | None = None
    published: date | None = None
    updated: str | None = None
    content: str | None = None


@dataclass(frozen=True)
class Listed:
    """What a list leads to.

    Attributes:
        outlet: Title of the feed.
        lists: Addresses of further sitemaps.
    """

    entries: list[FeedEntry]
    outlet: str | None = None
    lists: list[str] | None = None


def parse_feed(data: bytes, address: str) -> Listed:
    """The entries of an RSS or Atom feed.

    Raises:
        DocumentError: If it is neither.
    """
    root = _root(data, address, "an RSS or Atom feed")
    kind = _local(root)
    if kind not in {"rss", "feed", "RDF"}:
        raise DocumentError(f"{address!r} is no RSS or Atom feed: it begins with <{kind}>. Check the address.")
    base = root.get("{http://www.w3.org/XML/1998/namespace}base") or address
    entries = []
    for item in root.iter():
        if _local(item) not in {"item", "entry"}:
            continue
        found = _entry(item, base)
        if found is not None:
            entries.append(found)
        if len(entries) >= _MAX_ENTRIES:
            break
    channel = next((one for one in root if _local(one) == "channel"), root)
    return Listed(entries, _text(channel, "title"))


def parse_sitemap(data: bytes, address: str) -> Listed:
    """The pages of a sitemap, or the sitemaps of an index.

    Raises:
        DocumentError: If it is neither.
    """
    root = _root(data, address, "a sitemap")
    kind = _local(root)
    if kind not in {"urlset", "sitemapindex"}:
        raise DocumentError(f"{address!r} is no sitemap: it begins with <{kind}>. Check the address.")
    entries: list[FeedEntry] = []
    lists: list[str] = []
    for item in root:
        place = _text(item, "loc")
        page = _absolute(place, address) if place else None
        if page is None:
            continue
        if kind == "sitemapindex":
            lists.append(page)
        else:
            entries.append(FeedEntry(page, page, updated=_text(item, "lastmod")))
        if len(entries) >= _MAX_ENTRIES:
            break
    return Listed(entries, lists=lists)


def parse_addresses(text: str) -> list[str]:
    """Addresses, one a line; empty lines and those that begin with # are left out."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _root(data: bytes, address: str, what: str) -> Any:
    from lxml import etree

    # A feed that does not end, or has a stray byte, still gives the entries before; what is no XML gives nothing.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"{address!r} is not {what} ({str(error)[:150]}). Check the address.") from error
    if root is None:
        raise DocumentError(f"{address!r} is not {what}: it is no XML at all. Check the address.")
    return root


def _entry(item: Any, base: str) -> FeedEntry | None:
    links = [one for one in item if _local(one) == "link"]
    atom = next((one.get("href") for one in links if one.get("href") and one.get("rel") in {None, "alternate"}), None)
    rss = next((one.text.strip() for one in links if one.text and one.text.strip()), None)
    guid = next((one for one in item if _local(one) in {"guid", "id"}), None)
    key = (guid.text or "").strip() if guid is not None else ""
    is_address = guid is not None and guid.get("isPermaLink", "true") == "true" and key.startswith("http")
    address = _absolute(atom or rss or (key if is_address else ""), base)
    if address is None:
        return None
    stated = _text(item, "pubDate") or _text(item, "published") or _text(item, "date")
    updated = _text(item, "updated") or _text(item, "modified") or stated
    content = _text(item, "encoded") or _inner(item, "content")
    return FeedEntry(
        address, key or address, _text(item, "title"), _day(stated or updated), updated, content
    )  # fmt: skip


def _inner(item: Any, name: str) -> str | None:
    from lxml import etree

    found = next((one for one in item if _local(one) == name), None)
    if found is None:
        return None
    if len(found):
        return "".join(etree.tostring(one, encoding="unicode") for one in found) or None
    return (found.text or "").strip() or None


def _absolute(place: str, base: str) -> str | None:
    if not place.strip():
        return None
    try:
        address, _ = urldefrag(urljoin(base, place.strip()))
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) else None


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _text(element: Any, name: str) -> str | None:
    found = next((one for one in element if _local(one) == name), None)
    text = "".join(found.itertext()).strip() if found is not None else ""
    return text or None


def _day(value: str | None) -> date | None:
    if not value:
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).date()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value).date()
    except (ValueError, TypeError, IndexError):
        return None
