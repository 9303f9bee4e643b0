"""The live mirror in the explorer, on video files made here: seen, frozen, taken, left."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input, Static

import tui_vae
from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving, steady_app
from tests.conftest import Checkpoint
from tests.unit.test_photo_camera import place, written
from tests.unit.test_photo_detect import placed
from tui_vae.api import VAE
from tui_vae.app.screens.camera import CameraScreen
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.widgets.face import FaceView

THREADS = {"camera", "face search", "mirror"}
WALL = np.full((240, 320, 3), 150, np.uint8)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of a face that goes to and fro: longer than any test looks at it."""
    face = tui_vae.load("faces").preview
    frames = [placed(face, *place(number), canvas=WALL) for number in range(12)]
    return written(tmp_path_factory.mktemp("video") / "a [face].avi", (frames + frames[::-1]) * 25, 10)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ends at once, on a face."""
    face = tui_vae.load("faces").preview
    return written(tmp_path_factory.mktemp("video") / "short.avi", [placed(face, *place(0), canvas=WALL)] * 3)


class Waiting(VAE):
    """Encodes once it may."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self.may = threading.Event()

    def encode(self, images: np.ndarray) -> np.ndarray:
        assert self.may.wait(20)
        return super().encode(images)


class Broken(VAE):
    def encode(self, images: np.ndarray) -> np.ndarray:
        raise RuntimeError("no more memory\nat all")


def facts(drive: Drive) -> str:
    """What the mirror tells; nothing before it is there."""
    return "".join(str(line.render()) for line in drive.app.screen.query("#facts").results(Static))


def picture(drive: Drive, name: str) -> np.ndarray:
    shown = drive.app.screen.query_one(f"#{name}", FaceView)._picture
    assert shown is not None
    return shown


async def mirror(drive: Drive, source: int | Path) -> CameraScreen:
    drive.screen.open_camera(source)
    await drive.until(lambda: isinstance(drive.app.screen, CameraScreen))
    await drive.settle()
    screen = drive.app.screen
    assert isinstance(screen, CameraScreen)
    return screen


def threads() -> set[str]:
    return THREADS & {thread.name for thread in threading.enumerate()}


async def test_a_face_is_mirrored_frozen_and_taken(vae: VAE, video: Path) -> None:
    async with driving(vae) as drive:
        screen = await mirror(drive, video)
        await drive.until(lambda: screen.z is not None and "fps · face found" in facts(drive))
        first = screen.z
        await drive.until(lambda: screen.z is not first)  # it is live
        await drive.until(lambda: screen._reflection is not None and screen._shot is screen._reflection.shot)
        await drive.type("space")
        assert facts(drive) == "frozen · face found"
        running = screen._mirror
        assert running is not None and running.shot is not None
        seen = running.shot.number
        await drive.until(lambda: running.shot is not None and running.shot.number > seen + 3)
        await drive.settle()
        reflection, z = screen._reflection, screen.z
        assert reflection is not None and z is not None and screen._shot is reflection.shot
        np.testing.assert_array_equal(z, vae.encode(reflection.face[None])[0])
        np.testing.assert_array_equal(
            picture(drive, "reconstruction"),
            vae.decode(z[None], drive.app.screen.query_one("#reconstruction", FaceView).grid)[0],
        )
        await drive.press("enter")
        np.testing.assert_array_equal(drive.z, z)
        assert drive.title == "video a [face].avi"
        await drive.until(lambda: not threads())
        await drive.press("u")
        np.testing.assert_array_equal(drive.z, vae.space.mean)


async def test_the_picture_goes_on_after_a_freeze_and_keeps_its_place(vae: VAE, video: Path) -> None:
    async with driving(vae) as drive:
        screen = await mirror(drive, video)
        await drive.until(lambda: screen.z is not None)
        await drive.type("space")
        await drive.settle()
        frozen = screen._shot
        await drive.type("space")
        await drive.until(lambda: screen._shot is not frozen and "fps" in facts(drive))
        await drive.press("escape")
        np.testing.assert_array_equal(drive.z, vae.space.mean)
        await drive.until(lambda: not threads())


