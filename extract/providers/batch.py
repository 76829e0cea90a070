"""First questions of many documents through OpenAI's Batch API: half the price, within a day.

In: conversations. Out: a reply or a failure for each, by `prompt.conversation_key`. What a batch does not
answer is asked directly, later, by `llm`. A batch that is away is noted in a file before anything
counts, so that a run which is stopped or killed finds it again and pays nothing twice; the note goes when
no question of it is pending any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extract import prompt
from extract.errors import ConfigError, WarehouseError
from extract.prompt import Message
from extract.providers.llm_settings import OPENAI_URL, LLMSettings
from extract.providers.throttle import Sleep
from extract.providers.transports import (
    Failure,
    Reply,
    connected,
    constant_part,
    explain,
    failure_by_status,
    failure_of,
    reply_of,
)

# OpenAI's limits are 50,000 requests and 200 MB a batch.
_MAX_REQUESTS = 50_000
_MAX_BYTES = 100_000_000
_ENDED = frozenset({"completed", "expired", "cancelled", "failed"})
_MAX_FAILURES = 5
_AGAIN = frozenset({"server_error", "rate_limited", "timeout", "unreachable"})
# A file that was sent is found again among this many batches, if the run died before it noted the batch.
_LISTED = 100


@dataclass(frozen=True)
class _Away:
    """A batch that was sent, as a line of the notes.

    Attributes:
        batch_id: None when the run died between sending the file and learning of the batch.
        keys: Conversations in it.
    """

    file_id: str
    batch_id: str | None
    address: str
    model: str
    keys: list[str]


async def answers_of(
    conversations: Sequence[list[Message]], settings: LLMSettings, sleep: Sleep, say: Callable[[str], None]
) -> dict[str, Reply | Failure]:
    """Every answer that batches bring, those that were away already included; waits until they are done.

    Raises:
        ConfigError: If the server has no Batch API, refuses the key, or the notes have no place.
    """
    if settings.batch_state_path is None:
        raise ConfigError("A batch needs a place to be noted, so it works with 'pledgebook run' alone.")
    wanted = {prompt.conversation_key(one): one for one in conversations}
    notes = _Notes(settings.batch_state_path)
    session = connected(settings)
    service = _Service(session, settings, sleep)
    try:
        ours = [one for one in notes.read() if (one.address, one.model) == (service.address, settings.model)]
        away = [one for one in ours if set(one.keys) & set(wanted)]
        # Those of which nothing is pending any more are answered and published.
        for one in ours:
            if one not in away:
                notes.drop(one.file_id)
        sent = {key for one in away for key in one.keys}
        for body, keys in _files({key: one for key, one in wanted.items() if key not in sent}, settings):
            file_id = await service.upload(body)
            one = _Away(file_id, None, service.address, settings.model, keys)
            notes.add(one)
            away.append(one)
        came: dict[str, Reply | Failure] = {}
        for one in away:
            came |= await _collected(one, service, notes, settings, sleep, say)
        return {key: answer for key, answer in came.items() if key in wanted}
    except Failure as failure:
        raise ConfigError(explain(failure, settings)) from failure
    finally:
        await session.close()


async def _collected(
    one: _Away, service: _Service, notes: _Notes, settings: LLMSettings, sleep: Sleep, say: Callable[[str], None]
) -> dict[str, Reply | Failure]:
    """Wait for a batch and read what it brought."""
    batch_id = one.batch_id or await service.find(one.file_id) or await service.create(one.file_id)
    if one.batch_id is None:
        notes.replace(one, replace(one, batch_id=batch_id))
    told = ""
    while True:
        state = await service.get(f"batches/{batch_id}")
        if state["status"] in _ENDED:
            break
        counts = state.get("request_counts") or {}
        line = f"batch {batch_id}: {state['status']}, {counts.get('completed', 0)} of {len(one.keys)} answered"
        if line != told:
            say(f"{line}; stop at will: the next run goes on from here")
            told = line
        await sleep(settings.batch_poll_seconds)
    came: dict[str, Reply | Failure] = {}
    for name in ("output_file_id", "error_file_id"):
        if state.get(name):
            for line in (await service.content(state[name])).splitlines():
                came |= _answer(line)
    say(f"batch {batch_id}: {state['status']}, {len(came)} of {len(one.keys)} came")
    if state["status"] == "failed" and not came:
        errors = (state.get("errors") or {}).get("data") or [{}]
        notes.drop(one.file_id)
        raise Failure("bad_request", f"the batch {batch_id} failed: {errors[0].get('message') or 'no reason given'}")
    return came


def _answer(line: str) -> dict[str, Reply | Failure]:
    """One line of a batch's output; a line that cannot be read is no answer, and is asked for directly."""
    try:
        entry = json.loads(line)
        key, response = str(entry["custom_id"]), entry.get("response") or {}
        body = response.get("body") or {}
        status = int(response.get("status_code") or 0)
        if status == 200:
            return {key: replace(reply_of(body), is_batch=True)}
        message = (body.get("error") or entry.get("error") or {}).get("message") or "the batch gave no answer"
        return {key: failure_by_status(status or 500, str(message), body, {})}
    except (ValueError, LookupError, TypeError, AttributeError, Failure):
        return {}


