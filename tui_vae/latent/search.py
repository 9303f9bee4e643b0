"""Search in the atlas: ``smiling and not eyeglasses``, ``(male or bangs) and young``, ``age > 30``, ``hair = blond``,
``"wearing hat"``, ``*.jpg``.

    query      = all-of { "or" all-of }
    all-of     = one { "and" one }
    one        = "not" one | "(" query ")" | name [ ( "<" | "<=" | ">" | ">=" | "=" | "!=" ) value ]
    name       = words or quoted text

Neighbouring words are one name. Names are compared without regard to case, and ``_`` is a space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from tui_vae.latent.space import LatentSpace
from tui_vae.latent.truth import Flags, Truth, Vocabulary

MAX_LENGTH = 1000
MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign><=|>=|!=|==|[<>=])|(?P<bracket>[()])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'"""
    r"""|(?P<open>["'].*)|(?P<word>(?:(?!!=)[^\s()<>=])+))""",
    re.DOTALL,
)
_KEYWORDS = ("and", "or", "not")


class SearchError(ValueError):
    """What is wrong with a query, in one line, and at which character (from 0)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at {position + 1})")
        self.position = position


@dataclass(frozen=True)
class Found:
    """What a search found: (N,) bool over the atlas, and the names that were only predicted, by an axis."""

    items: Flags
    predicted: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Token:
    kind: str  # "sign", "bracket", "keyword", "word", "quoted" or "end"
    text: str
    position: int


def search(space: LatentSpace, text: str) -> Found:
    """The atlas items that a query describes; every item where it is empty.

    Items of which it is not known are left out, by ``not`` too. An attribute without a stored label is predicted from
    its axis: yes beyond +1 sigma, no beyond -1, not known between.

    Raises:
        SearchError: the query cannot be read, or names something that there is not.
    """
    if len(text) > MAX_LENGTH:
        raise SearchError(f"the query has more than {MAX_LENGTH} characters", MAX_LENGTH)
    if not text.strip():
        return Found(np.ones(len(space.atlas), np.bool_))
    vocabulary = Vocabulary(space)
    truth = _Parser(_tokens(text), vocabulary).whole()
    return Found(truth.yes, tuple(dict.fromkeys(vocabulary.predicted)))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        said, start = match[kind], match.start(kind)
        position = match.end()
        if kind == "open":
            raise SearchError("this quotation mark is never closed", start)
        if kind in ("double", "single"):
            kind, start = "quoted", start - 1
        elif kind == "word" and said.casefold() in _KEYWORDS:
            kind, said = "keyword", said.casefold()
        tokens.append(_Token(kind, "=" if said == "==" else said, start))
    rest = text[position:]
    if rest.strip():
        raise SearchError(f"{rest.strip()[0]!r} does not belong here", position + len(rest) - len(rest.lstrip()))
    return [*tokens, _Token("end", "the end", len(text))]


class _Parser:
    """Recursive descent, one method per rule; evaluates as it reads."""

    def __init__(self, tokens: list[_Token], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._place = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, kind: str, text: str) -> bool:
        taken = (self._next.kind, self._next.text) == (kind, text)
        self._place += taken
        return taken

    def whole(self) -> Truth:
        truth = self._query(0)
        if self._next.kind != "end":
            raise SearchError(f"expected and, or or the end before {self._next.text!r}", self._next.position)
        return truth

    def _query(self, depth: int) -> Truth:
        if depth > MAX_DEPTH:
            raise SearchError("too many brackets within each other", self._next.position)
        truth = self._all_of(depth)
        while self._take("keyword", "or"):
            truth |= self._all_of(depth)
        return truth

    def _all_of(self, depth: int) -> Truth:
        truth = self._one(depth)
        while self._take("keyword", "and"):
            truth &= self._one(depth)
        return truth

    def _one(self, depth: int) -> Truth:
        turned = False
        while self._take("keyword", "not"):
            turned = not turned
        if self._take("bracket", "("):
            truth = self._query(depth + 1)
            if not self._take("bracket", ")"):
                raise SearchError(f"expected ) before {self._next.text!r}", self._next.position)
        else:
            truth = self._term()
        return ~truth if turned else truth

    def _term(self) -> Truth:
        start = self._next
        name = self._name("a name")
        sign = self._next
        try:
            if sign.kind != "sign":
                return self._vocabulary.word(name, quoted=start.kind == "quoted")
            self._place += 1
            return self._vocabulary.comparison(name, sign.text, self._name("a value"))
        except SearchError:
            raise
        except ValueError as error:
            raise SearchError(str(error), start.position) from error

    def _name(self, wanted: str) -> str:
        start = self._next
        if start.kind not in ("word", "quoted"):
            said = start.text if start.kind == "end" else repr(start.text)
            raise SearchError(f"expected {wanted} before {said}", start.position)
        words: list[str] = []
        while self._next.kind == "word" or (self._next.kind == "quoted" and not words):
            words.append(self._next.text)
            self._place += 1
            if start.kind == "quoted":
                break
        name = " ".join(words)
        if not name.strip(" _"):
            raise SearchError("an empty name", start.position)
        return name
