"""When a picture lies over the cells, and when it is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Static

from tui_vae.api import load
from tui_vae.app.app import ExplorerApp
from tui_vae.app.composing import LinesUpdate
from tui_vae.app.widgets.pixel_face import PictureOverlay, PixelFace
from tui_vae.terminal.answers import Attributes, CellSize, KittyReport
from tui_vae.terminal.graphics import Graphics, Wish, picture

BOTH = Wish(frozenset(Graphics))
SIXEL, NEITHER = Attributes(frozenset({62, 4})), Attributes(frozenset({62}))


async def until(pilot: Pilot[None], predicate: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not predicate():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)


def face_of(app: ExplorerApp) -> PixelFace:
    return app.explorer.query_one(PixelFace)


def partial(app: ExplorerApp, *regions: Region) -> CompositorUpdate:
    """What Textual writes when these cells have changed."""
    compositor = app.screen._compositor
    compositor._dirty_regions.clear()
    compositor._dirty_regions.update(regions)
    update = compositor.render_update()
    assert isinstance(update, ChopsUpdate | LinesUpdate)
    return update


@pytest.mark.parametrize("graphics", Graphics)
async def test_a_picture_is_written_when_it_is_new_and_where_cells_have_taken_it_away(
    tiny_path: Path, graphics: Graphics
) -> None:
    app = ExplorerApp(load(tiny_path), wish=BOTH)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        face = face_of(app)
        assert face.grid == (40, 40)
        app.graphics.hear(CellSize(16, 8))
        app.graphics.hear(KittyReport(graphics is Graphics.KITTY))
        assert face.graphics is None  # not before all is said
        app.graphics.hear(SIXEL)
        assert face.graphics is graphics and face.grid == (320, 320)
        await until(pilot, lambda: face.picture is not None)
        await pilot.pause()
        assert all(not strip.text.strip() for strip in face.render_lines(face.size.region))
        overlay = PictureOverlay(face)
        region = face.image_region.translate(face.content_region.offset)
        assert region == Region(1, 1, 40, 20)
        status = partial(app, app.explorer.query_one("#status").region)
        shown = face.picture
        assert shown is not None and overlay.over(status) == shown.placed(1, 1)
        assert overlay.over(status) == ""
        bars = partial(app, Region(region.right + 1, region.y, 20, region.height))
        assert overlay.over(bars) == ""
        hurt = overlay.over(partial(app, Region(region.right - 1, region.bottom - 1, 1, 1)))
        assert hurt == (shown.placed(1, 1) if graphics is Graphics.SIXEL else "")
        await pilot.press("3", "g")
        await until(pilot, lambda: face.picture not in (None, shown))
        new = face.picture
        assert new is not None
        await pilot.pause()
        face.show_picture(np.eye(16, dtype=np.uint8)[..., None] * 255, new)  # for that a cell of the border is enough
        dirty = [widget for widget in app.explorer.walk_children() if widget._repaint_regions]
        assert dirty == [face.parent] and [*dirty[0]._repaint_regions] == [Region(0, 0, 1, 1)]
        assert overlay.over(status) == new.placed(1, 1) + shown.removal
        app.graphics.restart()
        assert face.picture is None and overlay.over(status) == new.removal
        assert overlay.over(status) == overlay.removal() == ""
        assert any(strip.text.strip() for strip in face.render_lines(face.size.region))


async def test_under_a_screen_and_after_a_resize_there_are_cells(tiny_path: Path) -> None:
    app = ExplorerApp(load(tiny_path), wish=BOTH)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        face = face_of(app)
        for report in (KittyReport(True), CellSize(16, 8), NEITHER):
            app.graphics.hear(report)
        await until(pilot, lambda: face.picture is not None)
        for key, closing, stays in (
            ("question_mark", "escape", False),
            ("ctrl+p", "escape", False),
            ("g", "escape", True),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert (face.picture is not None) == stays
            await pilot.press(closing)
            await pilot.pause()
            assert face.picture is not None
        before = face.picture
        await pilot.resize_terminal(100, 40)
        await until(pilot, lambda: face.picture not in (None, before))
        assert face.picture is not None and face.picture.area == face.area != before.area  # type: ignore[union-attr]
        # A late picture for another room is shown in cells.
        face.show_picture(np.eye(16, dtype=np.uint8)[..., None] * 255, before)  # type: ignore[arg-type]
        assert face.picture is None
        await pilot.pause()
        assert any(strip.text.strip() for strip in face.render_lines(face.size.region))
        area = face.area
        assert area is not None
        with pytest.raises(ValueError, match="shape"):
            picture(np.zeros((4, 4), np.uint8), Graphics.KITTY, area)


@pytest.mark.parametrize(
    ("reports", "graphics", "cell"),
    [
        ([KittyReport(False), CellSize(16, 8), NEITHER], None, None),
        ([NEITHER], None, None),
        ([SIXEL], None, None),  # how large is a cell?
        ([CellSize(0, 8), SIXEL], None, None),
        ([KittyReport(True), NEITHER], Graphics.KITTY, (20, 10)),
        ([CellSize(30, 15), SIXEL], Graphics.SIXEL, (30, 15)),
    ],
)
async def test_what_is_made_of_the_answers(
    tiny_path: Path, reports: list[object], graphics: Graphics | None, cell: tuple[int, int] | None
) -> None:
    wanted = Wish(BOTH.graphics, is_named=True)
    app = ExplorerApp(load(tiny_path), wish=wanted)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for report in reports:
            app.graphics.hear(report)  # type: ignore[arg-type]
        await pilot.pause()
        assert face_of(app).graphics is graphics
        if cell is not None:
            assert face_of(app).cell == cell
        status = str(app.explorer.query_one("#status", Static).render())
        assert ("graphics in this terminal" in status) == (graphics is None)
