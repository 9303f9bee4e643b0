"""What a run folder survives, and what is no run folder."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.train.conftest import draw_disc
from train import fit as fitting
from train.cli import _joined, main
from train.config import FitConfig
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.prepared import open_by_name, open_prepared
from tui_vae.errors import UserError


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_a_finished_run_stays_and_loses_what_a_kill_wrote_after_the_last_save(
    copy: Path, discs: Path, tiny_config: FitConfig
) -> None:
    before = (copy / "metrics.jsonl").read_text()
    steps = fitting.plan(tiny_config, open_prepared(discs)).steps
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
        fitting.restore(copy)
    assert len(str(caught.value).splitlines()) == 1
    shutil.rmtree(saves[-1])
    assert fitting.restore(copy)[3] == int(saves[-2].name)


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
    fitting._claim(copy, tiny_config, [discs], open_prepared(discs))


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
        fitting.restore(copy)


def test_runs_without_end_are_refused(discs: Path, tiny_config: FitConfig) -> None:
    endless = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, epochs=1e12))
    with pytest.raises(UserError, match=r"lower run\.epochs"):
        fitting.plan(endless, open_prepared(discs))


def test_every_epoch_sees_every_image_at_most_once_and_a_resumed_one_goes_on() -> None:
    plan = fitting.Plan(np.arange(100, 123), steps_per_epoch=4, steps=12)
    whole = list(fitting.batches(plan, 5, 7, 0))
    assert [number for number, _ in whole] == list(range(1, 13))
    for epoch in range(3):
        seen = np.concatenate([rows for _, rows in whole[4 * epoch : 4 * epoch + 4]])
        assert len(set(seen.tolist())) == 20 and seen.min() >= 100 and seen.max() < 123
    for done in (3, 4, 9):
        for (number, rows), (again, same) in zip(whole[done:], fitting.batches(plan, 5, 7, done), strict=True):
            assert number == again
            np.testing.assert_array_equal(rows, same)


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
    assert capsys.readouterr().out.startswith("faces64 ")


def test_two_folders_of_one_name_are_not_mixed_up(discs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / discs.name
    shutil.copytree(discs, other)
    with pytest.raises(UserError, match="a second folder named"):
        open_by_name([discs, other])
    assert list(open_by_name([discs])) == [discs.name]
