"""Several processes of one run that end together: what fails in one is told by all, at once and in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from tui_vae.errors import UserError, one_line

T = TypeVar("T")

# Bytes of a verdict that reach the other processes.
TOLD = 1024


def agree(part: Callable[[], T]) -> T:
    """Do ``part`` here, as every process does at this point; go on only if it succeeded in all of them.

    Alone this is a plain call.

    Raises:
        UserError: in every process, with what the first that failed has to say.
    """
    if not jax.distributed.is_initialized() or jax.process_count() == 1:
        return part()
    result: T | None = None
    failure: Exception | None = None
    try:
        result = part()
    except Exception as error:  # whatever it is, the others must hear of it
        failure = error
    told = "" if failure is None else one_line(failure)
    verdicts = [_text(row) for row in multihost_utils.process_allgather(_bytes(told))]
    if first := next((verdict for verdict in verdicts if verdict), None):
        where = "" if all(verdict == first for verdict in verdicts) else f"process {verdicts.index(first)}: "
        raise UserError(where + first) from failure
    return result  # type: ignore[return-value]  # no failure: it is there


@contextmanager
def others_told() -> Iterator[None]:
    """Turn what XLA raises when another process has gone in the middle of a step into one line.

    Raises:
        UserError: in its place, in a run of several processes.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if not jax.distributed.is_initialized():
            raise
        raise UserError(
            f"another process of this run has failed or cannot be reached ({one_line(error)[:160]}); "
            "see what it says, and start all of them again"
        ) from error


def _bytes(text: str) -> np.ndarray:
    data = text.encode("utf-8", "replace")[:TOLD]
    return np.frombuffer(data.ljust(TOLD, b"\0"), np.uint8)


def _text(row: np.ndarray) -> str:
    return row.tobytes().rstrip(b"\0").decode("utf-8", "replace")
