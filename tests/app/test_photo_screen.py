"""Photos in the explorer: chosen, dropped, looked at, fitted, taken."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image
from textual import events
from textual.widgets import Input, Static

import tui_vae
from tests.app.driving import Drive, driving
from tests.conftest import Checkpoint
from tests.unit.test_photo_detect import placed
from tui_vae.api import VAE
from tui_vae.app.screens.photo import PhotoScreen
from tui_vae.app.screens.pick import PickScreen, dropped_path
from tui_vae.app.widgets.face import FaceView
from tui_vae.errors import UserError
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.model.inversion import Fitted
from tui_vae.originals import Originals


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces; the larger one on the right."""
    face = tui_vae.load("faces").preview
    path = tmp_path_factory.mktemp("photos") / "two [of] us.png"
    Image.fromarray(placed(face, 430 + 240j, 3.0, 8, placed(face, 140 + 200j, 2.0))).save(path)
    return path


class Endless(VAE):
    """Its fits go on until they are stopped."""

    ended = False

    def fit(self, image: np.ndarray, z: np.ndarray | None = None, steps: int = 150) -> Iterator[Fitted]:
        assert z is not None
        try:
            for step in itertools.count():
                time.sleep(0.002)
                yield Fitted(step, z + np.float32(0.01), 9.0)
        finally:
            self.ended = True


def facts(drive: Drive) -> str:
    return str(drive.app.screen.query_one("#facts", Static).render())


def paste(drive: Drive, text: str) -> None:
    drive.app.post_message(events.Paste(text))


async def opened(drive: Drive, path: Path) -> PhotoScreen:
    """The photo's screen, its first choice encoded."""
    paste(drive, f"'{path}'")
    await drive.until(lambda: isinstance(drive.app.screen, PhotoScreen))
    screen = drive.app.screen
    assert isinstance(screen, PhotoScreen)
    await drive.until(lambda: screen.z is not None)
    return screen


async def test_a_dropped_photo_is_opened_and_its_face_taken(vae: VAE, photo: Path) -> None:
    async with driving(vae) as drive:
        screen = await opened(drive, photo)
        assert facts(drive) == "face 1 of 2"
        first, z = screen.z, screen.z
        await drive.type("n")
        await drive.until(lambda: screen.z is not None and screen.z is not first)
        assert facts(drive) == "face 2 of 2"
        z = screen.z
        await drive.press("enter")
        np.testing.assert_array_equal(drive.z, z)
        assert drive.title == "photo two [of] us.png"
        await drive.press("u")
        np.testing.assert_array_equal(drive.z, vae.space.mean)


async def test_the_middle_and_leaving(vae: VAE, photo: Path) -> None:
    async with driving(vae) as drive:
        screen = await opened(drive, photo)
        first = screen.z
        await drive.type("c")
        await drive.until(lambda: screen.z is not None and screen.z is not first)
        assert facts(drive) == "the middle of the photo"
        await drive.press("escape")
        np.testing.assert_array_equal(drive.z, vae.space.mean)


async def test_a_fit_comes_closer(vae: VAE, photo: Path) -> None:
    async with driving(vae) as drive:
        screen = await opened(drive, photo)
        first = screen.z
        await drive.type("o")
        await drive.until(lambda: facts(drive).startswith("fitted: error"))
        original = screen._original
        assert first is not None and screen.z is not None and original is not None
        before, after = (((vae.decode(z[None])[0].astype(float) - original) ** 2).mean() for z in (first, screen.z))
        assert after < before


async def test_a_fit_stops_when_told(tiny: Checkpoint, photo: Path) -> None:
    """One that would never end keeps the best so far."""
    vae = Endless(tiny)
    async with driving(vae) as drive:
        screen = await opened(drive, photo)
        first = screen.z
        await drive.type("o")
        await drive.until(lambda: "fitting: step" in facts(drive))
        await drive.type("o")
        await drive.until(lambda: facts(drive) == "stopped: the best so far")
        await drive.until(lambda: vae.ended)
        assert screen.z is not None and screen.z is not first
        await drive.press("enter")
        assert drive.z is screen.z


