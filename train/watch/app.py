"""The screen that follows a run: header, pictures, curves. It polls the run's files and changes none of them."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual import events, work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from train.report.log import QUANTITIES, RunLog, epochs
from train.sheet import Sheet, open_sheet
from train.watch.arrange import page
from train.watch.header import RunHeader
from train.watch.standing import changed_at, standing
from train.watch.widgets import GUTTER, CurvePlot
from tui_vae.app.leaving import SIGNALS
from tui_vae.app.themes import DUSK, OWN
from tui_vae.app.widgets.face import FaceView
from tui_vae.terminal.colour import PALETTE_16, PALETTE_256, ColourDepth

POLL_SECONDS: Final = 1.0
PICTURES: Final = {
    "reconstructions": "originals, reconstructions below",
    "samples": "samples: prior, posterior below",
    "interpolation": "interpolation of held-out pairs",
    "traversals": "traversals, -3 to 3 sigma",
    "plane": "the latent plane",
}
CURVES: Final = ("loss", "reconstruction", "kl", "psnr")
# Which curve goes first where there is no room for all.
PRIORITY: Final = ("reconstruction", "kl", "psnr", "loss")
LEAST_LINES: Final = 4
ROOMY: Final = 8
NARROW: Final = 64
ZOOMS: Final = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)


class WatchApp(App[None]):
    """Follows the run in ``folder``."""

    TITLE = "tui-vae-train watch"
    CSS_PATH = "watch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("tab", "turn(1)", "Picture", priority=True),
        Binding("shift+tab", "turn(-1)", "Picture before", show=False, priority=True),
        *(Binding(str(key), f"picture('{name}')", name, show=False) for key, name in enumerate(PICTURES, 1)),
        Binding("l", "log", "Log scale"),
        Binding("left", "page(-1)", "Page before", show=False),
        Binding("right", "page(1)", "More", key_display="←→"),
        Binding("plus,equals_sign", "zoom(1)", "Larger", key_display="+"),
        Binding("minus", "zoom(-1)", "Smaller", key_display="-"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, folder: Path, depth: ColourDepth = ColourDepth.TRUECOLOUR) -> None:
        super().__init__()
        self.folder, self.depth = folder, depth
        self.log_of_run = RunLog(folder)
        self.picture = "reconstructions"
        self._log_scale = False
        self._page, self._zoom = 0, ZOOMS.index(1.0)
        self._total: float | None = None
        self._sheet: Sheet | None = None
        self._stamp: tuple[object, ...] = ()
        self._reading: Timer | None = None
        for theme in OWN:
            self.register_theme(theme)
        self.theme = DUSK.name

    def compose(self) -> ComposeResult:
        """Header above; pictures left and curves right; keys below."""
        yield RunHeader(self.folder.resolve().name)
        with Container(id="stage"):
            with Container(id="frame"):
                yield FaceView(depth=self.depth, id="picture")
            with Vertical(id="side"):
                for name in CURVES:
                    yield CurvePlot(next(each for each in QUANTITIES if each.key == name), id=name)
                yield Static(id="epochs")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to poll. A polite kill leaves the terminal as clean as ``q`` does."""
        loop = asyncio.get_running_loop()
        for name in SIGNALS:
            if number := getattr(signal, name, None):
                loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))
        # Back from Ctrl+Z the terminal is empty, and Textual draws only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self._poll()
        self.set_interval(POLL_SECONDS, self._poll)

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room; as many curves as are worth drawing."""
        narrow = event.size.width < NARROW
        self.query_one("#stage").set_class(narrow, "-narrow")
        lines = event.size.height - 3
        lines = lines // 2 - 1 if narrow else lines - 1
        count = max(1, min(len(CURVES), lines // LEAST_LINES))
        self.query_one("#side").set_class(lines >= ROOMY * count, "-roomy")
        for name in CURVES:
            self.query_one(f"#{name}").display = name in PRIORITY[:count]
        self.call_after_refresh(self._draw)

    def on_face_view_grid_changed(self) -> None:
        """The picture has another size."""
        self._draw_picture()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Textual's theme picker."""
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    def action_picture(self, name: str) -> None:
        """Show the newest picture of a kind."""
        self.picture, self._page = name, 0
        self._sheet, self._stamp = None, ()
        self._poll_picture()

    def action_turn(self, way: int) -> None:
        """Show the next kind of picture that there is."""
        there = [name for name in PICTURES if name == self.picture or self._path(name).exists()]
        self.action_picture(there[(there.index(self.picture) + way) % len(there)])

    def action_page(self, way: int) -> None:
        """Show other pictures of the sheet."""
        self._page += way
        self._draw_picture()

    def action_zoom(self, way: int) -> None:
        """Show fewer and larger pictures, or more and smaller ones."""
        self._zoom, self._page = min(len(ZOOMS) - 1, max(0, self._zoom + way)), 0
        self._draw_picture()

    def action_log(self) -> None:
        """Logarithmic curves, or plain ones."""
        self._log_scale = not self._log_scale
        self._draw()

    def _poll(self) -> None:
        if not self._is_whole:
            return
        log = self.log_of_run
        if log.read():
            self._draw()
            if self._reading is None:
                self._reading = self.set_interval(0.02, self._poll)  # of a long run there is more
        elif self._reading is not None:
            self._reading.stop()
            self._reading = None
        if self._total is None or not log.last:
            self._total = epochs(self.folder)
        self.query_one(RunHeader).show(standing(log, self._total, changed_at(self.folder), time.time()))
        self._poll_picture()

    @property
    def _is_whole(self) -> bool:
        """Whether all widgets are there: while the app is being left timers and messages still come."""
        return len(self.query("RunHeader, #frame, #picture, #side, #epochs, CurvePlot")) == 5 + len(CURVES)

    def _draw(self) -> None:
        if not self._is_whole:
            return
        log = self.log_of_run
        here = [series.arrays()[0] for series in (*log.curves.values(), *log.held_out.values())]
        last = max((float(places[-1]) for places in here), default=0.0)
        span = (0.0, last or 1.0)
        for name in CURVES:
            plot = self.query_one(f"#{name}", CurvePlot)
            plot.show(log.curves.get(name), log.held_out.get(name), span, self._log_scale)
        side = self.query_one("#epochs", Static)
        width = max(0, self.query_one("#side").content_size.width - GUTTER - 1)
        ends = ("0", f"epoch {last:.1f}") if here else ("", "")
        side.update(" " * GUTTER + ends[0] + ends[1].rjust(width - len(ends[0])))

    def _path(self, name: str) -> Path:
        return self.folder / "reports" / f"{name}.png"

    def _poll_picture(self) -> None:
        path = self._path(self.picture)
        try:
            state = path.stat()
            stamp: tuple[object, ...] = (path, state.st_mtime_ns, state.st_size, state.st_ino)
        except OSError:
            stamp = (path,)
        if stamp != self._stamp:
            self._stamp = stamp
            self._load(path)

    @work(thread=True, exclusive=True, group="picture")
    def _load(self, path: Path) -> None:
        """Reading a large picture takes longer than a key press may."""
        try:
            sheet = open_sheet(path)
        except (OSError, ValueError, SyntaxError):  # not there; no picture
            sheet = None
        self.call_later(self._put, path, sheet)

    def _put(self, path: Path, sheet: Sheet | None) -> None:
        if path == self._path(self.picture):
            self._sheet = sheet
            self._draw_picture()

    def _draw_picture(self) -> None:
        if not self._is_whole:
            return
        view, frame = self.query_one("#picture", FaceView), self.query_one("#frame")
        size = (2 * view.size.height, view.size.width)
        frame.border_title = PICTURES[self.picture]
        if min(size) < 1:
            return
        ground = _on_terminal(Color.parse(self.theme_variables["background"]).rgb, self.depth)
        view.set_aspect(*size)
        if self._sheet is None:
            view.set_image(np.full((*size, 3), ground, np.uint8))
            frame.border_subtitle = "for models with 2 latents" if self.picture == "plane" else "none yet"
            return
        shown = page(self._sheet, size, self._page, ZOOMS[self._zoom], ground)
        self._page = shown.number
        view.set_image(shown.image)
        drawn = self._stamp[1] if len(self._stamp) > 1 else None
        clock = time.strftime("%H:%M:%S", time.localtime(drawn / 1e9)) if isinstance(drawn, int) else ""
        pages = f"{shown.number + 1} of {shown.of} · " if shown.of > 1 else ""
        frame.border_subtitle = f"{pages}drawn {clock}"


def _on_terminal(rgb: tuple[int, int, int], depth: ColourDepth) -> tuple[int, ...]:
    """The colour as the terminal shows it around the picture: where it has few, that is not to be dithered in it."""
    if depth is ColourDepth.ANSI_256:
        number = RichColor.from_rgb(*rgb).downgrade(ColorSystem.EIGHT_BIT).number
        return tuple(PALETTE_256[number or 0].tolist())
    if depth is ColourDepth.ANSI_16:
        number = RichColor.from_rgb(*rgb).downgrade(ColorSystem.STANDARD).number
        return tuple(PALETTE_16[number or 0].tolist())
    return rgb
