"""Calling `pledgebook run` regularly: systemd timers of the user, crontab, or the lines to put there oneself.

In: when, and in which folder. Out: units or a line of the crontab. What a run does is not decided here.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from extract.errors import ConfigError, PledgebookError
from extract.outputs import write_whole

Every = Literal["hourly", "daily", "weekly"]
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SECONDS = 20
_BY_HAND = "Check its permissions, or put the lines of `pledgebook schedule install --print` where they belong."


@dataclass(frozen=True)
class Plan:
    """When what is called.

    Attributes:
        folder: Where sources.toml stands; the command runs there.
        at: Time of day, local, HH:MM; of an hourly one the minutes count.
        day: Of a weekly one, 0 for Monday.
        arguments: Of `pledgebook run`.
    """

    folder: Path
    every: Every = "daily"
    at: str = "06:00"
    day: int = 0
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Tells schedules of several folders apart, and is the same each time."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]
        words = re.sub(r"[^a-z0-9]+", "-", self.folder.resolve().name.lower()).strip("-")[:30]
        return f"pledgebook-{words or 'folder'}-{digest}"

    @property
    def command(self) -> list[str]:
        """What is called."""
        return [sys.executable, "-m", "extract.cli", "run", *self.arguments]

    @property
    def hour(self) -> int:
        return int(self.at.split(":")[0])

    @property
    def minute(self) -> int:
        return int(self.at.split(":")[1])

    def calendar(self) -> str:
        """The time as systemd writes it."""
        if self.every == "hourly":
            return f"*-*-* *:{self.minute:02}:00"
        day = f"{_DAYS[self.day]} " if self.every == "weekly" else ""
        return f"{day}*-*-* {self.hour:02}:{self.minute:02}:00"

    def cron(self) -> str:
        """The time as crontab writes it."""
        if self.every == "hourly":
            return f"{self.minute} * * * *"
        return f"{self.minute} {self.hour} * * {(self.day + 1) % 7 if self.every == 'weekly' else '*'}"

    def next_at(self, now: datetime) -> datetime:
        """The next time after `now`, which is local."""
        found = now.replace(minute=self.minute, second=0, microsecond=0)
        if self.every == "hourly":
            return found if found > now else found + timedelta(hours=1)
        found = found.replace(hour=self.hour)
        while found <= now or (self.every == "weekly" and found.weekday() != self.day):
            found += timedelta(days=1)
        return found


def check_time(at: str) -> str:
    """`at`, if it is a time of day.

    Raises:
        ConfigError: If it is none.
    """
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise ConfigError(f"--at: {at!r} is no time of day. Write it as 06:00.")
    return at


def install(plan: Plan) -> str:
    """Schedule it, by systemd if the user has one, else by crontab; what was scheduled for the folder is replaced.

    Returns:
        What was done; when neither is there, the lines to put where they belong.

    Raises:
        ConfigError: If the units cannot be written.
        PledgebookError: If systemd or cron refuses.
    """
    if has_systemd():
        if has_cron():
            _write_crontab(plan.name, None)
        service, timer = unit_files(plan)
        folder = _unit_folder()
        for unit, text in ((f"{plan.name}.service", service), (f"{plan.name}.timer", timer)):
            write_whole(folder / unit, partial(Path.write_text, data=text, encoding="utf-8"), _BY_HAND)
        _call("systemctl", "--user", "daemon-reload")
        _call("systemctl", "--user", "enable", "--now", f"{plan.name}.timer")
        return f"systemd timer {plan.name}.timer in {folder}: {plan.calendar()}"
    if has_cron():
        _write_crontab(plan.name, cron_line(plan))
        return f"crontab: {cron_line(plan)}"
    service, timer = unit_files(plan)
    return "\n".join([
        "Neither a systemd of the user nor crontab is here. Put this into a crontab:", "", cron_line(plan), "",
        f"or these into ~/.config/systemd/user and call `systemctl --user enable --now {plan.name}.timer`:", "",
        f"# {plan.name}.service", service, f"# {plan.name}.timer", timer,
    ])  # fmt: skip


def remove(folder: Path) -> str:
    """Take the schedule of a folder away, wherever it is."""
    name = Plan(folder).name
    done = []
    for ending in ("timer", "service"):
        path = _unit_folder() / f"{name}.{ending}"
        if path.exists():
            if ending == "timer" and has_systemd():
                _call("systemctl", "--user", "disable", "--now", path.name)
            path.unlink()
            done.append(path.name)
    if done and has_systemd():
        _call("systemctl", "--user", "daemon-reload")
    if has_cron() and any(_mark(name) in line for line in _crontab()):
        _write_crontab(name, None)
        done.append("a line of the crontab")
    return f"removed {', '.join(done)}" if done else "nothing was scheduled for this folder"


def installed(folder: Path) -> tuple[str, datetime | None] | None:
    """What is scheduled for a folder, and the next time; None when nothing is."""
    name = Plan(folder).name
    now = datetime.now().astimezone()
    timer = _unit_folder() / f"{name}.timer"
    if timer.exists():
        found = re.search(r"^OnCalendar=(.+)$", timer.read_text(encoding="utf-8"), re.MULTILINE)
        plan = _from_calendar(folder, found.group(1)) if found else None
        return f"systemd timer {timer.name}", plan.next_at(now) if plan else None
    line = next((one for one in _crontab() if _mark(name) in one), None) if has_cron() else None
    if line is None:
        return None
    plan = _from_cron(folder, line)
    return "crontab", plan.next_at(now) if plan else None


def next_run(warehouse: Path) -> str | None:
    """When the next run of the folder of `warehouse`, or of this one, is; UTC."""
    for folder in dict.fromkeys((warehouse.resolve().parent, Path.cwd())):
        found = installed(folder)
        if found is not None:
            at = found[1].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found[1] else "time unknown"
            return f"{at} ({found[0]})"
    return None


def unit_files(plan: Plan) -> tuple[str, str]:
    """The service and the timer."""
    words = " ".join(_systemd_quoted(word) for word in plan.command)
    service = f"""[Unit]
