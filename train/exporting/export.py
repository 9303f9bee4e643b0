"""``export``: weights and data -> one checkpoint file with its atlas, axes and clusters, and a model card beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from train.codec import Codec
from train.data.labels import Column, read_labels
from train.data.prepared import Prepared, open_all, open_by_name
from train.data.split import SPLITS
from train.evaluation import evaluate
from train.exporting import attributes as directions
from train.exporting import card, clusters
from train.exporting.atlas import atlas_labels, atlas_rows
from train.exporting.subject import Subject, find
from train.exporting.targets import Quantity, Target, quantities, targets
from train.run_folder import Which
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.latent.axes import ACTIVE_KL
from tui_vae.latent.pca import principal_components, whitened
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint, Floats
from tui_vae.model.frame import Frame


@dataclass(frozen=True)
class Options:
    """How a checkpoint is made; see the options of the command."""

    name: str | None = None
    weights: Which = "best"
    attributes: Path | None = None
    atlas_size: int = 20_480
    clusters: int = clusters.CLUSTERS
    sheets: Path | None = None
    label_kb: int = 256
    frechet: bool = True
    licence: str = "unstated"
    force: bool = False
    frame: tuple[float, float, float] | None = None


def export(source: str, output: Path, data: Sequence[Path] = (), options: Options | None = None) -> Path:
    """Write ``output`` and the card ``output`` with the suffix ``.md``; returns ``output``.

    ``source`` is a run folder, or a checkpoint, which then needs ``data``: prepared folders to make its atlas, axes and
    clusters of, with the same weights. All of these are fitted on the training split alone. The atlas holds training
    items (all where they are few) in a mixed but fixed order.

    Raises:
        UserError: ``source`` is neither, ``output`` exists and ``force`` is not set, or the data does not fit.
    """
    options = options or Options()
    _check(output, options)
    subject = find(source, data, options.weights)
    sets = open_by_name(list(subject.folders))
    for name, part in sets.items():
        if part.shape != subject.architecture.input:
            raise UserError(f"{name}: images are {part.shape}, but {source} takes {subject.architecture.input}")
    items = open_all(list(subject.folders))
    training = np.flatnonzero(items.splits == "train")
    if len(training) < 2:
        raise UserError(f"{len(training)} of the {len(items.names)} images in the training split; axes need at least 2")
    columns = items.labels
    if options.attributes:
        columns = directions.labels_of(read_labels(options.attributes), items.names, items.keys)

    codec = Codec.of(subject.architecture, subject.weights)
    posterior = codec.encode(items.images, unit="images encoded")
    made, notes = _model(subject, codec, items, columns, posterior.mean, posterior.kl(), options)
    measured = evaluate.measure(made, subject.folders, frechet=options.frechet, sheets=options.sheets, codec=codec)
    about = {
        "training": subject.training,
        "metrics": {
            **{name: _without_lists(item) for name, item in measured.items()},
            "kl_nats": _count(posterior.kl()[items.splits == "test"].sum(axis=1)),
            "active_units": int((made.raw_kl > ACTIVE_KL).sum()),
        },
        "dataset": _dataset(items, sets),
        "licence": options.licence,
    }
    if subject.trained_on is not None:
        about["weights_from"] = subject.trained_on
    made = replace(made, about=about)
    checkpoints.write(output, made)
    with whole_file(output.with_suffix(".md")) as scratch:
        scratch.write_text(card.text(made, output), encoding="utf-8")
    for note in notes:
        print(note)
    print(
        f"{output}: {output.stat().st_size / 1e6:.2f} MB, {len(made.names):,} faces in {len(made.centroids)} clusters, "
        f"{len(made.attributes)} named attributes"
    )
    return output


def _check(output: Path, options: Options) -> None:
    for path in (output, output.with_suffix(".md")):
        if path.exists() and not options.force:
            raise UserError(f"{path}: exists; --force replaces it")
    if output.suffix != ".safetensors":
        raise UserError(f"{output}: a checkpoint's name ends in .safetensors")
    if not find_spec("sklearn"):  # before minutes of encoding, not after
        raise UserError("export needs scikit-learn: pip install 'tui-vae[train]'")
    if options.atlas_size < 2:
        raise UserError(f"--atlas-size {options.atlas_size}: at least 2 are needed")
    if options.clusters < 1:
        raise UserError(f"--clusters {options.clusters}: at least 1 is needed")
    if options.label_kb < 0:
        raise UserError(f"--label-kb {options.label_kb}: 0 for no labels, or more")
    if options.frame is not None:
        try:
            Frame(*options.frame)
        except ValueError as error:
            raise UserError(f"--frame {options.frame}: {error}") from error
    evaluate.make_folder(options.sheets)


def _model(
    subject: Subject,
    codec: Codec,
    items: Prepared,
    columns: tuple[Column, ...],
    means: Floats,
    kl: Floats,
    options: Options,
) -> tuple[Checkpoint, list[str]]:
    """The checkpoint without its figures, and what a person should hear of it."""
    arch = replace(subject.architecture, name=options.name or subject.architecture.name)
    training = items.splits == "train"
    rows = np.flatnonzero(training)
    mean, vectors, scales = principal_components(means[training])
    bars = whitened(means, mean, vectors, scales)
    asked: list[Target | Quantity] = [*targets(columns, training, directions.MIN_EXAMPLES)]
    asked += quantities(columns, training)
    named = directions.fit(bars, items.splits, asked)
    found = clusters.cluster(means[training], options.clusters)
    notes = []
    if options.sheets:
        paths = clusters.write_sheets(options.sheets, codec, found, items.images, rows)
        notes += [f"{path}: {len(found.centroids)} clusters" for path in paths]
    atlas = atlas_rows(items.keys, training, options.atlas_size)
    labels, left_out = atlas_labels(columns, atlas, named.columns, 1000 * options.label_kb)
    if left_out:
        notes.append(f"labels left out of the atlas (--label-kb {options.label_kb} is full): {', '.join(left_out)}")
    if columns:
        notes.append(
            f"{len(named.attributes)} attributes named, from {len(named.columns)} of {len(columns)} labels; "
            f"{named.too_weak} were below an AUC of {directions.MIN_AUC:.2f} "
            f"(numbers: an R² of {directions.MIN_R2:.2f}) on the validation split, all others have "
            f"fewer than {directions.MIN_EXAMPLES} examples of one side in some split"
        )
    made = Checkpoint(
        architecture=arch,
        parameters=subject.weights,
        latents=means[atlas],
        names=tuple(items.names[row] for row in atlas),
        pca_mean=mean,
        pca_vectors=vectors,
        pca_scales=scales,
        raw_scales=means[training].std(axis=0),
        raw_kl=kl[training].mean(axis=0),
        attribute_vectors=named.vectors,
        attributes=named.attributes,
        preview=codec.pictures(mean[None])[0],
        preprocessing=items.manifest.get("preprocessing", {}),
        cluster=found.cluster[np.searchsorted(rows, atlas)],
        centroids=found.centroids,
        labels=labels,
        frame=Frame(*options.frame) if options.frame else None,
    )
    return made, notes


def _dataset(items: Prepared, sets: Mapping[str, Prepared]) -> dict[str, Any]:
    described = {
        name: {
            **part.manifest.get("request", {}),
            "source": part.manifest.get("source", name),
            "identities": part.manifest.get("identities"),
            "derived": part.manifest.get("derived", []),
            "attributes": part.manifest.get("attributes"),
        }
        for name, part in sets.items()
    }
    return {"sets": described, "images": {split: len(items.rows(split)) for split in SPLITS}}


def _without_lists(item: dict[str, Any]) -> dict[str, Any]:
    """KL per dimension stands in the file as a tensor."""
    return {key: value for key, value in item.items() if not isinstance(value, list)}


def _count(values: Floats) -> dict[str, float]:
    return {"mean": round(float(values.mean()), 2), "count": len(values)} if len(values) else {"mean": 0.0, "count": 0}
