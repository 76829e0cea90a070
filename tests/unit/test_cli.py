"""The command line: help, output, exit codes; and the README says what is true of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer
from fake_provider import FakeProvider
from typer.testing import CliRunner

import extract.providers
from extract import __version__
from extract.cli import app
from extract.config import DEFAULT_MODEL, Settings, chosen_model
from extract.records import flat_record
from extract.schema import Actor, Evidence, Record

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS: dict[str, click.Command] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example_and_is_in_the_readme(name):
    command = COMMANDS[name]
    assert re.search(rf"Example: pledgebook {name}\b", command.help or "")
    assert f"pledgebook {name}" in README
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    for option in command.params:
        assert getattr(option, "help", None), f"{name} {option.name}"


def test_every_option_of_the_main_command_is_in_the_readme():
    options = [name for one in COMMANDS["run"].params for name in one.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in README] == []


def test_every_field_of_an_extracted_line_is_in_the_readme():
    record = Record(
        record_type="pledge", stage="pledged", realis="actual",
        actors=[Actor(name="France", type="country", entity_id="FRA", code="FRA", is_resolved=True)],
        evidence=[Evidence(quote="x", start=0, end=1, alignment="exact")],
    )  # fmt: skip
    fields = [*flat_record(record), "document", "records", "rejected", "error", "provider", "reason"]
    assert [name for name in fields if f"| `{name}` |" not in README] == []


def test_no_path_of_a_machine_and_no_registry_is_in_the_project():
    tracked = [
        path for path in ROOT.rglob("*")
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ".sql", ".csv", ""}
        and not any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts)
        and "egg-info" not in str(path) and "gold" not in path.parts and "documents" not in path.parts
        and "training" not in path.parts
    ]  # fmt: skip
    pattern = re.compile("|".join(["/" + "root/", "/" + "work/", "/home" + r"/\w+/", "pypi" + r"\.org", "/opt" + "/"]))
    found = [
        str(path.relative_to(ROOT))
        for path in tracked
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_version_is_printed():
    assert CliRunner().invoke(app, ["version"]).stdout == f"{__version__}\n"


def test_without_a_command_the_help_is_shown():
    assert "Example: pledgebook run" in CliRunner().invoke(app, []).output
    assert CliRunner().invoke(app, ["walk"]).exit_code == 2


@pytest.mark.parametrize(
    ("typed", "environment", "model"),
    [
        (None, {}, None),
        ("embedded", {"OPENAI_API_KEY": "k"}, None),
        (None, {"OPENAI_API_KEY": "k"}, DEFAULT_MODEL),
        (None, {"OPENAI_BASE_URL": "http://localhost/v1"}, DEFAULT_MODEL),
        (None, {"PLEDGEBOOK_MODEL": "ollama/qwen3", "OPENAI_API_KEY": "k"}, "ollama/qwen3"),
        (None, {"PLEDGEBOOK_MODEL": "embedded", "OPENAI_API_KEY": "k"}, None),
        ("mistral/small", {"PLEDGEBOOK_MODEL": "ollama/qwen3"}, "mistral/small"),
    ],
)
def test_the_model_is_what_was_typed_else_what_the_environment_says(typed, environment, model, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert chosen_model(typed) == model
    # Recordings say themselves which model answered.
    assert chosen_model(typed, Path("recordings")) == (model if typed else None)


def test_settings_of_the_command_line_reach_the_provider(articles, warehouse, monkeypatch, without_dbt, provider):
    given: list[Settings] = []

    def opened(settings: Settings) -> FakeProvider:
        given.append(settings)
        return provider

    monkeypatch.setattr(extract.providers, "open_provider", opened)
    arguments = ["--model", "ollama/x", "--mode", "json", "--concurrency", "3", "--timeout", "9", "--max-attempts", "2",
                 "--requests-per-minute", "50", "--tokens-per-minute", "6000", "--min-confidence", "0.5",
                 "--max-bytes", "1000"]  # fmt: skip
    result = CliRunner().invoke(app, ["run", str(articles), "--warehouse", str(warehouse), *arguments])
    assert result.exit_code == 0, result.output
    assert given == [
        Settings(
            warehouse=warehouse, model="ollama/x", mode="json", max_bytes=1000, min_confidence=0.5, concurrency=3,
            timeout_seconds=9.0, max_attempts=2, requests_per_minute=50, tokens_per_minute=6000,
        )
    ]  # fmt: skip


def test_the_settings_reach_the_model(monkeypatch):
    settings = Settings(
        model="ollama/x", mode="json", concurrency=3, timeout_seconds=9.0, max_attempts=2, requests_per_minute=50,
        tokens_per_minute=6000,
    )  # fmt: skip
    provider = extract.providers.open_provider(settings)
    taken = provider.settings  # type: ignore[attr-defined]
    assert (taken.mode, taken.concurrency, taken.timeout_seconds, taken.max_attempts) == ("json", 3, 9.0, 2)
    assert (taken.requests_per_minute, taken.tokens_per_minute) == (50, 6000)
    assert extract.providers.open_provider(Settings(model="ollama/x")).settings.concurrency == 64  # type: ignore[attr-defined]


def test_extract_writes_lines_to_stdout_and_progress_to_stderr(articles, monkeypatch, provider):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    result = CliRunner().invoke(app, ["extract", str(articles)])
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["document"] for line in lines] == ["norway", "peru", "rain"]
    assert list(lines[0]) == ["document", "records", "rejected", "error", "provider"]
    assert result.stderr.splitlines() == ["norway: 1 records", "peru: 1 records", "rain: 0 records"]


def test_a_refused_command_leaves_the_output_as_it_was(tmp_path, articles):
    kept = tmp_path / "kept.jsonl"
    kept.write_text("precious\n")
    result = CliRunner().invoke(app, ["extract", str(tmp_path / "none.txt"), "--output", str(kept)])
    assert (result.exit_code, kept.read_text()) == (2, "precious\n")
    assert CliRunner().invoke(app, ["extract", str(articles), "--output", str(kept)]).exit_code == 0
    assert "precious" not in kept.read_text() and kept.read_text().startswith('{"document"')


def test_an_output_may_be_a_device(articles):
    assert CliRunner().invoke(app, ["extract", str(articles), "--output", os.devnull]).exit_code == 0


@pytest.mark.parametrize("command", [["extract"], ["extract", "--replay", str(ROOT / "seeds" / "recordings")]])
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--schema", "foo", "The schema 'foo'"),
        ("--mode", "foo", "The mode 'foo'"),
        ("--verify", "foo/bar", "The model 'foo/bar' names no provider"),
        ("--prices", "none.csv", "The price table 'none.csv' cannot be read: No such file"),
        ("--prices", str(ROOT), "cannot be read: Is a directory"),
        ("--prices", str(ROOT / "seeds" / "bodies.csv"), "has no column 'model'"),
    ],
)
def test_a_misspelt_setting_of_a_model_is_refused_without_one_too(command, articles, option, value, said):
    result = CliRunner().invoke(app, [*command, str(articles), option, value])
    assert result.exit_code == 2 and said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["run", "extract"])
def test_an_empty_name_is_not_the_folder_one_is_in(command, articles, monkeypatch, provider):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    monkeypatch.chdir(articles)
    result = CliRunner().invoke(app, [command, ""])
    assert (result.exit_code, provider.asked) == (2, []) and "is empty" in result.stderr


def test_a_batch_without_a_model_is_refused(articles, warehouse):
    result = CliRunner().invoke(app, ["run", str(articles), "--warehouse", str(warehouse), "--batch"])
    assert (result.exit_code, warehouse.exists()) == (2, False)
    assert "use --batch with --model openai/" in result.stderr


def test_an_output_that_cannot_be_written_is_said_before_anything_is_asked(articles, tmp_path, monkeypatch, provider):
    monkeypatch.setattr(extract.providers, "open_provider", lambda settings: provider)
    result = CliRunner().invoke(app, ["extract", str(articles), "--output", str(tmp_path / "none" / "x.jsonl")])
    assert (result.exit_code, provider.asked) == (2, [])
    assert "cannot be written" in result.stderr


def test_a_traceback_is_shown_on_demand_only(tmp_path):
    arguments = ["run", str(tmp_path / "none")]
    assert "Traceback" not in CliRunner().invoke(app, arguments).output
    assert CliRunner().invoke(app, [*arguments, "--debug"]).exception is not None


def test_nothing_slow_is_imported_to_find_that_nothing_changed():
    code = (
        "import sys, extract.cli, extract.pipeline, extract.providers.embedded, extract.report;"
        "print([name for name in ('dbt', 'openai', 'instructor', 'trafilatura', 'fasttext', 'aiohttp', 'torch',"
        " 'currency_converter') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_module_has_its_place_in_contributing():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("## Where things are") : text.index("## Add a record type")]
    modules = [path.name for path in (ROOT / "extract").glob("*.py")]
    modules += [path.stem for name in ("providers", "sources") for path in (ROOT / "extract" / name).glob("*.py")]
    folders = [f"{path.name}/" for path in (ROOT / "extract").iterdir() if (path / "__init__.py").exists()]
    missing = {name for name in (*modules, *folders) if not re.search(rf"[`/]{re.escape(name)}`|/{name}`", table)}
    assert missing <= {"__init__.py", "__init__"}
    named = re.findall(r"`((?:extract/)?\w+\.py)`", table)
    assert all((ROOT / "extract" / name.removeprefix("extract/")).exists() for name in named)


def test_every_module_that_knows_languages_is_named_where_one_is_added():
    """Letters of three scripts stand where words of languages do."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    guide = text[text.index("## Add a language") : text.index("## Tests\n")]
    words = re.compile("[\u0621-\u064a\u0430-\u044f\u4e00-\u9fff]{2}")
    knowing = [path for path in (ROOT / "extract").rglob("*.py") if words.search(path.read_text(encoding="utf-8"))]
    assert len(knowing) > 15
    # Months are what `dates.py` is; folding and qualifiers are named by what they hold.
    spoken = {"dates.py": "months", "qualifiers.py": "qualifiers", "headcounts.py": "headcounts"}
    missing = [path.name for path in knowing if path.name not in guide and spoken.get(path.name, "\0") not in guide]
    assert missing == []
