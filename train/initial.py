"""Fresh weights: NumPy draws, so that a seed gives the same ones on every machine and nothing has to be compiled."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tui_vae.model.architecture import Architecture, Shape

Weights = dict[str, npt.NDArray[np.float32]]


def initialise(arch: Architecture, seed: int) -> Weights:
    """Weights of both networks, by name, float32: a pure function of the architecture and the seed.

    He normal (He et al. 2015, arXiv:1502.01852) where an activation follows. Residual blocks start as the identity, the
    image as nearly middle grey, the posterior's variance as nearly 1.
    """
    rng = np.random.default_rng(seed)
    return {name: _draw(rng, arch, name, shape) for name, shape in arch.parameter_shapes().items()}


def _draw(rng: np.random.Generator, arch: Architecture, name: str, shape: Shape) -> npt.NDArray[np.float32]:
    side, *place, kind = name.split("/")
    if kind == "bias" or place[-1] == "second":
        return np.zeros(shape, np.float32)
    gain = 2.0
    if place[-1] == "log_variance":
        return rng.normal(0.0, 1e-3, shape).astype(np.float32)
    if place[-1] == "mean":
        gain = 1.0
    elif side == "decoder" and _makes_the_image(arch, place):
        gain = 0.1
    deviation = math.sqrt(gain / math.prod(shape[:-1]))
    if side == "decoder" and place[0] == "layers" and place[-1] == "conv":
        return sub_pixels(rng, shape, arch.decode[int(place[1])].stride, deviation)
    return rng.normal(0.0, deviation, shape).astype(np.float32)


def _makes_the_image(arch: Architecture, place: list[str]) -> bool:
    last = ["layers", str(len(arch.decode) - 1), "conv"] if arch.decode else ["stem"]
    return place == last


def sub_pixels(rng: np.random.Generator, shape: Shape, stride: int, deviation: float) -> npt.NDArray[np.float32]:
    """A kernel whose sub-pixels start equal, so that no checkerboard is there to unlearn (arXiv:1707.02937)."""
    base = rng.normal(0.0, deviation, (*shape[:-1], shape[-1] // stride**2)).astype(np.float32)
    return np.tile(base, (1,) * (len(shape) - 1) + (stride**2,))
