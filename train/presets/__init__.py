"""The configurations that ship with the trainer, and any other that is in a file of that form."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from train.config import FitConfig
from tui_vae.errors import UserError


def names() -> list[str]:
    """Names of the configurations that ship with the trainer."""
    folder = resources.files("train").joinpath("presets")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def describe(name: str) -> str:
    """The first line of comment of a preset."""
    return _text(name).splitlines()[0].removeprefix("# ")


def load(name_or_path: str) -> FitConfig:
    """A preset by name, or a TOML file by path.

    Raises:
        UserError: neither of them, or not a valid configuration.
    """
    if name_or_path in names():
        return FitConfig.from_toml(_text(name_or_path), f"preset {name_or_path}")
    path = Path(name_or_path)
    if not path.is_file():
        raise UserError(f"{name_or_path}: neither a preset ({', '.join(names())}) nor a TOML file")
    try:
        return FitConfig.from_toml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as TOML: {error}") from error


def _text(name: str) -> str:
    return resources.files("train").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
