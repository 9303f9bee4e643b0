from __future__ import annotations

import pytest

from train.data.derived import Derived, derive
from train.data.labels import Column
from tui_vae.errors import UserError

TOP = Column("top", "categorical", ("hat", "winterHat1", "bob", None))
AGE = Column("age", "numeric", (3.0, 30.0, None, 3.5))


def test_a_label_says_whether_another_has_one_of_some_values() -> None:
    wanted = (
        Derived.parse("covered = top: hat | winter*"),
        Derived.parse(" three=age:3"),
        Derived.parse("any = top: *"),
    )
    covered, three, anything, *rest = derive([TOP, AGE], wanted)
    assert covered == Column("covered", "boolean", (True, True, False, False))
    assert three == Column("three", "boolean", (True, False, False, False))
    assert anything.values == (True, True, True, False)  # nothing said: none of them
    assert rest == [TOP, AGE]
    (known, *_) = derive([TOP, AGE], wanted[2:], {"top": [True, True, False, True], "age": [True] * 4})
    assert known.values == (True, True, None, False)  # there is no line for the third item


@pytest.mark.parametrize("text", ["hat", "hat = top", "= top: hat", "hat = : hat", "hat = top: ", "hat = top: a | | b"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected NAME = COLUMN: VALUE"):
        Derived.parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = hair: x", "there is no label 'hair'; there are: top, age"),
        ("age = top: hat", "there is a label of that name already"),
        ("a = top: hat | cap*", "no item's top matches 'cap\\*'"),
    ],
)
def test_labels_that_cannot_be_made_are_refused(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        derive([TOP, AGE], [Derived.parse(text)])
