"""robots.txt: what a site asks of programs that read it.

In: the text of a robots.txt. Out: whether a path may be fetched, and the wait between requests.

Source:
    RFC 9309; Crawl-delay, which it leaves out, as sites use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

_MAX_DELAY_SECONDS = 60.0


@dataclass(frozen=True)
class Robots:
    """The rules for one program.

    Attributes:
        rules: Pattern of a path, and whether it may be fetched.
        delay_seconds: Wait between requests that the site asks for.
    """

    rules: tuple[tuple[str, bool], ...] = ()
    delay_seconds: float = 0.0

    def allows(self, address: str) -> bool:
        """Whether `address` may be fetched: the longest pattern that matches decides, allowing wins a tie."""
        parts = urlsplit(address)
        path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        if path == "/robots.txt":
            return True
        found = [(len(pattern), allowed) for pattern, allowed in self.rules if _matches(pattern, path)]
        return max(found)[1] if found else True


def parse_robots(text: str, user_agent: str) -> Robots:
    """The rules of a robots.txt for `user_agent`: its own group's, else those for everybody."""
    token = re.match(r"[A-Za-z_-]*", user_agent)
    own = (token.group() if token else "").lower()
    groups: dict[str, list[tuple[str, str]]] = {}
    named: list[str] = []
    is_naming = False
    for line in text.splitlines():
        name, _, value = line.split("#", 1)[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            named = [*named, value.lower()] if is_naming else [value.lower()]
            is_naming = True
            groups.setdefault(value.lower(), [])
        elif name in {"allow", "disallow", "crawl-delay"}:
            is_naming = False
            for one in named:
                groups[one].append((name, value))
    lines = groups.get(own) if own in groups else groups.get("*", [])
    assert lines is not None
    rules = tuple((_normal(value), name == "allow") for name, value in lines if name != "crawl-delay" and value)
    delays = [float(value) for name, value in lines if name == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", value)]
    return Robots(rules, min(max(delays, default=0.0), _MAX_DELAY_SECONDS))


def _normal(path: str) -> str:
    return quote(unquote(path, errors="surrogateescape"), safe="/?=&*$:;,@!+~'()%", errors="surrogateescape")


def _matches(pattern: str, path: str) -> bool:
    is_whole = pattern.endswith("$")
    parts = pattern.removesuffix("$").split("*")
    # Part by part, not as a regular expression: a pattern of many stars would take for ever.
    if not path.startswith(parts[0]):
        return False
    place = len(parts[0])
    for part in parts[1:-1]:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    if len(parts) == 1:
        return not is_whole or place == len(path)
    if is_whole:
        return path.endswith(parts[-1]) and len(path) - len(parts[-1]) >= place
    return path.find(parts[-1], place) >= 0
