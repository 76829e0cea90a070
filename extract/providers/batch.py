"""First questions of many documents through OpenAI's Batch API: half the price, within a day.

In: conversations, one after the other. Out: a reply or a failure for each, by `prompt.conversation_key`. Both wait on
disk: they are more than all else that a run holds. What a batch does not
answer is asked directly, later, by `llm`. A batch that is away is noted in a file before anything
counts, so that a run which is stopped or killed finds it again and pays nothing twice; the note goes when
no question of it is pending any more.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

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
from extract.spill import Spill

# OpenAI's limits are 50,000 requests and 200 MB a batch.
_MAX_REQUESTS = 50_000
_MAX_BYTES = 100_000_000
_ENDED = frozenset({"completed", "expired", "cancelled", "failed"})
_MAX_FAILURES = 5
_CHUNK_BYTES = 1 << 16
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


class Came:
    """What batches brought, on disk until it is asked for.

    Args:
        folder: On whose disk.
    """

    def __init__(self, folder: Path) -> None:
        self._spill = Spill(folder)
        self._offsets: dict[bytes, int] = {}

    def put(self, key: str, answer: Reply | Failure) -> None:
        """Keep the answer to the question `key`, in place of one that was kept.

        Raises:
            WarehouseError: If there is no room for it.
        """
        stated: dict[str, Any] = (
            {"reply": asdict(answer)} if isinstance(answer, Reply) else
            {"failure": [answer.kind, answer.words, answer.retry_after_seconds]}
        )  # fmt: skip
        self._offsets[bytes.fromhex(key)] = self._spill.put(json.dumps(stated).encode("ascii"))

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._offsets

    def take(self, key: str) -> Reply | Failure | None:
        """The answer to that question, once; None if there is none.

        Raises:
            WarehouseError: If it cannot be read.
        """
        offset = self._offsets.pop(bytes.fromhex(key), None)
        if offset is None:
            return None
        stated = json.loads(self._spill.get(offset))
        if "reply" in stated:
            return Reply(**stated["reply"])
        kind, words, retry_after_seconds = stated["failure"]
        return Failure(kind, words, retry_after_seconds=retry_after_seconds)

    def close(self) -> None:
        """Give its room back."""
        self._offsets.clear()
        self._spill.close()


def keys_away(settings: LLMSettings) -> set[bytes]:
    """The questions in batches that were sent before, and have not come back to a run that was published.

    Raises:
        ConfigError: If batches have no place to be noted.
    """
    notes = _Notes(_place(settings))
    return {bytes.fromhex(key) for one in notes.read() if _is_ours(one, settings) for key in one.keys}


def _place(settings: LLMSettings) -> Path:
    if settings.batch_state_path is None:
        raise ConfigError("A batch needs a place to be noted, so it works with 'pledgebook run' alone.")
    return settings.batch_state_path


def _is_ours(one: _Away, settings: LLMSettings) -> bool:
    return (one.address, one.model) == (_address(settings), settings.model)


def _address(settings: LLMSettings) -> str:
    return (settings.base_url or OPENAI_URL).rstrip("/")


async def answers_of(
    conversations: Iterable[list[Message]], settings: LLMSettings, sleep: Sleep, say: Callable[[str], None]
) -> Came:
    """Every answer that batches bring, those that were away already included; waits until they are done.

    Args:
        conversations: Gone through once; one is in memory at a time.

    Raises:
        ConfigError: If the server has no Batch API, refuses the key, or the notes have no place.
        WarehouseError: If there is no room for questions or answers.
    """
    place = _place(settings)
    notes = _Notes(place)
    session = connected(settings)
    service = _Service(session, settings, sleep)
    came = Came(place.parent)
    try:
        ours = [one for one in notes.read() if _is_ours(one, settings)]
        sent = {bytes.fromhex(key) for one in ours for key in one.keys}
        wanted: set[bytes] = set()
        new = []
        for body, keys in _files(conversations, settings, sent, wanted):
            one = _Away(await service.upload(body), None, service.address, settings.model, keys)
            notes.add(one)
            new.append(one)
        away = [one for one in ours if any(bytes.fromhex(key) in wanted for key in one.keys)]
        # Those of which nothing is pending any more are answered and published.
        for one in ours:
            if one not in away:
                notes.drop(one.file_id)
        for one in (*away, *new):
            await _collect(one, wanted, came, service, notes, settings, sleep, say)
    except Failure as failure:
        came.close()
        raise ConfigError(explain(failure, settings)) from failure
    except BaseException:
        came.close()
        raise
    finally:
        await session.close()
    return came


async def _collect(
    one: _Away, wanted: set[bytes], came: Came, service: _Service, notes: _Notes, settings: LLMSettings, sleep: Sleep,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Wait for a batch, and keep what it brought of what is wanted."""
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
    brought: set[bytes] = set()

    def take(line: bytes) -> None:
        key, answer = _answer(line)
        if answer is not None and key in ours:
            brought.add(key)
            if key in wanted:
                came.put(key.hex(), answer)

    ours = {bytes.fromhex(key) for key in one.keys}
    for name in ("output_file_id", "error_file_id"):
        if state.get(name):
            await service.read_lines(state[name], take)
    say(f"batch {batch_id}: {state['status']}, {len(brought)} of {len(one.keys)} came")
    if state["status"] == "failed" and not brought:
        errors = (state.get("errors") or {}).get("data") or [{}]
        notes.drop(one.file_id)
        raise Failure("bad_request", f"the batch {batch_id} failed: {errors[0].get('message') or 'no reason given'}")


