"""Every screen and every panel in each of the program's themes, at 80x24, and that what is written can be read.

After a change that is meant: `make snapshots`, then look at every new picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.command import CommandPalette
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, OptionList

from tests.app.contrast import poor_texts
from tests.app.driving import Drive, steady_app
from tests.app.stills import Encoding, put_stills
from tests.app.test_snapshots import Compare, _no_clock  # noqa: F401  the fixture
from tests.conftest import Checkpoint
from tui_vae import paths
from tui_vae.app.panels.gallery import Gallery
from tui_vae.app.parts import tours
from tui_vae.app.remembered import Remembered
from tui_vae.app.screens.camera import CameraScreen
from tui_vae.app.screens.checkpoints import CheckpointsScreen
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.screens.jump import JumpScreen
from tui_vae.app.screens.photo import PhotoScreen
from tui_vae.app.screens.pick import PickScreen, PictureTree
from tui_vae.app.themes import OWN
from tui_vae.latent.labels import Clusters
from tui_vae.model import checkpoint as checkpoints
from tui_vae.originals import Originals
from tui_vae.settings import Settings

FRONT = ", ".join(["CommandList", "#prompt", "#page", "#photo", "#mirror", "#checkpoints", "#pick", "#export"])
Wait = Callable[[Drive], Awaitable[object]]


@dataclass(frozen=True)
class Scene:
    """Keys, divided by spaces; and, once they are pressed, something to wait for."""

    keys: str = ""
    wait: Wait | None = None


async def palette(drive: Drive) -> None:
    await drive.until(lambda: isinstance(drive.app.screen, CommandPalette))
    await drive.until(lambda: drive.app.screen.query_one(OptionList).option_count > 0)
    await drive.app.workers.wait_for_complete()
    await drive.until(lambda: drive.app.screen.query_one("CommandList").region.height > 0)


async def compared(drive: Drive) -> None:
    await drive.until(lambda: drive.heading.startswith("PSNR"))


async def tour(drive: Drive) -> None:
    drive.screen.start_tour("clusters")
    drive.screen._seek(12.4)
    await drive.settle()


async def photo(drive: Drive) -> None:
    drive.screen.open_photo(Path("us.jpg"))
    await drive.until(lambda: isinstance(drive.app.screen, PhotoScreen) and drive.app.screen.z is not None)
    await drive.app.workers.wait_for_complete()


async def mirror(drive: Drive) -> None:
    drive.screen.open_camera(0)
    await drive.until(lambda: isinstance(drive.app.screen, CameraScreen) and drive.app.screen.z is not None)
    await drive.type("space")


async def picked(drive: Drive) -> None:
    await drive.until(lambda: isinstance(drive.app.screen, PickScreen))
    tree = drive.app.screen.query_one(PictureTree)
    await drive.until(lambda: len(tree.root.children) == 2)
    await drive.type("enter", "tab", "down")


async def described(drive: Drive) -> None:
    screen = drive.app.screen
    assert isinstance(screen, CheckpointsScreen)
    await drive.until(lambda: screen._chosen in screen._described)
    await drive.type("down")
    await drive.until(lambda: "one" in screen._described)


async def complained(drive: Drive) -> None:
    await drive.until(lambda: drive.app.screen.query_one("#line").has_class("-problem"))


SCENES: dict[str, Scene] = {
    "bars": Scene("3 g 4 l 2 j H H j 1 5 l k x"),
    "collapsed bars": Scene("2 g tab end k k 1 2"),
    "attributes": Scene("5 g shift+tab j 1 2 l"),
    "slider": Scene("3 g a 9 g b t 2 0 l"),
    "tour": Scene("7 g", tour),
    "traversal": Scene("7 g 1 2 l e right right"),
    "grid": Scene("7 g 1 2 l E down right"),
    "steps": Scene("3 g a 9 g b S right"),
    "nearest": Scene("7 g N right"),
    "cluster": Scene("7 g c down"),
    "found": Scene("F i n d e x < 1 2 enter"),
    "map": Scene("7 g m K up right"),
    "original": Scene("3 g D", compared),
    "undo tree": Scene("3 g i u u 5 g l j L u z up"),
    "bookmarks": Scene("3 g d a n n a enter 8 g d b e r t enter B right"),
    "tours": Scene("7 g T down down"),
    "question": Scene("7 g g 9 9 enter"),
    "problem": Scene("7 g 9 9 g"),
    "help": Scene("? j j"),
    "palette": Scene("ctrl+p i n", palette),
    "jump": Scene("7 g J"),
    "export": Scene("3 g a 9 g b X j j j j enter"),
    "export with a problem": Scene("X end enter t o u r . g i f tab s m i l e s enter", complained),
    "checkpoints": Scene("ctrl+o", described),
    "pick": Scene("O n o t h i n g", picked),
    "photo": Scene("", photo),
    "mirror": Scene("", mirror),
}


def model() -> Encoding:
    """The cartoon, with clusters around its first items."""
    made = Encoding()
    atlas = made.space.atlas
    numbers = (np.arange(len(atlas)) % 3).astype(np.int32)
    made.space = replace(made.space, clusters=Clusters(numbers, atlas.latents[:3].copy()))
    return made


@pytest.fixture
def folder(tmp_path: Path, tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, originals and checkpoints, and no clock."""
    work = tmp_path / "pictures"
    (work / "items").mkdir(parents=True)
    monkeypatch.chdir(work)
    cartoon = Encoding()
    Image.fromarray(cartoon.draw(cartoon.space.atlas[4], (64, 64))).save(work / "items" / "003.png")
    (work / "us.jpg").write_bytes(b"")
    known = tmp_path / "checkpoints"
    known.mkdir()
    checkpoints.write(known / "one.safetensors", replace(tiny, preview=cartoon.draw(cartoon.space.mean, (16, 16))))
    (known / "one.md").write_text("# one\n\nA model of drawn faces.\n\n" + "Nothing more is known of it. " * 30)
    (known / "bad.safetensors").write_bytes(b"\0" * 64)
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [known])
    monkeypatch.setattr(tours, "monotonic", lambda: 0.0)
    put_stills(monkeypatch)
    return work


def showing(scene: Scene) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press the keys and wait for all that they bring; nothing blinks."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        for key in scene.keys.split():
            await drive.type(key)
        if scene.wait is not None:
            await scene.wait(drive)
        await drive.frame()
        panel = drive.screen.panel
        if isinstance(panel, Gallery):
            await drive.until(lambda: panel.is_whole)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await asyncio.sleep(0)
        await drive.settle()
        assert not poor_texts(drive.strips(), in_front(app.screen))

    return run


def in_front(screen: Screen[Any]) -> Region:
    """The part of a screen that does not stand back."""
    return screen.region if isinstance(screen, ExplorerScreen | JumpScreen) else screen.query_one(FRONT).region


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("theme", [theme.name for theme in OWN])
def test_scene(snap_compare: Compare, folder: Path, theme: str, scene: str) -> None:
    app = steady_app(model(), settings=Settings(theme=theme))
    app.explorer.originals = Originals(str(folder), {"size": 64, "channels": 3, "fit": "crop"})
    assert snap_compare(app, run_before=showing(SCENES[scene]))


@pytest.mark.parametrize("theme", [theme.name for theme in OWN])
def test_first_hint(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.delenv("CI", raising=False)
    app = steady_app(model(), settings=Settings(theme=theme), remembered=Remembered(tmp_path / "facts.json"))
    assert snap_compare(app, run_before=showing(Scene()))
