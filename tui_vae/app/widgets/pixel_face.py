"""The face in real pixels, where the terminal has them: cells that stay blank, and a picture over them.

`PixelFace` is a `FaceView` that can also show a `Picture`. Whenever there is none for the room that it has (at the
start, after a resize, under a modal screen) it shows the face in cells, so that nothing has to be waited for and
Textual never draws around a picture.

`PictureOverlay` writes the picture behind the cells of a frame, as often as the protocol needs it and no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui_vae.app.composing import LinesUpdate
from tui_vae.app.widgets.face import FaceView, as_rgb
from tui_vae.terminal.graphics import Area, Cell, Graphics, Picture, fit_area


class PixelFace(FaceView):
    """Shows one picture as `FaceView` does, or in real pixels once `set_graphics` has said how.

    Attributes:
        graphics: The protocol; `None` for cells.
        cell: Size of a cell in pixels.
    """

    graphics: Graphics | None = None
    cell: Cell = (0, 0)
    _over: Picture | None = None
    _announced_area: Area | None = None

    @property
    def area(self) -> Area | None:
        """Where a picture goes; `None` in cells, and before the widget has a size."""
        if self.graphics is None:
            return None
        return fit_area(*self._aspect, *self.size, self.cell, self._zoom)

    @property
    def grid(self) -> tuple[int, int]:
        area = self.area
        return super().grid if area is None else area.grid

    @property
    def picture(self) -> Picture | None:
        """The picture that belongs over the cells now."""
        over = self._over
        fits = over is not None and over.graphics is self.graphics and over.area == self.area
        return over if fits and not self._is_covered() else None

    @property
    def image_region(self) -> Region:
        picture = self.picture
        if picture is None:
            return super().image_region
        columns, lines = self.size
        area = picture.area
        return Region((columns - area.columns) // 2, (lines - area.lines) // 2, area.columns, area.lines)

    def set_graphics(self, graphics: Graphics | None, cell: Cell) -> None:
        """Show pictures by this protocol from now on, or none.

        Args:
            graphics: The protocol; `None` for cells.
            cell: Size of a cell in pixels.
        """
        if (graphics, cell) != (self.graphics, self.cell):
            self.graphics, self.cell = graphics, cell
            self._refit()

    def set_image(self, image: NDArray[np.uint8]) -> None:
        self._over = None
        super().set_image(image)

    def show_picture(self, image: NDArray[np.uint8], picture: Picture) -> None:
        """Show a picture, or the image in cells where it does not fit any more.

        Args:
            image: (H, W, 3) or (H, W, 1) uint8, what it was made from.
            picture: The picture.
        """
        before = self.picture
        self._over = picture
        if self.picture is None:
            super().set_image(image)
            return
        self._picture = as_rgb(image)  # for the cells that may have to take over
        if before is None:
            self.refresh()
        else:
            # A frame needs a cell that changes: one of the border around, as a blank one would show for a moment.
            around = self.parent if isinstance(self.parent, Widget) else self
            left, top = around.content_offset
            around.refresh(Region(-left, -top, 1, 1))

    def _announce(self) -> None:
        if self.area != self._announced_area:  # also where the size to decode is the same
            self._announced_area, self._announced = self.area, (0, 0)
        super()._announce()

    def _is_covered(self) -> bool:
        """Whether a screen is in front that a picture could hide: all but those that say they leave the face alone."""
        stack = self.app.screen_stack
        above = stack[stack.index(self.screen) + 1 :] if self.screen in stack else []
        return not all(getattr(screen, "LEAVES_FACE", False) for screen in above)

    def _current_lines(self) -> list[Strip]:
        if self.picture is None:
            return super()._current_lines()
        self._look = self._pixels = None
        look = self._read_look()
        return [self._blank(look.size.width, look)] * look.size.height


class PictureOverlay:
    """What of a face's picture has to be written with a frame.

    Args:
        face: The face.
    """

    def __init__(self, face: PixelFace) -> None:
        self._face = face
        self._shown: Picture | None = None
        self._region = Region()

    def over(self, update: CompositorUpdate) -> str:
        """What to write after these cells."""
        picture, shown = self._face.picture, self._shown
        if picture is None:
            return self.removal()
        face = self._face.content_region
        region = self._face.image_region.translate(face.offset)
        # Cells that are written take sixels away, and leave kitty's pictures alone.
        is_hurt = picture.graphics is Graphics.SIXEL and _touches(update, region)
        if picture is shown and region == self._region and not is_hurt:
            return ""
        self._shown, self._region = picture, region
        # The new one first: without synchronised output there is no moment without a picture.
        old = shown.removal if shown is not None and shown is not picture else ""
        return picture.placed(region.y, region.x) + old

    def removal(self) -> str:
        """What takes the picture away."""
        shown, self._shown = self._shown, None
        return shown.removal if shown is not None else ""


def _touches(update: CompositorUpdate, region: Region) -> bool:
    if not isinstance(update, ChopsUpdate | LinesUpdate):
        return True
    return any(region.y <= y < region.bottom and x1 < region.right and x2 > region.x for y, x1, x2 in update.spans)
