"""Memory: how much there is, under the limits of a container or job too, and what a run will want of it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import jax

from train.config import FitConfig
from tui_vae.errors import UserError, one_line

# A limit as high as this is the kernel's way to say that there is none.
NO_LIMIT = 2**60


@dataclass(frozen=True)
class Need:
    """Bytes that a run wants at once: of each accelerator (0 without one), and of the host."""

    device: int
    host: int


def need(config: FitConfig, devices: int, images: int, on_cpu: bool) -> Need:
    """About what a run wants that keeps so many ``images`` on its ``devices``.

    The devices of a CPU share the host's memory. Images that wait on the host stay on its disk, mapped into memory.
    """
    weights = config.architecture.parameter_count() * 4 * 6  # with their average, gradient and moments
    # Once for the values and once for their gradients; images count a few times over in the loss.
    per_image = 2 * config.architecture.activation_count() + 6 * math.prod(config.architecture.input)
    stored = images * math.prod(config.architecture.input)
    if on_cpu:
        return Need(0, weights + config.run.batch * per_image * 4 + stored * (1 + devices if stored else 0))
    # They are read into the host's memory as a whole on their way.
    return Need(weights + math.ceil(config.run.batch / devices) * per_image * 4 + stored, weights + stored)


def device_bytes() -> int | None:
    """Memory of one accelerator; None on CPU, or where it cannot be told."""
    if jax.default_backend() == "cpu":
        return None
    stats = jax.local_devices()[0].memory_stats()
    return int(stats["bytes_limit"]) if stats and "bytes_limit" in stats else None


def host_bytes() -> int | None:
    """Memory that this process may use: the machine's, or less under a control group; None where it cannot be told."""
    try:
        machine: int | None = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        machine = None
    return min((size for size in (machine, control_group_bytes()) if size is not None), default=None)


def control_group_bytes(root: Path = Path("/")) -> int | None:
    """The lowest memory limit of this process's control groups (Linux, versions 1 and 2), or None.

    A group is bound by the groups above it as well. In a container the path that the kernel names may not be there:
    then what is mounted is the container's own group. ``root`` is the root of the file system.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    limits: list[int] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        mount, name = ("memory", "memory.limit_in_bytes") if controllers else (".", "memory.max")
        group = PurePosixPath(path.lstrip("/"))
        for place in (group, *group.parents):
            limits += _limit(root / "sys/fs/cgroup" / mount / place / name)
    return min(limits, default=None)


def _limit(path: Path) -> list[int]:
    try:
        size = int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no such group, or "max"
        return []
    return [size] if 0 < size < NO_LIMIT else []


@contextmanager
def exhaustion_told(config: FitConfig, on_device: bool = True) -> Iterator[None]:
    """Turn what XLA raises where memory has run out into one line that names the ways out.

    Raises:
        UserError: in its place; ``on_device`` says that images may wait there.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        feed = ' or set run.feed = "host"' if on_device and config.run.feed != "host" else ""
        raise UserError(
            f"memory ran out ({one_line(error)[:160]}); lower run.batch (it is {config.run.batch}){feed}"
        ) from error
