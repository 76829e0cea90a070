"""What the tests share: no network, no settings of this machine, a temporary warehouse, sample articles."""

from __future__ import annotations

import os

# As the command line sets it, and before any test imports numpy: several threads are eight times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from fake_provider import NORWAY, NOTHING, PERU, FakeProvider

from extract import rates, report, transform

# How long one example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("pledgebook", deadline=None)
hypothesis.settings.load_profile("pledgebook")

SETTING_VARIABLES = (
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "PLEDGEBOOK_MODEL", "PLEDGEBOOK_DB", "PLEDGEBOOK_PRICES",
)  # fmt: skip


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
    """dbt builds nothing, from no exchange rates, and no table is shown.

    The failures it is to report can be put into the list.
    """
    failures: list[str] = []
    monkeypatch.setattr(rates, "load_rates", lambda connection: None)
    monkeypatch.setattr(report, "contributions_table", lambda warehouse: "the table")
    monkeypatch.setattr(transform, "prepare", lambda kept: None)
    monkeypatch.setattr(transform, "build", lambda _, **__: transform.BuildResult(0, 1, list(failures)))
    return failures


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SETTING_VARIABLES, *(name for name in os.environ if name.endswith("_API_KEY"))):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches past this machine, unless it is marked live."""
    if request.node.get_closest_marker("live") is None:
        for name in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        is_local = self.family == socket.AF_UNIX or str(address[0]).startswith(("127.", "::1", "localhost"))
        if not is_local:
            raise OSError(f"a test tried to reach {address!r}")
        return connect(self, address)

    return guarded
