from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui_vae.terminal import colour
from tui_vae.terminal.colour import ColourDepth

TRUE, C256, C16, MONO = ColourDepth.TRUECOLOUR, ColourDepth.ANSI_256, ColourDepth.ANSI_16, ColourDepth.MONO


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, TRUE),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, TRUE),
        ({"TERM": "xterm-direct"}, TRUE),
        # Over SSH only TERM arrives.
        ({"TERM": "xterm-kitty"}, TRUE),
        ({"TERM": "xterm-ghostty"}, TRUE),
        ({"TERM": "alacritty"}, TRUE),
        ({"TERM": "foot-extra"}, TRUE),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, TRUE),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, TRUE),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, C256),
        ({"TERM": "xterm-256color", "WT_SESSION": "1d9a"}, TRUE),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, TRUE),
        ({"TERM": "xterm-256color", "VTE_VERSION": "6800"}, TRUE),
        ({"TERM": "xterm-256color", "VTE_VERSION": "3409"}, C256),
        ({"TERM": "xterm-256color", "VTE_VERSION": "new"}, C256),
        ({"TERM": "xterm-256color"}, C256),
        ({"TERM": "tmux-256color"}, C256),
        ({"TERM": "screen-256color", "TMUX": "/tmp/t", "KITTY_WINDOW_ID": "1"}, TRUE),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, C256),
        ({"TERM": "xterm"}, C16),
        ({"TERM": "linux"}, C16),
        ({"TERM": "linux", "KITTY_WINDOW_ID": "1"}, C16),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, MONO),
        ({"TERM": "vt100"}, MONO),
        ({"TERM": "xterm-kitty", "COLORTERM": "truecolor", "NO_COLOR": "1"}, MONO),
        ({"TERM": "xterm-kitty", "NO_COLOR": ""}, TRUE),
        ({}, C16),
    ],
)
def test_detect(environ: dict[str, str], depth: ColourDepth) -> None:
    assert colour.detect(environ) is depth


def test_parse_reads_every_name_and_refuses_others() -> None:
    names = ("auto", "truecolor", "256", "16", "none", " TrueColor ")
    assert [colour.parse(name) for name in names] == [None, TRUE, C256, C16, MONO, TRUE]
    with pytest.raises(ValueError, match=r"unknown colour depth '24'.*auto, truecolor, 256, 16 or none"):
        colour.parse("24")


images = arrays(np.uint8, st.tuples(st.integers(0, 20), st.integers(0, 20), st.just(3)))


@settings(max_examples=30, deadline=None)
@given(images, st.sampled_from([C256, C16]), st.integers(0, 20))
def test_a_slice_dithers_as_the_whole_does(image: np.ndarray, depth: ColourDepth, top: int) -> None:
    whole = colour.palette_indices(image, depth)
    np.testing.assert_array_equal(colour.palette_indices(image[top:], depth, top=top), whole[top:])
    assert whole.shape == image.shape[:2] and whole.dtype == np.uint8
    assert not whole.size or (whole.min() >= 16 if depth is C256 else whole.max() < 16)


def test_a_small_change_somewhere_leaves_the_dither_of_the_rest_alone() -> None:
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    touched = image.copy()
    touched[5, 7] ^= 255
    for depth in (C256, C16):
        differs = colour.palette_indices(image, depth) != colour.palette_indices(touched, depth)
        assert differs.sum() <= 1 and not np.delete(differs.ravel(), 5 * 16 + 7).any()


@pytest.mark.parametrize("rgb", [(224, 172, 150), (90, 60, 50), (60, 60, 60), (128, 128, 130), (30, 90, 200)])
def test_a_dithered_area_gives_off_the_light_of_its_colour(rgb: tuple[int, int, int]) -> None:
    shown = colour.quantise(np.full((16, 16, 3), rgb, np.uint8), C256)
    light = colour._linear(shown.astype(float)).mean(axis=(0, 1))
    np.testing.assert_allclose(light, colour._linear(np.array(rgb, float)), atol=0.012)


