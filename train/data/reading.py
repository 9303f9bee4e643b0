"""Every item of a source through one function, on all cores, in order, a bounded number at a time."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import PurePosixPath
from typing import TypeVar

from train.data.pixels import reason
from train.data.sources.listing import Content, Listing, Load, Source
from tui_vae.progress import Progress

Result = TypeVar("Result")
GROUP = 8  # items per task: handing over each alone costs as much as a small picture
PRINTED_NAMES = 3
PRINTED_REASONS = 20


def each(
    source: Source, listing: Listing, work: Callable[[str, Content, str], Result]
) -> Iterator[tuple[str, Result | Exception]]:
    """``work(name, content, suffix)`` of each listed item, with its name; the exception where it or reading raised one.

    Shows progress.
    """

    def one(name: str, load: Load) -> tuple[str, Result | Exception]:
        try:
            return name, work(name, load(), PurePosixPath(name).suffix)
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            return name, error

    def some(group: list[tuple[str, Load]]) -> list[tuple[str, Result | Exception]]:
        return [one(name, load) for name, load in group]

    workers = os.cpu_count() or 1
    waiting: deque[Future[list[tuple[str, Result | Exception]]]] = deque()
    with (
        warnings.catch_warnings(),
        ThreadPoolExecutor(max_workers=workers) as pool,
        Progress("images", len(listing.names)) as progress,
    ):
        warnings.filterwarnings("ignore", module=r"PIL\.")  # large pictures, damaged EXIF: read all the same
        stream = source.stream(listing.names)
        try:
            while (group := list(islice(stream, GROUP))) or waiting:
                if group:
                    waiting.append(pool.submit(some, group))
                # Bounded: a large source must not queue up in memory.
                if not group or len(waiting) > 2 * workers:
                    done = waiting.popleft().result()
                    yield from done
                    progress.advance(len(done))
        finally:
            for future in waiting:
                future.cancel()


def skips(skipped: dict[str, str]) -> list[str]:
    """Lines for a person: what was not read and why, files of one reason together."""
    reasons: dict[str, list[str]] = {}
    for name, why in skipped.items():
        reasons.setdefault(why, []).append(shown(name))
    lines = []
    for why, names in list(reasons.items())[:PRINTED_REASONS]:
        more = f" and {len(names) - PRINTED_NAMES:,} more" if len(names) > PRINTED_NAMES else ""
        lines.append(f"skipped {', '.join(names[:PRINTED_NAMES])}{more}: {shown(why)}")
    if rest := sum(map(len, list(reasons.values())[PRINTED_REASONS:])):
        lines.append(f"skipped {rest:,} more for other reasons")
    return lines


def why_skipped(listing: Listing, failed: dict[str, Exception]) -> dict[str, str]:
    """Name -> reason of everything that could not be read."""
    return {**listing.unreadable, **{name: reason(error) for name, error in failed.items()}}


def shown(text: str) -> str:
    """Names come from outside: what a terminal could obey, or not print, is escaped."""
    return text if text.isprintable() else ascii(text)
