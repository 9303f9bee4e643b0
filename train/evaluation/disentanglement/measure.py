"""All disentanglement scores of checkpoints on one prepared set's held-out images, and the table that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from train.codec import Codec
from train.data.prepared import Prepared, open_all
from train.evaluation.disentanglement.dci import TREES, dci
from train.evaluation.disentanglement.dimensions import Latents, halves, varying
from train.evaluation.disentanglement.factor_vae import factor_vae
from train.evaluation.disentanglement.factors import Factors, of_labels
from train.evaluation.disentanglement.mig import BINS, mig
from train.evaluation.disentanglement.sap import sap
from tui_vae import paths
from tui_vae.errors import UserError
from tui_vae.latent.axes import ACTIVE_KL
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint, printable

Part = Literal["train", "validation", "test", "all"]

MIN_IMAGES = 40


def disentangle(
    names: Sequence[str], sources: Sequence[Path], split: Part = "test", labels: Sequence[str] = (), seed: int = 0
) -> dict[str, Any]:
    """Figures of checkpoints (names or paths) by what they were called, on the images of ``split`` in prepared folders.

    ``labels`` chooses factors among the data's labels. All checkpoints see the same items, halves and groups.

    Raises:
        UserError: no checkpoint, one of other images than the data, too few images or labels.
    """
    if not names:
        raise UserError("disentangle needs at least one checkpoint (name or path) before --data")
    made = {name: checkpoints.read(paths.find_checkpoint(name)) for name in dict.fromkeys(names)}
    data = open_all(list(sources))
    for name, checkpoint in made.items():
        if checkpoint.architecture.input != data.shape:
            raise UserError(
                f"{name}: takes {checkpoint.architecture.input} images, but {sources[0]} has {data.shape}; "
                "prepare the data with its --size and --channels"
            )
    rows = np.arange(len(data.names)) if split == "all" else data.rows(split)
    if len(rows) < MIN_IMAGES:
        raise UserError(
            f"{sources[0]}: {len(rows)} images in the {split} split; {MIN_IMAGES} are needed (another --split?)"
        )
    factors = of_labels(data.labels, rows, labels)
    return {name: _of_checkpoint(checkpoint, data, rows, factors, split, seed) for name, checkpoint in made.items()}


def _of_checkpoint(
    made: Checkpoint, data: Prepared, rows: np.ndarray[Any, Any], factors: Factors, split: Part, seed: int
) -> dict[str, Any]:
    codec = Codec.of(made.architecture, made.parameters)
    posterior = codec.encode(data.images, rows, "images encoded").finite()
    about = {
        "split": split,
        "images": len(rows),
        "latents": posterior.mean.shape[1],
        "active_units": int((posterior.kl().mean(axis=0) > ACTIVE_KL).sum()),
        "seed": seed,
    }
    return about | scores(posterior.mean, factors, seed)


def scores(latents: Latents, factors: Factors, seed: int = 0, trees: int = TREES) -> dict[str, Any]:
    """Figures of posterior means (N, L) and their factors, as plain numbers; the same for the same ``seed``.

    A score is the mean over the factors that have one, each of which stands under ``factors`` with its counts.
    ``trees`` are those of each forest.
    """
    first = halves(len(latents), seed)
    gaps = mig(latents, factors.codes)
    alone = sap(latents, factors.codes, first)
    forests = dci(latents, factors.codes, first, seed, trees)
    voted = factor_vae(latents, factors.codes, first, seed)
    each = zip(
        factors.names, factors.counts(), factors.values(), gaps, alone, forests.informativeness, voted.used, strict=True
    )
    return {
        "dimensions_that_vary": varying(latents).shape[1],
        "mig": _mean(gaps),
        "sap": _mean(alone),
        "disentanglement": _rounded(forests.disentanglement),
        "completeness": _rounded(forests.completeness),
        "informativeness": _mean(forests.informativeness),
        "factor_vae": _rounded(voted.score),
        "factor_vae_chance": _rounded(voted.chance),
        "factor_vae_votes": voted.votes,
        "factor_vae_group_sizes": list(voted.groups),
        "factors": {
            name: {
                "images": count,
                "values": values,
                "mig": _rounded(gap),
                "sap": _rounded(single),
                "informativeness": _rounded(told),
                "in_factor_vae": used,
            }
            for name, count, values, gap, single, told, used in each
        },
        "left_out": list(factors.left_out),
    }


def table(results: Mapping[str, Any]) -> str:
    """One row per checkpoint, then the factors with their counts, as text."""
    width = max(10, *(len(printable(name)) for name in results))
    head = f"{'checkpoint':<{width}} {'L':>4} {'active':>6} {'images':>7} {'factors':>7} {'MIG':>6} {'SAP':>6} "
    lines = [head + f"{'D':>6} {'C':>6} {'I':>6} {'FactorVAE':>9} {'chance':>6}"]
    for name, item in results.items():
        keys = ("mig", "sap", "disentanglement", "completeness", "informativeness")
        lines.append(
            f"{printable(name):<{width}} {item['latents']:>4} {item['active_units']:>6} {item['images']:>7,} "
            f"{len(item['factors']):>7} {' '.join(f'{_figure(item[key]):>6}' for key in keys)} "
            f"{_figure(item['factor_vae']):>9} {_figure(item['factor_vae_chance']):>6}"
        )
    item = next(iter(results.values()))
    told = (
        f"{printable(name)} ({each['values']} values, {each['images']:,})" for name, each in item["factors"].items()
    )
    lines += ["", f"factors (their values, images of the {item['split']} split): {', '.join(told)}"]
    if item["left_out"]:
        lines.append(f"left out, fewer than two values with ten images: {', '.join(map(printable, item['left_out']))}")
    lines.append(
        f"MIG from {BINS} bins, biased for few images; SAP, D, C, I fitted on one half of them, scored on the other"
    )
    if item["factor_vae_votes"]:
        used = sum(each["in_factor_vae"] for each in item["factors"].values())
        low, high = item["factor_vae_group_sizes"]
        size = f"{low}" if low == high else f"{low} to {high}"
        lines.append(
            f"FactorVAE: {item['factor_vae_votes']} votes over {used} factors, "
            f"groups of {size} real images that share a value"
        )
    else:
        lines.append("FactorVAE: none, fewer than two factors have a value with enough images for groups")
    return "\n".join(lines)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 4) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
