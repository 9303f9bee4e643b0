"""``fit``: prepared images -> a run folder with resumable saves, metrics, pictures and the resolved configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp
from absl import logging as absl_logging
from jax.sharding import Mesh

from train import run_folder
from train.agreement import agree, others_told
from train.config import FitConfig
from train.data.prepared import Prepared, open_all
from train.devices import mesh, on_cpu
from train.feed import Feed, replicate
from train.initial import initialise
from train.memory import exhaustion_told
from train.plan import KEPT_SAVES, Plan, check_machine, check_packages, on_device, plan
from train.remarks import remarks
from train.reporting import Reporting
from train.run_folder import SAVES, Weights, damage_told
from train.schedule import Stage
from train.step import TrainState, make_step, start
from tui_vae.api import load
from tui_vae.errors import UserError
from tui_vae.model import networks

# Steps after which it is looked whether any of them changed something.
PATIENCE = 100


def fit(config: FitConfig, folders: list[Path], run: Path, init_from: str | None = None) -> Path:
    """Train to the end of ``config``'s epochs, going on from the newest save in ``run`` if there is one.

    ``init_from`` names a checkpoint whose weights a new run starts from. Returns the run folder. Stopping it at any
    moment loses at most the steps since the last save. With several processes, all call this with the same arguments.

    Raises:
        UserError: the data does not fit, the machine is too small, or ``run`` was started with another configuration
            or other data.
    """
    begun = agree(lambda: _begin(config, folders, run, init_from))
    data, work, devices = begun.data, begun.work, begun.devices
    leads = jax.process_index() == 0
    with ExitStack() as stack:
        claim = run_folder.claimed(run, config, folders, data, begun.origin) if leads else nullcontext()
        agree(lambda: stack.enter_context(claim))
        stack.enter_context(others_told())
        stack.enter_context(exhaustion_told(config))
        saver = stack.enter_context(_saver(run))
        done = saver.latest_step() or 0
        index = work.stage_at(done)
        state = agree(lambda: _state(replicate(start(begun.weights, config, work.stages[index]), devices), saver, run))
        feed = agree(lambda: Feed(config, data, work, devices))
        report = agree(
            lambda: stack.enter_context(Reporting(run, config, data, work, done) if leads else nullcontext())
        )
        if report:
            report.preview(done, averaged(state))
            report.begin(
                f"{devices.size} {jax.default_backend()} device(s), images {feed.where}",
                remarks(config, feed.images_on_device),
            )
        _train(config, work, devices, feed, state, done, report, saver)
    return run


@dataclass(frozen=True)
class _Begun:
    """What a run begins with, when all checks that need no run folder are passed."""

    data: Prepared
    work: Plan
    devices: Mesh
    weights: Weights
    origin: str | None


def _begin(config: FitConfig, folders: list[Path], run: Path, init_from: str | None) -> _Begun:
    data = open_all(folders)
    work = plan(config, data)
    on_it = on_device(config, data, work.rows)
    check_packages(config, on_it)
    devices = mesh(config.run.batch)
    check_machine(config, run, devices.size, len(work.rows) if on_it else 0)
    return _Begun(data, work, devices, *_initial_weights(config, init_from))


def _state(begun: TrainState, saver: ocp.CheckpointManager, run: Path) -> TrainState:
    """The state of the newest save, or the one that the run has ``begun`` with."""
    step = saver.latest_step()
    if not step:
        return begun
    with damage_told(run, step):
        restored: TrainState = saver.restore(step, args=ocp.args.StandardRestore(begun))
    return restored


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
    seen = done, int(state.skipped)
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
        if dispatch.step - seen[0] >= PATIENCE:
            seen = check_skipped(seen, (dispatch.step, int(state.skipped)))
        if work.is_due(dispatch.step, work.log) and report:
            report.log(dispatch.step, stage, int(state.skipped))
        if work.is_due(dispatch.step, work.report) and report:
            report.report(dispatch.step, stage, averaged(state))
        if work.is_due(dispatch.step, work.save):
            saver.save(dispatch.step, args=ocp.args.StandardSave(state))
    if not done:  # a short run: not one of its steps may have counted
        check_skipped((0, 0), (work.steps, int(state.skipped)))
    if report:
        saver.wait_until_finished()
        report.end(int(state.skipped))


def check_skipped(before: tuple[int, int], now: tuple[int, int]) -> tuple[int, int]:
    """``now``, the number of steps done and of those skipped, unless every step since ``before`` was skipped.

    Skipped steps change no weights, so that whatever is saved meanwhile holds those from before.

    Raises:
        UserError: nothing but skipped steps.
    """
    steps = now[0] - before[0]
    if now[1] - before[1] == steps:
        raise UserError(
            f"steps {before[0] + 1:,} to {now[0]:,} were all skipped, since their loss or gradient was not finite; "
            "start anew in another --output with a lower optimizer.learning_rate or optimizer.clip_norm "
            "(what is saved holds the weights from before)"
        )
    return now


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
        if not config.run.epochs:
            raise UserError("run.epochs is 0: a run of the second stage alone needs trained weights, by --init-from")
        return initialise(config.architecture, config.run.seed), None
    checkpoint = load(init_from).checkpoint
    # Their weights alone do not tell: another activation has the same shapes.
    if replace(checkpoint.architecture, name="") != replace(config.architecture, name=""):
        raise UserError(f"--init-from {init_from}: its networks are not those of {config.architecture.name!r}")
    return checkpoint.parameters, f"{checkpoint.name} ({checkpoint.fingerprint()})"


@contextmanager
def _saver(run: Path) -> Iterator[ocp.CheckpointManager]:
    absl_logging.set_verbosity(absl_logging.ERROR)  # Orbax warns of what a killed run has left, and removes it
    options = ocp.CheckpointManagerOptions(max_to_keep=KEPT_SAVES, create=True)
    # Closing also waits for a save that is on its way when the run is interrupted.
    with closing(ocp.CheckpointManager((run / SAVES).absolute(), options=options)) as saver:
        yield saver
