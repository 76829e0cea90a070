"""One question to one server: posted directly where it speaks OpenAI's protocol, through instructor elsewhere.

In: a conversation. Out: a `Reply`, or a `Failure` sorted by what may be done about it. Asking again
belongs to `llm`. Both packages are imported when the first question is put.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from extract import __version__, prompt
from extract.config import environment_proxy
from extract.prompt import Message, SchemaLength
from extract.providers.llm_settings import KEY_VARIABLES, OPENAI_URL, LLMSettings

FailureKind = Literal[
    "rate_limited", "server_error", "timeout", "unreachable", "not_the_protocol", "bad_request",
    "authentication", "unknown_model", "unsupported", "quota", "not_installed", "budget",
]  # fmt: skip


_DIRECT = frozenset({"openai", "ollama", "local"})
# Anthropic's interface demands a limit; other servers have one of their own.
_ANTHROPIC_OUTPUT_TOKENS = 8_192

_MAX_WORDS_CHARS = 300
_NO_STRUCTURE = re.compile(r"response_format|json_schema|structured output|tool_choice|\btools?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        text: The model's words, expected to be JSON.
        refusal: Its reason, when it would not answer.
        is_truncated: The answer broke off at a limit of tokens.
        is_batch: It came through a batch, at half the price.
        is_kept: An earlier run asked for it and paid, and its attempt is a row already.
        pause_seconds: Time until the server's own limit allows another request, if it said so.
    """

    text: str
    refusal: str | None = None
    is_truncated: bool = False
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    pause_seconds: float = 0.0
    is_batch: bool = False
    is_kept: bool = False


class Failure(Exception):
    """A request that brought no answer."""

    def __init__(self, kind: FailureKind, words: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(words)
        self.kind = kind
        self.words = words
        self.retry_after_seconds = retry_after_seconds


class Transport(Protocol):
    """Sends one conversation and brings one answer; raises `Failure` and nothing else."""

    async def ask(self, conversation: list[Message]) -> Reply: ...

    async def close(self) -> None: ...


def open_transport(settings: LLMSettings) -> Transport:
    if settings.provider in _DIRECT and settings.mode == "json_schema":
        return _OpenAITransport(settings)
    return _InstructorTransport(settings)


class _OpenAITransport:
    """OpenAI's protocol, posted as it is over one pool of connections.

    The openai client would do the same for 1 s of imports, 15 MB and, at 200 requests under way, six
    times the processor time; its tries and typed objects would go unused (benchmarks/llm_speed.py).
    """

    def __init__(self, settings: LLMSettings) -> None:
        self._url = f"{(settings.base_url or OPENAI_URL).rstrip('/')}/chat/completions"
        self._session = connected(settings)
        self._constant = constant_part(settings)

    async def ask(self, conversation: list[Message]) -> Reply:
        try:
            # A half of a surrogate pair, from a damaged text, is no UTF-8. The text that is encoded is not kept for
            # as long as the answer takes: of a thousand requests it is 10 MB.
            data = json.dumps(
                {**self._constant, "messages": conversation}, ensure_ascii=False, separators=(",", ":")
            ).encode("utf-8", "replace")
            headers_sent = {"Content-Type": "application/json"}
            async with self._session.post(self._url, data=data, headers=headers_sent) as response:
                status, headers, data = response.status, response.headers, await response.read()
        # aiohttp's errors share no base with those of a broken address.
        except Exception as error:
            raise failure_of(error) from error
        text = data.decode("utf-8", "replace")
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status != 200:
            raise failure_by_status(status, _words(_message(answer) or text or "no reason given"), answer, headers)
        try:
            reply, pause_seconds = reply_of(answer), _exhausted_seconds(headers)
            return replace(reply, pause_seconds=pause_seconds) if pause_seconds else reply
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Failure("not_the_protocol", f"it answers {_words(text[:200])!r}") from error

    async def close(self) -> None:
        await self._session.close()


def connected(settings: LLMSettings) -> Any:
    """A pool of connections to an OpenAI-compatible server, with key and headers."""
    import aiohttp

    headers = {"User-Agent": f"pledgebook/{__version__}"} | dict(settings.headers)
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    address = settings.base_url or OPENAI_URL
    is_secure = address.startswith("https:")
    return aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=settings.concurrency, ssl=_certificates() if is_secure else True),
        timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds),
        # Found once: with `trust_env` two threads a request look for it, and for a .netrc, which is half of what a
        # request costs.
        proxy=environment_proxy(address),
    )


