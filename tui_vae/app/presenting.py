"""From a latent point to the face on the screen: which frames are shown, and how exactly.

A frame that comes while the one before is on its way waits, and gives way to a newer one. On a slow link it is shown
with fewer colours as long as it moves; once it stands still it is made exact, a piece at a time. Where the terminal
shows pictures, these have fewer pixels instead.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual.screen import Screen
from textual.timer import Timer

from tui_vae.app.decoding import DecodeWorker, Frame, Request
from tui_vae.app.driver import PacedApp
from tui_vae.app.model import LatentModel
from tui_vae.app.widgets.pixel_face import PixelFace
from tui_vae.terminal.colour import Bytes
from tui_vae.terminal.graphics import REDUCTIONS, Area, Graphics, Picture, picture
from tui_vae.terminal.pacing import LEVELS, REST
from tui_vae.terminal.thin import refined, simplify

BYTES_PER_CELL = 40
TOGETHER = 1 / 30
"""Seconds that everything else waits for the face of the same key, so that both go out as one frame."""
LONGEST_PICTURE = 2.0
"""Seconds of the link that an exact picture of a face at rest may take; a coarser one stays where it would be more."""


class Presenter:
    """Asks a worker for faces and puts them on a widget, no faster than the terminal takes them.

    Args:
        model: Decodes.
        screen: Has the widget. Its app says when a frame may be shown; one that is no `PacedApp` takes every frame.
        tell: Called after a frame has been shown.
        fail: Called on the event loop when the model raises.

    Attributes:
        worker: The decoder's thread.
        shown: The frame that is shown, perhaps not yet exactly; `None` before the first.
    """

    def __init__(
        self,
        model: LatentModel,
        screen: Screen[object],
        tell: Callable[[], object],
        fail: Callable[[Exception], object],
    ) -> None:
        self._screen, self._tell = screen, tell
        self.worker = DecodeWorker(
            model,
            lambda frame: screen.call_later(self._put, frame),
            lambda error: screen.call_later(fail, error),
        )
        self.shown: Frame | None = None
        self._asked: Request | None = None
        self._asked_at = 0.0
        self._asked_place: tuple[Graphics | None, Area | None] = (None, None)
        self._waiting: Frame | None = None
        self._on_widget: Bytes | None = None
        self._rest: Timer | None = None
        self._times: deque[float] = deque()
        self._finer: Request | None = None  # asked for the same face in more pixels
        self._is_finest = False

    def start(self) -> None:
        """Begin to decode."""
        app = self._screen.app
        if isinstance(app, PacedApp):
            app.on_open = self._open
        self.worker.start()

    def ask(self, request: Request) -> None:
        """Ask for a face, unless it is shown or on its way."""
        asked, place = self._asked, (self._face.graphics, self._face.area)
        is_asked = (
            asked is not None
            and asked.z is request.z
            and (asked.grid, asked.model, self._asked_place) == (request.grid, request.model, place)
        )
        if min(request.grid) > 0 and not is_asked:
            app = self._screen.app
            level = app.pacer.thin_level if isinstance(app, PacedApp) else 0
            self._asked, self._asked_place, self._asked_at = self._painted(request, level), place, time.monotonic()
            self._finer = None
            self.worker.ask(self._asked)
            self._gather()

    def facts(self) -> list[str]:
        """How fast it goes: faces and bytes a second, the link's answers, the quality of a moving face."""
        self._forget_times()
        facts = [f"{len(self._times)} fps"]
        app = self._screen.app
        if isinstance(app, PacedApp):
            facts.append(f"{app.bytes_per_second / 1000:.0f} KB/s")
            pacer = app.pacer
            latency = "no answers" if pacer.query is None else f"link {1000 * (pacer.latency or 0):.0f} ms"
            facts += [latency, LEVELS[pacer.level].name]
        over = self._face.picture
        if over is not None:
            height, width = (-(-side // over.reduction) for side in over.area.grid)
            facts.append(f"{over.graphics.value} {width}x{height}")
        return facts

    @property
    def _face(self) -> PixelFace:
        return self._screen.query_one(PixelFace)

    def _painted(self, request: Request, level: int) -> Request:
        """The request, with a picture where the terminal shows them."""
        face = self._face
        area = face.area
        if face.graphics is None or area is None or area.grid != request.grid:
            return request
        return replace(request, paint=partial(_paint, graphics=face.graphics, area=area, level=level))

    def _gather(self) -> None:
        """Let the bars wait for the face, unless that takes long."""
        app, shown = self._screen.app, self.shown
        left = self._asked_at + TOGETHER - time.monotonic()
        is_quick = shown is not None and (shown.milliseconds or 0) < 1000 * TOGETHER
        if is_quick and left > 0 and isinstance(app, PacedApp):
            app.gather(left)

    def _put(self, frame: Frame) -> None:
        """A frame has been decoded."""
        if frame.request.is_finer and frame.request is not self._finer:
            return  # another face has been asked for since
        if frame.request is self._finer and not self._may_refine(frame):
            self._finer, self._is_finest = None, True
            return
        self._waiting = frame
        app = self._screen.app
        if not isinstance(app, PacedApp):
            self._open()
        elif not app.is_held:
            self._open()
            app.draw_now()

    def _open(self) -> None:
        """The terminal can take a frame: the newest face, or more of the one that is there."""
        frame, self._waiting = self._waiting, None
        if frame is not None:
            self._show(frame)
        elif self.shown is not None and self._asked is not self.shown.request:
            self._gather()
        elif self._rest is None:
            self._sharpen()

    def _show(self, frame: Frame) -> None:
        app, face = self._screen.app, self._face
        if frame.picture is not None:
            self._show_picture(frame, frame.picture)
            return
        level = app.pacer.thin_level if isinstance(app, PacedApp) else 0
        face.set_compact(level > 0)
        exact = _rgb(frame.image)
        self._on_widget = simplify(exact, self._on_widget, level, cell=self._lines_per_cell(exact))
        face.set_image(self._on_widget)
        self._has_shown(frame, rest=level > 0)

    def _show_picture(self, frame: Frame, picture: Picture) -> None:
        app = self._screen.app
        is_finer = frame.request is self._finer
        if is_finer and isinstance(app, PacedApp):
            app.sharpening = True
        self._finer, self._is_finest, self._on_widget = None, picture.reduction == 1, None
        self._face.show_picture(frame.image, picture)
        self._has_shown(frame, rest=not self._is_finest and not is_finer)

    def _has_shown(self, frame: Frame, *, rest: bool) -> None:
        self.shown = frame
        self._times.append(time.monotonic())
        if frame.milliseconds is None:
            # What loading and compiling have left stays to the end. Looking through it for garbage takes 100 ms.
            gc.freeze()
        self._forget_times()  # or a tour of days would fill the memory
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        if rest:
            self._rest = self._face.set_timer(REST, self._come_to_rest)
        self._tell()

    def _forget_times(self) -> None:
        now = time.monotonic()
        while self._times and self._times[0] < now - 1:
            self._times.popleft()

    def _come_to_rest(self) -> None:
        self._rest = None
        app = self._screen.app
        if not (isinstance(app, PacedApp) and app.is_held):
            self._open()

    def _sharpen(self) -> None:
        app = self._screen.app
        if self.shown is not None and self.shown.picture is not None:
            self._refine(self.shown, self.shown.picture)
            return
        if self.shown is None or self._on_widget is None or not isinstance(app, PacedApp):
            return
        exact = _rgb(self.shown.image)
        rows = max(1, app.pacer.slice_bytes // (BYTES_PER_CELL * exact.shape[1]))
        better = refined(exact, self._on_widget, rows, cell=self._lines_per_cell(exact))
        if (better != self._on_widget).any():
            app.sharpening = True
            self._on_widget = better
            self._face.set_image(better)

    def _refine(self, frame: Frame, shown: Picture) -> None:
        """Ask for the same face in more pixels: as many as the link takes at once, and at least a step more."""
        if self._is_finest or self._finer is not None or self._asked is None or self._asked.z is not frame.request.z:
            return
        app = self._screen.app
        step = REDUCTIONS.index(shown.reduction) - 1
        room = app.pacer.slice_bytes if isinstance(app, PacedApp) else 0
        level = next(
            (at for at in range(step) if len(shown.data) * (shown.reduction / REDUCTIONS[at]) ** 2 <= room), step
        )
        request = replace(self._painted(self._asked, level), is_finer=True)
        if request.paint is not None:
            self._asked = self._finer = request
            self.worker.ask(request)

    def _may_refine(self, frame: Frame) -> bool:
        app = self._screen.app
        rate = app.pacer.rate if isinstance(app, PacedApp) else None
        return frame.picture is None or rate is None or len(frame.picture.data) <= rate * LONGEST_PICTURE

    def _lines_per_cell(self, image: Bytes) -> int:
        rows = self._face.image_region.height
        return max(1, len(image) // max(1, rows))


def _paint(image: Bytes, graphics: Graphics, area: Area, level: int) -> Picture:
    return picture(_rgb(image), graphics, area, level)


def _rgb(image: Bytes) -> Bytes:
    return image.repeat(3, axis=2) if image.shape[2] == 1 else image
