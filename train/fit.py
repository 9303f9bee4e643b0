"""``fit``: prepared images -> a run folder with resumable saves, metrics and the resolved configuration."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from train import schedule
from train.config import FitConfig
from train.data.prepared import Prepared, open_all
from train.data.split import rows_of
from train.progress import Progress
from train.step import Metrics, TrainState, make_optimizer, make_step, start
from tui_vae.errors import UserError
from tui_vae.model import networks

CONFIG, DATA, METRICS, SAVES = "config.toml", "data.json", "metrics.jsonl", "saves"


@dataclass(frozen=True)
class Plan:
    """How many steps a run takes, and which rows it trains on."""

    rows: npt.NDArray[np.int64]
    steps_per_epoch: int
    steps: int


def plan(config: FitConfig, data: Prepared) -> Plan:
    """Work out a run before anything is compiled.

    Raises:
        UserError: the images do not fit the architecture, or there are too few of them.
    """
    if data.shape != config.architecture.input:
        wanted = config.architecture.input
        raise UserError(f"images are {data.shape}, {config.architecture.name!r} takes {wanted}; prepare with --size")
    rows = rows_of(data.keys, "train")
    per_epoch = len(rows) // config.run.batch
    if per_epoch == 0:
        raise UserError(f"{len(rows)} training images are fewer than one batch of {config.run.batch}; lower run.batch")
    return Plan(rows, per_epoch, max(1, math.ceil(config.run.epochs * per_epoch)))


def fit(config: FitConfig, folders: list[Path], run: Path) -> Path:
    """Train to the end of ``config``'s epochs, going on from the newest save in ``run`` if there is one.

    Returns the run folder. Stopping it at any moment loses at most the steps since the last save.

    Raises:
        UserError: the data does not fit, or ``run`` was started with another configuration or other data.
    """
    data = open_all(folders)
    work = plan(config, data)
    _claim(run, config, folders, data)

    mesh = _mesh(config.run.batch)
    replicated, by_image = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("data"))
    rate = schedule.learning_rate(config, work.steps)
    optimizer = make_optimizer(config, rate)
    step = make_step(
        networks.build(config.architecture), config, optimizer, schedule.beta(config, work.steps_per_epoch)
    )
    state = jax.device_put(start(networks.initialise(config.architecture, config.run.seed), optimizer), replicated)

    saver = ocp.CheckpointManager(
        (run / SAVES).absolute(), options=ocp.CheckpointManagerOptions(max_to_keep=2, create=True)
    )
    done = saver.latest_step() or 0
    if done:
        state = saver.restore(done, args=ocp.args.StandardRestore(state))
        print(f"{run}: going on from step {done:,} of {work.steps:,}", flush=True)
    total = config.run.batch * work.steps
    where = f"{mesh.size} {jax.default_backend()} device(s)"
    print(f"{len(work.rows):,} training images, {work.steps:,} steps of {config.run.batch} on {where}", flush=True)
    print(f"{config.architecture.parameter_count():,} weights", flush=True)

    # Host devices share one small thread pool: with two steps in flight their all-reduces can wait for each other
    # for ever. One step at a time costs nothing there, since a step is all work.
    on_cpu = jax.default_backend() == "cpu"
    waiting: list[Metrics] = []
    with Progress("images", total, start=done * config.run.batch) as progress, (run / METRICS).open("a") as log:
        note, since = "", time.monotonic()
        for number, rows in batches(work, config.run.batch, config.run.seed, done):
            state, metrics = step(state, jax.device_put(data.images[rows], by_image))
            if on_cpu:
                jax.block_until_ready(metrics)
            waiting.append(metrics)
            if number % config.run.report_every == 0 or number == work.steps:
                line = _summary(number, waiting, float(rate(number - 1)), time.monotonic() - since, config.run.batch)
                log.write(json.dumps(line) + "\n")
                log.flush()
                note = f"recon {line['reconstruction']:,.0f}  KL {line['kl']:.1f}  PSNR {line['psnr']:.2f} dB"
                waiting, since = [], time.monotonic()
            if number % config.run.save_every == 0 or number == work.steps:
                saver.save(number, args=ocp.args.StandardSave(state))
            progress.advance(config.run.batch, note)
    saver.wait_until_finished()
    saver.close()
    if skipped := int(state.skipped):
        print(f"{skipped} steps were skipped because their loss or gradient was not finite")
    print(f"{run}: finished {work.steps:,} steps; export it: python -m train export {run} --output FILE.safetensors")
    return run


def batches(work: Plan, size: int, seed: int, done: int) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """(step number from 1, sorted dataset rows) for every step after ``done``; each epoch is its own permutation."""
    for number in range(done, work.steps):
        epoch, place = divmod(number, work.steps_per_epoch)
        if place == 0 or number == done:
            order = np.random.default_rng((seed, epoch)).permutation(work.rows)
        yield number + 1, np.sort(order[place * size : (place + 1) * size])


def restore(run: Path) -> tuple[FitConfig, list[Path], dict[str, npt.NDArray[np.float32]], int]:
    """A run's configuration, its data folders, its averaged weights (NumPy) and the step they were saved at."""
    try:
        config = FitConfig.from_toml((run / CONFIG).read_text(encoding="utf-8"), str(run / CONFIG))
        folders = [Path(folder) for folder in json.loads((run / DATA).read_text(encoding="utf-8"))["folders"]]
    except OSError as error:
        raise UserError(f"{run}: not a run folder of python -m train fit ({error.strerror})") from error
    saver = ocp.CheckpointManager((run / SAVES).absolute())
    newest = saver.latest_step()
    if newest is None:
        raise UserError(f"{run}: nothing saved yet")
    initial = networks.initialise(config.architecture, config.run.seed)
    like = jax.eval_shape(lambda: start(initial, make_optimizer(config, lambda _: 0.0)))
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here), like)
    state: TrainState = saver.restore(newest, args=ocp.args.StandardRestore(like))
    weights = {name: np.asarray(value) for name, value in state.ema.items()}
    return config, folders, {name: weights[name] for name in config.architecture.parameter_shapes()}, newest


