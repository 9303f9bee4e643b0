"""``presets``: what can be named after ``fit``."""

from __future__ import annotations

from train import presets as configs


def presets() -> None:
    """List the configurations that ship with the trainer."""
    for name in configs.names():
        print(f"{name:<12} {configs.describe(name)}")
