"""Training by hand: one object that holds a model in training, for notebooks and loops of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from train.aggregate import Aggregate
from train.codec import Codec
from train.config import FitConfig, Side
from train.initial import initialise
from train.plan import permutation
from train.run_folder import Weights
from train.schedule import Stage
from train.step import TrainState, make_step, start
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.latent.pca import principal_components
from tui_vae.model import networks

Images = npt.NDArray[np.uint8]
Latents = npt.NDArray[np.float32]

HEADER = "tui_vae_trainer"


class Trainer:
    """A VAE in training. Images are uint8 (N, H, W, C), latents float32 (N, L), as in :class:`tui_vae.api.VAE`.

    ``config`` gives the architecture, the objective's terms, the optimizer and the seed; beta, the learning rate and
    what is frozen are set by hand here, not by its schedules. Encoding and decoding use the averaged weights.

    Attributes:
        config: what the trainer was made from.
        beta: weight of the KL term.
        learning_rate: constant from step to step.
        frozen: "none", "encoder" or "decoder".
    """

    def __init__(self, config: FitConfig, weights: Weights | None = None) -> None:
        self.config = config
        self.beta, self.learning_rate = config.objective.beta, config.optimizer.learning_rate
        self.frozen: Side = "none"
        self._networks = networks.build(config.architecture)
        self._codec = Codec(self._networks, config.architecture.input, config.architecture.latent)
        first = weights or initialise(config.architecture, config.run.seed)
        self._state = start(first, config, self._stage(0.0, 0.0))
        self._compile()

    @property
    def step(self) -> int:
        """Steps done so far."""
        return int(self._state.step)

    @property
    def weights(self) -> Weights:
        """The averaged weights, on the host."""
        return {name: np.asarray(value) for name, value in self._state.ema.items()}

    def freeze(self, side: Side) -> None:
        """Lock the encoder, the decoder or ("none") neither; the optimizer starts anew at the averaged weights."""
        if side not in ("none", "encoder", "decoder"):
            raise ValueError(f"expected 'encoder', 'decoder' or 'none', not {side!r}")
        self.frozen = side
        self.restart_optimizer()
        self._compile()

    def restart_optimizer(self, learning_rate: float | None = None) -> None:
        """Forget the optimizer's moments and go on from the averaged weights, at ``learning_rate`` if one is given."""
        if learning_rate is not None:
            if not 0 < learning_rate < float("inf"):
                raise ValueError(f"expected a learning rate above 0, not {learning_rate}")
            self.learning_rate = learning_rate
        self._state = start(self.weights, self.config, self._stage(0.0, 0.0), self.step, int(self._state.skipped))

    def set_beta(self, beta: float) -> None:
        """Weight of the KL term from the next step on."""
        if not 0 <= beta < float("inf"):
            raise ValueError(f"expected a beta of at least 0, not {beta}")
        self.beta = beta

    def train_steps(self, images: Images, steps: int) -> dict[str, float]:
        """Take ``steps`` steps on batches of ``images``, a permutation per pass; means of the metrics over these steps.

        Metrics are in nats per image, but ``loss``, in nats per pixel value; ``images`` says how many they are over.
        Which images a step sees depends on the configuration's seed and the step's number.
        """
        images = self._checked(images)
        size = self.config.run.batch
        per_pass = len(images) // size
        if not per_pass or steps < 1:
            raise ValueError(f"expected at least {size} images and 1 step, got {len(images)} and {steps}")
        seen: dict[str, list[float]] = {}
        for _ in range(steps):
            number, place = divmod(self.step, per_pass)
            rows = permutation(self.config.run.seed, number, len(images))[place * size : (place + 1) * size]
            self._state, metrics = self._run(
                self._state, images[np.sort(rows)], self.beta, self.learning_rate, len(images)
            )
            for name, value in jax.device_get(metrics).items():
                seen.setdefault(name, []).append(float(value))
        # One skipped step must not hide the others.
        finite = {name: [value for value in values if np.isfinite(value)] for name, values in seen.items()}
        means = {name: float(np.mean(values)) for name, values in finite.items() if values}
        return {**means, "images": float(steps * size)}

    def encode(self, images: Images) -> Latents:
        """Posterior means (N, L)."""
        return self._codec.at(self._state.ema).encode(self._checked(images)).mean

    def decode(self, latents: Latents) -> Images:
        """Images (N, H, W, C) of latents (N, L)."""
        return self._codec.at(self._state.ema).pictures(latents)

    def sample(self, n: int, seed: int, like: Images | None = None) -> Images:
        """``n`` images from latents drawn from the prior, or from a Gaussian as wide as the encodings of ``like``."""
        noise = np.random.default_rng(seed).standard_normal((n, self.config.architecture.latent)).astype(np.float32)
        if like is not None:
            noise = Aggregate(*principal_components(self.encode(like))).latents(noise)
        return self.decode(noise)

    def save(self, path: str | Path) -> None:
        """Write everything that :meth:`load` needs to go on to the same bits, as one safetensors file."""
        leaves = {f"{index:05d}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(self._state))}
        header = {
            "config": self.config.to_dict(),
            "beta": self.beta,
            "learning_rate": self.learning_rate,
            "frozen": self.frozen,
        }
        with whole_file(Path(path)) as scratch:
            scratch.write_bytes(save(leaves, {HEADER: json.dumps(header)}))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A trainer as it was saved.

        Raises:
            tui_vae.errors.UserError: no such file, or not one that :meth:`save` wrote.
        """
        try:
            with safe_open(str(path), framework="numpy") as file:
                header = json.loads((file.metadata() or {})[HEADER])
                leaves = [file.get_tensor(name) for name in sorted(file.keys())]
            made = cls(FitConfig.from_dict(header["config"]))
            made.beta, made.learning_rate = float(header["beta"]), float(header["learning_rate"])
            if header["frozen"] != "none":
                made.freeze(header["frozen"])
            here, structure = jax.tree.flatten(made._state)
            if [leaf.shape for leaf in here] != [leaf.shape for leaf in leaves]:
                raise ValueError("its arrays do not fit its configuration")
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: not a saved trainer: {error}") from error
        made._state = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in leaves])
        return made

    def _stage(self, beta: Any, learning_rate: Any) -> Stage:
        return Stage(
            name="by hand",
            first=0,
            steps=2**31 - 1,
            reconstruction=self.config.objective.reconstruction,
            frozen=self.frozen,
            learning_rate=lambda _: learning_rate,
            beta=lambda _: beta,
        )

    def _compile(self) -> None:
        def run(state: TrainState, batch: jax.Array, beta: jax.Array, rate: jax.Array, items: int) -> Any:
            # Both are arguments of the compiled step: setting them compiles nothing.
            return make_step(self._networks, self.config, self._stage(beta, rate), items)(state, batch)

        self._run = jax.jit(run, donate_argnums=0, static_argnums=4)

    def _checked(self, images: Images) -> Images:
        shape = self.config.architecture.input
        if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != shape:
            raise ValueError(f"expected uint8 images of shape (N, {', '.join(map(str, shape))})")
        return images
