"""sources.toml: what a scheduled run reads, how it fetches, what it keeps and whom it tells.

In: the file. Out: one `SourcesFile`, checked field by field. Nothing is opened here but the file.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from extract.errors import ConfigError

DEFAULT_FILE = Path("sources.toml")

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|h|d|w)\s*")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(value: object) -> timedelta:
    """`30s`, `15m`, `6h`, `30d`, `2w` as a length of time.

    Raises:
        ValueError: If it is written otherwise.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(str(value))
    if not found:
        raise ValueError(f"{value!r} is no length of time; write one as 30s, 15m, 6h, 30d or 2w")
    return timedelta(**{_UNITS[found.group(2)]: float(found.group(1))})


Duration = Annotated[timedelta, BeforeValidator(duration)]


def _address(value: object) -> str:
    parts = urlsplit(str(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is no http or https address")
    return str(value)


Address = Annotated[str, BeforeValidator(_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fetching(_Strict):
    """How pages are fetched.

    Attributes:
        requests_per_second: Most requests to one host, on average.
        allow_networks: Networks that may be reached although they are private.
        proxy: Address of a proxy; the environment's (HTTPS_PROXY …) when None.
        robots: Whether robots.txt is heeded.
        recheck: A page is not asked for again sooner than this after the last time.
        recheck_for: A page that its source no longer lists is asked for this long after it last changed.
    """

    user_agent: str = "Pledgebook"
    requests_per_second: float = Field(default=1.0, gt=0, le=1000)
    timeout: Duration = timedelta(seconds=30)
    max_redirects: int = Field(default=5, ge=0, le=20)
    max_bytes: int = Field(default=5_000_000, gt=0)
    allow_networks: list[IPv4Network | IPv6Network] = []
    proxy: Address | None = None
    robots: bool = True
    recheck: Duration = timedelta(hours=12)
    recheck_for: Duration = timedelta(days=30)


class Running(_Strict):
    """What a scheduled run keeps and whom it tells.

    Attributes:
        warehouse: The DuckDB file, relative to sources.toml.
        keep_published: How many earlier published files are kept for `pledgebook rollback`.
        retry_after: First wait before something that failed is tried again; it doubles each time.
        give_up_after: Failures after which something is tried no more until it changes.
        summary: File that each run's summary is written to, as JSON.
        webhook: Address that each run's summary is posted to, as JSON.
        webhook_on: Whether it is posted always, or when something failed.
    """

    warehouse: Path | None = None
    model: str | None = None
    keep_published: int = Field(default=3, ge=0)
    retry_after: Duration = timedelta(hours=1)
    give_up_after: int = Field(default=6, ge=1)
    summary: Path | None = None
    webhook: Address | None = None
    webhook_on: Literal["always", "failure"] = "failure"


Kind = Literal["folder", "files", "jsonl", "csv", "parquet", "feed", "sitemap", "addresses"]
KINDS: tuple[Kind, ...] = ("folder", "files", "jsonl", "csv", "parquet", "feed", "sitemap", "addresses")
TABLES: frozenset[Kind] = frozenset({"jsonl", "csv", "parquet"})
WEB: frozenset[Kind] = frozenset({"feed", "sitemap", "addresses"})


class Entry(_Strict):
    """One [[source]]: exactly one of the fields that KINDS names, and what belongs to it.

    Attributes:
        glob: Of a folder: which files, as in `2027/**/*.html`.
        text: Of a table: the columns that make up the text, in order.
        id: Of a table: the column that names a row for good; without it a changed row is a new document.
        title: Of a table: the column with the headline; likewise date, outlet and language.
        format: Of a table: what the text columns hold.
        read: Of a feed: the pages it leads to, or what its entries themselves hold.
        include: Of pages: a regular expression that an address has to match somewhere.
        exclude: Of pages: a regular expression that an address must not match.
        limit: Of pages: most addresses to take from one list.
    """

    name: str = Field(min_length=1, max_length=80)
    folder: Path | None = None
    files: list[str] | None = None
    jsonl: str | None = None
    csv: str | None = None
    parquet: str | None = None
    feed: Address | None = None
    sitemap: Address | None = None
    addresses: list[Address] | Path | None = None

    glob: str | None = None
    text: list[str] | None = None
    id: str | None = None
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    language: str | None = None
    format: Literal["text", "html"] = "text"
    read: Literal["pages", "entries"] = "pages"
    include: str | None = None
    exclude: str | None = None
    limit: int = Field(default=10_000, ge=1, le=1_000_000)

    @property
    def kind(self) -> Kind:
        """Which of the kinds it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _is_one_kind(self) -> Entry:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(KINDS)}; it has {', '.join(given) or 'none'}")
        kind = given[0]
        if kind in TABLES and not self.text:
            raise ValueError(f"{kind} needs text = [...], the columns that hold the text")
        belonging = {
            "glob": {"folder"}, "read": {"feed"}, "include": WEB, "exclude": WEB, "limit": WEB,
            **dict.fromkeys(("text", "id", "title", "date", "outlet", "language", "format"), TABLES),
        }  # fmt: skip
        wrong = [name for name in sorted(self.model_fields_set & set(belonging)) if kind not in belonging[name]]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} means nothing for {kind}")
        for pattern in (self.include, self.exclude):
            if pattern is not None:
                re.compile(pattern)
        return self


class SourcesFile(_Strict):
    """The whole file.

    Attributes:
        folder: Where the file stands; its paths are relative to it.
    """

    run: Running = Running()
    fetch: Fetching = Fetching()
    source: list[Entry] = Field(min_length=1)
    folder: Path = Path()

    @model_validator(mode="after")
    def _names_differ(self) -> SourcesFile:
        names = [entry.name for entry in self.source]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are called {twice[0]!r}; names tell them apart")
        return self

    def path(self, given: Path | str) -> Path:
        """A path of the file, from where the program runs."""
        return self.folder / Path(given).expanduser()


def read_sources(path: Path) -> SourcesFile:
    """The file at `path`.

    Raises:
        ConfigError: If it is missing, no TOML, or says something that it cannot.
    """
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no {str(path)!r}. Name what to read, as in `pledgebook run FOLDER`, or write the file "
            "(`pledgebook sources --example` prints one)."
        ) from error
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read ({error.strerror}). Check it and its permissions.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{str(path)!r} cannot be read ({error}). Save it in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{str(path)!r} is no TOML: {error}. Mend that line.") from error
    if "folder" in given:
        raise ConfigError(f"{str(path)!r}: folder stands outside of any [[source]]. Put it under one.")
    try:
        return SourcesFile(**given, folder=path.parent)
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"{str(path)!r}: {_said(error, given)}. Mend it and call again.") from error


def _said(error: Exception, given: dict[str, Any]) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if not str(part).startswith(("function-", "constrained-", "list["))]
    if len(place) > 1 and place[0] == "source" and place[1].isdigit():
        entries = given.get("source")
        entry = entries[int(place[1])] if isinstance(entries, list) else {}
        name = entry.get("name") if isinstance(entry, dict) else None
        place[:2] = [f"source {name!r}" if name else f"source number {int(place[1]) + 1}"]
    message = str(first["msg"]).removeprefix("Value error, ")
    more = len(error.errors()) - 1
    return ": ".join([".".join(place), message]) + (f" (and {more} more)" if more else "")


EXAMPLE = '''\
# What `pledgebook run` reads when it is called without arguments. Paths are relative to this file.
# Lengths of time: 30s, 15m, 6h, 30d, 2w. What is commented out shows the default or another kind of source.

[run]
warehouse = "warehouse.duckdb"
# model = "openai/gpt-5-mini"       # as --model
# keep_published = 3                # earlier files kept for `pledgebook rollback`
# retry_after = "1h"                # first wait after a failure; it doubles with each one
# give_up_after = 6                 # then it is listed by `pledgebook status` and tried no more until it changes
# summary = "last-run.json"         # what the run did, as JSON
# webhook = "https://hooks.example.org/pledgebook"
# webhook_on = "failure"            # or "always"

[fetch]
# user_agent = "Pledgebook (desk@example.org)"   # say who you are: sites that are troubled can write to you
# requests_per_second = 1.0         # to one host
# timeout = "30s"
# max_bytes = 5000000
# max_redirects = 5
# robots = true
# recheck = "12h"                   # a page is not asked for again sooner
# recheck_for = "30d"               # how long a page is watched that its list has dropped
# proxy = "http://proxy.example.org:3128"        # default: HTTPS_PROXY and the like
# allow_networks = ["10.20.0.0/16"] # private networks are refused unless named here

[[source]]
name = "articles"
folder = "articles"
# glob = "2027/**/*.html"           # default: every text, page, PDF, Word file, e-mail and archive below it

# [[source]]
# name = "reports"
# files = ["reports/annual.pdf", "reports/2027-*.docx"]

# [[source]]
# name = "wire"
# feed = "https://wire.example.org/rss.xml"      # RSS or Atom
# read = "pages"                    # or "entries": the entries themselves hold the articles
# include = "/world/"               # regular expressions on addresses
# exclude = "/sport/"

# [[source]]
# name = "ministry"
# sitemap = "https://ministry.example.org/sitemap.xml"
# include = "/press/"

# [[source]]
# name = "watched"
# addresses = ["https://fund.example.org/pledges.html"]   # or a file with one address a line: "watched.txt"

# [[source]]
# name = "archive"
# jsonl = "archive/*.jsonl.gz"      # or csv = …, parquet = …
# id = "url"                        # names a row for good; without it a changed row is a new document
# text = ["headline", "body"]       # the columns that make up the text
# title = "headline"
# date = "published"
# outlet = "paper"
# format = "text"                   # or "html"
'''
