"""What is decided and said around runs: reprints, narrowing, waits, status, diff, rollback, forget, the lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fake_provider import NORWAY, NORWAY_PLEDGE, PERU, FakeProvider
from typer.testing import CliRunner

import extract.providers
from extract import evaluate, pipeline, transform
from extract import warehouse as warehouse_module
from extract.cli import app
from extract.config import Narrowing, Settings
from extract.diff import diff_runs, diff_text
from extract.errors import ConfigError, WarehouseError
from extract.reprints import likeness, sketch
from extract.retention import drop_documents, forget_documents, roll_back
from extract.spill import Spill
from extract.status import read_status
from extract.warehouse import Journal, hold_lock, kept_files

pytestmark = pytest.mark.usefixtures("without_dbt")

LONG = (
    "Norway pledged 900 million dollars to Sudan on 4 March 2027. The minister said so in Oslo on Thursday evening. "
    "Half of the money is to reach the country before the rains begin in June. The rest depends on a ceasefire that "
    "the parties have yet to sign in Nairobi. Aid workers called the sum welcome and late in equal measure. The "
    "finance committee of the parliament is to vote on it next week, and no party has spoken against it so far. "
)
COURIER = f"Kampala Courier\n5 March 2027\n\n{LONG}"


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def run(warehouse: Path, folder: Path, provider: FakeProvider, **more: Any) -> pipeline.RunSummary:
    return pipeline.run(Settings(warehouse=warehouse, **more), [folder], provider)


def latest(warehouse: Path) -> dict[str, str]:
    return dict(query(warehouse, "select name, status from raw.sightings qualify row_number() over"
                                 " (partition by source_id order by seen_at desc) = 1"))  # fmt: skip


# --- reprints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_reprint"),
    [
        (COURIER, True),
        (LONG.upper(), True),
        (LONG.replace(". ", ".\n\n") + "Read more in the Courier.", True),
        (LONG.replace("900", "950"), False),
        (LONG.replace("Norway", "Sweden"), False),
        (LONG + "Sweden gave 5 million. ", False),
        (LONG + "Sweden said on Friday that it would give as much as its neighbour, and at once. ", False),
        (LONG.replace("late in equal", "early in equal"), False),
    ],
)
def test_a_reprint_says_nothing_of_its_own(text, is_reprint):
    assert (likeness(text, LONG) is not None) == is_reprint


def test_a_short_text_has_no_sketch():
    assert sketch(NORWAY) == []
    assert len(sketch(LONG)) >= 5


def test_a_reprint_is_linked_and_asked_about_once(tmp_path, warehouse, provider):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "wire.txt").write_text(LONG)
    (folder / "courier.txt").write_text(COURIER)
    (folder / "other.txt").write_text(LONG.replace("900", "950"))
    summary = run(warehouse, folder, provider)
    assert (len(provider.asked), summary.reprints_n) == (2, 1)
    assert set(provider.asked) >= {"other"}
    links = "select similarity > 0.9, document_id <> original_id from raw.document_links"
    assert query(warehouse, links) == [(True, True)]
    assert sorted(latest(warehouse).values()) == ["ok", "ok", "reprint"]
    # The same again asks nobody; a reprint that comes later neither.
    assert run(warehouse, folder, provider).run_id is None
    (folder / "gazette.txt").write_text(f"The Gazette\n\n{LONG}")
    provider.asked.clear()
    assert run(warehouse, folder, provider).reprints_n == 1
    assert provider.asked == []
    # When the original says something else, the reprints still say it: one is asked about for both.
    original = next(name for name, status in latest(warehouse).items() if status == "ok" and name != "other")
    (folder / f"{original}.txt").write_text("Something else altogether stands here now, and nothing about money.")
    run(warehouse, folder, provider)
    assert len(provider.asked) == 2
    assert sorted(latest(warehouse).values()) == ["ok", "ok", "ok", "reprint"]


def _reprinted_twice(tmp_path):
    """A folder with an article and two files of one reprint of it."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in (("wire", f"4 March 2027\n\n{LONG}"), ("courier", COURIER), ("courier-again", COURIER)):
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_known_reprints_take_no_place_within_a_limit(tmp_path, warehouse, provider):
    folder = _reprinted_twice(tmp_path)
    assert run(warehouse, folder, provider).reprints_n == 2
    (folder / "zz-new.txt").write_text("Peru pledged 7 million euros to UNICEF.")
    summary = run(warehouse, folder, provider, narrowing=Narrowing(limit=1))
    assert (provider.asked[-1], summary.put_off_n, summary.extracted_n) == ("zz-new", 0, 1)


