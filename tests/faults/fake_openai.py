"""A server that speaks OpenAI's chat protocol on loopback, and misbehaves as it is told.

Each request takes the next reply of the script; the last one is given again for every further
request. Nothing here waits for a clock: a reply that must not come is held until the server closes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HELD_SECONDS = 30.0


@dataclass(frozen=True)
class FakeReply:
    """One answer of the server; `body` wins over what is made of the other fields."""

    content: str | None = None
    status: int = 200
    finish_reason: str = "stop"
    refusal: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    is_held: bool = False
    is_dropped: bool = False
    prompt_tokens: int = 100
    cached_tokens: int = 0
    completion_tokens: int = 20


@dataclass(frozen=True)
class FakeRequest:
    """What the server was asked, and when (seconds of the monotonic clock)."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])


Script = list[FakeReply] | Callable[[FakeRequest], FakeReply]


def records(*drafts: dict[str, Any], **more: Any) -> FakeReply:
    """A right answer with these drafts."""
    return FakeReply(json.dumps({"records": list(drafts)}, ensure_ascii=False), **more)


def failed(status: int, message: str, *, code: str | None = None, headers: dict[str, str] | None = None) -> FakeReply:
    """An error in OpenAI's form."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": code}})
    return FakeReply(status=status, body=body, headers=headers or {})


class FakeServer:
    """The server, in threads of its own; use it as a context."""

    def __init__(self, script: Script) -> None:
        self.requests: list[FakeRequest] = []
        self.most_in_flight = 0
        self._script = script
        self._in_flight = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(HELD_SECONDS)

    def _next(self, request: FakeRequest) -> FakeReply:
        with self._lock:
            self.requests.append(request)
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.requests), len(self._script)) - 1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Silent."""

            def do_POST(self) -> None:
                with server._lock:
                    server._in_flight += 1
                    server.most_in_flight = max(server.most_in_flight, server._in_flight)
                try:
                    self._answer()
                finally:
                    with server._lock:
                        server._in_flight -= 1

            def _answer(self) -> None:
                arrived_at = time.monotonic()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = server._next(FakeRequest(arrived_at, self.path, headers, body))
                if reply.is_held:
                    server._closing.wait(HELD_SECONDS)
                if reply.is_held or reply.is_dropped:
                    self.close_connection = True
                    return
                data = (reply.body if reply.body is not None else json.dumps(_completion(reply, body))).encode()
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler


def _completion(reply: FakeReply, asked: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    if asked.get("tools") and reply.refusal is None:
        name = asked["tools"][0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": reply.content or ""}}
        message |= {"content": None, "tool_calls": [call]}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
        "usage": {
            "prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        },
    }  # fmt: skip
