"""Settings and places: flags over environment over defaults.

In: what the command line was given. Out: one frozen `Settings`. Nothing is opened here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from extract.errors import ConfigError

DEFAULT_WAREHOUSE = Path("warehouse.duckdb")
DEFAULT_MODEL = "openai/gpt-5-mini"


@dataclass(frozen=True)
class Narrowing:
    """Which of the pending documents a run asks about; the others stay pending.

    Attributes:
        older_than: Only those that were last answered longer ago than this, or never.
        only_types: Only those whose present records include one of these types.
        since: Only those published (or, without a date, first loaded) on this day or later.
        limit: At most so many.
    """

    older_than: timedelta | None = None
    only_types: tuple[str, ...] = ()
    since: date | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Settings:
    """What one run needs to know.

    Attributes:
        warehouse: Path of the published DuckDB file.
        model: `provider/model` to ask, or None for the embedded extractor.
        record_dir: Folder to keep answers in, by fingerprint.
        replay_dir: Folder to take answers from instead of asking.
        mode: How a model is held to the schema (see `LLMSettings`); the model's own default when None.
        max_bytes: Largest document, in bytes.
        min_confidence: Least confidence of a record, 0-1, for providers that give one; the
            provider's own default when None.
        concurrency: Most requests in flight; the provider's own default when None, as below.
        timeout_seconds: Longest wait for one answer.
        max_attempts: Most answers to ask for about one document.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        keep_published: Earlier published files to keep for a rollback.
        narrowing: Which pending documents to ask about.
        retry_after: First wait before a document that failed is asked about again; it doubles. None for no wait.
        give_up_after: Runs in which a document may fail before it is asked about no more; None for no end.
        is_retrying: Ask about what failed whatever its wait.
        is_taking_over: End a run that holds the lock.
        schema: How much of the response schema a model is sent (see `LLMSettings`), `short`, `full` or `typed`.
        passes: How often a model reads a document.
        verify: Another model, which strikes out what it does not find.
        reask_tokens: Most tokens one document may use when it is asked about again.
        prices_path: Table of prices; the one that ships when None.
        budget_usd: Stop before a run costs more.
        is_batch: Ask through OpenAI's Batch API.
    """

    warehouse: Path = DEFAULT_WAREHOUSE
    model: str | None = None
    record_dir: Path | None = None
    replay_dir: Path | None = None
    mode: str | None = None
    max_bytes: int = 5_000_000
    min_confidence: float | None = None
    concurrency: int | None = None
    timeout_seconds: float | None = None
    max_attempts: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    keep_published: int = 3
    narrowing: Narrowing = Narrowing()
    retry_after: timedelta | None = None
    give_up_after: int | None = None
    is_retrying: bool = False
    is_taking_over: bool = False
    schema: str | None = None
    passes: int | None = None
    verify: str | None = None
    reask_tokens: int | None = None
    prices_path: Path | None = None
    budget_usd: float | None = None
    is_batch: bool = False


def chosen_model(model: str | None, replay_dir: Path | None = None) -> str | None:
    """The model to ask: the flag, else PLEDGEBOOK_MODEL, else OpenAI's if a key or address is set.

    Args:
        model: As typed; None when nothing was.
        replay_dir: Folder of recordings: it says itself which model answered, if it holds one alone.

    Returns:
        `provider/model`; None means the embedded extractor, which needs neither key nor network.
    """
    if model is None and replay_dir is not None:
        return None
    if model is None:
        model = os.environ.get("PLEDGEBOOK_MODEL") or None
    if model is None and (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
        model = DEFAULT_MODEL
    if model in (None, "embedded"):
        return None
    return model


def environment_proxy(address: str) -> str | None:
    """The proxy that the environment (HTTPS_PROXY, NO_PROXY …) names for an address; None for none."""
    # Only who asks the network needs it: it brings 30 ms of modules.
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(address)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def project_root() -> Path:
    """The folder that holds dbt_project/ and seeds/: the checkout, or what the package carries.

    Raises:
        ConfigError: If neither has them.
    """
    package = Path(__file__).resolve().parent
    for root in (package.parent, package / "_project"):
        if (root / "dbt_project" / "dbt_project.yml").exists():
            return root
    raise ConfigError("dbt_project/ is not beside the package. Install Pledgebook from a checkout: pip install -e .")
