"""How much memory there is under any limit, what a run wants of it, and what is said where it runs out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import train.plan
from train.config import FitConfig
from train.data.joined import Joined
from train.data.prepared import open_all, open_prepared
from train.memory import control_group_bytes, exhaustion_told, host_bytes, need
from train.plan import check_machine, check_packages, reads_ahead
from tui_vae.errors import UserError

MB = 2**20


def system(root: Path, groups: str, limits: dict[str, str]) -> Path:
    """A file system that says in which control groups this process is, and what their limits are."""
    files = {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()}}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "limits", "found"),
    [
        ("0::/job/step\n", {"job/step/memory.max": "max\n", "job/memory.max": f"{64 * MB}\n"}, 64 * MB),
        ("0::/job/step\n", {"job/step/memory.max": f"{8 * MB}\n", "job/memory.max": f"{64 * MB}\n"}, 8 * MB),
        # In a container: the path is the host's, what is mounted is the container's own group.
        ("0::/docker/abc\n", {"memory.max": f"{32 * MB}\n"}, 32 * MB),
        ("4:memory:/slurm/7\n0::/\n", {"memory/slurm/7/memory.limit_in_bytes": f"{16 * MB}\n"}, 16 * MB),
        ("5:cpu,memory:/a\n", {"memory/memory.limit_in_bytes": f"{16 * MB}\n"}, 16 * MB),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("4:cpu:/a\n", {"memory/a/memory.limit_in_bytes": f"{16 * MB}\n"}, None),
        ("0::/a\n", {"a/memory.max": "garbage\n"}, None),
        ("nonsense", {}, None),
    ],
)
def test_the_lowest_limit_of_the_control_groups_counts(
    groups: str, limits: dict[str, str], found: int | None, tmp_path: Path
) -> None:
    assert control_group_bytes(system(tmp_path, groups, limits)) == found


def test_without_control_groups_the_machine_is_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert control_group_bytes(tmp_path) is None
    machine = host_bytes()
    assert machine is not None and machine > 64 * MB
    monkeypatch.setattr("train.memory.control_group_bytes", lambda: 5 * MB)
    assert host_bytes() == 5 * MB


def test_images_on_the_device_count(tiny_config: FitConfig) -> None:
    size = 16 * 16 * 3
    none, some = need(tiny_config, 2, 0, on_cpu=False), need(tiny_config, 2, 1000, on_cpu=False)
    assert (some.device - none.device, some.host - none.host) == (1000 * size, 1000 * size)
    # The devices of a CPU each have theirs in the one memory that there is.
    none, some = need(tiny_config, 2, 0, on_cpu=True), need(tiny_config, 2, 1000, on_cpu=True)
    assert (some.device, some.host - none.host) == (0, 3 * 1000 * size)
    larger = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, batch=64))
    assert need(larger, 1, 0, on_cpu=True).host > none.host


def test_images_that_do_not_fit_are_told_with_the_way_out(
    tiny_config: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train.plan, "host_bytes", lambda: need(tiny_config, 1, 0, on_cpu=True).host)
    check_machine(tiny_config, tmp_path / "run", 1, 0)
    with pytest.raises(UserError, match=r'GB of memory on this host, .*or set run\.feed = "host"'):
        check_machine(tiny_config, tmp_path / "run", 1, 1)


def test_what_xla_says_of_memory_becomes_one_line(tiny_config: FitConfig) -> None:
    def too_much() -> None:
        with exhaustion_told(tiny_config):
            jax.block_until_ready(jax.jit(lambda x: jnp.ones(2**46) * x)(1.0))

    with pytest.raises(UserError, match=r"memory ran out .*lower run\.batch \(it is 32\) or set run\.feed") as caught:
        too_much()
    assert len(str(caught.value).splitlines()) == 1
    host = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, feed="host"))
    with pytest.raises(UserError, match=r"\(it is 32\)$"), exhaustion_told(host):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes.\nlong dump")
    with pytest.raises(jax.errors.JaxRuntimeError), exhaustion_told(tiny_config):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")


def test_a_package_that_the_feed_needs_is_named_at_once(
    tiny_config: FitConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train.plan, "find_spec", lambda _: None)
    check_packages(tiny_config, images_on_device=False)  # on CPU nothing is read ahead
    host = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, feed="host"))
    assert reads_ahead(host, False) and not reads_ahead(host, True)
    with pytest.raises(UserError, match=r"grain is not installed; pip install 'tui-vae\[train\]'"):
        check_packages(host, images_on_device=False)


# Several sets as one.


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.data())
def test_parts_are_read_as_the_whole(sizes: list[int], data: st.DataObject) -> None:
    whole = np.arange(sum(sizes) * 2, dtype=np.uint8).reshape(-1, 1, 2, 1)
    joined = Joined(np.split(whole, np.cumsum(sizes)[:-1]))
    assert joined.shape == whole.shape and len(joined) == len(whole)
    count = len(whole)
    rows = data.draw(st.lists(st.integers(-count, count - 1), max_size=9) if count else st.just([]))
    np.testing.assert_array_equal(joined[np.array(rows, np.int64)], whole[np.array(rows, np.int64)])
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), np.bool_)
    np.testing.assert_array_equal(joined[mask], whole[mask])
    part = data.draw(st.slices(count))
    np.testing.assert_array_equal(joined[part], whole[part])
    if rows:
        np.testing.assert_array_equal(joined[rows[0]], whole[rows[0]])
    with pytest.raises(IndexError):
        joined[np.array([count])]


def test_several_sets_stay_on_disk(discs: Path) -> None:
    data, one = open_all([discs, discs]), open_prepared(discs)
    assert isinstance(data.images, Joined) and data.images.shape == (2 * len(one.names), *one.shape)
    assert all(isinstance(part, np.memmap) for part in data.images._parts)
    rows = np.array([0, len(one.names) + 3])
    np.testing.assert_array_equal(data.images[rows], one.images[np.array([0, 3])])
