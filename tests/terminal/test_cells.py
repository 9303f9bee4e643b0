from __future__ import annotations

import io
from itertools import pairwise, product

import numpy as np
import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment

from tests.terminal.cell_screen import KNOWN, cell_pixels
from tests.terminal.pty_session import CellRegion
from tui_vae.terminal import cells, colour
from tui_vae.terminal.cells import CellShape
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.ramp import RAMP
from tui_vae.terminal.writing import GLYPHS

TRUE, C256, C16, MONO = ColourDepth.TRUECOLOUR, ColourDepth.ANSI_256, ColourDepth.ANSI_16, ColourDepth.MONO
COLOURED = (TRUE, C256, C16)
FITTED = (CellShape.QUADRANT, CellShape.SEXTANT)
DEFAULT = (1, 2, 3)


def noise(shape: CellShape, lines: int, columns: int, seed: int = 0, step: int = 1) -> np.ndarray:
    down, across = shape.pixels
    values = np.random.default_rng(seed).integers(0, 256, (lines * down, columns * across, 3))
    return (values // step * step).astype(np.uint8)


def face_like(shape: CellShape, lines: int = 12, columns: int = 24) -> np.ndarray:
    """Smooth areas and one slanted edge."""
    down, across = shape.pixels
    y, x = np.mgrid[0 : lines * down, 0 : columns * across]
    y, x = (y + 0.5) / (lines * down), (x + 0.5) / (columns * across)
    inside = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16
    skin = np.stack([220 - 60 * y, 170 - 50 * x, 140 - 40 * y], -1)
    return np.where(inside[..., None], skin, np.stack([40 + 30 * y, 50 + 20 * x, 70 - 20 * y], -1)).astype(np.uint8)


def shown(texts: list[str], columns: int, shape: CellShape) -> np.ndarray:
    """What a terminal shows of rows that are written apart from each other, in reverse order."""
    screen = pyte.Screen(columns + 1, len(texts))
    order = reversed(list(enumerate(texts, 1)))
    pyte.Stream(screen).feed("".join(f"\x1b[{line}H{text}" for line, text in order))
    return cell_pixels(screen, CellRegion(0, 0, len(texts), columns), shape, DEFAULT)


def as_written(lines: list[list[Segment]]) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", _environ={})
    return [console._render_buffer(line) for line in lines]


def squared(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(one.astype(float) - other).mean())


def test_every_pattern_has_its_character() -> None:
    assert all(GLYPHS[shape] == KNOWN[shape] for shape in (CellShape.HALF, *FITTED))
    for shape, glyphs in GLYPHS.items():
        down, across = shape.pixels
        assert len(glyphs) == 2 ** (down * across) and all(cell_len(glyph) == 1 for glyph in glyphs)
    assert GLYPHS[CellShape.ASCII].isascii()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CellShape),
    st.sampled_from(COLOURED),
    st.tuples(st.integers(1, 5), st.integers(1, 7)),
    st.integers(0, 10_000),
    st.sampled_from([1, 64, 255]),
    st.booleans(),
)
def test_text_segments_and_what_is_said_to_be_seen_agree(
    shape: CellShape, depth: ColourDepth, size: tuple[int, int], seed: int, step: int, compact: bool
) -> None:
    image = noise(shape, *size, seed, step)
    seen = cells.quantise(image, depth, shape)
    texts = cells.rows(image, depth, shape, compact=compact)
    assert len(texts) == size[0] and all(text.endswith("\x1b[0m") for text in texts)
    np.testing.assert_array_equal(shown(texts, size[1], shape), seen)
    lines = cells.segments(image, depth, shape)
    assert all(sum(segment.cell_length for segment in line) == size[1] for line in lines)
    np.testing.assert_array_equal(shown(as_written(lines), size[1], shape), seen)
    for line in lines:
        # Equal neighbours share one segment.
        assert all((one.text[0], one.style) != (other.text[0], other.style) for one, other in pairwise(line))


@pytest.mark.parametrize("shape", FITTED)
def test_no_pattern_fits_truecolour_cells_better(shape: CellShape) -> None:
    image = noise(shape, 3, 5, seed=4)
    down, across = shape.pixels
    seen = cells.quantise(image, TRUE, shape)
    for y, x in product(range(3), range(5)):
        place = slice(y * down, (y + 1) * down), slice(x * across, (x + 1) * across)
        pixels = image[place].reshape(-1, 3).astype(float)
        errors = []
        for pattern in range(2 ** len(pixels)):
            front = (pattern >> np.arange(len(pixels)) & 1).astype(bool)
            groups = [pixels[chosen] for chosen in (front, ~front) if chosen.any()]
            errors.append(sum(np.square(group - group.mean(axis=0)).sum() for group in groups))
        # The colours are rounded, by at most a half per channel.
        error = np.square(seen[place].reshape(-1, 3) - pixels).sum()
        assert min(errors) - 1e-6 <= error <= min(errors) + 0.25 * pixels.size


@pytest.mark.parametrize("shape", FITTED)
def test_two_colours_in_a_cell_are_kept_exactly(shape: CellShape) -> None:
    down, across = shape.pixels
    rng = np.random.default_rng(3)
    pair = rng.integers(0, 256, (4, 1, 6, 1, 2, 3))
    which = rng.integers(0, 2, (4, down, 6, across))
    picture = np.where(which[..., None], pair[..., 0, :], pair[..., 1, :]).reshape(4 * down, 6 * across, 3)
    np.testing.assert_array_equal(cells.quantise(picture.astype(np.uint8), TRUE, shape), picture)


