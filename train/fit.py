"""``fit``: prepared images -> a run folder with resumable saves, metrics, pictures and the resolved configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp
from absl import logging as absl_logging
from jax.experimental import multihost_utils
from jax.sharding import Mesh

from train import run_folder
from train.config import FitConfig
from train.data.prepared import open_all
from train.devices import mesh, on_cpu
from train.feed import Feed, replicate
from train.initial import initialise
from train.plan import KEPT_SAVES, Plan, check_machine, check_packages, plan
from train.reporting import Reporting
from train.run_folder import SAVES, Weights, damage_told
from train.schedule import Stage
from train.step import TrainState, make_step, start
from tui_vae.api import load
from tui_vae.errors import UserError
from tui_vae.model import networks


def fit(config: FitConfig, folders: list[Path], run: Path, init_from: str | None = None) -> Path:
    """Train to the end of ``config``'s epochs, going on from the newest save in ``run`` if there is one.

    ``init_from`` names a checkpoint whose weights a new run starts from. Returns the run folder. Stopping it at any
    moment loses at most the steps since the last save. With several processes, all call this with the same arguments.

    Raises:
        UserError: the data does not fit, the machine is too small, or ``run`` was started with another configuration
            or other data.
    """
    data = open_all(folders)
    work = plan(config, data)
    check_packages(config)
    initial, origin = _initial_weights(config, init_from)
    devices = mesh(config.run.batch)
    check_machine(config, run, devices.size)
    leads = jax.process_index() == 0
    with ExitStack() as stack:
        if leads:
            run_folder.claim(run, config, folders, data, origin)
            stack.enter_context(run_folder.alone(run))
        _wait_for_all("claimed")
        saver = stack.enter_context(_saver(run))
        done = saver.latest_step() or 0
        index = work.stage_at(done)
        state = replicate(start(initial, config, work.stages[index]), devices)
        if done:
            with damage_told(run, done):
                state = saver.restore(done, args=ocp.args.StandardRestore(state))
        feed = Feed(config, data, work, devices)
        report = stack.enter_context(Reporting(run, config, data, work, done)) if leads else None
        if report:
            report.begin(f"{devices.size} {jax.default_backend()} device(s), images {feed.where}")
        _train(config, work, devices, feed, state, done, report, saver)
    return run


def _train(
    config: FitConfig,
    work: Plan,
    devices: Mesh,
    feed: Feed,
    state: TrainState,
    done: int,
    report: Reporting | None,
    saver: ocp.CheckpointManager,
) -> None:
    """The loop: one dispatch after the other, and what is due after each."""
    nets = networks.build(config.architecture)
    stage = work.stages[work.stage_at(done)]
    run = feed.compile(make_step(nets, config, stage, len(work.rows)))
    for dispatch in feed.dispatches(done):
        due = work.stages[work.stage_at(dispatch.step)]
        if stage is not due:
            state = next_stage(state, config, due, devices)
            stage, run = due, feed.compile(make_step(nets, config, due, len(work.rows)))
        state, metrics = run(state, dispatch.inputs)
        # Host devices share one small thread pool: with two steps in flight their all-reduces can wait for each other
        # for ever. One step at a time costs nothing there, since a step is all work.
        if on_cpu():
            jax.block_until_ready(metrics)
        if report:
            report.note(dispatch, metrics)
        if work.is_due(dispatch.step, work.log) and report:
            report.log(dispatch.step, stage, int(state.skipped))
        if work.is_due(dispatch.step, work.report) and report:
            report.report(dispatch.step, stage, averaged(state))
        if work.is_due(dispatch.step, work.save):
            saver.save(dispatch.step, args=ocp.args.StandardSave(state))
    if report:
        saver.wait_until_finished()
        report.end(int(state.skipped))


def next_stage(state: TrainState, config: FitConfig, stage: Stage, devices: Mesh) -> TrainState:
    """The state before a later stage: the averaged weights, a new optimizer."""
    begun: TrainState = replicate(start(averaged(state), config, stage, int(state.step), int(state.skipped)), devices)
    return begun


def averaged(state: TrainState) -> Weights:
    """The averaged weights on the host."""
    return {name: np.asarray(value) for name, value in state.ema.items()}


def _initial_weights(config: FitConfig, init_from: str | None) -> tuple[Weights, str | None]:
    """The weights that a new run starts from, and the name of the checkpoint that they are from."""
    if init_from is None:
        return initialise(config.architecture, config.run.seed), None
    checkpoint = load(init_from).checkpoint
    weights = checkpoint.parameters
    shapes = config.architecture.parameter_shapes()
    if {name: value.shape for name, value in weights.items()} != shapes:
        raise UserError(f"--init-from {init_from}: its networks are not those of {config.architecture.name!r}")
    return weights, f"{checkpoint.name} ({checkpoint.fingerprint()})"


@contextmanager
def _saver(run: Path) -> Iterator[ocp.CheckpointManager]:
    absl_logging.set_verbosity(absl_logging.ERROR)  # Orbax warns of what a killed run has left, and removes it
    options = ocp.CheckpointManagerOptions(max_to_keep=KEPT_SAVES, create=True)
    # Closing also waits for a save that is on its way when the run is interrupted.
    with closing(ocp.CheckpointManager((run / SAVES).absolute(), options=options)) as saver:
        yield saver


def _wait_for_all(point: str) -> None:
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(point)
