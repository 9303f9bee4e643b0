"""Figures of one set: how well its held-out images come back, and what the code costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from train import ssim
from train.codec import Codec
from train.data.prepared import Prepared
from train.evaluation import likelihood, metrics
from tui_vae.latent.axes import ACTIVE_KL
from tui_vae.progress import Progress


def figures(codec: Codec, data: Prepared, rows: npt.NDArray[np.int64], split: str) -> dict[str, Any]:
    """Means over all items of ``rows``, at least one, each item counting once.

    Reconstructions are of posterior means, rounded to 8 bits. ``bits_per_dim`` takes one posterior draw instead, and
    its scales from the set's training split; it is null where that is empty.
    """
    training = data.rows("train")
    scales = likelihood.calibrate(codec, data.images, training) if len(training) else None
    rng = np.random.default_rng(likelihood.SEED)
    parts: dict[str, list[npt.NDArray[np.float64]]] = {}
    with Progress("images", len(rows)) as progress:
        for start in range(0, len(rows), codec.batch):
            images = np.ascontiguousarray(data.images[rows[start : start + codec.batch]])
            posterior = codec.encode(images)
            outputs = codec.pictures(posterior.mean)
            structure, scaled = metrics.similarity(images, outputs)
            found = {
                "psnr": metrics.psnr(images, outputs),
                "l1": metrics.l1(images, outputs),
                "ssim": structure,
                "ms_ssim": scaled,
                "sharpness": metrics.sharpness(outputs),
                "real_sharpness": metrics.sharpness(images),
                "kl": posterior.kl().astype(np.float64),
            }
            if scales:
                found |= likelihood.bits_per_dimension(codec, images, posterior, scales, rng)
            for name, values in found.items():
                parts.setdefault(name, []).append(values)
            progress.advance(len(images))
    mean = {name: np.concatenate(values).mean(axis=0) for name, values in parts.items()}
    result: dict[str, Any] = {
        "split": split,
        "count": len(rows),
        "psnr_db": round(float(mean["psnr"]), 3),
        "ssim": round(float(mean["ssim"]), 4),
        "ms_ssim": round(float(mean["ms_ssim"]), 4),
        "ms_ssim_scales": ssim.scales(*data.shape[:2]),
        "l1": round(float(mean["l1"]), 3),
        "sharpness_ratio": round(float(mean["sharpness"] / max(mean["real_sharpness"], 1e-9)), 4),
        "kl_nats": round(float(mean["kl"].sum()), 3),
        "active_units": int((mean["kl"] > ACTIVE_KL).sum()),
        "kl_per_dimension": [round(float(value), 4) for value in mean["kl"]],
        "bits_per_dim": None,
    }
    if scales:
        result["bits_per_dim"] = {
            **{density: round(float(mean[density]), 4) for density in likelihood.DENSITIES},
            "gaussian_scale": round(scales.gaussian, 4),
            "laplace_scale": round(scales.laplace, 4),
            "calibrated_on": scales.count,
            "calibration_split": "train",
        }
    return result
