"""Compare recipes for a bundled model at equal compute: ``python docs/recipes/compare.py RECIPES.toml --help``.

A recipe is a row of the TOML file: a name, its seeds, and options of ``fit``; one that has networks of its own names a
file of them. Every recipe sees the same number of images, or, where its networks are not the preset's, as many as they
learn from in the same time, measured before. Each is then evaluated on the validation split, never on the test split,
and the table is printed as Markdown. What has been trained already is not trained again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from train.data.prepared import open_all

SPEED_STEPS = 40
BOUNDS = ("gaussian", "laplace")


def run(*words: str) -> None:
    """One of the trainer's commands; it speaks when something is wrong."""
    subprocess.run([sys.executable, "-m", "train", *words], check=True, stdout=subprocess.DEVNULL)


def fit(folder: Path, data: list[str], preset: str, options: list[str], items: int, images: int) -> None:
    """Train on so many images; a run that was cut off goes on, and one that is finished stays."""
    length = ["--run.epochs", str(images / items), "--run.report-epochs", "1000", "--refine.epochs", "0"]
    run("fit", preset, "--data", *data, "--output", str(folder), *length, *options)


def images_per_second(folder: Path) -> float:
    """The median over a run's lines of metrics, without the first, which compiles."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return statistics.median(float(row["images_per_second"]) for row in rows[1:])


def figures(folder: Path, data: list[str]) -> dict[str, Any]:
    """The held-out figures of a run's averaged weights at its end, of the first set of ``data``."""
    file = folder / "figures.json"
    if not file.exists():
        newest = max((folder / "preview").glob("*.safetensors"))
        run("evaluate", str(newest), "--data", data[0], "--split", "validation", "--no-frechet", "--json", str(file))
    measured: dict[str, Any] = json.loads(file.read_text())
    return next(value for value in measured.values() if isinstance(value, dict) and "psnr_db" in value)


def main() -> None:
    """Train, evaluate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", type=Path)
    parser.add_argument("--data", nargs="+", required=True, help="folders that prepare wrote")
    parser.add_argument("--output", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--images", type=int, default=14_400, help="that the preset's networks see")
    parser.add_argument("--only", nargs="*", default=[], help="names of recipes")
    chosen = parser.parse_args()
    plan = tomllib.loads(chosen.recipes.read_text())
    items = len(open_all([Path(each) for each in chosen.data]).rows("train"))

    def speed(name: str, options: list[str]) -> float:
        short = [*options, "--run.log-every", "5"]
        fit(chosen.output / f"speed-{name}", chosen.data, plan["preset"], short, items, SPEED_STEPS * plan["batch"])
        return images_per_second(chosen.output / f"speed-{name}")

    print("| recipe | seed | images | images/s | PSNR dB | SSIM | sharpness | KL nats | bits/dim |")
    print("|---|---|---|---|---|---|---|---|---|")
    for recipe in plan["recipe"]:
        if chosen.only and recipe["name"] not in chosen.only:
            continue
        options = [*plan["options"], *recipe.get("options", [])]
        images = chosen.images
        if "architecture" in recipe:
            options += ["--architecture", str(chosen.recipes.parent / recipe["architecture"])]
            images = round(images * speed(recipe["name"], options) / speed("preset", plan["options"]))
        for seed in recipe["seeds"]:
            folder = chosen.output / f"{recipe['name'].replace(' ', '-')}-{seed}"
            fit(folder, chosen.data, plan["preset"], [*options, "--run.seed", str(seed)], items, images)
            found = figures(folder, chosen.data)
            row = [recipe["name"], seed, f"{images:,}", f"{images_per_second(folder):.0f}"]
            row += [f"{found['psnr_db']:.2f}", f"{found['ssim']:.3f}", f"{found['sharpness_ratio']:.3f}"]
            row += [f"{found['kl_nats']:.0f}", f"{min(found['bits_per_dim'][name] for name in BOUNDS):.3f}"]
            print("|", " | ".join(str(cell) for cell in row), "|", flush=True)


if __name__ == "__main__":
    main()
