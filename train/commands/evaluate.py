"""``evaluate``: figures of a checkpoint on held-out images."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Literal


def evaluate(
    checkpoint: str,
    /,
    data: list[Path],
    split: Literal["train", "validation", "test"] = "test",
    json: Path | None = None,
) -> None:
    """Measure a checkpoint's reconstructions on held-out images.

    Args:
        checkpoint: Name or path.
        data: One or more folders that prepare wrote.
        split: Which part of them.
        json: Write the figures to this file as well.
    """
    from train.evaluate import evaluate as measure
    from train.evaluate import report

    figures = measure(checkpoint, data, split)
    print(report(figures))
    if json is not None:
        json.write_text(dumps(figures, indent=2) + "\n", encoding="utf-8")