def _claim(run: Path, config: FitConfig, folders: list[Path], data: Prepared) -> None:
    """Write what the run is, or check that it is the same as before."""
    run.mkdir(parents=True, exist_ok=True)
    here = {"folders": [str(folder.absolute()) for folder in folders], "count": len(data.names)}
    if (run / CONFIG).exists():
        if FitConfig.from_toml((run / CONFIG).read_text(encoding="utf-8"), str(run / CONFIG)) != config:
            raise UserError(f"{run}: was started with another configuration (see {run / CONFIG}); choose another --run")
        if json.loads((run / DATA).read_text(encoding="utf-8"))["count"] != here["count"]:
            raise UserError(f"{run}: was started with other data; choose another --run")
        return
    (run / DATA).write_text(json.dumps(here), encoding="utf-8")
    (run / CONFIG).write_text(config.to_toml(), encoding="utf-8")


def _mesh(batch: int) -> Mesh:
    """All devices, or as many as divide the batch."""
    devices = jax.devices()
    count = max(size for size in range(1, len(devices) + 1) if batch % size == 0)
    return Mesh(np.array(devices[:count]), ("data",))


def _summary(number: int, metrics: list[Metrics], rate: float, seconds: float, batch: int) -> dict[str, Any]:
    """Means over the steps since the last report, with how many images they are over."""
    host = jax.device_get(metrics)
    mean = {key: float(np.mean([item[key] for item in host])) for key in host[0]}
    return {
        "step": number,
        "images": len(metrics) * batch,
        **mean,
        "psnr": -10 * math.log10(max(mean["mse"], 1e-12)),
        "learning_rate": rate,
        "images_per_second": len(metrics) * batch / seconds,
    }
