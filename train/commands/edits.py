"""``edits``: what a step along each attribute axis does to held-out images."""

from __future__ import annotations

from json import dumps
from pathlib import Path


def edits(checkpoint: str, /, data: list[Path], sigma: float = 2.0, json: Path | None = None, seed: int = 0) -> None:
    """Measure whether a step along each attribute axis does what its name says, on held-out images.

    Args:
        checkpoint: Name or path.
        data: One or more folders that prepare wrote, with the labels.
        sigma: Length of the step.
        json: Write the figures to this file as well.
        seed: Of the classifier that judges.
    """
    from train.evaluation.edits import edits as measure
    from train.evaluation.edits import table
    from tui_vae.errors import UserError
    from tui_vae.files import whole_file

    if json is not None and (json.is_dir() or not json.parent.is_dir()):  # said before the work, not after it
        raise UserError(f"--json {json}: no file can be written there")
    if not 0 < sigma < 100:
        raise UserError(f"--sigma {sigma:g}: above 0, below 100")
    if not 0 <= seed < 2**32:
        raise UserError(f"--seed {seed}: 0 to {2**32 - 1}")
    figures = measure(checkpoint, data, sigma, seed)
    print(table(figures))
    if json is not None:
        with whole_file(json) as scratch:
            scratch.write_text(dumps(figures, indent=2) + "\n", encoding="utf-8")
