"""One frame in flight, and the quality that a link can carry. No clock: the time is passed in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.terminal.answers import Query
from tui_vae.terminal.pacing import FAST_FRAMES, LEVELS, LOST_ANSWERS, SLICE, THIN, TIMER, WAIT, Pacer

FRAME = 60_000
"""Bytes of a moving face at full quality."""
COSTS = (1.0, 0.6, 0.35, 0.35, 0.12)
"""What a moving face costs at each level, of that."""


def asking(fps: float = 60.0, *, thin: bool = False, query: Query = Query.MODE, latency: float = 0.01) -> Pacer:
    pacer = Pacer(fps, thin=thin)
    pacer.learn(query, latency)
    return pacer


class Link:
    """A link with a bandwidth in bytes a second and a round trip in seconds, always busy with moving faces."""

    def __init__(self, pacer: Pacer, bandwidth: float, trip: float) -> None:
        self.pacer, self.bandwidth, self.trip = pacer, bandwidth, trip
        self.now = 0.0
        self.starts: list[float] = []

    def run(self, seconds: float) -> list[int]:
        """Send frame after frame; returns the level of each."""
        levels = []
        end = self.now + seconds
        while self.now < end:
            self.now += self.pacer.opens_in(self.now)
            assert self.pacer.is_open(self.now)
            levels.append(self.pacer.level)
            self.starts.append(self.now)
            size = int(FRAME * COSTS[self.pacer.level])
            number = self.pacer.sent(self.now, size)
            assert not self.pacer.is_open(self.now)
            self.now += self.trip + size / self.bandwidth
            self.pacer.answered(self.now, number % Query.MODE.period)
        return levels


def test_the_next_frame_waits_for_the_answer() -> None:
    pacer = asking()
    assert pacer.is_open(0.0)
    number = pacer.sent(0.0, 1000)
    assert pacer.in_flight and not pacer.is_open(1.0)
    assert pacer.answered(1.0, number)
    assert pacer.is_open(1.0) and not pacer.in_flight
    assert pacer.latency == pytest.approx(1.0)


def test_the_answer_to_an_older_question_ends_nothing() -> None:
    pacer = asking()
    first = pacer.sent(0.0, 1000)
    assert pacer.is_open(WAIT)  # given up
    second = pacer.sent(WAIT, 1000)
    assert not pacer.answered(WAIT + 0.1, first)
    assert not pacer.is_open(WAIT + 0.1)
    assert pacer.answered(WAIT + 0.2, second)


def test_a_timer_stands_in_where_nothing_answers() -> None:
    pacer = Pacer()
    pacer.sent(0.0, 1000)
    assert pacer.opens_in(0.0) == pytest.approx(TIMER)
    assert not pacer.is_open(TIMER / 2) and pacer.is_open(TIMER)


def test_a_terminal_that_stops_answering_gets_the_timer_until_it_answers_again() -> None:
    pacer, now = asking(), 0.0
    for _ in range(LOST_ANSWERS):
        pacer.sent(now, 1000)
        assert pacer.opens_in(now) == pytest.approx(WAIT)
        now += pacer.opens_in(now)
        assert pacer.is_open(now)
    number = pacer.sent(now, 1000)
    assert pacer.opens_in(now) == pytest.approx(TIMER)
    assert pacer.answered(now + 0.01, number % Query.MODE.period)
    pacer.sent(now + 1, 1000)
    assert pacer.opens_in(now + 1) >= WAIT


def test_mode_reports_are_preferred() -> None:
    pacer = Pacer()
    pacer.learn(Query.CURSOR, 0.02)
    assert pacer.query is Query.CURSOR
    pacer.learn(Query.MODE, 0.01)
    pacer.learn(Query.CURSOR, 0.02)
    assert pacer.query is Query.MODE
    pacer.forget()
    assert pacer.query is None and pacer.is_open(0.0)


@pytest.mark.parametrize("fps", [5.0, 30.0, 60.0])
def test_the_frame_rate_is_capped(fps: float) -> None:
    link = Link(asking(fps), 1e9, 0.0001)
    link.run(2.0)
    assert len(link.starts) == pytest.approx(2 * fps, abs=2)
    assert min(b - a for a, b in pairwise(link.starts)) >= 1 / fps - 1e-9


@pytest.mark.parametrize("trip", [0.001, 0.15, 0.6])
def test_a_long_way_alone_costs_no_quality(trip: float) -> None:
    assert set(Link(asking(latency=trip), 1e8, trip).run(20.0)) == {0}


def test_a_narrow_link_gets_coarser_step_by_step_and_finer_again_when_it_recovers() -> None:
    link = Link(asking(latency=0.02), 50_000, 0.02)
    levels = link.run(20.0)
    assert levels[0] == 0 and levels[-1] == len(LEVELS) - 1
    assert all(after - before in (0, 1) for before, after in pairwise(levels))
    link.bandwidth = 1e8
    levels = link.run(20.0)
    assert levels[-1] == 0
    assert all(before - after in (0, 1) for before, after in pairwise(levels))


@given(st.floats(2e4, 1e7), st.floats(0.0005, 0.5))
def test_the_level_does_not_swing(bandwidth: float, trip: float) -> None:
    link = Link(asking(latency=trip), bandwidth, trip)
    link.run(30.0)
    levels = link.run(30.0)
    turns = sum(before != after for before, after in pairwise(levels))
    assert turns <= len(levels) / FAST_FRAMES + 1


@pytest.mark.parametrize(("size", "bandwidth"), [(228_000, 50_000), (100_000, 25_000)])
def test_frames_that_take_longer_than_answers_are_waited_for_get_coarser(size: int, bandwidth: float) -> None:
    """After `WAIT` one is given up, the next goes as soon as the terminal has taken it, and then its answer comes."""
    pacer, now = asking(latency=0.02), 0.0
    levels = []
    late: list[tuple[float, int]] = []
    for _ in range(12):
        number = pacer.sent(now, int(size * COSTS[pacer.level]))
        drained = now + size * COSTS[pacer.level] / bandwidth
        late.append((drained + 0.08, number % Query.MODE.period))
        while not (pacer.is_open(now) and now >= drained):
            now += 0.005
            while late and late[0][0] <= now:
                pacer.answered(*late.pop(0))
        levels.append(pacer.level)
    assert levels[-1] == len(LEVELS) - 1 and pacer.rate == pytest.approx(bandwidth, rel=0.3)


def test_thin_begins_thin_and_stays_so() -> None:
    link = Link(asking(thin=True), 1e9, 0.001)
    assert set(link.run(5.0)) == {THIN}
    assert Link(asking(thin=True, latency=0.02), 30_000, 0.02).run(20.0)[-1] > THIN


def test_pieces_of_a_still_face_fit_the_link_and_change_no_level() -> None:
    pacer = asking(latency=0.01)
    assert pacer.slice_bytes > FRAME  # nothing is known against it
    now = 0.0
    for _ in range(30):
        now += pacer.opens_in(now)
        size = min(FRAME, pacer.slice_bytes)
        number = pacer.sent(now, size, moving=False)
        now += 0.01 + size / 50_000
        pacer.answered(now, number % Query.MODE.period)
    assert pacer.slice_bytes == pytest.approx(50_000 * SLICE, rel=0.1)
    assert pacer.level == 0


@given(
    st.lists(st.tuples(st.sampled_from(["send", "answer", "wait"]), st.floats(0, 3), st.integers(0, 200_000))),
    st.sampled_from([None, *Query]),
    st.booleans(),
)
def test_whatever_happens_there_is_one_frame_in_flight_and_the_next_one_comes(
    steps: list[tuple[str, float, int]], query: Query | None, thin: bool
) -> None:
    pacer = Pacer(thin=thin)
    if query is not None:
        pacer.learn(query, 0.01)
    now, number, last_sent = 0.0, 0, float("-inf")
    for step, seconds, size in steps:
        now += seconds
        if step == "send" and pacer.is_open(now):
            assert now >= last_sent + 1 / 60 - 1e-9
            number, last_sent = pacer.sent(now, size), now
            assert pacer.in_flight and not pacer.is_open(now)
        elif step == "answer":
            pacer.answered(now, number % (query.period if query else 4))
        assert (2 if thin else 0) <= pacer.level < len(LEVELS)
        assert pacer.slice_bytes >= 2000
        later = now + pacer.opens_in(now) + 1e-6
        assert later < now + 60
        if not pacer.is_open(now):
            now = later
            assert pacer.is_open(now)


def test_a_frame_rate_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be kept"):
        Pacer(0)
