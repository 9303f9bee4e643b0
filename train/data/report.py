"""What a person should see once of a prepared folder: how many, what is missing, whether it looks like photographs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from train.data.labels import Column
from train.data.prepared import IMAGES, MANIFEST, SHEET, Prepared
from train.data.reading import shown, skips
from train.data.split import SPLITS
from train.sheet import grid
from tui_vae.pictures import save_png
from tui_vae.progress import Progress

Figures = npt.NDArray[np.float64]

SHEET_SIDE = 8
TILE = 128


def save_sheet(path: Path, made: Prepared) -> None:
    """Images evenly spread over the set, at most ``TILE`` pixels a side, as one PNG."""
    some = np.linspace(0, len(made.names) - 1, min(len(made.names), SHEET_SIDE**2)).round().astype(np.int64)
    save_png(path, grid(np.stack([_tile(made.images[row]) for row in some]), SHEET_SIDE))


def report(output: Path, made: Prepared) -> None:
    """Print it."""
    skipped: dict[str, str] = made.manifest["skipped"]
    for line in skips(skipped):
        print(line)
    if skipped:
        print(f'(all of them: "skipped" in {output / MANIFEST})')
    height, width, channels = made.shape
    others = made.manifest["other_files"]
    print(f"{output}: {len(made.names):,} images {height}x{width}x{channels}, {len(skipped):,} unreadable,", end=" ")
    print(f"{others:,} other files passed over")
    origin = "the set's own" if made.manifest.get("splits") else "by a hash of the name"
    print(f"splits ({origin}): " + ", ".join(f"{len(made.rows(split)):,} {split}" for split in SPLITS))
    for line in label_lines(made.labels):
        print(line)
    low, high, mean = _ranges(output / IMAGES, made)
    for channel, name in enumerate(("red", "green", "blue") if channels == 3 else ("grey",)):
        print(f"{name:<6} {low[channel]:>3.0f} to {high[channel]:>3.0f}, mean {mean[channel]:.1f}")
    print(f"{output / SHEET}: some of them to look at")


def label_lines(columns: Sequence[Column]) -> list[str]:
    """The label columns by kind, each with its count of known values where some are not."""
    lines = []
    for kind in ("boolean", "numeric", "categorical"):
        parts = [_described(column) for column in columns if column.kind == kind]
        if parts:
            text = f"{len(parts)} {kind}: {', '.join(parts)}"
            lines += textwrap.wrap(
                text, 100, initial_indent="labels, ", subsequent_indent="    ", break_on_hyphens=False
            )
    return lines


def _described(column: Column) -> str:
    known = [value for value in column.values if value is not None]
    details = []
    if column.kind == "numeric" and known:
        numbers = [float(value) for value in known]
        details.append(f"{min(numbers):g} to {max(numbers):g}")
    if column.kind == "categorical":
        details.append(f"{len(set(known)):,} values")
    if len(known) < len(column.values):
        details.append(f"{len(known):,} known")
    return shown(column.name) + (f" ({', '.join(details)})" if details else "")


def _ranges(path: Path, made: Prepared) -> tuple[Figures, Figures, Figures]:
    """Least, greatest and mean value of every channel."""
    count, channels = len(made.names), made.shape[2]
    values = made.shape[0] * made.shape[1] * channels
    low, high, total = np.full(values, 255, np.uint8), np.zeros(values, np.uint8), np.zeros(values)
    start, step = path.stat().st_size - count * values, max(1, 2**24 // values)
    with Progress("images looked at", count) as progress:
        for first in range(0, count, step):  # the images may be larger than memory, and what is mapped counts as it
            some = min(step, count - first)
            part = np.fromfile(path, np.uint8, some * values, offset=start + first * values).reshape(some, values)
            # Over whole images: over the channels, which lie one by one, it takes many times as long.
            low, high = np.minimum(low, part.min(0)), np.maximum(high, part.max(0))
            total += part.sum(0, dtype=np.float32 if some < 2**16 else np.float64)  # exact: whole and below 2^24
            progress.advance(some)
    by_channel = (-1, channels)
    return (
        low.reshape(by_channel).min(0).astype(np.float64),
        high.reshape(by_channel).max(0).astype(np.float64),
        total.reshape(by_channel).mean(0) / count,
    )


def _tile(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if max(image.shape[:2]) <= TILE:
        return image
    small = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    small.thumbnail((TILE, TILE))
    return np.asarray(small, np.uint8).reshape(small.height, small.width, image.shape[2])
