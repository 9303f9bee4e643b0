"""When the next frame may be sent, and how good it may be: one frame in flight over any link.

A question goes out right behind every frame. Its answer says that the terminal has read all that was before it,
through every buffer on the way. Until then nothing else is sent, so a slow link never falls behind: it shows fewer
frames. Where a terminal answers nothing, a timer stands in for the answer.

This is the bookkeeping only, a state machine without a clock: every call is told the time, in seconds that never go
back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from tui_vae.terminal.answers import Query

MAX_FPS: Final = 60.0


class Level(NamedTuple):
    """A level of quality: frames a second at most, and the level of `thin.simplify` for faces that move."""

    name: str
    fps: float
    thin: int


LEVELS: Final = (
    Level("full", 60, 0),
    Level("close", 60, 1),
    Level("thin", 60, 2),
    Level("thin, slower", 15, 2),
    Level("coarse", 10, 3),
)
THIN: Final = 2
"""The level at which thin-link mode starts, and than which it gets no better."""

SLOW: Final = 0.060
"""Seconds of a frame on the way, beyond an empty one's, above which frames have to become smaller."""
FAST: Final = 0.020
"""Seconds below which they may grow: so far from `SLOW` that growing does not lead straight back, as the frames of a
level take at most about three times as long as those of the next."""
VERY_SLOW: Final = 1.0
"""Seconds above which a single frame is enough to say so."""
SLOW_FRAMES: Final = 2
FAST_FRAMES: Final = 8
WAIT: Final = 2.0
"""Seconds after which an answer that has not come is given up; longer on a link that is known to be slow."""
LOST_ANSWERS: Final = 3
"""So many in a row, and the timer takes over until an answer comes after all."""
TIMER: Final = 1 / 30
"""Seconds that a frame is taken to need where nothing answers."""
SLICE: Final = 0.1
"""Seconds of the link that one piece of a sharpened face may take, so that a key press does not wait for long."""
REST: Final = 0.2
"""Seconds without change after which a face that was thinned is sharpened."""


SMALL: Final = 1500
"""Bytes below which a frame says how long an answer takes by itself; larger ones say how fast the link is."""


@dataclass(frozen=True)
class _Frame:
    """A frame on its way: its number, when it was sent, its bytes, and whether it shows a face that moves."""

    number: int
    sent: float
    size: int
    moving: bool


