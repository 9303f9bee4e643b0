"""A small classifier of the data's own labels, for the sake of its features: what real images differ in.

It is trained anew, from a seed, on the training split of the data that a model is measured on. Where that has no labels
its task is to tell by how many quarter turns an image was rotated (Gidaris et al. 2018, arXiv:1803.07728). The features
are the last layer's means over positions, each divided by its standard deviation over training images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax
from flax import nnx

from train.data.prepared import Prepared
from train.evaluation.metrics import auc
from train.evaluation.resize import at_most
from train.exporting.targets import Target, targets
from tui_vae.progress import Progress

Images = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]
Answers = npt.NDArray[np.int8]

WIDTHS = (24, 48, 96, 128)
FEATURES = WIDTHS[-1]
SIDE = 64
BATCH = 64
MAX_STEPS = 1024
MAX_EPOCHS = 30
# Training images that are held in memory, evenly spread over the split.
MAX_IMAGES = 30_000
LEARNING_RATE = 2e-3
MIN_EXAMPLES = 20
TURNS = 4


class Network(nnx.Module):
    """Images (N, H, W, C) in [0, 1] -> features (N, 128) and one logit per question (N, T)."""

    def __init__(self, channels: int, answers: int, rngs: nnx.Rngs) -> None:
        he = nnx.initializers.variance_scaling(2.0, "fan_in", "normal")
        inside = (channels, *WIDTHS[:-1])
        self.layers = nnx.List(
            [nnx.Conv(i, o, (3, 3), (2, 2), kernel_init=he, rngs=rngs) for i, o in zip(inside, WIDTHS, strict=True)]
        )
        self.head = nnx.Linear(FEATURES, answers, rngs=rngs)

    def __call__(self, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        x = (images - 0.5) * 4.0
        for layer in self.layers:
            x = jax.nn.silu(layer(x))
        features = x.mean(axis=(1, 2))
        return features, self.head(features)


@dataclass(frozen=True)
class FeatureNetwork:
    """A trained network, of uint8 images (N, H, W, C), and ``about``, what it has learned.

    ``features`` are (N, 128); ``logits`` (N, T) its answers to the T ``questions``, above 0 for yes. ``answers`` (M, T)
    are the true ones for all items of the data: 1, 0 or -1 (not known); none (0, T) where it is asked for rotations.
    """

    features: Callable[[Images], Features]
    logits: Callable[[Images], Features]
    questions: tuple[str, ...]
    answers: Answers
    about: dict[str, Any]


@dataclass(frozen=True)
class _Task:
    """Images to learn from and to check on, with answers 1, 0 or -1 (not known) to each of T questions."""

    name: str
    questions: tuple[str, ...]
    images: Images
    answers: Answers
    check: Images
    check_answers: Answers
    all_answers: Answers


def train(data: Prepared, seed: int = 0) -> FeatureNetwork:
    """Train on ``data``'s training split, at least one image; under two minutes on two cores at 64 pixels."""
    task = _task(data, seed)
    channels = task.images.shape[3]
    module = Network(channels, len(task.questions), nnx.Rngs(seed))
    graph, state = nnx.split(module, nnx.Param)
    steps = max(1, min(MAX_STEPS, MAX_EPOCHS * -(-len(task.images) // BATCH)))
    optimizer = optax.adam(optax.warmup_cosine_decay_schedule(0.0, LEARNING_RATE, max(1, steps // 20), steps + 1))

    def loss(state: Any, images: jax.Array, answers: jax.Array) -> jax.Array:
        _, logits = nnx.merge(graph, state)(images.astype(jnp.float32) / 255.0)
        known = answers >= 0
        terms = optax.sigmoid_binary_cross_entropy(logits, (answers > 0).astype(jnp.float32))
        return jnp.sum(jnp.where(known, terms, 0.0)) / jnp.maximum(known.sum(), 1)

    @jax.jit
    def step(state: Any, memory: Any, images: jax.Array, answers: jax.Array) -> tuple[Any, Any]:
        change, memory = optimizer.update(jax.grad(loss)(state, images, answers), memory, state)
        return optax.apply_updates(state, change), memory

    @jax.jit
    def run(state: Any, images: jax.Array) -> Any:
        return nnx.merge(graph, state)(images.astype(jnp.float32) / 255.0)

    memory = optimizer.init(state)
    rng = np.random.default_rng(seed)
    with Progress("images for the feature network", steps * BATCH) as progress:
        for _ in range(steps):
            rows = rng.integers(0, len(task.images), BATCH)
            state, memory = step(state, memory, task.images[rows], task.answers[rows])
            progress.advance(BATCH)

    def both(images: Images) -> tuple[Features, npt.NDArray[np.float32]]:
        small = at_most(images, SIDE, square=True)
        parts = []
        for start in range(0, len(small), BATCH):
            batch = small[start : start + BATCH]
            padded = np.pad(batch, [(0, BATCH - len(batch)), (0, 0), (0, 0), (0, 0)])
            parts.append([array[: len(batch)] for array in jax.device_get(run(state, padded))])
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    spread = np.maximum(both(task.images[:: max(1, len(task.images) // 4096)])[0].std(axis=0), 1e-6)
    about = {
        "network": f"{len(WIDTHS)} convolutions at {task.images.shape[1]} px, trained for this",
        "features": FEATURES,
        "task": task.name,
        "questions": len(task.questions),
        "training_images": len(task.images),
        "images_seen": steps * BATCH,
        "seed": seed,
        "validation_auc": _mean_auc(task, both),
        "validation_images": len(task.check),
    }
    return FeatureNetwork(
        lambda images: both(images)[0] / spread,
        lambda images: both(images)[1],
        task.questions,
        task.all_answers,
        about,
    )


def _task(data: Prepared, seed: int) -> _Task:
    training = data.splits == "train"
    labelled = [column for column in data.labels if column.kind != "numeric"]
    asked = targets(labelled, training, MIN_EXAMPLES)
    if not asked:
        return _rotations(data, seed)
    answers = np.stack([target.truth for target in asked], axis=1)
    known = (answers >= 0).any(axis=1)
    rows, check = np.flatnonzero(training & known), np.flatnonzero((data.splits == "validation") & known)
    rows = _spread(rows)
    return _Task(
        f"labels: {_listed(asked)}",
        tuple(target.name for target in asked),
        _small(data, rows),
        answers[rows],
        _small(data, check),
        answers[check],
        answers,
    )


def _rotations(data: Prepared, seed: int) -> _Task:
    """Each image under one turn of its own, drawn once."""
    rng = np.random.default_rng((seed, 1))
    parts = []
    for split in ("train", "validation"):
        images = _small(data, _spread(data.rows("train" if split == "train" else "validation")))
        turns = rng.integers(0, TURNS, len(images))
        turned = images.copy()
        for place, turn in enumerate(turns):
            turned[place] = np.rot90(images[place], turn)
        parts.append((turned, (turns[:, None] == np.arange(TURNS)).astype(np.int8)))
    names = tuple(f"{90 * turn} degrees" for turn in range(TURNS))
    none = np.zeros((0, TURNS), np.int8)
    return _Task("rotation by quarter turns (no labels)", names, *parts[0], *parts[1], none)


def _small(data: Prepared, rows: npt.NDArray[np.int64]) -> Images:
    if not len(rows):
        return at_most(np.zeros((0, *data.shape), np.uint8), SIDE, square=True)
    return np.concatenate(
        [at_most(data.images[rows[start : start + 1024]], SIDE, square=True) for start in range(0, len(rows), 1024)]
    )


def _spread(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_IMAGES)).round().astype(np.int64)]


def _listed(asked: tuple[Target, ...]) -> str:
    names = list(dict.fromkeys(target.column for target in asked))
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _mean_auc(task: _Task, both: Callable[[Images], tuple[Features, npt.NDArray[np.float32]]]) -> float | None:
    """How well the questions are answered on validation images: the mean over those that have answers of both sides."""
    if not len(task.check):
        return None
    logits = both(task.check)[1]
    found = []
    for place in range(len(task.questions)):
        known = task.check_answers[:, place] >= 0
        truth = task.check_answers[known, place] > 0
        if truth.any() and not truth.all():
            found.append(auc(truth, logits[known, place]))
    return round(float(np.mean(found)), 4) if found else None
