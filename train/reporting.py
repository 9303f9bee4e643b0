"""What a run tells: lines of metrics, validations with the best weights, pictures, and the display."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import jax
import numpy as np
import numpy.typing as npt

from train import run_folder
from train.codec import Codec
from train.config import FitConfig
from train.data.prepared import Prepared
from train.display import Display
from train.feed import Dispatch
from train.objective import Metrics
from train.plan import Plan
from train.previews import Previews
from train.report import curves
from train.report.boards import Boards
from train.report.pictures import Reports
from train.run_folder import METRICS, VALIDATION, Weights
from train.schedule import Stage
from train.validate import Validation, is_best
from tui_vae.model import networks
from tui_vae.progress import duration

PICTURED = 256
DRAWING = 20
"""So many times as long as drawing the curves took they stay as they are; the last report draws them in any case."""
WITH_RANGE = ("loss", "reconstruction", "kl")


class Reporting:
    """Everything that the leading process writes and shows beside the saves, from step ``done`` on.

    What a killed run wrote after its last save is dropped first: those steps come again.
    """

    def __init__(self, run: Path, config: FitConfig, data: Prepared, work: Plan, done: int) -> None:
        self._run, self._config, self._work, self._done = run, config, work, done
        lines = run_folder.rewind(run / METRICS, done)
        self._validated = run_folder.rewind(run / VALIDATION, done)
        nets = networks.build(config.architecture)
        held_out = work.held_out if len(work.held_out) else work.rows
        # The same ones in every run, mixed: neighbours in a sorted set are alike.
        some = np.random.default_rng(0).permutation(held_out)[:PICTURED]
        self._reports = Reports(
            run, Codec(nets, data.shape, config.architecture.latent), np.ascontiguousarray(data.images[some])
        )
        self._reports.rewind(done)
        self._previews = Previews(
            run,
            config,
            work.steps,
            self._reports.codec,
            self._reports.images,
            [data.names[row] for row in some],
            data.manifest.get("preprocessing", {}),
        )
        self._previews.rewind(done)
        self._validation = Validation(nets, config, data.images, work.held_out, len(work.rows))
        self._waiting: list[Metrics] = []
        self._before = lines[-1].get("seconds", 0.0) if lines else 0.0
        self._began = self._since = time.monotonic()
        self._draws_at = 0.0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        batch = self._config.run.batch
        self._boards = self._stack.enter_context(Boards(self._run, self._config.run.wandb, self._done))
        self._display = Display(
            self._work.steps * batch, self._done * batch, str(self._run), self._epoch(self._work.steps)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def begin(self, where: str, remarks: Sequence[str] = ()) -> None:
        """Say what is about to happen, ``remarks`` on the settings among it, and start the clock."""
        work, config = self._work, self._config
        if self._done:
            print(f"{self._run}: going on from step {self._done:,} of {work.steps:,}", flush=True)
        print(f"{len(work.rows):,} training images, {work.steps:,} steps of {config.run.batch} on {where}", flush=True)
        print(
            f"{config.architecture.parameter_count():,} weights, {len(work.held_out):,} images to validate on",
            flush=True,
        )
        if not len(work.held_out):
            print("nothing is held out: no validation, and the newest weights count as the best", flush=True)
        for remark in remarks:
            print(remark, flush=True)
        if find_spec("matplotlib") is None:
            print("curves.png is left out: matplotlib is not installed (pip install 'tui-vae[train]')", flush=True)
        self._stack.enter_context(self._display)
        self._began = self._since = time.monotonic()

    def note(self, dispatch: Dispatch, metrics: Metrics) -> None:
        """Take in the metrics of one dispatch: still on the device, one entry per step."""
        self._waiting.append(metrics)
        self._display.advance(dispatch.count * self._config.run.batch)

    def log(self, step: int, stage: Stage, skipped: int) -> None:
        """Write one line: means, and ranges of some, over the steps since the last line."""
        host = jax.device_get(self._waiting)
        now = time.monotonic()
        values = {name: np.concatenate([item[name] for item in host]) for name in host[0]}
        images = len(values["loss"]) * self._config.run.batch
        line = {
            "step": step,
            "epoch": self._epoch(step),
            "stage": stage.name,
            "images": images,
            **{name: _of_finite(value, np.mean) for name, value in values.items() if name != "mse"},
            **{f"{name}_min": _of_finite(values[name], np.min) for name in WITH_RANGE},
            **{f"{name}_max": _of_finite(values[name], np.max) for name in WITH_RANGE},
            "psnr": _psnr(values["mse"]),
            "learning_rate": float(stage.learning_rate(step - stage.first - 1)),
            "skipped": skipped,
            "images_per_second": images / max(now - self._since, 1e-9),
            "seconds": round(self._before + now - self._began, 2),
        }
        self._waiting, self._since = [], now
        run_folder.append(self._run / METRICS, line)
        self._display.advance(0, line)
        self._boards.scalars(step, line)

    def preview(self, step: int, weights: Weights, validation: dict[str, Any] | None = None) -> None:
        """Let an explorer see these weights, as the run's newest."""
        problem = self._previews.write(step, weights, validation)
        if problem:
            print(problem, flush=True)

    def report(self, step: int, stage: Stage, weights: Weights) -> None:
        """Validate, keep the weights if they are the best so far, and draw."""
        start = time.monotonic()
        line: dict[str, Any] | None = None
        if len(self._work.held_out):
            line = {
                "step": step,
                "epoch": self._epoch(step),
                "stage": stage.name,
                **self._validation(weights, stage, step),
            }
            line["best"] = is_best(line, self._validated, stage.adversary is not None)
            if line["best"]:
                run_folder.save_best(self._run, weights, line)
            self._validated.append(line)
            run_folder.append(self._run / VALIDATION, line)
            self._boards.scalars(step, line, "validation")
            best = ", the best so far" if line["best"] else ""
            self._display.note(
                f"epoch {line['epoch']:g}: validation objective {line['objective']:,.1f} nats, "
                f"PSNR {line['psnr']:.2f} dB over {line['images']:,} images{best}"
            )
        self.preview(step, weights, line)
        self._boards.images(step, self._reports.write(step, weights))
        self._draw_curves(last=step == self._work.steps)
        # Reports are no training: the rate leaves them out.
        took = time.monotonic() - start
        self._since += took
        self._display.leave_out(took)

    def _draw_curves(self, *, last: bool) -> None:
        started = time.monotonic()
        if find_spec("matplotlib") is None or (started < self._draws_at and not last):
            return
        curves.draw(self._run)
        now = time.monotonic()
        self._draws_at = now + DRAWING * (now - started)

    def end(self, skipped: int) -> None:
        """Say how it ended."""
        if skipped:
            print(f"{skipped} steps were skipped because their loss or gradient was not finite")
        took = duration(self._before + time.monotonic() - self._began)
        print(
            f"{self._run}: finished {self._work.steps:,} steps in {took}; "
            f"export it: python -m train export {self._run} --output FILE.safetensors"
        )

    def _epoch(self, step: int) -> float:
        return round(step / self._work.steps_per_epoch, 4)


def _of_finite(values: npt.NDArray[Any], statistic: Callable[[npt.NDArray[Any]], Any]) -> float | None:
    """A statistic of what is finite: JSON has no other numbers, and one skipped step must not hide the rest."""
    finite = values[np.isfinite(values)]
    return float(statistic(finite)) if len(finite) else None


def _psnr(errors: npt.NDArray[Any]) -> float | None:
    mean = _of_finite(errors, np.mean)
    return None if mean is None else -10 * math.log10(max(mean, 1e-12))
