from __future__ import annotations

import io
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from rich.console import Console
from rich.segment import Segment
from rich_pixels import Pixels

from tests.terminal.pty_session import CellRegion, screen_pixels
from tui_vae.terminal import colour, halfblock
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.halfblock import HalfBlockImage, HalfBlockRenderer

TRUE, MONO = ColourDepth.TRUECOLOUR, ColourDepth.MONO
COLOURED = [depth for depth in ColourDepth if depth is not MONO]
DEFAULT = (1, 2, 3)

# Few values make runs and cells of one colour likely, many make them rare.
images = st.one_of(
    [
        arrays(np.uint8, st.tuples(st.integers(1, 13), st.integers(1, 17), st.just(3)), elements=values)
        for values in (st.integers(0, 255), st.sampled_from([0, 255]))
    ]
)


def emulate(written: str, columns: int, lines: int) -> pyte.Screen:
    screen = pyte.Screen(columns, lines)
    pyte.Stream(screen).feed(written)
    return screen


def shown(texts: list[str], width: int) -> np.ndarray:
    """What a terminal shows of rows that are written apart from each other, in reverse order."""
    order = reversed(list(enumerate(texts, 1)))
    screen = emulate("".join(f"\x1b[{line}H{text}" for line, text in order), width + 1, len(texts))
    return screen_pixels(screen, CellRegion(0, 0, len(texts), width), DEFAULT)


def in_colours(image: np.ndarray, depth: ColourDepth) -> np.ndarray:
    picture = colour.quantise(image, depth)
    if len(image) % 2:
        picture = np.concatenate([picture, np.full((1, image.shape[1], 3), DEFAULT, np.uint8)])
    return picture


def as_written(lines: list[list[Segment]]) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", _environ={})
    return [console._render_buffer(line) for line in lines]


@settings(max_examples=60, deadline=None)
@given(images, st.sampled_from(COLOURED), st.booleans())
def test_a_terminal_shows_exactly_the_picture(image: np.ndarray, depth: ColourDepth, compact: bool) -> None:
    texts = halfblock.rows(image, depth, compact=compact)
    assert len(texts) == (len(image) + 1) // 2
    assert all(text.endswith("\x1b[0m") and "\n" not in text and "\0" not in text for text in texts)
    np.testing.assert_array_equal(shown(texts, image.shape[1]), in_colours(image, depth))


@settings(max_examples=60, deadline=None)
@given(images, st.sampled_from(COLOURED))
def test_segments_show_the_same_picture(image: np.ndarray, depth: ColourDepth) -> None:
    lines = halfblock.segments(image, depth)
    assert all(sum(segment.cell_length for segment in line) == image.shape[1] for line in lines)
    for line in lines:
        assert all(one[:2] != other[:2] and one.style != other.style for one, other in pairwise(line))
    np.testing.assert_array_equal(shown(as_written(lines), image.shape[1]), in_colours(image, depth))


def test_a_slice_of_rows_is_the_same_as_the_rows_of_the_whole() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 9, 3), np.uint8)
    for depth in ColourDepth:
        assert halfblock.rows(image[6:12], depth, top=6) == halfblock.rows(image, depth)[3:6]
        assert halfblock.segments(image[6:12], depth, top=6) == halfblock.segments(image, depth)[3:6]


def test_one_cell_in_every_depth() -> None:
    image = np.array([[[255, 0, 0]], [[0, 0, 0]]], np.uint8)
    assert halfblock.rows(image, TRUE) == ["\x1b[38;2;255;0;0;48;2;0;0;0m▀\x1b[0m"]
    assert halfblock.rows(image, ColourDepth.ANSI_256) == ["\x1b[38;5;196;48;5;16m▀\x1b[0m"]
    assert halfblock.rows(image * 0 + 255, ColourDepth.ANSI_16) == ["\x1b[107m \x1b[0m"]
    assert halfblock.rows(image[:1], TRUE) == ["\x1b[38;2;255;0;0m▀\x1b[0m"]


def test_only_changed_colours_are_written() -> None:
    red, blue, black = (255, 0, 0), (0, 0, 255), (0, 0, 0)
    image = np.array([[red, red, black, red], [black, blue, black, black]], np.uint8)
    assert halfblock.rows(image, TRUE) == [
        # The third cell is of one colour: no foreground. The fourth still has the first one's.
        "\x1b[38;2;255;0;0;48;2;0;0;0m▀\x1b[48;2;0;0;255m▀\x1b[48;2;0;0;0m ▀\x1b[0m"
    ]


