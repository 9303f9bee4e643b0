"""A command line that asks for nothing that there is: one line on standard error, and status 2."""

from __future__ import annotations

import pytest

from train.cli import main
from train.usage import line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["prpare"], ("prpare", "see: tui-vae-train --help")),
        (["fit", "tiny", "--output", "o"], ("missing", "--data", "see: tui-vae-train fit --help")),
        (["fit", "tiny", "--data", "d", "--output", "o", "--rnu.batch", "3"], ("--rnu.batch", "perhaps --run.batch")),
        (["fit", "tiny", "--data", "d", "--output", "o", "--run.batch", "many"], ("--run.batch", "'many'")),
        (["fit", "tiny", "--data", "d", "--output", "o", "--run.compute", "float8"], ("--run.compute", "float32")),
        (["export"], ("missing", "--output")),
    ],
)
def test_one_line_says_what_is_wrong(
    words: list[str], told: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and err.startswith("tui-vae-train: error: ")
    assert all(part in err for part in told), err


def test_help_without_a_preset_says_whose_defaults_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--help"]) == 0
    assert "those of the preset tiny" in " ".join(capsys.readouterr().out.split())
    assert main(["fit", "faces64", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "preset tiny" not in shown and "Train on prepared folders" in shown


def test_what_has_no_frame_is_no_line_of_nothing() -> None:
    assert line("") == "the arguments cannot be understood"
    assert line(" Title   \n --------\n Broken \n in two.\n --------\n More.\n") == "broken in two."
    assert line("╭─ Title ─╮\n│ Broken  │\n│ in two. │\n│ ─────── │\n│ More.   │\n╰─────────╯") == "broken in two."
