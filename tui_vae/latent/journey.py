"""Ways from one latent point to another."""

from __future__ import annotations

import numpy as np

from tui_vae.latent.axes import Vector


def lerp(start: Vector, end: Vector, position: float) -> Vector:
    """The point at ``position`` on the straight line; exactly ``start`` at 0 and ``end`` at 1."""
    if position == 1:
        return end.astype(np.float32)
    return (start + np.float32(position) * (end - start)).astype(np.float32)


def path(start: Vector, end: Vector, steps: int) -> Vector:
    """``steps`` evenly spaced points (steps, L), both ends included.

    Raises:
        ValueError: fewer than two steps.
    """
    if steps < 2:
        raise ValueError(f"an interpolation has at least 2 steps, not {steps}")
    return np.stack([lerp(start, end, position) for position in np.linspace(0.0, 1.0, steps)])
