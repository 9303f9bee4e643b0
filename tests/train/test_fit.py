"""From images to a checkpoint that opens, and a killed run that goes on to the same bits."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from train import fit as fitting
from train import run_folder
from train.cli import main
from train.config import FitConfig
from train.data.prepared import open_prepared
from train.plan import plan
from tui_vae.api import load
from tui_vae.cli import main as explore
from tui_vae.errors import UserError
from tui_vae.model.architecture import Architecture


def shorten(config: FitConfig, epochs: float) -> FitConfig:
    return dataclasses.replace(config, run=dataclasses.replace(config.run, epochs=epochs))


def losses_of(run: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_the_loss_falls_and_the_run_describes_itself(run: Path, tiny_config: FitConfig) -> None:
    curve = losses_of(run)
    assert curve[-1] < curve[0] - 0.3
    assert FitConfig.from_toml((run / "config.toml").read_text(), "run") == tiny_config


def test_export_evaluate_and_render(run: Path, discs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = tmp_path / "discs.safetensors"
    names = open_prepared(discs).keys
    labels = tmp_path / "labels.txt"
    bright = open_prepared(discs).images.mean(axis=(1, 2, 3)) > 90
    rows = [f"{name} {1 if value else -1}" for name, value in zip(names, bright, strict=True)]
    labels.write_text("\n".join([str(len(rows)), "Bright", *rows]) + "\n")
    arguments = ["export", str(run), "--output", str(checkpoint), "--name", "discs", "--attributes", str(labels)]
    assert main(arguments) == 0
    assert main(arguments) == 2  # never overwritten without --force
    vae = load(checkpoint)
    assert vae.name == "discs" and vae.checkpoint.about["training"]["step"] == last(run)
    card = checkpoint.with_suffix(".md").read_text()
    assert "python -m train evaluate" in card and "unstated" in card
    capsys.readouterr()
    figures = tmp_path / "figures.json"
    assert main(["evaluate", str(checkpoint), "--data", str(discs), "--json", str(figures)]) == 0
    measured = json.loads(figures.read_text())[discs.name]
    assert measured["count"] == len(open_prepared(discs).rows("test"))
    assert f"{measured['psnr_db']:.2f}" in card
    # The figure is what the arrays give: mean over images of 10 log10(255^2 / mse), on 8-bit outputs.
    data = open_prepared(discs)
    images = np.ascontiguousarray(data.images[data.rows("test")])
    mse = np.square(images.astype(float) - vae.reconstruct(images)).mean(axis=(1, 2, 3))
    assert measured["psnr_db"] == pytest.approx((10 * np.log10(255**2 / mse)).mean(), abs=1e-2)
    picture = tmp_path / "face.png"
    assert explore(["render", "--checkpoint", str(checkpoint), "--index", "3", "--output", str(picture)]) == 0
    assert picture.stat().st_size > 100


def last(run: Path) -> int:
    return int(json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"])


def train_apart(run: Path, discs: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """``fit tiny`` in a process of its own, on one host device unless told."""
    command = [sys.executable, "-m", "train", "fit", "tiny", "--data", str(discs), "--output", str(run), *options]
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=1", **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def assert_same_curve(other: Path, run: Path) -> None:
    """Sums in another order differ in the last bits, and these differences grow: the beginning tells most."""
    here, there = losses_of(run), losses_of(other)
    np.testing.assert_allclose(there[:2], here[:2], rtol=2e-4)
    np.testing.assert_allclose(there, here, rtol=0.01, atol=0.01)


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output
    return output


@pytest.mark.timeout(800)
def test_a_run_killed_at_five_moments_goes_on_to_the_same_bits(discs: Path, tmp_path: Path) -> None:
    """Wherever it is hit: before the first step, between saves, while saving, validating, or in the second stage."""
    options = ("--refine.epochs", "6", "--refine.adversarial", "0.2", "--refine.discriminator", "8", "16")
    options += ("--run.previews", "0")  # they have tests of their own, and would be half of the time here
    finish(train_apart(tmp_path / "whole", discs, *options))
    steps = last(tmp_path / "whole")
    rng = np.random.default_rng()  # other moments each time: a failure names them
    moments = sorted(rng.integers(1, steps * 3 // 4, 5).tolist())
    hit = []
    for moment in moments:
        process = train_apart(tmp_path / "cut", discs, *options)
        log = tmp_path / "cut" / "metrics.jsonl"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and process.poll() is None:
            # One look at a time: the next one may find it rewound.
            if any(line["step"] >= moment for line in run_folder.read_log(log)):
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        hit.append(process.returncode == -signal.SIGKILL)
    assert sum(hit) >= 3, f"the run ended before it could be killed at most of {moments}"
    finish(train_apart(tmp_path / "cut", discs, *options))
    for which in get_args(run_folder.Which):
        whole = run_folder.restore(tmp_path / "whole", which)
        resumed = run_folder.restore(tmp_path / "cut", which)
        assert whole.step == resumed.step, moments
        for name, value in whole.weights.items():
            np.testing.assert_array_equal(value, resumed.weights[name], err_msg=f"{which} {name} {moments}")
    whole, resumed = (ocp.StandardCheckpointer().restore(newest_save(tmp_path / name)) for name in ("whole", "cut"))
    jax.tree.map(np.testing.assert_array_equal, whole, resumed)  # optimizer, discriminator and counts too
    assert losses_of(tmp_path / "cut") == losses_of(tmp_path / "whole"), moments
    assert validations_of(tmp_path / "cut") == validations_of(tmp_path / "whole"), moments


def test_a_run_stopped_just_between_the_stages_goes_on_with_the_second(
    discs: Path, tiny_config: FitConfig, tmp_path: Path
) -> None:
    refine = dataclasses.replace(tiny_config.refine, epochs=2.0)
    config = dataclasses.replace(shorten(tiny_config, 5), refine=refine)
    fitting.fit(config, [discs], tmp_path / "run")
    whole = run_folder.restore(tmp_path / "run", "last")
    end = plan(config, open_prepared(discs)).stages[0].last
    assert (tmp_path / "run" / "saves" / str(end)).is_dir()
    shutil.rmtree(tmp_path / "run" / "saves" / str(whole.step))
    locked = run_folder.restore(tmp_path / "run", "last")
    fitting.fit(config, [discs], tmp_path / "run")
    again = run_folder.restore(tmp_path / "run", "last")
    assert (locked.step, again.step) == (end, whole.step)
    for name, value in whole.weights.items():
        np.testing.assert_array_equal(again.weights[name], value)
        assert (value == locked.weights[name]).all() == name.startswith("encoder/")


def newest_save(run: Path) -> Path:
    return (
        max((path for path in (run / "saves").iterdir() if path.name.isdigit()), key=lambda path: int(path.name))
        / "default"
    )


def validations_of(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "validation.jsonl").read_text().splitlines()]


def test_eight_devices_give_the_curve_of_one(run: Path, discs: Path, tmp_path: Path) -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "NPROC": "32"}
    fed = ("--run.feed", "device", "--run.steps-per-dispatch", "2")
    assert "8 cpu device(s), images on the device" in finish(train_apart(tmp_path / "eight", discs, *fed, **flags))
    assert_same_curve(tmp_path / "eight", run)


def test_two_processes_give_the_curve_of_one(run: Path, discs: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ("--hosts.coordinator", f"127.0.0.1:{port}", "--hosts.processes", "2", "--hosts.process")
    processes = [train_apart(tmp_path / "both", discs, *where, str(number)) for number in range(2)]
    outputs = [finish(process) for process in processes]
    assert "2 cpu device(s)" in outputs[0] and "finished" in outputs[0] and "finished" not in outputs[1]
    assert_same_curve(tmp_path / "both", run)
    assert run_folder.restore(tmp_path / "both", "last").step == last(run)


def test_processes_that_cannot_be_told_apart_are_refused(
    discs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["fit", "tiny", "--data", str(discs), "--output", str(tmp_path / "r"), "--hosts.processes", "2"]
    assert main(arguments) == 2
    assert "go together" in capsys.readouterr().err


@pytest.mark.parametrize(("feed", "several"), [("device", 1), ("device", 4), ("host", 1)])
def test_every_way_to_feed_gives_the_same_curve(
    feed: str, several: int, run: Path, discs: Path, tiny_config: FitConfig, tmp_path: Path
) -> None:
    changed = dataclasses.replace(tiny_config.run, feed=feed, steps_per_dispatch=several)
    fitting.fit(dataclasses.replace(tiny_config, run=changed), [discs], tmp_path / "fed")
    assert_same_curve(tmp_path / "fed", run)


def test_a_run_begins_where_a_checkpoint_ended(
    tiny_path: Path, run: Path, discs: Path, tiny_config: FitConfig, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "first.safetensors"
    assert main(["export", str(run), "--output", str(checkpoint)]) == 0
    short = shorten(tiny_config, 5)
    fitting.fit(short, [discs], tmp_path / "second", init_from=str(checkpoint))
    assert losses_of(tmp_path / "second")[0] < losses_of(run)[0] - 0.3
    assert main(["export", str(tmp_path / "second"), "--output", str(tmp_path / "2.safetensors"), "--no-frechet"]) == 0
    first = load(checkpoint).checkpoint
    told = f"began with the weights of `{first.name}` (fingerprint `{first.fingerprint()}`)"
    assert told in (tmp_path / "2.md").read_text() and "began with" not in checkpoint.with_suffix(".md").read_text()
    with pytest.raises(UserError, match="its networks are not those of"):
        fitting.fit(short, [discs], tmp_path / "third", init_from=str(tiny_path))
    other = dataclasses.replace(short, architecture=dataclasses.replace(short.architecture, activation="relu"))
    with pytest.raises(UserError, match="its networks are not those of"):  # of the same shapes
        fitting.fit(other, [discs], tmp_path / "third", init_from=str(checkpoint))
    with pytest.raises(UserError, match=r"started with --init-from .* give the same"):
        fitting.fit(short, [discs], tmp_path / "second")


def test_the_second_stage_alone_begins_with_a_checkpoint_and_keeps_its_encoder(
    run: Path, discs: Path, tiny_config: FitConfig, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "first.safetensors"
    assert main(["export", str(run), "--output", str(checkpoint), "--no-frechet"]) == 0
    alone = dataclasses.replace(
        tiny_config,
        run=dataclasses.replace(tiny_config.run, epochs=0.0),
        refine=dataclasses.replace(tiny_config.refine, epochs=2.0),
    )
    with pytest.raises(UserError, match="needs trained weights, by --init-from"):
        fitting.fit(alone, [discs], tmp_path / "none")
    fitting.fit(alone, [discs], tmp_path / "refined", init_from=str(checkpoint))
    assert main(["export", str(tmp_path / "refined"), "--output", str(tmp_path / "2.safetensors"), "--no-frechet"]) == 0
    assert "(2 epochs of a second stage, the encoder locked), seed" in (tmp_path / "2.md").read_text()
    before, after = load(checkpoint).checkpoint.parameters, run_folder.restore(tmp_path / "refined", "last").weights
    for name, value in after.items():
        assert np.array_equal(value, before[name]) == name.startswith("encoder/"), name


def test_another_configuration_or_data_is_refused(run: Path, discs: Path, tiny_config: FitConfig) -> None:
    with pytest.raises(UserError, match="another configuration"):
        fitting.fit(shorten(tiny_config, 3), [discs], run)
    with pytest.raises(UserError, match="other data"):
        fitting.fit(tiny_config, [discs, discs], run)


def test_what_does_not_fit_is_refused_before_training(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    data = open_prepared(discs)
    with pytest.raises(UserError, match="prepare with --size"):
        plan(dataclasses.replace(tiny_config, architecture=other_size(tiny_config)), data)
    huge = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, batch=10_000))
    with pytest.raises(UserError, match=r"fewer than one batch of 10000"):
        fitting.fit(huge, [discs], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def other_size(config: FitConfig) -> Architecture:
    return dataclasses.replace(config.architecture, input=(32, 32, 3))


def test_commands_refuse_bad_input_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["prepare", str(tmp_path / "missing"), "--output", str(tmp_path / "o"), "--size", "16"],
        ["prepare", str(tmp_path), "--output", str(tmp_path / "o"), "--size", "2"],
        ["fit", "no-preset", "--data", "x", "--output", "y"],
        ["fit", "tiny", "--data", str(tmp_path), "--output", str(tmp_path / "r")],
        ["export", str(tmp_path), "--output", str(tmp_path / "x.safetensors")],
        ["export", str(tmp_path), "--output", str(tmp_path / "x.pt")],
        ["evaluate", "no-checkpoint", "--data", str(tmp_path)],
    ):
        assert main(arguments) == 2
        lines = capfd.readouterr().err.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("tui-vae-train: error: ")
    assert main(["fit"]) == 2
    assert main(["--help"]) == 0