def _answer(line: bytes) -> tuple[bytes, Reply | Failure | None]:
    """One line of a batch's output: which question, and its answer.

    None where the line cannot be read: it is no answer, and the question is asked directly.
    """
    try:
        entry = json.loads(line.decode("utf-8", "replace"))
        key, response = bytes.fromhex(str(entry["custom_id"])), entry.get("response") or {}
        body = response.get("body") or {}
        status = int(response.get("status_code") or 0)
        if status == 200:
            return key, replace(reply_of(body), is_batch=True)
        message = (body.get("error") or entry.get("error") or {}).get("message") or "the batch gave no answer"
        return key, failure_by_status(status or 500, str(message), body, {})
    except (ValueError, LookupError, TypeError, AttributeError, Failure):
        return b"", None


def _files(
    conversations: Iterable[list[Message]], settings: LLMSettings, sent: set[bytes], wanted: set[bytes]
) -> Iterator[tuple[IO[bytes], list[str]]]:
    """The questions that were not `sent` as files of JSON lines, each within the limits, with their keys.

    A file is there until the next is asked for.

    Args:
        wanted: The keys of all questions are put into it.
    """
    assert settings.batch_state_path is not None
    constant = constant_part(settings)
    with _temporary(settings.batch_state_path.parent) as file:
        keys: list[str] = []
        bytes_n = 0
        for conversation in conversations:
            key = prompt.conversation_key(conversation)
            if bytes.fromhex(key) in wanted:
                continue
            wanted.add(bytes.fromhex(key))
            if bytes.fromhex(key) in sent:
                continue
            request = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions",
                       "body": {**constant, "messages": conversation}}  # fmt: skip
            line = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
            if keys and (len(keys) >= _MAX_REQUESTS or bytes_n + len(line) > _MAX_BYTES):
                file.flush()
                yield file, keys
                file.seek(0)
                file.truncate()
                keys, bytes_n = [], 0
            file.write(line)
            bytes_n += len(line)
            keys.append(key)
        if keys:
            file.flush()
            yield file, keys


@contextmanager
def _temporary(folder: Path) -> Iterator[IO[bytes]]:
    """A file without a name; what cannot be written to it is said.

    Raises:
        WarehouseError: If it cannot be written.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise WarehouseError(
            f"The questions of a batch cannot be written in {str(folder)!r} ({error.strerror}). "
            "Make room and call again."
        ) from error


class _Service:
    """The four calls that are needed."""

    def __init__(self, session: Any, settings: LLMSettings, sleep: Sleep) -> None:
        self.address = _address(settings)
        self._session = session
        self._timeout_seconds = settings.timeout_seconds
        self._sleep = sleep

    async def upload(self, file: IO[bytes]) -> str:
        import aiohttp

        def form() -> Any:
            # aiohttp closes what it has sent; another try begins anew.
            body = os.fdopen(os.dup(file.fileno()), "rb")
            body.seek(0)
            made = aiohttp.FormData()
            made.add_field("purpose", "batch")
            made.add_field("file", body, filename="pledgebook.jsonl", content_type="application/jsonl")
            return made

        return str((await self._call("POST", "files", form, is_large=True))["id"])

    async def create(self, file_id: str) -> str:
        asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        return str((await self._call("POST", "batches", lambda: json.dumps(asked)))["id"])

    async def find(self, file_id: str) -> str | None:
        """The batch of a file, if one was made before the run that made it died."""
        listed = (await self.get(f"batches?limit={_LISTED}")).get("data") or []
        return next((str(one["id"]) for one in listed if one.get("input_file_id") == file_id), None)

    async def get(self, path: str) -> dict[str, Any]:
        return dict(await self._call("GET", path, lambda: None))

    async def read_lines(self, file_id: str, take: Callable[[bytes], None]) -> None:
        """Have `take` called with each line of a file; with some twice, if the connection breaks."""

        async def read(response: Any) -> None:
            rest = b""
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    take(line)
            take(rest)

        await self._call("GET", f"files/{file_id}/content", lambda: None, read=read, is_large=True)

    async def _call(
        self, method: str, path: str, make: Callable[[], Any], *,
        read: Callable[[Any], Awaitable[Any]] | None = None, is_large: bool = False,
    ) -> Any:  # fmt: skip
        """One call; again a few times when the server or the network fails.

        Args:
            read: What makes the result of a response; without it, it is the JSON that it holds.
            is_large: A hundred megabytes may travel: only silence may be too long.
        """
        import aiohttp

        seconds = self._timeout_seconds
        timeout = aiohttp.ClientTimeout(sock_read=seconds) if is_large else aiohttp.ClientTimeout(total=seconds)
        for attempt in range(1, _MAX_FAILURES + 1):
            data = make()
            headers = {"Content-Type": "application/json"} if isinstance(data, str) else {}
            try:
                async with self._session.request(
                    method, f"{self.address}/{path}", data=data, headers=headers, timeout=timeout
                ) as response:
                    if response.status == 200 and read is not None:
                        return await read(response)
                    text = (await response.read()).decode("utf-8", "replace")
                if response.status == 200:
                    return json.loads(text)
                failure = failure_by_status(response.status, text[:200], None, response.headers)
            except (TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
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
                one = _Away(**json.loads(line))
                for key in one.keys:
                    bytes.fromhex(key)
                self._held.append(one)
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
