"""The face on the screen: a picture of half blocks, or other cells, that can change on every frame.

`FaceView` takes finished pixels and does not know where they come from. It tells, as `grid`, how many pixels it has
room for, and shows anything else resized and centred.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.filter import ANSIToTruecolor, LineFilter, NoColor
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_vae.app.widgets.face_strip import face_strip
from tui_vae.terminal import cells
from tui_vae.terminal.colour import Bytes, ColourDepth
from tui_vae.terminal.grid import CellShape, Zoom, fit_grid, whole_factors


def as_rgb(image: NDArray[np.uint8]) -> Bytes:
    """A copy of the picture with three channels."""
    if image.ndim != 3 or image.shape[2] not in (1, 3) or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"expected a uint8 image of shape (H, W, 3) or (H, W, 1), got {image.shape} {image.dtype}")
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image.copy()


def _resized(image: Bytes, grid: tuple[int, int]) -> Bytes:
    height, width = grid
    if image.shape[:2] == grid:
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


class _Look(NamedTuple):
    """Everything besides the pixels that the strips depend on; when it changes, all of them are made again."""

    size: Size
    depth: ColourDepth
    shape: CellShape
    compact: bool
    background: Color
    style: Style
    filters: tuple[LineFilter, ...]


class FaceView(Widget):
    """Shows one picture as large as its area allows, undistorted, centred on the widget's background.

    In cells of `shape`. With `zoom` "integer" a picture of the size that `set_aspect` was told is enlarged by whole
    factors, every pixel of it as large as every other; where not even the smallest of these fits, it is fitted.

    With borders, padding, opacity or tint of its own the widget goes through Textual's ordinary (slower) rendering:
    put those on a container around it.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS: ClassVar[str] = """
    FaceView {
        width: 1fr;
        height: 1fr;
    }
    """

    class GridChanged(Message):
        """The size of picture that fills the widget has changed; deliver this size from now on.

        Attributes:
            face: The widget.
            grid: (height, width) in pixels, as `FaceView.grid`.
        """

        def __init__(self, face: FaceView, grid: tuple[int, int]) -> None:
            super().__init__()
            self.face = face
            self.grid = grid

        @property
        def control(self) -> FaceView:
            return self.face

    def __init__(
        self,
        *,
        depth: ColourDepth = ColourDepth.TRUECOLOUR,
        shape: CellShape = CellShape.HALF,
        zoom: Zoom = "fit",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._depth = depth
        self._shape = shape
        self._zoom = zoom
        self._compact = False
        self._aspect = (1, 1)
        self._announced = (0, 0)
        # What was announced for this aspect. Pixels may be oblong: a picture that comes late tells by its size alone
        # that it is meant for one of these, and has this aspect and not that of its numbers.
        self._deliverable: set[tuple[int, int]] = set()
        self._picture: Bytes | None = None
        self._pixels: Bytes | None = None
        self._look: _Look | None = None
        self._lines: list[Strip] = []
        self._stale: NDArray[np.bool_] = np.zeros(0, np.bool_)

    # What the rest of the app uses.

    @property
    def grid(self) -> tuple[int, int]:
        """(height, width) in pixels of the picture to deliver; (0, 0) before the widget has a size.

        That which fills it, or with whole factors the model's own size.
        """
        if self._factors() is not None:
            return self._aspect
        return fit_grid(*self._aspect, *self.size, self._shape)

    @property
    def image_region(self) -> Region:
        """Where the picture is, in cells, relative to the content area; empty when nothing is shown."""
        if self._picture is None:
            return Region()
        columns, lines = self.size
        down, across = self._shape.pixels
        height, width = self._drawn_size(self._picture)
        height, width = height // down, width // across
        return Region((columns - width) // 2, (lines - height) // 2, width, height)

    def set_aspect(self, height: int, width: int) -> None:
        """Say what shape the pictures will have, so that `grid` can be worked out.

        Args:
            height: Height of a picture in pixels of the model, at least 1.
            width: Width of a picture in pixels of the model, at least 1.

        Raises:
            ValueError: Either is below 1.
        """
        if height < 1 or width < 1:
            raise ValueError(f"a picture of {height} by {width} pixels has no aspect")
        self._aspect = (height, width)
        self._deliverable.clear()
        self._refit()

    def set_shape(self, shape: CellShape) -> None:
        """Divide the cells like this from now on."""
        if shape is not self._shape:
            self._shape = shape
            self._refit()

    def set_zoom(self, zoom: Zoom) -> None:
        """Fill the area from now on, or enlarge by whole factors."""
        if zoom != self._zoom:
            self._zoom = zoom
            self._refit()

    def _refit(self) -> None:
        self._look = None
        self.refresh()
        if self.is_attached:
            # Posted from the widget's own context: Textual lets a message rise no further than who caused it.
            self.call_next(self._announce)

    def set_depth(self, depth: ColourDepth) -> None:
        """Use these colours from now on."""
        if depth is not self._depth:
            self._depth = depth
            self.refresh()

    def set_compact(self, compact: bool) -> None:
        """Write the same picture in fewer bytes for more time, as `compact` of `cells.rows`: for slow links."""
        if compact is not self._compact:
            self._compact = compact
            self.refresh()

    def set_image(self, image: NDArray[np.uint8]) -> None:
        """Show a picture. Only the rows of cells that it changes are written to the terminal.

        Args:
            image: (H, W, 3) or (H, W, 1) uint8; copied. A picture of the size `grid` is shown as it is, or enlarged
                by whole factors. Any other is resized (Lanczos) to the largest size of its own aspect that fits; its
                pixels are taken as square, unless its size has been announced as `grid`.

        Raises:
            ValueError: The image is empty or has another shape or type.
        """
        self._picture = as_rgb(image)
        before, look = self._pixels, self._look
        if before is None or look is None or look.size != self.size:
            self._look = None
            self.refresh()
            return
        pixels = self._sized(self._picture)
        if pixels.shape != before.shape:
            self._look = None
            self.refresh()
            return
        self._pixels = pixels
        changed = (pixels != before).reshape(len(pixels) // self._shape.pixels[0], -1).any(axis=1)
        self._stale |= changed
        # Whole lines of the widget: Textual cuts a narrower region out of the strip, which costs more than it saves.
        edges = np.flatnonzero(np.diff(changed, prepend=False, append=False)).tolist()
        first = self.image_region.y
        runs = [
            Region(0, first + start, self.size.width, end - start)
            for start, end in zip(edges[0::2], edges[1::2], strict=True)
        ]
        if runs:
            self.refresh(*runs)

    # What Textual uses.

    def on_resize(self, event: events.Resize) -> None:
        self._announce()

    def render_line(self, y: int) -> Strip:
        lines = self._current_lines()
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self._read_look().style)

    def render_lines(self, crop: Region) -> list[Strip]:
        if not self._is_undecorated():
            return super().render_lines(crop)
        lines = self._current_lines()[crop.y : crop.bottom]
        if crop.column_span == (0, self.size.width):
            return lines
        return [line.crop(*crop.column_span) for line in lines]

    def _announce(self) -> None:
        grid = self.grid
        if grid != self._announced and grid != (0, 0):
            self._announced = grid
            self._deliverable.add(grid)
            self.post_message(self.GridChanged(self, grid))

    def _factors(self) -> tuple[int, int] | None:
        return whole_factors(*self._aspect, *self.size, self._shape) if self._zoom == "integer" else None

    def _drawn_size(self, picture: Bytes) -> tuple[int, int]:
        """(height, width) in pixels of the cells that the picture takes."""
        height, width, _ = picture.shape
        factors = self._factors()
        if factors is not None and (height, width) == self._aspect:
            return height * factors[0], width * factors[1]
        is_meant = (height, width) in {self.grid, *self._deliverable}
        tall, wide = self._aspect if is_meant else (height, width)
        return fit_grid(tall, wide, *self.size, self._shape)

    def _sized(self, picture: Bytes) -> Bytes:
        size = self._drawn_size(picture)
        if self._factors() is not None and picture.shape[:2] == self._aspect:
            return picture.repeat(size[0] // len(picture), axis=0).repeat(size[1] // picture.shape[1], axis=1)
        return _resized(picture, size)

    def _is_undecorated(self) -> bool:
        """Whether the content is all there is, so that Textual's styling would have nothing to do."""
        styles = self.styles
        return (
            self._read_look().depth is not ColourDepth.MONO
            and not any(styles.gutter)
            and not any(edge for edge, _ in styles.outline)
            and not styles.tint.a
            and self.opacity == 1.0
            and styles.text_opacity == 1.0
            and not (styles.has_rule("hatch") and styles.hatch != "none")
            # Our colours are already those that the terminal has, so this one filter has nothing to say about them.
            and all(isinstance(each, ANSIToTruecolor) for each in self.get_line_filters())
        )

    def _read_look(self) -> _Look:
        base, own = self.background_colors
        background = base + own
        filters = tuple(self.get_line_filters())
        if self._depth is ColourDepth.MONO or any(isinstance(each, NoColor) for each in filters):
            return _Look(
                self.size, ColourDepth.MONO, self._shape, False, background, self.visual_style.rich_style, filters
            )
        style = Style.from_color(bgcolor=background.rich_color)
        return _Look(self.size, self._depth, self._shape, self._compact, background, style, filters)

    def _current_lines(self) -> list[Strip]:
        """One strip per line of the content area, made again only where something has changed."""
        look = self._read_look()
        if look != self._look:
            self._look = look
            # A new border changes the content area without a Resize event.
            self.call_next(self._announce)
            columns, lines = look.size
            self._lines = [self._blank(columns, look)] * lines
            picture = self._picture
            drawable = picture is not None and columns > 0 and lines > 0
            self._pixels = self._sized(picture) if picture is not None and drawable else None
            rows = 0 if self._pixels is None else len(self._pixels) // self._shape.pixels[0]
            self._stale = np.ones(rows, np.bool_)
        if self._pixels is not None and self._stale.any():
            self._draw(self._pixels, look)
        return self._lines

    def _draw(self, pixels: Bytes, look: _Look) -> None:
        area = self.image_region
        left = self._blank(area.x, look)
        right = self._blank(look.size.width - area.right, look)
        if look.depth is ColourDepth.MONO:
            # Characters are light on a dark theme and dark on a light one; the face must not turn into its negative.
            shown = 255 - pixels if look.background.brightness > 0.5 else pixels
            for y, text in enumerate(cells.rows(shown, look.depth, look.shape), area.y):
                self._lines[y] = Strip([*left, Segment(text, look.style), *right], look.size.width)
        else:
            console = self.app.console
            before, after = left.render(console), right.render(console)
            texts = cells.rows(pixels, look.depth, look.shape, compact=look.compact)
            down = look.shape.pixels[0]
            for row in np.flatnonzero(self._stale).tolist():
                top = down * row
                build = partial(_row_segments, pixels[top : top + down], look.depth, look.shape, top, left, right)
                self._lines[area.y + row] = face_strip(before + texts[row] + after, look.size.width, build)
        self._stale[:] = False

    @staticmethod
    def _blank(columns: int, look: _Look) -> Strip:
        strip = Strip([Segment(" " * columns, look.style)] if columns else [], columns)
        for each in look.filters:
            strip = strip.apply_filter(each, look.background)
        return strip


def _row_segments(
    pixels: Bytes, depth: ColourDepth, shape: CellShape, top: int, left: Strip, right: Strip
) -> list[Segment]:
    return [*left, *cells.segments(pixels, depth, shape, top=top)[0], *right]
