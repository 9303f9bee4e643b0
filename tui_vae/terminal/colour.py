"""How many colours a terminal has, and how a picture is reduced to them.

The dither is an ordered one with a fixed pattern: a pixel's result depends on its own colour and place only, so a face
that stays still stays still on the screen. Mixing ratios are worked out in linear light, because the eye averages
light and not sRGB numbers: dithering the numbers themselves would make dark skin visibly too bright. A blue-noise
mask (void and cluster, 32 by 32) in place of the regular pattern was tried: after a small blur half blocks are between
0.4 dB worse and 0.3 dB better, sextants 0.3 dB better on average: not worth its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

__all__ = [
    "PALETTE_16",
    "PALETTE_256",
    "ColourDepth",
    "detect",
    "luminance",
    "palette",
    "palette_indices",
    "parse",
    "quantise",
]


class ColourDepth(Enum):
    """What a terminal can show, dithered or in its nearest colours. The value is the name that the settings use."""

    TRUECOLOUR = "truecolor"
    ANSI_256 = "256"
    ANSI_16 = "16"
    MONO = "none"
    NEAREST_256 = "256-nearest"
    NEAREST_16 = "16-nearest"

    @property
    def terminal(self) -> ColourDepth:
        """The same without regard to dithering."""
        return _DITHERED.get(self, self)

    @property
    def nearest(self) -> ColourDepth:
        """The same without dithering."""
        return _NEAREST.get(self, self)


_NEAREST: Final = {ColourDepth.ANSI_256: ColourDepth.NEAREST_256, ColourDepth.ANSI_16: ColourDepth.NEAREST_16}
_DITHERED: Final = {nearest: dithered for dithered, nearest in _NEAREST.items()}


def parse(name: str) -> ColourDepth | None:
    """Read a colour depth from a setting.

    Args:
        name: One of `auto`, `truecolor`, `256`, `16`, `none`; case and surrounding space do not matter.

    Returns:
        The depth, or `None` for `auto`: ask `detect`.

    Raises:
        ValueError: The name is none of these.
    """
    wanted = name.strip().lower()
    if wanted == "auto":
        return None
    for depth in ColourDepth:
        if depth.value == wanted:
            return depth
    raise ValueError(f"unknown colour depth {name!r}: use auto, truecolor, 256, 16 or none")


# sshd and sudo drop COLORTERM but keep TERM, and a terminal is known by its own name.
_TRUECOLOUR_TERMS: Final = (
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "iterm",
    "kitty",
    "rio",
    "wezterm",
    "xterm-ghostty",
    "xterm-kitty",
)
_TRUECOLOUR_PROGRAMS: Final = frozenset(
    {"ghostty", "hyper", "iterm.app", "mintty", "rio", "tabby", "vscode", "warpterminal", "wezterm", "zed"}
)
_COLOURLESS_TERMS: Final = ("dumb", "unknown", "vt100", "vt102", "vt220")
_FIRST_TRUECOLOUR_VTE: Final = 3600


def detect(environ: Mapping[str, str]) -> ColourDepth:
    """Tell the colour depth of the terminal from the environment, without asking the terminal.

    Args:
        environ: The environment, usually `os.environ`.

    Returns:
        The depth. A non-empty `NO_COLOR` and terminals without colour give `MONO`; a terminal that nothing is known
        about gives `ANSI_16`, the one that does least harm.
    """
    term = environ.get("TERM", "").strip().lower()
    if environ.get("NO_COLOR") or term in _COLOURLESS_TERMS:
        return ColourDepth.MONO
    # GNU screen garbles 24-bit colours, while the variables of the terminal around it are still there. tmux, which
    # also says TERM=screen, understands them and reduces them itself where it has to.
    inside_screen = term.startswith("screen") and not environ.get("TMUX")
    is_gnu_screen = term.startswith("screen.") or (inside_screen and bool(environ.get("STY")))
    claims = environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")
    if (claims and not is_gnu_screen) or term.endswith("-direct"):
        return ColourDepth.TRUECOLOUR
    if term == "linux":
        return ColourDepth.ANSI_16
    if not inside_screen and _is_known_truecolour(term, environ):
        return ColourDepth.TRUECOLOUR
    if "256color" in term:
        return ColourDepth.ANSI_256
    return ColourDepth.ANSI_16


def _is_known_truecolour(term: str, environ: Mapping[str, str]) -> bool:
    if any(term == name or term.startswith(name + "-") for name in _TRUECOLOUR_TERMS):
        return True
    if environ.get("TERM_PROGRAM", "").strip().lower() in _TRUECOLOUR_PROGRAMS:
        return True
    if environ.get("WT_SESSION") or environ.get("KITTY_WINDOW_ID"):
        return True
    vte = environ.get("VTE_VERSION", "")
    return vte.isdecimal() and int(vte) >= _FIRST_TRUECOLOUR_VTE


def _linear(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Light, 0 to 1, of sRGB values 0 to 255."""
    scaled = np.asarray(values, np.float64) / 255
    return np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)