Description=Pledgebook: read what is new in {_percent(str(plan.folder.resolve()))}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={_percent(str(plan.folder.resolve()))}
EnvironmentFile=-{_percent(str(plan.folder.resolve()))}/pledgebook.env
ExecStart={words}
Nice=10
"""
    timer = f"""[Unit]
Description=When Pledgebook reads {_percent(str(plan.folder.resolve()))}

[Timer]
OnCalendar={plan.calendar()}
Persistent=true
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
"""
    return service, timer


def cron_line(plan: Plan) -> str:
    """The line of a crontab; its comment tells it from others."""
    folder = plan.folder.resolve()
    command = f"cd {shlex.quote(str(folder))} && {shlex.join(plan.command)} >>pledgebook.log 2>&1"
    # crontab takes % for the end of the line.
    return f"{plan.cron()} {command} {_mark(plan.name)}".replace("%", r"\%")


def _mark(name: str) -> str:
    return f"# {name}"


def _systemd_quoted(word: str) -> str:
    return '"' + _percent(word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")) + '"'


def _percent(word: str) -> str:
    return word.replace("%", "%%")


def _from_calendar(folder: Path, calendar: str) -> Plan | None:
    found = re.fullmatch(r"(?:(\w{3}) )?\*-\*-\* (\*|\d\d):(\d\d):00", calendar.strip())
    if not found:
        return None
    day, hour, minute = found.groups()
    every: Every = "hourly" if hour == "*" else "weekly" if day else "daily"
    return Plan(folder, every, f"{'00' if hour == '*' else hour}:{minute}", _DAYS.index(day) if day else 0)


def _from_cron(folder: Path, line: str) -> Plan | None:
    found = re.match(r"(\d+) (\d+|\*) \* \* (\d|\*) ", line)
    if not found:
        return None
    minute, hour, day = found.groups()
    every: Every = "hourly" if hour == "*" else "weekly" if day != "*" else "daily"
    at = f"{0 if hour == '*' else int(hour):02}:{int(minute):02}"
    return Plan(folder, every, at, (int(day) - 1) % 7 if day != "*" else 0)


def has_systemd() -> bool:
    """Whether a systemd of the user answers."""
    if shutil.which("systemctl") is None:
        return False
    try:
        done = subprocess.run(
            ["systemctl", "--user", "is-system-running"], capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() in {"running", "degraded", "starting"}


def has_cron() -> bool:
    """Whether there is a crontab to write to."""
    return shutil.which("crontab") is not None


def _unit_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user"


def _crontab() -> list[str]:
    done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, timeout=_SECONDS)
    return done.stdout.splitlines() if done.returncode == 0 else []


def _write_crontab(name: str, line: str | None) -> None:
    """Put a line in, in place of the one of the same name; the others stay as they are."""
    before = _crontab()
    after = [one for one in before if not one.rstrip().endswith(_mark(name))] + ([line] if line else [])
    if after != before:
        text = "".join(f"{one}\n" for one in after)
        _call("crontab", "-", given=text)


def _call(*command: str, given: str | None = None) -> None:
    try:
        done = subprocess.run(list(command), input=given, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PledgebookError(f"{shlex.join(command)} did not work ({error}). Call it by hand.") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise PledgebookError(f"{shlex.join(command)} did not work ({said}). Call it by hand.")
