"""The settings: what a file says, what is wrong with it, and that the command line wins."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae import cli, paths, settings
from tui_vae.commands import settings as command
from tui_vae.errors import UserError
from tui_vae.settings import Settings

LINES = r"(\[?keys\]?\n)?[a-z.\"]{1,9} *= *[\[\]0-9a-z\"{},+]{0,12}\n?"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = paths.settings()
    assert path.is_relative_to(tmp_path)
    path.parent.mkdir()
    return path


def told(path: Path, text: str) -> str:
    """What is said about a file with this text."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        settings.read()
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_without_a_file_there_are_defaults(home: Path) -> None:
    assert settings.read() == Settings()


def test_the_example_is_valid_and_says_the_defaults(home: Path) -> None:
    home.write_text(settings.EXAMPLE, encoding="utf-8")
    assert settings.read() == Settings()
    lines = [line.removeprefix("# ") for line in settings.EXAMPLE.splitlines()]
    uncommented = [line for line in lines if "=" in line and "[" not in line.partition("=")[0]]
    table = tomllib.loads("\n".join(line for line in uncommented if not line.startswith(("random", '"bar', "undo"))))
    assert Settings(**table) == Settings()
    assert set(table) == set(vars(Settings())) - {"keys"}


def test_the_keys_of_the_example_are_valid_but_for_the_bar(home: Path) -> None:
    example = settings.EXAMPLE.replace('# "bar.down"', '"bar.down"').replace("# undo", "undo")
    home.write_text(example.replace("# random", "random"), encoding="utf-8")
    assert settings.read().keys == {"random": ("r", "f5"), "bar.down": ("down", "j", "ctrl+n"), "undo": ("ctrl+u",)}


