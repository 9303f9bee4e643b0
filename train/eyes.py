"""Makes the linear maps of ``tui_vae/photo/eyes.npz``: ``python -m train.eyes data/faces``, a prepared folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.data.prepared import open_all
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.model.frame import Frame
from tui_vae.photo import eyes as eye_maps
from tui_vae.photo.align import Eyes, Pixels, as_channels
from tui_vae.progress import Progress

STEPS = 4
VIEWS = 3
RIDGE = 3.0
# How wrong a first guess is: turned (radians), larger (log), moved (of the eye distance). Boxes of OpenCV's cascade on
# 300 faces were off by 0.1 in size and 0.15 in place; heads that are tilted more than 15 degrees are searched for.
TURNED, LARGER, MOVED = 0.2, 0.14, 0.17

Floats = npt.NDArray[np.float32]


def guess(truth: Eyes, rng: np.random.Generator) -> Eyes:
    """Eyes that are wrong as a first guess is."""
    middle, half = (truth[0] + truth[1]) / 2, (truth[1] - truth[0]) / 2
    turned, larger, right, down = rng.standard_normal(4) * (TURNED, LARGER, MOVED, MOVED)
    middle += complex(right, down) * 2 * half
    half *= np.exp(complex(larger, turned))
    return middle - half, middle + half


def fit(images: npt.NDArray[np.uint8], frame: Frame, *, views: int = VIEWS, seed: int = 0) -> Floats:
    """Linear maps (STEPS, features + 1, 4) from images (N, H, W, C) whose eyes are where ``frame`` says.

    Each step is ridge regression on the guesses that the steps before it leave.
    """
    rng = np.random.default_rng(seed)
    height, width = images.shape[1:3]
    truth = frame.eyes(height, width)
    rows = np.repeat(np.arange(len(images)), views)
    guesses = [guess(truth, rng) for _ in rows]
    made: list[Floats] = []
    for number in range(STEPS):
        size = len(eye_maps.features(_grey(images[0]), truth))
        gram, cross = np.zeros((size, size)), np.zeros((size, 4))
        with Progress(f"guesses, step {number + 1} of {STEPS}", len(rows)) as progress:
            for start in range(0, len(rows), 2048):
                part = range(start, min(start + 2048, len(rows)))
                seen = np.stack([eye_maps.features(_grey(images[rows[row]]), guesses[row]) for row in part])
                wanted = np.stack([eye_maps.offsets(guesses[row], truth) for row in part])
                gram += seen.T @ seen
                cross += seen.T @ wanted
                progress.advance(len(part))
        penalty = np.full(size, RIDGE * len(rows) / 1000)
        penalty[-1] = 0
        made.append(np.linalg.solve(gram + np.diag(penalty), cross).astype(np.float16).astype(np.float32))
        guesses = [eye_maps.step(_grey(images[row]), each, made[-1]) for row, each in zip(rows, guesses, strict=True)]
        distance = abs(truth[1] - truth[0])
        wrong = [abs(each[side] - truth[side]) / distance for each in guesses for side in (0, 1)]
        print(f"step {number + 1}: eyes off by {np.mean(wrong):.4f} of their distance, 95% below "
              f"{np.quantile(wrong, 0.95):.4f}")  # fmt: skip
    return np.stack(made)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the maps on the training split and write them."""
    parser = argparse.ArgumentParser(prog="python -m train.eyes", description=main.__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="prepared images in one frame")
    parser.add_argument("--output", type=Path, default=eye_maps.MAPS, metavar="FILE.npz")
    options = parser.parse_args(arguments)
    try:
        items = open_all(options.folders)
        images = np.stack([items.images[row] for row in np.flatnonzero(items.splits == "train")])
        linear = fit(images, Frame())
        with whole_file(options.output) as scratch, scratch.open("wb") as stream:
            np.savez(stream, maps=linear.astype(np.float16))
    except UserError as error:
        print(f"train.eyes: error: {error}", file=sys.stderr)
        return 2
    return 0


def _grey(image: Pixels) -> Pixels:
    return as_channels(image, 1) if image.shape[2] == 3 else image


if __name__ == "__main__":
    sys.exit(main())
