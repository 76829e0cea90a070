"""A schedule: systemd of the user, crontab, or the lines to put there; and the files in deploy/."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from extract.cli import app
from extract.schedule import Plan, cron_line, installed, unit_files

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

CRONTAB = """#!/bin/sh
file="$(dirname "$0")/tab"
if [ "$1" = -l ]; then [ -f "$file" ] && cat "$file" || exit 1; else cat >"$file"; fi
"""
SYSTEMCTL = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/called"
[ "$2" = is-system-running ] && echo running
exit 0
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder with sources.toml, and a machine that has what a test gives it."""
    folder = tmp_path / "my articles"
    folder.mkdir()
    (folder / "sources.toml").write_text("")
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(folder)
    # The machine that the test runs on may have them: those of the test come first, these stand in for none.
    _tool(tools, "systemctl", "#!/bin/sh\nexit 1\n")
    monkeypatch.setattr("extract.schedule.has_cron", lambda: (tools / "crontab").exists())
    return folder


def _tool(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["schedule", *arguments])


def test_a_machine_with_systemd_gets_a_timer(machine, tmp_path):
    _tool(tmp_path / "bin", "systemctl", SYSTEMCTL)
    result = call("install", "--every", "weekly", "--at", "07:30")
    assert result.exit_code == 0, result.output
    units = sorted((tmp_path / "config" / "systemd" / "user").iterdir())
    assert [path.suffix for path in units] == [".service", ".timer"]
    assert "OnCalendar=Mon *-*-* 07:30:00" in units[1].read_text()
    assert f"WorkingDirectory={machine}" in units[0].read_text()
    called = (tmp_path / "bin" / "called").read_text().splitlines()
    assert called[-2:] == ["--user daemon-reload", f"--user enable --now {units[1].name}"]
    assert "next run" in call("status").stdout
    assert call("remove").stdout.startswith("removed pledgebook-my-articles-")
    assert (call("status").exit_code, list((tmp_path / "config" / "systemd" / "user").iterdir())) == (1, [])


def test_a_machine_with_cron_gets_one_line_and_keeps_the_others(machine, tmp_path):
    _tool(tmp_path / "bin", "crontab", CRONTAB)
    tab = tmp_path / "bin" / "tab"
    tab.write_text("5 4 * * * true\n")
    for at in ("06:00", "06:15"):
        assert call("install", "--at", at).exit_code == 0
    lines = tab.read_text().splitlines()
    assert len(lines) == 2 and lines[0] == "5 4 * * * true"
    assert lines[1].startswith(f"15 6 * * * cd '{machine}' && ")
    found = installed(machine)
    assert found is not None and found[1] is not None and (found[1].hour, found[1].minute) == (6, 15)
    call("remove")
    assert tab.read_text() == "5 4 * * * true\n"


def test_a_machine_with_neither_is_told_what_to_write(machine):
    result = call("install")
    assert result.exit_code == 0
    for words in ("Neither a systemd of the user nor crontab", "0 6 * * * cd", "*-*-* 06:00:00", "ExecStart="):
        assert words in result.stdout


def test_misuse_is_said(machine, monkeypatch, tmp_path):
    assert "is no time of day" in call("install", "--at", "25:00").output
    monkeypatch.chdir(tmp_path)
    assert "There is no sources.toml" in call("install").output


def test_special_signs_survive_both_ways_of_writing(tmp_path):
    plan = Plan(tmp_path / "100% $a 'b'", arguments=("--model", 'x"y'))
    assert r"100\% $a" in cron_line(plan) and "'\"'\"'b'\"'\"'" in cron_line(plan)
    service, _ = unit_files(plan)
    assert "100%% $a" in service and '"x\\"y"' in service


@pytest.mark.parametrize(
    ("every", "now", "next_at"),
    [
        ("daily", "2027-03-04 05:59", "2027-03-04 06:10"), ("daily", "2027-03-04 06:10", "2027-03-05 06:10"),
        ("hourly", "2027-03-04 23:11", "2027-03-05 00:10"), ("weekly", "2027-03-04 07:00", "2027-03-10 06:10"),
    ],
)  # fmt: skip
def test_the_next_run_is_known(every, now, next_at, tmp_path):
    plan = Plan(tmp_path, every, "06:10", 2)
    assert str(plan.next_at(datetime.fromisoformat(now)))[:16] == next_at


def test_the_files_in_deploy_say_what_pledgebook_understands():
    workflow = yaml.safe_load((DEPLOY / "github-actions.yml").read_text())
    steps = " ".join(step.get("run", "") for step in workflow["jobs"]["run"]["steps"])
    commands = {name for name in ("run", "docs", "export", "status") if f"pledgebook {name}" in steps}
    assert commands == {"run", "docs", "export", "status"}
    docker = (DEPLOY / "Dockerfile").read_text()
    root = DEPLOY.parent
    copied = [word for line in docker.splitlines() if line.startswith("COPY") for word in line.split()[1:-1]]
    assert copied and all((root / name).exists() for name in copied)
    for name in ("pledgebook.service", "pledgebook.timer"):
        lines = (DEPLOY / name).read_text().splitlines()
        assert all(not line or line[0] in "#[" or "=" in line for line in lines)
