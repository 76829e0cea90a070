"""The names of countries and organisations, ready to be looked up.

In: seeds/country_aliases.csv, organisation_aliases.csv and organisations.csv. Out: one `Aliases`, made on first
use and again within a second of a file's change. Which of several meanings a text has is not decided here.
"""

from __future__ import annotations

import csv
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, cast

from extract.config import project_root
from extract.errors import ConfigError
from extract.normalise.not_actors import not_actors
from extract.normalise.tokens import fold_words, simplify, split_words
from extract.schema import ActorType

Form = Literal["name", "adjective", "capital", "government", "abbreviation"]
Key = tuple[str, ...]

# Tokens that one writer puts between the words of a name and another does not.
JOINERS = frozenset("-–")


class Alias(NamedTuple):
    """One way to write one entity. An exclusion ("New Mexico") has an empty entity_id: it names no actor here."""

    text: str
    language: str
    entity_id: str
    form: Form
    is_country: bool


class Organisation(NamedTuple):
    """One row of organisations.csv, as far as it is needed here."""

    name_en: str
    type: ActorType
    parent_id: str
    host_iso3: str


@dataclass(frozen=True, eq=False)
class Aliases:
    """All aliases.

    Attributes:
        by_words: Folded words without joiners → aliases.
        longest: Folded first word → most words of an alias that begins with it.
        by_han: Alias with Chinese characters → aliases.
        han_heads: First two characters → aliases with Chinese characters, longest first.
        organisations: Organisation id → organisation.
        principals: Organisation id → the one state or organisation whose money it gives.
    """

    by_words: dict[Key, list[Alias]]
    longest: dict[str, int]
    by_han: dict[str, list[Alias]]
    han_heads: dict[str, list[str]]
    organisations: dict[str, Organisation]
    principals: dict[str, str]


def aliases() -> Aliases:
    """The aliases of the seeds.

    Raises:
        ConfigError: If seeds/country_aliases.csv is missing. The organisations' files may be.
    """
    with _LOADING:
        return _in_second(int(time.monotonic()))


# They may be read in a thread meanwhile: whoever needs them then waits, and does not read them too.
_LOADING = threading.Lock()


@lru_cache(maxsize=1)
def _in_second(_: int) -> Aliases:
    """The aliases as the files are now: these are looked at once a second, not for each of a document's names."""
    paths = _paths()
    return _load(paths, tuple(map(_stamp, paths)))


def words_of(phrase: str) -> Key:
    """The words of `phrase` as they stand in `Aliases.by_words`."""
    return tuple(word for word in split_words(phrase) if word not in JOINERS)


def is_han(character: str) -> bool:
    """Whether `character` is a Chinese one."""
    return "\u3400" <= character <= "\u9fff"


_FILES = ("country_aliases.csv", "organisation_aliases.csv", "organisations.csv", "principals.csv")


@lru_cache(maxsize=1)
def _paths() -> tuple[Path, ...]:
    return tuple(project_root() / "seeds" / name for name in _FILES)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=1)
def _load(paths: tuple[Path, ...], stamps: tuple[tuple[int, int], ...]) -> Aliases:
    countries, organisation_aliases, organisation_list, principal_list = paths
    if stamps[0] == (0, 0):
        raise ConfigError(
            f"{str(countries)!r} is missing. Write it with: python seeds/build/build_country_aliases.py"
        )
    organisations = {
        row[0]: Organisation(row[1], cast(ActorType, row[2]), row[3], row[4])
        for row in _rows(organisation_list, 5)
    }  # fmt: skip
    everything = [
        Alias(row[0], row[1], row[2], cast(Form, row[3]), True)
        for row in _rows(countries, 4)
    ]  # fmt: skip
    everything += [
        Alias(row[0], row[1], row[2], "abbreviation" if row[0].isupper() else "name", False)
        for row in _rows(organisation_aliases, 3)
        if row[2] in organisations and not row[0].startswith(("the ", "The "))
    ]
    everything += [Alias(row.name_en, "en", id_, "name", False) for id_, row in organisations.items()]
    everything += [Alias(phrase, "", "", "name", True) for phrase in not_actors()]
    principals: dict[str, set[str]] = {}
    for row in _rows(principal_list, 2):
        principals.setdefault(row[0], set()).add(row[1])
    only = {agency: owners.pop() for agency, owners in principals.items() if len(owners) == 1}
    return _index(everything, organisations, only)


def _rows(path: Path, cells: int) -> Iterator[list[str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader, None)
        # Languages, entities and forms stand in thousands of rows: one string each.
        yield from ([row[0], *map(sys.intern, row[1:])] for row in reader if len(row) >= cells)


def _index(
    everything: list[Alias], organisations: dict[str, Organisation], principals: dict[str, str]
) -> Aliases:
    by_words: dict[Key, list[Alias]] = {}
    longest: dict[str, int] = {}
    by_han: dict[str, list[Alias]] = {}
    for alias, written in zip(everything, _fold_all([alias.text for alias in everything]), strict=True):
        if not written.isascii() and any(map(is_han, written)):
            by_han.setdefault(simplify(alias.text), []).append(alias)
            continue
        key = tuple(written.split(" ")) if written.replace(" ", "").isalpha() else words_of(written)
        by_words.setdefault(key, []).append(alias)
        if len(key) > longest.get(key[0], 0):
            longest[key[0]] = len(key)
    heads: dict[str, list[str]] = {}
    for text in sorted(by_han, key=len, reverse=True):
        heads.setdefault(text[:2], []).append(text)
    return Aliases(by_words, longest, by_han, heads, organisations, principals)


def _fold_all(texts: list[str]) -> Iterator[str]:
    """Each text folded. Folding some hundred at once costs a tenth of folding each."""
    for first in range(0, len(texts), _TEXTS_AT_ONCE):
        yield from fold_words("\n".join(texts[first : first + _TEXTS_AT_ONCE])).split("\n")


_TEXTS_AT_ONCE = 200