def test_a_reprint_in_two_files_is_linked_once(tmp_path, warehouse, provider):
    folder = _reprinted_twice(tmp_path)
    assert run(warehouse, folder, provider).reprints_n == 2
    assert sorted(latest(warehouse).values()) == ["ok", "reprint", "reprint"]
    assert query(warehouse, "select count(*), count(distinct document_id) from raw.document_links") == [(1, 1)]


# --- which are asked about --------------------------------------------------------------------------


def test_a_run_can_be_narrowed_and_what_is_left_out_stays_pending(warehouse, articles, provider):
    assert run(warehouse, articles, provider, narrowing=Narrowing(limit=1)).put_off_n == 2
    assert len(provider.asked) == 1
    summary = run(warehouse, articles, provider)
    assert (len(provider.asked), summary.extracted_n, summary.unchanged_n) == (3, 2, 1)
    for narrowing, asked in (
        (Narrowing(only_types=("troop_commitment",)), ["peru"]),
        (Narrowing(older_than=timedelta(days=30)), []),
        (Narrowing(older_than=timedelta(0)), ["norway", "rain"]),
    ):
        other = FakeProvider(version="2")
        run(warehouse, articles, other, narrowing=narrowing)
        assert sorted(other.asked) == asked
    assert run(warehouse, articles, FakeProvider(version="2")).run_id is None


def test_since_leaves_out_what_was_published_before(tmp_path, warehouse, provider):
    folder = tmp_path / "dated"
    folder.mkdir()
    for name, day in (("old", "1 March 2027"), ("new", "9 March 2027")):
        (folder / f"{name}.txt").write_text(f"{day}\n\nThe council of {name} town met for an hour, and then went home.")
    run(warehouse, folder, provider, narrowing=Narrowing(since=date(2027, 3, 5)))
    assert provider.asked == ["new"]


def test_a_document_that_fails_waits_and_is_given_up(warehouse, articles, provider):
    provider.answers["peru"] = [provider.failure("no connection")]
    settings = {"retry_after": timedelta(hours=1), "give_up_after": 2}
    assert run(warehouse, articles, provider, **settings).failures == ["'peru': no connection"]
    again = run(warehouse, articles, provider, **settings)
    assert (again.run_id, again.put_off_n, again.failures) == (None, 1, [])
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw.extractions set asked_at = asked_at - interval 2 hours")
    assert len(run(warehouse, articles, provider, **settings).failures) == 1
    last = run(warehouse, articles, provider, **settings)
    assert last.given_up == ["'peru': no connection"]
    del provider.answers["peru"]
    assert run(warehouse, articles, provider, is_retrying=True, **settings).extracted_n == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--older-than", "a month"], "--older-than: 'a month' is no length of time"),
        (["--only-type", "promise"], "there is no type 'promise'"),
        (["--since", "March"], "'March' is no day"),
        (["--sources", "none.toml"], "There is no 'none.toml'"),
    ],
)
def test_a_wrong_option_is_misuse(arguments, message, articles, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = [] if arguments[0] == "--sources" else [str(articles)]
    result = CliRunner().invoke(app, ["run", *given, *arguments])
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


def test_a_run_that_finds_nothing_new_puts_no_text_on_disk(warehouse, articles, provider, monkeypatch):
    """Nor one that is a reprint, nor one that waits after a failure or is given up."""
    for name, text in (("wire", LONG), ("courier", COURIER)):
        (articles / f"{name}.txt").write_text(text)
    provider.answers["peru"] = [provider.failure("no connection")]
    monkeypatch.setattr(pipeline, "_TICK_SECONDS", 0.0)  # as if the files were older
    wait = {"retry_after": timedelta(hours=1)}
    first = run(warehouse, articles, provider, **wait)
    assert (first.reprints_n, len(first.failures)) == (1, 1)
    with monkeypatch.context() as patched:
        patched.setattr(Spill, "put", lambda self, data: pytest.fail("a text was written"))
        again = run(warehouse, articles, provider, **wait)
        assert (again.run_id, again.put_off_n) == (None, 1)
        last = run(warehouse, articles, provider, give_up_after=1)
        assert (last.run_id, last.given_up) == (None, ["'peru': no connection"])
        # What is left out needs no text either; a known reprint is not among it.
        assert run(warehouse, articles, provider, narrowing=Narrowing(limit=0)).put_off_n == 1
    del provider.answers["peru"]
    assert run(warehouse, articles, provider, narrowing=Narrowing(since=date(2027, 3, 5))).extracted_n == 1


def test_texts_give_their_room_back_before_the_marts_are_built(warehouse, articles, provider, monkeypatch):
    did: list[str] = []
    build, close = transform.build, Spill.close
    monkeypatch.setattr(transform, "build", lambda *given, **more: (did.append("build"), build(*given, **more))[1])
    monkeypatch.setattr(Spill, "close", lambda self: (did.append("close"), close(self))[1])
    run(warehouse, articles, provider)
    assert did[:2] == ["close", "build"]


def test_a_dry_run_has_texts_wait_beside_the_warehouse_if_it_can(warehouse, articles, provider, monkeypatch):
    folders: list[Path] = []
    real = Spill.__init__
    monkeypatch.setattr(Spill, "__init__", lambda self, folder: (folders.append(folder), real(self, folder))[1])
    for _ in range(2):
        with pipeline.pending_documents(Settings(warehouse=warehouse), [articles], provider) as found:
            assert (found[1], len(list(found[2])), found[3]) == (3, 3, [])
        warehouse.parent.mkdir(exist_ok=True)
    assert folders[0] != warehouse.parent and folders[1] == warehouse.parent
    assert list(warehouse.parent.iterdir()) == []


# --- status -----------------------------------------------------------------------------------------


def test_status_tells_people_and_monitoring(warehouse, articles, provider, monkeypatch):
    def call(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["status", "--warehouse", str(warehouse), *arguments])

    warehouse.parent.mkdir()
    assert (call().exit_code, "no run has been made" in call().stdout) == (1, True)
    run(warehouse, articles, provider)
    result = call("--json", "--max-age", "1h")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["problems"], told["documents"]) == (0, [], {"ok": 3})
    assert told["runs"][0]["outcome"] == "published"
    assert "all is well" in call().stdout
    provider.answers["new"] = [provider.failure("no connection")]
    (articles / "new.txt").write_text("A new text about something else altogether.")
    (articles / "norway.txt").unlink()
    run(warehouse, articles, provider)
    result = call()
    assert result.exit_code == 1
    for words in ("problem: 1 failures in the last run, first: 'new': no connection", "gone from their source",
                  "norway.txt", "kept for a rollback", "next run: not scheduled"):  # fmt: skip
        assert words in result.stdout
    monkeypatch.setattr("extract.status.datetime", _Later)
    assert "the last good run is longer ago than" in call("--max-age", "1h").stdout


