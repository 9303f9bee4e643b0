"""`--cells` and `--zoom`: what is printed, and what the explorer's face gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tui_vae import cli
from tui_vae.api import load
from tui_vae.app.app import ExplorerApp
from tui_vae.app.widgets.face import FaceView
from tui_vae.terminal import cells
from tui_vae.terminal.cells import CellShape
from tui_vae.terminal.colour import ColourDepth


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tiny_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COLUMNS", "80")

    def run(*options: str) -> list[str]:
        assert cli.main(["render", "--checkpoint", str(tiny_path), "--color", "truecolor", *options]) == 0
        return capsys.readouterr().out.splitlines()

    return run


@pytest.mark.parametrize("shape", CellShape)
def test_a_face_is_printed_in_the_cells_that_are_asked_for(printed, tiny_path: Path, shape: CellShape) -> None:  # type: ignore[no-untyped-def]
    vae = load(tiny_path)
    down, across = shape.pixels
    face = vae.decode(vae.space.mean[None], (10 * down, 20 * across))[0]
    assert printed("--size", "20", "--cells", shape.value) == cells.rows(face, ColourDepth.TRUECOLOUR, shape)


def test_whole_factors_repeat_the_models_own_pixels(printed, tiny_path: Path) -> None:  # type: ignore[no-untyped-def]
    vae = load(tiny_path)
    own = vae.decode(vae.space.mean[None])[0]
    assert own.shape == (16, 16, 3)
    wanted = cells.rows(own.repeat(3, axis=0).repeat(3, axis=1), ColourDepth.TRUECOLOUR)
    assert printed("--size", "50", "--zoom", "integer") == wanted
    # Smaller than the model's own size there is no whole factor.
    assert printed("--size", "10", "--zoom", "integer") == printed("--size", "10")


def test_other_names_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--cells", "octant"), ("--zoom", "1.5")):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["render", option, value])
        assert stopped.value.code == 2 and value in capsys.readouterr().err


async def test_the_explorer_passes_them_on_to_its_face(tiny_path: Path) -> None:
    app = ExplorerApp(load(tiny_path), shape=CellShape.QUADRANT)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        face = app.explorer.query_one(FaceView)
        height, width = face.grid
        assert width == 2 * height > 20
        for _ in range(200):
            if app.explorer.shown is not None:
                break
            await pilot.pause(0.05)
        assert app.explorer.shown is not None and app.explorer.shown.image.shape[:2] == face.grid
        assert face.image_region.size == (height, height // 2)
    app = ExplorerApp(load(tiny_path), zoom="integer")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        face = app.explorer.query_one(FaceView)
        assert face.grid == (16, 16) and face.image_region.size == (32, 16)
        assert np.array_equal(face._picture, load(tiny_path).preview)


@pytest.mark.parametrize("colours", ["256", "16"])
def test_a_face_is_printed_without_dithering(printed, tiny_path: Path, colours: str) -> None:  # type: ignore[no-untyped-def]
    vae = load(tiny_path)
    face = vae.decode(vae.space.mean[None], (20, 20))[0]
    depth = {"256": ColourDepth.ANSI_256, "16": ColourDepth.ANSI_16}[colours]
    options = ("--size", "20", "--cells", "half", "--color", colours)
    assert printed(*options) == cells.rows(face, depth)
    assert printed(*options, "--no-dither") == cells.rows(face, depth.nearest) != cells.rows(face, depth)
