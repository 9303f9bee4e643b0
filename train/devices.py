"""Which devices a run uses, settled before JAX starts."""

from __future__ import annotations

import os


def use_cpu_cores() -> None:
    """Let JAX see one host device per core: data parallel halves run faster than one convolution over both.

    Has no effect on machines with an accelerator, nor when ``XLA_FLAGS`` already says a count.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_force_host_platform_device_count" not in flags:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        # Each device blocks a thread of a shared pool while it waits for the others; a pool as small as the core count
        # can run dry. XLA takes the pool's size from this variable.
        os.environ.setdefault("NPROC", str(4 * min(cores, 8)))
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={min(cores, 8)}".strip()
