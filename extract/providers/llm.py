"""Any model: asked at full speed, asked again with the reason, and no answer lost.

In: a document and a check. Out: attempts, one per request, and, where several answers add up to one,
a last row that holds the sum. How a server is spoken to belongs to `transports`; what an answer
means, to grounding and records; which documents are pending, to the pipeline.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from extract import prompt
from extract.documents import Document
from extract.errors import LOST, STOPS, ConfigError
from extract.prompt import Message
from extract.providers import Attempt, AttemptStatus, Check
from extract.providers.answers import Holding, question_again, read_answer
from extract.providers.expected import Expectation
from extract.providers.llm_settings import SECRETS, parameters_of, settings_for
from extract.providers.passages import passages, united
from extract.providers.prices import BATCH_SHARE, Price, find_price
from extract.providers.throttle import START_IN_FLIGHT, Clock, Sleep, Throttle
from extract.providers.transports import Failure, Reply, Transport, explain, open_transport

if TYPE_CHECKING:
    from extract.providers.batch import Came
    from extract.providers.local import LocalServer

# What a document's answer may cost in tokens, before one has been seen.
_EXPECTED_COMPLETION_TOKENS = 400
_FIRST_BACKOFF_SECONDS = 0.5
_MAX_BACKOFF_SECONDS = 30.0
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
        say: Called with one line where waiting takes long.

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
        self.say: Callable[[str], None] = lambda message: None
        self._clock = clock
        self._sleep = sleep
        self._price: Price | None = find_price(settings.model, settings.prices_path)
        # A user who names a number knows the server: to grow to it would take the time of an answer more.
        start = settings.concurrency if "concurrency" in given else START_IN_FLIGHT
        self._throttle = Throttle(
            max_in_flight=settings.concurrency, start_in_flight=start, requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute, clock=clock, sleep=sleep,
        )  # fmt: skip
        self._transport: Transport | None = None
        self._served: LocalServer | None = None
        self._opening = asyncio.Lock()
        self._has_answered = False
        self._came: Came | None = None
        self._kept: dict[str, deque[Reply]] = {}
        self._purse = _Purse()
        self._seen_completions = [0, 0]
        # Of a batch within a budget: money for each of its questions, and the documents for which there is none.
        self._set_aside: dict[str, Decimal] = {}
        self._left_out: set[str] = set()
        self._batched_n = 0
        if settings.budget_usd is not None and self._price is None:
            raise ConfigError(
                f"There is no price for {settings.model!r}, so a budget cannot be kept. "
                f"Add a row for it to a copy of the price table and name it with --prices."
            )
        self._verifier: LLMProvider | None = None
        if settings.verify:
            taken = (
                "timeout_seconds", "concurrency", "requests_per_minute", "tokens_per_minute", "prices_path",
                "budget_usd",
            )  # fmt: skip
            self._verifier = LLMProvider(
                settings.verify, environment=environment, clock=clock, sleep=sleep, schema_length="short",
                **{name: given[name] for name in taken if name in given},
            )  # fmt: skip
            self._verifier._purse = self._purse

    @property
    def spent_usd(self) -> Decimal:
        """Cost of all answers so far, also of the model that verifies, as far as prices are known."""
        return self._purse.spent_usd

    def fingerprint(self, document: Document) -> str:
        """See the protocol: model, parameters, rendered messages and response schema."""
        return prompt.document_fingerprint(self.name, self.parameters, document, self.settings.schema_length)

    def take_up(self, attempts: Iterable[Attempt]) -> None:
        """Have the answers of attempts in earlier runs wait: what they answer is not asked, nor paid, again.

        In the order in which they came: a question may be put twice, and be answered in two ways.
        """
        for one in attempts:
            if one.question is not None and one.raw_answer is not None:
                reply = Reply(
                    one.raw_answer, refusal=one.error_message if one.status == "refused" else None,
                    is_truncated=one.status == "truncated", prompt_tokens=one.prompt_tokens,
                    cached_tokens=one.cached_tokens, completion_tokens=one.completion_tokens, is_kept=True,
                )  # fmt: skip
                self._kept.setdefault(one.question, deque()).append(reply)

    async def prepare(self, documents: Iterable[Document]) -> None:
        """See all that will be asked: with `is_batch`, its first questions are put together and waited for."""
        if self.settings.is_batch:
            from extract.providers.batch import answers_of, keys_away

            away = keys_away(self.settings) if self.settings.budget_usd is not None else set()
            conversations = self._for_batch(documents, away)
            self._came = await answers_of(conversations, self.settings, self._sleep, self.say)
            # What no batch brought costs nothing; it is asked directly, as far as there is money.
            for question in [one for one in self._set_aside if one not in self._came]:
                self._purse.reserved_usd -= self._set_aside.pop(question)

    def _for_batch(self, documents: Iterable[Document], away: set[bytes]) -> Iterator[list[Message]]:
        """The first questions of documents, those that a budget does not pay for left out, whole documents at a time.

        Money is set aside for those that are given. What an earlier run sent (`away`) has to be paid whatever is left.
        """
        expectation = Expectation(self.settings)
        planned_usd = Decimal(0)
        is_used_up = False
        for document in documents:
            open_questions: dict[str, list[Message]] = {}
            for passage in passages(document.text, self.settings.passage_chars):
                asked = prompt.messages(document, passage)
                if (question := prompt.conversation_key(asked)) not in self._kept:
                    open_questions[question] = asked
            if self.settings.budget_usd is not None and open_questions:
                expected = expectation.of(document.text)
                cost_usd, first_usd = expectation.cost_usd(expected), expectation.first_cost_usd(expected)
                assert cost_usd is not None and first_usd is not None  # a budget without a price is refused
                if not all(bytes.fromhex(question) in away for question in open_questions):
                    is_used_up = is_used_up or planned_usd + cost_usd > self.settings.budget_usd
                    if is_used_up:
                        self._left_out.add(document.document_id)
                        continue
                planned_usd += cost_usd
                self._batched_n += 1
                for question in open_questions:
                    self._set_aside[question] = first_usd / len(open_questions)
                    self._purse.reserved_usd += self._set_aside[question]
            yield from open_questions.values()

    def holds(self, document: Document) -> bool:
        """Whether what is asked first about a document has come in a batch, and is paid for."""
        return self._came is not None and all(
            prompt.conversation_key(prompt.messages(document, passage)) in self._came
            for passage in passages(document.text, self.settings.passage_chars)
        )

    async def extract(self, document: Document, check: Check) -> list[Attempt]:
        """See the protocol. Asks until every record stands, or the settings say enough.

        The rows of requests hold what was answered, word for word. If the answers add up to
        something else than the last of them says, one more row without tokens holds the sum: it is
        `ok` when the document is done, `truncated` when records are still missing. A long document is
        asked about in passages, together; then as often again as there are passes, and the other
        model last. Where money or the key ends within a document, the last row bears the reason as its
        `error_type`; what earlier runs brought is part of the sum, and has no row of its own.
        """
        asked = prompt.messages(document)
        fingerprint = prompt.document_fingerprint(
            self.name, self.parameters, document, self.settings.schema_length, asked
        )
        parts = passages(document.text, self.settings.passage_chars)
        if document.document_id in self._left_out:
            paid = f"a batch of {self._batched_n} documents, no more"
            failure = Failure("budget", f"The budget of ${self.settings.budget_usd} pays for {paid}")
            return [self._failed_row(failure, fingerprint, 0.0)]
        questions = [asked] if len(parts) == 1 else [prompt.messages(document, part) for part in parts]
        read = await asyncio.gather(*(self._read(document, one, check, fingerprint) for one in questions))
        attempts = [attempt for one in read for attempt in one.attempts]
        holding = read[0].holding if len(read) == 1 else _united([one.holding for one in read])
        outcome = "; ".join(dict.fromkeys(one.outcome for one in read if one.outcome))
        stop = next((one.stop for one in read if one.stop is not None), None)
        if stop is not None:
            return self._cut_off(attempts, holding, stop, fingerprint, is_whole=any(one.is_whole for one in read))
        is_lost = False
        if len(read) > 1 and not all(one.is_whole for one in read):
            missing_n = sum(not one.is_whole for one in read)
            if missing_n == len(read):
                return attempts or [self._unanswered_row(outcome, fingerprint)]
            is_lost = any(one.is_lost for one in read)
            if is_lost:
                attempts = [attempt for one in read for attempt in one.kept_attempts()]
            holding.is_incomplete = True
            outcome = "; ".join([f"{missing_n} of {len(read)} passages have no whole answer", *filter(None, [outcome])])
        if self._verifier is not None and holding.records and not holding.is_incomplete:
            rows, problem = await self._verified(document, holding, fingerprint)
            attempts += rows
            outcome = "; ".join(filter(None, [outcome, problem]))
            stop = self._verifier.fatal
            if stop is not None and stop.kind == "budget" and rows[-1].error_type == stop.kind:
                self.fatal = stop  # they have one purse
                return self._cut_off(attempts, holding, stop, fingerprint, is_whole=True)
        if not attempts and not any(one.is_whole for one in read) and not holding.records:
            return [self._unanswered_row(outcome, fingerprint)]
        is_sum = len(read) > 1 or self._verifier is not None or not attempts
        rows = _summed_up(attempts, holding, outcome, self.name, fingerprint, is_sum=is_sum)
        return [*rows[:-1], replace(rows[-1], error_type=LOST)] if is_lost else rows

    def _cut_off(
        self, attempts: list[Attempt], holding: Holding, stop: Failure, fingerprint: str, *, is_whole: bool
    ) -> list[Attempt]:
        """The attempts at a document within which asking stopped, and what they add up to so far."""
        is_new = any(one.raw_answer is not None for one in attempts)
        if not is_new or not (holding.records or holding.withdrawn or is_whole):
            says_so = bool(attempts) and attempts[-1].error_type == stop.kind
            return attempts if says_so else [*attempts, self._failed_row(stop, fingerprint, 0.0)]
        holding.is_incomplete = True
        (*_, last) = _summed_up(attempts, holding, "", self.name, fingerprint, is_sum=True)
        why = self._failed_row(stop, fingerprint, 0.0)
        return [*attempts, replace(last, error_type=why.error_type, error_message=why.error_message)]

    async def _read(self, document: Document, asked: list[Message], check: Check, fingerprint: str) -> _Read:
        """The answers about one passage, in as many passes as the settings say."""
        holding = Holding()
        read = await self._settled(document, asked, asked, check, fingerprint, holding)
        for _ in range(1, self.settings.passes):
            if not read.is_whole or holding.is_incomplete or read.stop is not None:
                break
            shown = json.dumps({"records": holding.records}, ensure_ascii=False, separators=(",", ":"))
            question = prompt.question_about_more(len(holding.records))
            conversation = [
                *asked, {"role": "assistant", "content": shown}, {"role": "user", "content": question},
            ]  # fmt: skip
            known_n = len(holding.records)
            more = await self._settled(document, asked, conversation, check, fingerprint, holding)
            # What a later pass could not bring takes nothing away of what the first brought.
            if not more.is_whole:
                holding.is_incomplete = False
            read = _Read([*read.attempts, *more.attempts], holding, read.outcome or more.outcome, True, more.stop)
            if len(holding.records) == known_n or more.stop is not None:
                break
        return read

    async def _settled(
        self, document: Document, asked: list[Message], conversation: list[Message], check: Check, fingerprint: str,
        holding: Holding,
    ) -> _Read:  # fmt: skip
        """Ask, and ask again with the reasons, until what came stands or the settings say enough."""
        attempts: list[Attempt] = []
        answers = used_tokens = 0
        outcome = ""
        has_answer = is_lost = False
        stop: Failure | None = None
        while True:
            reply, tries = await self._answer(conversation, fingerprint)
            attempts.extend(tries)
            if reply is None:
                outcome, is_lost = "asking again failed", True
                stop = self.fatal if self.fatal is not None and tries[-1].error_type == self.fatal.kind else None
                break
            used_tokens += reply.prompt_tokens or _estimated_tokens(conversation)
            used_tokens += reply.completion_tokens or prompt.estimated_tokens(reply.text)
            if reply.refusal is not None:
                if not reply.is_kept:
                    attempts[-1] = replace(
                        attempts[-1], status="refused", error_type="refusal", error_message=self._clean(
                            f"The model {self.name!r} refused {document.name!r}: {reply.refusal or 'no reason given'}. "
                            "Read the document, or use another model."
                        ),
                    )  # fmt: skip
                outcome = "asking again was refused"
                break
            reading = read_answer(reply.text)
            has_answer = has_answer or bool(reading.drafts) or reading.problem is None
            held = len(holding.records)
            problems = holding.take(reading.drafts, check)
            holding.is_incomplete = reply.is_truncated or reading.problem is not None
            if not reply.is_kept:
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
        is_whole = has_answer and not holding.is_incomplete
        return _Read(attempts, holding, outcome, is_whole, stop, is_lost and not is_whole)

    async def _verified(
        self, document: Document, holding: Holding, fingerprint: str
    ) -> tuple[list[Attempt], str]:  # fmt: skip
        """Strike out what the other model does not find in the document: a rejected row says who and why."""
        assert self._verifier is not None
        other = self._verifier
        records = holding.records
        reply, rows = await other._answer(prompt.verification(document.text, records), fingerprint)
        if reply is None or reply.refusal is not None:
            return rows, f"not verified by {other.name}: {rows[-1].error_message or 'it refused'}"
        reading = read_answer(reply.text)
        wrong: dict[int, str] = {}
        for entry in reading.drafts:
            number = entry.get("record") if isinstance(entry, dict) else None
            if isinstance(number, int) and 1 <= number <= len(records):
                wrong[number - 1] = str(entry.get("reason") or "no reason given")
        if reading.problem:
            rows[-1] = replace(rows[-1], status="invalid", error_type="not_json", error_message=reading.problem)
            return rows, f"not verified by {other.name}: {reading.problem}"
        for index, reason in wrong.items():
            draft = records[index]
            why = self._clean(f"{other.name} does not find it in the document: {reason}")
            holding.withdrawn.append({**draft, "reason_code": "not_a_record", "reason": why})
        struck = [records[index] for index in wrong]
        holding.sound = [draft for draft in holding.sound if draft not in struck]
        holding.faulty = [one for one in holding.faulty if one[0] not in struck]
        return rows, ""

    async def close(self) -> None:
        """Release connections, and the answers of batches."""
        if self._came is not None:
            self._came.close()
            self._came = None
        if self._transport is not None:
            await self._transport.close()
            self._transport = None
        if self._verifier is not None:
            await self._verifier.close()
        if self._served is not None:
            self._served.close()
            self._served = None

    async def _answer(self, conversation: list[Message], fingerprint: str) -> tuple[Reply | None, list[Attempt]]:
        """One answer, whatever number of requests it takes; None when there is none to be had."""
        question = prompt.conversation_key(conversation)
        kept = self._kept.get(question)
        if kept:
            return kept.popleft(), []
        rows: list[Attempt] = []
        failures = refusals = 0
        first_limited_at: float | None = None
        estimate = _estimated_tokens(conversation) + _EXPECTED_COMPLETION_TOKENS
        while True:
            # What a batch brought is paid for.
            has_come = self._came is not None and question in self._came
            if has_come:
                reserved = self._set_aside.pop(question, Decimal(0))
            else:
                reserved = self._reserve(conversation) if self.fatal is None else Decimal(0)
                if self.fatal is not None:
                    return None, [*rows, self._failed_row(self.fatal, fingerprint, 0.0)]
            entered = await self._throttle.enter(estimate)
            reply: Reply | None = None
            failure = None if has_come else self.fatal
            started = self._clock()
            try:
                if failure is None:
                    reply = await self._ask(conversation, question)
            except Failure as error:
                failure = error
            finally:
                self._throttle.leave(
                    entered, is_congested=failure is not None and failure.kind in _CONGESTION,
                    estimated_tokens=estimate,
                    used_tokens=(reply.prompt_tokens or estimate) + (reply.completion_tokens or 0) if reply else None,
                    completion_tokens=(reply.completion_tokens or 0) if reply else 0,
                )  # fmt: skip
                self._purse.reserved_usd -= reserved
            seconds = self._clock() - started
            if reply is not None:
                self._has_answered = True
                self._seen_completions[0] += 1
                self._seen_completions[1] += reply.completion_tokens or 0
                if reply.pause_seconds:
                    self._throttle.pause(reply.pause_seconds)
                rows.append(self._row("ok", fingerprint, reply, seconds, question))
                return reply, rows
            assert failure is not None
            rows.append(self._failed_row(failure, fingerprint, seconds))
            if self.fatal is not None or failure.kind == "bad_request":
                return None, rows
            if failure.kind in STOPS:
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

    def _reserve(self, conversation: list[Message]) -> Decimal:
        """Set money aside for a request; `fatal` afterwards if there is not enough of it."""
        if self._price is None or self.settings.budget_usd is None:
            return Decimal(0)
        count, tokens = self._seen_completions
        expected = self._price.cost_usd(
            _estimated_tokens(conversation), 0, tokens // count if count else _EXPECTED_COMPLETION_TOKENS
        )
        if self.spent_usd + self._purse.reserved_usd + expected > self.settings.budget_usd:
            words = f"The budget of ${self.settings.budget_usd} does not reach further: ${self.spent_usd:.4f} are spent"
            self.fatal = Failure("budget", words)
            return Decimal(0)
        self._purse.reserved_usd += expected
        return expected

    async def _ask(self, conversation: list[Message], question: str) -> Reply:
        came = self._came.take(question) if self._came is not None else None
        if isinstance(came, Failure):
            raise came
        if came is not None:
            return came
        async with self._opening:
            if self._transport is None:
                self._transport = await self._opened()
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                return await self._transport.ask(conversation)
        except TimeoutError as error:
            raise Failure("timeout", "no answer in time") from error

    async def _opened(self) -> Transport:
        if self.settings.provider != "local":
            return open_transport(self.settings)
        from extract.providers.local import LocalServer

        if self._served is None:
            # Loading takes seconds; others' answers go on meanwhile.
            self._served = await asyncio.to_thread(LocalServer, self.settings.model_name)
        return open_transport(replace(self.settings, base_url=self._served.url))

    # --- rows ---

    def _row(self, status: AttemptStatus, fingerprint: str, reply: Reply, seconds: float, question: str) -> Attempt:
        cost: Decimal | None = None
        if self._price and reply.prompt_tokens is not None:
            cost = self._price.cost_usd(reply.prompt_tokens, reply.cached_tokens or 0, reply.completion_tokens or 0)
            cost = cost * BATCH_SHARE if reply.is_batch else cost
            self._purse.spent_usd += cost
        return Attempt(
            status=status, fingerprint=fingerprint, provider=self.name, raw_answer=self._without_key(reply.text),
            prompt_tokens=reply.prompt_tokens, cached_tokens=reply.cached_tokens,
            completion_tokens=reply.completion_tokens, cost_usd=cost, seconds=seconds, question=question,
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

    def _unanswered_row(self, outcome: str, fingerprint: str) -> Attempt:
        """The row of a document whose answers of earlier runs are no whole one, and which is not asked again."""
        words = self._clean(f"Earlier runs brought no whole answer; {outcome}.")
        return Attempt("invalid", fingerprint, self.name, None, "unsettled", words)

    def _without_key(self, text: str) -> str:
        key = self.settings.api_key
        return text.replace(key, "[key]") if key and len(key) > 3 else text

    def _clean(self, text: str) -> str:
        """One line without secrets."""
        return SECRETS.sub("[key]", self._without_key(" ".join(text.split())))


@dataclass(frozen=True)
class _Read:
    """What asking about a passage came to.

    Attributes:
        is_whole: There is an answer, and it did not break off.
        stop: Why the provider asks nothing more, where that kept it from asking all that there was to ask.
        is_lost: There is no whole answer because a request had no reply: nothing speaks against what came before.
    """

    attempts: list[Attempt]
    holding: Holding
    outcome: str
    is_whole: bool
    stop: Failure | None = None
    is_lost: bool = False

    def kept_attempts(self) -> list[Attempt]:
        """The attempts as the next run finds them: what was answered badly bears no question, and is asked anew."""
        is_kept = self.is_whole or self.is_lost
        return self.attempts if is_kept else [replace(one, question=None) for one in self.attempts]


@dataclass
class _Purse:
    """Money, in dollars, that was spent and that is set aside for requests under way."""

    spent_usd: Decimal = Decimal(0)
    reserved_usd: Decimal = Decimal(0)


def _united(parts: list[Holding]) -> Holding:
    """What the passages of a document add up to."""
    return Holding(
        sound=united([draft for one in parts for draft in one.sound]),
        faulty=[one for part in parts for one in part.faulty],
        withdrawn=[draft for one in parts for draft in one.withdrawn],
        is_incomplete=any(one.is_incomplete for one in parts),
    )


def _summed_up(
    attempts: list[Attempt], holding: Holding, outcome: str, provider: str, fingerprint: str, *, is_sum: bool = False
) -> list[Attempt]:
    """The attempts, and a last row with what they add up to, where no single answer says it."""
    if not holding.records and not holding.withdrawn and not is_sum:
        return attempts
    text = attempts[-1].raw_answer or "" if attempts else ""
    is_plain = not is_sum and text.startswith("{") and not holding.withdrawn
    if is_plain and attempts[-1].status == "ok" and read_answer(text).drafts == holding.records:
        return attempts
    reasons = [reason for _, reason in holding.faulty]
    if holding.is_incomplete:
        reasons.append("the answer broke off, and records may be missing")
    message = "; ".join([*([outcome] if outcome else []), *reasons])
    return [
        *attempts,
        Attempt(
            status="truncated" if holding.is_incomplete else "ok", fingerprint=fingerprint,
            provider=provider, raw_answer=holding.raw_answer(),
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
