"""A run that is still training, as the explorer follows it: its previews, read as they land."""

from __future__ import annotations

import os
import threading
import time
import tomllib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tui_vae.api import space_of
from tui_vae.errors import UserError
from tui_vae.latent.space import LatentSpace
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.previews import previews

if TYPE_CHECKING:
    from tui_vae.model.engine import Engine

CONFIG = "config.toml"
INTERVAL = 1.0
"""Seconds between two looks into the folder."""


class Snapshot:
    """One preview of a run as the explorer's model. Decoders of one run are compiled once."""

    def __init__(self, checkpoint: Checkpoint, step: int, engines: Engines) -> None:
        self.checkpoint, self.step, self._engines = checkpoint, step, engines

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.checkpoint.name

    @property
    def preview(self) -> npt.NDArray[np.uint8]:
        """The average face, uint8 (H, W, C)."""
        return self.checkpoint.preview

    @cached_property
    def space(self) -> LatentSpace:
        """Atlas and axes as this preview has them."""
        return space_of(self.checkpoint)

    @property
    def held_out(self) -> float | None:
        """Loss on held-out images, nats per pixel value; ``None`` before the first validation."""
        found = self.checkpoint.about.get("held_out")
        loss = found.get("loss") if isinstance(found, dict) else None
        return float(loss) if isinstance(loss, int | float) else None

    def encode(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Posterior means (N, L) of uint8 images (N, H, W, C)."""
        return self._engines.of(self.checkpoint).encode(images)

    def decode(self, z: npt.NDArray[np.float32], grid: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        """uint8 images (N, H, W, C) of latents (N, L), at ``grid`` (height, width) where given."""
        return self._engines.of(self.checkpoint).decode(z, grid)


class Engines:
    """The engine for one checkpoint at a time: the others' weights would fill the device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checkpoint: Checkpoint | None = None
        self._engine: Engine | None = None

    def of(self, checkpoint: Checkpoint) -> Engine:
        """The engine for a checkpoint. Loads JAX the first time."""
        from tui_vae.model.engine import Engine

        with self._lock:
            if self._engine is None:
                self._engine = Engine(checkpoint)
            elif self._checkpoint is not checkpoint:
                self._engine = self._engine.renewed(checkpoint)
            self._checkpoint = checkpoint
            return self._engine


class Follower:
    """The previews of a run, looked for every second; the newest is read when it lands, an earlier one when chosen.

    ``first`` is the newest preview at the start.

    Raises:
        UserError: the newest preview cannot be read, or there is none.
    """

    def __init__(self, run: Path) -> None:
        there = previews(run)
        if not there:
            raise UserError(f"{run}: no preview yet")
        step, path = list(there.items())[-1]
        self._run, self._engines = run, Engines()
        self.first = Snapshot(checkpoints.read(path), step, self._engines)
        self._read = _mark(path)
        self._steps = tuple(there)
        self._chosen: int | None = None  # the newest, whichever that is
        self._changed = threading.Condition()
        self._asked = self._closed = False
        self._thread: threading.Thread | None = None

    def start(self, deliver: Callable[[Snapshot], object], tell: Callable[[str], object]) -> None:
        """Begin to watch; both functions are called on the watching thread."""
        self._thread = threading.Thread(target=self._watch, args=(deliver, tell), name="follow", daemon=True)
        self._thread.start()

    def choose(self, by: int) -> bool:
        """Ask for a preview so many further; beyond the newest, for the newest from now on."""
        with self._changed:
            steps = self._steps
            last = len(steps) - 1
            here = last if self._chosen is None else steps.index(self._nearest(steps, self._chosen))
            place = min(max(here + by, 0), last)
            if place == here:
                return False
            self._chosen = None if place == last else steps[place]
            self._asked = True
            self._changed.notify()
        return True

    @property
    def facts(self) -> str:
        """ "live", or the place of the chosen preview among those that are there."""
        with self._changed:
            if self._chosen is None or not self._steps:
                return "live"
            place = self._steps.index(self._nearest(self._steps, self._chosen)) + 1
            return f"preview {place} of {len(self._steps)}"

    def close(self) -> None:
        """Stop; does not wait for the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    @staticmethod
    def _nearest(steps: tuple[int, ...], step: int) -> int:
        """The chosen preview may have been removed since, as one too many."""
        return min(steps, key=lambda other: abs(other - step))

    def _watch(self, deliver: Callable[[Snapshot], object], tell: Callable[[str], object]) -> None:
        told = ""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._asked, INTERVAL)
                if self._closed:
                    return
                self._asked = False
            there = previews(self._run)
            if not there:  # the run has been removed: what was read stays
                continue
            with self._changed:
                self._steps = tuple(there)
                step = self._steps[-1] if self._chosen is None else self._nearest(self._steps, self._chosen)
            try:
                mark = _mark(there[step])
                if mark == self._read:
                    continue
                made = checkpoints.read(there[step])
                if made.architecture != self.first.checkpoint.architecture or made.names != self.first.checkpoint.names:
                    raise UserError("another run has begun in this folder; open it anew")
            except FileNotFoundError:  # removed just now
                continue
            except UserError as error:
                reason = str(error).replace(f"{there[step].parent}{os.sep}", "")  # a status line is short
                if there[step].exists() and reason != told:
                    told = reason
                    tell(told)
                continue
            self._read = mark
            if not self._closed:
                deliver(Snapshot(made, step, self._engines))


def wait_for_run(run: Path, tell: Callable[[str], object]) -> Follower:
    """Open a run; where it has no preview yet, say so and wait for the first.

    Raises:
        UserError: the folder is no run, the run writes no previews, or the newest cannot be read.
    """
    try:
        config = tomllib.loads((run / CONFIG).read_text(encoding="utf-8"))
        most = config["run"].get("previews", 0)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = "there is no such folder" if not run.is_dir() else f"it has no {CONFIG} of a run"
        raise UserError(f"{run}: not a run folder of python -m train fit: {reason}") from error
    if not previews(run):
        if not most:
            raise UserError(f"{run}: this run writes no previews (run.previews in its {CONFIG})")
        tell(f"{run}: no preview yet; waiting for the first one (Ctrl+C ends)")
        while not previews(run):
            time.sleep(INTERVAL / 4)
    return Follower(run)


def _mark(path: Path) -> tuple[str, int, int]:
    """What tells a file from another that took its place."""
    status = path.stat()
    return path.name, status.st_mtime_ns, status.st_ino
