"""Which devices a run uses: this host's, or those of many hosts."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui_vae.errors import UserError

if TYPE_CHECKING:
    from jax.sharding import Mesh

Compute = Literal["float32", "bfloat16"]

FAREWELL_SECONDS = 1.0
# The number of this process among several, once it has joined them.
_joined: list[int] = []


@dataclass(frozen=True)
class Hosts:
    """Several processes as one run; where all is left as it is, this process is alone."""

    distributed: bool = False
    """Join the other processes of this Slurm job, TPU pod or MPI world, found by JAX from the environment."""
    coordinator: str | None = None
    """HOST:PORT of process 0, where the environment does not tell."""
    processes: int | None = None
    """How many processes there are."""
    process: int | None = None
    """Which of them this is, counted from 0."""


def join(hosts: Hosts) -> None:
    """Make this process part of a run over several, before JAX has touched a device.

    Raises:
        UserError: the others cannot be reached, or cannot be found.
    """
    named = (hosts.coordinator, hosts.processes, hosts.process)
    if not hosts.distributed and not any(value is not None for value in named):
        return
    if any(value is not None for value in named) and not all(value is not None for value in named):
        raise UserError("--hosts.coordinator, --hosts.processes and --hosts.process go together")
    import jax

    try:
        jax.distributed.initialize(hosts.coordinator, hosts.processes, hosts.process)
        # JAX catches it to tell all processes; nobody here listens, and a run goes on from its last save.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _joined.append(jax.process_index())
    except Exception as error:  # JAX raises what its cluster detection and its RPC layer raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"--hosts: cannot join the other processes ({reason}); "
            "give --hosts.coordinator HOST:PORT --hosts.processes N --hosts.process I"
        ) from error


def among_others() -> bool:
    """Whether this process is one of several of a run."""
    return bool(_joined)


def leave(status: int) -> None:
    """End a process of a run over several that has failed; alone, do nothing.

    At an ordinary end JAX waits for the others at a barrier, for minutes, and they wait in the middle of a step.
    """
    if not _joined:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if _joined[0] == 0:  # it is the one that the others are in touch with: its end ends them, told or not
        time.sleep(FAREWELL_SECONDS)
    os._exit(status)


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


def on_cpu() -> bool:
    """Whether JAX computes on the host's own cores."""
    import jax

    return bool(jax.default_backend() == "cpu")


def compute_type(setting: Literal["auto", "float32", "bfloat16"]) -> Compute:
    """The type of the networks' arithmetic: bfloat16 pays on GPU and TPU, and is slower on CPU."""
    if setting != "auto":
        return setting
    return "float32" if on_cpu() else "bfloat16"


def mesh(batch: int) -> Mesh:
    """All devices of all processes along one axis, "data"; of a single process's, as many as divide the batch.

    Raises:
        UserError: the devices of several processes do not divide the batch.
    """
    import jax
    import numpy as np
    from jax.sharding import Mesh

    devices = jax.devices()
    count = max(size for size in range(1, len(devices) + 1) if batch % size == 0)
    if jax.process_count() > 1 and count < len(devices):
        raise UserError(f"run.batch is {batch}; with {len(devices)} devices over several hosts it must be a multiple")
    return Mesh(np.array(devices[:count]), ("data",))
