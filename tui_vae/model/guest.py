"""How an explorer uses JAX: as a quiet guest on a machine where somebody may be training."""

from __future__ import annotations

import logging
import os


def behave() -> None:
    """Call before JAX loads: take accelerator memory as it is needed, and do not write into the terminal.

    Variables that are set already win.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("jax").setLevel(logging.ERROR)