def test_a_text_in_two_places_is_one_document(warehouse, articles, provider, monkeypatch):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    (articles / "copy").mkdir()
    (articles / "copy" / "oslo.txt").write_text(NORWAY)
    (articles / "empty.txt").write_text("")
    arguments = [str(articles), "--warehouse", str(warehouse)]
    dry = CliRunner().invoke(app, ["run", *arguments, "--dry-run"])
    assert dry.stdout.startswith("documents: 4, to ask about: 3;")
    result = CliRunner().invoke(app, ["run", *arguments])
    assert "documents: 4 in 5 places (4 extracted, 0 unchanged, 1 failed)" in result.stdout
    (articles / "norway.txt").unlink()
    CliRunner().invoke(app, ["run", *arguments])
    told = read_status(warehouse)
    # One of its places is gone; the document is not.
    assert told["documents"] == {"ok": 3}
    assert told["places"] == {"failed": 1, "ok": 3, "vanished": 1}
    assert [(one["documents_n"], one["places_n"]) for one in told["runs"]] == [(4, 4), (4, 5)]
    shown = CliRunner().invoke(app, ["status", "--warehouse", str(warehouse)]).stdout
    assert "published: 4 documents, 5 places, 4 extracted, 3 requests\n" in shown
    assert "\ndocuments: 3 ok\nplaces (files, pages, rows), of which several may hold one document: 1 failed, " in shown
    assert query(warehouse, "select documents_n from raw.runs order by started_at") == [(4,), (4,)]


class _Later:
    @staticmethod
    def now(zone: Any) -> Any:
        from datetime import datetime

        return datetime.now(zone) + timedelta(days=2)

    @staticmethod
    def fromisoformat(value: str) -> Any:
        from datetime import datetime

        return datetime.fromisoformat(value)


