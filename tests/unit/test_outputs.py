"""Places that cannot be written: one exit code for all commands, and nothing left where something else stands."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import duckdb
import pytest
from fake_provider import FakeProvider
from typer.testing import CliRunner, Result

import extract.providers
from extract import page, transform
from extract.cli import app
from extract.errors import ConfigError, OutputError
from extract.outputs import refuse_unwritable_folder, unwritable, write_whole

# What a user may name: a folder where a file is to be, a file where a folder is to be, and what nobody may write.
PLACES = ("folder", "file/below", "closed/below")
MODEL = ["--model", "ollama/none"]
WRITERS: dict[str, tuple[list[str], str]] = {
    "docs": (["docs", "--warehouse", "{built}"], "--output"),
    "report": (["report", "--warehouse", "{built}"], "--output"),
    "export": (["export", "--warehouse", "{built}"], ""),
    "extract": (["extract", "{articles}"], "--output"),
    "run": (["run", "{articles}"], "--warehouse"),
    "record": (["extract", "{articles}", *MODEL], "--record"),
    "evaluate": (["evaluate", "--gold", "{gold}"], "--warehouse"),
}
# A folder is what two of them want.
CASES = [(one, place) for one in WRITERS for place in PLACES if place != "folder" or one not in ("export", "record")]


@pytest.fixture
def places(tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a folder, a file, a folder that nobody may write (also for root), and a small warehouse."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("precious")
    closed = tmp_path / "closed"
    closed.mkdir()
    with duckdb.connect(str(tmp_path / "built.duckdb")) as connection:
        connection.execute("create table commitments as select 1 as commitment_id")
    opened, access, made = os.open, os.access, os.mkdir

    def refuse(path: object) -> None:
        if closed in Path(os.fspath(path)).parents:  # type: ignore[call-overload]
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def guarded_open(path: str | Path, flags: int, *rest: int, **more: int) -> int:
        refuse(path)
        return opened(path, flags, *rest, **more)

    def guarded_mkdir(path: str | Path, *rest: int, **more: int) -> None:
        refuse(path)
        made(path, *rest, **more)

    def path_open(self: Path, *rest: object, **more: object) -> object:
        refuse(self)
        return io_open(self, *rest, **more)

    io_open = Path.open
    monkeypatch.setattr(os, "open", guarded_open)
    monkeypatch.setattr(os, "mkdir", guarded_mkdir)
    monkeypatch.setattr(Path, "open", path_open)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and access(path, mode))
    # What they would write is not what is tested.
    monkeypatch.setattr(page, "page", lambda *_, **__: "<html>")
    return tmp_path


def called(places: Path, command: str, place: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    arguments, option = WRITERS[command]
    filled = [one.format(built=places / "built.duckdb", articles=places / "articles", gold=places / "gold")
              for one in arguments]  # fmt: skip
    return CliRunner().invoke(app, [*filled, *([option] if option else []), str(places / place)])


@pytest.mark.parametrize(("command", "place"), CASES)
def test_an_output_that_cannot_be_written_is_misuse_whatever_the_command(command, place, places, monkeypatch):
    if command == "docs":
        monkeypatch.setattr(transform, "_dbt", _DocsWithoutDbt)
    asked = FakeProvider()
    if command != "record":
        monkeypatch.setattr(extract.providers, "open_provider", lambda settings: asked)
    before = sorted(places.rglob("*"))
    result = called(places, command, place, monkeypatch)
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert (result.exit_code, len(lines), result.stdout) == (2, 1, ""), result.output
    assert str(places / place) in lines[0] or str((places / place).parent) in lines[0]
    assert lines[0].endswith((".", "warehouse.duckdb")) and "Name " in lines[0]
    assert asked.asked == [] and sorted(places.rglob("*")) == before
    assert (places / "file").read_text() == "precious"


class _DocsWithoutDbt:
    """Stands for `transform._dbt`: a docs site of one word."""

    def __init__(self, warehouse: Path) -> None:
        self.target = warehouse.parent / "target"

    def __enter__(self) -> tuple[object, Path]:
        self.target.mkdir()
        (self.target / "static_index.html").write_text("docs")
        done = type("Done", (), {"success": True})
        return lambda *_, **__: done, self.target

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, ConfigError), (errno.EROFS, ConfigError), (errno.ENOTDIR, ConfigError),
        (errno.EISDIR, ConfigError), (errno.ENOSPC, OutputError), (errno.EDQUOT, OutputError),
    ],
)  # fmt: skip
def test_want_of_room_alone_is_no_misuse(number, kind):
    error = unwritable("x.html", OSError(number, os.strerror(number)), "Name another.")
    assert type(error) is kind
    assert str(error).startswith(f"'x.html' cannot be written ({os.strerror(number)}). ")
    assert str(error).endswith("Make room and call again." if kind is OutputError else "Name another.")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", ["extract", "report"])
def test_a_full_device_is_said_in_one_line(command, places, monkeypatch, provider):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    result = called(places, command, "/dev/full", monkeypatch)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: '/dev/full' cannot be written (No space left on device). Make room and call again."
    )
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_file_is_put_in_its_place_whole_and_a_link_led_to_its_end(tmp_path):
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("before")
    link.symlink_to("real.html")

    def broken(part: Path) -> None:
        part.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError, match=r"link\.html' cannot be written"):
        write_whole(link, broken, "Name another.")
    assert real.read_text() == "before"
    write_whole(link, lambda part: part.write_text("after"), "Name another.")
    assert link.is_symlink() and real.read_text() == "after"
    assert sorted(tmp_path.iterdir()) == [link, real]
    write_whole(Path(os.devnull), lambda part: part.write_text("gone"), "Name another.")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("output", ["articles/norway.txt", "articles/link.txt", "articles/peru.txt"])
def test_extract_writes_over_no_article(output, articles, tmp_path, provider, monkeypatch):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    (articles / "link.txt").symlink_to("norway.txt")
    before = {path: path.read_bytes() for path in articles.iterdir()}
    for given in (articles, tmp_path / output):
        result = CliRunner().invoke(app, ["extract", str(given), "--output", str(tmp_path / output)])
        assert result.exit_code == 2 and "is what is read, and would be written over" in result.stderr
    assert (provider.asked, {path: path.read_bytes() for path in articles.iterdir()}) == ([], before)
    beside = articles / "records.jsonl"
    beside.write_text("of an earlier call")
    assert CliRunner().invoke(app, ["extract", str(articles), "--output", str(beside)]).exit_code == 0


@pytest.mark.parametrize("command", ["report", "docs"])
def test_a_page_is_not_written_over_its_warehouse(command, places):
    before = (places / "built.duckdb").read_bytes()
    arguments = ["--warehouse", str(places / "built.duckdb"), "--output", str(places / "built.duckdb")]
    result = CliRunner().invoke(app, [command, *arguments])
    assert result.exit_code == 2 and "would be written over. Name another with --output." in result.stderr
    assert (places / "built.duckdb").read_bytes() == before


def test_a_folder_that_is_yet_to_be_made_is_not_made_to_find_out(tmp_path):
    refuse_unwritable_folder(tmp_path / "a" / "b", "Name another.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without_dbt")
@pytest.mark.parametrize("command", ["run {articles}", "build", "drop x", "forget x", "rollback x"])
@pytest.mark.parametrize("content", [b"", b"not a DuckDB file\n", bytes(range(256)) * 100])
def test_a_file_that_is_no_warehouse_is_not_touched_and_nothing_is_left_beside_it(command, content, articles, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_bytes(content)
    filled = [one.format(articles=articles) for one in command.split()]
    result = CliRunner().invoke(app, [*filled, "--warehouse", str(folder / "notes.txt")])
    assert result.exit_code == 1
    assert "notes.txt' is damaged or no DuckDB file" in result.stderr and "It is left as it is" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert (folder / "notes.txt").read_bytes() == content
