"""Ways from one latent point to another."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.sums import project

Way = Literal["lerp", "slerp"]
WAYS: tuple[Way, ...] = get_args(Way)

# Below this sine the arc between two directions is a straight line, or (opposite each other) could go any way around.
_LEAST_SINE = 1e-3


def lerp(start: Vector, end: Vector, position: float) -> Vector:
    """The point at ``position`` on the straight line; exactly ``start`` at 0 and ``end`` at 1."""
    if position in (0, 1):
        return (end if position else start).astype(np.float32)
    return (start + np.float32(position) * (end - start)).astype(np.float32)


def slerp(start: Vector, end: Vector, position: float, pca: Axes) -> Vector:
    """The point at ``position`` on the arc around the mean; exactly ``start`` at 0 and ``end`` at 1.

    Spherical interpolation (Shoemake 1985) of the direction from the mean in whitened PCA coordinates, while the
    distance from it goes evenly from one to the other. There the atlas is as wide in every direction and nearly all of
    it lies in a shell: the straight line between two faces leaves the shell towards the average face and gets bland,
    the arc does not. In raw coordinates the wide components would decide the angle alone. Where there is no one arc
    (an end at the mean, ends opposite each other or in line) it is the straight line.
    """
    if position in (0, 1):
        return (end if position else start).astype(np.float32)
    bars = [project(pca.readout, z - pca.mean).astype(np.float64) for z in (start, end)]
    near, far = (math.sqrt(float(np.add.reduce(y * y))) for y in bars)
    if min(near, far) < 1e-6:
        return lerp(start, end, position)
    cosine = float(np.add.reduce(bars[0] * bars[1])) / (near * far)
    angle = math.acos(min(max(cosine, -1.0), 1.0))
    if math.sin(angle) < _LEAST_SINE:
        return lerp(start, end, position)
    length = (1 - position) * near + position * far
    # Whitening is linear: what weighs the whitened ends weighs the ends. In float32, since the last bits of a sine are
    # each machine's own.
    to_start = np.float32(length / near * math.sin((1 - position) * angle) / math.sin(angle))
    to_end = np.float32(length / far * math.sin(position * angle) / math.sin(angle))
    return (pca.mean + (to_start * (start - pca.mean) + to_end * (end - pca.mean))).astype(np.float32)


def between(start: Vector, end: Vector, position: float, way: Way, pca: Axes) -> Vector:
    """The point at ``position`` on the chosen way: 0 is exactly ``start``, 1 exactly ``end``."""
    return lerp(start, end, position) if way == "lerp" else slerp(start, end, position, pca)


def path(start: Vector, end: Vector, steps: int) -> Vector:
    """``steps`` evenly spaced points (steps, L), both ends included.

    Raises:
        ValueError: fewer than two steps.
    """
    if steps < 2:
        raise ValueError(f"an interpolation has at least 2 steps, not {steps}")
    return np.stack([lerp(start, end, position) for position in np.linspace(0.0, 1.0, steps)])
