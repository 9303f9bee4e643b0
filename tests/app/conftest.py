from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Checkpoint, make_checkpoint
from tui_vae.api import VAE


@pytest.fixture(scope="session", autouse=True)
def _private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compiled decoders go to a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def vae(_private_cache: None, tiny: Checkpoint) -> VAE:
    """The made-up model; shared, so that each size of face is compiled once."""
    return VAE(tiny)


@pytest.fixture(scope="session")
def grey_vae(_private_cache: None) -> VAE:
    """The same with one channel."""
    return VAE(make_checkpoint("grey", channels=1))
