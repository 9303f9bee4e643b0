"""Every preset, made small, on the road from images to the explorer: prepare, fit, export, render."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from tests.train import test_flowers as flowers
from tests.train.conftest import draw_disc
from tests.train.web import serving
from train import presets
from train.cli import main
from train.config import FitConfig
from train.data.prepared import open_prepared
from train.run_folder import restore
from train.schedule import stages
from tui_vae.api import load
from tui_vae.cli import main as explore
from tui_vae.model.architecture import Architecture, Layer

ITEMS, EPOCHS, BATCH = 48, 2.0, 8


@pytest.fixture(autouse=True)
def quick_to_compile() -> Iterator[None]:
    """Of ten runs of a few steps nearly all the time is compiling: here it need not be well optimised code."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def small(config: FitConfig) -> FitConfig:
    """The same kind of network, loss and schedule, with a sixteenth of the width and two epochs of a few steps."""
    arch, run, refine = config.architecture, config.run, config.refine

    def narrow(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return tuple(dataclasses.replace(layer, channels=max(4, layer.channels // 16)) for layer in layers)

    least = math.prod(layer.stride for layer in arch.encode)
    side = least * max(1, -(-16 // least))
    shape = Architecture(
        arch.name,
        (side, side, arch.input[2]),
        min(arch.latent, 64),
        narrow(arch.encode),
        narrow(arch.decode),
        tuple(max(8, width // 16) for width in arch.dense),
        arch.activation,
        arch.output,
    )
    scale = EPOCHS / run.epochs
    objective = dataclasses.replace(
        config.objective,
        beta_delay_epochs=scale * config.objective.beta_delay_epochs,
        beta_warmup_epochs=scale * config.objective.beta_warmup_epochs,
        beta_increments=tuple(scale * epoch for epoch in config.objective.beta_increments),
    )
    return FitConfig(
        shape,
        objective,
        config.optimizer,
        dataclasses.replace(run, epochs=EPOCHS, batch=BATCH, log_every=2, save_every=4, report_epochs=EPOCHS),
        dataclasses.replace(refine, epochs=1.0 if refine.epochs else 0.0, discriminator=(4, 8)),
    )


def photos(folder: Path, size: tuple[int, int] = (40, 50), mode: str = "RGB", suffix: str = "jpg") -> Path:
    for number in range(ITEMS):
        picture = draw_disc(number).resize(size)
        if mode == "RGBA":
            picture.putalpha(Image.new("L", size, 255 - 4 * number))
        path = folder / f"{number % 3}" / f"{number:03d}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.convert(mode).save(path)
    return folder


def celeba(folder: Path) -> Path:
    """CelebA's layout, with its list of attributes beside the photos."""
    photos(folder / "img_align_celeba", (89, 109))
    names = [path.relative_to(folder / "img_align_celeba") for path in (folder / "img_align_celeba").rglob("*.jpg")]
    rows = [f"{name.as_posix()} {1 if number % 2 else -1}" for number, name in enumerate(sorted(names))]
    (folder / "list_attr_celeba.txt").write_text("\n".join([str(len(rows)), "Smiling", *rows]) + "\n")
    return folder


def avatars(folder: Path) -> Path:
    photos(folder / "pictures", (96, 96), suffix="webp")
    names = sorted(path.name for path in (folder / "pictures").rglob("*.webp"))
    rows = [f"{name},{'red' if number % 2 else 'brown'},{number}" for number, name in enumerate(names)]
    (folder / "avatars.csv").write_text("\n".join(["file,hair,age", *rows]) + "\n")
    return folder / "pictures"


SOURCES: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "tiny": (photos, []),
    "faces64": (photos, []),
    "faces128": (photos, ["--fit", "pad"]),
    "avatars": (avatars, ["--attributes", "{folder}/avatars.csv"]),
    "beauty": (photos, ["--channels", "1", "--validation", "0.2", "--test", "0"]),
    "vaeriation": (celeba, ["--crop", "13", "36", "75", "98"]),
    "pokemon": (lambda folder: photos(folder, mode="RGBA", suffix="png"), ["--background", "white"]),
    "cvae": (photos, ["--fit", "pad"]),
}


def the_rest_of_the_road(config: FitConfig, data: Path, folder: Path) -> None:
    """fit, export and render, as a person would, on the command line."""
    (folder / "small.toml").write_text(config.to_toml())
    run, checkpoint, picture = folder / "run", folder / "model.safetensors", folder / "face.png"
    assert main(["fit", str(folder / "small.toml"), "--data", str(data), "--output", str(run)]) == 0
    per_epoch = len(open_prepared(data).rows("train")) // BATCH
    steps = stages(config, per_epoch)[-1].last
    curve = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert curve[-1]["step"] == steps and curve[-1]["skipped"] == 0
    assert restore(run).config == config
    assert main(["export", str(run), "--output", str(checkpoint), "--no-frechet"]) == 0
    vae = load(checkpoint)
    assert vae.name == config.architecture.name and vae.architecture == config.architecture
    seen = ["render", "--checkpoint", str(checkpoint), "--seed", "1", "--output", str(picture)]
    assert explore(seen) == 0
    with Image.open(picture) as image:
        assert image.size == vae.architecture.input[:2]
        assert image.mode == ("L" if vae.architecture.input[2] == 1 else "RGB")
    assert explore(["render", "--checkpoint", str(checkpoint), "--index", "3"]) == 0


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_from_images_to_the_explorer(name: str, tmp_path: Path) -> None:
    make, options = SOURCES[name]
    config, data = small(presets.load(name)), tmp_path / "data"
    source = make(tmp_path / "images")
    options = [option.format(folder=tmp_path / "images") for option in options]
    size = str(config.architecture.input[0])
    assert main(["prepare", str(source), "--output", str(data), "--size", size, *options]) == 0
    made = open_prepared(data)
    assert len(made.names) == ITEMS
    if name == "pokemon":  # RGBA over white: the ever fainter pictures end up bright
        means = made.images.mean(axis=(1, 2, 3))
        order = np.argsort([path.rsplit("/")[-1] for path in made.names])
        assert means[order][-8:].mean() > means[order][:8].mean() + 30
    the_rest_of_the_road(config, data, tmp_path)
    if name == "pokemon":
        assert (tmp_path / "run" / "reports" / "plane.png").is_file()


def test_flowers_from_a_mirror_to_the_explorer(tmp_path: Path) -> None:
    config, data = small(presets.load("flowers")), tmp_path / "data"
    numbers = [*range(1, ITEMS + 1)]
    files = {
        flowers.PHOTOS: flowers.archive(numbers),
        flowers.SETS: flowers.mat(trnid=numbers[:30], valid=numbers[30:36], tstid=numbers[36:]),
        flowers.KINDS: flowers.mat(labels=[number % 5 + 1 for number in numbers]),
    }
    with serving({f"/{name}": content for name, content in files.items()}) as site:
        arguments = ["prepare", "flowers", "--output", str(data), "--size", str(config.architecture.input[0])]
        options = ["--mirror", site.address, "--checksums", "none", "--chain", "enhance", "--splits", "own"]
        assert main([*arguments, *options]) == 0
    made = open_prepared(data)
    assert [len(made.rows(split)) for split in ("train", "validation", "test")] == [30, 6, 12]
    the_rest_of_the_road(config, data, tmp_path)


def test_every_preset_is_tried() -> None:
    assert set(presets.names()) == {*SOURCES, "flowers"}
