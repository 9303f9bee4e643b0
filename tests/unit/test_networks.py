from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from flax.traverse_util import flatten_dict
from hypothesis import given, settings
from hypothesis import strategies as st

from train.initial import initialise, sub_pixels
from tui_vae.model import networks
from tui_vae.model.architecture import Architecture

SHAPES: list[dict[str, Any]] = [
    {"input": [16, 16, 3], "latent": 4, "encode": [[8], [12]]},
    {"input": [16, 24, 1], "latent": 3, "encode": [[4, 5, 2, 1], [6, 3, 1, 2]]},
    {"input": [18, 18, 3], "latent": 5, "encode": [[4, 4, 3]], "decode": [[10, 3, 3, 1], [6, 3, 1], [4, 2, 2]]},
    {"input": [8, 12, 3], "latent": 2, "dense": [20, 10], "activation": "relu", "output": "sigmoid"},
    {"input": [8, 8, 1], "latent": 2, "encode": [[4]], "dense": [9], "activation": "gelu"},
]


@pytest.mark.parametrize("table", SHAPES)
def test_the_networks_have_the_shapes_that_the_arithmetic_says(table: dict[str, Any]) -> None:
    arch = Architecture.from_dict(table)
    nets, parameters = networks.build(arch), initialise(arch, 0)
    assert list(parameters) == list(arch.parameter_shapes())
    assert {name: value.shape for name, value in parameters.items()} == arch.parameter_shapes()
    images = jnp.full((2, *arch.input), 0.3)
    mean, log_variance = nets.encode(parameters, images)
    assert mean.shape == log_variance.shape == (2, arch.latent)
    outputs = nets.decode(parameters, mean)
    assert outputs.shape == (2, *arch.input)
    assert Architecture.from_dict(arch.to_dict()) == arch
    far = nets.decode(parameters, 1e4 * jnp.ones((1, arch.latent)))
    assert (arch.output == "sigmoid") == bool((far >= 0).all() and (far <= 1).all())


layers = st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2)).map(list)
sides = st.lists(layers, min_size=1, max_size=3)


