"""What goes wrong from outside: one line that names the thing, the reason and the next step.

Everything runs through the command line, in process where it can be. dbt's part is left out where
it is not what is tested.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fake_openai import FakeReply, FakeRequest, FakeServer, failed, records
from fake_provider import NORWAY, NORWAY_PLEDGE, FakeProvider
from typer.testing import CliRunner, Result

import extract.providers
from extract import documents
from extract import warehouse as warehouse_module
from extract.cli import app
from extract.config import Settings
from extract.errors import DocumentError
from extract.pipeline import run as run_pipeline
from extract.providers.llm import LLMProvider

KEY = "sk-test-0123456789abcdefSECRET"
# A process that does not answer by then hangs.
PATIENCE_SECONDS = 60.0


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def error_of(result: Result) -> str:
    """The one line that says what went wrong."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    return lines[0]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, provider: FakeProvider) -> FakeProvider:
    """The command line asks the fake provider."""
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    return provider


# --- documents -------------------------------------------------------------------------------------

BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty.txt": (b"", "holds no text"),
    "blank.txt": (b" \n\t\r\n", "holds no text"),
    "zeros.txt": (bytes(range(32)) * 50, "is a binary file"),
    "picture.txt": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8, "is a binary file"),
    "big.txt": (b"a lot of text " * 1000, "more than the limit of 5,000"),
    "menu.html": (b"<html><title>Menu</title><body><script>go()</script></body></html>", "a page without an article"),
    "cut.txt": ("Норвегия обещала".encode("utf-16")[:-1], "is not valid utf-16"),
}


@pytest.mark.usefixtures("without_dbt", "fake")
def test_files_that_cannot_be_read_are_named_and_the_others_go_on(articles, warehouse):
    for name, (data, _) in BAD_FILES.items():
        (articles / name).write_bytes(data)
    (articles / "dangling.txt").symlink_to("nowhere.txt")
    result = call("run", articles, "--warehouse", warehouse, "--max-bytes", "5000")
    assert result.exit_code == 1
    for name, (_, reason) in {**BAD_FILES, "dangling.txt": (b"", "No such file")}.items():
        lines = [line for line in result.stderr.splitlines() if f"/{name}'" in line]
        assert len(lines) == 1, (name, result.stderr)
        assert reason in lines[0]
        assert re.search(r"\. [A-Z][^.]+\.$|-bytes\.$", lines[0]), f"no next step: {lines[0]}"
    assert "11 (3 extracted, 0 unchanged, 8 failed)" in result.stdout
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select status, count(*) from raw.sightings group by 1 order by 1").fetchall() == [
            ("failed", 8), ("ok", 3)
        ]  # fmt: skip
    # The same again: the failures are still failures, and nothing is written for them.
    again = call("run", articles, "--warehouse", warehouse, "--max-bytes", "5000")
    assert again.exit_code == 1
    assert "nothing was written" in again.stderr


def test_a_file_without_permission_is_named(articles, monkeypatch):
    source = documents.find_sources([articles / "norway.txt"])[0]

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(DocumentError, match=r"norway.txt' cannot be read: Permission denied\. Check the file"):
        documents.read_document(source)


@pytest.mark.usefixtures("without_dbt", "fake")
def test_extract_and_run_say_the_same_of_what_cannot_be_read(articles, tmp_path, warehouse, monkeypatch):
    (articles / "closed.txt").write_text(NORWAY)
    (articles / "closed").mkdir()
    (articles / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (articles / "cut.txt").write_bytes(BAD_FILES["cut.txt"][0])
    opened, listed, allowed = Path.open, os.scandir, os.access

    def is_closed(path: object) -> bool:
        return Path(str(path)).stem == "closed"

    def refuse(self: Path, *rest: Any, **more: Any) -> Any:
        if is_closed(self):
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *rest, **more)

    def refuse_list(path: Any) -> Any:
        if is_closed(path):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    # Root may read everything: what the system says of others is said here.
    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse_list)
    monkeypatch.setattr(os, "access", lambda path, mode, **more: not is_closed(path) and allowed(path, mode, **more))
    bad = {"closed.txt": "closed", "closed": "closed", "broken.pdf": "broken", "cut.txt": "cut"}
    for inputs in ([articles], [*(articles / name for name in bad), articles / "norway.txt"]):
        said = []
        for command in (["extract"], ["run", "--warehouse", warehouse]):
            result = call(*command, *inputs)
            assert result.exit_code == 1, result.output
            lines = [re.sub(r"^\[.*?\] ", "", line) for line in result.stderr.splitlines() if "failed: " in line]
            said.append(sorted(lines))
            assert "norway: 1 records" in result.stderr  # the others went on
        assert said[0] == said[1] and len(said[0]) == 4
        for line in said[0]:
            assert re.fullmatch(r"\w+: failed: '[^']+' (cannot be|is) .*\. [A-Z].*\.", line), line
        warehouse.unlink()
        dry = call("run", "--warehouse", warehouse, "--dry-run", *inputs)
        assert dry.exit_code == 1
        assert sorted(line for line in dry.stderr.splitlines() if line.startswith("failed: ")) == sorted(
            line.partition(": ")[2] for line in said[0]
        )


