"""Any model: asked at full speed, asked again with the reason, and no answer lost.

In: a document and a check. Out: attempts, one per request, and, where several answers add up to one,
a last row that holds the sum. How a server is spoken to belongs to `transports`; what an answer
means, to grounding and records; which documents are pending, to the pipeline.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from extract import prompt
from extract.documents import Document
from extract.prompt import Message
from extract.providers import Attempt, AttemptStatus, Check
from extract.providers.answers import Holding, question_again, read_answer
from extract.providers.llm_settings import SECRETS, parameters_of, settings_for
from extract.providers.prices import Price, find_price
from extract.providers.throttle import Clock, Sleep, Throttle
from extract.providers.transports import Failure, Reply, Transport, explain, open_transport

# What a document's answer may cost in tokens, before one has been seen.
_EXPECTED_COMPLETION_TOKENS = 400
_FIRST_BACKOFF_SECONDS = 0.5
_MAX_BACKOFF_SECONDS = 30.0
_NEVER_AGAIN: frozenset[str] = frozenset({"authentication", "unknown_model", "unsupported", "quota", "not_installed"})
_WHILE_NOTHING_CAME: frozenset[str] = frozenset({"unreachable", "not_the_protocol"})
_CONGESTION: frozenset[str] = frozenset({"rate_limited", "timeout"})


class LLMProvider:
    """Asks a model (see the protocol in `extract.providers`).

    Args:
        model: `provider/name`, as in `openai/gpt-5-mini`.
        environment: Where keys and addresses are; the process's own when None.
        clock: Seconds, never going back.
        sleep: Waits that many seconds.
        **given: Fields of `LLMSettings`.

    Attributes:
        parameters: What decides an answer beside model, messages and schema.
        fatal: Why no further document will be asked; None while it makes sense to.

    Raises:
        ConfigError: If the model's name, its address, its key or the table of prices is wrong.
    """

    def __init__(
        self, model: str, *, environment: Mapping[str, str] | None = None, clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep, **given: Any,
    ) -> None:  # fmt: skip
        settings = settings_for(model, os.environ if environment is None else environment, **given)
        self.name = settings.model
        self.settings = settings
        self.parameters = parameters_of(settings)
        self.fatal: Failure | None = None
        self._clock = clock
        self._sleep = sleep
        self._price: Price | None = find_price(settings.model, settings.prices_path)
        self._throttle = Throttle(
            max_in_flight=settings.concurrency, requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute, clock=clock, sleep=sleep,
        )  # fmt: skip
        self._transport: Transport | None = None
        self._has_answered = False

    def fingerprint(self, document: Document) -> str:
        """See the protocol: model, parameters, rendered messages and response schema."""
        schema = prompt.response_schema(self.settings.schema_length)
        return prompt.fingerprint(self.name, self.parameters, prompt.messages(document), schema)

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """See the protocol. Asks until every record stands, or the settings say enough.

        The rows of requests hold what was answered, word for word. If the answers add up to
        something else than the last of them says, one more row without tokens holds the sum: it is
        `ok` when the document is done, `truncated` when records are still missing.
        """
        asked = prompt.messages(document)
        fingerprint = self.fingerprint(document)
        attempts: list[Attempt] = []
        holding = Holding()
        conversation = asked
        answers = used_tokens = 0
        outcome = ""
        while True:
            reply, tries = await self._answer(conversation, fingerprint)
            attempts.extend(tries)
            if reply is None:
                outcome = "asking again failed"
                break
            used_tokens += reply.prompt_tokens or _estimated_tokens(conversation)
            used_tokens += reply.completion_tokens or prompt.estimated_tokens(reply.text)
            if reply.refusal is not None:
                attempts[-1] = replace(
                    attempts[-1], status="refused", error_type="refusal", error_message=self._clean(
                        f"The model {self.name!r} refused {document.name!r}: {reply.refusal or 'no reason given'}. "
                        "Read the document, or use another model."
                    ),
                )  # fmt: skip
                outcome = "asking again was refused"
                break
            reading = read_answer(reply.text)
            held = len(holding.records)
            problems = holding.take(reading.drafts, check)
            holding.is_incomplete = reply.is_truncated or reading.problem is not None
            attempts[-1] = self._judged(attempts[-1], reply, reading.problem, problems, len(reading.drafts))
            is_progress = reply.is_truncated and len(holding.records) > held
            answers += 0 if is_progress else 1
            if not problems and not holding.is_incomplete:
                break
            if answers >= self.settings.max_attempts:
                outcome = f"not asked again: {answers} answers"
                break
            shown, question = question_again(holding, reply.text, reading.problem or "it broke off")
            conversation = [
                *asked, {"role": "assistant", "content": shown}, {"role": "user", "content": question},
            ]  # fmt: skip
            if used_tokens + _estimated_tokens(conversation) > self.settings.reask_limit_tokens:
                outcome = f"not asked again: limit of {self.settings.reask_limit_tokens:,} tokens"
                break
        return _summed_up(attempts, holding, outcome)

    async def close(self) -> None:
        """Release connections."""
        if self._transport is not None:
            await self._transport.close()
            self._transport = None

    async def _answer(self, conversation: list[Message], fingerprint: str) -> tuple[Reply | None, list[Attempt]]:
        """One answer, whatever number of requests it takes; None when there is none to be had."""
        rows: list[Attempt] = []
        failures = refusals = 0
        first_limited_at: float | None = None
        estimate = _estimated_tokens(conversation) + _EXPECTED_COMPLETION_TOKENS
        while True:
            if self.fatal is not None:
                return None, [*rows, self._failed_row(self.fatal, fingerprint, 0.0)]
            entered = await self._throttle.enter(estimate)
            reply: Reply | None = None
            failure = self.fatal
            started = self._clock()
            try:
                if failure is None:
                    reply = await self._ask(conversation)
            except Failure as error:
                failure = error
            finally:
                self._throttle.leave(
                    entered, is_congested=failure is not None and failure.kind in _CONGESTION,
                    estimated_tokens=estimate,
                    used_tokens=(reply.prompt_tokens or estimate) + (reply.completion_tokens or 0) if reply else None,
                    completion_tokens=(reply.completion_tokens or 0) if reply else 0,
                )  # fmt: skip
            seconds = self._clock() - started
            if reply is not None:
                self._has_answered = True
                if reply.pause_seconds:
                    self._throttle.pause(reply.pause_seconds)
                rows.append(self._row("ok", fingerprint, reply, seconds))
                return reply, rows
            assert failure is not None
            rows.append(self._failed_row(failure, fingerprint, seconds))
            if self.fatal is not None or failure.kind == "bad_request":
                return None, rows
            if failure.kind in _NEVER_AGAIN:
                self.fatal = failure
                return None, rows
            if failure.kind == "rate_limited":
                refusals += 1
                first_limited_at = self._clock() if first_limited_at is None else first_limited_at
                told_seconds = failure.retry_after_seconds
                wait_seconds = _backoff_seconds(refusals) if told_seconds is None else told_seconds
                waited = self._clock() - first_limited_at
                if waited + wait_seconds > self.settings.rate_limit_patience_seconds:
                    return None, rows
                self._throttle.pause(wait_seconds)
                continue
            failures += 1
            if failures >= self.settings.max_failures:
                if failure.kind in _WHILE_NOTHING_CAME and not self._has_answered:
                    self.fatal = failure
                return None, rows
            wait_seconds = failure.retry_after_seconds or _backoff_seconds(failures)
            if wait_seconds > self.settings.rate_limit_patience_seconds:
                return None, rows
            await self._sleep(wait_seconds)

    async def _ask(self, conversation: list[Message]) -> Reply:
        if self._transport is None:
            self._transport = open_transport(self.settings)
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                return await self._transport.ask(conversation)
        except TimeoutError as error:
            raise Failure("timeout", "no answer in time") from error

    # --- rows ---

    def _row(self, status: AttemptStatus, fingerprint: str, reply: Reply, seconds: float) -> Attempt:
        cost: Decimal | None = None
        if self._price and reply.prompt_tokens is not None:
            cost = self._price.cost_usd(reply.prompt_tokens, reply.cached_tokens or 0, reply.completion_tokens or 0)
        return Attempt(
            status=status, fingerprint=fingerprint, provider=self.name, raw_answer=self._without_key(reply.text),
            prompt_tokens=reply.prompt_tokens, cached_tokens=reply.cached_tokens,
            completion_tokens=reply.completion_tokens, cost_usd=cost, seconds=seconds,
        )  # fmt: skip

    def _judged(
        self, row: Attempt, reply: Reply, broken: str | None, problems: list[str], records_n: int
    ) -> Attempt:  # fmt: skip
        if reply.is_truncated:
            why = f"The answer broke off after {records_n} whole records. Raise the limit on output tokens."
            return replace(row, status="truncated", error_type="length", error_message=why)
        if broken:
            return replace(row, status="invalid", error_type="not_json", error_message=self._clean(broken))
        if problems:
            why = f"{len(problems)} of {records_n} records cannot be used: {'; '.join(problems)}"
            return replace(row, status="invalid", error_type="records", error_message=self._clean(why))
        return row

    def _failed_row(self, failure: Failure, fingerprint: str, seconds: float) -> Attempt:
        return Attempt(
            status="error", fingerprint=fingerprint, provider=self.name, raw_answer=None, error_type=failure.kind,
            error_message=self._clean(explain(failure, self.settings)), seconds=seconds,
        )  # fmt: skip

    def _without_key(self, text: str) -> str:
        key = self.settings.api_key
        return text.replace(key, "[key]") if key and len(key) > 3 else text

    def _clean(self, text: str) -> str:
        """One line without secrets."""
        return SECRETS.sub("[key]", self._without_key(" ".join(text.split())))


def _summed_up(attempts: list[Attempt], holding: Holding, outcome: str) -> list[Attempt]:
    """The attempts, and a last row with what they add up to, where no single answer says it."""
    last = attempts[-1]
    if not holding.records and not holding.withdrawn:
        return attempts
    text = last.raw_answer or ""
    says_it_all = text.startswith("{") and not holding.withdrawn and read_answer(text).drafts == holding.records
    if last.status == "ok" and says_it_all:
        return attempts
    reasons = [reason for _, reason in holding.faulty]
    if holding.is_incomplete:
        reasons.append("the answer broke off, and records may be missing")
    message = "; ".join([*([outcome] if outcome else []), *reasons])
    return [
        *attempts,
        Attempt(
            status="truncated" if holding.is_incomplete else "ok", fingerprint=last.fingerprint,
            provider=last.provider, raw_answer=holding.raw_answer(),
            error_type="unsettled" if reasons or outcome else None,
            error_message=message or None,
        ),
    ]  # fmt: skip


def _estimated_tokens(conversation: list[Message]) -> int:
    return sum(prompt.estimated_tokens(message["content"]) for message in conversation)


def _backoff_seconds(failures: int) -> float:
    # Half of it at random, so that requests which failed together do not come back together.
    longest: float = min(_MAX_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1))
    return longest * random.uniform(0.5, 1.0)
