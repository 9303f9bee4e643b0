"""A panel of faces with captions: arrows choose one, Enter goes there."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset
from textual.strip import Strip

from tui_vae.app.batches import Batch, BatchWorker
from tui_vae.app.binding import bindings
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.panel import Look, Panel
from tui_vae.app.widgets.face_strip import face_strip
from tui_vae.errors import one_line
from tui_vae.latent.explorer import Explorer, Point
from tui_vae.terminal import cells
from tui_vae.terminal.colour import Bytes, ColourDepth
from tui_vae.terminal.grid import fit_grid

MIN_LINES, MAX_LINES = 4, 16
ENOUGH = 12
KEPT = 512


@dataclass(frozen=True)
class Exhibit:
    """One face of a gallery: the point that it shows, and a few words below it.

    ``picture`` (H, W, C), where there is one, is shown in the place of what the decoder makes of the point.
    """

    point: Point
    caption: str
    picture: Bytes | None = None

    @property
    def key(self) -> bytes:
        """Exhibits of one key look alike."""
        return (self.point.z if self.picture is None else self.picture).tobytes()


class Layout(NamedTuple):
    """Where the faces stand: how many to a row, rows on the screen, and a face's size in cells."""

    columns: int
    rows: int
    width: int
    lines: int

    @property
    def visible(self) -> int:
        """How many faces are on the screen."""
        return self.columns * self.rows


