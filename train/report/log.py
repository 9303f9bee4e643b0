"""A run's figures, read from its log files while they grow."""

from __future__ import annotations

import json
import math
import tomllib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from train.report.figures import number
from train.report.series import Series

CONFIG, METRICS, VALIDATION = "config.toml", "metrics.jsonl", "validation.jsonl"
_PIECE: Final = 2**20
_MARK: Final = 256


@dataclass(frozen=True)
class Quantity:
    """A curve: ``key`` in ``metrics.jsonl``, with ``key_min`` and ``key_max``; ``held_out`` in ``validation.jsonl``.

    ``whole`` is for what is set and not measured: no value of it is an outlier.
    """

    key: str
    title: str
    unit: str = ""
    held_out: str = ""
    whole: bool = False


QUANTITIES: Final = (
    Quantity("loss", "loss", "nats per pixel value", "loss"),
    Quantity("reconstruction", "reconstruction", "nats per image", "reconstruction"),
    Quantity("kl", "KL", "nats per image", "kl"),
    Quantity("psnr", "PSNR", "dB", "psnr"),
    Quantity("beta", "beta", whole=True),
    Quantity("images_per_second", "speed", "images/s"),
)


class Tail:
    """Reads the lines that a file of JSON objects has gained since the last time, and nothing twice.

    A last line without its end is left for the next time; lines that are no JSON object are passed over. Where the file
    has become another one (a resumed run drops lines), ``restarted`` is set and it is read from its start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarted = False
        self._place = 0
        self._mark = b""

    def read(self, limit: int = _PIECE) -> list[dict[str, Any]]:
        """The next lines, out of at most ``limit`` bytes or one line; empty when there is nothing new."""
        self.restarted = False
        try:
            with self.path.open("rb") as file:
                file.seek(self._place - len(self._mark))
                if file.read(len(self._mark)) != self._mark:
                    self._place, self._mark, self.restarted = 0, b"", True
                    file.seek(0)
                data = file.read(limit)
                if b"\n" not in data:
                    data += file.readline()
        except OSError:  # not there yet, or being replaced
            self.restarted = self._place > 0 and not self.path.exists()
            if self.restarted:
                self._place, self._mark = 0, b""
            return []
        data = data[: data.rfind(b"\n") + 1]
        self._place += len(data)
        self._mark = (self._mark + data)[-_MARK:]
        return [line for text in data.splitlines() if (line := _object(text)) is not None]


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


@dataclass
class RunLog:
    """The figures of the run in ``folder``, brought up to date by :meth:`read`.

    ``curves`` has a series by quantity and ``held_out`` its validation points, over epochs; ``last`` is the newest line
    of metrics, ``report`` that of validation, ``best`` the newest report that was the best so far; ``pace`` holds the
    (epoch, seconds) of the last lines.
    """

    folder: Path
    curves: dict[str, Series] = field(default_factory=dict)
    held_out: dict[str, Series] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    pace: deque[tuple[float, float]] = field(default_factory=partial(deque, maxlen=40))

    def __post_init__(self) -> None:
        self._metrics, self._validation = Tail(self.folder / METRICS), Tail(self.folder / VALIDATION)
        self._pixel_values = 0

    def read(self, limit: int = _PIECE) -> bool:
        """Take in what is new, at most about ``limit`` bytes of each file; returns whether there was anything."""
        lines = self._metrics.read(limit)
        changed = self._metrics.restarted or bool(lines)
        if self._metrics.restarted:
            self.curves, self.last = {}, {}
            self.pace.clear()
        for line in lines:
            self._take(line, self.curves, {each.key: each.key for each in QUANTITIES})
            self._keep_pace(line)
            self.last = line
        reports = self._validation.read(limit)
        changed = changed or self._validation.restarted or bool(reports)
        if self._validation.restarted:
            self.held_out, self.report, self.best = {}, {}, {}
        for line in reports:
            objective = number(line, "objective")
            if objective is not None and (size := self._image_size()):
                line["loss"] = objective / size  # training's loss is per pixel value, validation's objective per image
            self._take(line, self.held_out, {each.key: each.held_out for each in QUANTITIES if each.held_out})
            self.report = line
            if line.get("best") is True:
                self.best = line
        return changed

    def read_all(self) -> None:
        """Take in all there is."""
        while self.read(16 * _PIECE):
            pass

    @property
    def seconds_per_epoch(self) -> float | None:
        """How long an epoch takes, by the last lines."""
        if len(self.pace) < 2:
            return None
        (epoch, seconds), (last, now) = self.pace[0], self.pace[-1]
        return (now - seconds) / (last - epoch)

    @property
    def seconds_per_line(self) -> float | None:
        """How far apart the last lines were written."""
        return (self.pace[-1][1] - self.pace[0][1]) / (len(self.pace) - 1) if len(self.pace) > 1 else None

    def _keep_pace(self, line: Mapping[str, Any]) -> None:
        epoch, seconds = number(line, "epoch"), number(line, "seconds")
        if epoch is None or seconds is None:
            return
        if self.pace and (epoch <= self.pace[-1][0] or seconds < self.pace[-1][1]):  # the run was interrupted
            self.pace.clear()
        self.pace.append((epoch, seconds))

    def _image_size(self) -> int:
        """How many pixel values an image of the run has; 0 where its configuration does not say."""
        if not self._pixel_values:
            architecture = _configuration(self.folder).get("architecture")
            shape = architecture.get("input") if isinstance(architecture, dict) else None
            if isinstance(shape, list) and len(shape) == 3 and all(isinstance(side, int) for side in shape):
                self._pixel_values = max(0, math.prod(shape))
        return self._pixel_values

    @staticmethod
    def _take(line: Mapping[str, Any], curves: dict[str, Series], keys: Mapping[str, str]) -> None:
        epoch = number(line, "epoch")
        if epoch is None:
            return
        for name, key in keys.items():
            mean = number(line, key)
            if mean is not None:
                low, high = number(line, f"{key}_min"), number(line, f"{key}_max")
                series = curves.setdefault(name, Series())
                series.add(epoch, mean, mean if low is None else low, mean if high is None else high)


def _configuration(folder: Path) -> dict[str, Any]:
    """The run's configuration as nested tables; empty where it cannot be read."""
    try:
        return tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def epochs(folder: Path) -> float | None:
    """How many epochs the run in ``folder`` takes, over both stages; ``None`` where its configuration is silent."""
    table = _configuration(folder)
    stages = [number(part, "epochs") for name in ("run", "refine") if isinstance(part := table.get(name), dict)]
    return sum(stage or 0.0 for stage in stages) or None
