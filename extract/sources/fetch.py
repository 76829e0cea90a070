"""One page over HTTP: politely, within limits, and never from the machine's own network.

In: an address, which a feed may have named and is not to be trusted. Out: bytes, or that nothing
changed, or that the page is gone. Which addresses are worth it is not decided here.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urldefrag, urljoin, urlsplit

from extract.config import environment_proxy
from extract.errors import DocumentError
from extract.formats import decompressed
from extract.sources.robots import Robots, parse_robots
from extract.sources.settings import Fetching
from extract.sources.state import SourceState

if TYPE_CHECKING:
    import aiohttp

_ROBOTS_SECONDS = 24 * 3600
_ROBOTS_BYTES = 512_000
_PIECE = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A site that fails so often in a row is left alone until the next run.
_MAX_FAILURES_IN_ROW = 3
_MAX_PAUSE_SECONDS = 7 * 24 * 3600.0

_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class FetchError(DocumentError):
    """A page could not be fetched; asking again later may help.

    Attributes:
        not_before: When the server wants to be asked again; seconds since 1970.
        status: What the server answered.
        is_paused: Nobody was asked, since the site wants to be left alone.
    """

    def __init__(
        self, message: str, not_before: float | None = None, *, status: int | None = None, is_paused: bool = False
    ) -> None:
        super().__init__(message)
        self.not_before = not_before
        self.status = status
        self.is_paused = is_paused


@dataclass(frozen=True)
class Fetched:
    """What a server answered.

    Attributes:
        status: `same` if it says that nothing has changed, `gone` if there is no such page any more.
    """

    status: Literal["ok", "same", "gone"]
    data: bytes = b""
    media_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass
class _Host:
    """How one host is treated: one request at a time, so far apart."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    not_before: float = 0.0
    failures_in_row: int = 0
    robots: Robots | None = None


class _RefusedError(OSError):
    """An address of a network that is not to be reached."""