def test_sixteen_colours_keep_the_brightness_of_greys() -> None:
    for value in range(0, 256, 15):
        shown = colour.quantise(np.full((16, 16, 3), value, np.uint8), C16)
        light = float(colour._linear(shown.astype(float)).mean())
        assert abs(light - float(colour._linear(np.array([value], float))[0])) < 0.06


@pytest.mark.parametrize("rgb", [(224, 172, 150), (90, 60, 50), (150, 110, 90), (40, 44, 60)])
def test_sixteen_colours_mix_to_the_colours_of_faces(rgb: tuple[int, int, int]) -> None:
    shown = colour.quantise(np.full((32, 32, 3), rgb, np.uint8), C16)
    light = colour._linear(shown.astype(float)).mean(axis=(0, 1))
    seen = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(seen - rgb).max() <= 24  # and the nearest colour alone is farther off
    nearest = np.abs(colour.PALETTE_16.astype(int) - rgb).max(axis=1).min()
    assert np.abs(seen - rgb).max() < 0.6 * nearest


@pytest.mark.parametrize(("depth", "palette"), [(C256, colour.PALETTE_256[16:]), (C16, colour.PALETTE_16)])
def test_colours_of_the_palette_stay_as_they_are(depth: ColourDepth, palette: np.ndarray) -> None:
    # Only the four inner greys of the cube are mixed, from the grey ramp around them.
    shown = colour.quantise(palette[None].repeat(8, axis=0), depth)
    error = np.abs(shown.astype(int) - palette.astype(int))
    assert (error.max(axis=(0, 2)) == 0).mean() > 0.98
    assert error.max() <= 10


def test_truecolour_is_left_alone_and_mono_is_grey() -> None:
    image = np.array([[[255, 0, 0], [255, 255, 255], [0, 0, 0]]], np.uint8)
    assert colour.quantise(image, TRUE) is image
    assert colour.quantise(image, MONO).tolist() == [[[53] * 3, [255] * 3, [0] * 3]]


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_other_arrays_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected an image"):
        colour.quantise(bad, C256)


def test_depths_without_a_palette_have_no_indices() -> None:
    with pytest.raises(ValueError, match="no palette"):
        colour.palette_indices(np.zeros((2, 2, 3), np.uint8), TRUE)


def test_the_terminal_floor_loads_neither_textual_nor_jax() -> None:
    code = (
        "import sys, tui_vae.terminal.colour; assert not {'rich', 'PIL'} & set(sys.modules);"
        "import tui_vae.terminal.halfblock; assert not {'textual', 'jax', 'flax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("depth", "first"), [(ColourDepth.NEAREST_256, 16), (ColourDepth.NEAREST_16, 0)])
def test_without_dithering_no_colour_is_nearer(depth: ColourDepth, first: int) -> None:
    image = np.random.default_rng(3).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    image[:8] = image[:8, :, :1] // 4 * 4 + np.arange(3, dtype=np.uint8)  # nearly grey
    shown = colour.palette_indices(image, depth)
    choices = colour.palette(depth)[first:].astype(np.int64)
    least = np.square(image[:, :, None] - choices).sum(-1).min(-1)
    assert shown.min() >= first
    np.testing.assert_array_equal(np.square(image - colour.palette(depth)[shown].astype(np.int64)).sum(-1), least)
    np.testing.assert_array_equal(colour.palette_indices(image[5:], depth, top=5), shown[5:])


def test_each_depth_knows_the_other_of_its_terminal() -> None:
    for depth in ColourDepth:
        assert depth.nearest.terminal is depth.terminal
        assert depth.terminal in ColourDepth and depth.terminal.terminal is depth.terminal
    assert ColourDepth.ANSI_256.nearest is ColourDepth.NEAREST_256
    assert ColourDepth.TRUECOLOUR.nearest is ColourDepth.TRUECOLOUR
