"""Recordings played on an emulated terminal show the very cells of the film."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyte
import pytest

from tests.terminal.cell_screen import cell_pixels
from tests.terminal.pty_session import CellRegion
from tui_vae.api import load
from tui_vae.render.cast import CellStyle, events
from tui_vae.render.film import Film
from tui_vae.render.output import Look, write_film
from tui_vae.render.takes import way
from tui_vae.terminal import cells
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape


@pytest.mark.parametrize("depth", [ColourDepth.TRUECOLOUR, ColourDepth.ANSI_256])
@pytest.mark.parametrize("shape", [CellShape.HALF, CellShape.QUADRANT])
def test_every_picture_of_a_cast_is_seen(tmp_path: Path, tiny_path: Path, depth: ColourDepth, shape: CellShape) -> None:
    vae = load(tiny_path)
    style = CellStyle(20, depth, shape)
    z = way(vae.space.atlas[0], vae.space.atlas[1], 6, "lerp", vae.space.pca)
    write_film(Film(z, 10), tmp_path / "a.cast", vae.decode, Look(vae.architecture.input, None, style))
    header, *lines = map(json.loads, (tmp_path / "a.cast").read_text(encoding="utf-8").splitlines())
    assert (header["width"], header["height"]) == (20, 10)
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    wanted = [cells.quantise(image, depth, shape) for image in vae.decode(z, style.grid(16, 16))]
    for (_, _, text), image in zip(lines[:-1], wanted, strict=True):
        stream.feed(text)
        shown = cell_pixels(screen, CellRegion(0, 0, 10, 20), shape, (0, 0, 0))
        assert np.array_equal(shown, image)
    assert screen.cursor.hidden
    stream.feed(lines[-1][2])
    assert not screen.cursor.hidden
    assert np.array_equal(cell_pixels(screen, CellRegion(0, 0, 10, 20), shape, (0, 0, 0)), wanted[-1])


def test_rows_that_rest_are_not_written_again() -> None:
    pictures = [["a", "b", "c"], ["a", "B", "c"], ["a", "B", "c"], ["A", "B", "C"]]
    assert list(events(iter(pictures), 4)) == [
        (0.0, "\x1b[?25l\x1b[2J\x1b[1;1Ha\x1b[2;1Hb\x1b[3;1Hc"),
        (0.25, "\x1b[2;1HB"),
        (0.75, "\x1b[1;1HA\x1b[3;1HC"),
        (1.0, "\x1b[3;1H\x1b[?25h"),
    ]