class Fetcher:
    """Fetches pages; use it as an asynchronous context.

    Args:
        settings: [fetch] of sources.toml.
        state: Keeps each host's robots.txt.
    """

    def __init__(self, settings: Fetching, state: SourceState) -> None:
        self._settings = settings
        self._state = state
        self._hosts: dict[str, _Host] = {}
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def get(
        self, address: str, *, etag: str | None = None, last_modified: str | None = None, max_bytes: int | None = None
    ) -> Fetched:
        """The page at `address`, if it is another than the one with this ETag and date.

        Raises:
            FetchError: If it cannot be had.
            DocumentError: If it never will be as it is: too large, not allowed, damaged.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        place = address
        for _ in range(self._settings.max_redirects + 1):
            if self._settings.robots and not (await self._robots(place)).allows(place):
                raise DocumentError(f"{address!r} is closed to programs by the site's robots.txt. Leave it out.")
            answer = await self._ask(place, headers, max_bytes or self._settings.max_bytes)
            if isinstance(answer, Fetched):
                return answer
            place = answer
        raise FetchError(f"{address!r} leads on more than {self._settings.max_redirects} times. Check the address.")

    async def _robots(self, address: str) -> Robots:
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        host = self._host(address)
        if host.robots is not None:
            return host.robots
        kept = self._state.robots(site)
        if kept is not None and 0 <= time.time() - kept[0] < _ROBOTS_SECONDS:
            text = kept[2]
        else:
            text = await self._fetch_robots(site)
            self._state.keep_robots(site, time.time(), 200, text)
        host.robots = parse_robots(text, self._settings.user_agent)
        return host.robots

    async def _fetch_robots(self, site: str) -> str:
        """The site's robots.txt; empty where there is none, which allows everything.

        Raises:
            FetchError: If the site is out of order: then nothing is allowed for now.
        """
        place = f"{site}/robots.txt"
        for _ in range(self._settings.max_redirects + 1):
            try:
                answer = await self._ask(place, {}, _ROBOTS_BYTES)
            except FetchError as error:
                if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                    return ""
                raise FetchError(
                    f"{site!r} does not give its robots.txt, so nothing is fetched there: {error}", error.not_before
                ) from error
            except DocumentError as error:
                if "larger" not in str(error):
                    raise
                return ""
            if isinstance(answer, Fetched):
                return answer.data.decode("utf-8", "replace") if answer.status == "ok" else ""
            place = answer
        return ""

    # --- one request -------------------------------------------------------------------------------

    async def _ask(self, address: str, headers: dict[str, str], max_bytes: int) -> Fetched | str:
        """The answer to one request, or where it leads on."""
        _check_scheme(address)
        host = self._host(address)
        async with host.lock:
            if time.time() < host.not_before:
                until = datetime.fromtimestamp(host.not_before, UTC).strftime("%Y-%m-%d %H:%M UTC")
                message = f"{address!r}: its site asked to be left alone until {until}."
                raise FetchError(message, host.not_before, is_paused=True)
            if host.failures_in_row >= _MAX_FAILURES_IN_ROW:
                raise FetchError(f"{address!r}: its site is out of order. It is tried again later.", is_paused=True)
            delay = max(1.0 / self._settings.requests_per_second, host.robots.delay_seconds if host.robots else 0.0)
            await asyncio.sleep(max(0.0, host.free_at - time.monotonic()))
            try:
                answer = await self._request(address, headers, max_bytes, host)
                host.failures_in_row = 0
                return answer
            except FetchError as error:
                is_site = error.status is None or error.status >= 500
                host.failures_in_row = host.failures_in_row + 1 if is_site else 0
                raise
            finally:
                host.free_at = time.monotonic() + delay

    async def _request(
        self, address: str, headers: dict[str, str], max_bytes: int, host: _Host
    ) -> Fetched | str:  # fmt: skip
        import aiohttp

        proxy = self._proxy(address)
        if proxy:
            await self._check_by_name(address)
        try:
            async with self._session(bool(proxy)).get(
                address, headers=headers, allow_redirects=False, proxy=proxy
            ) as response:
                return await self._read(response, address, max_bytes, host)
        except TimeoutError as error:
            seconds = self._settings.timeout.total_seconds()
            raise FetchError(f"{address!r} did not answer within {seconds:g} s. It is tried again later.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if "private network" in str(error):
                raise _refused(address, f"it leads to a private network ({error})") from error
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise FetchError(f"{address!r} cannot be fetched ({reason}). It is tried again later.") from error

    async def _read(
        self, response: aiohttp.ClientResponse, address: str, max_bytes: int, host: _Host
    ) -> Fetched | str:  # fmt: skip
        status = response.status
        if status in _REDIRECTS and response.headers.get("Location"):
            return urldefrag(urljoin(address, response.headers["Location"])).url
        if status == 304:
            return Fetched("same")
        if status in {404, 410}:
            return Fetched("gone")
        if status in {429, 503}:
            host.not_before = time.time() + _seconds(response.headers.get("Retry-After"))
        if status != 200:
            raise FetchError(
                f"{address!r} answered with status {status}. It is tried again later.", host.not_before or None,
                status=status,
            )  # fmt: skip
        body = bytearray()
        async for piece in response.content.iter_chunked(_PIECE):
            body += piece
            if len(body) > max_bytes:
                raise DocumentError(
                    f"{address!r} is larger than the limit of {max_bytes:,} bytes. Raise max_bytes in [fetch]."
                )
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            # Named by its address in messages, packed whatever the address is called.
            data = _unpacked(bytes(body), address, max_bytes)
        elif encoding in {"", "identity"}:
            data = bytes(body)
        else:
            raise DocumentError(f"{address!r} is packed as {encoding!r}, which was not asked for. Leave it out.")
        if urlsplit(address).path.endswith(".gz"):
            data = decompressed(data, address.split("?")[0], max_bytes=max_bytes) if data[:2] == b"\x1f\x8b" else data
        headers = response.headers
        return Fetched("ok", data, headers.get("Content-Type"), headers.get("ETag"), headers.get("Last-Modified"))

    # --- whom it may reach ---------------------------------------------------------------------------

    def may_reach(self, given: Address) -> bool:
        """Whether an address is of the public network, or of one that the settings allow."""
        address = _inner(given)
        if any(one in network for network in self._settings.allow_networks for one in (given, address)
               if one.version == network.version):  # fmt: skip
            return True
        return address.is_global and not address.is_multicast

    def _socket(self, info: Any) -> socket.socket:
        """A socket for an address that is about to be connected to, whatever name led to it.

        Here and not before: a name may lead elsewhere the next time it is asked.
        """
        family, kind, protocol, _, place = info
        address = ip_address(place[0].split("%")[0])
        if not self.may_reach(address):
            raise _RefusedError(errno.EACCES, f"{address} is of a private network")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def _check_by_name(self, address: str) -> None:
        """Behind a proxy the proxy connects: what the name means here is all that can be known."""
        host = urlsplit(address).hostname or ""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError:
            return  # only the proxy knows it
        for _, _, _, _, place in found:
            one = ip_address(str(place[0]).split("%")[0])
            if not self.may_reach(one):
                raise _refused(address, f"{one} is of a private network")

    def _proxy(self, address: str) -> str | None:
        return self._settings.proxy or environment_proxy(address)

    def _host(self, address: str) -> _Host:
        return self._hosts.setdefault(urlsplit(address).netloc.lower(), _Host())

    def _session(self, is_proxied: bool) -> aiohttp.ClientSession:
        import aiohttp

        if is_proxied not in self._sessions:
            factory: Callable[[Any], socket.socket] | None = None if is_proxied else self._socket
            self._sessions[is_proxied] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(socket_factory=factory),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout.total_seconds()),
                headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip"},
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[is_proxied]


def _check_scheme(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_fine = False
    if not is_fine:
        raise DocumentError(f"{address!r} is no http or https address. Check what leads there.")


def _refused(address: str, reason: str) -> DocumentError:
    return DocumentError(
        f"{address!r} is refused: {reason}. Name the network in allow_networks of [fetch] if it is meant."
    )


def _inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 address that only wraps one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _unpacked(data: bytes, address: str, max_bytes: int) -> bytes:
    try:
        return decompressed(data, f"{address}.gz", max_bytes=max_bytes)
    except DocumentError as error:
        raise DocumentError(str(error).replace(f"{address}.gz", address)) from error


def _seconds(retry_after: str | None) -> float:
    """How long a server wants to be left alone."""
    if not retry_after:
        return 60.0
    try:
        return min(max(0.0, float(retry_after)), _MAX_PAUSE_SECONDS)
    except ValueError:
        pass
    try:
        return min(max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time()), _MAX_PAUSE_SECONDS)
    except (ValueError, TypeError):
        return 60.0