def _files(
    wanted: Mapping[str, list[Message]], settings: LLMSettings
) -> Iterator[tuple[bytes, list[str]]]:  # fmt: skip
    """The questions as files of JSON lines, each within the limits."""
    constant = constant_part(settings)
    lines: list[bytes] = []
    keys: list[str] = []
    for key, conversation in wanted.items():
        request = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions",
                   "body": {**constant, "messages": conversation}}  # fmt: skip
        line = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        if lines and (len(lines) >= _MAX_REQUESTS or sum(map(len, lines)) + len(line) > _MAX_BYTES):
            yield b"".join(lines), keys
            lines, keys = [], []
        lines.append(line)
        keys.append(key)
    if lines:
        yield b"".join(lines), keys


class _Service:
    """The four calls that are needed."""

    def __init__(self, session: Any, settings: LLMSettings, sleep: Sleep) -> None:
        self.address = (settings.base_url or OPENAI_URL).rstrip("/")
        self._session = session
        self._sleep = sleep

    async def upload(self, body: bytes) -> str:
        import aiohttp

        def form() -> Any:
            made = aiohttp.FormData()
            made.add_field("purpose", "batch")
            made.add_field("file", body, filename="pledgebook.jsonl", content_type="application/jsonl")
            return made

        return str((await self._call("POST", "files", form))["id"])

    async def create(self, file_id: str) -> str:
        asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        return str((await self._call("POST", "batches", lambda: json.dumps(asked)))["id"])

    async def find(self, file_id: str) -> str | None:
        """The batch of a file, if one was made before the run that made it died."""
        listed = (await self.get(f"batches?limit={_LISTED}")).get("data") or []
        return next((str(one["id"]) for one in listed if one.get("input_file_id") == file_id), None)

    async def get(self, path: str) -> dict[str, Any]:
        return dict(await self._call("GET", path, lambda: None))

    async def content(self, file_id: str) -> str:
        return str(await self._call("GET", f"files/{file_id}/content", lambda: None, is_text=True))

    async def _call(self, method: str, path: str, make: Callable[[], Any], *, is_text: bool = False) -> Any:
        """One call; again a few times when the server or the network fails."""
        for attempt in range(1, _MAX_FAILURES + 1):
            data = make()
            headers = {"Content-Type": "application/json"} if isinstance(data, str) else {}
            try:
                async with self._session.request(
                    method, f"{self.address}/{path}", data=data, headers=headers
                ) as response:
                    text = (await response.read()).decode("utf-8", "replace")
                    status = response.status
                if status == 200:
                    return text if is_text else json.loads(text)
                failure = failure_by_status(status, text[:200], None, response.headers)
            except (TimeoutError, OSError, ValueError) as error:
                failure = failure_of(error)
            if failure.kind not in _AGAIN or attempt == _MAX_FAILURES:
                raise failure
            await self._sleep(failure.retry_after_seconds or min(30.0, 0.5 * 2.0**attempt))
        raise AssertionError("unreachable")


class _Notes:
    """Batches that are away, one JSON line each; written whole each time, and moved into place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[_Away] = []

    def read(self) -> list[_Away]:
        if not self._path.exists():
            return []
        self._held = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                self._held.append(_Away(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return list(self._held)

    def add(self, one: _Away) -> None:
        self._held.append(one)
        self._write()

    def replace(self, old: _Away, new: _Away) -> None:
        self._held = [new if one == old else one for one in self._held]
        self._write()

    def drop(self, file_id: str) -> None:
        self._held = [one for one in self._held if one.file_id != file_id]
        self._write()

    def _write(self) -> None:
        partial = self._path.with_name(self._path.name + ".partial")
        try:
            if not self._held:
                self._path.unlink(missing_ok=True)
                return
            lines = [json.dumps(one.__dict__) + "\n" for one in self._held]
            with partial.open("w", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self._path)
        except OSError as error:
            raise WarehouseError(f"{str(self._path)!r} cannot be written: {error.strerror}. Make room.") from error
