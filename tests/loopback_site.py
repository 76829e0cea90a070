"""A web site on loopback whose pages a test sets, and which notes what it was asked."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """One answer.

    Attributes:
        is_tagged: Has an ETag, and is not sent again to who names it.
    """

    body: bytes = b""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    is_tagged: bool = True
    is_packed: bool = False


class Site:
    """The server, in threads of its own; use it as a context.

    Attributes:
        pages: By path.
        asked: Path and status of each request, in order.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, int]] = []
        self.headers: list[dict[str, str]] = []
        self.is_down = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def article(self, path: str, title: str, *paragraphs: str) -> str:
        """Put a page up; gives its address."""
        body = "".join(f"<p>{one}</p>" for one in paragraphs)
        html = f"<title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"
        self.pages[path] = Page(f"<!doctype html><html><head>{html}".encode())
        return self.url + path

    def feed(self, path: str, *paths: str, title: str = "Lake Wire") -> str:
        """Put up an RSS feed of these pages; gives its address."""
        items = "".join(f"<item><title>{one}</title><link>{self.url}{one}</link></item>" for one in paths)
        text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'
        self.pages[path] = Page(text.encode(), media_type="application/rss+xml")
        return self.url + path

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Silent."""

            def do_GET(self) -> None:
                page = site.pages.get(self.path, Page(status=404))
                if site.is_down:
                    page = Page(status=500)
                tag = f'"{hashlib.sha256(page.body).hexdigest()[:12]}"'
                status, body = page.status, page.body
                if page.is_tagged and status == 200 and self.headers.get("If-None-Match") == tag:
                    status, body = 304, b""
                site.asked.append((self.path, status))
                site.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(status)
                if page.is_packed and body:
                    body = gzip.compress(body)
                    self.send_header("Content-Encoding", "gzip")
                if page.is_tagged and page.status == 200:
                    self.send_header("ETag", tag)
                self.send_header("Content-Type", page.media_type)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
