"""Dagster's page in headless Chromium, served from this machine. Skipped where Dagster or Chromium is absent."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("dagster_webserver", reason="the extra is not installed: pip install 'pledgebook[dagster]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on the path")

_MOST_SECONDS = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server of Dagster's that has loaded Pledgebook; ended afterwards, however the tests go."""
    folder = tmp_path_factory.mktemp("dagster")
    (folder / "articles").mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    (folder / "sources.toml").write_text('[run]\nwarehouse = "w.duckdb"\n[[source]]\nname = "a"\nfolder = "articles"\n')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "dagster_webserver", "-m", "extract.orchestration", "-h", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "DAGSTER_HOME": str(folder), "PLEDGEBOOK_SOURCES": str(folder / "sources.toml")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
    )  # fmt: skip
    too_late = threading.Timer(_MOST_SECONDS, server.kill)
    too_late.start()
    try:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if "Serving dagster-webserver" in line:
                break
        else:
            pytest.fail("".join(said)[-3000:])
        yield f"http://127.0.0.1:{port}"
    finally:
        too_late.cancel()
        server.terminate()
        try:
            server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def page(address: str, profile: Path) -> str:
    """What stands in the page once its scripts have run."""
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom",
         f"--user-data-dir={profile}", "--virtual-time-budget=60000", address],
        capture_output=True, text=True, timeout=_MOST_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("assets/marts/contributions_by_country", ("contributions_by_country", "daily_schedule", "changed_files")),
        ("assets/extraction", ("extraction", "What the provider says of each document")),
        ("automation", ("daily_schedule", "changed_files")),
    ],
)
def test_dagster_shows_assets_the_schedule_and_the_sensor(address, tmp_path, path, shown):
    dom = page(f"{address}/{path}", tmp_path / "profile")
    assert [words for words in shown if words not in dom] == []