def constant_part(settings: LLMSettings) -> dict[str, Any]:
    """What every request says beside its messages."""
    schema = {"name": "answer", "schema": prompt.response_schema(settings.schema_length)}
    return {
        "model": settings.model_name,
        "response_format": {"type": "json_schema", "json_schema": schema},
        **_sampling(settings),
    }


def _certificates() -> ssl.SSLContext:
    """The system's certificates; those of certifi where a system has none, as in slim containers."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


class _InstructorTransport:
    """Whatever instructor opens, in its modes; one question at a time, and its re-asking left out.

    instructor asks again by itself, but keeps neither the valid records of an invalid answer nor a
    row per attempt, so it is given one try and a model that accepts any record.
    """

    def __init__(self, settings: LLMSettings) -> None:
        self._settings = settings
        self._wire = _wire_model(settings.schema_length)
        self._arguments: dict[str, Any] = _sampling(settings)
        if settings.provider == "anthropic":
            self._arguments.setdefault("max_tokens", _ANTHROPIC_OUTPUT_TOKENS)
        self._client = self._open()

    def _open(self) -> Any:
        import instructor

        # It logs what it raises; here every failure is a row, with its secrets taken out.
        logging.getLogger("instructor").setLevel(logging.CRITICAL)
        mode = instructor.Mode[self._settings.mode.upper()]
        try:
            if self._settings.provider in _DIRECT:
                import openai

                settings = self._settings
                client = openai.AsyncOpenAI(
                    api_key=settings.api_key or "none", base_url=settings.base_url or OPENAI_URL,
                    timeout=settings.timeout_seconds, max_retries=0, default_headers=dict(settings.headers),
                )  # fmt: skip
                return instructor.from_openai(client, model=settings.model_name, mode=mode)
            opened = instructor.from_provider(
                self._settings.model, async_client=True, mode=mode,
                **({"api_key": self._settings.api_key} if self._settings.api_key else {}),
            )  # fmt: skip
        # What a provider's package raises when it is missing or misconfigured is its own affair.
        except Exception as error:
            raise Failure("not_installed", _words(str(error))) from error
        if hasattr(opened.client, "max_retries"):
            # Tries hidden in the client would be no rows and would not slow the others down.
            opened.client.max_retries = 0
        return opened

    async def ask(self, conversation: list[Message]) -> Reply:
        from instructor.hooks import Hooks

        completions: list[Any] = []
        hooks = Hooks()
        hooks.on("completion:response", completions.append)
        parsed = None
        try:
            parsed = await self._client.create(
                messages=[dict(message) for message in conversation], response_model=self._wire, max_retries=0,
                hooks=hooks, **self._arguments,
            )  # fmt: skip
        # Every provider's package has errors of its own; `failure_of` sorts them by what they carry.
        except Exception as error:
            # Answered, but not as instructor expects: a refusal, a broken answer. It is read here.
            if not completions:
                raise failure_of(error) from error
        try:
            reply = reply_of(_plain(completions[-1]))
        except (ValueError, LookupError, TypeError, AttributeError):
            reply = Reply("")
        if parsed is not None and not reply.text:
            reply = replace(reply, text=json.dumps({"records": parsed.records}, ensure_ascii=False), refusal=None)
        return reply

    async def close(self) -> None:
        closing = getattr(self._client.client, "close", None) or getattr(self._client.client, "aclose", None)
        if closing is not None:
            result = closing()
            if asyncio.iscoroutine(result):
                await result


def _sampling(settings: LLMSettings) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if settings.temperature is not None:
        chosen["temperature"] = settings.temperature
    if settings.max_output_tokens is not None:
        # OpenAI's newer models refuse the old name, other servers do not know the new one.
        is_openai = settings.provider == "openai" and settings.base_url in (None, OPENAI_URL)
        chosen["max_completion_tokens" if is_openai else "max_tokens"] = settings.max_output_tokens
    return chosen


def _wire_model(length: SchemaLength) -> type[Any]:
    from pydantic import BaseModel, ConfigDict

    class Facts(BaseModel):
        """The facts of the document."""

        model_config = ConfigDict(extra="allow")
        records: list[Any]

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return {"title": "Facts", **prompt.response_schema(length)}

    return Facts


# --- what servers say ----------------------------------------------------------------------------


def _plain(completion: Any) -> Any:
    dump = getattr(completion, "model_dump", None)
    return dump() if dump else completion


def reply_of(data: Any) -> Reply:
    """A reply of OpenAI's protocol, or of Anthropic's, which has no choices but content.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: If it is neither.
        Failure: If it is an error in the disguise of an answer, as some gateways send.
    """
    if "choices" not in data and isinstance(data.get("error"), dict):
        error = data["error"]
        raise failure_by_status(int(error.get("code") or 500), _words(str(error.get("message") or error)), error, {})
    if "choices" not in data:
        return _anthropic_reply(data)
    choice = data["choices"][0]
    message = choice["message"]
    calls = message.get("tool_calls") or []
    text = calls[0]["function"]["arguments"] if calls else message.get("content")
    if isinstance(text, list):
        text = "".join(part.get("text", "") for part in text)
    finish = choice.get("finish_reason")
    refusal = message.get("refusal")
    if refusal is None and finish == "content_filter":
        refusal = "stopped by the provider's content filter"
    usage = data.get("usage") or {}
    return Reply(
        text=text or "",
        refusal=refusal,
        is_truncated=finish == "length",
        prompt_tokens=usage.get("prompt_tokens"),
        cached_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        completion_tokens=usage.get("completion_tokens"),
    )


def _anthropic_reply(data: Mapping[str, Any]) -> Reply:
    blocks = data["content"]
    called = [json.dumps(block["input"], ensure_ascii=False) for block in blocks if block["type"] == "tool_use"]
    written = "".join(block["text"] for block in blocks if block["type"] == "text")
    usage = data.get("usage") or {}
    cached = usage.get("cache_read_input_tokens") or 0
    return Reply(
        text=called[0] if called else written,
        refusal=(written or "no reason given") if data.get("stop_reason") == "refusal" else None,
        is_truncated=data.get("stop_reason") == "max_tokens",
        prompt_tokens=(usage.get("input_tokens") or 0) + cached + (usage.get("cache_creation_input_tokens") or 0),
        cached_tokens=cached,
        completion_tokens=usage.get("output_tokens"),
    )


def failure_of(error: BaseException) -> Failure:
    """Sort an error of any provider's package by what it carries: a status, a timeout, a connection."""
    links = list(_chain(error))
    for link in links:
        if isinstance(link, Failure):
            return link
        status = getattr(link, "status_code", None)
        if isinstance(status, int):
            body = getattr(link, "body", None)
            headers = getattr(getattr(link, "response", None), "headers", None) or {}
            return failure_by_status(status, _words(_message(body) or str(link)), body, headers)
    for link in links:
        if isinstance(link, TimeoutError) or "Timeout" in _kinds(link):
            return Failure("timeout", "no answer in time")
    for link in reversed(links):
        if isinstance(link, OSError) or "Connect" in _kinds(link) or "Protocol" in _kinds(link):
            return Failure("unreachable", _words(str(link)) or type(link).__name__)
    if any(isinstance(link, ImportError) or "Config" in _kinds(link) for link in links):
        return Failure("not_installed", _words(str(error)))
    return Failure("server_error", _words(f"{type(error).__name__}: {error}"))