def arrange(size: tuple[int, int], count: int, aspect: tuple[int, int], columns: int | None = None) -> Layout:
    """The largest faces of which all fit, or else enough to choose from, or else the smallest legible ones.

    Args:
        size: (columns, lines) of the area in cells. A face takes a line for its caption and a column of space.
        count: How many faces there are.
        aspect: (height, width) of a picture.
        columns: So many to a row, where the order has a meaning; as many as fit otherwise.
    """
    room, height = size
    for lines in range(MAX_LINES, MIN_LINES - 1, -1):
        width = max(3, fit_grid(*aspect, 10_000, lines)[1])
        across = columns or max(1, room // (width + 1))
        fits = across * (width + 1) <= room
        down = height // (lines + 1)
        if (fits and across * down >= min(count, count if columns else ENOUGH)) or lines == MIN_LINES:
            break
    if columns and across * (width + 1) > room:  # as wide as the row lets them be
        width = max(2, room // columns - 1)
        lines = max(1, fit_grid(*aspect, width, 10_000)[0] // 2)
    return Layout(across, max(1, height // (lines + 1)), width, lines)


class Gallery(Panel):
    """Shows as many faces as fit and scrolls; decodes those that are on the screen."""

    modes: ClassVar[tuple[str, ...]] = ("gallery",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("gallery")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"gallery--caption", "gallery--chosen", "gallery--waiting"}
    COLUMNS: ClassVar[int | None] = None

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._exhibits: Sequence[Exhibit] = ()
        self._cursor = 0
        self._top = 0
        self._images: OrderedDict[bytes, Bytes] = OrderedDict()
        self._stale: set[bytes] = set()
        self._asked: list[bytes] = []
        self._grid = (0, 0)
        self._layout = Layout(1, 1, 1, 1)
        self._worker = BatchWorker(
            lambda batch, start, images: self.call_later(self._hang, batch, start, images),
            lambda error: self.call_later(self._complain, error),
        )

    @abstractmethod
    def exhibits(self) -> Sequence[Exhibit]:
        """The faces to show for the state as it is; cheap, as it is asked for after every move."""

    @property
    def columns(self) -> int | None:
        """How many faces stand in a row; ``None`` for as many as fit."""
        return self.COLUMNS

    @property
    def chosen(self) -> Exhibit | None:
        """The face under the cursor."""
        return self._exhibits[self._cursor] if self._exhibits else None

    @property
    def is_whole(self) -> bool:
        """Whether every face on the screen has been decoded."""
        return all(exhibit.key in self._images.keys() - self._stale for exhibit in self._visible)

    def renew(self, model: LatentModel) -> None:
        """Decode anew; the cursor stays, and so do pictures until the new ones are there."""
        super().renew(model)
        self._stale = set(self._images)
        self._asked = []

    def follow(self) -> None:
        """Show the faces for the state as it is now."""
        self._exhibits = self.exhibits()
        self._cursor = min(self._cursor, max(0, len(self._exhibits) - 1))
        self._look_around()

    def put_cursor(self, place: int) -> None:
        """Choose a face; beyond either end, the last one there."""
        self._cursor = min(max(place, 0), max(0, len(self._exhibits) - 1))
        self._look_around()

    def targets(self) -> list[tuple[Offset, Callable[[], object]]]:
        """The faces on the screen; going to one chooses it."""
        layout = self._layout
        places = (divmod(place, layout.columns) for place in range(len(self._visible)))
        return [
            (
                Offset(column * (layout.width + 1), row * (layout.lines + 1) + layout.lines),
                partial(self.put_cursor, self._top + row * layout.columns + column),
            )
            for row, column in places
        ]

    # Keys and mouse.

    def action_step(self, across: int, down: int) -> None:
        """Choose the face beside, or a row away where there is one."""
        place = self._cursor + across + down * self._layout.columns
        if 0 <= place < len(self._exhibits) or not down:
            self.put_cursor(place)

    def action_page(self, by: int) -> None:
        """Choose a face a screen away."""
        self.put_cursor(self._cursor + by * self._layout.visible)

    def action_edge(self, by: int) -> None:
        """Choose the first or the last face."""
        self.put_cursor(0 if by < 0 else len(self._exhibits) - 1)

    def action_take(self) -> None:
        """Go to the chosen face."""
        if self.chosen is not None:
            self.post_message(self.Went(self.chosen.point))

    def on_click(self, event: events.Click) -> None:
        """Choose a face; a second click goes there."""
        layout = self._layout
        column, row = event.x // (layout.width + 1), event.y // (layout.lines + 1)
        place = self._top + row * layout.columns + column
        if column < layout.columns and row < layout.rows and place < len(self._exhibits):
            again = place == self._cursor
            self.put_cursor(place)
            if again:
                self.action_take()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A row up."""
        event.stop()
        self.action_step(0, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A row down."""
        event.stop()
        self.action_step(0, 1)

    # Decoding.

    def on_resize(self) -> None:
        """Other faces fit now."""
        self._look_around()

    def on_unmount(self) -> None:
        """Let the thread end."""
        self._worker.close()

    def _look_around(self) -> None:
        """Scroll to the cursor, and ask for the faces on the screen that are not there yet."""
        layout = arrange(self.size, len(self._exhibits), self.model.preview.shape[:2], self.columns)
        self._layout = layout  # kept: a line may be drawn at a new size before its faces are asked for
        row, first = self._cursor // layout.columns, self._top // layout.columns
        first = min(max(first, row - layout.rows + 1), row)
        first = max(0, min(first, -(-len(self._exhibits) // layout.columns) - layout.rows))
        self._top = first * layout.columns
        down, across = self.look.shape.pixels
        grid = (layout.lines * down, layout.width * across)
        if grid != self._grid:
            self._grid = grid
            self._images.clear()
            self._asked = []
        missing = {}
        for exhibit in self._visible:
            if exhibit.key in self._images and exhibit.key not in self._stale:
                continue
            if exhibit.picture is None:
                missing[exhibit.key] = exhibit.point.z
            elif min(self.size) > 0:
                self._images[exhibit.key] = _resized(exhibit.picture, grid)
                self._stale.discard(exhibit.key)
        if missing and list(missing) != self._asked and min(self.size) > 0:
            self._asked = list(missing)
            self._worker.ask(Batch(np.stack(list(missing.values())), grid, self.model))
        self.refresh()

    @property
    def _visible(self) -> Sequence[Exhibit]:
        return self._exhibits[self._top : self._top + self._layout.visible]

    def _hang(self, batch: Batch, start: int, images: npt.NDArray[np.uint8]) -> None:
        if batch.grid != self._grid or batch.model is not self.model:
            return
        for z, image in zip(batch.z[start:], images, strict=False):
            self._stale.discard(z.tobytes())
            self._images[z.tobytes()] = np.broadcast_to(image, (*image.shape[:2], 3))
        while len(self._images) > KEPT:
            self._images.popitem(last=False)
        self.refresh()

    def _complain(self, error: Exception) -> None:
        self.post_message(self.Told(f"the decoder failed: {one_line(error)}", problem=True))

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """A line of faces, or their captions."""
        layout = self._layout
        row, line = divmod(y, layout.lines + 1)
        start = row * layout.columns
        shown = self._visible[start : start + layout.columns] if row < layout.rows else ()
        if not shown:
            return Strip.blank(self.size.width, self.rich_style)
        if line == layout.lines:
            return self._captions(shown, self._top + start, layout.width)
        return self._faces(shown, line, layout)

    def _captions(self, shown: Sequence[Exhibit], first: int, width: int) -> Strip:
        segments = []
        for place, exhibit in enumerate(shown, first):
            chosen = place == self._cursor
            style = self.get_component_rich_style("gallery--chosen" if chosen else "gallery--caption")
            text = ("›" if chosen else " ") + exhibit.caption
            if cell_len(text) > width:
                text = set_cell_size(text, width - 1) + "…"
            segments += [Segment(set_cell_size(text, width), style), Segment(" ", self.rich_style)]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _faces(self, shown: Sequence[Exhibit], line: int, layout: Layout) -> Strip:
        """One line of cells of a row of faces: one picture with gaps, so that it is written in one go."""
        down, across = self.look.shape.pixels
        ground = self.background_colors[1]
        waiting = self.get_component_styles("gallery--waiting").background.rgb
        picture = np.full((down, len(shown) * (layout.width + 1) * across, 3), ground.rgb, np.uint8)
        for place, exhibit in enumerate(shown):
            image = self._images.get(exhibit.key)
            left = place * (layout.width + 1) * across
            # Until it is decoded, a patch that shows where it will be.
            pixels = waiting if image is None else image[line * down : (line + 1) * down]
            picture[:, left : left + layout.width * across] = pixels
        width = len(shown) * (layout.width + 1)
        plain = Style.from_color(bgcolor=ground.rich_color)
        depth = self.look.depth
        build = partial(_segments, picture, depth, self.look.shape, line * down)
        if depth is ColourDepth.MONO:
            return Strip(build(), width).adjust_cell_length(self.size.width, self.rich_style)
        text = cells.rows(picture, depth, self.look.shape, top=line * down)[0]
        rest = self.size.width - width
        if rest < 0:
            return Strip(build(), width).crop(0, self.size.width)
        after = Strip([Segment(" " * rest, plain)] if rest else [], rest)
        return face_strip(text + after.render(self.app.console), self.size.width, lambda: [*build(), *after])


def _resized(picture: Bytes, grid: tuple[int, int]) -> Bytes:
    rgb = np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))
    return np.asarray(Image.fromarray(rgb).resize(grid[::-1], Image.Resampling.LANCZOS))


def _segments(picture: Bytes, depth: ColourDepth, shape: cells.CellShape, top: int) -> list[Segment]:
    return cells.segments(picture, depth, shape, top=top)[0]
