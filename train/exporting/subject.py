"""What is exported: the weights of a run, or those of a checkpoint that gets a new atlas for other data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from train.run_folder import MACHINE, METRICS, Which, read_log, restore
from tui_vae import paths
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.architecture import Architecture
from tui_vae.model.checkpoint import Floats


@dataclass(frozen=True)
class Subject:
    """Weights as a checkpoint will hold them (float16 precision), the data to encode, and where the weights are from.

    ``training`` is what a checkpoint says of its training; ``trained_on`` names the data where that is not ``folders``.
    """

    architecture: Architecture
    weights: dict[str, Floats]
    folders: tuple[Path, ...]
    training: dict[str, Any]
    trained_on: dict[str, Any] | None = None


def find(source: str, data: Sequence[Path], which: Which = "best") -> Subject:
    """A run folder, or a checkpoint by path or name; ``data`` is to be encoded in place of the run's own.

    ``which`` of a run's weights: those that validated best, or the last; of a run that validates nothing, the last.

    Raises:
        UserError: neither of them, or a checkpoint without ``data``.
    """
    if Path(source).is_dir():
        return _of_run(Path(source), data, which)
    if not data:
        raise UserError(f"{source}: a checkpoint needs --data, the prepared folders to make its atlas of")
    made = checkpoints.read(paths.find_checkpoint(source))
    before = {"name": made.name, "fingerprint": made.fingerprint(), "dataset": made.about.get("dataset", {})}
    training = made.about.get("training")
    # Weights that were moved to new data once more are still those that were trained on the first.
    trained_on = made.about.get("weights_from", before)
    return Subject(
        made.architecture,
        made.parameters,
        tuple(data),
        training if isinstance(training, dict) else {},
        trained_on if isinstance(trained_on, dict) else before,
    )


def _of_run(run: Path, data: Sequence[Path], which: Which) -> Subject:
    trained = restore(run, which)
    origin = {"init_from": trained.init_from} if trained.init_from else {}
    training = {
        **trained.config.to_dict(),
        "step": trained.step,
        "weights": trained.which,
        "seconds": _seconds(run),
        **_machine(run),
        **origin,
    }
    return Subject(trained.config.architecture, halved(trained.weights), tuple(data or trained.folders), training)


def halved(weights: Mapping[str, Floats]) -> dict[str, Floats]:
    """Weights rounded to float16 as the file holds them, so that the latents are those of the file's encoder."""
    with np.errstate(over="ignore"):  # what is too large is refused by name when the file is written
        return {key: value.astype(np.float16).astype(np.float32) for key, value in weights.items()}


def _machine(run: Path) -> dict[str, Any]:
    machine: dict[str, Any] = json.loads((run / MACHINE).read_text(encoding="utf-8"))
    return machine


def _seconds(run: Path) -> float:
    """Time spent on steps, from the run's own metrics."""
    newest = {line["step"]: line for line in read_log(run / METRICS)}
    return float(round(sum(line["images"] / line["images_per_second"] for line in newest.values()), 1))
