"""The model card: what a checkpoint is, what it was measured to do, and how to repeat both."""

from __future__ import annotations

from pathlib import Path

from train.progress import duration
from tui_vae.model.checkpoint import Checkpoint


def text(made: Checkpoint, path: Path) -> str:
    """The card of a freshly exported checkpoint, as Markdown."""
    arch, about = made.architecture, made.about
    training, data = about["training"], about["dataset"]
    figures = {name: item for name, item in about["metrics"].items() if isinstance(item, dict) and "psnr_db" in item}
    height, width, channels = arch.input
    lines = [
        f"# {made.name}",
        "",
        f"A variational autoencoder for {height}x{width}x{channels} images with {arch.latent} latents: encoder "
        f"{arch.parameter_count('encoder'):,}, decoder {arch.parameter_count('decoder'):,} weights.",
        f"File `{path.name}`, {path.stat().st_size / 1e6:.2f} MB, fingerprint `{made.fingerprint()}`.",
        "",
        "## Data",
        "",
        f"{', '.join(data['folders'])}: {data['training_images']:,} images to train on, {data['held_out_images']:,} "
        "held out (first hexadecimal digit of the SHA-256 of the item's name is 0), never trained on, never chosen on.",
        f"Licence: {about['licence']}",
        "",
        "## Training",
        "",
        f"{training['step']:,} steps of {training['run']['batch']} images ({training['run']['epochs']:g} epochs), "
        f"{training['objective']['likelihood']} likelihood with calibrated scale, beta "
        f"{training['objective']['beta']:g}, seed {training['run']['seed']}; "
        f"{duration(training['seconds'])} on {training['device']}.",
        "",
        "## Figures",
        "",
        "Reconstructions of held-out images, 8-bit outputs, means over all of them. Sharpness is the variance of the "
        "Laplacian over that of the real images.",
        "",
        "| data | images | PSNR dB | L1 (of 255) | sharpness |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {item['count']:,} | {item['psnr_db']:.2f} | {item['l1']:.2f} | {item['sharpness_ratio']:.3f} |"
            for name, item in figures.items()
        ),
        "",
        f"KL {about['metrics']['kl_nats']['mean']:.1f} nats per image (over {about['metrics']['kl_nats']['count']:,} "
        f"held-out images), {about['metrics']['active_units']} of {arch.latent} units active.",
        "",
        "Repeat them:",
        "",
        "```",
        f"python -m train evaluate {path.name} --data {' '.join(f'data/{name}' for name in figures)}",
        "```",
        "",
        "## Atlas and axes",
        "",
        f"{len(made.names):,} encoded training items. Attribute directions by class-balanced logistic regression, "
        "named from a held-out AUC of 0.80 up:",
        "",
        "| attribute | AUC | held-out images |",
        "|---|---|---|",
        *(f"| {item.name.replace('_', ' ')} | {item.auc:.3f} | {item.count:,} |" for item in made.attributes),
        "",
    ]
    return "\n".join(lines)
