"""How images reach the training step: from the device's own memory, or from the host, read ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from train.config import FitConfig
from train.data.prepared import Prepared
from train.devices import on_cpu
from train.objective import Metrics
from train.plan import Plan, batch_rows, on_device, reads_ahead
from train.step import Step, TrainState

Run = Callable[[TrainState, Any], tuple[TrainState, Metrics]]

DISPATCH = 10
READ_AHEAD = 8


@dataclass(frozen=True)
class Dispatch:
    """One call: after it, ``step`` steps have been done in all, ``count`` of them in this call on ``inputs``."""

    step: int
    count: int
    inputs: Any


class Feed:
    """Dispatches of a run from step ``done`` on, and the compiled calls that take them.

    Which images a step sees depends on the seed and the step's number alone, whatever the feed and the mesh.
    Metrics of a call are arrays with one entry per step.
    """

    def __init__(self, config: FitConfig, data: Prepared, work: Plan, mesh: Mesh) -> None:
        self._config, self._data, self._work, self._mesh = config, data, work, mesh
        self._images: jax.Array | None = None
        if on_device(config, data, work.rows):
            self._images = replicate(np.ascontiguousarray(data.images[work.rows]), mesh)
        loops = self._images is not None and not (on_cpu() and not config.run.steps_per_dispatch)
        self._most = (config.run.steps_per_dispatch or DISPATCH) if loops else 1

    @property
    def images_on_device(self) -> bool:
        """Whether the images wait on the device; else they wait on the host."""
        return self._images is not None

    @property
    def where(self) -> str:
        """The place where the images wait."""
        return "on the device" if self._images is not None else "on the host"

    def compile(self, step: Step) -> Run:
        """``run(state, inputs)`` for the inputs of this feed's dispatches; the state is donated."""
        if self._images is None:

            def once(state: TrainState, batch: jax.Array) -> tuple[TrainState, Metrics]:
                after, metrics = step(state, batch)
                return after, jax.tree.map(lambda value: value[None], metrics)

            return jax.jit(once, donate_argnums=0)

        def several(state: TrainState, images: jax.Array, rows: jax.Array) -> tuple[TrainState, Metrics]:
            return jax.lax.scan(lambda before, row: step(before, jnp.take(images, row, axis=0)), state, rows)

        run, images = jax.jit(several, donate_argnums=0), self._images
        return lambda state, rows: run(state, images, rows)

    def dispatches(self, done: int) -> Iterator[Dispatch]:
        """Every dispatch after the first ``done`` steps. None reaches over a step at which something is due."""
        if self._images is None:
            for number, batch in enumerate(self._host_batches(done), done + 1):
                yield Dispatch(number, 1, batch)
            return
        config, work = self._config, self._work
        by_image = NamedSharding(self._mesh, PartitionSpec(None, "data"))
        while done < work.steps:
            room = work.boundary(done) - done
            count = self._most if room >= self._most else 1
            rows = np.stack([batch_rows(work, config, step) for step in range(done, done + count)])
            places = np.searchsorted(work.rows, rows).astype(np.int32)
            done += count
            yield Dispatch(done, count, _shard(places, by_image, axis=1))

    def _host_batches(self, done: int) -> Iterator[jax.Array]:
        by_image = NamedSharding(self._mesh, PartitionSpec("data"))

        def read(step: int) -> npt.NDArray[np.uint8]:
            images: npt.NDArray[np.uint8] = self._data.images[
                _mine(batch_rows(self._work, self._config, step), by_image)
            ]
            return images

        steps = range(done, self._work.steps)
        shape = (self._config.run.batch, *self._data.shape)
        for batch in _read_ahead(read, steps) if reads_ahead(self._config, False) else map(read, steps):
            yield jax.make_array_from_process_local_data(by_image, batch, shape)


def replicate(tree: Any, mesh: Mesh) -> Any:
    """Host arrays, equal in every process, as arrays that all devices of the mesh hold whole."""
    everywhere = NamedSharding(mesh, PartitionSpec())

    def put(leaf: Any) -> jax.Array:
        host = np.asarray(leaf)
        return jax.make_array_from_callback(host.shape, everywhere, lambda index: host[index])

    return jax.tree.map(put, tree)


def _shard(rows: npt.NDArray[np.int32], sharding: NamedSharding, axis: int) -> jax.Array:
    mine = _mine(np.arange(rows.shape[axis]), NamedSharding(sharding.mesh, PartitionSpec("data")))
    placed: jax.Array = jax.make_array_from_process_local_data(sharding, rows.take(mine, axis=axis), rows.shape)
    return placed


def _mine(rows: npt.NDArray[np.int64], by_image: NamedSharding) -> npt.NDArray[np.int64]:
    """This process's part of a batch; with one process all of it."""
    parts = by_image.addressable_devices_indices_map(rows.shape).values()
    return np.concatenate([rows[part] for part in sorted(parts, key=lambda part: part[0].start or 0)])  # type: ignore[index]


def _read_ahead(read: Callable[[int], npt.NDArray[np.uint8]], steps: range) -> Iterator[npt.NDArray[np.uint8]]:
    """Batches read from disk by threads while the device works."""
    import grain

    options = grain.ReadOptions(num_threads=READ_AHEAD, prefetch_buffer_size=READ_AHEAD)
    yield from grain.MapDataset.source(steps).map(read).to_iter_dataset(options)
