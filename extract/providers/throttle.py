"""How many requests may be under way: as many as the server bears, and never more than was allowed.

In: outcomes of requests. Out: a place for the next one. Concurrency grows while answers come as fast
as before and halves when the server says that it is too much; limits per minute hold in every window
of 60 seconds. What a request is, and whether it is repeated, belongs to the caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

# Requests under way before the server has shown what it bears, where nobody said how many it may be.
START_IN_FLIGHT = 32
# An answer this many times slower (per token) than the best of late shows a queue at the server.
_SLOW_RATIO = 3.0
_BEST_PACE_DRIFT = 1.02
# Share of a limit per minute that may be used at once; the rest flows evenly, so that no window of
# 60 seconds ever holds more than the limit.
_BURST_SHARE = 0.1

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Throttle:
    """Places for requests, given out in the order in which they are asked for.

    Args:
        max_in_flight: Most requests under way at once.
        start_in_flight: As many to begin with.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        clock: Seconds, never going back.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        *,
        max_in_flight: int,
        start_in_flight: int = START_IN_FLIGHT,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self.in_flight = 0
        self.limit = float(min(max_in_flight, start_in_flight))
        self._max = float(max_in_flight)
        self._clock = clock
        self._sleep = sleep
        self._requests = _Allowance(requests_per_minute, clock) if requests_per_minute else None
        self._tokens = _Allowance(tokens_per_minute, clock) if tokens_per_minute else None
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._paused_until = 0.0
        self._cut_at = -1.0
        self._is_probing = True
        self._best_pace: float | None = None

    async def enter(self, tokens: int) -> float:
        """Wait for a place, for limits and pauses; `leave` gives it back.

        Args:
            tokens: Estimate of what the request will use.

        Returns:
            When the place was given, in seconds of the clock.
        """
        # The lock is first come, first served: one waits for a place, the others for their turn.
        async with self._turn:
            while True:
                if self.in_flight >= int(self.limit):
                    self._freed.clear()
                    await self._freed.wait()
                    continue
                wait_seconds = self._wait_seconds(tokens)
                if wait_seconds <= 0:
                    break
                await self._sleep(wait_seconds)
            self.in_flight += 1
            if self._requests:
                self._requests.take(1)
            if self._tokens:
                self._tokens.take(tokens)
            return self._clock()

    def leave(
        self, entered: float, *, is_congested: bool, estimated_tokens: int, used_tokens: int | None = None,
        completion_tokens: int = 0,
    ) -> None:  # fmt: skip
        """Give a place back and say how it went.

        Args:
            entered: What `enter` returned.
            is_congested: The server refused, or did not answer, because of its load.
            estimated_tokens: As given to `enter`.
            used_tokens: What was used, if known: the allowance is put right.
            completion_tokens: Length of the answer, which decides how long it may take.
        """
        was_full = self.in_flight >= int(self.limit)
        self.in_flight -= 1
        now = self._clock()
        if self._tokens and used_tokens is not None:
            self._tokens.take(used_tokens - estimated_tokens)
        if is_congested:
            # Refusals of requests sent before the last cut are the same news, told again.
            if entered > self._cut_at:
                self.limit = max(1.0, self.limit / 2)
                self._cut_at = now
                self._is_probing = False
        elif used_tokens is not None:
            pace = (now - entered) / (completion_tokens + 50)
            best = pace if self._best_pace is None else min(pace, self._best_pace * _BEST_PACE_DRIFT)
            self._best_pace = best
            if was_full and pace <= best * _SLOW_RATIO:
                self.limit = min(self._max, self.limit + (1.0 if self._is_probing else 1.0 / self.limit))
        self._freed.set()

    def pause(self, seconds: float) -> None:
        """Let no request start before `seconds` have passed."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _wait_seconds(self, tokens: int) -> float:
        waits = [self._paused_until - self._clock()]
        if self._requests:
            waits.append(self._requests.wait_seconds(1))
        if self._tokens:
            waits.append(self._tokens.wait_seconds(tokens))
        return max(waits)


class _Allowance:
    """So much a minute, a tenth of it at once."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._capacity = max(1.0, per_minute * _BURST_SHARE)
        self._per_second = per_minute * (1 - _BURST_SHARE) / 60
        self._level = self._capacity
        self._filled_at = clock()

    def wait_seconds(self, amount: float) -> float:
        """Seconds until `amount` may be taken; more than a burst is let through when all is there."""
        now = self._clock()
        self._level = min(self._capacity, self._level + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        missing = min(amount, self._capacity) - self._level
        # A hair of rounding must not cost another turn of the clock.
        return missing / self._per_second if missing > 1e-9 else 0.0

    def take(self, amount: float) -> None:
        self._level -= amount
