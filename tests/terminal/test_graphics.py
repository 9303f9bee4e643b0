"""Real pixels without a terminal: what is encoded can be read back, and goes where it belongs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.terminal.picture_reading import Pixels, kitty_screen, read_sixels
from tui_vae.terminal import sixel
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.graphics import (
    REDUCTIONS,
    Area,
    Graphics,
    Wish,
    choose,
    fit_area,
    is_cell,
    may_ask,
    picture,
    wish,
)
from tui_vae.terminal.grid import CellShape

XTERM = {"TERM": "xterm-256color"}


def smooth(height: int, width: int, seed: int = 0) -> Pixels:
    """As many colours as a face has."""
    small = np.random.default_rng(seed).integers(90, 150, (6, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def few_colours(height: int, width: int, seed: int) -> Pixels:
    """Colours that sixels hold exactly, in runs of all lengths."""
    rng = np.random.default_rng(seed)
    palette = np.array([(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), (0, 255, 0)], np.uint8)
    runs = rng.integers(0, 5, (height, width)) * (rng.random((height, width)) < 0.3)
    return palette[runs]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 50), st.integers(0, 50), st.integers(0, 2**20))
def test_sixels_are_read_back_as_the_pixels_enlarged(
    height: int, width: int, more_lines: int, more_columns: int, seed: int
) -> None:
    image = few_colours(height, width, seed)
    size = height + more_lines, width + more_columns
    read = read_sixels(sixel.encode(image, *size))
    rows, columns = sixel._enlarged(height, size[0]), sixel._enlarged(width, size[1])
    np.testing.assert_array_equal(read, image[rows][:, columns])


@given(st.integers(1, 600), st.integers(0, 600))
def test_enlarging_keeps_the_order_and_leaves_nothing_out(length: int, more: int) -> None:
    places = sixel._enlarged(length, length + more)
    assert places[0] == 0 and places[-1] == length - 1 and set(np.diff(places)) <= {0, 1}
    if not more:
        np.testing.assert_array_equal(places, np.arange(length))


def test_smooth_sixels_are_close_and_the_grain_averages_out() -> None:
    image = smooth(96, 96)
    plain, grainy = (read_sixels(sixel.encode(image, 96, 96, grain=grain)).astype(float) for grain in (0, 8))
    assert np.abs(plain - image).mean() < 4

    def blocks(pixels: np.ndarray) -> np.ndarray:
        return pixels.reshape(24, 4, 24, 4, 3).mean(axis=(1, 3))

    assert np.square(blocks(grainy) - blocks(image)).mean() < np.square(blocks(plain) - blocks(image)).mean()


@pytest.mark.skipif(shutil.which("sixel2png") is None, reason="sixel2png (libsixel-bin) is not installed")
def test_libsixel_reads_the_same(tmp_path: Path) -> None:
    text = sixel.encode(smooth(50, 70), 50, 70)
    (tmp_path / "face.six").write_text(text)
    done = subprocess.run(["sixel2png", "-i", tmp_path / "face.six", "-o", tmp_path / "face.png"], timeout=20)
    assert done.returncode == 0
    with Image.open(tmp_path / "face.png") as read:
        difference = np.asarray(read.convert("RGB")).astype(int) - read_sixels(text)
    assert np.abs(difference).max() <= 1  # of the rounding of hundredths


@pytest.mark.parametrize("size", [(3, 9), (9, 3), (9, 10_000)])
def test_sixels_refuse_what_does_not_fit(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be enlarged"):
        sixel.encode(smooth(4, 4), *size)
    with pytest.raises(ValueError, match="shape"):
        sixel.encode(smooth(4, 4)[..., 0], 4, 4)


def test_kitty_gets_the_very_pixels_at_their_place() -> None:
    area = fit_area(64, 64, 40, 20, (16, 8))
    assert area == Area(20, 40, 320, 320, (320, 320), fills=True)
    image = np.random.default_rng(1).integers(0, 256, (320, 320, 3), np.uint8)
    made = picture(image, Graphics.KITTY, area)
    ((number, shown),) = kitty_screen(made.placed(1, 2).encode()).items()
    assert number == made.number and shown[:4] == (1, 2, 20, 40)
    np.testing.assert_array_equal(shown.image, image)
    assert made.placed(1, 2).count("m=1") > 50
    assert kitty_screen((made.placed(1, 2) + made.removal).encode()) == {}
    other = picture(image, Graphics.KITTY, area)
    assert other.number != number
    assert [*kitty_screen((made.placed(1, 2) + other.placed(1, 2) + made.removal).encode())] == [other.number]


def test_whole_factors_are_not_stretched_to_cells() -> None:
    area = fit_area(16, 16, 40, 20, (15, 7), "integer")
    assert area == Area(19, 39, 272, 272, (16, 16), fills=False)
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    (shown,) = kitty_screen(picture(image, Graphics.KITTY, area).placed(0, 0).encode()).values()
    assert (shown.lines, shown.columns) == (0, 0)
    np.testing.assert_array_equal(shown.image, image.repeat(17, 0).repeat(17, 1))
    assert read_sixels(picture(image, Graphics.SIXEL, area).data).shape == (272, 272, 3)
    too_small = fit_area(64, 64, 4, 2, (15, 7), "integer")
    assert too_small is not None and too_small.fills


@pytest.mark.parametrize("graphics", Graphics)
def test_fewer_pixels_are_fewer_bytes_over_the_same_area(graphics: Graphics) -> None:
    area = fit_area(64, 64, 40, 20, (16, 8))
    assert area is not None
    image = smooth(*area.grid)
    made = [picture(image, graphics, area, level) for level in range(len(REDUCTIONS))]
    sizes = [len(each.data) for each in made]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] < sizes[0] / 3
    assert [each.reduction for each in made] == [*REDUCTIONS]
    for each in made:
        if graphics is Graphics.SIXEL:
            read = read_sixels(each.data)
        else:
            (shown,) = kitty_screen(each.placed(0, 0).encode()).values()
            assert (shown.lines, shown.columns) == (20, 40)
            read = np.asarray(Image.fromarray(shown.image).resize((320, 320)))
        assert read.shape == (320, 320, 3)
        assert np.abs(read.astype(float) - image).mean() < 14


@given(
    st.integers(1, 512), st.integers(1, 512), st.integers(-1, 300), st.integers(-1, 100), st.integers(4, 60),
    st.integers(4, 60), st.sampled_from(["fit", "integer"]),
)  # fmt: skip
def test_an_area_is_inside_its_room_and_has_the_proportions(
    height: int, width: int, columns: int, lines: int, down: int, across: int, zoom: str
) -> None:
    area = fit_area(height, width, columns, lines, (down, across), zoom)  # type: ignore[arg-type]
    if columns < 1 or lines < 1:
        assert area is None
        return
    assert area is not None
    assert 1 <= area.lines <= lines and 1 <= area.columns <= columns
    assert (area.lines - 1) * down < area.height <= area.lines * down
    assert (area.columns - 1) * across < area.width <= area.columns * across
    assert max(area.grid) <= 512 and min(area.grid) >= 1
    if area.fills:
        scale = min(columns * across / width, lines * down / height)
        assert abs(area.height - height * scale) <= down and abs(area.width - width * scale) <= across
    else:
        assert area.height % height == 0 and area.height // height == area.width // width
        assert area.grid == (height, width)


def test_who_is_asked_for_what() -> None:
    full, half = ColourDepth.TRUECOLOUR, CellShape.HALF
    both = Wish(frozenset(Graphics))
    assert wish("auto", XTERM, full, half) == both
    assert wish("auto", {"TERM": "xterm-kitty"}, ColourDepth.ANSI_256, CellShape.SEXTANT) == both
    for inside in ({"TMUX": "/tmp/x,1,0"}, {"STY": "1.x"}, {"TERM": "tmux-256color"}, {"TERM": "screen-256color"}):
        assert wish("auto", XTERM | inside, full, half) == Wish()
        assert wish("sixel", XTERM | inside, full, half) == Wish(frozenset([Graphics.SIXEL]), is_named=True)
    assert wish("auto", XTERM, ColourDepth.MONO, half) == wish("auto", XTERM, full, CellShape.ASCII) == Wish()
    assert wish("off", XTERM, full, half) == Wish()
    assert wish("kitty", {"TERM": "linux"}, full, half) == Wish(is_named=True)
    with pytest.raises(ValueError, match="unknown graphics 'x'"):
        wish("x", XTERM, full, half)


@pytest.mark.parametrize("term", ["linux", "dumb", "vt100", "vt220", "", "cons25"])
def test_a_terminal_that_would_print_the_questions_is_not_asked(term: str) -> None:
    assert not may_ask({"TERM": term})
    assert not may_ask(XTERM | {"TERM_PROGRAM": "Apple_Terminal"})


def test_kitty_comes_before_sixel_and_neither_where_it_is_not_wanted() -> None:
    both, six = frozenset(Graphics), frozenset([Graphics.SIXEL])
    assert choose(both, kitty=True, attributes=frozenset({4})) is Graphics.KITTY
    assert choose(both, kitty=False, attributes=frozenset({62, 4})) is Graphics.SIXEL
    assert choose(six, kitty=True, attributes=frozenset({4})) is Graphics.SIXEL
    assert choose(six, kitty=True, attributes=frozenset({62, 44})) is None
    assert is_cell(16, 8) and not is_cell(0, 8) and not is_cell(16, 5000)
