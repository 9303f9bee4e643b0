"""What a checkpoint is, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints


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
        ("attributes", ", ".join(f"{item.name} {item.auc:.2f}" for item in made.attributes) or "none"),
    ]
    for name, item in _table(about, "metrics").items():
        if isinstance(item, dict):
            plain = {key: value for key, value in item.items() if not isinstance(value, dict | list)}
            facts.append((f"on {name}", ", ".join(f"{key} {value}" for key, value in plain.items())))
    if training := _table(about, "training"):
        step = training.get("step", 0)
        steps = f"{step:,}" if isinstance(step, int) else str(step)
        facts.append(("trained", f"{steps} steps on {training.get('device', '?')}"))
    facts.append(("licence", str(about.get("licence", "unstated"))))
    return "\n".join(checkpoints.printable(f"{key:<14} {value}") for key, value in facts)


def _table(about: dict[str, Any], part: str) -> dict[str, Any]:
    """A part of ``about``, which is free: whoever made the file may have put anything there."""
    found = about.get(part)
    return found if isinstance(found, dict) else {}