def test_a_scheduled_run_leaves_a_summary(articles, tmp_path, monkeypatch, provider):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sources.toml").write_text(
        '[run]\nwarehouse = "w.duckdb"\nsummary = "last.json"\n[[source]]\nname = "a"\nfolder = "articles"\n'
    )
    result = CliRunner().invoke(app, ["run"])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "last.json").read_text())
    assert (told["status"], told["extracted_n"], told["warehouse"]) == ("ok", 3, "w.duckdb")
    assert CliRunner().invoke(app, ["status"]).exit_code == 0
    (tmp_path / "w.duckdb").write_bytes(b"no warehouse")
    assert CliRunner().invoke(app, ["run"]).exit_code == 1
    assert json.loads((tmp_path / "last.json").read_text())["status"] == "stopped"
    (tmp_path / "w.duckdb").unlink()
    assert "the last run: failed" in CliRunner().invoke(app, ["status"]).output


# --- diff, rollback, forget ---------------------------------------------------------------------------


def test_diff_says_which_claims_changed_and_why(warehouse, articles, provider):
    run(warehouse, articles, provider)
    (articles / "norway.txt").write_text(PERU + " More.")
    provider.answers["norway"] = [provider.attempt([])]
    run(warehouse, articles, provider)
    other = FakeProvider(version="2")
    other.answers["peru"] = [other.attempt([])]
    run(warehouse, articles, other)
    found = diff_runs(warehouse, "first", "last")
    assert sorted((one["change"], one["why"], one["claim"].split(",")[0]) for one in found["claims"]) == [
        ("removed", "document changed", "Norway"), ("removed", "prompt", "Peru"),
    ]  # fmt: skip
    assert "[prompt: " in diff_text(found)
    (one,) = diff_runs(warehouse, found["run_b"], "last")["claims"] or [None]
    assert one is None
    with pytest.raises(ConfigError, match="There is no run '1999'"):
        diff_runs(warehouse, "1999", "last")


def test_an_earlier_file_comes_back_and_no_answer_is_lost(warehouse, articles, provider):
    run(warehouse, articles, provider)
    first = warehouse.read_bytes()
    (articles / "new.txt").write_text(NORWAY.replace("900", "910"))
    run(warehouse, articles, provider)
    (kept,) = kept_files(warehouse)
    restored, answers_n = roll_back(warehouse, kept.run_id[:10])
    assert (restored, answers_n, len(kept_files(warehouse))) == (kept.run_id, 1, 2)
    assert query(warehouse, "select count(*) from raw.documents") == [(3,)]
    assert kept.path.read_bytes() == first
    provider.asked.clear()
    assert run(warehouse, articles, provider).extracted_n == 1
    assert provider.asked == []
    with pytest.raises(ConfigError, match=r"There is no file of run '1999' .* Name one of: 2"):
        roll_back(warehouse, "1999")


def test_only_so_many_files_are_kept(warehouse, articles, provider):
    for number in range(5):
        (articles / f"{number}.txt").write_text(f"Text number {number} about nothing at all.")
        run(warehouse, articles, provider, keep_published=2)
    runs = [row[0] for row in query(warehouse, "select run_id from raw.runs order by 1 desc")]
    assert [one.run_id for one in kept_files(warehouse)] == runs[1:3]


def test_what_is_forgotten_is_nowhere_and_does_not_come_back(tmp_path, warehouse, provider):
    folder = tmp_path / "articles"
    folder.mkdir()
    secret = LONG.replace("Norway", "Zembla")
    provider.answers["secret"] = [provider.attempt([{**NORWAY_PLEDGE, "quotes": [secret.split(". ")[0] + "."]}])]
    (folder / "secret.txt").write_text(secret)
    (folder / "reprint.txt").write_text(f"Courier\n\n{secret}")
    (folder / "peru.txt").write_text(PERU)
    run(warehouse, folder, provider)
    (folder / "secret.txt").write_text(secret.replace("900", "901"))
    run(warehouse, folder, provider)
    assert b"Zembla" in warehouse.read_bytes()
    forgotten, failures, notes = forget_documents(warehouse, ["secret"], "asked by the author")
    assert (len(forgotten), failures) == (3, [])
    assert any("removed the kept file" in note for note in notes)
    left = b"".join(path.read_bytes() for path in warehouse.parent.rglob("*") if path.is_file())
    assert b"Zembla" not in left
    assert query(warehouse, "select count(*), any_value(reason) from raw.forgotten") == [(3, "asked by the author")]
    assert latest(warehouse) == {"peru": "ok"}
    provider.asked.clear()
    assert run(warehouse, folder, provider).run_id is None
    (folder / "moved.txt").write_text(secret)
    run(warehouse, folder, provider)
    assert (provider.asked, latest(warehouse)) == ([], {"peru": "ok"})


