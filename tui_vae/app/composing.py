"""Composing what has changed from the lines of the widgets that have changed.

Textual's compositor renders every widget between the first and the last change, cuts all their lines at all their
edges, and keeps the pieces that lie in front. A frame of ours changes a face, a few bars and a line of facts, with
nothing before them: their lines are the frame. Relies on the private names below; a test compares them with Textual's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.console import Console
from rich.control import Control
from textual._compositor import Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

PRIVATE_NAMES: Final = ("_dirty_regions", "_regions_to_spans", "render_partial_update", "visible_widgets")


class Piece(NamedTuple):
    """Cells of one line, from column ``x`` on."""

    x: int
    y: int
    strip: Strip


class _Front(NamedTuple):
    """A widget with where it is on the screen, also what of it is scrolled away, and what is not."""

    widget: Widget
    whole: Region
    visible: Region


class LinesUpdate(CompositorUpdate):
    """Pieces of lines, to be written where they belong."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces

    @property
    def spans(self) -> list[tuple[int, int, int]]:
        """(y, x1, x2) of each, as Textual's own update has them."""
        return [(y, x, x + strip.cell_length) for x, y, strip in self.pieces]

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        return "".join(
            text for x, y, strip in self.pieces for text in (Control.move_to(x, y).segment.text, strip.render(console))
        )


class LinesCompositor(Compositor):
    """Textual's compositor, but for changes that lie each in front of all else: these are taken line by line."""

    def render_partial_update(self) -> CompositorUpdate | None:  # type: ignore[override]
        """What has changed since the last update; ``None`` where nothing has."""
        changed: dict[_Front, list[Region]] = {}
        for region in self._dirty_regions:
            inside = region.intersection(self.size.region)
            if not inside:
                continue
            if (front := self._in_front(inside)) is None:
                return super().render_partial_update()
            changed.setdefault(front, []).append(inside)
        self._dirty_regions.clear()
        pieces = [piece for front, regions in changed.items() for piece in self._pieces(front, regions)]
        return LinesUpdate(pieces) if pieces else None

    def _in_front(self, region: Region) -> _Front | None:
        """What shows itself in all of a region; ``None`` where there is more than one."""
        for widget, (whole, clip) in self.visible_widgets.items():
            visible = whole.intersection(clip)
            if visible.contains_region(region):
                return _Front(widget, whole, visible)
            if visible.overlaps(region):
                return None
        return None

    def _pieces(self, front: _Front, regions: list[Region]) -> list[Piece]:
        widget, whole, visible = front  # as it was: a widget that is rendered may change what is visible
        around = Region.from_union(regions)
        crop = Region(visible.x - whole.x, around.y - whole.y, visible.width, around.height)
        lines = widget.render_lines(crop)
        return [
            Piece(x1, y, lines[y - around.y].crop(x1 - visible.x, x2 - visible.x))
            for y, x1, x2 in self._regions_to_spans(regions)
        ]
