"""A run worked out before anything is compiled: its steps, and whether machine, data and packages are up to it."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import jax
import numpy as np
import numpy.typing as npt

from train.config import FitConfig
from train.data.prepared import Prepared
from train.schedule import Stage, stages
from tui_vae.errors import UserError

KEPT_SAVES = 2
# Of an accelerator's memory, what the images may take: the rest is for the networks.
DATA_SHARE = 0.4


@dataclass(frozen=True)
class Plan:
    """``rows`` to train on, ``held_out`` rows to validate on, and the run's stages in steps.

    ``log``, ``report`` and ``save`` are the steps between lines of metrics, reports and saves; all of them fall on
    ends of a dispatch, and saves on lines of metrics, so that a run that goes on repeats an unbroken one to the bit.
    """

    rows: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]
    steps_per_epoch: int
    stages: tuple[Stage, ...]
    log: int
    report: int
    save: int

    @property
    def steps(self) -> int:
        """All steps of all stages."""
        return self.stages[-1].last

    def stage_at(self, done: int) -> int:
        """Index of the stage that a state after ``done`` steps belongs to."""
        return next(index for index, stage in enumerate(self.stages) if done <= stage.last)

    def is_due(self, step: int, every: int) -> bool:
        """Whether something that happens ``every`` so many steps, and at each stage's end, happens after ``step``."""
        return step % every == 0 or any(step == stage.last for stage in self.stages)

    def boundary(self, step: int) -> int:
        """The next step after ``step`` at which something is due."""
        ends = [self.stages[self.stage_at(step + 1)].last]
        return min(*ends, *((step // every + 1) * every for every in (self.log, self.report)))


def plan(config: FitConfig, data: Prepared) -> Plan:
    """Work out a run.

    Raises:
        UserError: the images do not fit the architecture, or there are too few of them.
    """
    if data.shape != config.architecture.input:
        height, width, channels = config.architecture.input
        raise UserError(
            f"images are {data.shape}, {config.architecture.name!r} takes {config.architecture.input}; "
            f"prepare with --size {height if height == width else f'{height} {width}'} --channels {channels}"
        )
    rows = data.rows("train")
    per_epoch = len(rows) // config.run.batch
    if per_epoch == 0:
        raise UserError(f"{len(rows)} training images are fewer than one batch of {config.run.batch}; lower run.batch")
    if config.run.max_batches:
        per_epoch = min(per_epoch, config.run.max_batches)
    if (config.run.epochs + config.refine.epochs) * per_epoch >= 2**31:
        raise UserError(f"{config.run.epochs + config.refine.epochs:g} epochs are too many steps; lower run.epochs")
    log = config.run.log_every
    return Plan(
        rows,
        data.rows("validation"),
        per_epoch,
        stages(config, per_epoch),
        log,
        max(1, round(config.run.report_epochs * per_epoch)),
        math.ceil(config.run.save_every / log) * log,
    )


def batch_rows(work: Plan, config: FitConfig, step: int) -> npt.NDArray[np.int64]:
    """Sorted dataset rows of the step that follows ``step`` others; each epoch is its own permutation."""
    epoch, place = divmod(step, work.steps_per_epoch)
    size = config.run.batch
    order = permutation(config.run.seed, epoch, len(work.rows))
    return np.sort(work.rows[order[place * size : (place + 1) * size]])


@lru_cache(maxsize=4)
def permutation(seed: int, epoch: int, size: int) -> npt.NDArray[np.int64]:
    """The order in which an epoch goes through ``size`` items."""
    return np.random.default_rng((seed, epoch)).permutation(size)


def training_bytes(config: FitConfig, devices: int = 1) -> int:
    """About what a device needs: weights, average, gradient, moments, and the activations of its part of a batch."""
    weights = config.architecture.parameter_count() * 4 * 6
    # Once for the values and once for their gradients; images count a few times over in the loss.
    per_image = 2 * config.architecture.activation_count() + 6 * math.prod(config.architecture.input)
    return weights + math.ceil(config.run.batch / devices) * per_image * 4


def check_machine(config: FitConfig, run: Path, devices: int) -> None:
    """Refuse what would fail later: too little memory or disk space.

    Raises:
        UserError: with what is needed and what is there.
    """
    # The devices of a CPU share one memory.
    needed, there = training_bytes(config, 1 if jax.default_backend() == "cpu" else devices), memory_bytes()
    if there is not None and needed > there:
        raise UserError(
            f"this run needs about {needed / 1e9:.1f} GB of memory, and {there / 1e9:.1f} GB are there; "
            "lower run.batch or take a smaller architecture"
        )
    # Weights, average and moments of each save, one more while it is written, and the best weights.
    saves = config.architecture.parameter_count() * 4 * (4 * (KEPT_SAVES + 1) + 1)
    place = next(folder for folder in (run.absolute(), *run.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if saves > free:
        raise UserError(f"{run}: saves need {saves / 1e9:.1f} GB of disk space, and {free / 1e9:.1f} GB are free")


def check_packages(config: FitConfig) -> None:
    """Name a package that the run will want in an hour's time, now.

    Raises:
        UserError: with the command that installs it.
    """
    if config.run.wandb and find_spec("wandb") is None:
        raise UserError("run.wandb: wandb is not installed; pip install 'tui-vae[wandb]'")


def memory_bytes() -> int | None:
    """Memory of one device (the host's, on CPU), or None where it cannot be told."""
    if jax.default_backend() != "cpu":
        stats = jax.local_devices()[0].memory_stats()
        return int(stats["bytes_limit"]) if stats and "bytes_limit" in stats else None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def fits_on_device(data: Prepared, rows: npt.NDArray[np.int64]) -> bool:
    """Whether the training images may stay on every accelerator as uint8."""
    there = memory_bytes()
    return there is not None and len(rows) * math.prod(data.shape) <= DATA_SHARE * there
