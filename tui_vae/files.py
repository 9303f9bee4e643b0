"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_vae.errors import UserError


@contextmanager
def whole_file(path: Path, *, make_folder: bool = False) -> Iterator[Path]:
    """A scratch file beside ``path`` to write into; it becomes ``path`` at the end, and is gone if anything fails.

    ``make_folder`` makes the folders that it is to lie in.

    Raises:
        UserError: it cannot be written.
    """
    scratch = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # the umask applies, as to any file
        yield scratch
        scratch.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot write: {error.strerror or error}") from error
    finally:
        if scratch.exists():
            scratch.unlink()