def test_stateful_colours_save_bytes() -> None:
    y, x = np.mgrid[0:64, 0:64]
    face = np.stack([200 - y // 2 + x // 4, 150 - y // 2, 120 - x // 3], -1).astype(np.uint8)
    for picture, share in ((face, 0.87), (face & np.uint8(0xF8), 0.6)):
        naive = sum(len("\x1b[38;2;{};{};{};48;2;{};{};{}m▀\x1b[0m".format(*pair).encode()) for pair in pairs(picture))
        assert sum(len(text.encode()) for text in halfblock.rows(picture, TRUE)) <= share * naive


def test_the_compact_form_is_shorter_where_colours_repeat() -> None:
    y, x = np.mgrid[0:64, 0:64]
    picture = np.stack([200 - y + x // 4, 150 - y // 2 - x // 2, 120 - x // 3 + y], -1).astype(np.uint8) & np.uint8(
        0xE0
    )
    plain, compact = (len("".join(halfblock.rows(picture, TRUE, compact=each))) for each in (False, True))
    assert compact < 0.9 * plain
    checks = np.indices((8, 8)).sum(axis=0)[..., None].repeat(3, axis=2).astype(np.uint8) % 2 * 255
    assert halfblock.rows(checks, TRUE, compact=True) == ["\x1b[38;2;0;0;0;48;2;255;255;255m▀▄▀▄▀▄▀▄\x1b[0m"] * 4
    # Two cells each, as columns of (upper, lower).
    over, under = np.array([[[9], [9]], [[9], [0]]], np.uint8), np.array([[[9], [9]], [[0], [9]]], np.uint8)
    assert halfblock.rows(over.repeat(3, axis=2), TRUE, compact=True)[0].endswith("m \x1b[38;2;0;0;0m▄\x1b[0m")
    assert halfblock.rows(under.repeat(3, axis=2), TRUE, compact=True)[0].endswith("m▀█\x1b[0m")


def pairs(image: np.ndarray) -> list[list[int]]:
    return np.concatenate([image[0::2], image[1::2]], axis=-1).reshape(-1, 6).tolist()


def test_without_colour_there_are_only_characters() -> None:
    ramp = np.repeat(np.linspace(0, 255, 40).astype(np.uint8)[None, :, None], 3, axis=2).repeat(3, axis=0)
    texts = halfblock.rows(ramp, MONO)
    assert len(texts) == 2 and texts[0] == texts[1]
    assert "".join(dict.fromkeys(texts[0])) == halfblock.RAMP
    assert list(texts[0]) == sorted(texts[0], key=halfblock.RAMP.index)
    assert halfblock.segments(ramp, MONO) == [[Segment(text)] for text in texts]


@pytest.mark.parametrize("depth", ColourDepth)
def test_empty_pictures(depth: ColourDepth) -> None:
    assert halfblock.rows(np.zeros((0, 4, 3), np.uint8), depth) == []
    assert halfblock.rows(np.zeros((4, 0, 3), np.uint8), depth) in (["", ""], [])
    assert [list(line) for line in halfblock.segments(np.zeros((0, 4, 3), np.uint8), depth)] == []


def test_pictures_of_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="expected an image"):
        halfblock.rows(np.zeros((4, 4, 3)), TRUE)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected an image"):
        HalfBlockImage(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
def test_rich_prints_it_in_the_colours_of_the_console(system: str) -> None:
    image = np.random.default_rng(2).integers(0, 256, (6, 5, 3), np.uint8)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=system, width=40, _environ={})  # type: ignore[arg-type]
    console.print(HalfBlockImage(image))
    depth = {"truecolor": TRUE, "256": ColourDepth.ANSI_256, "standard": ColourDepth.ANSI_16}[system]
    np.testing.assert_array_equal(shown(file.getvalue().splitlines(), 5), colour.quantise(image, depth))
    assert console.measure(HalfBlockImage(image)).maximum == 5


def test_rich_prints_characters_to_a_file() -> None:
    file = io.StringIO()
    Console(file=file, _environ={}).print(HalfBlockImage(np.full((4, 3, 3), 255, np.uint8)))
    assert file.getvalue() == "@@@\n@@@\n"


def test_rich_pixels_takes_the_renderer() -> None:
    image = np.random.default_rng(3).integers(0, 256, (8, 5, 3), np.uint8)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=40, _environ={})
    console.print(Pixels.from_image(Image.fromarray(image), renderer=HalfBlockRenderer()))
    np.testing.assert_array_equal(shown(file.getvalue().splitlines()[:4], 5), image)
    file.truncate(file.seek(0))
    console.print(Pixels.from_image(Image.fromarray(image), resize=(10, 16), renderer=HalfBlockRenderer()))
    np.testing.assert_array_equal(shown(file.getvalue().splitlines()[:8], 10), image.repeat(2, 0).repeat(2, 1))


def test_rows_cost_a_small_part_of_the_stock_segments() -> None:
    image = np.random.default_rng(4).integers(0, 256, (64, 64, 3), np.uint8)
    picture = Image.fromarray(image)
    halfblock.rows(image, TRUE)

    def seconds(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    # The quickest of several, in turns: whatever else runs makes both slower.
    pairs = [
        (seconds(lambda: halfblock.rows(image, TRUE)), seconds(lambda: Pixels.from_image(picture))) for _ in range(7)
    ]
    ours, stock = (min(each) for each in zip(*pairs, strict=True))
    assert ours < stock / 5, "make bench measures it"
