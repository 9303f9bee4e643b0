"""What xterm's window really shows, read from the display's memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.terminal.exploring import LOADED, SMALL, grid_of, wait_until
from tests.terminal.picture_reading import read_sixels
from tests.terminal.x_server import Display, display, half_cells, wait_for_pixels, why_not, xterm
from tui_vae.api import VAE
from tui_vae.terminal import sixel
from tui_vae.terminal.colour import ColourDepth, quantise
from tui_vae.terminal.graphics import GRAIN, fit_area

WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

COLUMNS, LINES = 80, 24
PRINT = """
import sys, time
import numpy as np
from tui_vae.terminal import halfblock
from tui_vae.terminal.colour import parse
sys.stdout.write("\\x1b[?25l" + "\\r\\n".join(halfblock.rows(np.load(sys.argv[1]), parse(sys.argv[2]))))
sys.stdout.flush()
time.sleep(60)
"""


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    with display(tmp_path_factory.mktemp("display")) as running:
        yield running


def cell_of(on: Display) -> tuple[int, int]:
    """(height, width) of a cell: the window's black stands out from nothing, so a white line and column measure it."""
    lit = (on.pixels() == 255).all(-1)
    return int(lit.any(1).sum()) // LINES, int(lit.any(0).sum()) // COLUMNS


@pytest.fixture(scope="module")
def cell(screen: Display, environment: Mapping[str, str]) -> tuple[int, int]:
    fill = "import time; print('\\x1b[107m\\x1b[38;2;255;255;255m\\x1b[48;2;255;255;255m\\x1b[2J', end='', flush=True)"
    with xterm(screen, [sys.executable, "-c", f"{fill}; time.sleep(60)"], environment, COLUMNS, LINES):
        wait_until(lambda: cell_of(screen)[0] > 0)
        size = cell_of(screen)
        wait_until(lambda: cell_of(screen) == size)
    return size


@pytest.mark.parametrize("depth", [ColourDepth.TRUECOLOUR, ColourDepth.ANSI_256], ids=lambda depth: depth.value)
def test_a_pattern_of_cells_has_the_colours_that_were_meant(
    screen: Display, cell: tuple[int, int], environment: Mapping[str, str], tmp_path: Path, depth: ColourDepth
) -> None:
    rng = np.random.default_rng(3)
    solid = rng.integers(0, 256, (10, 40, 3), np.uint8).repeat(2, axis=0)
    halves = rng.integers(0, 256, (20, 40, 3), np.uint8)
    pattern = np.concatenate([solid, halves])
    np.save(tmp_path / "pattern.npy", pattern)
    command = [sys.executable, "-c", PRINT, str(tmp_path / "pattern.npy"), depth.value]
    with xterm(screen, command, environment, COLUMNS, LINES):
        wait_for_pixels(screen, quantise(pattern, depth), cell, 0, 0, 20)
        # A solid cell is solid from edge to edge, whatever the font makes of a half block.
        image = screen.pixels()
        meant = quantise(pattern, depth)
        for row in range(10):
            for column in range(40):
                if np.array_equal(meant[2 * row, column], meant[2 * row + 1, column]):
                    top, left = row * cell[0], column * cell[1]
                    inside = image[top : top + cell[0], left : left + cell[1]].reshape(-1, 3)
                    assert (inside == meant[2 * row, column]).all()
        assert half_cells(image, cell, 0, 0, 20, 40).shape == meant.shape


def test_the_explorers_face_is_the_decoded_one(
    screen: Display,
    cell: tuple[int, int],
    environment: Mapping[str, str],
    command: list[str],
    vae: VAE,
) -> None:
    face = vae.decode(vae.space.mean[None], grid_of(SMALL))[0]
    with xterm(screen, [*command, "--color", "truecolor"], environment, COLUMNS, LINES):
        wait_for_pixels(screen, face, cell, SMALL.top, SMALL.left, LOADED)
    # As over ssh, with nothing but TERM: the explorer asks, and xterm answers.
    plain = {name: value for name, value in environment.items() if name != "COLORTERM"}
    with xterm(screen, ["env", "-u", "COLORTERM", *command], plain, COLUMNS, LINES):
        wait_for_pixels(screen, face, cell, SMALL.top, SMALL.left, LOADED)
    dithered = quantise(face, ColourDepth.ANSI_256)
    with xterm(screen, [*command, "--color", "256"], environment, COLUMNS, LINES):
        wait_for_pixels(screen, dithered, cell, SMALL.top, SMALL.left, LOADED)


def test_real_pixels_in_a_window_with_sixels(
    screen: Display, cell: tuple[int, int], environment: Mapping[str, str], command: list[str], vae: VAE
) -> None:
    height, width = cell
    area = fit_area(16, 16, SMALL.width, SMALL.height, cell)
    assert area is not None
    face = vae.decode(vae.space.mean[None], area.grid)[0]
    meant = read_sixels(sixel.encode(face, area.height, area.width, grain=GRAIN)).astype(int)
    left = (SMALL.left + (SMALL.width - area.columns) // 2) * width
    top = (SMALL.top + (SMALL.height - area.lines) // 2) * height

    def is_shown() -> bool:
        shown = screen.pixels()[top : top + area.height, left : left + area.width]
        return bool(np.abs(shown - meant).max() <= 2)  # of the rounding of hundredths

    with xterm(screen, command, environment, COLUMNS, LINES, options=["-ti", "vt340"]):
        wait_until(is_shown, LOADED)
