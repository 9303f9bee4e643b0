"""``evaluate``: figures of a checkpoint on held-out images, each with its sample count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from train import metrics
from train.data.prepared import Prepared, open_by_name
from train.data.split import Split
from train.progress import Progress
from tui_vae.api import VAE, load
from tui_vae.errors import UserError

BATCH = 64


def evaluate(checkpoint: str, folders: list[Path], split: Split = "test") -> dict[str, Any]:
    """Figures of one checkpoint on one split of each prepared folder, by folder name.

    Raises:
        UserError: images of another size than the checkpoint's, or none in the split.
    """
    vae = load(checkpoint)
    result = {}
    for name, data in open_by_name(folders).items():
        measured = figures(vae, data, split)
        if measured is None:
            raise UserError(f"{name}: no image is in the {split} split")
        result[name] = measured
    return result


def figures(vae: VAE, data: Prepared, split: Split) -> dict[str, Any] | None:
    """Reconstruction figures over every item of ``split``: means, after 8-bit rounding; ``None`` of none."""
    if data.shape != vae.architecture.input:
        raise UserError(
            f"images are {data.shape}, but checkpoint {vae.checkpoint.name!r} takes {vae.architecture.input}"
        )
    rows = data.rows(split)
    if not len(rows):
        return None
    parts: dict[str, list[metrics.PerImage]] = {"psnr": [], "l1": [], "sharpness": [], "real_sharpness": []}
    with Progress("images", len(rows)) as progress:
        for start in range(0, len(rows), BATCH):
            images = np.ascontiguousarray(data.images[rows[start : start + BATCH]])
            outputs = vae.reconstruct(images)
            parts["psnr"].append(metrics.psnr(images, outputs))
            parts["l1"].append(metrics.l1(images, outputs))
            parts["sharpness"].append(metrics.sharpness(outputs))
            parts["real_sharpness"].append(metrics.sharpness(images))
            progress.advance(len(images))
    mean = {name: float(np.concatenate(values).mean()) for name, values in parts.items()}
    return {
        "split": split,
        "count": len(rows),
        "psnr_db": round(mean["psnr"], 3),
        "l1": round(mean["l1"], 3),
        "sharpness_ratio": round(mean["sharpness"] / max(mean["real_sharpness"], 1e-9), 4),
    }


def report(result: dict[str, Any]) -> str:
    """The figures as a small table for people."""
    lines = [f"{'data':<16} {'split':<10} {'images':>7} {'PSNR dB':>8} {'L1 /255':>8} {'sharpness':>9}"]
    for name, item in result.items():
        lines.append(
            f"{name:<16} {item['split']:<10} {item['count']:>7,} {item['psnr_db']:>8.2f} {item['l1']:>8.2f} "
            f"{item['sharpness_ratio']:>9.3f}"
        )
    return "\n".join(lines)
