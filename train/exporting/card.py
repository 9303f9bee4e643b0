"""The model card: what a checkpoint is, what it was measured to do, and how to repeat both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train.data.chains import CHAINS
from train.data.split import HeldOut
from train.evaluation.evaluate import JOINT
from train.evaluation.tabulate import FLOOR, KINDS, best_bits, checked, floor
from train.exporting.attributes import CORRELATED, MIN_AUC, MIN_R2
from tui_vae.latent.axes import ACTIVE_KL
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.progress import duration

_USUAL = asdict(HeldOut())


def text(made: Checkpoint, path: Path) -> str:
    """The card of a freshly exported checkpoint, as Markdown."""
    sections = (_model(made, path), _data(made), _training(made), _figures(made, path), _samples(made), _atlas(made))
    return "\n\n".join(section for section in sections if section) + "\n"


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
        f"Images: {counts}. {_split(data['sets'])} "
        f"Nothing is trained on validation or test, nothing chosen on test.{_moved(made)}\n\n"
        f"Licence: {made.about['licence']}\n\n```\n{commands}\n```"
    )


def _split(sets: Mapping[str, Any]) -> str:
    """Which images are held out, as ``train.data.split`` does it."""
    own = [name for name, item in sets.items() if item.get("splits") == "own"]
    hashed = [item.get("held_out", _USUAL) for item in sets.values() if item.get("splits") != "own"]
    told = [f"{' and '.join(own)} {'come' if len(own) > 1 else 'comes'} with a split of its own."] if own else []
    if hashed and all(item == _USUAL for item in hashed):
        told.append(
            "The first hexadecimal digit of the SHA-256 of an item's file name decides (of its name in the other set, "
            "where `--identities` knows one): 0 is test, 1 is validation, the rest is for training."
        )
    elif hashed:
        told.append(
            "The SHA-256 of an item's file name decides by the shares in the commands below (of its name in the other "
            "set, where `--identities` knows one)."
        )
    return " ".join(told)


def _moved(made: Checkpoint) -> str:
    """That the weights are older than this atlas, where they are."""
    before = made.about.get("weights_from")
    if not before:
        return ""
    sets = ", ".join((before.get("dataset") or {}).get("sets", {})) or "data that it does not name"
    return (
        f" This is so of the atlas and the axes, which were made of this data. The weights are those of "
        f"`{before['name']}` (fingerprint `{before['fingerprint']}`), trained on {sets}."
    )


def _prepare(name: str, item: Mapping[str, Any]) -> str:
    words = [f"python -m train prepare {item['source']} --output data/{name} --size {item.get('size')}"]
    if item.get("channels", 3) != 3:
        words.append(f"--channels {item['channels']}")
    if item.get("crop"):
        words.append("--crop " + " ".join(map(str, item["crop"])))
    if item.get("fit", "crop") != "crop":
        words.append(f"--fit {item['fit']}")
    if any(item.get("background", ())):
        words.append("--background '#" + "".join(f"{value:02x}" for value in item["background"]) + "'")
    if chain := item.get("chain"):
        known = (word for word, steps in CHAINS.items() if [list(step) for step in steps] == list(map(list, chain)))
        words.append(f"--chain {next(known, '?')}")
    words += [f"--{option} {item[option]}" for option in ("attributes", "identities") if item.get(option)]
    if derived := item.get("derived"):
        words.append("--derive " + " ".join(f'"{label}"' for label in derived))
    if item.get("splits") == "own":
        words.append("--splits own")
    elif item.get("held_out", _USUAL) != _USUAL:
        words.append(f"--test {item['held_out']['test']:g} --validation {item['held_out']['validation']:g}")
    return " ".join(words)


def _training(made: Checkpoint) -> str:
    training = made.about["training"]
    if not {"run", "objective", "step"} <= set(training):
        return "## Training\n\nThe checkpoint that the weights are from does not tell."
    run = training["run"]
    versions = ", ".join(f"{part} {version}" for part, version in training.get("versions", {}).items())
    return (
        f"## Training\n\n"
        f"{training['step']:,} steps of {run['batch']} images ({_epochs(training)}){_objective(training)}, "
        f"seed {run['seed']}: {duration(training.get('seconds', 0.0))} on "
        f"{training.get('device', 'a machine not named')} ({versions}).{_began(training)}{_chosen(training)}\n"
        f"The whole configuration is in the checkpoint."
    )


def _objective(training: Mapping[str, Any]) -> str:
    objective = training["objective"]
    reconstruction = objective.get("reconstruction", objective.get("likelihood", "?"))
    return f", reconstruction `{reconstruction}`, beta {objective['beta']:g}" if training["run"]["epochs"] else ""


def _epochs(training: Mapping[str, Any]) -> str:
    first, refine = training["run"]["epochs"], training.get("refine") or {}
    told = [f"{first:g} epochs asked for"] if first else []
    if refine.get("epochs"):
        more = " more" if first else " epochs"
        opponent = " against a discriminator" if refine.get("adversarial") else ""
        terms = f" by `{refine['reconstruction']}`" if refine.get("reconstruction") else ""
        locked = f", the {refine['freeze']} locked" if refine.get("freeze", "none") != "none" else ""
        told.append(f"{refine['epochs']:g}{more} of a second stage{terms}{opponent}{locked}")
    return ", then ".join(told)


def _began(training: Mapping[str, Any]) -> str:
    name, _, rest = str(training.get("init_from") or "").rpartition(" (")
    return f" It began with the weights of `{name}` (fingerprint `{rest.rstrip(')')}`)." if name else ""


def _chosen(training: Mapping[str, Any]) -> str:
    if training.get("weights") == "best":
        return " Of all validated during the run, the weights of this step did best on the validation split."
    return ""


def _figures(made: Checkpoint, path: Path) -> str:
    arch, measured = made.architecture, made.about["metrics"]
    sets = {name: measured[name] for name in made.about["dataset"]["sets"] if name in measured}
    if not sets:
        return "## Figures\n\nNone: not one image fell into the test split."
    rows = "\n".join(
        f"| {name} | {item['count']:,} | {item['psnr_db']:.2f} | {item['ssim']:.3f} | {item['ms_ssim']:.3f} | "
        f"{item['l1']:.2f} | {item['sharpness_ratio']:.3f} | {item['kl_nats']:.1f} | "
        f"{best_bits(item['bits_per_dim']) if item['bits_per_dim'] else 'none'} |"
        for name, item in sets.items()
    )
    kl, scales = measured["kl_nats"], next(iter(sets.values()))["ms_ssim_scales"]
    calibrated = sum(item["bits_per_dim"]["calibrated_on"] for item in sets.values() if item["bits_per_dim"])
    return (
        f"## Figures\n\n"
        f"Reconstructions of the test split, 8-bit outputs, means over all of its images. Sharpness is the variance of "
        f"the Laplacian over that of the real images; MS-SSIM is over {scales} of its 5 scales. Bits/dim is an upper "
        f"bound (the evidence lower bound under a discretised Laplace or Gaussian, whichever is lower; scales from "
        f"{calibrated:,} training images).\n\n"
        f"| data | images | PSNR dB | SSIM | MS-SSIM | L1 (of 255) | sharpness | KL nats | bits/dim |\n"
        f"|---|---|---|---|---|---|---|---|---|\n{rows}\n\n"
        f"KL {kl['mean']:.1f} nats per image (over {kl['count']:,} test images); {measured['active_units']} of "
        f"{arch.latent} units active (mean KL above {ACTIVE_KL:g} nats in the training split).\n\n"
        f"Repeat them, with the data prepared as above:\n\n"
        f"```\npython -m train evaluate {path.as_posix()} --data {' '.join(f'data/{name}' for name in sets)}\n```"
    )


def _samples(made: Checkpoint) -> str:
    joint = made.about["metrics"][JOINT]
    if "left_out" in joint:
        return f"## Samples\n\nNot measured: {joint['left_out']}."
    found, near = joint["frechet"], joint["neighbours"]
    lines = ["## Samples", ""]
    if "left_out" in found:
        lines += [f"Frechet distances were left out ({found['left_out']}).", ""]
    else:
        network = found["features"]
        lines += [
            f"Frechet distance to {found['against']}, {found['count']:,} images of each kind, in the features of a "
            f"small classifier trained for this (not FID). Its task: {network['task']}; {checked(network)}.",
            "",
            "| images | distance |",
            "|---|---|",
            *(f"| {title} | {found[name]:.3f} |" for name, title in KINDS.items()),
            f"| {FLOOR} | {floor(found['real_images_floor']).strip()} |",
            "",
        ]
    spaces = [space for space in ("pixels", "features") if space in near]
    lines += [
        f"Mean distance to the nearest of {near['training_images']:,} training images, {near['count']:,} images of "
        f"each kind. A ratio of samples to held-out images far below 1 would mean that the model remembers.",
        "",
        "| in | samples of one Gaussian | held-out images | their reconstructions | ratio |",
        "|---|---|---|---|---|",
        *(
            f"| {space} | {near[space]['samples_mean']:.2f} | {near[space]['held_out_mean']:.2f} | "
            f"{near[space]['reconstructions_mean']:.2f} | {near[space]['memorisation_ratio']:.2f} |"
            for space in spaces
        ),
    ]
    return "\n".join(lines)


def _atlas(made: Checkpoint) -> str:
    lines = [f"## Atlas and axes\n\n{len(made.names):,} encoded training items"]
    if len(made.centroids):
        lines[0] += f" in {len(made.centroids)} clusters (k-means of the latents of the training split)"
    if made.labels:
        lines[0] += f", with their labels: {', '.join(label.name.replace('_', ' ') for label in made.labels)}"
    lines[0] += "."
    if made.attributes:
        rows = "\n".join(
            f"| {item.name.replace('_', ' ')} | {item.auc:.3f} | {item.count:,} | "
            f"{'' if item.r2 is None else f'{item.r2:.3f}'} | "
            f"{', '.join(name.replace('_', ' ') for name in item.removed) or 'none'} |"
            for item in made.attributes
        )
        lines.append(
            f"Attribute directions by class-balanced logistic regression on the training split, named from a "
            f"validation AUC of {MIN_AUC:.2f} up; the AUC below is the test split's. A direction is made orthogonal to "
            f"those of correlated attributes before it (labels that correlate by {CORRELATED:.2f} or more) while its "
            f"validation figure stays there: moving along it leaves their bars where they are. Numbers are told by "
            f"ridge regression, named from a validation R² of {MIN_R2:.2f} up; AUC: of values above the median.\n\n"
            f"| attribute | AUC | test images | R² | projected out |\n|---|---|---|---|---|\n{rows}"
        )
    return "\n\n".join(lines)
