"""The model card: what a checkpoint is, what it was measured to do, and how to repeat both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from train.attributes import MIN_AUC
from train.progress import duration
from tui_vae.model.checkpoint import Checkpoint


def text(made: Checkpoint, path: Path) -> str:
    """The card of a freshly exported checkpoint, as Markdown."""
    sections = (_model(made, path), _data(made), _training(made), _figures(made, path), _axes(made))
    return "\n\n".join(sections) + "\n"


def _model(made: Checkpoint, path: Path) -> str:
    arch = made.architecture
    height, width, channels = arch.input
    return (
        f"# {made.name}\n\n"
        f"A variational autoencoder for {height}x{width}x{channels} images with {arch.latent} latents: "
        f"{arch.parameter_count('encoder'):,} weights in the encoder, "
        f"{arch.parameter_count('decoder'):,} in the decoder.\n"
        f"`{path.name}`, {path.stat().st_size / 1e6:.2f} MB, fingerprint `{made.fingerprint()}`."
    )


def _data(made: Checkpoint) -> str:
    data = made.about["dataset"]
    counts = ", ".join(f"{split} {count:,}" for split, count in data["images"].items())
    commands = "\n".join(_prepare(name, item) for name, item in data["sets"].items())
    return (
        f"## Data\n\n"
        f"Images: {counts}. The first hexadecimal digit of the SHA-256 of an item's file name decides (of its name in "
        f"the other set, where `--identities` knows one): 0 is test, 1 is validation, the rest is for training. "
        f"Nothing is trained on validation or test, nothing chosen on test.\n\n"
        f"Licence: {made.about['licence']}\n\n```\n{commands}\n```"
    )


def _prepare(name: str, item: dict[str, Any]) -> str:
    words = [f"python -m train prepare {item['source']} --output data/{name} --size {item['size']}"]
    if item["channels"] != 3:
        words.append(f"--channels {item['channels']}")
    if item["crop"]:
        words.append("--crop " + " ".join(map(str, item["crop"])))
    if item["identities"]:
        words.append(f"--identities {item['identities']}")
    return " ".join(words)


def _training(made: Checkpoint) -> str:
    training = made.about["training"]
    run, objective = training["run"], training["objective"]
    versions = ", ".join(f"{part} {version}" for part, version in training["versions"].items())
    return (
        f"## Training\n\n"
        f"{training['step']:,} steps of {run['batch']} images ({run['epochs']:g} epochs), {objective['likelihood']} "
        f"likelihood with calibrated scale, beta {objective['beta']:g}, seed {run['seed']}: "
        f"{duration(training['seconds'])} on {training['device']} ({versions}).\n"
        f"The whole configuration is in the checkpoint."
    )


def _figures(made: Checkpoint, path: Path) -> str:
    arch, measured = made.architecture, made.about["metrics"]
    sets = {name: measured[name] for name in made.about["dataset"]["sets"] if name in measured}
    rows = "\n".join(
        f"| {name} | {item['count']:,} | {item['psnr_db']:.2f} | {item['l1']:.2f} | {item['sharpness_ratio']:.3f} |"
        for name, item in sets.items()
    )
    if not sets:
        return "## Figures\n\nNone: not one image fell into the test split."
    kl = measured["kl_nats"]
    return (
        f"## Figures\n\n"
        f"Reconstructions of the test split, 8-bit outputs, means over all of its images. Sharpness is the variance of "
        f"the Laplacian over that of the real images.\n\n"
        f"| data | images | PSNR dB | L1 (of 255) | sharpness |\n|---|---|---|---|---|\n{rows}\n\n"
        f"KL {kl['mean']:.1f} nats per image (over {kl['count']:,} test images); {measured['active_units']} of "
        f"{arch.latent} units active.\n\n"
        f"Repeat them, with the data prepared as above:\n\n"
        f"```\npython -m train evaluate {path.as_posix()} --data {' '.join(f'data/{name}' for name in sets)}\n```"
    )


def _axes(made: Checkpoint) -> str:
    atlas = f"## Atlas and axes\n\n{len(made.names):,} encoded training items."
    if not made.attributes:
        return atlas
    rows = "\n".join(f"| {item.name.replace('_', ' ')} | {item.auc:.3f} | {item.count:,} |" for item in made.attributes)
    return (
        f"{atlas} Attribute directions by class-balanced logistic regression on the training split, named from a "
        f"validation AUC of {MIN_AUC:.2f} up; the AUC below is the test split's.\n\n"
        f"| attribute | AUC | test images |\n|---|---|---|\n{rows}"
    )
