"""Yes-or-no labels made of others: ``glasses = accessories: *``, ``hat = top: hat | winterHat* | turban``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from train.data.labels import Column, Value
from tui_vae.errors import UserError


@dataclass(frozen=True, slots=True)
class Derived:
    """A boolean label ``name``: whether the value in ``column`` matches any of the shell-style ``patterns``.

    An item whose cell is empty has none of its values: no. So an empty cell can mean "no glasses".
    """

    name: str
    column: str
    patterns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Derived:
        """Read ``NAME = COLUMN: PATTERN | PATTERN``.

        Raises:
            UserError: it is of another form.
        """
        name, equals, rest = text.partition("=")
        column, colon, values = rest.partition(":")
        patterns = tuple(value.strip() for value in values.split("|"))
        if not (equals and colon and name.strip() and column.strip() and all(patterns)):
            raise UserError(
                f"--derive {text!r}: expected NAME = COLUMN: VALUE | VALUE, such as 'hat = top: hat | winter*'"
            )
        return cls(name.strip(), column.strip(), patterns)

    def __str__(self) -> str:
        return f"{self.name} = {self.column}: {' | '.join(self.patterns)}"


def derive(
    columns: Sequence[Column], wanted: Sequence[Derived], listed: Mapping[str, Sequence[bool]] | None = None
) -> tuple[Column, ...]:
    """The labels that are ``wanted``, of the items that ``columns`` are of, and the columns behind them.

    ``listed`` says, by column, for which items there is a line at all (all, unless given): of another nothing is known.

    Raises:
        UserError: there is no such column, there is one of that name already, or a pattern matches nothing.
    """
    known = {column.name: column for column in columns}
    made: dict[str, Column] = {}
    for label in wanted:
        if label.column not in known:
            names = ", ".join(known) or "none"
            raise UserError(f"--derive {label.name}: there is no label {label.column!r}; there are: {names}")
        if label.name in known or label.name in made:
            raise UserError(f"--derive {label.name}: there is a label of that name already")
        values = known[label.column].values
        for pattern in label.patterns:
            if not any(_matches(value, (pattern,)) for value in values):
                raise UserError(f"--derive {label.name}: no item's {label.column} matches {pattern!r}")
        lines = listed[label.column] if listed else [True] * len(values)
        made[label.name] = Column(
            label.name,
            "boolean",
            tuple(_matches(value, label.patterns) if line else None for value, line in zip(values, lines, strict=True)),
        )
    return (*made.values(), *columns)


def _matches(value: Value, patterns: Sequence[str]) -> bool:
    return value is not None and any(fnmatchcase(_text(value), pattern) for pattern in patterns)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
