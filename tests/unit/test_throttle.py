"""Concurrency and limits per minute, on a clock that only moves when someone sleeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from extract.providers.throttle import START_IN_FLIGHT, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def throttle(clock: Clock, **given: Any) -> Throttle:
    return Throttle(clock=clock, sleep=clock.sleep, **{"max_in_flight": 64, **given})


async def cycle(one: Throttle, clock: Clock, *, is_congested: bool = False, seconds: float = 1.0) -> None:
    """Fill every place, wait, give every place back."""
    entered = [await one.enter(10) for _ in range(int(one.limit))]
    clock.now += seconds
    for at in entered:
        used = None if is_congested else 10
        one.leave(at, is_congested=is_congested, estimated_tokens=10, used_tokens=used)


def test_it_grows_fast_halves_once_a_storm_and_grows_slowly_again() -> None:
    async def main() -> None:
        clock = Clock()
        one = throttle(clock, max_in_flight=100, start_in_flight=50)
        assert (one.limit, throttle(clock, max_in_flight=4).limit) == (50, 4)
        assert throttle(clock).limit == START_IN_FLIGHT
        await cycle(one, clock)
        assert one.limit > 50
        for _ in range(80):
            await cycle(one, clock)
        assert one.limit == 100
        await cycle(one, clock, is_congested=True)
        assert one.limit == 50
        await cycle(one, clock)
        assert 50 < one.limit <= 51.1

    asyncio.run(main())


def test_it_never_falls_below_one() -> None:
    async def main() -> None:
        clock = Clock()
        one = throttle(clock)
        for _ in range(20):
            await cycle(one, clock, is_congested=True)
        assert one.limit == 1.0 and one.in_flight == 0

    asyncio.run(main())


def test_it_does_not_grow_while_answers_slow_down() -> None:
    async def main() -> None:
        clock = Clock()
        one = throttle(clock)
        await cycle(one, clock, seconds=1.0)
        before = one.limit
        await cycle(one, clock, seconds=10.0)
        assert one.limit == before

    asyncio.run(main())


def test_a_pause_holds_every_request() -> None:
    async def main() -> None:
        clock = Clock()
        one = throttle(clock)
        one.pause(7.0)
        one.pause(2.0)
        assert await one.enter(1) == pytest.approx(107.0)
        assert await one.enter(1) == pytest.approx(107.0)

    asyncio.run(main())


@pytest.mark.parametrize("per_minute", [1, 5, 60, 500])
def test_no_window_of_a_minute_holds_more_requests_than_allowed(per_minute: int) -> None:
    async def main() -> list[float]:
        clock = Clock()
        one = throttle(clock, requests_per_minute=per_minute)
        times = []
        for _ in range(per_minute * 3 + 2):
            at = await one.enter(0)
            times.append(at)
            one.leave(at, is_congested=False, estimated_tokens=0, used_tokens=0)
        return times

    times = asyncio.run(main())
    for index, start in enumerate(times):
        assert sum(1 for at in times[index:] if at < start + 60 - 1e-6) <= per_minute
    # And it is not much slower than allowed.
    assert times[-1] - times[0] <= 60 / 0.9 * (len(times) - 1) / per_minute + 1e-6


def test_tokens_are_put_right_by_what_was_used() -> None:
    async def main() -> tuple[float, float]:
        clock = Clock()
        one = throttle(clock, tokens_per_minute=6_000)
        first = await one.enter(600)
        one.leave(first, is_congested=False, estimated_tokens=600, used_tokens=1_500)
        return first, await one.enter(600)

    first, second = asyncio.run(main())
    # 1,500 tokens flow back at 90 a second.
    assert second - first == pytest.approx(1500 / 90, rel=1e-6)


def test_a_request_larger_than_a_burst_still_goes() -> None:
    async def main() -> float:
        clock = Clock()
        return await throttle(clock, tokens_per_minute=100).enter(5_000)

    assert asyncio.run(main()) == 100.0


def test_places_are_given_in_order_and_a_freed_one_is_used() -> None:
    async def main() -> list[int]:
        clock = Clock()
        one = throttle(clock, max_in_flight=1)
        order: list[int] = []

        async def request(number: int) -> None:
            at = await one.enter(1)
            order.append(number)
            await asyncio.sleep(0)
            one.leave(at, is_congested=False, estimated_tokens=1, used_tokens=1)

        await asyncio.wait_for(asyncio.gather(*(request(number) for number in range(20))), 10)
        return order

    assert asyncio.run(main()) == list(range(20))
