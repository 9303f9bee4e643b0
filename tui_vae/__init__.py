"""Explore the latent space of a variational autoencoder from a terminal.

The public API is small: :func:`load` opens a checkpoint and returns a :class:`VAE`; :func:`explore` opens the program
on any decoder. Importing this package loads
neither JAX nor Textual; both wait until something needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui_vae.api import VAE, load
    from tui_vae.exploring import explore

__version__ = "0.1.0"
__all__ = ["VAE", "__version__", "explore", "load"]


def __getattr__(name: str) -> Any:
    if name in {"VAE", "load"}:
        from tui_vae import api

        return getattr(api, name)
    if name == "explore":
        from tui_vae.exploring import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
