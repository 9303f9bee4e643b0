"""``export``: a run -> one checkpoint file with its atlas and axes, and a model card beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train import attributes as directions
from train import card, losses
from train.data.prepared import open_all, open_by_name
from train.data.split import SPLITS
from train.evaluate import figures
from train.fit import MACHINE, METRICS, restore
from train.progress import Progress
from tui_vae.api import VAE
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model import networks
from tui_vae.model.checkpoint import Attribute, Checkpoint, Floats

BATCH = 64


def export(
    run: Path,
    output: Path,
    *,
    name: str | None = None,
    attributes: Path | None = None,
    atlas_size: int = 20_480,
    licence: str = "unstated",
    force: bool = False,
) -> Path:
    """Write ``output`` and the card ``output`` with the suffix ``.md``.

    Axes are fitted on the training split alone. The atlas holds ``atlas_size`` training items (all where there are
    fewer) in a mixed but fixed order. Returns ``output``.

    Raises:
        UserError: ``run`` is no run, or ``output`` exists and ``force`` is not set.
    """
    if output.exists() and not force:
        raise UserError(f"{output}: exists; --force replaces it")
    if output.suffix != ".safetensors":
        raise UserError(f"{output}: a checkpoint's name ends in .safetensors")
    if atlas_size < 2:
        raise UserError(f"--atlas-size {atlas_size}: at least 2 are needed")
    config, folders, weights, step = restore(run)
    arch = replace(config.architecture, name=name or config.architecture.name)
    sets = open_by_name(folders)
    data = open_all(folders)
    means, kl = encode_all(networks.build(arch), weights, data.images)
    training, held_out = data.splits == "train", data.splits == "test"

    mean, vectors, scales = principal_components(means[training])
    bars = ((means - mean) @ vectors.T / np.maximum(scales, 1e-6)).astype(np.float32)
    named: tuple[Floats, tuple[Attribute, ...]] = (np.zeros((0, arch.latent), np.float32), ())
    if attributes is not None:
        named = directions.fit(bars, data.keys, data.splits, *directions.read_celeba(attributes))
    atlas = atlas_rows(data.keys, training, atlas_size)
    made = Checkpoint(
        architecture=arch,
        parameters={key: value.astype(np.float16).astype(np.float32) for key, value in weights.items()},
        latents=means[atlas],
        names=tuple(data.names[row] for row in atlas),
        pca_mean=mean,
        pca_vectors=vectors,
        pca_scales=scales,
        raw_scales=means[training].std(axis=0),
        raw_kl=kl[training].mean(axis=0),
        attribute_vectors=named[0],
        attributes=named[1],
        preview=np.zeros(arch.input, np.uint8),
        preprocessing=data.manifest["preprocessing"],
    )
    vae = VAE(made)
    measured = {name: figures(vae, part, "test") for name, part in sets.items()}
    about = {
        "training": {**config.to_dict(), "step": step, "seconds": _seconds(run), **_machine(run)},
        "metrics": {
            **{name: item for name, item in measured.items() if item is not None},
            "kl_nats": _count(kl[held_out].sum(1)),
            "active_units": int((made.raw_kl > 0.01).sum()),
        },
        "dataset": {
            "sets": {
                name: {
                    **part.manifest["request"],
                    "source": part.manifest["source"],
                    "identities": part.manifest["identities"],
                }
                for name, part in sets.items()
            },
            "images": {split: len(data.rows(split)) for split in SPLITS},
        },
        "licence": licence,
    }
    made = replace(made, preview=vae.decode(mean[None])[0], about=about)
    checkpoints.write(output, made)
    with whole_file(output.with_suffix(".md")) as scratch:
        scratch.write_text(card.text(made, output), encoding="utf-8")
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB, {len(atlas):,} faces, {len(named[1])} named attributes")
    return output


def atlas_rows(keys: list[str], training: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.int64]:
    """Up to ``size`` training rows, in an order fixed by a hash of their keys, which mixes sorted sets."""
    # A photo that stands in two sets has one key: the atlas holds it once.
    rows = np.array(sorted({keys[row]: row for row in np.flatnonzero(training)}.values()), np.int64)
    digests = [hashlib.sha256(b"atlas" + keys[row].encode("utf-8", "surrogateescape")).digest() for row in rows]
    return rows[sorted(range(len(rows)), key=lambda place: (digests[place], place))[:size]]


def principal_components(latents: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean (L,), orthonormal components (L, L) by falling variance, and standard deviations (L,) of latents (N, L).

    Each component's sign is the one in which its largest entry is positive, so that the same data gives the same axes.
    """
    mean = latents.mean(axis=0, dtype=np.float64)
    centred = latents - mean
    variances, columns = np.linalg.eigh(centred.T @ centred / max(1, len(latents) - 1))
    vectors = columns.T[::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    vectors = vectors * np.sign(largest)
    scales = np.sqrt(np.maximum(variances[::-1], 0.0))
    return mean.astype(np.float32), vectors.astype(np.float32), scales.astype(np.float32)


def encode_all(nets: networks.Networks, weights: Mapping[str, Any], images: np.ndarray) -> tuple[Floats, Floats]:
    """Posterior means and KL in nats per dimension, both (N, L), of uint8 images (N, H, W, C)."""

    @jax.jit
    def encode(batch: jax.Array) -> tuple[jax.Array, jax.Array]:
        mean, log_variance = nets.encode(weights, batch.astype(jnp.float32) / 255.0)
        return mean, jax.vmap(lambda m, v: losses.kl_per_dimension(m[None], v[None]))(mean, log_variance)

    means, kls = [], []
    with Progress("images encoded", len(images)) as progress:
        for start in range(0, len(images), BATCH):
            batch = np.asarray(images[start : start + BATCH])
            size = len(batch)
            if size < BATCH:  # one shape, one compilation
                batch = np.pad(batch, [(0, BATCH - size), (0, 0), (0, 0), (0, 0)])
            mean, kl = jax.device_get(encode(batch))
            means.append(mean[:size])
            kls.append(kl[:size])
            progress.advance(size)
    return np.concatenate(means), np.concatenate(kls)


def _count(values: np.ndarray) -> dict[str, float]:
    return {"mean": round(float(values.mean()), 2), "count": len(values)} if len(values) else {"mean": 0.0, "count": 0}


def _machine(run: Path) -> dict[str, Any]:
    machine: dict[str, Any] = json.loads((run / MACHINE).read_text(encoding="utf-8"))
    return machine


def _seconds(run: Path) -> float:
    """Time spent on steps, from the run's own metrics."""
    lines = (run / METRICS).read_text(encoding="utf-8").splitlines()
    newest = {line["step"]: line for line in map(json.loads, lines)}
    return float(round(sum(line["images"] / line["images_per_second"] for line in newest.values()), 1))