def _bayer(order: int) -> NDArray[np.uint8]:
    pattern = np.zeros((1, 1), np.uint8)
    for _ in range(order):
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]]).astype(np.uint8)
    return pattern


_PATTERN: Final = _bayer(3)
_SHADES: Final = 64


def _thresholds(height: int, width: int, top: int) -> Bytes:
    """The dither pattern for a picture, (height, width), 0 to 63."""
    lines = (np.arange(height) + top) % 8
    return _PATTERN[np.ix_(lines, np.arange(width) % 8)]


def _between(levels: NDArray[np.int_]) -> tuple[Bytes, Bytes]:
    """For every value 0 to 255: the level below it, and how many 64ths of the light of the next one to mix in."""
    values = np.arange(256)
    below = np.clip(np.searchsorted(levels, values, side="right") - 1, 0, len(levels) - 2)
    light = _linear(levels.astype(np.float64))
    share = (_linear(values.astype(np.float64)) - light[below]) / (light[below + 1] - light[below])
    return below.astype(np.uint8), np.round(np.clip(share, 0, 1) * _SHADES).astype(np.uint8)


_CUBE_LEVELS: Final = np.array([0, 95, 135, 175, 215, 255])
_CUBE_BELOW, _CUBE_SHARE = _between(_CUBE_LEVELS)
# The 24 greys, with the cube's black and white at the ends.
_GREY_LEVELS: Final = np.array([0, *range(8, 239, 10), 255])
_GREY_INDICES: Final = np.array([16, *range(232, 256), 231], np.uint8)
_GREY_BELOW, _GREY_SHARE = _between(_GREY_LEVELS)
_CUBE_NEAREST: Final = abs(np.arange(256)[:, None] - _CUBE_LEVELS).argmin(axis=1)
# By the sum of the three channels.
_GREY_NEAREST: Final = abs(np.arange(3 * 255 + 1)[:, None] - 3 * _GREY_LEVELS).argmin(axis=1)
# Up to this spread of R, G, B a grey step (10) errs less than a step of the cube (40) does.
_NEARLY_GREY: Final = 8

PALETTE_16: Final[Bytes] = np.array(
    # The colours of the Linux console, the one terminal that still has only these.
    [
        (0, 0, 0),
        (170, 0, 0),
        (0, 170, 0),
        (170, 85, 0),
        (0, 0, 170),
        (170, 0, 170),
        (0, 170, 170),
        (170, 170, 170),
        (85, 85, 85),
        (255, 85, 85),
        (85, 255, 85),
        (255, 255, 85),
        (85, 85, 255),
        (255, 85, 255),
        (85, 255, 255),
        (255, 255, 255),
    ],
    np.uint8,
)
"""RGB of the 16 ANSI colours, (16, 3). Terminals differ here, so this is a guess by nature."""

PALETTE_256: Final[Bytes] = np.concatenate(
    [
        PALETTE_16,
        np.stack(np.meshgrid(_CUBE_LEVELS, _CUBE_LEVELS, _CUBE_LEVELS, indexing="ij"), -1).reshape(-1, 3),
        np.repeat(_GREY_LEVELS[1:-1, None], 3, axis=1),
    ]
).astype(np.uint8)
"""RGB of the 256 colours, (256, 3). `palette_indices` never uses the first 16: users recolour those."""


def luminance(image: Bytes) -> Bytes:
    """The brightness (Rec. 709 luma) of every pixel.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W) uint8, 0 black to 255 white.
    """
    red, green, blue = (image[..., channel].astype(np.uint16) for channel in range(3))
    return ((54 * red + 183 * green + 19 * blue) >> 8).astype(np.uint8)


def palette(depth: ColourDepth) -> Bytes:
    """RGB by number of the colours of `ANSI_256`, (256, 3), or `ANSI_16`, (16, 3)."""
    return PALETTE_256 if depth.terminal is ColourDepth.ANSI_256 else PALETTE_16


