"""Travelling along a tour: where one is at which moment, without a clock of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.journey import Way as Kind
from tui_vae.latent.journey import between, lerp
from tui_vae.latent.point import Point, short
from tui_vae.latent.recipe import Mix, Recipe
from tui_vae.latent.tours import Stop, Tour

Way = Callable[[Vector, Vector, float], Vector]

DWELL = 0.4
SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def ease(part: float, dwell: float = DWELL) -> float:
    """How far one has come, 0..1, after ``part`` 0..1 of the time between two stops.

    A share ``dwell`` of the time, in [0, 1), is spent at rest, half of it at either stop; between, Hermite's smoothstep
    3t^2 - 2t^3: its slope is 0 at both ends, so that the motion has a continuous first derivative throughout.
    """
    t = min(max((part - dwell / 2) / (1 - dwell), 0.0), 1.0)
    return t * t * (3 - 2 * t)


def place(tour: Tour, position: float, way: Way = lerp, dwell: float = DWELL) -> Vector:
    """The latent vector (L,) at a ``position`` along a tour, in stops; exactly the stop at whole numbers.

    Open tours end at their last stop, closed ones go around. ``way`` leads from one stop to the next, such as
    :func:`tui_vae.latent.journey.lerp`.
    """
    start, part = _split(tour, position)
    eased = ease(part, dwell)
    if eased == 0:
        return tour.stop(start).z
    end = (start + 1) % len(tour)
    return tour.stop(end).z if eased == 1 else way(tour.stop(start).z, tour.stop(end).z, eased)


def point_at(tour: Tour, position: float, kind: Kind, pca: Axes, dwell: float = DWELL) -> Point:
    """The point at a ``position`` along a tour, as :func:`place`, with a recipe that makes the same bits."""
    start, part = _split(tour, position)
    eased = ease(part, dwell)
    if eased in (0, 1):
        return _stopped(tour.stop((start + round(eased)) % len(tour)))
    ends = tour.stop(start), tour.stop((start + 1) % len(tour))
    z = between(ends[0].z, ends[1].z, eased, kind, pca)
    made = Recipe(Mix(_stopped(ends[0]).made, _stopped(ends[1]).made, eased, kind))
    return Point(z, f"{short(ends[0].title)} to {short(ends[1].title)} {eased:.0%}", recipe=made)


def _stopped(stop: Stop) -> Point:
    return Point(stop.z, stop.title, stop.index, stop.index)


def nearest_stop(tour: Tour, position: float) -> tuple[int, Stop]:
    """The number of the stop that a position is nearest to, and the stop."""
    start, part = _split(tour, position)
    number = (start + round(part)) % len(tour)
    return number, tour.stop(number)


def _split(tour: Tour, position: float) -> tuple[int, float]:
    if tour.closed:
        position %= len(tour)
    else:
        position = min(max(position, 0.0), len(tour) - 1.0)
    start = min(math.floor(position), len(tour) - 1)
    return start, position - start


@dataclass(frozen=True)
class TourPlayer:
    """Where a tour is being played. Never changed in place: each method gives the player after a key or a tick.

    Every method takes ``now``, seconds of any steady clock, and first goes on to that moment.

    Attributes:
        count: stops of the tour.
        closed: whether it goes around.
        position: in stops, as :func:`place` takes it; without bounds in a closed tour.
        speed: stops per second.
        playing: whether it moves; an open tour stops at either end by itself.
        backwards: whether it moves towards the first stop.
        time: when ``position`` held.
    """

    count: int
    closed: bool = False
    position: float = 0.0
    speed: float = 0.5
    playing: bool = False
    backwards: bool = False
    time: float = 0.0

    def at(self, now: float) -> TourPlayer:
        """The player at a later moment; a clock that runs backwards stands still."""
        passed = max(now - self.time, 0.0) if self.playing else 0.0
        position = self.position + passed * self.speed * (-1 if self.backwards else 1)
        if self.closed:
            return replace(self, position=position, time=now)
        last = self.count - 1.0
        ended = self.playing and not 0 < position < last and (position <= 0) == self.backwards
        return replace(self, position=min(max(position, 0.0), last), time=now, playing=self.playing and not ended)

    def play(self, now: float, *, backwards: bool = False) -> TourPlayer:
        """Move on from here; from the end of an open tour, from the other end."""
        here = self.at(now)
        at_end = here.position <= 0 if backwards else here.position >= here.count - 1
        if at_end and not here.closed:
            here = replace(here, position=here.count - 1.0 if backwards else 0.0)
        return replace(here, playing=here.count > 1, backwards=backwards)

    def pause(self, now: float) -> TourPlayer:
        """Stay where it is."""
        return replace(self.at(now), playing=False)

    def toggle(self, now: float) -> TourPlayer:
        """Pause if it plays, else go on in the same direction."""
        here = self.at(now)
        return here.pause(now) if here.playing else here.play(now, backwards=here.backwards)

    def with_speed(self, now: float, speed: float) -> TourPlayer:
        """Go on at so many stops per second.

        Raises:
            ValueError: it is not a finite number above zero.
        """
        if not (math.isfinite(speed) and speed > 0):
            raise ValueError(f"a tour's speed is above 0 stops per second, not {speed}")
        return replace(self.at(now), speed=speed)

    def change_speed(self, now: float, by: int) -> TourPlayer:
        """Faster or slower by so many notches of ``SPEEDS``."""
        nearest = min(range(len(SPEEDS)), key=lambda notch: abs(math.log(SPEEDS[notch] / self.speed)))
        return self.with_speed(now, SPEEDS[min(max(nearest + by, 0), len(SPEEDS) - 1)])

    def forward(self, now: float) -> TourPlayer:
        """To the next stop."""
        here = self.at(now)
        return here.seek(now, math.floor(here.position) + 1)

    def back(self, now: float) -> TourPlayer:
        """To the stop before; from between two stops, to the one that was left."""
        here = self.at(now)
        return here.seek(now, math.ceil(here.position) - 1)

    def seek(self, now: float, position: float) -> TourPlayer:
        """To a position; an open tour's nearest end where it lies beyond."""
        position = position if self.closed else min(max(position, 0.0), self.count - 1.0)
        return replace(self.at(now), position=float(position))
