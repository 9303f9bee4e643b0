"""Writing to files from inside: every kind is read back, wrong input told in place; what is stopped leaves nothing."""

from __future__ import annotations

import asyncio
import errno
import json
import re
import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageSequence

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tui_vae.app.exports import KINDS
from tui_vae.app.model import Grid
from tui_vae.app.screens.export import ExportScreen, KindList
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.journey import between
from tui_vae.latent.recipe import replay

NAMES = [kind.name for kind in KINDS]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the explorer runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def screen(drive: Drive) -> ExportScreen:
    found = drive.app.screen
    assert isinstance(found, ExportScreen)
    return found


async def open_for(drive: Drive, kind: str, file: str = "", **fields: str) -> None:
    """Open the screen, choose a kind, fill in the form."""
    await drive.type("X")
    screen(drive).query_one(KindList).highlighted = NAMES.index(kind)
    await drive.settle()
    for name, text in (({"file": file} if file else {}) | fields).items():
        screen(drive)._field(name).value = text
        await drive.settle()
    screen(drive)._field("file").focus()
    await drive.settle()


async def export(drive: Drive, kind: str, file: str, **fields: str) -> None:
    """The same, and write it."""
    await open_for(drive, kind, file, **fields)
    await drive.type("enter")
    await drive.until(lambda: drive.app.screen is drive.screen)
    await drive.settle()
    assert drive.status.startswith(f"wrote {file}"), drive.status


def line(drive: Drive) -> str:
    return " ".join(part.strip() for part in drive.text(screen(drive).query_one("#line").region)).strip()


def read_back(path: str) -> list[npt.NDArray[np.uint8]]:
    """Every picture of a file; one that stands for longer, because the next ones are alike, as often as it is shown."""
    shown: list[npt.NDArray[np.uint8]] = []
    with Image.open(path) as file:
        for frame in ImageSequence.Iterator(file):
            image = np.asarray(frame.convert("RGB"))
            shown += [image] * max(1, round(frame.info.get("duration", 0) / 50))
    return shown


