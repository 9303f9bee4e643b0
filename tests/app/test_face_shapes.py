"""The face in other shapes of cells, and at whole factors."""

from __future__ import annotations

import numpy as np
import pyte
import pytest
from textual.geometry import Region

from tests.app.test_face_view import BACKGROUND, TRUE, Host, Question, letterboxed, noise, plain_text
from tests.terminal.cell_screen import cell_pixels
from tests.terminal.pty_session import CellRegion
from tui_vae.terminal import cells
from tui_vae.terminal.cells import CellShape
from tui_vae.terminal.colour import ColourDepth


def shape_now(app: Host, region: Region | None = None) -> np.ndarray:
    """What a terminal shows in the face's cells, at the pixels of its shape."""
    region = app.face.region if region is None else region
    cell_region = CellRegion(region.y, region.x, region.height, region.width)
    return cell_pixels(app.screen_now(), cell_region, app.face._shape, (0, 0, 0))


def boxed(image: np.ndarray, shape: CellShape, columns: int = 24, lines: int = 8) -> np.ndarray:
    down, across = shape.pixels
    area = np.empty((lines * down, columns * across, 3), np.uint8)
    area[:] = BACKGROUND
    height, width, _ = image.shape
    top, left = (lines - height // down) // 2 * down, (columns - width // across) // 2 * across
    area[top : top + height, left : left + width] = image
    return area


@pytest.mark.parametrize("depth", [TRUE, ColourDepth.ANSI_256, ColourDepth.ANSI_16])
@pytest.mark.parametrize("shape", CellShape)
async def test_every_shape_shows_what_it_says(shape: CellShape, depth: ColourDepth) -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_shape(shape)
        app.face.set_depth(depth)
        await pilot.pause()
        await pilot.pause()
        down, across = shape.pixels
        grid = (8 * down, 16 * across)
        assert app.face.grid == grid and app.grids[-1] == grid
        for seed in range(2):  # the second one goes through the rows that changed only
            image = noise(*grid)
            image[down : 2 * down] = noise(*grid, seed)[down : 2 * down]
            app.face.set_image(image)
            await pilot.pause()
            assert app.face.image_region == Region(4, 0, 16, 8)
            seen = cells.quantise(image, depth, shape)
            np.testing.assert_array_equal(shape_now(app), boxed(seen, shape))
        for strip in app.face.render_lines(app.face.size.region):
            written = strip.render(app.console)
            assert as_pixels(plain_text(list(strip)), shape) == as_pixels(written, shape)


def as_pixels(text: str, shape: CellShape) -> list[object]:
    screen = pyte.Screen(25, 1)
    pyte.Stream(screen).feed(text)
    return cell_pixels(screen, CellRegion(0, 0, 1, 24), shape, (0, 0, 0)).tolist()


async def test_a_change_in_one_row_of_sextants_refreshes_that_row() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_shape(CellShape.SEXTANT)
        app.face.set_image(noise(24, 32))
        await pilot.pause()
        changed = noise(24, 32)
        changed[8, 3] ^= 255
        app.face.set_image(changed)
        assert set(app.face._exchange_repaint_regions()) == {Region(0, 2, 24, 1)}


async def test_sextants_under_a_modal_screen_and_in_a_screenshot() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_shape(CellShape.SEXTANT)
        await pilot.pause()
        image = noise(24, 32)
        app.face.set_image(image)
        await pilot.pause()
        svg = app.export_screenshot()
        texts = [segment.text for line in cells.segments(image, TRUE, CellShape.SEXTANT) for segment in line]
        assert all(text in svg for text in texts if text.strip())
        await app.push_screen(Question())
        await pilot.pause()
        shown = shape_now(app, Region(0, 0, 24, 8))
        tinted = (
            boxed(cells.quantise(image, TRUE, CellShape.SEXTANT), CellShape.SEXTANT) + np.array([255.0, 0, 0])
        ) / 2
        difference = np.abs(shown - tinted)
        assert (shown[:6, :12] == (1, 2, 3)).all()
        difference[:6, :12] = 0
        assert difference.max() <= 1


async def test_a_late_picture_of_oblong_pixels_keeps_its_proportions() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_shape(CellShape.QUADRANT)
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (16, 32)
        app.screen.query_one("#box").styles.height = 6
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (12, 24)
        app.face.set_image(np.full((16, 32, 3), 70, np.uint8))  # decoded for the size before
        await pilot.pause()
        assert app.face.image_region == Region(6, 0, 12, 6)
        app.face.set_image(np.full((64, 64, 3), 80, np.uint8))  # square pixels, as the preview has
        await pilot.pause()
        assert app.face.image_region == Region(6, 0, 12, 6)
        app.face.set_image(np.full((30, 60, 3), 80, np.uint8))  # nobody asked for these: as wide as they say
        await pilot.pause()
        assert app.face.image_region == Region(0, 0, 24, 6)


async def test_whole_factors_repeat_the_models_own_pixels() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_aspect(6, 6)
        app.face.set_zoom("integer")
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (6, 6) and app.grids[-1] == (6, 6)
        app.face.set_image(noise(6, 6))
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(6, 6).repeat(2, 0).repeat(2, 1)))
        app.screen.query_one("#box").styles.height = 3
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(6, 6), lines=3))
        app.screen.query_one("#box").styles.height = 2  # too small for even the picture itself
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (4, 4) and app.grids[-1] == (4, 4) and app.face.image_region == Region(10, 0, 4, 2)
        app.screen.query_one("#box").styles.height = 8
        app.face.set_zoom("fit")
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (16, 16) and app.face.image_region == Region(4, 0, 16, 8)
