"""The one seam with several implementations: whoever reads a document and answers with drafts.

In: a document. Out: attempts, each kept as a row. What a draft's words mean, and whether the
document says them, is decided to the right of this seam, for every provider alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

from extract.config import Settings
from extract.documents import Document
from extract.errors import ConfigError
from extract.schema import Answer

AttemptStatus = Literal["ok", "invalid", "refused", "truncated", "error"]
Check = Callable[[Answer], list[str]]


@dataclass(frozen=True)
class Attempt:
    """One answer of a provider, good or bad: one row of raw.extractions.

    Attributes:
        status: `ok` when `raw_answer` holds an answer that may be loaded.
        fingerprint: sha256 (hex) of what was asked: the cache key and the name of a recording.
        provider: Provider and model, as in `openai/gpt-5-mini` or `embedded`.
        raw_answer: JSON text as it was answered, before any interpretation.
        seconds: Wall time of the attempt.
        question: Name of what a model was asked within the document, so that its answer is found again when the
            document is taken up.
    """

    status: AttemptStatus
    fingerprint: str
    provider: str
    raw_answer: str | None
    error_type: str | None = None
    error_message: str | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: Decimal | None = None
    seconds: float = 0.0
    question: str | None = None


class Provider(Protocol):
    """Answers documents; one document's failure is an attempt, never an exception."""

    name: str

    def fingerprint(self, document: Document) -> str:
        """sha256 (hex) of everything that decides the answer to `document`."""
        ...

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """Every attempt made, in order; the last one decides.

        Args:
            document: What to read.
            check: Problems that grounding and normalisation find in an answer, worded for whoever
                answers; empty when there is none.
        """
        ...

    async def close(self) -> None:
        """Release connections; the provider is not used afterwards."""
        ...


def open_provider(settings: Settings) -> Provider:
    """The provider that the settings ask for.

    Raises:
        ConfigError: If a model's name, key or folder of recordings is missing or wrong, or a setting is misspelt.
    """
    if settings.replay_dir is not None or settings.model is None:
        _refuse_misspelt(settings)
    if settings.replay_dir is not None:
        from extract.providers.recorded import ReplayProvider

        return ReplayProvider(settings.replay_dir, settings.model)
    provider: Provider
    if settings.model is None:
        from extract.providers.embedded import EmbeddedProvider

        provider = EmbeddedProvider(min_confidence=settings.min_confidence)
    else:
        from extract.providers.llm import LLMProvider

        given: dict[str, Any] = {
            "mode": settings.mode,
            "concurrency": settings.concurrency,
            "timeout_seconds": settings.timeout_seconds,
            "max_attempts": settings.max_attempts,
            "requests_per_minute": settings.requests_per_minute,
            "tokens_per_minute": settings.tokens_per_minute,
            "schema_length": settings.schema,
            "passes": settings.passes,
            "verify": settings.verify,
            "reask_limit_tokens": settings.reask_tokens,
            "prices_path": settings.prices_path,
            "budget_usd": Decimal(str(settings.budget_usd)) if settings.budget_usd is not None else None,
        }
        if settings.is_batch:
            place = settings.warehouse.with_name(settings.warehouse.name + ".batches")
            given |= {"is_batch": True, "batch_state_path": place}
        provider = LLMProvider(settings.model, **{name: value for name, value in given.items() if value is not None})
    if settings.record_dir is not None:
        from extract.providers.recorded import RecordingProvider

        return RecordingProvider(provider, settings.record_dir)
    return provider


def _refuse_misspelt(settings: Settings) -> None:
    """Settings of a model have no effect without one, but a misspelt one is not to pass in a trial."""
    if settings.mode or settings.schema or settings.verify or settings.is_batch:
        from extract.providers.llm_settings import refuse_unknown, refuse_unknown_model

        refuse_unknown(settings.mode, settings.schema)
        if settings.verify:
            refuse_unknown_model(settings.verify)
        if settings.is_batch:
            raise ConfigError("Batches go through OpenAI's Batch API: use --batch with --model openai/… as well.")
    if settings.prices_path is not None:
        from extract.providers.prices import read_prices

        read_prices(settings.prices_path)
