"""Training images/s of `fit`'s step on a GPU at 64 and 128 pixels: alone, as a share of the chip's peak, and against
the same network and loss under torch.compile, in turns on the same GPU. Says what it could not measure, and why.

The share is model FLOPs utilisation: what XLA counts in one compiled step, times steps per second, over the peak that
the maker states for dense bfloat16. PyTorch is for this bench alone: pip install torch==2.13.0 (a CUDA build).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np

from train import presets
from train.config import FitConfig
from train.initial import Weights, initialise
from train.schedule import stages
from train.step import make_step, start
from tui_vae.model import networks

PRESETS, BATCHES = ("faces64", "faces128"), (64, 256)
CALLS, STEPS, IMAGES = 20, 10, 2048
# Dense bfloat16 FLOP/s that the makers state, by a part of the device's name; the longest part that matches counts.
PEAKS = {
    "T4": 65e12,  # float16: it has no bfloat16
    "L4": 121e12,
    "L40S": 362e12,
    "A10": 125e12,
    "A100": 312e12,
    "H100": 989e12,
    "H100 PCIe": 756e12,
    "H200": 989e12,
    "B200": 2250e12,
    "RTX 4090": 165e12,
}

Call = Callable[[], None]


def peak_of(kind: str) -> float | None:
    """The stated peak of a device by its name, in FLOP/s."""
    known = [part for part in PEAKS if part in kind]
    return PEAKS[max(known, key=len)] if known else None


def ours(config: FitConfig, weights: Weights, images: np.ndarray) -> tuple[Call, float]:
    """A call of `STEPS` steps as `fit` makes it, images on the device; and the FLOPs of one step as XLA counts them."""
    stage = stages(config, 1000)[0]
    step = make_step(networks.build(config.architecture), config, stage, len(images))
    state, stored = start(weights, config, stage), jax.device_put(images)
    size = config.run.batch

    def several(state, images, rows):  # type: ignore[no-untyped-def]
        return jax.lax.scan(lambda before, row: step(before, jnp.take(images, row, axis=0)), state, rows)

    cost = jax.jit(step).lower(state, stored[:size]).compile().cost_analysis() or {}
    run = jax.jit(several, donate_argnums=0)
    rng = np.random.default_rng(0)

    def call() -> None:
        nonlocal state
        rows = rng.integers(0, len(images), (STEPS, size)).astype(np.int32)
        state, metrics = run(state, stored, rows)
        jax.block_until_ready(metrics)

    return call, float(cost.get("flops", 0.0))


def twin(config: FitConfig, weights: Weights, images: np.ndarray) -> Call:
    """The same steps under torch.compile with bfloat16 autocast, images on the device."""
    import torch
    import torch_twin

    step = torch_twin.make_step(config, weights, compiled=True, device="cuda")
    stored, rng = torch.from_numpy(images).to("cuda"), np.random.default_rng(0)

    def call() -> None:
        for _ in range(STEPS):
            rows = torch.from_numpy(rng.integers(0, len(images), config.run.batch)).to("cuda")
            step(stored[rows])
        torch.cuda.synchronize()

    return call


def rates(calls: dict[str, Call], batch: int) -> dict[str, float]:
    """Images/s of each, by the median call; in turns, so that a busy or hot GPU slows all of them."""
    for call in calls.values():
        for _ in range(3):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(CALLS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - started)
    return {name: STEPS * batch / float(np.median(values)) for name, values in seconds.items()}


def no_twin() -> str | None:
    """Why there is nothing to compare with."""
    if find_spec("torch") is None:
        return "PyTorch is not installed (pip install torch==2.13.0)"
    import torch

    return None if torch.cuda.is_available() else "PyTorch here sees no CUDA device"


def measure(config: FitConfig, kind: str, against: bool) -> None:
    """Print the figures of one network at one batch size."""
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, *config.architecture.input), np.uint8)
    weights = initialise(config.architecture, 0)
    call, flops = ours(config, weights, images)
    calls = {"tui-vae": call}
    if against:
        calls["torch.compile"] = twin(config, weights, images)
    found = rates(calls, config.run.batch)
    side = config.architecture.input[0]
    for name, rate in found.items():
        print(f"{side} px, batch {config.run.batch:<4} {name:<14} {rate:10,.0f} images/s")
    done, peak = flops * found["tui-vae"] / config.run.batch, peak_of(kind)
    share = f"{done / peak:.1%} of {peak / 1e12:.0f} TFLOP/s" if peak else f"the peak of {kind} is not known here"
    print(f"  ours: {flops / 1e9:.1f} GFLOP a step, {done / 1e12:.2f} TFLOP/s: {share}")
    if against:
        print(f"  ours / torch.compile {found['tui-vae'] / found['torch.compile']:.3f}")


def main() -> None:
    """Measure every preset and batch size on the first GPU."""
    import dataclasses

    if jax.default_backend() != "gpu":
        print(f"JAX sees no GPU here (its backend is {jax.default_backend()}): nothing was measured")
        return
    kind = jax.devices()[0].device_kind
    print(f"one of {jax.device_count()} {kind}, bfloat16, {STEPS} steps a call, median of {CALLS} calls")
    missing = no_twin()
    if missing:
        print(f"ours alone: {missing}")
    for name in PRESETS:
        config = presets.load(name)
        for batch in BATCHES:
            run = dataclasses.replace(config.run, batch=batch)
            measure(dataclasses.replace(config, run=run), kind, missing is None)


if __name__ == "__main__":
    main()
