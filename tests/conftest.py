"""What the tests share: no network, a temporary warehouse, sample documents, a provider of fixed answers."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from extract import rates, report, transform
from extract.documents import Document
from extract.providers import Attempt, Check

SETTING_VARIABLES = (
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "PLEDGEBOOK_MODEL", "PLEDGEBOOK_DB", "PLEDGEBOOK_PRICES",
)  # fmt: skip

NORWAY = "Norway pledged 900 million dollars to Sudan on 4 March 2027. The minister said so in Oslo."
PERU = "Peru will send 40 engineers to Haiti next month. Lima has not said for how long they will stay."
NOTHING = "It rained in Bergen all week, and the football match was put off until the pitch had dried."

NORWAY_PLEDGE = {
    "type": "pledge", "stage": "pledged", "quotes": ["Norway pledged 900 million dollars to Sudan on 4 March 2027."],
    "contributors": [{"name": "Norway", "type": "country"}], "recipient": {"name": "Sudan", "type": "country"},
    "money": "900 million dollars", "event_date": "4 March 2027",
}  # fmt: skip
PERU_TROOPS = {
    "type": "troop_commitment", "stage": "promised", "quotes": ["Peru will send 40 engineers to Haiti next month."],
    "contributors": [{"name": "Peru", "type": "country"}], "host": "Haiti", "headcount": "40 engineers",
}  # fmt: skip
DRAFTS: dict[str, list[dict[str, Any]]] = {NORWAY: [NORWAY_PLEDGE], PERU: [PERU_TROOPS], NOTHING: []}


class FakeProvider:
    """Answers from a table of texts to drafts, and counts what it was asked.

    Attributes:
        asked: Names of the documents it was asked about, in order.
        answers: Attempts to give instead, by document name.
    """

    def __init__(self, version: str = "1") -> None:
        self.name = "fake/model"
        self.version = version
        self.asked: list[str] = []
        self.answers: dict[str, list[Attempt]] = {}
        self.fatal: object | None = None
        self.is_closed = False

    def fingerprint(self, document: Document) -> str:
        return hashlib.sha256(f"{self.version}|{document.text}".encode()).hexdigest()

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        self.asked.append(document.name)
        if document.name in self.answers:
            return self.answers[document.name]
        return [self.attempt(DRAFTS.get(document.text, []))]

    def attempt(self, drafts: list[dict[str, Any]], status: Any = "ok", error: str | None = None) -> Attempt:
        return Attempt(
            status, "", self.name, json.dumps({"records": drafts}), error_type=None if status == "ok" else "some",
            error_message=error, prompt_tokens=10, completion_tokens=5, seconds=0.01,
        )  # fmt: skip

    def failure(self, message: str) -> Attempt:
        return Attempt("error", "", self.name, None, error_type="unreachable", error_message=message, seconds=0.01)

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "out" / "warehouse.duckdb"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of three articles, one of which holds nothing."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in (("norway", NORWAY), ("peru", PERU), ("rain", NOTHING)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def without_dbt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """dbt builds nothing, from no exchange rates, and no table is shown; the failures it is to report can be put into the list."""
    failures: list[str] = []
    monkeypatch.setattr(rates, "load_rates", lambda connection: None)
    monkeypatch.setattr(report, "contributions_table", lambda warehouse: "the table")
    monkeypatch.setattr(transform, "build", lambda _: transform.BuildResult(0, 1, list(failures)))
    return failures


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SETTING_VARIABLES, *(name for name in os.environ if name.endswith("_API_KEY"))):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reaches past this machine, unless it is marked live."""
    if request.node.get_closest_marker("live") is None:
        for name in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        is_local = self.family == socket.AF_UNIX or str(address[0]).startswith(("127.", "::1", "localhost"))
        if not is_local:
            raise OSError(f"a test tried to reach {address!r}")
        return connect(self, address)

    return guarded
