"""The small checkpoints that a run leaves for an explorer to follow."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from train import reporting, run_folder
from train.codec import Codec
from train.config import FitConfig
from train.data.prepared import open_prepared
from train.fit import fit
from train.plan import check_machine
from train.previews import Previews
from tui_vae.api import VAE
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.previews import FOLDER, path_of, previews


def with_run(config: FitConfig, **settings: object) -> FitConfig:
    return dataclasses.replace(config, run=dataclasses.replace(config.run, **settings))  # type: ignore[arg-type]


def last_step(run: Path) -> int:
    return int(json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"])


def test_a_run_leaves_a_preview_of_its_start_and_of_every_report(run: Path, discs: Path) -> None:
    lines = {line["step"]: line for line in run_folder.read_log(run / "validation.jsonl")}
    there = previews(run)
    assert list(there) == [0, *lines] and list(there)[-1] == last_step(run)
    assert not list((run / FOLDER).glob(".*"))
    data = open_prepared(discs)
    held_out = {data.names[row] for row in data.rows("validation")}
    made = {step: checkpoints.read(path) for step, path in there.items()}
    assert all(set(each.names) == held_out for each in made.values())
    assert "held_out" not in made[0].about
    for step, line in lines.items():
        told = made[step].about["held_out"]
        assert made[step].about["training"] == {"step": step, "steps": last_step(run)}
        assert told["loss"] == pytest.approx(line["objective"] / (16 * 16 * 3)) and told["psnr"] == line["psnr"]


def test_a_preview_opens_as_the_run_s_own_weights(run: Path, discs: Path) -> None:
    trained = run_folder.restore(run, "last")
    vae = VAE(checkpoints.read(path_of(run, trained.step)))
    for name, value in trained.weights.items():
        np.testing.assert_array_equal(vae.checkpoint.parameters[name], value.astype(np.float16).astype(np.float32))
    data = open_prepared(discs)
    row = data.names.index(vae.space.atlas.names[3])
    encoded = vae.encode(np.ascontiguousarray(data.images[row : row + 1]))[0]
    step = np.ptp(vae.space.atlas.latents, axis=0) / 254  # what 8 bits leave
    assert (np.abs(vae.space.atlas[3] - encoded) <= step + 1e-3).all()
    # Held-out images come out better than before the training.
    before = VAE(checkpoints.read(path_of(run, 0)))
    images = np.ascontiguousarray(data.images[data.rows("validation")])
    errors = [np.square(model.reconstruct(images) - images.astype(float)).mean() for model in (before, vae)]
    assert errors[1] < errors[0] / 2


@pytest.fixture
def writer(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> Previews:
    data = open_prepared(discs)
    config = with_run(tiny_config, previews=4)
    nets = Codec.of(config.architecture)
    return Previews(tmp_path, config, 1000, nets, np.ascontiguousarray(data.images[:20]), data.names[:20], {})


@pytest.fixture
def weights(run: Path) -> run_folder.Weights:
    return run_folder.restore(run, "last").weights


def test_no_more_are_kept_than_the_configuration_says(
    writer: Previews, weights: run_folder.Weights, tmp_path: Path
) -> None:
    for step in range(0, 700, 100):
        assert writer.write(step, weights) == ""
        assert len(previews(tmp_path)) <= 4
    assert min(previews(tmp_path)) == 0 and max(previews(tmp_path)) == 600
    writer.rewind(300)
    assert max(previews(tmp_path)) <= 300


def test_what_a_report_has_written_is_not_replaced_by_the_next_start(
    writer: Previews, weights: run_folder.Weights, tmp_path: Path
) -> None:
    writer.write(5, weights, {"objective": 3.0, "psnr": 20.0})
    writer.write(5, weights)
    assert checkpoints.read(path_of(tmp_path, 5)).about["held_out"] == {"loss": 3.0 / 768, "psnr": 20.0}


def test_a_preview_that_cannot_be_written_is_told_and_ends_nothing(
    writer: Previews, weights: run_folder.Weights, tmp_path: Path
) -> None:
    lost = {name: value * np.nan for name, value in weights.items()}
    assert writer.write(7, lost).startswith(f"no preview of step 7: {path_of(tmp_path, 7)}: tensor ")
    (tmp_path / FOLDER).write_text("in the way")
    assert writer.write(7, weights).startswith(f"no preview of step 7: {path_of(tmp_path, 7)}: cannot write: ")


def test_a_resumed_run_writes_the_later_ones_again(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    config = with_run(tiny_config, epochs=2.0, report_epochs=1.0, save_every=2, log_every=2)
    run = fit(config, [discs], tmp_path / "run")
    before = {step: path.read_bytes() for step, path in previews(run).items()}
    extra = path_of(run, 10_000)
    extra.write_bytes(b"of a run that was killed")
    fit(config, [discs], run)
    assert {step: path.read_bytes() for step, path in previews(run).items()} == before


def test_previews_can_be_switched_off(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    run = fit(with_run(tiny_config, epochs=1.0, previews=0), [discs], tmp_path / "run")
    assert not (run / FOLDER).exists()


@pytest.mark.parametrize(("times", "drawn"), [(0, 6), (10**6, 2)])
def test_curves_are_drawn_first_and_last_and_seldom_where_reports_are_quick(
    discs: Path, tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, drawn: int
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(reporting, "DRAWING", times)
    monkeypatch.setattr(reporting.curves, "draw", lambda run: calls.append(last_step(run)))
    run = fit(with_run(tiny_config, epochs=3.0, report_epochs=0.5, previews=0, log_every=1), [discs], tmp_path / "run")
    assert len(calls) == drawn and calls[0] < calls[-1] == last_step(run)


def test_their_room_on_the_disk_is_counted(tiny_config: FitConfig, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="of disk space"):
        check_machine(with_run(tiny_config, previews=10**9), tmp_path, 1, 0)
