"""Training images/s of `fit`'s step against the same network and loss in PyTorch, in one run on the same cores.

`bench_train_gpu.py` does so on a GPU.

PyTorch is for this bench alone: pip install torch==2.13.0 (the CPU build). Without it ours is measured by itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from train import devices

devices.use_cpu_cores()

import jax  # noqa: E402 (after the devices are settled)
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import NamedSharding, PartitionSpec  # noqa: E402

from train import presets  # noqa: E402
from train.config import FitConfig  # noqa: E402
from train.feed import replicate  # noqa: E402
from train.initial import Weights, initialise  # noqa: E402
from train.objective import Pass, make_loss  # noqa: E402
from train.schedule import stages  # noqa: E402
from train.step import make_step, start  # noqa: E402
from tui_vae.model import networks  # noqa: E402

PRESET, ROUNDS, STEPS = "faces64", 12, 6
Step = Callable[[np.ndarray], float]


def ours(config: FitConfig, weights: Weights) -> Step:
    """`fit`'s step with its devices."""
    stage = stages(config, 1000)[0]
    mesh = devices.mesh(config.run.batch)
    state = replicate(start(weights, config, stage), mesh)
    run = jax.jit(make_step(networks.build(config.architecture), config, stage, 64_000), donate_argnums=0)

    def step(batch: np.ndarray) -> float:
        nonlocal state
        state, metrics = run(state, jax.device_put(batch, NamedSharding(mesh, PartitionSpec("data"))))
        return float(metrics["loss"])

    return step


def theirs(step: Callable[..., Any]) -> Step:
    """PyTorch's step on arrays."""
    import torch

    return lambda batch: float(step(torch.from_numpy(batch)))


def check_same_loss(config: FitConfig, weights: Weights, batch: np.ndarray) -> None:
    """Both sides give one loss for one batch: it is the same network, and the same loss."""
    import torch
    import torch_twin

    images = batch.astype(np.float32) / 255
    noise = np.random.default_rng(1).standard_normal((len(batch), config.architecture.latent)).astype(np.float32)
    nets = networks.build(config.architecture)
    mean, log_variance = nets.encode(weights, jnp.asarray(images))
    z = mean + jnp.exp(0.5 * log_variance) * noise
    passed = Pass(nets.decode(weights, z), z, mean, log_variance)
    here, _ = make_loss(config.objective, config.objective.reconstruction, 1)(passed, jnp.asarray(images), jnp.ones(()))
    twin = torch_twin.Twin(config.architecture)
    torch_twin.port(twin, weights)
    there = torch_twin.loss_of(twin, torch.from_numpy(images.transpose(0, 3, 1, 2).copy()), torch.from_numpy(noise))
    np.testing.assert_allclose(float(there.detach()), float(here), rtol=1e-3)
    print(f"one batch, one set of weights: loss {float(here):.5f} here, {float(there.detach()):.5f} in PyTorch")


def measure(steps: dict[str, Step], batch: np.ndarray) -> dict[str, list[float]]:
    """Seconds per step of each, in turns, so that a busy machine slows all of them."""
    for step in steps.values():
        for _ in range(3):
            step(batch)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            for _ in range(STEPS):
                started = time.perf_counter()
                step(batch)
                seconds[name].append(time.perf_counter() - started)
    return seconds


def main() -> None:
    """Print images/s of each (best and median step) and the ratios of ours to PyTorch's."""
    config = presets.load(PRESET)
    weights = initialise(config.architecture, 0)
    batch = np.random.default_rng(0).integers(0, 256, (config.run.batch, *config.architecture.input), np.uint8)
    steps = {"tui-vae": ours(config, weights)}
    if find_spec("torch") is None:
        print("PyTorch is not installed (pip install torch==2.13.0): ours alone")
    else:
        import torch
        import torch_twin

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        check_same_loss(config, weights, batch)
        steps["PyTorch"] = theirs(torch_twin.make_step(config, weights, compiled=False))
        steps["PyTorch compiled"] = theirs(torch_twin.make_step(config, weights, compiled=True))
    print(f"preset {PRESET}, batch {len(batch)}, {jax.device_count()} {jax.default_backend()} device(s)")
    seconds = measure(steps, batch)
    best = {name: len(batch) / min(values) for name, values in seconds.items()}
    median = {name: len(batch) / float(np.median(values)) for name, values in seconds.items()}
    for name in steps:
        print(f"{name:<17} {best[name]:7.1f} images/s best  {median[name]:7.1f} median of {ROUNDS * STEPS} steps")
    for name in list(steps)[1:]:
        print(
            f"ours / {name:<17} {best['tui-vae'] / best[name]:.3f} best  {median['tui-vae'] / median[name]:.3f} median"
        )


if __name__ == "__main__":
    main()
