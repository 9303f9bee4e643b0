"""What outlives a session: the undo tree, bookmarks, axes of one's own. Written in a thread, after every change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from tui_vae import paths
from tui_vae.app import collection, journal
from tui_vae.app.collection import Collection
from tui_vae.errors import UserError
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.history import Step
from tui_vae.latent.own_axes import OwnAxis
from tui_vae.latent.point import Point
from tui_vae.latent.space import LatentSpace

COMPACT_BYTES = 8_000_000
PATIENCE = 2.0
"""Seconds that the end of the program waits for the disk."""


class Keeper:
    """Keeps an explorer's tree and collection in two files, each named after the model's fingerprint.

    The tree goes to a journal, a line per change; it is shortened to its newest 500 steps at the start, and whenever
    the file has grown large. While another process keeps the tree of the same model, this one does not.

    Args:
        space: The model's latent space.
        model: Its fingerprint.
        histories: Folder of the journals; the user's own unless told.
        collections: Folder of the collections; the user's own unless told.
    """

    def __init__(
        self, space: LatentSpace, model: str, histories: Path | None = None, collections: Path | None = None
    ) -> None:
        self._space, self._model = space, model
        self._journal = (histories or paths.histories()) / f"{model}.jsonl"
        self._collection = (collections or paths.collections()) / f"{model}.json"
        self._lock: journal.Lock | None = None
        self._keeps_tree = False
        self._written = 0
        self._known = Collection()
        self._own: tuple[OwnAxis, ...] = ()
        self._changes = 0
        self._thread = ThreadPoolExecutor(1, "keeping")
        self._last: Future[None] | None = None
        self._problem = ""

    def restore(self, state: Explorer) -> str:
        """Give an explorer that has just been opened the tree, the bookmarks and the axes of earlier sessions.

        Returns what is wrong with the files, in one line; "" where nothing is. A damaged file is put aside.
        """
        problems = []
        try:
            self._known = collection.read(self._collection, self._space, self._model)
            for name, point in self._known.bookmarks.items():
                state.bookmarks.add(name, point)
            state.set_own(self._known.axes)
        except UserError as error:
            problems.append(str(error))
        self._changes, self._own = state.bookmarks.changes, state.own
        try:
            self._lock = journal.lock(self._journal)
            self._keeps_tree = self._lock is not None
            steps, damaged = journal.read(self._journal, self._space, self._model)
            state.history.restore(steps)
            if damaged:
                problems.append(f"{self._journal}: {damaged} damaged steps of the undo tree were left out")
        except UserError as error:
            problems.append(str(error))
            if self._keeps_tree:
                self._do(lambda: _put_aside(self._journal))
        state.history.take_changed()
        if self._keeps_tree:
            self._shorten(state.history.steps())
        return problems[0] if problems else ""

    def keep(self, state: Explorer) -> str:
        """Keep what has changed since the last call, without waiting for the disk.

        Returns what went wrong with writing, once, in one line.
        """
        changed = state.history.take_changed()
        if changed and self._keeps_tree:
            lines = journal.lines_of(changed)
            self._written += len(lines)
            if self._written > COMPACT_BYTES:
                self._shorten(state.steps())
            else:
                self._do(lambda: journal.append(self._journal, lines))
        if state.bookmarks.changes != self._changes or state.own is not self._own:
            self._changes, self._own = state.bookmarks.changes, state.own
            before, self._known = self._known, Collection(dict(state.bookmarks), state.own)
            made = self._known
            self._do(lambda: collection.update(self._collection, before, made, self._space, self._model))
        problem, self._problem = self._problem, ""
        return problem

    def finish(self, patience: float = PATIENCE) -> bool:
        """Wait until all is on the disk; ``False`` where it is not after so many seconds."""
        return self._last is None or not wait([self._last], patience).not_done

    def close(self) -> None:
        """Finish, and let another process keep the tree."""
        self.finish()
        self._thread.shutdown(wait=False)
        self._keeps_tree = False
        if self._lock is not None:
            self._lock.close()

    def _shorten(self, steps: tuple[Step[Point], ...]) -> None:
        kept = steps[-journal.KEPT_STEPS :]
        self._written = 0
        self._do(lambda: journal.write(self._journal, kept, self._model))

    def _do(self, task: Callable[[], None]) -> None:
        self._last = self._thread.submit(self._try, task)

    def _try(self, task: Callable[[], None]) -> None:
        try:
            task()
        except UserError as error:
            self._problem = str(error)


def _put_aside(path: Path) -> None:
    try:
        path.replace(path.with_name(path.name + ".damaged"))
    except OSError as error:
        raise UserError(f"{path}: cannot put aside: {error.strerror or error}") from error