async def test_no_face_is_said_and_the_middle_offered(vae: VAE, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (90, 140, 60)).save(tmp_path / "meadow.png")
    async with driving(vae) as drive:
        await opened(drive, tmp_path / "meadow.png")
        assert facts(drive) == "no face found: the middle of the photo"


async def test_what_is_no_picture_is_said(vae: VAE, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("words")
    async with driving(vae) as drive:
        paste(drive, str(tmp_path / "a.png"))
        await drive.until(lambda: isinstance(drive.app.screen, PhotoScreen))
        await drive.until(lambda: "not a picture" in facts(drive))
        await drive.type("enter", "o", "n", "c")  # nothing to take, fit or choose
        assert isinstance(drive.app.screen, PhotoScreen)
        await drive.press("escape")


async def test_the_picker_says_what_is_wrong_and_opens_what_is_right(vae: VAE, photo: Path) -> None:
    async with driving(vae) as drive:
        await drive.type("O")
        await drive.until(lambda: isinstance(drive.app.screen, PickScreen))
        drive.app.screen.query_one(Input).value = "nothing.png"
        await drive.type("enter")
        assert any("no such file" in line for line in drive.lines())
        drive.app.screen.query_one(Input).value = str(photo)
        await drive.type("enter")
        await drive.until(lambda: isinstance(drive.app.screen, PhotoScreen))
        await drive.press("escape")


async def test_pasted_words_are_no_photo(vae: VAE) -> None:
    async with driving(vae) as drive:
        paste(drive, "hello")
        await drive.until(lambda: "nor a file's path" in drive.status)


async def test_a_photo_at_the_start(vae: VAE, photo: Path) -> None:
    from tests.app.driving import steady_app

    app = steady_app(vae)
    app.explorer.first_photo = photo
    async with app.run_test(size=(80, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.until(lambda: isinstance(app.screen, PhotoScreen) and app.screen.z is not None)


@pytest.mark.parametrize("form", ["{}", "'{}'", "file://{}", " {}\n"])
def test_paths_as_terminals_paste_them(tmp_path: Path, form: str) -> None:
    path = tmp_path / "it is me.png"
    path.touch()
    assert dropped_path(form.format(path)) == path
    assert dropped_path(str(path).replace(" ", "\\ ")) == path
    assert dropped_path(f"file://{path}".replace(" ", "%20")) == path


@pytest.mark.parametrize("text", ["", "\n", "a\nb", "it's", "nothing.png", "file://", "~nobody/x", "x" * 9000, "\0"])
def test_texts_that_are_no_paths(text: str) -> None:
    assert dropped_path(text) is None


class Album:
    """Pictures by name, as `Originals` has them."""

    def __init__(self, picture: np.ndarray | None, problem: str = "") -> None:
        self.picture, self.problem, self.asked = picture, problem, ""

    def read(self, name: str) -> np.ndarray | None:
        self.asked = name
        if self.problem:
            raise UserError(self.problem)
        return self.picture


@pytest.mark.parametrize(
    ("album", "said"),
    [
        (Album(np.full((16, 16, 3), 77, np.uint8)), ""),
        (Album(None), "{name} is not among the images"),
        (Album(None, "a.zip: cannot be read"), "a.zip: cannot be read"),
    ],
    ids=["there", "not there", "unreadable"],
)
async def test_the_nearest_face_is_the_picture_itself_where_it_can_be_had(
    vae: VAE, photo: Path, album: Album, said: str
) -> None:
    async with driving(vae) as drive:
        drive.screen.originals = cast(Originals, album)
        screen = await opened(drive, photo)
        view = screen.query_one("#picture-2", FaceView)
        await drive.until(lambda: view._picture is not None and bool(album.asked))
        assert screen.z is not None and view._picture is not None and view.parent is not None
        nearest = Neighbourhood(vae.space).nearest(screen.z, 1)[0].index
        assert album.asked == vae.space.atlas.names[nearest]
        await drive.until(lambda: said.format(name=album.asked) in facts(drive))
        title = f"nearest: {Path(album.asked).name}" if album.picture is not None else "nearest, decoded"
        assert f"─ {title} ─" in drive.lines()[0]
        expected = album.picture if album.picture is not None else vae.decode(vae.space.atlas[nearest][None])[0]
        np.testing.assert_array_equal(view._picture, expected)
