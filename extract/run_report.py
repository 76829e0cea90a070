"""What a scheduled run tells: a summary in a file, and to an address.

In: what a run did. Out: one JSON object. A summary that cannot be told is said and costs nothing else.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.sources.settings import SourcesFile

if TYPE_CHECKING:
    from extract.pipeline import RunSummary

_WEBHOOK_SECONDS = 20.0


def report_run(
    file: SourcesFile,
    warehouse: Path,
    summary: RunSummary | None,
    error: str | None,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Write and post the summary of a run as sources.toml asks.

    Args:
        summary: None when the run stopped, for the reason that `error` gives.
        say: Told in one line what could not be told.
    """
    told = summary_of(warehouse, summary, error, seconds)
    if file.run.summary is not None:
        _write(file.path(file.run.summary), told, say)
    if file.run.webhook is not None and (file.run.webhook_on == "always" or told["status"] != "ok"):
        _post(file.run.webhook, told, say)


def summary_of(warehouse: Path, summary: RunSummary | None, error: str | None, seconds: float) -> dict[str, Any]:
    """A run as one JSON object."""
    failures = [error or "stopped"] if summary is None else summary.failures
    return {
        "status": "stopped" if summary is None else "failures" if failures else "ok",
        "finished_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(seconds, 1),
        "warehouse": str(warehouse),
        **({} if summary is None else summary.as_json()),
        "failures": failures,
    }


def _write(path: Path, told: dict[str, Any], say: Callable[[str], None]) -> None:
    new = path.with_name(path.name + ".new")
    try:
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", errors="replace")
        os.replace(new, path)
    except OSError as error:
        say(f"the summary cannot be written to {str(path)!r} ({error.strerror})")


def _post(address: str, told: dict[str, Any], say: Callable[[str], None]) -> None:
    import aiohttp

    async def post() -> int:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_WEBHOOK_SECONDS), trust_env=True) as session,
            session.post(address, json=told, allow_redirects=False) as response,
        ):
            return response.status

    try:
        status = asyncio.run(post())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        say(f"the webhook did not take the summary ({type(error).__name__})")
        return
    if status >= 300:
        say(f"the webhook did not take the summary (status {status})")