class Pacer:
    """Decides when a frame may go and at which level.

    Args:
        fps: Frames a second that are never exceeded.
        thin: Begin at the level `THIN`, and never send moving faces in a better one.

    Attributes:
        query: What the terminal answers; `None` where it answers nothing (then the timer is used).
        level: An index of `LEVELS`, the quality of the next frame.
        latency: Seconds from handing a frame over to the answer, smoothed; `None` before the first.
        rate: Bytes a second of the link, smoothed; `None` while the link has not been felt yet.
    """

    def __init__(self, fps: float = MAX_FPS, *, thin: bool = False) -> None:
        if not fps > 0:
            raise ValueError(f"{fps} frames a second cannot be kept")
        self._fps = fps
        self._best = THIN if thin else 0
        self.query: Query | None = None
        self.level = self._best
        self.latency: float | None = None
        self.rate: float | None = None
        self._frame: _Frame | None = None
        self._given_up: deque[_Frame] = deque(maxlen=LOST_ANSWERS)
        self._number = 0
        self._last_sent = float("-inf")
        self._lost = 0
        self._base: float | None = None  # what an answer takes when nothing is in its way
        self._slow = self._fast = 0
        self._patience = FAST_FRAMES

    @property
    def in_flight(self) -> bool:
        """Whether a frame is on its way."""
        return self._frame is not None

    @property
    def interval(self) -> float:
        """Seconds between two frames at least."""
        return 1 / min(self._fps, LEVELS[self.level].fps)

    @property
    def thin_level(self) -> int:
        """The level of `thin.simplify` for a face that moves."""
        return LEVELS[self.level].thin

    @property
    def slice_bytes(self) -> int:
        """How many bytes of a sharpened face to send at once."""
        return 1_000_000 if self.rate is None else max(2_000, int(self.rate * SLICE))

    def is_open(self, now: float) -> bool:
        """Whether a frame may be sent now. Gives up an answer that is overdue."""
        frame = self._frame
        if frame is not None and now >= frame.sent + self._patience_for_answer():
            self._frame = None
            if self.query is not None:
                self._lost += 1
                self._given_up.append(frame)
        return self._frame is None and now >= self._last_sent + self.interval

    def opens_in(self, now: float) -> float:
        """Seconds until `is_open` may become true without an answer; 0 if it is."""
        if self.is_open(now):
            return 0.0
        due = self._last_sent + self.interval
        if self._frame is not None:
            due = max(due, self._frame.sent + self._patience_for_answer())
        return max(0.0, due - now)

    def learn(self, query: Query, latency: float) -> None:
        """The terminal has answered a question that was asked when nothing else was on its way.

        Mode reports are preferred, as asking them moves nothing.

        Args:
            query: What it answered.
            latency: How long that took, in seconds.
        """
        self._base = latency if self._base is None else min(self._base, latency)
        if self.query is not Query.MODE:
            self.query = query

    def forget(self) -> None:
        """The terminal may be another one: take nothing for known, and nothing for being on its way."""
        self._frame = self.query = self._base = None
        self._given_up.clear()
        self._lost = 0

    def sent(self, now: float, size: int, *, moving: bool = True) -> int:
        """A frame of so many bytes has been handed over; `moving` unless it sharpens a face that stands still.

        Returns:
            The number of the question that must follow it.
        """
        self._number += 1
        self._frame = _Frame(self._number, now, size, moving)
        self._last_sent = now
        return self._number

    def answered(self, now: float, number: int) -> bool:
        """An answer has come. One that had been given up still tells how slow the link is.

        Args:
            now: The time.
            number: The question's number, modulo the `period` of its query.

        Returns:
            Whether it ends the frame in flight; an answer to an older question does not.
        """
        self._lost = 0
        if self.query is None:
            return False
        frame = self._frame
        if frame is not None and number == frame.number % self.query.period:
            self._frame = None
            self._given_up.clear()
            self._measure(now - frame.sent, frame)
            return True
        for late in self._given_up:
            if number == late.number % self.query.period:
                self._given_up.remove(late)
                self._measure(now - late.sent, late)
                break
        return False

    def _patience_for_answer(self) -> float:
        if self.query is None or self._lost >= LOST_ANSWERS:
            return TIMER
        return max(WAIT, 4 * (self.latency or 0.0))

    def _measure(self, latency: float, frame: _Frame) -> None:
        self.latency = latency if self.latency is None else 0.7 * self.latency + 0.3 * latency
        if self._base is None or latency < self._base:
            self._base = latency
        elif frame.size < SMALL:
            self._base += 0.3 * (latency - self._base)  # the way itself may have become longer
        if frame.size < SMALL:
            return
        busy = latency - self._base
        rate = frame.size / max(busy, 0.001)
        self.rate = rate if self.rate is None else 0.7 * self.rate + 0.3 * rate
        if frame.moving:
            self._adapt(busy)

    def _adapt(self, busy: float) -> None:
        self._slow = SLOW_FRAMES if busy > VERY_SLOW else self._slow + 1 if busy > SLOW else 0
        self._fast = self._fast + 1 if busy < FAST else 0
        if self._slow >= SLOW_FRAMES and self.level < len(LEVELS) - 1:
            # A level that was too good soon after it was tried: wait longer before the next try.
            self._patience = min(4 * FAST_FRAMES, 2 * self._patience)
            self.level, self._slow = self.level + 1, 0
        elif self._fast >= self._patience and self.level > self._best:
            self.level, self._fast = self.level - 1, 0
            if self.level == self._best:
                self._patience = FAST_FRAMES
