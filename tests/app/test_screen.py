from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tests.app.showing import assert_selected
from tui_vae.api import VAE
from tui_vae.app.model import Grid
from tui_vae.app.widgets.face import _resized

# Sizes.


async def test_resizing_keeps_the_face_and_the_selected_bar(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("3", "g", "end", "L")
        for size, grid in [
            ((80, 24), (40, 40)),
            ((200, 60), (112, 112)),
            ((40, 12), (8, 8)),
            ((30, 8), (8, 8)),
            ((80, 24), (40, 40)),
        ]:
            await drive.pilot.resize_terminal(*size)
            await drive.frame()
            assert drive.face.grid == grid and drive.pixels().shape == (*grid, 3)
            assert len(drive.lines()) == size[1] and all(len(line) == size[0] for line in drive.lines())
            drive.assert_face(vae)
            assert_selected(drive, 7)
            assert f"{drive.value:+.2f}" in drive.bar(7) or size[0] < 40


async def test_no_size_is_too_small() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("3", "g", "a", "9", "g", "b", "t")
        for size in [(1, 1), (2, 30), (30, 2), (12, 6), (300, 5), (80, 24)]:
            await drive.pilot.resize_terminal(*size)
            await drive.type("l", "?", "escape", "g", "escape", "tab")
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))


async def test_a_picture_that_is_not_square_has_its_aspect() -> None:
    class Tall(Cartoon):
        def __init__(self) -> None:
            super().__init__()
            self.preview = self.draw(self.space.mean, (80, 60))

    async with driving(Tall()) as drive:
        assert drive.face.grid == (40, 30) and drive.pixels().shape == (40, 30, 3)
        assert drive.screen.query_one("#frame").region.width == 32


async def test_a_grey_model(grey_vae: VAE) -> None:
    async with driving(grey_vae) as drive:
        before = drive.pixels()
        await drive.press("r")
        assert (drive.pixels() != before).any()
        assert (drive.pixels() == drive.pixels()[..., :1]).all()
        drive.assert_face(grey_vae)


# The decoder in the background.


class Gated(Cartoon):
    """A cartoon whose decoder waits for a gate, as one that is loading or slow does."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.entered = threading.Event(), threading.Event()

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        self.entered.set()
        assert self.gate.wait(20)
        return super().decode(z, grid)


async def test_the_preview_is_there_first_and_keys_pressed_meanwhile_are_kept() -> None:
    model = Gated()
    async with driving(model, frame=False) as drive:
        try:
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            assert "loading the decoder" in drive.status
            await drive.until(model.entered.is_set)
            await drive.type("5", "l", "j", "3", "h", "n", "j", "l", "l", "s")
            # The bars do not wait for the face.
            assert drive.subtitle == "" and drive.title == "items/000.png edited"
            assert_selected(drive, 2)
            assert f"{drive.value:+.2f}" in drive.bar(2)
            assert "still loading" in drive.status
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            assert not model.decoded
        finally:
            model.gate.set()
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))
        assert "loading the decoder" not in drive.status
        # The point that the decoder was busy with, and the newest one: nothing between.
        assert len(model.decoded) == 2
        np.testing.assert_array_equal(model.decoded[0], model.space.mean)
        np.testing.assert_array_equal(model.decoded[1], drive.z)


async def test_a_resize_while_the_decoder_is_busy_shows_the_face_at_the_new_size() -> None:
    model = Gated()
    async with driving(model, frame=False) as drive:
        try:
            await drive.until(model.entered.is_set)
            await drive.pilot.resize_terminal(100, 40)
            await drive.settle()
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            await drive.type("r")
        finally:
            model.gate.set()
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))


async def test_quitting_does_not_wait_for_the_decoder() -> None:
    model = Gated()
    try:
        async with driving(model, frame=False) as drive:
            await drive.until(model.entered.is_set)
            await drive.type("q")
        assert drive.app.return_code == 0 and drive.app.is_decoding
    finally:
        model.gate.set()


async def test_a_face_that_is_there_is_not_decoded_again() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        count = len(model.decoded)
        await drive.press("j", "k", "tab", "]", "a", "1", "escape")
        assert len(model.decoded) == count


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("[/b] no memory\nframe 1\nframe 2"), "[/b] no memory"), (ValueError(), "ValueError")],
)
async def test_a_decoder_that_fails_ends_the_program_with_one_line(error: Exception, reason: str) -> None:
    class Failing(Cartoon):
        def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
            raise error

    async with driving(Failing(), frame=False) as drive:
        await drive.until(lambda: drive.app.return_code is not None)
    assert drive.app.return_value == f"the decoder failed: {reason}"
    assert drive.app.return_code == 2