def test_everything_can_be_set(home: Path) -> None:
    home.write_text(
        'checkpoint = "other"\ncolor = "256"\ncells = "ascii"\nzoom = "integer"\nfps = 30\nthin = true\nmouse = false\n'
        'graphics = "off"\ntheme = "dawn"\nreduced_motion = true\n[keys]\nbar.reset = "?"\nhelp = "f1"\n',
        encoding="utf-8",
    )
    keys = {"bar.reset": ("question_mark",), "help": ("f1",)}
    assert settings.read() == Settings("other", "256", "ascii", "integer", 30.0, True, False, "off", "dawn", True, keys)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\nfps = 100", "line 2: fps is 100: use a number from 1 to 60"),
        ("fps = nan", "line 1: fps is nan: use a number from 1 to 60"),
        ("fps = true", "line 1: fps is True: use a number from 1 to 60"),
        ('thin = "yes"', "line 1: thin is 'yes': use true or false"),
        ('color = "green"', "line 1: color is 'green': use one of auto, truecolor, 256, 16, none"),
        ("checkpoint = 3", "line 1: checkpoint is 3: use a text in quotes"),
        ("thin = false\n\nfsp = 3", "line 3: there is no setting 'fsp'; there are cells, "),
        ("[display]\nfps = 3", "line 1: there is no setting 'display'; there are cells, "),
        ("keys = 3", "line 1: keys is a table: write [keys] on a line of its own"),
        ("fps =", "line 1: not TOML: Invalid value"),
        ('thin = true\n[keys]\nramdom = "x"', "line 3: there is no action 'ramdom': `tui-vae keys --ids` lists them"),
        ('[keys]\n"bar.down" = "u"', "line 2: bar.down: u is the key of undo too: give one of them another key"),
        ('[keys]\nbar.down = "u"', "line 2: bar.down: u is the key of undo too: give one of them another key"),
        ('[keys.bar]\ndown = "u"', "line 2: bar.down: u is the key of undo too: give one of them another key"),
        ("[keys]\nrandom = []", "line 2: random needs a key in quotes, or a list of them"),
        ("[keys]\nrandom = 7", "line 2: random needs a key in quotes, or a list of them"),
        ('[keys]\nrandom = "7"', "line 2: random: 7 begins a count: choose another key"),
        ('[keys]\nrandom = "ctrl+c"', "line 2: random: ctrl+c quits, always: choose another key"),
        ('[keys]\nrandom = "shift+y"', "line 2: random: write Y for shift+y: that is what terminals send"),
        ('[keys]\nrandom = "upp"', "line 2: random: there is no key 'upp': write a character, or up, enter, f5"),
        ('[keys]\nreset = "Y"', "line 2: reset: 0 must stay among its keys"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(home: Path, text: str, says: str) -> None:
    assert told(home, text).startswith(says)


def test_files_that_are_no_text_are_refused(home: Path) -> None:
    home.write_bytes(b"thin = true\ntheme = '\xff'")
    with pytest.raises(UserError, match="line 2: not UTF-8: save the file as UTF-8"):
        settings.read()
    home.write_bytes(b"#" * (settings.MAX_BYTES + 1))
    with pytest.raises(UserError, match="too large"):
        settings.read()
    home.unlink()
    home.mkdir()
    with pytest.raises(UserError, match="cannot read: Is a directory"):
        settings.read()


@given(text=st.text(max_size=200) | st.from_regex(LINES, fullmatch=True))
def test_any_text_gives_settings_or_one_line(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    said = str(path)
    try:
        settings.read(path)
    except UserError as error:
        said = str(error)
    assert said.startswith(str(path)) and len(said.splitlines()) == 1


# With the command line.


def filled(*arguments: str) -> argparse.Namespace:
    options = cli._parser().parse_args(arguments)
    command.fill(options)
    return options


def test_what_is_said_on_the_command_line_wins(home: Path) -> None:
    home.write_text('color = "16"\nfps = 20\nthin = true\nmouse = false\ncheckpoint = "other"\n', encoding="utf-8")
    here = filled("--no-thin", "--color", "none", "--mouse")
    assert (here.color, here.fps, here.thin, here.mouse, here.checkpoint) == ("none", 20.0, False, True, "other")
    assert (here.cells, here.zoom) == ("auto", "fit")
    assert filled("render", "--seed", "1").color == "16"
    assert filled("explore", "--fps", "7").fps == 7
    assert filled("info").checkpoint == "other"
    assert filled("--checkpoint", "faces").checkpoint == "faces"


def test_films_have_a_rate_of_their_own(home: Path) -> None:
    before = filled("render").fps
    home.write_text("fps = 20\n", encoding="utf-8")
    assert filled("render").fps == before


def test_a_checkpoint_of_the_settings_leaves_other_models_alone(home: Path) -> None:
    home.write_text('checkpoint = "other"\n', encoding="utf-8")
    assert filled("--decoder", "a:b").checkpoint == "faces"
    assert filled("--follow", "run").checkpoint == "faces"
    assert filled("--decoder", "a:b", "--checkpoint", "other").checkpoint == "other"


@pytest.mark.parametrize("arguments", [["info"], ["render"], ["keys"], ["settings"], []])
def test_commands_refuse_bad_settings(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    home.write_text("fps = 0", encoding="utf-8")
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"tui-vae: error: {home}: line 1: fps is 0: use a number from 1 to 60\n"


def test_keys_shows_the_users_keys(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.write_text('[keys]\nrandom = ["$", "alt+y", "ctrl+y"]\n', encoding="utf-8")
    assert cli.main(["keys", "--ids"]) == 0
    assert "  random               $ ⌥y ^y    A random face" in capsys.readouterr().out


# The command.


def test_settings_shows_and_writes_an_example(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home.parent.rmdir()
    assert cli.main(["settings"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{home}  (not there: ") and shown.endswith(settings.EXAMPLE)
    assert not home.parent.exists()
    assert cli.main(["settings", "--init"]) == 0
    assert home.read_text(encoding="utf-8") == settings.EXAMPLE
    assert cli.main(["settings"]) == 0
    assert f"{home}  (in use)" in capsys.readouterr().out


def test_settings_never_writes_over_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.write_text("thin = true\n", encoding="utf-8")
    assert cli.main(["settings", "--init"]) == 2
    assert "there is such a file already" in capsys.readouterr().err
    assert home.read_text(encoding="utf-8") == "thin = true\n"
