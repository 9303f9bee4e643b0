"""Drive the explorer in a test: keys and mouse in, state and what is drawn out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.color import ColorSystem
from textual import events
from textual.geometry import Region
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.strip import Strip

from tui_vae.app.app import ExplorerApp
from tui_vae.app.model import LatentModel
from tui_vae.app.remembered import Remembered
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.session import Session
from tui_vae.app.widgets.bars import BarList
from tui_vae.app.widgets.face import FaceView
from tui_vae.app.widgets.mix import MixSlider
from tui_vae.latent.explorer import Explorer
from tui_vae.settings import Settings

TIMEOUT = 20.0
"""Seconds: for compiling on a machine that is busy with other things."""


def steady_app(
    model: LatentModel,
    session: Session | None = None,
    settings: Settings | None = None,
    remembered: Remembered | None = None,
) -> ExplorerApp:
    """The explorer in true colour, whatever terminal the tests run in and whatever NO_COLOR says there."""
    app = ExplorerApp(model, session=session, settings=settings, remembered=remembered)
    app._filters[1:] = []
    app.console._color_system = ColorSystem.TRUECOLOR
    return app


class Drive:
    """A running explorer."""

    def __init__(self, app: ExplorerApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    # What to do.

    async def type(self, *keys: str) -> None:
        """Press keys; they are handled, but their face may not be there yet. A name or a single character each."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else None))
            await self.settle()

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the face of the point that they lead to is drawn."""
        await self.type(*keys)
        await self.frame()

    async def settle(self) -> None:
        """Let every message be handled, and those that it causes: a screen that they open is there afterwards."""
        is_settled = False
        while not is_settled:
            screen = self.app.screen
            for _ in range(3):  # down from the app to its screen and a widget, and up again to a binding
                await self.pilot._wait_for_screen()
            is_settled = not self.app.typed_ahead.is_giving and self.app.screen is screen and screen.is_mounted
            await self.until(lambda: not self.app.typed_ahead.is_giving and self.app.screen.is_mounted)
        await self.pilot.pause(0)  # its answer; this also draws

    async def until(self, predicate: Callable[[], bool], timeout: float = TIMEOUT) -> None:
        """Wait for something."""
        deadline = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > deadline:
                raise TimeoutError("\n".join(self.lines()))
            await asyncio.sleep(0.005)

    async def frame(self) -> None:
        """Wait until the decoded face of the current point is what the widget shows, at the size it has now."""
        await self.until(lambda: self._is_current)
        await self.pilot.pause(0)

    async def mouse(self, kind: type[events.MouseEvent], x: int, y: int, button: int = 1) -> None:
        """A mouse event at a place on the screen."""
        event = kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)
        self.app.post_message(event)
        await self.settle()

    async def drag(self, *places: tuple[int, int]) -> None:
        """Press the left button at the first place, move over the others, and release it at the last."""
        await self.mouse(events.MouseDown, *places[0])
        for place in places[1:]:
            await self.mouse(events.MouseMove, *place)
        await self.mouse(events.MouseUp, *places[-1])

    # What is there.

    @property
    def screen(self) -> ExplorerScreen:
        return self.app.explorer

    @property
    def state(self) -> Explorer:
        return self.app.explorer.state

    @property
    def z(self) -> npt.NDArray[np.float32]:
        return self.state.point.z

    @property
    def value(self) -> float:
        """The selected bar's value."""
        return float(self.state.values()[self.state.selected])

    @property
    def face(self) -> FaceView:
        return self.screen.query_one(FaceView)

    @property
    def bars(self) -> BarList:
        return self.screen.query_one(BarList)

    @property
    def slider(self) -> MixSlider:
        return self.screen.query_one(MixSlider)

    @property
    def _is_current(self) -> bool:
        shown = self.screen.shown
        if shown is None or shown.request.model not in (None, self.screen.model):
            return False
        return shown.request.z is self.z and shown.request.grid == self.face.grid

    # What is drawn: everything is read from the composed screen, as a terminal would get it.

    def strips(self) -> list[Strip]:
        return list(self.app.screen._compositor.render_strips())

    def lines(self) -> list[str]:
        return [strip.text for strip in self.strips()]

    def text(self, region: Region) -> list[str]:
        """The characters in a part of the screen."""
        return [strip.crop(region.x, region.right).text for strip in self.strips()[region.y : region.bottom]]

    def bar(self, bar: int) -> str:
        """The line of a bar that is on the screen."""
        assert bar in self.bars.visible_bars, f"bar {bar} is not visible: {self.bars.visible_bars}"
        return self.text(self.bars.region)[self.bars.visible_bars.index(bar)]

    @property
    def marked_bars(self) -> list[int]:
        """The visible bars with the selection's marker."""
        shown = self.bars.visible_bars
        return [shown[row] for row, line in enumerate(self.text(self.bars.region)) if not line.startswith(" ")]

    def _around_face(self, row: int) -> str:
        region = self.screen.query_one("#frame").region
        return self.lines()[region.y + row][region.x : region.right].strip("╭╮╰╯─ ")

    @property
    def title(self) -> str:
        return self._around_face(0)

    @property
    def subtitle(self) -> str:
        return self._around_face(self.screen.query_one("#frame").region.height - 1)

    @property
    def heading(self) -> str:
        return self.text(self.screen.query_one("#heading").region)[0].strip()

    @property
    def status(self) -> str:
        return self.text(self.screen.query_one("#status").region)[0].strip()

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture on the screen, read back from the colours of the cells; without the margins around it."""
        area = self.face.image_region.translate(self.face.content_region.offset)
        rows = []
        for strip in self.strips()[area.y : area.bottom]:
            upper: list[tuple[int, int, int]] = []
            lower: list[tuple[int, int, int]] = []
            for text, style, _ in strip.crop(area.x, area.right):
                assert style is not None and style.bgcolor is not None
                assert set(text) in ({"▀"}, {" "}), text
                under = style.bgcolor.get_truecolor()
                over = style.color.get_truecolor() if style.color is not None and text[0] == "▀" else under
                upper += [tuple(over)] * len(text)
                lower += [tuple(under)] * len(text)
            rows += [upper, lower]
        return np.array(rows, np.uint8)

    def assert_face(self, model: LatentModel) -> None:
        """The picture on the screen is the model's face of the current point, pixel by pixel."""
        image = model.decode(self.z[None], self.face.grid)[0]
        np.testing.assert_array_equal(self.pixels(), np.broadcast_to(image, (*image.shape[:2], 3)))


@asynccontextmanager
async def driving(
    model: LatentModel,
    size: tuple[int, int] = (80, 24),
    *,
    frame: bool = True,
    settings: Settings | None = None,
    remembered: Remembered | None = None,
) -> AsyncIterator[Drive]:
    """Run the explorer on a model; with ``frame``, its first face is decoded and drawn."""
    app = steady_app(model, settings=settings, remembered=remembered)
    async with app.run_test(size=size) as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        if frame:
            await drive.frame()
        yield drive
