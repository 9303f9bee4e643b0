"""A run worked out before anything is compiled: its steps, where its images wait, and whether all it needs is there."""

from __future__ import annotations

import math
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
from train.memory import device_bytes, host_bytes, need
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
            + (
                f"prepare with --size {height} --channels {channels}"
                if height == width
                else "prepare makes square images only: give the architecture a square input"
            )
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
        max(1, round(min(config.run.report_epochs * per_epoch, 2**31))),
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


def on_device(config: FitConfig, data: Prepared, rows: npt.NDArray[np.int64]) -> bool:
    """Whether the training images wait on the device, as uint8, all of them on each."""
    if config.run.feed != "auto":
        return config.run.feed == "device"
    there = device_bytes()
    return there is not None and len(rows) * math.prod(data.shape) <= DATA_SHARE * there


def reads_ahead(config: FitConfig, images_on_device: bool) -> bool:
    """Whether threads read batches while the device works.

    On CPU the array is mapped into memory: there is nothing to wait for that reading ahead could hide.
    """
    return not images_on_device and not (jax.default_backend() == "cpu" and config.run.feed == "auto")


def check_machine(config: FitConfig, run: Path, devices: int, images: int) -> None:
    """Refuse what would fail later: too little memory or disk space. ``images`` are those that wait on the device.

    Raises:
        UserError: with what is needed and what is there.
    """
    wanted = need(config, devices, images, jax.default_backend() == "cpu")
    ways = "lower run.batch or take a smaller architecture" + (', or set run.feed = "host"' if images else "")
    for where, needed, there in (
        ("on each device", wanted.device, device_bytes()),
        ("on this host", wanted.host, host_bytes()),
    ):
        if there is not None and needed > there:
            raise UserError(
                f"this run needs about {needed / 1e9:.1f} GB of memory {where}, and {there / 1e9:.1f} GB are there; "
                f"{ways}"
            )
    # Weights, average and moments of each save, one more while it is written, the best weights, previews in float16.
    saves = config.architecture.parameter_count() * (4 * (4 * (KEPT_SAVES + 1) + 1) + 2 * (config.run.previews + 1))
    place = next(folder for folder in (run.absolute(), *run.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if saves > free:
        raise UserError(f"{run}: saves need {saves / 1e9:.1f} GB of disk space, and {free / 1e9:.1f} GB are free")


def check_packages(config: FitConfig, images_on_device: bool) -> None:
    """Name a package that the run will want once it is under way, now.

    Raises:
        UserError: with the command that installs it.
    """
    wanted = [("wandb", "run.wandb", "wandb", config.run.wandb)]
    wanted.append(("grain", "images that wait on the host", "train", reads_ahead(config, images_on_device)))
    for package, purpose, extra, needed in wanted:
        if needed and find_spec(package) is None:
            raise UserError(f"{purpose}: {package} is not installed; pip install 'tui-vae[{extra}]'")
