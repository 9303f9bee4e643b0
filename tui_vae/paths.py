"""Every folder that the program touches."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from tui_vae.errors import UserError

APP = "tui-vae"
SUFFIX = ".safetensors"


def checkpoint_folders() -> list[Path]:
    """Where checkpoints are looked up by name, first match first: the user's own, the installed, the source tree's."""
    package = Path(__file__).parent
    places = [Path(platformdirs.user_data_dir(APP)) / "checkpoints", package / "checkpoints"]
    if (package.parent / "pyproject.toml").is_file():
        places.append(package.parent / "checkpoints")
    return places


def checkpoints() -> dict[str, Path]:
    """Checkpoints by name, sorted; an earlier folder hides a later one."""
    found: dict[str, Path] = {}
    for folder in reversed(checkpoint_folders()):
        found |= {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}
    return dict(sorted(found.items()))


def find_checkpoint(name_or_path: str) -> Path:
    """A checkpoint by name or by path.

    Raises:
        UserError: there is none.
    """
    known = checkpoints()
    if name_or_path in known:
        return known[name_or_path]
    try:
        path = Path(name_or_path).expanduser()
        if path.is_file():
            return path
    except (OSError, RuntimeError) as error:  # a name too long, a folder that may not be entered, no such user's home
        raise UserError(f"{name_or_path}: cannot look for this checkpoint: {error}") from error
    if path.suffix == SUFFIX or os.sep in name_or_path:
        raise UserError(f"{name_or_path}: no such checkpoint file")
    raise UserError(f"no checkpoint named {name_or_path!r}; known: {', '.join(known) or 'none'} (or give a path)")


def compile_cache() -> Path:
    """Folder of compiled decoders. Compiled code is trusted: it must be the user's alone, and is made so."""
    return Path(platformdirs.user_cache_dir(APP)) / "compiled"


def downloads() -> Path:
    """Folder of data sets fetched from the web, one folder each; it may be emptied at any time."""
    return Path(platformdirs.user_cache_dir(APP)) / "downloads"


def places() -> Path:
    """Folder of the places that explorers stood at when their connection dropped, one small file per model."""
    return Path(platformdirs.user_state_dir(APP)) / "places"


def histories() -> Path:
    """Folder of the undo trees of earlier sessions, one file per model."""
    return Path(platformdirs.user_state_dir(APP)) / "history"


def collections() -> Path:
    """Folder of the bookmarks and the axes that the user has made, one file per model."""
    return Path(platformdirs.user_data_dir(APP)) / "collections"


def settings() -> Path:
    """File of the user's settings."""
    return Path(platformdirs.user_config_dir(APP)) / "settings.toml"


def remembered() -> Path:
    """File of what the program itself remembers: the theme that was chosen, whether the first hint was seen."""
    return Path(platformdirs.user_state_dir(APP)) / "remembered.json"


def traceback_log() -> Path:
    """File of the newest traceback of somebody's own decoder."""
    return Path(platformdirs.user_log_dir(APP)) / "decoder-traceback.txt"