def failure_by_status(status: int, words: str, body: Any, headers: Mapping[str, str]) -> Failure:
    said = f"HTTP {status}: {words}"
    inner = body.get("error", body) if isinstance(body, dict) else None
    code = str(inner.get("code") or "") if isinstance(inner, dict) else ""
    if status == 429 and code == "insufficient_quota":
        return Failure("quota", said)
    if status == 429:
        return Failure("rate_limited", said, retry_after_seconds=_retry_after_seconds(headers))
    if status in (401, 403):
        return Failure("authentication", said)
    if status == 404 or code == "model_not_found":
        return Failure("unknown_model", said)
    if status in (400, 422) and _NO_STRUCTURE.search(words):
        return Failure("unsupported", said)
    if status >= 500 or status in (408, 409):
        return Failure("server_error", said, retry_after_seconds=_retry_after_seconds(headers))
    return Failure("bad_request", said)


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks to wait; None when it does not say."""
    try:
        if headers.get("retry-after-ms"):
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after") or headers.get("Retry-After")
        if not value:
            return None
        if re.fullmatch(r"\d+(?:\.\d+)?", value.strip()):
            return float(value)
        return max(0.0, (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def _exhausted_seconds(headers: Mapping[str, str]) -> float:
    """Seconds until the limit resets, when its headers say that nothing of it is left; otherwise 0."""
    waits = [0.0]
    for kind in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{kind}") == "0":
            found = _DURATION.fullmatch(headers.get(f"x-ratelimit-reset-{kind}") or "")
            if found:
                hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
                waits.append(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)
    return max(waits)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop(0)
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__]
            for attempt in getattr(link, "failed_attempts", None) or []:
                waiting.append(getattr(attempt, "exception", None))


def _kinds(error: BaseException) -> str:
    """Names of an error's classes: packages that are not imported cannot be asked for theirs."""
    return " ".join(kind.__name__ for kind in type(error).__mro__)


