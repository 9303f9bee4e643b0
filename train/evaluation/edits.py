"""What a model's attribute axes do to held-out images, as a classifier sees it: does "smiling" make smiles?

An axis can tell images apart and still be no good to move along. So each is tried: held-out images are encoded, moved,
decoded, and a classifier of the same labels (``classifier``, trained on the real images of the training split) says
what has changed. The idea is that of the rescoring of InterFaceGAN (Shen et al. 2020, arXiv:1907.10786, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.codec import Codec
from train.data.prepared import open_all
from train.evaluation import classifier
from train.evaluation.metrics import auc
from tui_vae import paths
from tui_vae.api import space_of
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import printable
from tui_vae.progress import Progress

Floats = npt.NDArray[np.float32]

MOST_IMAGES = 512


def edits(name: str, sources: Sequence[Path], sigma: float = 2.0, seed: int = 0) -> dict[str, Any]:
    """Figures of each attribute axis of a checkpoint over images of the test split of prepared folders, 512 at most.

    Raises:
        UserError: no attribute axes, images of another size, no test images, or none of the axes' labels in the data.
    """
    made = checkpoints.read(paths.find_checkpoint(name))
    data = open_all(list(sources))
    if made.architecture.input != data.shape:
        raise UserError(f"{name}: takes {made.architecture.input} images, but {sources[0]} has {data.shape}")
    axes = next((axes for axes in space_of(made).axes if axes.name == "attributes"), None)
    if axes is None:
        raise UserError(f"{name}: has no attribute axes to try; export it from data with labels")
    rows = data.rows("test")
    if not len(rows):
        raise UserError(f"{sources[0]}: no image in the test split")
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_IMAGES)).round().astype(np.int64)]
    judge = classifier.train(data, seed)
    questions = {question.replace("_", " "): place for place, question in enumerate(judge.questions)}
    asked = {label: questions[label] for label in axes.labels if label in questions}
    if not asked:
        raise UserError(f"{sources[0]}: has none of the labels of {name}'s axes as a yes or no")

    codec = Codec.of(made.architecture, made.parameters)
    images = np.asarray(data.images[rows])
    z = codec.encode(images).finite().mean
    real, before = judge.logits(images), judge.logits(codec.pictures(z))
    spread = np.maximum(real.std(axis=0), 1e-6)
    figures = {}
    with Progress("axes", len(asked)) as progress:
        for label, place in asked.items():
            after = judge.logits(codec.pictures(z + np.float32(sigma) * axes.directions[axes.labels.index(label)]))
            truth = judge.answers[rows, place]
            figures[label] = {
                **of_edit(before, after, spread, place, judge.questions),
                "yes": int((truth > 0).sum()),
                "auc_real": _auc(truth, real[:, place]),
                "auc_decoded": _auc(truth, before[:, place]),
            }
            progress.advance(1)
    return {
        "sigma": sigma,
        "images": len(rows),
        "classifier": judge.about,
        "not_tried": [label for label in axes.labels if label not in asked],
        "axes": figures,
    }


def of_edit(before: Floats, after: Floats, spread: Floats, place: int, questions: Sequence[str]) -> dict[str, Any]:
    """One edit's figures from logits (N, T) before and after, and their standard deviations (T,) on real images.

    ``rises``: share of images whose own logit rises. ``own``: its mean change, in deviations. ``others``: the mean over
    the other labels of how far their mean moves; values of one label ("hair: red", "hair: blond") exclude each other
    and count as no others. ``most``: the one that moves farthest, and by how much.
    """
    change = ((after - before) / spread).mean(axis=0)
    column = questions[place].partition(": ")[0]
    others = [other for other, question in enumerate(questions) if question.partition(": ")[0] != column]
    far = max(others, key=lambda other: abs(change[other]), default=None)
    return {
        "rises": round(float((after[:, place] > before[:, place]).mean()), 4),
        "own": round(float(change[place]), 3),
        "others": round(float(np.abs(change[others]).mean()), 3) if others else None,
        "most": None if far is None else [questions[far].replace("_", " "), round(float(change[far]), 3)],
    }


def _auc(truth: npt.NDArray[np.int8], logits: Floats) -> float | None:
    """How well the classifier tells who has the label; ``None`` where all or none have it."""
    known = truth >= 0
    yes = truth[known] > 0
    return round(auc(yes, logits[known]), 4) if yes.any() and not yes.all() else None


def table(found: Mapping[str, Any]) -> str:
    """A row per axis, as a Markdown table, and what it is of."""
    about = found["classifier"]
    auc = about["validation_auc"]
    known = (
        "not validated" if auc is None else f"mean AUC {auc:.3f} on {about['validation_images']:,} validation images"
    )
    lines = [
        f"+{found['sigma']:g} sigma along each axis, {found['images']:,} test images, judged by a classifier that was "
        f"trained on real ones ({known}). Changes are of its logits, in deviations over real images. AUC: how well it "
        "tells who has the label, from the image and from its reconstruction.",
        "",
        "| axis | rises in | own label | mean of the others | most of the others | AUC real | AUC decoded | have it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, item in found["axes"].items():
        most = "" if item["most"] is None else f"{printable(item['most'][0])} {item['most'][1]:+.2f}"
        others = "" if item["others"] is None else f"{item['others']:.2f}"
        told = " | ".join("" if item[key] is None else f"{item[key]:.3f}" for key in ("auc_real", "auc_decoded"))
        moved = f"{100 * item['rises']:.0f} % | {item['own']:+.2f} | {others} | {most}"
        lines.append(f"| {printable(label)} | {moved} | {told} | {item['yes']:,} |")
    shares = [item["rises"] for item in found["axes"].values()]
    enough = sum(share >= 0.8 for share in shares)
    lines += ["", f"{enough} of {len(shares)} raise their own label in at least 80 % of the images."]
    if found["not_tried"]:
        lines.append(f"Not tried, as they are no yes or no: {', '.join(map(printable, found['not_tried']))}.")
    return "\n".join(lines)
