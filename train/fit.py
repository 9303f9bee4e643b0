"""``fit``: prepared images -> a run folder with resumable saves, metrics and the resolved configuration."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
import orbax.checkpoint as ocp
from absl import logging as absl_logging
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from train import schedule
from train.config import FitConfig
from train.data.prepared import Prepared, open_all, open_prepared
from train.progress import Progress
from train.step import Metrics, TrainState, make_optimizer, make_step, start
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.model import networks

CONFIG, DATA, MACHINE, METRICS, SAVES = "config.toml", "data.json", "machine.json", "metrics.jsonl", "saves"


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
    rows = data.rows("train")
    per_epoch = len(rows) // config.run.batch
    if per_epoch == 0:
        raise UserError(f"{len(rows)} training images are fewer than one batch of {config.run.batch}; lower run.batch")
    steps = max(1, math.ceil(config.run.epochs * per_epoch))
    if steps >= 2**31:
        raise UserError(f"{config.run.epochs:g} epochs are {steps:.1e} steps; lower run.epochs")
    return Plan(rows, per_epoch, steps)


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
        state = _load(saver, run, done, state)
        print(f"{run}: going on from step {done:,} of {work.steps:,}", flush=True)
    _trim_log(run / METRICS, done)
    total = config.run.batch * work.steps
    where = f"{mesh.size} {jax.default_backend()} device(s)"
    print(f"{len(work.rows):,} training images, {work.steps:,} steps of {config.run.batch} on {where}", flush=True)
    print(f"{config.architecture.parameter_count():,} weights", flush=True)

    # Host devices share one small thread pool: with two steps in flight their all-reduces can wait for each other
    # for ever. One step at a time costs nothing there, since a step is all work.
    on_cpu = jax.default_backend() == "cpu"
    waiting: list[Metrics] = []
    with (
        closing(saver),  # also waits for a save that is on its way when the run is interrupted
        Progress("images", total, start=done * config.run.batch) as progress,
        (run / METRICS).open("a", encoding="utf-8") as log,
    ):
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
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{run / DATA}: damaged: {error}") from error
    if not (run / SAVES).is_dir():
        raise UserError(f"{run}: nothing saved yet")
    absl_logging.set_verbosity(absl_logging.ERROR)  # Orbax warns that it is asked to write nothing
    # The run may be in progress: these options make and remove nothing.
    saver = ocp.CheckpointManager((run / SAVES).absolute(), options=ocp.CheckpointManagerOptions(create=False))
    newest = saver.latest_step()
    if newest is None:
        raise UserError(f"{run}: nothing saved yet")
    initial = partial(networks.initialise, config.architecture, config.run.seed)
    like = jax.eval_shape(lambda: start(initial(), make_optimizer(config, lambda _: 0.0)))
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here), like)
    with closing(saver):
        state = _load(saver, run, newest, like)
    weights = {name: np.asarray(value) for name, value in state.ema.items()}
    return config, folders, {name: weights[name] for name in config.architecture.parameter_shapes()}, newest


def _load(saver: ocp.CheckpointManager, run: Path, step: int, like: TrainState) -> TrainState:
    try:
        state: TrainState = saver.restore(step, args=ocp.args.StandardRestore(like))
    except Exception as error:  # Orbax raises what its storage layers raise
        reason = (str(error).splitlines() or [""])[0][:200]
        raise UserError(
            f"{run / SAVES / str(step)}: damaged save; remove this folder to go on from the one before ({reason})"
        ) from error
    return state


def _trim_log(path: Path, done: int) -> None:
    """Drop what a killed run wrote after its last save: those steps come again; and a line that was cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, KeyError, TypeError):
            if json.loads(line)["step"] <= done:
                kept.append(line + "\n")
    with whole_file(path) as scratch:
        scratch.write_text("".join(kept), encoding="utf-8")


def _claim(run: Path, config: FitConfig, folders: list[Path], data: Prepared) -> None:
    """Write what the run is, or check that it is the same as before."""
    try:
        run.mkdir(parents=True, exist_ok=True)
        started = {DATA, MACHINE, *(path.name for path in run.glob(".*"))}  # as a kill leaves them
        foreign = (
            [] if (run / CONFIG).exists() else sorted(path.name for path in run.iterdir() if path.name not in started)
        )
    except OSError as error:
        raise UserError(f"{run}: cannot be used as --output: {error.strerror}") from error
    if foreign:
        raise UserError(f"{run}: holds {foreign[0]!r} and is no run folder; choose another --output")
    keys = hashlib.sha256("\n".join(data.keys).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    requests = [open_prepared(folder).manifest.get("request") for folder in folders]
    here = {"folders": [str(folder.absolute()) for folder in folders], "keys": keys, "requests": requests}
    if (run / CONFIG).exists():
        if FitConfig.from_toml((run / CONFIG).read_text(encoding="utf-8"), str(run / CONFIG)) != config:
            raise UserError(f"{run}: was started with another configuration ({CONFIG} in it); choose another --output")
        try:
            before = dict(json.loads((run / DATA).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"{run / DATA}: cannot be read: {error}") from error
        if any(before.get(part, here[part]) != here[part] for part in ("keys", "requests")):
            raise UserError(f"{run}: was started with other data; choose another --output")
        return
    # The configuration comes last: with it the folder is a run, and all the rest of it is there.
    for name, text in ((DATA, json.dumps(here)), (MACHINE, json.dumps(_machine())), (CONFIG, config.to_toml())):
        with whole_file(run / name) as scratch:
            scratch.write_text(text, encoding="utf-8")


def _machine() -> dict[str, Any]:
    """What a run is trained on: for its model card, which may be written elsewhere."""
    devices = jax.devices()
    versions = {part: importlib.metadata.version(part) for part in ("jax", "flax", "optax", "numpy")}
    return {"device": f"{len(devices)} {devices[0].device_kind} device(s)", "versions": versions}


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