@pytest.mark.parametrize("depth", COLOURED)
def test_half_blocks_and_ascii_show_every_pixel_in_its_own_colour(depth: ColourDepth) -> None:
    for shape in (CellShape.HALF, CellShape.ASCII):
        image = noise(shape, 4, 9)
        np.testing.assert_array_equal(cells.quantise(image, depth, shape), colour.quantise(image, depth))


def test_ascii_writes_nothing_else() -> None:
    image = noise(CellShape.ASCII, 5, 8, step=128)
    for depth, compact in product(ColourDepth, (False, True)):
        assert "".join(cells.rows(image, depth, CellShape.ASCII, compact=compact)).isascii()
        assert all(segment.text.isascii() for line in cells.segments(image, depth, CellShape.ASCII) for segment in line)


def test_a_slice_of_rows_is_the_same_as_the_rows_of_the_whole() -> None:
    for shape, depth in product(CellShape, ColourDepth):
        image, down = noise(shape, 10, 9), shape.pixels[0]
        part = image[3 * down : 6 * down]
        assert cells.rows(part, depth, shape, top=3 * down) == cells.rows(image, depth, shape)[3:6]
        assert cells.segments(part, depth, shape, top=3 * down) == cells.segments(image, depth, shape)[3:6]


@pytest.mark.parametrize(("shape", "depth"), product(CellShape, COLOURED))
def test_a_change_in_one_cell_changes_no_other(shape: CellShape, depth: ColourDepth) -> None:
    image = noise(shape, 6, 6)
    touched, (down, across) = image.copy(), shape.pixels
    touched[2 * down, 3 * across] ^= 255
    differs = (cells.quantise(image, depth, shape) != cells.quantise(touched, depth, shape)).any(axis=-1)
    differs[2 * down : 3 * down, 3 * across : 4 * across] = False
    assert not differs.any()


def test_more_pixels_per_cell_show_edges_better() -> None:
    fine = face_like(CellShape.SEXTANT, 12 * 4, 24 * 4)  # 12 lines and 8 columns of pixels per cell
    errors = []
    for shape in (CellShape.ASCII, CellShape.HALF, CellShape.QUADRANT, CellShape.SEXTANT):
        down, across = 12 // shape.pixels[0], 8 // shape.pixels[1]
        height, width = len(fine) // down, fine.shape[1] // across
        small = fine.reshape(height, down, width, across, 3).mean(axis=(1, 3)).astype(np.uint8)
        errors.append(squared(cells.quantise(small, TRUE, shape).repeat(down, 0).repeat(across, 1), fine))
    assert errors == sorted(errors, reverse=True) and errors[2] < 0.8 * errors[1]


@pytest.mark.parametrize(("shape", "depth"), product(FITTED, (C256, C16)))
def test_two_colours_per_cell_keep_the_light_of_the_dither(shape: CellShape, depth: ColourDepth) -> None:
    image = face_like(shape, 16, 32)
    light, dithered = (
        colour._linear(each.astype(float))
        for each in (cells.quantise(image, depth, shape), colour.quantise(image, depth))
    )
    for area in (slice(None), slice(0, len(image) // 8), slice(3 * len(image) // 8, 5 * len(image) // 8)):
        assert np.abs(light[area].mean(axis=(0, 1)) - dithered[area].mean(axis=(0, 1))).max() < 0.04


@pytest.mark.parametrize("shape", CellShape)
def test_without_colour_there_are_only_characters(shape: CellShape) -> None:
    down, across = shape.pixels
    ramp = np.linspace(0, 255, 40).astype(np.uint8)[None, :, None].repeat(3, axis=2)
    ramp = ramp.repeat(2 * down, axis=0).repeat(across, axis=1)
    texts = cells.rows(ramp, MONO, shape)
    assert texts[0] == texts[1] and "".join(dict.fromkeys(texts[0])) == RAMP
    assert cells.segments(ramp, MONO, shape) == [[Segment(text)] for text in texts]
    seen = cells.quantise(ramp, MONO, shape)
    assert np.abs(seen.astype(int) - ramp).max() < 30
    assert [RAMP[round(value * 9 / 255)] for value in seen[0, ::across, 0].tolist()] == list(texts[0])


@pytest.mark.parametrize(("shape", "depth"), product(CellShape, ColourDepth))
def test_empty_pictures(shape: CellShape, depth: ColourDepth) -> None:
    down, across = shape.pixels
    assert cells.rows(np.zeros((0, 4 * across, 3), np.uint8), depth, shape) == []
    assert cells.rows(np.zeros((2 * down, 0, 3), np.uint8), depth, shape) == ["", ""]
    assert [list(line) for line in cells.segments(np.zeros((0, 4 * across, 3), np.uint8), depth, shape)] == []


def test_pictures_that_are_no_whole_cells_are_refused() -> None:
    for size, shape in (((3, 4), CellShape.QUADRANT), ((2, 3), CellShape.QUADRANT), ((4, 2), CellShape.SEXTANT)):
        for call in (cells.rows, cells.segments, cells.quantise):
            with pytest.raises(ValueError, match="whole"):
                call(np.zeros((*size, 3), np.uint8), TRUE, shape)
    with pytest.raises(ValueError, match="whole cells of 2 lines, got 3"):
        cells.quantise(np.zeros((3, 3, 3), np.uint8), TRUE)
    with pytest.raises(ValueError, match="expected an image"):
        cells.rows(np.zeros((4, 4, 3)), TRUE, CellShape.QUADRANT)  # type: ignore[arg-type]
