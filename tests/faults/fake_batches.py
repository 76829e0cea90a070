"""A server that speaks OpenAI's file and batch endpoints on loopback; batches are done when a test says so."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


def completion(content: str) -> dict[str, Any]:
    """A chat completion that costs 1,000 + 100 tokens."""
    return {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100},
    }


class FakeBatches:
    """The server; use it as a context.

    Attributes:
        answer: Body of the answer to a request's body; None leaves it out of the output.
        polls_until_done: Questions about a batch that are answered `in_progress` first.
        breaks_after: So many bytes of the next file are sent, and then the connection ends.
        dies_after: A path whose next POST is done and not answered, as when the caller is killed.
    """

    def __init__(self, answer: Answer, *, polls_until_done: int = 0) -> None:
        self.answer = answer
        self.polls_until_done = polls_until_done
        self.dies_after: str | None = None
        self.breaks_after: int | None = None
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.direct: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeBatches:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def requests_of(self, file_id: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[file_id].splitlines()]

    def post(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        if path == "/v1/files":
            message = email.message_from_bytes(
                b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
            )
            parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
            assert parts["purpose"].get_payload(decode=True) == b"batch"
            file_id = f"file-{len(self.files)}"
            self.files[file_id] = parts["file"].get_payload(decode=True)
            return {"id": file_id, "object": "file"}
        asked = json.loads(body)
        if path == "/v1/batches":
            assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
            batch_id = f"batch-{len(self.batches)}"
            self.batches[batch_id] = {"id": batch_id, "status": "in_progress", "polls": 0, **asked}
            return self.batches[batch_id]
        assert path == "/v1/chat/completions"
        self.direct.append(asked)
        answered = self.answer(asked)
        assert answered is not None
        return answered

    def get(self, path: str) -> dict[str, Any] | bytes:
        if path.startswith("/v1/batches?"):
            return {"data": list(self.batches.values())}
        if path.startswith("/v1/batches/"):
            batch = self.batches[path.rpartition("/")[2]]
            batch["polls"] += 1
            if batch["status"] == "in_progress" and batch["polls"] > self.polls_until_done:
                batch |= {"status": "completed", "output_file_id": self._output(batch)}
            return batch
        return self.files[path.split("/")[3]]

    def _output(self, batch: dict[str, Any]) -> str:
        lines = []
        for request in self.requests_of(batch["input_file_id"]):
            assert (request["method"], request["url"]) == ("POST", "/v1/chat/completions")
            body = self.answer(request["body"])
            if body is not None:
                response = {"status_code": 200, "body": body}
                lines.append(json.dumps({"custom_id": request["custom_id"], "response": response, "error": None}))
        # Its answers come in any order.
        file_id = f"file-out-{batch['id']}"
        self.files[file_id] = "\n".join(reversed(lines)).encode()
        return file_id

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Silent."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.calls.append(f"POST {self.path}")
                answer = server.post(self.path, body, self.headers["Content-Type"])
                if server.dies_after == self.path:
                    server.dies_after = None
                    self.close_connection = True
                    return
                self._send(json.dumps(answer).encode())

            def do_GET(self) -> None:
                server.calls.append(f"GET {self.path}")
                found = server.get(self.path)
                if isinstance(found, bytes) and server.breaks_after is not None:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(found)))
                    self.end_headers()
                    self.wfile.write(found[: server.breaks_after])
                    server.breaks_after = None
                    return
                self._send(found if isinstance(found, bytes) else json.dumps(found).encode())

            def _send(self, data: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler
