"""The undo tree on disk: one JSON line per change, so that a crash loses nothing that was done before it.

A line with the number of an earlier line replaces it. Steps whose parent is not there follow the first place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from tui_vae.app.stored_points import integer, point_from_json, point_to_json
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.latent.history import Step
from tui_vae.latent.point import Point
from tui_vae.latent.space import LatentSpace

FORMAT = 1
KEPT_STEPS = 500
MAX_BYTES = 64_000_000

DAMAGE = (ValueError, TypeError, KeyError, OverflowError, RecursionError)

Lock = IO[bytes]


def read(path: Path, space: LatentSpace, model: str) -> tuple[tuple[Step[Point], ...], int]:
    """The newest 500 steps of a journal, by number, and how many lines are damaged; none where there is no file.

    A last line that a crash cut short is left out and does not count as damaged.

    Raises:
        UserError: it cannot be read, is no journal, or belongs to another model than the one with this fingerprint.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError("it is too large")
        head, *lines = content.split(b"\n")
        _check_head(json.loads(head), model)
    except FileNotFoundError:
        return (), 0
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or error}") from error
    except DAMAGE as error:
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise UserError(f"{path}: not the undo tree of this model: {reason}") from error
    steps: dict[int, Step[Point]] = {}
    damaged = 0
    for line in lines[:-1]:  # behind the last line feed there is nothing, or what a crash cut short
        try:
            step = _step(json.loads(line), space)
        except DAMAGE:  # as a full disk leaves it
            damaged += 1
        else:
            steps[step.id] = step
    return tuple(steps[number] for number in sorted(steps)[-KEPT_STEPS:]), damaged


def write(path: Path, steps: Iterable[Step[Point]], model: str) -> None:
    """Write a journal of these steps alone, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    head = json.dumps({"format": FORMAT, "model": model}).encode() + b"\n"
    with whole_file(path, make_folder=True) as scratch:
        scratch.write_bytes(head + lines_of(steps))


def append(path: Path, lines: bytes) -> None:
    """Add lines to a journal.

    Raises:
        UserError: it cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.write(lines)
    except OSError as error:
        raise UserError(f"{path}: cannot write: {error.strerror or error}") from error


def lines_of(steps: Iterable[Step[Point]]) -> bytes:
    """Steps as lines of a journal; the first place of all has none, since every session begins there."""
    return b"".join(
        json.dumps({"id": step.id, "parent": step.parent, **point_to_json(step.item, short=True)}).encode() + b"\n"
        for step in steps
        if step.parent is not None
    )


def lock(path: Path) -> Lock | None:
    """The journal for this process alone until it ends; ``None`` while another one has it. The caller keeps the file.

    Raises:
        UserError: the folder cannot be written to.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.with_suffix(".lock").open("ab")
    except OSError as error:
        raise UserError(f"{path}: cannot write: {error.strerror or error}") from error
    try:
        import fcntl
    except ImportError:  # no such locks on this system: two sessions at a time share the file as well as they can
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:  # a file system that has no locks
        return file
    return file


def _check_head(data: Any, model: str) -> None:
    if not isinstance(data, dict) or data["format"] != FORMAT:
        raise ValueError("it has another format")
    if data["model"] != model:
        raise ValueError("it was kept with other weights")


def _step(data: Any, space: LatentSpace) -> Step[Point]:
    point = point_from_json(data, space)
    number = integer(data["id"], 2**53)
    return Step(number, point, integer(data["parent"], number))
