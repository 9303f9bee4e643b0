"""A curve with its band, in bounded memory however long the run."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CAPACITY: Final = 4096


class Series:
    """Points with a mean, a least and a greatest value, in the order of their places.

    When there are ``CAPACITY`` of them neighbours are joined: the mean of their means, the least and the greatest of
    their extremes. So no peak is lost, and the number of points stays between half of that and all of it.
    """

    def __init__(self) -> None:
        self._points: list[tuple[float, float, float, float]] = []
        self._open: list[tuple[float, float, float, float]] = []
        self._stride = 1

    def __len__(self) -> int:
        return len(self._points) + bool(self._open)

    def add(self, place: float, mean: float, low: float, high: float) -> None:
        """Append a point."""
        self._open.append((place, mean, low, high))
        if len(self._open) == self._stride:
            self._points.append(_joined(self._open))
            self._open = []
        if len(self._points) == CAPACITY:
            self._points = [_joined(self._points[first : first + 2]) for first in range(0, CAPACITY, 2)]
            self._stride *= 2

    def arrays(self, most: int = CAPACITY) -> tuple[Floats, Floats, Floats, Floats]:
        """(places, means, least, greatest), one of each per point; neighbours are joined until there are ``most``."""
        points = [*self._points, _joined(self._open)] if self._open else self._points
        if (size := -(-len(points) // most)) > 1:
            points = [_joined(points[first : first + size]) for first in range(0, len(points), size)]
        columns = np.array(points, np.float64).reshape(-1, 4).T
        return columns[0], columns[1], columns[2], columns[3]


def _joined(points: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    count = len(points)
    return (
        sum(point[0] for point in points) / count,
        sum(point[1] for point in points) / count,
        min(point[2] for point in points),
        max(point[3] for point in points),
    )


def limits(values: Floats) -> tuple[float, float]:
    """The range to show of a curve: all of it, but for a few values at an end that are far off the rest.

    The first steps of a run are often so far off that all else would be a flat line. An end is cut at the outer 3 % if
    what lies beyond is three times as wide as all between.
    """
    low, inner_low, inner_high, high = np.quantile(values, [0.0, 0.03, 0.97, 1.0]).tolist()
    width = inner_high - inner_low
    if width > 0 and high - inner_high > 3 * width:
        high = inner_high + 0.1 * width
    if width > 0 and inner_low - low > 3 * width:
        low = inner_low - 0.1 * width
    return low, high
