"""From images to a checkpoint that opens, and a killed run that goes on to the same bits."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from train import fit as fitting
from train.attributes import read_celeba
from train.cli import main
from train.config import FitConfig
from train.data.prepared import open_prepared
from train.export import principal_components
from train.step import make_optimizer, make_step, start
from tui_vae.api import load
from tui_vae.cli import main as explore
from tui_vae.errors import UserError
from tui_vae.model import networks
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


def test_a_killed_run_goes_on_to_the_same_bits(run: Path, discs: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "train", "fit", "tiny", "--data", str(discs), "--output", str(tmp_path / "cut")]
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    saves = tmp_path / "cut" / "saves"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        if saves.is_dir() and any(entry.name.isdigit() for entry in saves.iterdir()):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"
    assert "going on from step" in done.stdout
    whole, resumed = fitting.restore(run), fitting.restore(tmp_path / "cut")
    assert whole[3] == resumed[3]
    for name, value in whole[2].items():
        np.testing.assert_array_equal(value, resumed[2][name], err_msg=name)


def test_two_devices_give_the_curve_of_one(run: Path, discs: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "train", "fit", "tiny", "--data", str(discs), "--output", str(tmp_path / "two")]
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "NPROC": "8"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "2 cpu device(s)" in done.stdout
    np.testing.assert_allclose(losses_of(tmp_path / "two"), losses_of(run), rtol=0.02, atol=0.02)


def test_another_configuration_or_data_is_refused(run: Path, discs: Path, tiny_config: FitConfig) -> None:
    with pytest.raises(UserError, match="another configuration"):
        fitting.fit(shorten(tiny_config, 3), [discs], run)
    with pytest.raises(UserError, match="other data"):
        fitting.fit(tiny_config, [discs, discs], run)


def test_what_does_not_fit_is_refused_before_training(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    data = open_prepared(discs)
    with pytest.raises(UserError, match="prepare with --size"):
        fitting.plan(dataclasses.replace(tiny_config, architecture=other_size(tiny_config)), data)
    huge = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, batch=10_000))
    with pytest.raises(UserError, match=r"fewer than one batch of 10000"):
        fitting.fit(huge, [discs], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def other_size(config: FitConfig) -> Architecture:
    return dataclasses.replace(config.architecture, input=(32, 32, 3))


def test_a_step_that_is_not_finite_changes_nothing_and_is_counted(tiny_config: FitConfig) -> None:
    optimizer = make_optimizer(tiny_config, lambda _: 1e-3)
    step = make_step(networks.build(tiny_config.architecture), tiny_config, optimizer, lambda _: 1.0)
    parameters = networks.initialise(tiny_config.architecture, 0)
    poisoned = {**parameters, "decoder/stem/bias": jnp.full_like(parameters["decoder/stem/bias"], jnp.nan)}
    batch = jnp.zeros((4, 16, 16, 3), jnp.uint8)
    after, _ = step(start({name: jnp.copy(value) for name, value in poisoned.items()}, optimizer), batch)
    assert int(after.skipped) == 1 and int(after.step) == 1
    for name, value in poisoned.items():
        np.testing.assert_array_equal(after.parameters[name], value)
    healthy, _ = step(start(parameters, optimizer), batch)
    assert int(healthy.skipped) == 0


def test_principal_components_rebuild_the_latents() -> None:
    rng = np.random.default_rng(0)
    latents = (rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5)) + 3).astype(np.float32)
    mean, vectors, scales = principal_components(latents)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(5), atol=1e-5)
    coordinates = (latents - mean) @ vectors.T
    np.testing.assert_allclose(coordinates.std(axis=0, ddof=1), scales, rtol=1e-3)
    assert (np.diff(scales) <= 0).all()
    np.testing.assert_allclose(coordinates @ vectors + mean, latents, atol=1e-4)


def test_attribute_lists_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    for text, complaint in [
        ("", "expected a count"),
        ("1\nA B\nx.jpg 1\n", ":3: expected"),
        ("1\nA\nx 2\n", ":3: exp"),
    ]:
        path.write_text(text)
        with pytest.raises(UserError, match=complaint):
            read_celeba(path)
    with pytest.raises(UserError, match="cannot read attributes"):
        read_celeba(tmp_path / "missing.txt")


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