@given(sides, sides, st.integers(1, 2), st.integers(1, 2), st.sampled_from([1, 3]), st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_any_architecture_has_the_shapes_that_the_arithmetic_says(
    encode: list[list[int]], decode: list[list[int]], tall: int, wide: int, channels: int, latent: int
) -> None:
    side = 4 * math.prod(layer[2] for layer in encode + decode)
    size = [min(side * tall, 1024), min(side * wide, 1024), channels]
    for layer in encode + decode:  # what the cut at 1024 would break is not what this is about
        layer[2] = 1 if 1024 in size else layer[2]
    arch = Architecture.from_dict({"input": size, "latent": latent, "encode": encode, "decode": decode})
    nets = networks.build(arch)

    def shapes() -> Any:
        parameters = {name: jnp.zeros(shape) for name, shape in arch.parameter_shapes().items()}
        mean, log_variance = nets.encode(parameters, jnp.zeros((2, *arch.input)))
        return mean, log_variance, nets.decode(parameters, mean)

    mean, log_variance, images = jax.eval_shape(shapes)  # nothing is compiled
    assert shapes_of("encoder", arch) | shapes_of("decoder", arch) == arch.parameter_shapes()
    assert mean.shape == log_variance.shape == (2, latent)
    assert images.shape == (2, *arch.input)


def shapes_of(side: str, arch: Architecture) -> dict[str, tuple[int, ...]]:
    """Of the modules' own weights, which are never made."""
    kind = {"encoder": networks.Encoder, "decoder": networks.Decoder}[side]
    module = nnx.eval_shape(lambda: kind(arch, nnx.Rngs(0)))
    flat = flatten_dict(nnx.to_pure_dict(nnx.state(module, nnx.Param)))
    return {"/".join((side, *map(str, path))): leaf.shape for path, leaf in flat.items()}


def test_weights_are_a_function_of_the_seed() -> None:
    arch = Architecture.from_dict(SHAPES[0])
    one, again, other = (initialise(arch, seed) for seed in (1, 1, 2))
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
    assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_every_weight_matters_or_starts_as_nothing() -> None:
    arch = Architecture.from_dict(SHAPES[1])
    nets, parameters = networks.build(arch), initialise(arch, 0)

    def output(parameters: networks.Parameters) -> jax.Array:
        mean, log_variance = nets.encode(parameters, jnp.full((1, *arch.input), 0.3))
        return jnp.sum(jnp.square(nets.decode(parameters, mean + log_variance)))

    gradient = jax.grad(output)(parameters)
    dead = [name for name, value in gradient.items() if not np.any(value)]
    # A residual block starts as identity: its second kernel is zero, so its first convolution has no gradient yet.
    assert all("/first/" in name for name in dead), dead


def test_residual_blocks_start_as_identity() -> None:
    plain = Architecture.from_dict({"input": [8, 8, 1], "latent": 2, "encode": [[4]]})
    blocks = Architecture.from_dict({"input": [8, 8, 1], "latent": 2, "encode": [[4, 3, 2, 2]]})
    weights = initialise(blocks, 3)
    images = jax.random.uniform(jax.random.key(0), (2, 8, 8, 1))
    with_blocks = networks.build(blocks).encode(weights, images)[0]
    without = networks.build(plain).encode({n: v for n, v in weights.items() if "/blocks/" not in n}, images)[0]
    np.testing.assert_allclose(with_blocks, without, rtol=1e-6)


def test_depth_to_space_puts_channels_where_they_belong() -> None:
    x = np.arange(2 * 3 * 2 * 8).reshape(2, 3, 2, 8)
    out = np.asarray(networks.depth_to_space(jnp.asarray(x), 2))
    assert out.shape == (2, 6, 4, 2)
    for n, h, w, i, j, c in np.ndindex(2, 3, 2, 2, 2, 2):
        assert out[n, 2 * h + i, 2 * w + j, c] == x[n, h, w, (i * 2 + j) * 2 + c]


def test_sub_pixels_start_equal_so_there_is_no_checkerboard() -> None:
    kernel = sub_pixels(np.random.default_rng(0), (3, 3, 5, 4 * 6), 2, 0.2)
    image = jax.lax.conv_general_dilated(
        jax.random.normal(jax.random.key(1), (1, 6, 6, 5)),
        kernel,
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    up = np.asarray(networks.depth_to_space(image, 2))
    np.testing.assert_allclose(up[:, ::2, ::2], up[:, 1::2, 1::2], rtol=1e-6)
    assert up.std() > 0.1


def test_log_variance_stays_in_range() -> None:
    arch = Architecture.from_dict(SHAPES[0])
    weights = {name: value * 1000 for name, value in initialise(arch, 0).items()}
    _, log_variance = networks.build(arch).encode(weights, jnp.ones((1, *arch.input)))
    low, high = networks.LOG_VARIANCE_RANGE
    assert float(log_variance.min()) >= low and float(log_variance.max()) <= high


def test_signals_neither_fade_nor_grow_through_fresh_networks() -> None:
    arch = Architecture.from_dict({"input": [32, 32, 3], "latent": 16, "encode": [[16], [32, 3, 2, 1], [48]]})
    nets, weights = networks.build(arch), initialise(arch, 5)
    rng = np.random.default_rng(0)
    mean, log_variance = nets.encode(weights, rng.random((32, 32, 32, 3)).astype(np.float32))
    assert 0.2 < float(mean.std()) < 5.0 and float(jnp.abs(log_variance).max()) < 0.1
    outputs = nets.decode(weights, rng.standard_normal((32, 16)).astype(np.float32))
    assert 0.02 < float(outputs.std()) < 0.6 and abs(float(outputs.mean()) - 0.5) < 0.1
