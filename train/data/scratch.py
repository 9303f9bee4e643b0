"""Write a folder whole or not at all."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_vae.errors import UserError

SLACK_BYTES = 2**20


@contextmanager
def replacing(output: Path, size: int) -> Iterator[Path]:
    """A new folder to fill, which takes ``output``'s place when the block ends well and vanishes when it does not.

    What killed processes left beside ``output`` is removed first.

    Raises:
        UserError: fewer than ``size`` bytes are free.
        OSError: the place cannot be written.
    """
    target = output.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    stem = f".{target.name}.partial-{platform.node()}-"
    for path in target.parent.iterdir():
        if path.name.startswith(stem) and not _is_running(path.name.removeprefix(stem)):
            shutil.rmtree(path, ignore_errors=True)
    free = shutil.disk_usage(target.parent).free
    if free < size + SLACK_BYTES:
        raise UserError(f"{output}: needs {size / 1e6:,.1f} MB, but {free / 1e6:,.1f} MB are free there")
    place = target.parent / f"{stem}{os.getpid()}"
    try:
        new = place / "new"
        new.mkdir(parents=True)
        yield new
        if target.exists():
            target.replace(place / "old")
        new.replace(target)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _is_running(pid: str) -> bool:
    """Whether another process of this number lives; in doubt, yes."""
    if not pid.isdecimal() or os.name != "posix":
        return True
    if int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
