"""A Textual strip whose terminal text is there before its segments are.

Textual writes a strip by joining the codes of its segments, about ten times slower than our own row strings are made.
A strip also keeps that joined text, and returns it when asked again; `FaceStrip` fills it in from the start. Everything
else that Textual does to a strip (cropping, dividing under another widget, filters, tinting below a modal screen,
screenshots, joining) reads the segments, and those are built from the picture the first time somebody looks.

This is the only place that relies on Textual's private names: `Strip._segments`, `Strip._render_cache` and
`Strip._cell_count`. Where a release of Textual lacks them, `face_strip` makes ordinary strips: slower, and right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

PRIVATE_NAMES: Final = ("_segments", "_render_cache", "_cell_count")
IS_SUPPORTED: Final = all(name in getattr(Strip, "__slots__", ()) for name in PRIVATE_NAMES)
"""Whether this Textual has the private names that the fast way needs."""


class FaceStrip(Strip):
    """A strip that is written as a ready-made string and has real segments on demand.

    Args:
        rendered: What the terminal gets. It must stand alone: colours set from scratch, and reset at the end.
        cell_length: The width in cells. Every cell must be one character wide.
        build: Gives the segments of the same cells. Called at most once.
    """

    __slots__ = ("_build", "_built")

    def __init__(self, rendered: str, cell_length: int, build: Callable[[], list[Segment]]) -> None:
        self._build: Callable[[], list[Segment]] | None = build
        self._built: list[Segment] = []
        super().__init__((), cell_length)
        self._render_cache = rendered
        self._cell_count = cell_length

    @property
    def _segments(self) -> list[Segment]:
        if self._build is not None:
            build, self._build = self._build, None
            self._built = build()
        return self._built

    @_segments.setter
    def _segments(self, segments: list[Segment]) -> None:
        # Only `Strip.__init__` sets it, to the empty list that it was given.
        self._built = segments

    def __bool__(self) -> bool:
        return bool(self.cell_length)

    @property
    def is_built(self) -> bool:
        """Whether somebody has asked for the segments."""
        return self._build is None


def face_strip(rendered: str, cell_length: int, build: Callable[[], list[Segment]]) -> Strip:
    """Make a strip from its text, or from its segments where this Textual does not allow the former.

    Args:
        rendered: As for `FaceStrip`.
        cell_length: As for `FaceStrip`.
        build: As for `FaceStrip`.

    Returns:
        A strip that shows the same on every path through Textual.
    """
    if IS_SUPPORTED:
        return FaceStrip(rendered, cell_length, build)
    return Strip(build(), cell_length)
