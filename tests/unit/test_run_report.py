"""The summary of a run, in a file and at an address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from extract.pipeline import RunSummary
from extract.run_report import report_run
from extract.sources.settings import read_sources

FINE = RunSummary("run-1", "openai/some", 2, asked_n=2, extracted_n=2, cost_usd=Decimal("0.0123"))
BROKEN = RunSummary("run-2", "openai/some", 2, failures=["a.txt: no answer"])


class Hook:
    """An address on loopback that keeps what is posted."""

    def __init__(self, status: int) -> None:
        self.posted: list[dict[str, object]] = []
        posted = self.posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def hook(request: pytest.FixtureRequest) -> Iterator[Hook]:
    one = Hook(getattr(request, "param", 204))
    yield one
    one.close()


def told(tmp_path: Path, settings: str, summary: RunSummary | None, error: str | None = None) -> list[str]:
    file = tmp_path / "sources.toml"
    file.write_text(f'[run]\n{settings}\n[[source]]\nname = "all"\nfolder = "."\n', encoding="utf-8")
    said: list[str] = []
    report_run(read_sources(file), tmp_path / "warehouse.duckdb", summary, error, 1.26, said.append)
    return said


def test_the_file_holds_the_summary_with_its_cost(tmp_path):
    assert told(tmp_path, 'summary = "last.json"', FINE) == []
    found = json.loads((tmp_path / "last.json").read_text())
    assert (found["status"], found["cost_usd"], found["seconds"], found["extracted_n"]) == ("ok", 0.0123, 1.3, 2)


def test_a_run_that_stopped_says_why(tmp_path):
    assert told(tmp_path, 'summary = "last.json"', None, "the disk is full") == []
    found = json.loads((tmp_path / "last.json").read_text())
    assert (found["status"], found["failures"]) == ("stopped", ["the disk is full"])


@pytest.mark.parametrize(
    ("when", "summary", "statuses"),
    [("failure", FINE, []), ("always", FINE, ["ok"]), ("failure", BROKEN, ["failures"])],
)
def test_the_webhook_is_told_when_asked_to(tmp_path, hook, when, summary, statuses):
    assert told(tmp_path, f'webhook = "{hook.url}"\nwebhook_on = "{when}"', summary) == []
    assert [one["status"] for one in hook.posted] == statuses


@pytest.mark.parametrize("hook", [500], indirect=True)
def test_a_webhook_that_refuses_costs_nothing_else(tmp_path, hook):
    said = told(tmp_path, f'webhook = "{hook.url}"\nsummary = "last.json"', BROKEN)
    assert said == ["the webhook did not take the summary (status 500)"]
    assert json.loads((tmp_path / "last.json").read_text())["status"] == "failures"


def test_a_webhook_that_is_away_costs_nothing_else(tmp_path, hook):
    url, _ = hook.url, hook.close()
    hook.close = lambda: None
    (said,) = told(tmp_path, f'webhook = "{url}"', BROKEN)
    assert said.startswith("the webhook did not take the summary (")
