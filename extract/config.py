"""Settings and places: flags over environment over defaults.

In: what the command line was given. Out: one frozen `Settings`. Nothing is opened here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from extract.errors import ConfigError

DEFAULT_WAREHOUSE = Path("warehouse.duckdb")
DEFAULT_MODEL = "openai/gpt-5-mini"


@dataclass(frozen=True)
class Settings:
    """What one run needs to know.

    Attributes:
        warehouse: Path of the published DuckDB file.
        model: `provider/model` to ask, or None for the embedded extractor.
        record_dir: Folder to keep answers in, by fingerprint.
        replay_dir: Folder to take answers from instead of asking.
        max_bytes: Largest document, in bytes.
        min_confidence: Least confidence of a record, 0-1, for providers that give one; the
            provider's own default when None.
        concurrency: Most requests in flight.
        timeout_seconds: Longest wait for one answer.
        max_attempts: Most requests for one document.
    """

    warehouse: Path = DEFAULT_WAREHOUSE
    model: str | None = None
    record_dir: Path | None = None
    replay_dir: Path | None = None
    max_bytes: int = 5_000_000
    min_confidence: float | None = None
    concurrency: int = 32
    timeout_seconds: float = 120.0
    max_attempts: int = 3


def chosen_model(model: str | None) -> str | None:
    """The model to ask: the flag, else PLEDGEBOOK_MODEL, else OpenAI's if a key or address is set.

    Returns:
        `provider/model`; None means the embedded extractor, which needs neither key nor network.
    """
    if model is None:
        model = os.environ.get("PLEDGEBOOK_MODEL") or None
    if model is None and (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
        model = DEFAULT_MODEL
    if model in (None, "embedded"):
        return None
    if "/" not in str(model):
        raise ConfigError(f"The model {model!r} names no provider. Write it as provider/model, as in {DEFAULT_MODEL!r}.")
    return model


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
