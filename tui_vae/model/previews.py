"""The previews of a run in progress: small checkpoints, one per report, that the trainer writes and an explorer reads.

They lie in ``RUN/preview/step-00001200.safetensors`` and are ordinary checkpoints, each written whole. What they know
of their run stands under ``about``: ``training.step`` and, once something was validated, ``held_out.loss``.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = "preview"

_NAME = re.compile(r"step-(\d{8,12})\.safetensors")


def path_of(run: Path, step: int) -> Path:
    """Where the preview of a step lies."""
    return run / FOLDER / f"step-{step:08d}.safetensors"


def previews(run: Path) -> dict[int, Path]:
    """The previews that are there, by step, earliest first."""
    try:
        names = [path.name for path in (run / FOLDER).iterdir()]
    except OSError:  # no report yet, or the folder has gone
        return {}
    steps = sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))
    return {step: path_of(run, step) for step in steps}


def kept(steps: list[int], most: int) -> list[int]:
    """Which previews to keep: at most ``most``, the first and the newest among them, the others evenly spread.

    One after the other goes whose neighbours are closest together. Asked at every report of a run, the longest gap
    between two that are left is at most three times the shortest, but for the newest.
    """
    left = sorted(steps)
    while len(left) > max(most, 2):
        gaps = [after - before for before, after in zip(left, left[2:], strict=False)]
        del left[1 + gaps.index(min(gaps))]
    return left