def test_what_is_forgotten_stays_so_when_an_earlier_file_is_put_back(tmp_path, warehouse, provider):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "peru.txt").write_text(PERU)
    before = run(warehouse, folder, provider).run_id
    (folder / "secret.txt").write_text(LONG)
    run(warehouse, folder, provider)
    forget_documents(warehouse, ["secret"])
    roll_back(warehouse, before)
    provider.asked.clear()
    run(warehouse, folder, provider)
    assert (provider.asked, latest(warehouse)) == ([], {"peru": "ok"})
    assert query(warehouse, "select count(*) from raw.forgotten") == [(1,)]


# --- the lock -------------------------------------------------------------------------------------------

HOLDER = """
import sys, time
from pathlib import Path
from extract.warehouse import hold_lock
with hold_lock(Path(sys.argv[1])) as beat:
    beat.note("7 of 9 documents"); beat._write()
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(warehouse):
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(warehouse)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_run_says_who_holds_the_warehouse_and_can_take_it_over(holder, warehouse, articles, provider):
    words = rf"process {holder.pid} on .*7 of 9 documents, last progress .*--take-over"
    with pytest.raises(WarehouseError, match=words):
        run(warehouse, articles, provider)
    assert read_status(warehouse)["running"]["pid"] == holder.pid
    assert run(warehouse, articles, provider, is_taking_over=True).published
    assert holder.wait(10) != 0


def test_a_run_that_follows_a_dead_one_says_so(holder, warehouse, articles, provider):
    holder.kill()
    holder.wait()
    said: list[str] = []
    pipeline.run(Settings(warehouse=warehouse), [articles], provider, stage=said.append)
    assert f"the run before this one died (process {holder.pid} on" in said[0]
    assert warehouse_module.read_holder(warehouse) == {}


def test_a_process_that_is_not_certainly_the_holder_is_not_ended(warehouse):
    words = {"pid": os.getpid(), "host": "elsewhere", "began": "1"}
    assert not warehouse_module._end_process(words)
    # Another process has the number by now: the holder has ended by itself.
    with hold_lock(warehouse) as beat:
        mine = {"pid": os.getpid(), "host": beat.holder.split(" on ")[1], "began": "1"}
        assert warehouse_module._end_process(mine)


# --- who may read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, None])
def test_what_stands_beside_a_warehouse_is_read_by_nobody_who_may_not_read_it(warehouse, articles, mode):
    modes: dict[str, int] = {}

    class Looking(FakeProvider):
        async def extract(self, document: Any, check: Any) -> Any:
            modes["work"] = (warehouse.parent / ".warehouse.duckdb.work").stat().st_mode & 0o777
            modes["journal"] = (warehouse.parent / "warehouse.duckdb.journal").stat().st_mode & 0o777
            return await super().extract(document, check)

    if mode is not None:
        run(warehouse, articles, FakeProvider())
        warehouse.chmod(mode)
    run(warehouse, articles, Looking(version="2"))
    assert modes == {"work": 0o700, "journal": mode or 0o600}
    if mode is not None:
        assert warehouse.stat().st_mode & 0o777 == mode


def test_what_is_left_of_a_journal_keeps_its_mode(warehouse):
    warehouse.parent.mkdir()
    journal = Journal(warehouse)
    for name in ("d1", "d2"):
        journal.add(name, "f", [{"status": "ok"}])
    journal.close()
    again = Journal(warehouse)
    again.discard([("d1", "f")])
    assert (list(Journal(warehouse).entries), again.path.stat().st_mode & 0o777) == ([("d2", "f")], 0o600)


def test_every_command_that_builds_uses_the_kept_project(articles, warehouse, provider, without_dbt, monkeypatch):
    kept: list[Path | None] = []

    def build(copy: Path, **given: Any) -> transform.BuildResult:
        kept.append(given.get("kept"))
        return transform.BuildResult(0, 1, [])

    monkeypatch.setattr(transform, "build", build)
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    pipeline.rebuild(Settings(warehouse=warehouse))
    evaluate.store(warehouse, [{"evaluation_id": "e", "evaluated_at": datetime.now(UTC), "provider": "p", "gold": "g",
                                "slice": "all", "slice_value": "", "measure": "f1", "n": 1}])  # fmt: skip
    (articles / "peru.txt").unlink()
    pipeline.run(Settings(warehouse=warehouse), [articles], provider)
    drop_documents(warehouse, [], vanished=True)
    forget_documents(warehouse, ["norway"])
    assert kept == [warehouse.with_name("warehouse.duckdb.dbt")] * 6