def palette_indices(image: Bytes, depth: ColourDepth, *, top: int = 0) -> Bytes:
    """Reduce a picture to a terminal palette: with a fixed ordered dither, or every pixel to its nearest colour.

    Args:
        image: (H, W, 3) uint8.
        depth: `ANSI_256` or `ANSI_16`, or the nearest colours of either.
        top: The line of the whole picture at which `image` starts, so that a slice dithers as the whole does.

    Returns:
        (H, W) uint8: numbers of colours, 16 to 255 for `ANSI_256` and 0 to 15 for `ANSI_16`.

    Raises:
        ValueError: The image has another shape or type, or the depth has no palette.
    """
    check_image(image)
    if depth is ColourDepth.NEAREST_256:
        return _nearest_of_256(image)
    if depth is ColourDepth.NEAREST_16:
        errors = np.square(image[:, :, None].astype(np.int32) - PALETTE_16).sum(axis=-1)
        nearest: Bytes = errors.argmin(axis=-1).astype(np.uint8)
        return nearest
    height, width, _ = image.shape
    thresholds = _thresholds(height, width, top)
    if depth is ColourDepth.ANSI_256:
        cube = _CUBE_BELOW[image] + (_CUBE_SHARE[image] > thresholds[..., None])
        coloured = 16 + 36 * cube[..., 0] + 6 * cube[..., 1] + cube[..., 2]
        bright = luminance(image)
        grey = _GREY_INDICES[_GREY_BELOW[bright] + (_GREY_SHARE[bright] > thresholds)]
        spread = image.max(axis=-1) - image.min(axis=-1)
        return np.where(spread <= _NEARLY_GREY, grey, coloured).astype(np.uint8)
    if depth is ColourDepth.ANSI_16:
        # Between the levels of the table a second pattern decides, with the first one's neighbours kept apart.
        lines, columns = (np.arange(height) + top + 5) % 8, (np.arange(width) + 3) % 8
        level = (
            image.astype(np.intp) * _SHADES // _TABLE_STEP + _PATTERN.T[np.ix_(lines, columns)][..., None]
        ) // _SHADES
        mixed: Bytes = _mixtures()[level[..., 0], level[..., 1], level[..., 2], thresholds // (_SHADES // _PICKS)]
        return mixed
    raise ValueError(f"colour depth {depth.value!r} has no palette")


def _nearest_of_256(image: Bytes) -> Bytes:
    """(H, W): the nearest colour of the cube, channel by channel, or the nearest grey where that is nearer (RGB)."""
    cube = _CUBE_NEAREST[image].astype(np.intp)
    wide = image.astype(np.int32)
    grey = _GREY_NEAREST[wide.sum(axis=-1)]  # the nearest to a colour is the nearest to its mean
    errors = [
        np.square(wide - shown).sum(axis=-1)
        for shown in (_CUBE_LEVELS[cube], np.repeat(_GREY_LEVELS[grey][..., None], 3, axis=-1))
    ]
    coloured = 16 + 36 * cube[..., 0] + 6 * cube[..., 1] + cube[..., 2]
    nearest: Bytes = np.where(errors[1] < errors[0], _GREY_INDICES[grey], coloured).astype(np.uint8)
    return nearest


def quantise(image: Bytes, depth: ColourDepth, *, top: int = 0) -> Bytes:
    """The picture as a terminal of this depth shows it.

    Args:
        image: (H, W, 3) uint8.
        depth: Where it will be shown. `MONO` gives grey levels, `TRUECOLOUR` the picture as it is.
        top: As in `palette_indices`.

    Returns:
        (H, W, 3) uint8; for `TRUECOLOUR` the same array.

    Raises:
        ValueError: The image has another shape or type.
    """
    check_image(image)
    if depth is ColourDepth.TRUECOLOUR:
        return image
    if depth is ColourDepth.MONO:
        return np.repeat(luminance(image)[..., None], 3, axis=-1)
    return np.take(palette(depth), palette_indices(image, depth, top=top), axis=0)


def check_image(image: NDArray[np.generic]) -> None:
    """Refuse anything but an (H, W, 3) uint8 array.

    Raises:
        ValueError: It is something else.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected an image of shape (H, W, 3) and type uint8, got {image.shape} {image.dtype}")


# Levels of a channel in the table of mixtures. The 16 colours have levels of their own among them (0, 85, 170, 255).
_TABLE_LEVELS: Final = 16
_TABLE_STEP: Final = 17
_PICKS: Final = 16
_CHANNEL_WEIGHTS: Final = np.array([0.9, 1.77, 0.33], np.float32)
_GRAIN: Final = 1.6


@lru_cache(maxsize=1)
def _mixtures() -> Bytes:
    """For every colour of the table those of the 16 colours that mix to it.

    Chosen one after the other, each so that the light of all so far comes closest to the colour (Knoll's pattern
    dithering). A pick that is far from the colour itself is seen as grain, and pays for it.

    Returns:
        (16, 16, 16, 16): by red, green and blue the 16 picks, from dark to bright.
    """
    levels = np.arange(_TABLE_LEVELS) * _TABLE_STEP
    targets = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 1, 3)
    light = _linear(targets.astype(np.float64))
    # Errors of light count as the eye sees them: by the slope of the sRGB curve at the colour.
    slope = 255 * 1.055 / 2.4 * np.maximum(light, 0.004) ** (1 / 2.4 - 1)
    errors = (slope * (_linear(PALETTE_16.astype(np.float64)) - light)).astype(np.float32) * np.sqrt(_CHANNEL_WEIGHTS)
    grain = _GRAIN * (np.square(PALETTE_16 - targets.astype(np.float32)) @ _CHANNEL_WEIGHTS)
    total = np.zeros((len(targets), 1, 3), np.float32)
    picks = np.empty((len(targets), _PICKS), np.intp)
    for number in range(_PICKS):
        picks[:, number] = (np.square(total + errors).sum(axis=-1) + grain).argmin(axis=1)
        total += errors[np.arange(len(targets)), picks[:, number], None]
    brightness = luminance(PALETTE_16[None])[0][picks]
    ordered = np.take_along_axis(picks, brightness.argsort(axis=1, kind="stable"), axis=1)
    return ordered.astype(np.uint8).reshape(*[_TABLE_LEVELS] * 3, _PICKS)
