"""How a run stands, in words: the header of the screen and the line that is printed without one. Pure functions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from train.report.figures import number, phrases, short
from train.report.log import METRICS, VALIDATION, RunLog
from tui_vae.progress import duration

PATIENCE: Final = 60.0
"""Seconds without a line before a run is called stalled, at the least; and as a multiple of the usual time:"""
LINES_LATE: Final = 5


class State(Enum):
    """What a run is doing, as far as its files tell."""

    WAITING = "not begun"
    TRAINING = "training"
    STALLED = "no news"
    FINISHED = "finished"


@dataclass(frozen=True)
class Standing:
    """Where a run is: ``share`` of it done, 0 to 1, or ``None`` where its length is unknown."""

    state: State
    share: float | None
    words: tuple[str, ...]
    details: tuple[str, ...]


def changed_at(folder: Path) -> float | None:
    """When the run last wrote figures, in seconds since 1970."""
    times = []
    for name in (METRICS, VALIDATION):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue
    return max(times, default=None)


def standing(log: RunLog, total: float | None, changed: float | None, now: float) -> Standing:
    """What the header says.

    Args:
        log: The run's figures.
        total: Its length in epochs, where that is known.
        changed: When it last wrote figures, in seconds since 1970.
        now: The time.
    """
    last = log.last
    epoch = number(last, "epoch")
    share = min(1.0, epoch / total) if epoch is not None and total else None
    state = _state(log, share, changed, now)
    words = [state.value if state is not State.TRAINING else str(last.get("stage") or "training")]
    words = ["training" if word == "main" else word for word in words]
    if state is State.WAITING:
        words = ["waiting for the run to begin" if log.folder.is_dir() else f"waiting for {log.folder}"]
    if state is State.STALLED and changed is not None:
        since = time.strftime("%H:%M" if now - changed < 43_200 else "%d %b %H:%M", time.localtime(changed))
        words = [f"no new line since {since} ({duration(now - changed)})"]
    if epoch is not None:
        words.append(f"epoch {epoch:.1f}" + (f" of {total:g}" if total else ""))
    pace = log.seconds_per_epoch
    if state is State.TRAINING and total and epoch is not None and pace is not None:
        words.append(f"{duration(max(0.0, total - epoch) * pace)} left")
    seconds = number(last, "seconds")
    if state is State.FINISHED and seconds is not None:
        words.append(f"took {duration(seconds)}")
    return Standing(state, share, tuple(words), tuple(_details(log)))


def newest(log: RunLog, total: float | None, changed: float | None, now: float) -> str:
    """All of it in one line."""
    stands = standing(log, total, changed, now)
    if stands.state is State.WAITING:
        return f"{log.folder}: no figures yet"
    figures = [
        part
        for part in phrases(log.last)
        if not part.startswith(("beta", "adv", "disc")) and not part.endswith(("skipped", "active"))
    ]
    return "  ".join([log.folder.resolve().name, *stands.words, *figures, *stands.details])


def _state(log: RunLog, share: float | None, changed: float | None, now: float) -> State:
    if not log.last:
        return State.WAITING
    if share is not None and share >= 1 - 1e-9:
        return State.FINISHED
    usual = log.seconds_per_line or 0.0
    if changed is not None and now - changed > max(PATIENCE, LINES_LATE * usual):
        return State.STALLED
    return State.TRAINING


def _details(log: RunLog) -> list[str]:
    last, best = log.last, log.best
    parts = []
    if skipped := number(last, "skipped"):
        parts.append(f"{skipped:,.0f} skipped")
    if (step := number(last, "step")) is not None:
        parts.append(f"step {step:,.0f}")
    if (rate := number(last, "images_per_second")) is not None:
        parts.append(f"{rate:,.0f} images/s")
    if (beta := number(last, "beta")) is not None:
        parts.append(f"beta {short(beta)}")
    objective, at = number(best, "objective"), number(best, "step")
    if objective is not None and at is not None:
        parts.append(f"best {short(objective)} at step {at:,.0f}")
    if (active := number(last, "active_units")) is not None:
        parts.append(f"{active:.0f} active units")
    if (rate := number(last, "learning_rate")) is not None:
        parts.append(f"learning rate {short(rate)}")
    for name in ("adversarial", "discriminator"):
        if (value := number(last, name)) is not None:
            parts.append(f"{name} {short(value)}")
    return parts
