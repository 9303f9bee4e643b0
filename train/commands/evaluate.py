"""``evaluate``: figures of a checkpoint on held-out images."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Literal


def evaluate(
    checkpoint: str,
    /,
    data: list[Path],
    split: Literal["train", "validation", "test", "all"] = "test",
    json: Path | None = None,
    frechet: bool = True,
    sheets: Path | None = None,
) -> None:
    """Measure a checkpoint on held-out images: reconstructions, rate, samples, memorisation.

    Args:
        checkpoint: Name or path.
        data: One or more folders that prepare wrote, or any folders or archives of images (these are prepared to a
            temporary folder first, as the checkpoint says).
        split: Which part of them; "all" for images that the model was not trained on (without figures of samples).
        json: Write the figures to this file as well.
        frechet: Train the small classifier whose features the Frechet distances are taken in (up to two minutes).
        sheets: Folder for a picture of samples beside their nearest training images.
    """
    from train.evaluation.evaluate import JOINT
    from train.evaluation.evaluate import evaluate as measure
    from train.evaluation.tabulate import table
    from tui_vae.errors import UserError
    from tui_vae.files import whole_file

    if json is not None and (json.is_dir() or not json.parent.is_dir()):  # said before the work, not after it
        raise UserError(f"--json {json}: no file can be written there")
    figures = measure(checkpoint, data, split, frechet=frechet, sheets=sheets)
    print(table(figures, JOINT))
    if json is not None:
        with whole_file(json) as scratch:
            scratch.write_text(dumps(figures, indent=2) + "\n", encoding="utf-8")
