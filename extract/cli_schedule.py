"""The command `pledgebook schedule`: parse, call one function, print."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Action(StrEnum):
    """What to do with the schedule."""

    install = "install"
    status = "status"
    remove = "remove"


class Interval(StrEnum):
    """How often."""

    hourly = "hourly"
    daily = "daily"
    weekly = "weekly"


def schedule(
    action: Annotated[Action, typer.Argument(help="install, status or remove.")],
    folder: Annotated[Path, typer.Option("--folder", help="Where sources.toml stands.")] = Path(),
    every: Annotated[Interval, typer.Option("--every", help="How often.")] = Interval.daily,
    at: Annotated[str, typer.Option("--at", help="Time of day; of an hourly one the minutes count.")] = "06:00",
    show: Annotated[
        bool, typer.Option("--print", help="With install: print the units and the line of the crontab only.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> int:
    """Have `pledgebook run` called regularly: by a systemd timer of the user, else by crontab.

    Example: pledgebook schedule install --every daily --at 06:00
    """
    from extract.errors import ConfigError
    from extract.schedule import Plan, check_time, cron_line, install, installed, remove, unit_files

    if action is Action.remove:
        print(remove(folder))
        return 0
    if action is Action.status:
        found = installed(folder)
        if found is None:
            print("nothing is scheduled for this folder")
            return 1
        print(f"{found[0]}, next run {found[1].isoformat() if found[1] else 'at a time that this program did not set'}")
        return 0
    if not (folder / "sources.toml").exists():
        raise ConfigError(
            f"There is no sources.toml in {str(folder.resolve())!r}. Write one first: pledgebook sources --example"
        )
    plan = Plan(folder, every.value, check_time(at))
    if show:
        service, timer = unit_files(plan)
        print("\n".join([cron_line(plan), "", f"# {plan.name}.service", service, f"# {plan.name}.timer", timer]))
        return 0
    print(install(plan))
    return 0