def _message(body: Any) -> str | None:
    if isinstance(body, dict):
        inner = body.get("error")
        message = body.get("message") or (inner.get("message") if isinstance(inner, dict) else inner)
        return str(message) if message else None
    return str(body) if body else None


def _words(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _MAX_WORDS_CHARS else line[: _MAX_WORDS_CHARS - 1] + "…"


def explain(failure: Failure, settings: LLMSettings) -> str:
    """One line: the thing, the reason, the next step."""
    model, address, words = settings.model, settings.address, failure.words
    variable = KEY_VARIABLES.get(settings.provider) or "the key"
    match failure.kind:
        case "authentication":
            return f"{address} does not accept the key in {variable}: {words}. Check the key and what it may use."
        case "unknown_model":
            return f"{address} has no model {settings.model_name!r}: {words}. Check --model and the address."
        case "unreachable":
            return f"Nothing answers at {address}: {words}. Start the server, or check OPENAI_BASE_URL and the network."
        case "not_the_protocol":
            return f"{address} does not speak OpenAI's protocol: {words}. Check OPENAI_BASE_URL; it often ends in /v1."
        case "unsupported":
            return (
                f"The model {model!r} cannot give structured output in mode {settings.mode!r}: {words}. "
                f"Try --mode {' or '.join(mode for mode in ('tools', 'json', 'md_json') if mode != settings.mode)}."
            )
        case "quota":
            return f"The account at {address} has no credit left: {words}. Top it up, then run again: it resumes."
        case "budget":
            return f"{words}. What came is kept: call again to go on."
        case "not_installed":
            return f"The model {model!r} cannot be opened: {words}. Install or configure what it names."
        case "timeout":
            return (
                f"The model {model!r} did not answer within {settings.timeout_seconds:g} s. "
                "Raise the timeout, or ask fewer at once."
            )
        case "rate_limited":
            return f"{address} asks for fewer requests: {words}. Run again later, or set requests per minute."
        case "bad_request":
            return f"{address} cannot take this request: {words}. Shorten the document, or use another model."
        case "server_error":
            return f"{address} failed: {words}. Run again later: answers that came are kept."
