"""The encoder and the decoder as Flax NNX modules, and the pure functions that apply them.

No normalisation, no dropout, no random state: a network is a function of its weights, and how they start is the
trainer's affair (what Flax would draw is never made). Weights travel as one flat
dictionary, ``{"decoder/stem/kernel": array, ...}``: the optimizer, the checkpoint and ``jax.jit`` all take it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from tui_vae.model.architecture import Architecture, Layer

Activate = Callable[[jax.Array], jax.Array]
Parameters = dict[str, jax.Array]

# Posterior variances outside of this range are numerically useless: exp(-12) is far below a pixel's noise.
LOG_VARIANCE_RANGE = (-12.0, 6.0)


def depth_to_space(x: jax.Array, stride: int) -> jax.Array:
    """(N, H, W, s*s*C) -> (N, s*H, s*W, C): the sub-pixel shuffle of Shi et al. 2016 (arXiv:1609.05158)."""
    if stride == 1:
        return x
    n, height, width, channels = x.shape
    x = x.reshape(n, height, width, stride, stride, channels // stride**2)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(n, height * stride, width * stride, channels // stride**2)


ACTIVATIONS: dict[str, Activate] = {"silu": jax.nn.silu, "gelu": jax.nn.gelu, "relu": jax.nn.relu}


class ResidualBlock(nnx.Module):
    """``x + conv(act(conv(act(x))))``."""

    def __init__(self, layer: Layer, activate: Activate, rngs: nnx.Rngs) -> None:
        self.activate = activate
        size = (layer.kernel, layer.kernel)
        self.first = nnx.Conv(layer.channels, layer.channels, size, rngs=rngs)
        self.second = nnx.Conv(layer.channels, layer.channels, size, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return x + self.second(self.activate(self.first(self.activate(x))))


class Down(nnx.Module):
    """Strided convolution, activation, residual blocks."""

    def __init__(self, channels: int, layer: Layer, activate: Activate, rngs: nnx.Rngs) -> None:
        self.activate = activate
        size, strides = (layer.kernel, layer.kernel), (layer.stride, layer.stride)
        self.conv = nnx.Conv(channels, layer.channels, size, strides, rngs=rngs)
        self.blocks = nnx.List([ResidualBlock(layer, activate, rngs) for _ in range(layer.blocks)])

    def __call__(self, x: jax.Array) -> jax.Array:
        x = self.activate(self.conv(x))
        for block in self.blocks:
            x = block(x)
        return x


class Up(nnx.Module):
    """Residual blocks, convolution, depth-to-space. The caller applies the activation (the image gets none)."""

    def __init__(self, layer: Layer, channels: int, activate: Activate, rngs: nnx.Rngs) -> None:
        self.stride = layer.stride
        self.blocks = nnx.List([ResidualBlock(layer, activate, rngs) for _ in range(layer.blocks)])
        self.conv = nnx.Conv(
            layer.channels,
            channels * layer.stride**2,
            (layer.kernel, layer.kernel),
            rngs=rngs,
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        for block in self.blocks:
            x = block(x)
        return depth_to_space(self.conv(x), self.stride)


class Encoder(nnx.Module):
    """Images (N, H, W, C) in [0, 1] -> mean and log variance (N, L) of the Gaussian posterior q(z | x)."""

    def __init__(self, arch: Architecture, rngs: nnx.Rngs) -> None:
        shapes = arch.encoder_shapes()
        self.activate = ACTIVATIONS[arch.activation]
        self.layers = nnx.List(
            [Down(shape[2], layer, self.activate, rngs) for shape, layer in zip(shapes, arch.encode, strict=False)]
        )
        self.dense, width = _dense(math.prod(shapes[-1]), arch.dense, rngs)
        self.mean = nnx.Linear(width, arch.latent, rngs=rngs)
        self.log_variance = nnx.Linear(width, arch.latent, rngs=rngs)

    def __call__(self, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = (images - 0.5) * 4.0  # roughly unit variance for photographs
        for layer in self.layers:
            x = layer(x)
        x = x.reshape(x.shape[0], -1)
        for dense in self.dense:
            x = self.activate(dense(x))
        return self.mean(x), jnp.clip(self.log_variance(x), *LOG_VARIANCE_RANGE)


class Decoder(nnx.Module):
    """Latents (N, L) -> images (N, H, W, C) in [0, 1]: by a sigmoid, or nominally so and not clipped."""

    def __init__(self, arch: Architecture, rngs: nnx.Rngs) -> None:
        shapes = arch.decoder_shapes()
        self.bottom = shapes[0]
        self.activate, self.output = ACTIVATIONS[arch.activation], arch.output
        self.dense, width = _dense(arch.latent, arch.dense[::-1], rngs)
        self.stem = nnx.Linear(width, math.prod(self.bottom), rngs=rngs)
        self.layers = nnx.List(
            [Up(layer, shapes[index + 1][2], self.activate, rngs) for index, layer in enumerate(arch.decode)]
        )

    def __call__(self, latents: jax.Array) -> jax.Array:
        x = latents
        for dense in self.dense:
            x = self.activate(dense(x))
        x = self.stem(x).reshape(-1, *self.bottom)
        for layer in self.layers:
            x = layer(self.activate(x))
        # Either way a network that has learned nothing yet gives middle grey.
        # A sigmoid in bfloat16 would be 1 from 6 on, and have no slope there.
        return jax.nn.sigmoid(4.0 * x.astype(jnp.float32)) if self.output == "sigmoid" else x + 0.5


def _dense(width: int, widths: Sequence[int], rngs: nnx.Rngs) -> tuple[nnx.List[nnx.Linear], int]:
    """Fully connected layers from ``width`` through ``widths``, and the last one's width."""
    layers = []
    for units in widths:
        layers.append(nnx.Linear(width, units, rngs=rngs))
        width = units
    return nnx.List(layers), width


@dataclass(frozen=True)
class Networks:
    """Both networks' structure without weights. Hashable, so that it can be closed over by jitted functions."""

    encoder: Any
    decoder: Any

    def encode(self, parameters: Mapping[str, Any], images: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float (N, H, W, C) in [0, 1] -> posterior mean and log variance, each (N, L)."""
        mean, log_variance = nnx.merge(self.encoder, _state(parameters, "encoder"))(images)
        return mean, log_variance

    def decode(self, parameters: Mapping[str, Any], latents: jax.Array) -> jax.Array:
        """float (N, L) -> float (N, H, W, C), nominally in [0, 1]."""
        images: jax.Array = nnx.merge(self.decoder, _state(parameters, "decoder"))(latents)
        return images


def build(arch: Architecture) -> Networks:
    """The networks' structure alone: no weight is allocated, nothing is compiled."""
    encoder = nnx.eval_shape(lambda: Encoder(arch, nnx.Rngs(0)))
    decoder = nnx.eval_shape(lambda: Decoder(arch, nnx.Rngs(0)))
    return Networks(nnx.split(encoder)[0], nnx.split(decoder)[0])


def _state(parameters: Mapping[str, Any], side: str) -> Any:
    nested: dict[Any, Any] = {}
    for name, value in parameters.items():
        first, *path = name.split("/")
        if first == side:
            place = nested
            for part in path[:-1]:
                place = place.setdefault(int(part) if part.isdigit() else part, {})
            place[path[-1]] = nnx.Param(value)
    return nnx.State(nested)
