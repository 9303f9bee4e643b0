"""Axes: ways to show a latent vector as bars and to move it by one bar, all of the same linear form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.latent.sums import combine, project

Vector = npt.NDArray[np.float32]

# A dimension whose mean KL is above this, in nats, carries something of the image: it is active.
ACTIVE_KL = 0.01


@dataclass(frozen=True)
class Axes:
    """K bars over L latents, in units of sigma (the standard deviation over the atlas).

    Bar values are ``readout @ (z - mean)``; moving bar k by d sigma adds ``d * directions[k]`` to z. ``readout[k]`` and
    ``directions[k]`` have inner product 1, so a bar moves by exactly what it was asked for.

    Attributes:
        name: "PCA", "raw" or "attributes".
        labels: one short label per bar.
        scales: (K,) length of one sigma step in latent space: how much of the model's space the bar covers.
        notes: one remark per bar, shown beside it, such as an AUC; may be empty.
        dimmed: (K,) bool, bars that move the picture hardly at all.
    """

    name: str
    labels: tuple[str, ...]
    mean: Vector
    readout: Vector
    directions: Vector
    scales: Vector
    notes: tuple[str, ...]
    dimmed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    def values(self, z: Vector) -> Vector:
        """Bar values (K,) in sigma of a latent vector (L,)."""
        return project(self.readout, z - self.mean)

    def move(self, z: Vector, bar: int, by: float) -> Vector:
        """A new vector, ``by`` sigma further along one bar."""
        moved: Vector = z + np.float32(by) * self.directions[bar]
        return moved


def pca_axes(mean: Vector, vectors: Vector, scales: Vector) -> Axes:
    """Principal components of the atlas, most important first; together they cover the whole space."""
    safe: Vector = np.maximum(scales, np.float32(1e-6))[:, None]
    count = len(vectors)
    share = scales.astype(np.float64) ** 2
    share = share / max(share.sum(), 1e-12)
    return Axes(
        name="PCA",
        labels=tuple(f"PC {k + 1}" for k in range(count)),
        mean=mean,
        readout=vectors / safe,
        directions=vectors * safe,
        scales=scales,
        notes=tuple(f"{100 * part:.1f}% of variance" for part in share),
        dimmed=share < 1e-4,
    )


def raw_axes(mean: Vector, scales: Vector, kl: Vector) -> Axes:
    """The latent's own dimensions, those that carry most (by KL, in nats) first; collapsed ones are dimmed."""
    order = np.argsort(-kl, kind="stable")
    one_hot = np.eye(len(kl), dtype=np.float32)[order]
    safe: Vector = np.maximum(scales[order], np.float32(1e-6))[:, None]
    return Axes(
        name="raw",
        labels=tuple(f"z {dimension}" for dimension in order),
        mean=mean,
        readout=one_hot / safe,
        directions=one_hot * safe,
        scales=scales[order],
        notes=tuple(f"KL {kl[dimension]:.2f} nats" for dimension in order),
        dimmed=kl[order] < ACTIVE_KL,
    )


def attribute_axes(pca: Axes, names: tuple[str, ...], vectors: Vector, scores: tuple[float | str, ...]) -> Axes:
    """Labelled directions, given as unit ``vectors`` (A, L) in whitened PCA coordinates.

    A score is an AUC, or any figure with its name.
    """
    labels = tuple(name.replace("_", " ") for name in names)
    notes = tuple(score if isinstance(score, str) else f"AUC {score:.2f}" for score in scores)
    return direction_axes("attributes", pca, labels, vectors, notes)


def direction_axes(name: str, pca: Axes, labels: tuple[str, ...], vectors: Vector, notes: tuple[str, ...]) -> Axes:
    """One bar per unit vector of ``vectors`` (A, L) in whitened PCA coordinates, to read and to move along."""
    directions = _products(vectors, pca.directions)
    return Axes(
        name=name,
        labels=labels,
        mean=pca.mean,
        readout=_products(vectors, pca.readout),
        directions=directions,
        scales=np.linalg.norm(directions, axis=1).astype(np.float32),
        notes=notes,
        dimmed=np.zeros(len(labels), np.bool_),
    )


def _products(vectors: Vector, rows: Vector) -> Vector:
    result: Vector = np.stack([combine(vector.astype(np.float32), rows) for vector in vectors])
    return result
