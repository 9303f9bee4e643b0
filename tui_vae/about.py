"""What a checkpoint is, in words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints

ACTIVE = "{:.0f} units active"
OF_SET = (
    ("psnr_db", "PSNR {:.2f} dB"),
    ("ssim", "SSIM {:.3f}"),
    ("ms_ssim", "MS-SSIM {:.3f}"),
    ("l1", "L1 {:.2f} of 255"),
    ("sharpness_ratio", "sharpness {:.2f}"),
    ("kl_nats", "KL {:.1f} nats"),
    ("active_units", ACTIVE),
)
OF_HELD_OUT = (
    ("loss", "loss {:.3f} nats per pixel value"),
    ("psnr", "PSNR {:.2f} dB"),
    ("kl", "KL {:.1f} nats"),
    ("images", "{:,.0f} images"),
)
OF_SAMPLES = (
    ("atlas_samples", "{:.2f} samples"),
    ("aggregate_posterior_samples", "{:.2f} samples of one Gaussian"),
    ("prior_samples", "{:.2f} samples of the prior"),
    ("reconstructions", "{:.2f} reconstructions"),
)
OF_NEIGHBOURS = (("memorisation_ratio", "{:.2f} (1: as far from training images as unseen images are)"),)
OF_FLOOR = (("distance", "{:.2f} real images"),)


def line(name: str, path: Path) -> str:
    """One line for a list; a damaged file says so."""
    try:
        made = checkpoints.read(path)
    except UserError as error:
        return f"{name:<16} damaged: {error}"
    height, width, channels = made.architecture.input
    size = path.stat().st_size / 1e6
    shape = f"{height}x{width}x{channels}, {made.architecture.latent} latents"
    return f"{name:<16} {shape}, {len(made.names):,} faces, {size:.1f} MB"


def describe(path: Path) -> str:
    """A checkpoint's architecture, data and figures, a fact per line."""
    made = checkpoints.read(path)
    arch, about = made.architecture, made.about
    height, width, channels = arch.input
    facts = [
        ("name", made.name),
        ("file", f"{path} ({path.stat().st_size / 1e6:.2f} MB)"),
        ("fingerprint", made.fingerprint()),
        ("images", f"{height}x{width}x{channels}"),
        ("latents", str(arch.latent)),
        ("encoder", " ".join(f"{h}x{w}x{c}" for h, w, c in arch.encoder_shapes())),
        ("decoder", " ".join(f"{h}x{w}x{c}" for h, w, c in arch.decoder_shapes())),
        ("weights", f"{arch.parameter_count('encoder'):,} + {arch.parameter_count('decoder'):,}"),
        ("atlas", f"{len(made.names):,} items" + (f" in {len(made.centroids)} clusters" if len(made.cluster) else "")),
        ("labels", ", ".join(label.name for label in made.labels) or "none"),
        (
            "attributes",
            ", ".join(
                f"{item.name} {item.auc:.2f}" if item.r2 is None else f"{item.name} {item.score}"
                for item in made.attributes
            )
            or "none",
        ),
    ]
    facts += figures(_table(about, "metrics"))
    if training := _table(about, "training"):
        step, end = training.get("step", 0), _number(training.get("steps"))
        steps = f"{step:,}" if isinstance(step, int) else str(step)
        on = f" on {training['device']}" if "device" in training else ""
        facts.append(("trained", f"{steps} steps{on}" + ("" if end is None else f" of {end:,.0f}")))
    if told := _told(_table(about, "held_out"), OF_HELD_OUT):
        facts.append(("held out", ", ".join(told)))
    facts.append(("licence", str(about.get("licence", "unstated"))))
    return "\n".join(checkpoints.printable(f"{key:<14} {value}") for key, value in facts)


def figures(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured of a checkpoint, as (what of, figures) a line; what is no figure is left out.

    ``metrics`` is as ``train.exporting`` writes it, or as another program did: then nothing of it is sure.
    """
    facts = []
    for name, item in metrics.items():
        if isinstance(item, dict) and (told := _told(item, OF_SET)):
            split = f"{item['split']} images" if item.get("split") in ("train", "validation", "test") else "images"
            facts.append((f"on {name}", ", ".join([*told, *_bits(item)]) + _over(item, split)))
    rate = _table(metrics, "kl_nats")
    if told := [*_told(rate, (("mean", "{:.1f} nats per image"),)), *_told(metrics, (("active_units", ACTIVE),))]:
        facts.append(("KL", ", ".join(told) + _over(rate, "images")))
    joint = _table(metrics, "all sets")
    found = _table(joint, "frechet")
    if told := _told(found, OF_SAMPLES) + _told(_table(found, "real_images_floor"), OF_FLOOR):
        facts.append(("Frechet", ", ".join(told) + _over(found, "images of each kind; not FID")))
    if told := _told(_table(_table(joint, "neighbours"), "pixels"), OF_NEIGHBOURS):
        facts.append(("memorisation", told[0]))
    return facts


def _told(table: dict[str, Any], words: tuple[tuple[str, str], ...]) -> list[str]:
    """The numbers of a table in words, in the order of the words."""
    return [text.format(number) for key, text in words if (number := _number(table.get(key))) is not None]


def _bits(item: dict[str, Any]) -> list[str]:
    bits = [_number(value) for key, value in _table(item, "bits_per_dim").items() if key in ("gaussian", "laplace")]
    known = [value for value in bits if value is not None]
    return [f"at most {min(known):.2f} bits/dim"] if known else []


def _over(table: dict[str, Any], what: str) -> str:
    count = _number(table.get("count"))
    return "" if count is None else f" ({count:,.0f} {what})"


def _number(value: Any) -> float | None:
    """A finite number, or None: in JSON there may be anything, numbers too large for a float among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _table(about: dict[str, Any], part: str) -> dict[str, Any]:
    """A part of ``about``, which is free: whoever made the file may have put anything there."""
    found = about.get(part)
    return found if isinstance(found, dict) else {}
