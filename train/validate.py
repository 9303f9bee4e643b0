"""The validation objective: what training minimises, on images that it never sees, with the averaged weights."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train.config import FitConfig
from train.data.joined import ImageRows
from train.devices import compute_type
from train.objective import make_forward, make_loss
from train.run_folder import Weights
from train.schedule import Stage
from tui_vae.model.networks import Networks, Parameters

MOST_IMAGES = 4096


class Validation:
    """Measures weights on the held-out ``images`` (uint8, at most ``MOST_IMAGES`` of them, evenly taken)."""

    def __init__(
        self,
        networks: Networks,
        config: FitConfig,
        images: ImageRows,
        rows: npt.NDArray[np.int64],
        items: int,
    ) -> None:
        some = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_IMAGES)).round().astype(np.int64)]
        self._images, self._rows, self._config, self._items = images, some, config, items
        self._forward = make_forward(networks, compute_type(config.run.compute))
        self._compiled: dict[str, Any] = {}

    def __call__(self, weights: Weights, stage: Stage, step: int) -> dict[str, Any]:
        """Means over the images, in nats per image: objective, reconstruction, KL; ``beta`` as it was at ``step``.

        Scales of calibrated terms are those of each batch, as in training; the posterior's noise is always the same.
        """
        if stage.name not in self._compiled:
            loss = make_loss(self._config.objective, stage.reconstruction, self._items)

            def measure(weights: Parameters, batch: jax.Array, beta: jax.Array, key: jax.Array) -> dict[str, jax.Array]:
                images = batch.astype(jnp.float32) / 255.0
                passed = self._forward(weights, images, key)
                total, metrics = loss(passed, images, beta)
                return {**metrics, "objective": total * images[0].size}

            self._compiled[stage.name] = jax.jit(measure)
        beta = jnp.asarray(stage.beta(step - 1), jnp.float32)  # as in the step that was done last
        size = min(self._config.run.batch, len(self._rows))
        sums: dict[str, float] = {}
        # The last images that fill no batch are left out: scales belong to batches of one size, as in training.
        count = len(self._rows) // size
        for number in range(count):
            batch = self._images[self._rows[number * size : (number + 1) * size]]
            key = jax.random.fold_in(jax.random.key(self._config.run.seed + 1), number)
            for name, value in jax.device_get(self._compiled[stage.name](weights, batch, beta, key)).items():
                sums[name] = sums.get(name, 0.0) + float(value) / count
        psnr = -10 * math.log10(max(sums.pop("mse"), 1e-12))
        return {"images": count * size, "beta": float(beta), "psnr": psnr, **sums}


def is_best(line: dict[str, Any], before: list[dict[str, Any]], adversarial: bool) -> bool:
    """Whether a report's weights become the run's best.

    Objectives are compared under one beta and in one stage only: against another they say nothing. A higher beta than
    so far in the stage counts as better, a lower one (early in the next cycle) as worse. Of an adversarial stage the
    objective says too little, so that its newest weights count as its best. One that is not finite never does.
    """
    if not math.isfinite(line["objective"]):
        return False
    stage = [entry for entry in before if entry["stage"] == line["stage"] and math.isfinite(entry["objective"])]
    highest = max((entry["beta"] for entry in stage), default=-1.0)
    same = [entry["objective"] for entry in stage if entry["beta"] == line["beta"]]
    if adversarial or line["beta"] > highest:
        return True
    return bool(line["beta"] == highest and line["objective"] < min(same))
