"""A training run as it goes, on standard error: two live lines on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from train.report.figures import fitting, number, phrases
from tui_vae.progress import duration

PLAIN_SECONDS: Final = 10.0
"""The least time between two lines where there is no terminal."""
WINDOW_SECONDS: Final = 60.0
"""The rate is that of the last minute of training: a report may take longer than that, and says nothing of the rest."""
BAR: Final = (8, 40)


class Display:
    """Counts training images from ``start`` to ``total_images`` and shows how the run stands.

    ``describe`` names the run. ``epochs`` is what the run goes up to, where that is known. Used as a context manager;
    leaving it, also by an interrupt, restores the terminal and leaves the last figures on it.
    """

    def __init__(self, total_images: int, start: int, describe: str, epochs: float | None = None) -> None:
        self.total, self.done, self.describe, self.epochs = total_images, start, describe, epochs
        self._line: Mapping[str, Any] = {}
        self._console = Console(stderr=True, highlight=False, soft_wrap=False)
        self._started = time.monotonic()
        self._times: deque[tuple[float, int]] = deque([(self._started, start)])
        self._shown, self._shown_at = start, self._started
        self._compiling = True
        # Rich takes over standard output only if it leads to the same terminal: otherwise it would pull it off its way.
        live = sys.stderr.isatty() and not self._console.is_dumb_terminal
        self._live = (
            Live(
                self,
                console=self._console,
                refresh_per_second=4,
                redirect_stdout=sys.stdout.isatty(),
                redirect_stderr=True,
            )
            if live
            else None
        )

    def __enter__(self) -> Self:
        self._started = self._shown_at = time.monotonic()
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        elif self.done > self._shown:
            self._print_plain()

    def advance(self, count: int, line: Mapping[str, Any] | None = None) -> None:
        """Add ``count`` images; ``line`` is the newest line of metrics, shown until the next one comes."""
        self.done += count
        now = time.monotonic()
        if self._compiling:  # the first step is mostly compiling, and says nothing of those to come
            self._compiling = False
            self._times.clear()
        self._times.append((now, self.done))
        while len(self._times) > 2 and self._times[1][0] < now - WINDOW_SECONDS:
            self._times.popleft()
        if line is not None:
            self._line = dict(line)
        if not self._live and now - self._shown_at >= PLAIN_SECONDS:
            self._print_plain()

    def leave_out(self, seconds: float) -> None:
        """Take time that was no training, and has just passed, out of the rate."""
        self._times = deque((moment + seconds, done) for moment, done in self._times)

    def note(self, text: str) -> None:
        """Print a line that stays, above the display."""
        if self._live:
            self._console.print(Text(text))
        else:
            print(text, file=sys.stderr, flush=True)

    @property
    def rate(self) -> float:
        """Images per second over the last minute; 0 before the second advance."""
        (first, before), (last, now) = self._times[0], self._times[-1]
        return (now - before) / (last - first) if last > first else 0.0

    def progress(self) -> list[str]:
        """How far the run is: ``43 %``, ``epoch 3.2 of 30``, ``12 min 30 s left``, ``245 images/s``."""
        parts = [f"{self._share:.0%}".replace("%", " %")]
        epoch = number(self._line, "epoch")
        if epoch is not None:
            parts.append(f"epoch {epoch:.1f}" + (f" of {self.epochs:g}" if self.epochs else ""))
        if self.done >= self.total:
            parts.append(f"done in {duration(self._times[-1][0] - self._started)}")
        elif self.rate > 0:
            parts += [f"{duration((self.total - self.done) / self.rate)} left", f"{self.rate:,.0f} images/s"]
        else:
            parts.append("compiling" if self._compiling else "first steps")
        if self._line.get("stage") not in (None, "main"):
            parts.append(str(self._line["stage"]))
        return parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Two lines, each shorter than the terminal is wide: what is not to wrap must not touch the last column."""
        width = max(1, options.max_width - 1)
        name = self.describe[: max(4, width // 4)]
        room = width - len(name) - 1 - BAR[0] - 2
        text = fitting(self.progress(), room)
        size = max(0, min(BAR[1], width - len(name) - len(text) - 3))
        filled = round(2 * size * self._share)
        bar = ("━" * (filled // 2) + "╸" * (filled % 2)).ljust(size)
        first = Text(no_wrap=True, overflow="crop")
        first.append(name + " ", "bold")
        first.append(bar.rstrip(), "cyan")
        first.append("─" * (size - len(bar.rstrip())), "dim")
        first.append(f"  {text}")
        first.truncate(width)
        yield first
        second = Text(fitting(phrases(self._line), width - 2), no_wrap=True, overflow="crop")
        if number(self._line, "skipped"):
            second.stylize("yellow", 0, second.plain.find("skipped") + len("skipped"))
        yield Text("  ") + second if second else Text(" ")

    @property
    def _share(self) -> float:
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0

    def _print_plain(self) -> None:
        self._shown, self._shown_at = self.done, time.monotonic()
        parts = [f"{self.describe}: {self.done:,}/{self.total:,} images", *self.progress(), *phrases(self._line)]
        print("  ".join(parts), file=sys.stderr, flush=True)