async def test_a_frozen_face_is_decoded_anew_for_another_size(vae: VAE, video: Path) -> None:
    async with driving(vae) as drive:
        screen = await mirror(drive, video)
        await drive.until(lambda: screen.z is not None)
        assert not screen.query_one("#aligned-frame").display
        await drive.type("space")
        z = None
        while z is not screen.z:  # a picture that was on its way still comes
            z = screen.z
            await asyncio.sleep(0.5)
        await drive.pilot.resize_terminal(200, 60)
        view = screen.query_one("#reconstruction", FaceView)
        await drive.until(lambda: picture(drive, "reconstruction").shape[:2] == view.grid and view.grid[0] > 60)
        assert screen.query_one("#aligned-frame").display
        np.testing.assert_array_equal(screen.z, z)


async def test_without_a_face_the_picture_is_live(vae: VAE, tmp_path: Path) -> None:
    walls = [np.full_like(WALL, 100 + number % 100) for number in range(150)]
    async with driving(vae) as drive:
        screen = await mirror(drive, written(tmp_path / "walls.avi", walls, 10))
        await drive.until(lambda: "no face found" in facts(drive))
        before = picture(drive, "camera")
        await drive.until(lambda: (picture(drive, "camera") != before).any())
        await drive.type("enter")  # nothing to take
        assert drive.app.screen is screen
        await drive.press("q")


async def test_the_picture_is_live_while_the_model_loads(tiny: Checkpoint, video: Path) -> None:
    slow = Waiting(tiny)
    async with driving(slow) as drive:
        screen = await mirror(drive, video)
        await drive.until(lambda: facts(drive).endswith("face found: loading the model…"))
        before = screen._shot
        await drive.until(lambda: screen._shot is not before)
        slow.may.set()
        await drive.until(lambda: screen.z is not None)


async def test_the_end_of_a_video_stays(vae: VAE, short: Path) -> None:
    async with driving(vae) as drive:
        screen = await mirror(drive, short)
        await drive.until(lambda: facts(drive) == "the end · face found" and screen.z is not None)
        z = screen.z
        await drive.press("enter")
        np.testing.assert_array_equal(drive.z, z)


async def test_the_key_asks_and_tells_what_is_wrong(vae: VAE, short: Path) -> None:
    async with driving(vae) as drive:
        await drive.type("C")
        assert isinstance(drive.app.screen, PromptScreen)
        await drive.type(*"x.avi", "enter")
        assert any("neither a camera's number" in line for line in drive.lines())
        drive.app.screen.query_one(Input).value = "97"
        await drive.type("enter")
        await drive.until(lambda: "camera 97: not there" in facts(drive))
        await drive.type("space", "enter", "q", "C")
        drive.app.screen.query_one(Input).value = f"'{short}'"
        await drive.type("enter")
        await drive.until(lambda: "the end" in facts(drive))


async def test_a_model_that_cannot_encode_says_so(short: Path) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.open_camera(short)
        await drive.settle()
        assert "this model has no encoder" in drive.status
        assert drive.app.screen is drive.screen


async def test_a_model_that_fails_is_told_in_one_line(tiny: Checkpoint, video: Path) -> None:
    async with driving(Broken(tiny)) as drive:
        await mirror(drive, video)
        await drive.until(lambda: facts(drive).startswith("the model failed: no more memory"))


async def test_quitting_lets_the_camera_go(vae: VAE, video: Path) -> None:
    app = steady_app(vae)
    app.explorer.first_camera = video
    async with app.run_test(size=(80, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.until(lambda: isinstance(app.screen, CameraScreen) and app.screen.z is not None)
        app.exit()
    assert not threads()
