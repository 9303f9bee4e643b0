"""A made-up run folder: previews with weights that differ, as a trainer would leave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import make_checkpoint
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.previews import path_of


def moment(step: int, loss: float | None = None, **parts: Any) -> Checkpoint:
    """The made-up model after so many steps: other weights, another atlas, other axes."""
    made = make_checkpoint("made")
    rng = np.random.default_rng(step)
    parameters = {
        name: (value + 0.3 * rng.standard_normal(value.shape)).astype(np.float32)
        for name, value in made.parameters.items()
    }
    about: dict[str, Any] = {"training": {"step": step}}
    if loss is not None:
        about["held_out"] = {"loss": loss}
    turn = np.linalg.qr(rng.standard_normal(made.pca_vectors.shape))[0].astype(np.float32)
    changed = replace(
        made,
        parameters=parameters,
        latents=made.latents + np.float32(0.01 * step),
        pca_vectors=turn,
        pca_mean=made.pca_mean + np.float32(0.01 * step),
        attributes=(),
        attribute_vectors=made.attribute_vectors[:0],
        about=about,
    )
    return replace(changed, **parts)


def add_preview(run: Path, step: int, loss: float | None = None, **parts: Any) -> Path:
    """Let a preview land."""
    path = path_of(run, step)
    checkpoints.write(path, moment(step, loss, **parts))
    return path


def make_run(folder: Path, *steps: int, previews: int = 40) -> Path:
    """A run with these previews."""
    folder.mkdir()
    (folder / "config.toml").write_text(f"[run]\npreviews = {previews}\n")
    for step in steps:
        add_preview(folder, step, step / 100 if step else None)
    return folder
