"""What a run folder survives, and what is no run folder."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.train.conftest import draw_disc
from train import fit as fitting
from train import run_folder
from train.cli import _joined, main
from train.config import FitConfig
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.prepared import open_by_name, open_prepared
from train.plan import batch_rows, plan
from train.validate import is_best
from tui_vae.errors import UserError


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_a_finished_run_stays_and_loses_what_a_kill_wrote_after_the_last_save(
    copy: Path, discs: Path, tiny_config: FitConfig
) -> None:
    before = (copy / "metrics.jsonl").read_text()
    steps = plan(tiny_config, open_prepared(discs)).steps
    with (copy / "metrics.jsonl").open("a") as log:
        log.write(json.dumps({"step": steps + 10}) + '\n[1]\n{"step": 1, "los')
    fitting.fit(tiny_config, [discs], copy)
    assert (copy / "metrics.jsonl").read_text() == before
    assert [json.loads(line)["step"] for line in before.splitlines()][-1] == steps


def test_a_damaged_save_is_named_and_the_one_before_serves(copy: Path) -> None:
    saves = sorted(
        (path for path in (copy / "saves").iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
    )
    assert len(saves) == 2
    for path in saves[-1].rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    with pytest.raises(UserError, match=f"{saves[-1].name}: damaged save; remove this folder") as caught:
        run_folder.restore(copy, "last")
    assert len(str(caught.value).splitlines()) == 1
    shutil.rmtree(saves[-1])
    assert run_folder.restore(copy, "last").step == int(saves[-2].name)


def test_other_data_of_the_same_size_is_refused(
    copy: Path, tiny_config: FitConfig, discs: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(160):
        draw_disc(1000 + number).save(source / f"{number:03d}.png")
    other = prepare(source, tmp_path / "other", Preprocessing(16))
    assert len(other.names) == len(open_prepared(discs).names)
    with pytest.raises(UserError, match="started with other data"):
        fitting.fit(tiny_config, [tmp_path / "other"], copy)


def test_a_run_that_has_not_noted_its_data_goes_on(copy: Path, discs: Path, tiny_config: FitConfig) -> None:
    (copy / "data.json").write_text(json.dumps({"folders": [str(discs)], "count": 160}))
    run_folder.claim(copy, tiny_config, [discs], open_prepared(discs))


def test_folders_that_are_no_runs_are_left_alone(discs: Path, tiny_config: FitConfig, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("the only copy")
    with pytest.raises(UserError, match=r"holds 'thesis\.txt' and is no run folder"):
        fitting.fit(tiny_config, [discs], tmp_path / "home")
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="cannot be used as --output"):
            fitting.fit(tiny_config, [discs], place)


@pytest.mark.parametrize(("name", "text"), [("data.json", "["), ("data.json", "[]"), ("config.toml", "[run")])
def test_damaged_notes_are_refused(copy: Path, name: str, text: str) -> None:
    (copy / name).write_text(text)
    with pytest.raises(UserError, match=name):
        run_folder.restore(copy, "last")


def test_runs_without_end_are_refused(discs: Path, tiny_config: FitConfig) -> None:
    endless = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, epochs=1e12))
    with pytest.raises(UserError, match=r"lower run\.epochs"):
        plan(endless, open_prepared(discs))


def test_every_epoch_sees_every_image_at_most_once(discs: Path, tiny_config: FitConfig) -> None:
    work = plan(tiny_config, open_prepared(discs))
    size = tiny_config.run.batch
    assert work.steps_per_epoch == len(work.rows) // size and work.steps == 20 * work.steps_per_epoch
    orders = []
    for epoch in range(3):
        steps = range(epoch * work.steps_per_epoch, (epoch + 1) * work.steps_per_epoch)
        seen = np.concatenate([batch_rows(work, tiny_config, step) for step in steps])
        assert len(set(seen.tolist())) == work.steps_per_epoch * size and set(seen) <= set(work.rows)
        orders.append(seen.tolist())
    assert orders[0] != orders[1] != orders[2]


def test_at_most_so_many_batches_an_epoch(discs: Path, tiny_config: FitConfig) -> None:
    fewer = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, max_batches=2, epochs=3.0))
    assert plan(fewer, open_prepared(discs)).steps == 6


def test_what_is_due_falls_on_the_ends_of_dispatches(discs: Path, tiny_config: FitConfig) -> None:
    work = plan(tiny_config, open_prepared(discs))
    ends, step = [], 0
    while step < work.steps:
        step = work.boundary(step)
        ends.append(step)
    due = [step for step in range(1, work.steps + 1) if work.is_due(step, work.log) or work.is_due(step, work.report)]
    assert ends == due and work.save % work.log == 0


def test_a_machine_that_is_too_small_is_told_at_once(
    discs: Path, tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import train.plan

    monkeypatch.setattr(train.plan, "host_bytes", lambda: 10_000)
    with pytest.raises(
        UserError, match=r"needs about .* GB of memory on this host, and .* are there; lower run\.batch"
    ):
        fitting.fit(tiny_config, [discs], tmp_path / "run")
    monkeypatch.undo()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UserError, match=r"saves need .* of disk space"):
        fitting.fit(tiny_config, [discs], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_missing_package_is_named_with_its_command(
    discs: Path, tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import train.plan

    monkeypatch.setattr(train.plan, "find_spec", lambda _: None)
    wanted = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, wandb=True))
    with pytest.raises(UserError, match=r"pip install 'tui-vae\[wandb\]'"):
        fitting.fit(wanted, [discs], tmp_path / "run")


def test_two_processes_do_not_train_into_one_folder(copy: Path, discs: Path, tiny_config: FitConfig) -> None:
    with run_folder.alone(copy), pytest.raises(UserError, match="another process is training into it"):
        fitting.fit(tiny_config, [discs], copy)
    with run_folder.alone(copy):
        pass


def test_best_and_last_are_kept(copy: Path) -> None:
    lines = [json.loads(line) for line in (copy / "validation.jsonl").read_text().splitlines()]
    best = run_folder.restore(copy, "best")
    assert best.step == [line["step"] for line in lines if line["best"]][-1]
    lowest = min((line for line in lines if line["beta"] == 1.0), key=lambda line: line["objective"])
    assert best.step == lowest["step"]
    assert run_folder.restore(copy, "last").step == lines[-1]["step"]
    (copy / "best.safetensors").write_bytes(b"no weights")
    with pytest.raises(UserError, match="damaged"):
        run_folder.restore(copy, "best")
    (copy / "best.safetensors").unlink()
    with pytest.raises(UserError, match="nothing validated yet"):
        run_folder.restore(copy, "best")


def test_only_reports_under_one_beta_are_compared() -> None:
    def line(objective: float, beta: float = 1.0, stage: str = "main") -> dict[str, object]:
        return {"objective": objective, "beta": beta, "stage": stage}

    assert is_best(line(5.0), [], False)
    assert not is_best(line(5.0), [line(4.0)], False) and is_best(line(3.0), [line(4.0)], False)
    assert is_best(line(5.0), [line(4.0, beta=0.5)], False)
    assert not is_best(line(3.0, beta=0.5), [line(4.0)], False)  # the next cycle's beginning
    assert not is_best(line(3.0, beta=0.5), [line(9.0, beta=0.5), line(4.0)], False)
    assert is_best(line(5.0), [line(4.0, stage="other")], False)
    assert is_best(line(5.0), [line(4.0)], True)  # of an adversarial stage the newest
    nothing = line(math.nan)
    assert not is_best(nothing, [], True) and not is_best(line(math.inf), [], False)
    assert is_best(line(5.0), [nothing], False) and not is_best(line(6.0), [nothing, line(5.0)], False)


def test_data_may_be_given_in_any_of_the_usual_ways() -> None:
    wanted = ["fit", "tiny", "--data", "a", "b", "--output", "o"]
    assert _joined(wanted) == wanted
    assert _joined(["fit", "tiny", "--data", "a", "--data=b", "--output", "o"]) == wanted
    assert _joined(["fit", "tiny", "--data", "a", "--output", "o", "--data", "b"]) == wanted
    assert _joined(["presets"]) == ["presets"]


def test_the_preset_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--run.epochs", "1", "tiny", "--data", "d", "--output", "o"]) == 2
    assert "name the preset first: fit tiny" in capsys.readouterr().err
    assert main(["fit", "tiny", "--data", "d", "--output", "o", "--run.batch", "many"]) == 2
    assert main(["fit", "tiny", "--data", "d", "--output", "o", "--run.batch", "0"]) == 2
    assert "run.batch is 0" in capsys.readouterr().err
    assert main(["presets"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("avatars ")


def test_two_folders_of_one_name_are_not_mixed_up(discs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / discs.name
    shutil.copytree(discs, other)
    with pytest.raises(UserError, match="a second folder named"):
        open_by_name([discs, other])
    assert list(open_by_name([discs])) == [discs.name]