@pytest.mark.usefixtures("without_dbt", "fake")
def test_what_stands_below_a_folder_that_may_not_be_entered_is_said(articles, tmp_path, warehouse, monkeypatch):
    closed, asked = tmp_path / "closed", os.stat
    closed.mkdir()

    def refuse(path: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(path, str | Path) and closed in Path(path).parents:
            raise PermissionError(13, "Permission denied", str(path))
        return asked(path, *rest, **more)

    monkeypatch.setattr(os, "stat", refuse)
    said = f"failed: '{closed}/below.txt' cannot be read: Permission denied. Check the file and its permissions."
    for command in (["extract"], ["run", "--warehouse", warehouse]):
        result = call(*command, closed / "below.txt", articles / "norway.txt")
        assert result.exit_code == 1 and "norway: 1 records" in result.stderr
        assert [line.partition(": ")[2] for line in result.stderr.splitlines() if "failed: " in line] == [said]
    for command in (["report"], ["status"], ["run", articles]):
        result = call(*command, "--warehouse", closed / "w.duckdb")
        assert result.exit_code == 2
        assert re.search(r"/closed/w\.duckdb[^']*' cannot be reached \(Permission denied\)\. Check", error_of(result))


def test_a_pipe_is_no_document(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(DocumentError, match="no ordinary file"):
        documents.read_document(documents.find_sources([tmp_path / "pipe.txt"])[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "There is no file or folder '{tmp}/none'. Check the path"),
        (["articles", "none.txt"], "There is no file or folder '{tmp}/none.txt'"),
        (["void"], "The folder '{tmp}/void' holds no document (.txt, .md, .html, .pdf, .docx, .eml or .zip)"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_a_missing_or_empty_folder_is_misuse(arguments, message, tmp_path, articles, warehouse):
    (tmp_path / "void").mkdir()
    (tmp_path / "void" / "picture.png").write_bytes(b"\x89PNG")
    for command in (["run", "--warehouse", warehouse], ["extract"]):
        result = call(*command, *(tmp_path / argument for argument in arguments))
        assert result.exit_code == 2
        assert message.format(tmp=tmp_path) in error_of(result)
    assert not warehouse.exists()


# --- providers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("openai/gpt-5-mini", "OPENAI_API_KEY is not set. Set it, or run without --model"),
        ("nobody/gpt-5-mini", "names no provider that is known"),
        ("openai/", "names no provider that is known"),
    ],
)
def test_a_missing_key_or_wrong_model_is_misuse(model, message, articles, warehouse):
    result = call("run", articles, "--warehouse", warehouse, "--model", model)
    assert result.exit_code == 2
    assert message in error_of(result)
    assert not warehouse.exists()


def test_an_unknown_mode_or_address_is_misuse(articles, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "The mode 'xml' is unknown" in error_of(call("run", articles, "--mode", "xml"))
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:11434")
    result = call("run", articles)
    assert (result.exit_code, KEY in result.stderr) == (2, False)
    assert "is no URL" in error_of(result)


def test_an_unreachable_address_is_said_once(articles, warehouse, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("extract.providers.llm._FIRST_BACKOFF_SECONDS", 0.001)
    for command in (["run", articles, "--warehouse", warehouse], ["extract", articles]):
        result = call(*command)
        assert result.exit_code == 2
        assert f"127.0.0.1:{port}" in error_of(result)
        assert result.stderr.count(f"127.0.0.1:{port}") == 1
        assert KEY not in result.stderr + result.stdout
    assert not warehouse.exists()


@pytest.mark.parametrize(
    ("status", "code", "message"), [(401, "invalid_api_key", "key"), (404, "model_not_found", "gpt-5-mini")]
)
def test_a_wrong_key_or_model_is_said_once(status, code, message, articles, warehouse, monkeypatch):
    with FakeServer([failed(status, "no", code=code)]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        result = call("run", articles, "--warehouse", warehouse, "--model", "openai/gpt-5-mini")
        assert result.exit_code == 2
        assert message in error_of(result)
        assert KEY not in result.stderr + result.stdout
        assert len(server.requests) <= 3


def test_a_folder_without_recordings_is_misuse(articles, tmp_path):
    result = call("run", articles, "--replay", tmp_path / "none")
    assert result.exit_code == 2
    assert "There is no folder" in error_of(result)


# --- the warehouse -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(("name", "code"), [("raw.duckdb", 2), ("staging.duckdb", 2), ("articles", 2)])
def test_a_name_that_no_warehouse_can_have_is_misuse(name, code, articles, tmp_path):
    result = call("run", articles, "--warehouse", tmp_path / name)
    assert result.exit_code == code
    assert name in error_of(result)


@pytest.mark.usefixtures("fake")
def test_a_folder_that_cannot_be_written_is_named(articles, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    result = call("run", articles, "--warehouse", tmp_path / "file" / "warehouse.duckdb")
    assert result.exit_code == 2
    assert "cannot be written (Not a directory). Name a warehouse elsewhere" in error_of(result)

    opened = os.open

    def read_only(path: str | Path, flags: int, *rest: int, **more: int) -> int:
        if str(path).startswith(str(tmp_path / "out")) and flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    result = call("run", articles, "--warehouse", tmp_path / "out" / "warehouse.duckdb")
    assert result.exit_code == 2
    assert "cannot be written (Read-only file system)" in error_of(result)


@pytest.mark.usefixtures("fake", "without_dbt")
def test_a_warehouse_that_cannot_be_replaced_stays_as_it_was(articles, warehouse, monkeypatch):
    assert call("run", articles, "--warehouse", warehouse).exit_code in (0, 1)
    before = warehouse.read_bytes()
    (articles / "new.txt").write_text("Something new was said by somebody here.")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(warehouse_module.os, "replace", full)
    result = call("run", articles, "--warehouse", warehouse)
    assert result.exit_code == 1
    assert "could not be replaced (No space left on device); it is as it was" in error_of(result)
    assert warehouse.read_bytes() == before
    assert not [path for path in warehouse.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("size", [0, 5000, 2_000_000])
def test_a_corrupt_warehouse_is_left_as_it_is(size, articles, warehouse, fake):
    warehouse.parent.mkdir()
    warehouse.write_bytes(os.urandom(size))
    before = warehouse.read_bytes()
    for command in (["run", articles], ["build"], ["docs", "--output", warehouse.parent / "docs.html"]):
        result = call(*command, "--warehouse", warehouse)
        assert result.exit_code == 1, result.output
        message = error_of(result)
        assert "warehouse.duckdb" in message
    assert warehouse.read_bytes() == before
    assert fake.asked == []


@pytest.mark.usefixtures("fake", "without_dbt")
def test_a_warehouse_damaged_in_the_middle_is_left_as_it_is(articles, warehouse):
    call("run", articles, "--warehouse", warehouse)
    data = bytearray(warehouse.read_bytes())
    data[3 * 4096 :] = b"\xff" * (len(data) - 3 * 4096)
    warehouse.write_bytes(data)
    result = call("run", articles, "--warehouse", warehouse)
    assert result.exit_code == 1
    assert "warehouse.duckdb" in error_of(result)
    assert warehouse.read_bytes() == bytes(data)


WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table if not exists mine as select 42 as answer")
print("open", flush=True)
for _ in sys.stdin:
    print(connection.execute("select (select answer from mine), count(*) from raw.documents").fetchone(), flush=True)
"""


@contextmanager
def process(code: str, *arguments: str | Path) -> Iterator[Callable[[str], str]]:
    """A Python process that answers a line with a line."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    stdin, stdout = child.stdin, child.stdout

    def ask(line: str) -> str:
        if line:
            stdin.write(line + "\n")
            stdin.flush()
        ready, _, _ = select.select([stdout], [], [], PATIENCE_SECONDS)
        assert ready, "the other process does not answer"
        return stdout.readline().strip()

    try:
        yield ask
    finally:
        child.kill()
        child.wait()
        stdin.close()
        stdout.close()


@pytest.mark.usefixtures("fake", "without_dbt")
def test_a_run_goes_on_while_another_program_has_the_warehouse_open_for_writing(articles, warehouse):
    call("run", articles / "norway.txt", "--warehouse", warehouse)
    with process(WRITER, warehouse) as ask:
        assert ask("") == "open"
        with pytest.raises(duckdb.IOException):
            duckdb.connect(str(warehouse), read_only=True)
        assert ask("read") == "(42, 1)"
        summary = run_pipeline(Settings(warehouse=warehouse), [articles], FakeProvider())
        assert (summary.published, summary.unchanged_n, summary.extracted_n) == (True, 1, 2)
        # The other program keeps what it had open; whoever opens the file now reads the new one.
        assert ask("read") == "(42, 1)"
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            assert connection.execute("select count(*) from raw.documents").fetchone() == (3,)
            assert connection.execute("select answer from mine").fetchone() == (42,)


@pytest.mark.usefixtures("fake", "without_dbt")
def test_an_open_reader_keeps_its_snapshot(articles, warehouse):
    call("run", articles / "norway.txt", "--warehouse", warehouse)
    reader = WRITER.replace("sys.argv[1])", "sys.argv[1], read_only=True)").replace(
        "create table if not exists mine as select 42 as answer", "create temp table mine as select 42 as answer"
    )
    with process(reader, warehouse) as ask:
        assert ask("") == "open"
        run_pipeline(Settings(warehouse=warehouse), [articles], FakeProvider())
        assert ask("read") == "(42, 1)"


HOLDER = """
import sys
from pathlib import Path
from extract.warehouse import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_run_is_told_who_holds_the_warehouse(articles, warehouse, fake):
    with process(HOLDER, warehouse) as ask:
        assert ask("") == "held"
        result = call("run", articles, "--warehouse", warehouse)
        assert result.exit_code == 1
        assert re.search(r"is being written by another run \(process \d+ on .+, since .+ UTC\)", error_of(result))
        assert fake.asked == []
    # It died without a word: its lock died with it.
    with warehouse_module.hold_lock(warehouse):
        pass


def test_a_failed_dbt_test_publishes_nothing_and_says_so(articles, warehouse, fake, without_dbt):
    without_dbt.append("test every_quote_stands: Got 1 result, configured to fail if != 0")
    result = call("run", articles, "--warehouse", warehouse)
    assert result.exit_code == 1
    assert "failed: test every_quote_stands" in result.stderr
    assert "not published" in result.stdout
    assert not warehouse.exists()
    without_dbt.clear()
    fake.asked.clear()
    summary = run_pipeline(Settings(warehouse=warehouse), [articles], fake)
    assert (fake.asked, summary.published, summary.records_n) == ([], True, 2)


# --- a run that is killed ------------------------------------------------------------------------------


def test_a_killed_run_loses_no_answer_and_asks_none_twice(tmp_path, warehouse, without_dbt, monkeypatch):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.txt").write_text(NORWAY.replace("900", str(100 + number)), encoding="utf-8")

    def draft(request: FakeRequest) -> tuple[int, FakeReply]:
        found = re.search(r"pledged (\d+) million", request.messages[-1]["content"])
        assert found
        amount = found.group(1)
        changed = json.loads(json.dumps(NORWAY_PLEDGE).replace("900", amount))
        return int(amount) - 100, records(changed)

    def some(request: FakeRequest) -> FakeReply:
        number, reply = draft(request)
        return reply if number < 5 else FakeReply(is_held=True)

    settings = {"OPENAI_API_KEY": KEY}
    journal = warehouse.with_name("warehouse.duckdb.journal")
    with FakeServer(some) as server:
        child = subprocess.Popen(
            [sys.executable, "-m", "extract.cli", "run", str(folder), "--warehouse", str(warehouse),
             "--model", "openai/gpt-5-mini", "--concurrency", "6"],
            env={**os.environ, **settings, "OPENAI_BASE_URL": server.url}, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        assert child.stderr is not None
        # Unbuffered: lines waiting in a buffer of ours would not make the pipe readable.
        told = b""
        while sum(line.startswith(b"[") for line in told.split(b"\n")[:-1]) < 5:
            ready, _, _ = select.select([child.stderr], [], [], PATIENCE_SECONDS)
            assert ready, told
            came = os.read(child.stderr.fileno(), 65_536)
            assert came, told
            told += came
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stderr.close()
    assert not warehouse.exists()
    assert len(journal.read_bytes().splitlines()) == 5
    # The line that it was writing when it was killed.
    with journal.open("ab") as file:
        file.write(b'{"document_id": "half a li')

    with FakeServer(lambda request: draft(request)[1]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        provider = LLMProvider("openai/gpt-5-mini", api_key=KEY)
        summary = run_pipeline(Settings(warehouse=warehouse), [folder], provider)
        assert sorted(draft(request)[0] for request in server.requests) == list(range(5, 12))
    assert (summary.published, summary.extracted_n, summary.records_n, summary.asked_n) == (True, 12, 12, 7)
    assert not journal.exists()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table in ("documents", "extractions", "records", "sightings"):
            assert connection.execute(f"select count(*) from raw.{table}").fetchone() == (12,), table
        amounts = connection.execute("select (record ->> '$.money.amount')::bigint from raw.records order by 1")
        assert [amount for (amount,) in amounts.fetchall()] == [(100 + number) * 10**6 for number in range(12)]
