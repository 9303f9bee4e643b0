"""``disentangle``: how far latent dimensions and known factors go one to one."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Literal


def disentangle(
    checkpoints: tuple[str, ...],
    /,
    data: list[Path],
    split: Literal["train", "validation", "test", "all"] = "test",
    factors: tuple[str, ...] = (),
    json: Path | None = None,
    seed: int = 0,
) -> None:
    """Measure how far latent dimensions and the data's labels go one to one: MIG, SAP, DCI, FactorVAE score.

    Args:
        checkpoints: Names or paths; one row each.
        data: One or more folders that prepare wrote, with labels.
        split: Which part of them.
        factors: Names of the labels to take (default: all that have two values with ten images each).
        json: Write the figures to this file as well, factor by factor.
        seed: Of the halves, forests and groups.
    """
    from train.evaluation.disentanglement.measure import disentangle as measure
    from train.evaluation.disentanglement.measure import table
    from tui_vae.errors import UserError
    from tui_vae.files import whole_file

    if json is not None and (json.is_dir() or not json.parent.is_dir()):  # said before the work, not after it
        raise UserError(f"--json {json}: no file can be written there")
    if not 0 <= seed < 2**32:
        raise UserError(f"--seed {seed}: 0 to {2**32 - 1}")
    figures = measure(checkpoints, data, split, factors, seed)
    print(table(figures))
    if json is not None:
        with whole_file(json) as scratch:
            scratch.write_text(dumps(figures, indent=2) + "\n", encoding="utf-8")