def holds(sheet: npt.NDArray[np.uint8], face: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture is somewhere in another one, pixel by pixel."""
    height, width = face.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (1, width, 3))[:, :, 0, 0]
    starts = np.argwhere((windows == face[0]).all(axis=(-2, -1)))
    return any(np.array_equal(sheet[y : y + height, x : x + width], face) for y, x in starts)


async def test_with_keys_alone() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("7", "g")
        await drive.type("X", "j", "k", "enter", *"her.png", "enter")
        await drive.until(lambda: drive.app.screen is drive.screen)
        await drive.settle()
        assert drive.status.startswith("wrote her.png")
        np.testing.assert_array_equal(read_back("her.png")[0], model.draw(drive.z, (64, 64)))


async def test_the_name_that_is_offered_is_free_and_goes_with_the_kind(folder: Path) -> None:
    (folder / "cartoon-face-001.png").touch()
    async with driving(Cartoon()) as drive:
        await drive.type("X")
        assert screen(drive)._field("file").value == "cartoon-face-002.png"
        await drive.type("j")
        assert screen(drive)._field("file").value == "cartoon-latent-001.npy"
        await drive.type("enter", *"mine.npy", "shift+tab", "k")
        assert screen(drive)._field("file").value == "mine.npy"


async def test_a_face_its_latent_and_its_recipe() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("5", "g", "3", "l")
        z = drive.z
        await export(drive, "face", "face.png", size="100")
        np.testing.assert_array_equal(read_back("face.png")[0], model.draw(z, (100, 100)))
        await export(drive, "face", "face.ans", size="12")
        lines = Path("face.ans").read_text().splitlines()
        assert len(lines) == 6 and all(len(re.sub(r"\x1b\[[\d;]*m", "", row)) == 12 for row in lines)
        await export(drive, "latent", "z.npy")
        np.testing.assert_array_equal(np.load("z.npy"), z)
        await export(drive, "recipe", "recipe.txt")
        made_for = tokens.tag(model.name, fingerprint(model.space, model.preview))
        recipe = tokens.read(Path("recipe.txt").read_text(), made_for)
        np.testing.assert_array_equal(replay(recipe, model.space), z)


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
async def test_a_traversal(suffix: str) -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("5", "g", "j")
        at = [drive.state.axes.move(drive.z, 1, value - drive.value) for value in (-3.0, 3.0)]
        await export(drive, "traversal", "bars.png")
        sheet = read_back("bars.png")[0]
        assert all(holds(sheet, model.draw(z, (128, 128))) for z in at)
        await export(drive, "traversal", f"bars{suffix}", seconds="0.5", size="32")
        frames = read_back(f"bars{suffix}")
        assert len(frames) == 10 and frames[0].shape == (32, 32, 3)
        if suffix != ".gif":  # which has a palette
            np.testing.assert_array_equal(frames[0], model.draw(drive.z, (32, 32)))


async def test_an_interpolation_between_the_chosen_ends() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("3", "g", "a", "8", "g", "b", "r")
        a, b = model.space.atlas[3], model.space.atlas[8]
        await export(drive, "interpolation", "way.npy", faces="5")
        expected = [between(a, b, place / 4, "lerp", model.space.pca) for place in range(5)]
        np.testing.assert_array_equal(np.load("way.npy"), expected)
        await export(drive, "interpolation", "way.apng", seconds="0.4", size="16")
        frames = read_back("way.apng")
        assert len(frames) == 8 + 6  # and back, without the ends again
        np.testing.assert_array_equal(frames[0], model.draw(a, (16, 16)))
        np.testing.assert_array_equal(frames[7], model.draw(b, (16, 16)))
        await export(drive, "interpolation", "way.cast", seconds="0.4", size="16")
        header, *events = map(json.loads, Path("way.cast").read_text().splitlines())
        assert (header["version"], header["width"], header["height"]) == (2, 16, 8)
        assert len(events) > 2 and events[-1][0] == pytest.approx(14 / 20)


async def test_bookmarks_as_a_sheet_and_a_film() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        for name, index in (("her", 2), ("him", 9)):
            drive.state.bookmarks.add(name, drive.state.point)
            drive.state.go_to(index)
        await drive.press("0")
        await export(drive, "bookmarks", "kept.npy")
        np.testing.assert_array_equal(np.load("kept.npy"), [model.space.mean, model.space.atlas[2]])
        await export(drive, "bookmarks", "kept.png")
        assert holds(read_back("kept.png")[0], model.draw(model.space.atlas[2], (128, 128)))
        await export(drive, "bookmarks", "kept.webp", seconds="1", size="16")
        frames = read_back("kept.webp")
        assert len(frames) == 20
        np.testing.assert_array_equal(frames[10], model.draw(model.space.atlas[2], (16, 16)))


async def test_the_grid_has_the_axes_of_the_panel() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("j", "E", ".")
        await open_for(drive, "grid")
        assert any("→ PC 2  ↓ PC 4" in row for row in drive.lines())
        await drive.type("escape")
        await export(drive, "grid", "plane.npy", faces="3")
        values = [drive.state.axes.values(z)[[1, 3]] for z in np.load("plane.npy")]
        expected = [(across, down) for down in (-3, 0, 3) for across in (-3, 0, 3)]
        np.testing.assert_allclose(values, expected, atol=1e-5)


async def test_a_tour_by_its_name() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await export(drive, "tour", "tour.npy", tour="attribute:smiling", faces="4")
        expected = np.argsort(model.space.atlas.latents @ model.space.axes[2].readout[0], kind="stable")
        np.testing.assert_array_equal(np.load("tour.npy"), model.space.atlas.latents[expected[[0, 13, 26, 39]]])
        await export(drive, "tour", "tour.apng", tour="dataset", seconds="3", size="16")
        frames = read_back("tour.apng")
        assert len(frames) == 61
        np.testing.assert_array_equal(frames[60], model.draw(model.space.atlas[1], (16, 16)))


async def test_the_tour_that_is_on_is_offered_and_pauses() -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("shuffled:3")
        await drive.type("X")
        assert screen(drive)._field("tour").value == "shuffled:3"
        assert not drive.screen._player.playing
        await drive.type("escape")
        assert drive.state.is_passing, "the tour is still on"


async def test_a_bar_that_locks_hold_cannot_be_chosen() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("x", "X")
        rows = drive.lines()
        assert any("locks hold this bar" in row for row in rows)
        assert any("locks hold one of its bars" in row for row in rows)


@pytest.mark.parametrize(
    ("kind", "fields", "complaint"),
    [
        ("face", {"file": " "}, "type a name for the file"),
        ("face", {"file": "face.jpg"}, "face.jpg: the name must end in .png, .npy, .txt or .ans"),
        ("face", {"file": "face"}, "face: the name must end in"),
        ("grid", {"file": "plane.gif"}, "plane.gif: the name must end in"),
        ("face", {"file": "none/face.png"}, "none/face.png: cannot write: No such file or directory"),
        ("face", {"file": "/proc/face.png"}, "/proc/face.png: cannot write: "),
        ("face", {"file": "~nobody-here/face.png"}, "~nobody-here/face.png: cannot write: No such file"),
        ("face", {"file": "a.png", "size": "big"}, "size: 'big' is not a whole number"),
        ("face", {"file": "a.png", "size": "99999"}, "size: from 8 to 4096"),
        ("traversal", {"file": "a.png", "faces": "1"}, "faces: from 2 to 1000"),
        ("traversal", {"file": "a.gif", "seconds": "nan"}, "seconds: from 0.1 to 500"),
        ("traversal", {"file": "a.gif", "seconds": "500", "size": "4096"}, "10000 pictures of 4096x4096 take"),
        ("tour", {"file": "a.png", "tour": "[bold]x"}, "no tour '[bold]x'; there are dataset"),
    ],
)
async def test_wrong_input_is_told_in_place(folder: Path, kind: str, fields: dict[str, str], complaint: str) -> None:
    async with driving(Cartoon()) as drive:
        await open_for(drive, kind, **fields)
        await drive.type("enter")
        await drive.until(lambda: not screen(drive).is_writing)
        await drive.until(lambda: line(drive).startswith(complaint))
        await drive.type("escape")
        assert drive.app.screen is drive.screen
    assert not list(folder.iterdir())


async def test_a_file_is_replaced_only_when_asked_twice() -> None:
    Path("a.npy").write_text("mine")
    async with driving(Cartoon()) as drive:
        await open_for(drive, "latent", "a.npy")
        await drive.type("enter")
        assert line(drive) == "a.npy: exists; Enter again replaces it"
        screen(drive)._field("file").value = "b.npy"  # another thought
        await drive.settle()
        screen(drive)._field("file").value = "a.npy"
        await drive.settle()
        await drive.type("enter")
        assert line(drive) == "a.npy: exists; Enter again replaces it" and Path("a.npy").read_text() == "mine"
        await drive.type("enter")
        await drive.until(lambda: drive.app.screen is drive.screen)
        np.testing.assert_array_equal(np.load("a.npy"), drive.z)


async def test_what_is_not_there_cannot_be_chosen() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("X")
        rows = drive.lines()
        assert any("mark two faces first" in row for row in rows)
        assert any("no face has been kept yet" in row for row in rows)
        await drive.type("j", "j", "j")
        assert screen(drive).kind.name == "traversal"


async def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with driving(Cartoon()) as drive:
        monkeypatch.setattr(Image.Image, "save", full)
        await open_for(drive, "face", "a.png")
        await drive.type("enter")
        await drive.until(lambda: line(drive) == "a.png: cannot write: No space left on device")
    assert not list(folder.iterdir())


class Gated(Cartoon):
    """Decodes of other sizes than the explorer's wait until they are let through; or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.gate, self.done = threading.Event(), threading.Event(), threading.Event()
        self.fails = False

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        if grid == (16, 16):
            self.begun.set()
            self.gate.wait(20)
            self.done.set()
            if self.fails:
                raise RuntimeError("out\nof memory")
        return super().decode(z, grid)


async def test_progress_and_stopping_leave_nothing(folder: Path) -> None:
    model = Gated()
    async with driving(model) as drive:
        await open_for(drive, "traversal", "a.gif", size="16", seconds="10")
        await drive.type("enter")
        await drive.until(model.begun.is_set)
        assert line(drive) == "preparing the decoder…"
        await drive.type("escape")
        assert line(drive) == "stopping…"
        model.gate.set()
        await drive.until(lambda: line(drive) == "stopped: nothing was written")
        assert not list(folder.iterdir())
        screen(drive)._show_progress(5, 10)
        await drive.settle()
        assert line(drive) == "stopped: nothing was written"
        screen(drive)._field("seconds").value = "0.5"
        await drive.settle()
        await drive.type("enter")  # and again, to the end
        await drive.until(lambda: drive.app.screen is drive.screen)
    assert [path.name for path in folder.iterdir()] == ["a.gif"]


async def test_a_decoder_that_fails(folder: Path) -> None:
    model = Gated()
    model.fails = True
    model.gate.set()
    async with driving(model) as drive:
        await open_for(drive, "face", "a.png", size="16")
        await drive.type("enter")
        await drive.until(lambda: line(drive).startswith("the decoder failed: "))
        assert "out" in line(drive) and not list(folder.iterdir())


async def test_quitting_while_a_film_is_written_leaves_nothing(folder: Path) -> None:
    model = Gated()
    async with driving(model) as drive:
        await open_for(drive, "traversal", "a.gif", size="16", seconds="10")
        await drive.type("enter")
        await drive.until(model.begun.is_set)
        await drive.type("ctrl+q")
        model.gate.set()
    deadline = time.monotonic() + 20
    while not model.done.is_set() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    while list(folder.iterdir()) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert model.done.is_set() and not list(folder.iterdir())


async def test_a_grey_model(folder: Path) -> None:
    class Grey(Cartoon):
        def __init__(self) -> None:
            super().__init__()
            self.preview = self.preview[..., :1]

        def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
            return super().decode(z, grid)[..., :1]

    async with driving(Grey()) as drive:
        await export(drive, "face", "a.png")
        await export(drive, "traversal", "b.gif", seconds="0.2", size="16")
        await export(drive, "traversal", "b.png", faces="2", size="16")
        with Image.open("a.png") as face, Image.open("b.png") as sheet:
            assert face.mode == sheet.mode == "L"
        assert len(read_back("b.gif")) == 4
