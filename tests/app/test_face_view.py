from __future__ import annotations

import io

import numpy as np
import pyte
import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.filter import Monochrome, NoColor
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Label

from tests.terminal.pty_session import CellRegion, screen_pixels
from tui_vae.app.widgets.face import FaceView
from tui_vae.terminal import colour, halfblock
from tui_vae.terminal.colour import ColourDepth

TRUE, MONO = ColourDepth.TRUECOLOUR, ColourDepth.MONO
BACKGROUND = (10, 20, 30)


class Host(App[None]):
    CSS = """
    Screen { background: rgb(10, 20, 30); }
    #box { width: 24; height: 8; }
    Question { align: left top; background: rgb(255, 0, 0) 50%; }
    Question Label { width: 6; height: 2; background: rgb(1, 2, 3); }
    """

    def __init__(self) -> None:
        super().__init__()
        # Whatever terminal the tests run in, and whatever NO_COLOR says there.
        self._filters[1:] = []
        self.console._color_system = ColorSystem.TRUECOLOR
        self.grids: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield FaceView()

    def on_face_view_grid_changed(self, message: FaceView.GridChanged) -> None:
        self.grids.append(message.grid)

    @property
    def face(self) -> FaceView:
        return self.screen_stack[0].query_one(FaceView)

    def screen_now(self) -> pyte.Screen:
        """What a terminal shows of the app now, through the same call that Textual's driver output is made with."""
        update = self.screen._compositor.render_update(full=True, screen_stack=self._background_screens)
        screen = pyte.Screen(self.size.width, self.size.height)
        assert isinstance(update, CompositorUpdate)
        pyte.Stream(screen).feed(update.render_segments(self.console))
        return screen

    def pixels_now(self, region: Region | None = None) -> np.ndarray:
        region = self.face.region if region is None else region
        cells = CellRegion(region.y, region.x, region.height, region.width)
        return screen_pixels(self.screen_now(), cells, (0, 0, 0))


class Question(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Label("      \n      ")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def letterboxed(image: np.ndarray, columns: int = 24, lines: int = 8) -> np.ndarray:
    area = np.empty((2 * lines, columns, 3), np.uint8)
    area[:] = BACKGROUND
    height, width, _ = image.shape
    top, left = (lines - height // 2) // 2 * 2, (columns - width) // 2
    area[top : top + height, left : left + width] = image
    return area


def plain_text(segments: list[Segment]) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", _environ={})
    return console._render_buffer(segments)


def emulate(text: str, width: int) -> np.ndarray:
    screen = pyte.Screen(width + 1, 1)
    pyte.Stream(screen).feed(text)
    return screen_pixels(screen, CellRegion(0, 0, 1, width), (0, 0, 0))


async def test_it_is_quiet_until_it_has_a_picture() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert (app.pixels_now() == BACKGROUND).all()
        assert not app.face.image_region


async def test_a_picture_of_the_grid_is_shown_exactly_and_centred() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert app.face.grid == (16, 16) and app.grids == [(16, 16)]
        app.face.set_image(noise(16, 16))
        await pilot.pause()
        assert app.face.image_region == Region(4, 0, 16, 8)
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16)))
        buffer = noise(16, 16, 1)
        app.face.set_image(buffer)
        buffer[:] = 0  # The caller may reuse it.
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16, 1)))


async def test_a_picture_set_before_the_first_layout_is_shown() -> None:
    class Early(Host):
        def compose(self) -> ComposeResult:
            face = FaceView()
            face.set_image(noise(16, 16))
            with Vertical(id="box"):
                yield face

    app = Early()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16)))


async def test_other_sizes_are_fitted_and_grey_is_accepted() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(np.full((50, 100, 1), 77, np.uint8))
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(np.full((12, 24, 3), 77, np.uint8)))
        app.face.set_image(np.full((300, 100, 3), 99, np.uint8))
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(np.full((16, 5, 3), 99, np.uint8)))


async def test_what_is_no_picture_is_refused_and_changes_nothing() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        for bad in (noise(16, 16)[..., :2], noise(16, 16)[..., 0], noise(16, 16).astype(float), noise(16, 16)[:0]):
            with pytest.raises(ValueError, match="expected a uint8 image"):
                app.face.set_image(bad)
        with pytest.raises(ValueError, match="aspect"):
            app.face.set_aspect(0, 5)
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16)))


async def test_only_changed_rows_are_refreshed_and_whole_ones_are_written_without_segments() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await pilot.pause()
        changed = noise(16, 16)
        changed[5, 3] ^= 255
        changed[8:11, 2] ^= 255
        app.face.set_image(changed)
        assert set(app.face._exchange_repaint_regions()) == {Region(0, 2, 24, 1), Region(0, 4, 24, 2)}
        app.screen._compositor._dirty_regions.update({Region(0, 2, 24, 1), Region(0, 4, 24, 2)})
        update = app.screen._compositor.render_update()
        assert isinstance(update, CompositorUpdate)
        written = update.render_segments(app.console)
        assert written.count("\x1b[38;2") >= 3 * 10
        for text in np.array(halfblock.rows(changed, TRUE))[[2, 4, 5]]:
            assert text in written
        assert halfblock.rows(changed, TRUE)[3] not in written
        assert not any(strip.is_built for strip in app.face.render_lines(app.face.size.region))
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(changed))
        app.face.set_image(changed)
        assert not app.face._exchange_repaint_regions()


async def test_two_pictures_before_a_repaint_leave_no_old_rows() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        first, second = noise(16, 16), noise(16, 16)
        first[0] ^= 255
        second[9] ^= 255
        for picture in (noise(16, 16), first, second):
            app.face.set_image(picture)
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(second))


async def test_resizing_announces_the_new_grid_once_and_refits_the_picture() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(np.full((16, 16, 3), 55, np.uint8))
        app.screen.query_one("#box").styles.width = 12
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (12, 12) and app.grids == [(16, 16), (12, 12)]
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(np.full((12, 12, 3), 55, np.uint8), 12))
        app.screen.query_one("#box").styles.height = 7
        await pilot.pause()
        await pilot.pause()
        assert app.grids == [(16, 16), (12, 12)]
        app.face.set_aspect(32, 16)
        await pilot.pause()
        assert app.grids[2:] == [(14, 7)]


async def test_a_modal_screen_tints_and_covers_the_face() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await app.push_screen(Question())
        await pilot.pause()
        shown = app.pixels_now(Region(0, 0, 24, 8))
        assert (shown[:4, :6] == (1, 2, 3)).all()
        tinted = (letterboxed(noise(16, 16)) + np.array([255.0, 0, 0])) / 2
        difference = np.abs(shown - tinted)
        difference[:4, :6] = 0
        assert difference.max() <= 1
        # A picture that arrives under the modal screen is there when it leaves.
        app.face.set_image(noise(16, 16, 5))
        app.pop_screen()
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16, 5)))


async def test_a_widget_on_another_layer_covers_a_part() -> None:
    class Layered(Host):
        CSS = f"""{Host.CSS}
        Screen {{ layers: below above; }}
        #box {{ layer: below; }}
        #note {{ layer: above; offset: 6 2; width: 5; height: 3; background: rgb(1, 2, 3); }}
        """

        def compose(self) -> ComposeResult:
            yield from super().compose()
            yield Label("", id="note")

    app = Layered()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await pilot.pause()
        expected = letterboxed(noise(16, 16))
        expected[4:10, 6:11] = (1, 2, 3)
        np.testing.assert_array_equal(app.pixels_now(), expected)


async def test_a_face_larger_than_its_scrolling_container_is_clipped() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.styles.width, app.face.styles.height = 30, 15
        await pilot.pause()
        await pilot.pause()
        app.face.set_image(noise(30, 30))
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(Region(0, 0, 24, 8)), noise(30, 30)[:16, :24])


@pytest.mark.parametrize("depth", [ColourDepth.ANSI_256, ColourDepth.ANSI_16])
async def test_fewer_colours_dither_in_place(depth: ColourDepth) -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await pilot.pause()
        app.face.set_depth(depth)
        await pilot.pause()
        expected = letterboxed(colour.quantise(noise(16, 16), depth))
        np.testing.assert_array_equal(app.pixels_now(), expected)
        for strip in app.face.render_lines(app.face.size.region):
            written = emulate(strip.render(app.console), 24)
            np.testing.assert_array_equal(emulate(plain_text(list(strip)), 24), written)


async def test_the_compact_form_shows_the_same() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        picture = noise(16, 16) // 128 * 255
        app.face.set_image(picture)
        await pilot.pause()
        region = app.face.size.region
        before = [strip.render(app.console) for strip in app.face.render_lines(region)]
        app.face.set_compact(True)
        await pilot.pause()
        after = [strip.render(app.console) for strip in app.face.render_lines(region)]
        assert len("".join(after)) < len("".join(before))
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(picture))


async def test_without_colour_the_face_is_characters_in_the_colours_of_the_theme() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        app.face.set_depth(MONO)
        await pilot.pause()
        lines = [line[4:20] for line in app.screen_now().display[:8]]
        assert lines == halfblock.rows(noise(16, 16), MONO)
        app.face.styles.background = "white"
        await pilot.pause()
        lines = [line[4:20] for line in app.screen_now().display[:8]]
        assert lines == halfblock.rows(255 - noise(16, 16), MONO)


async def test_line_filters_are_respected() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        app._filters.append(Monochrome())
        await pilot.pause()
        grey = app.pixels_now()
        assert (grey == grey[..., :1]).all() and grey.std() > 20
        app._filters[-1] = NoColor()
        app.face.refresh()
        await pilot.pause()
        assert [line[4:20] for line in app.screen_now().display[:8]] == halfblock.rows(noise(16, 16), MONO)


async def test_borders_and_opacity_go_through_textual_and_stay_current() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.styles.border = ("solid", "white")
        await pilot.pause()
        await pilot.pause()
        assert app.face.grid == (12, 12) and app.grids[-1] == (12, 12)
        for seed in range(2):
            app.face.set_image(noise(12, 12, seed))
            await pilot.pause()
            np.testing.assert_array_equal(app.pixels_now(Region(6, 1, 12, 6)), noise(12, 12, seed))
        app.face.styles.border = None
        app.face.styles.opacity = 0.5
        await pilot.pause()
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await pilot.pause()
        faded = (letterboxed(noise(16, 16)) + np.array(BACKGROUND, float)) / 2
        assert np.abs(app.pixels_now() - faded).max() <= 1
        app.face.styles.opacity = 1.0
        await pilot.pause()
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16)))


async def test_a_screenshot_shows_the_face() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        image = noise(16, 16)
        app.face.set_image(image)
        await pilot.pause()
        for simplify in (False, True):
            svg = app.export_screenshot(simplify=simplify)
            assert svg.count("▀") == 16 * 8
            for red, green, blue in image[0].tolist():
                assert f"#{red:02x}{green:02x}{blue:02x}" in svg


async def test_the_mouse_and_text_selection_do_no_harm() -> None:
    app = Host()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.face.set_image(noise(16, 16))
        await pilot.hover(FaceView, offset=(8, 3))
        await pilot.mouse_down(FaceView, offset=(5, 1))
        await pilot.mouse_up(FaceView, offset=(15, 5))
        assert not app.face.allow_select
        np.testing.assert_array_equal(app.pixels_now(), letterboxed(noise(16, 16)))
