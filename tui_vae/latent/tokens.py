"""Recipes as short text that can be pasted anywhere: ``faces:8266e8f7:AQEHAAAxK2Q``.

The model's name, eight hexadecimal digits of its fingerprint, and the recipe in bytes with a checksum, in base64's
URL-safe letters (RFC 4648, section 5): nothing that a shell or an address would want quoted. A token is untrusted
input: every length is checked before it is used.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from tui_vae.latent.recipe import Recipe, RecipeError, exact, replay
from tui_vae.latent.recipe_bytes import MAX_BYTES, decode, encode
from tui_vae.latent.space import LatentSpace

USUAL_LENGTH = 200
MAX_LENGTH = MAX_BYTES * 4 // 3 + 100

_TOKEN = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,40}):(?P<digits>[0-9a-f]{8}):(?P<body>[A-Za-z0-9_-]+)")
_CHECK = 3  # bytes of the checksum


def tag(name: str, fingerprint: str) -> str:
    """What begins every token of a model: ``faces:8266e8f7``. Letters that would want quoting become ``_``."""
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', name).lstrip('-')[:40] or '_'}:{fingerprint[:8]}"


def write(recipe: Recipe, model: str, space: LatentSpace) -> str:
    """The token of a recipe; ``model`` is its :func:`tag`.

    A recipe that would be longer than 200 characters is written as the vector that it makes, where that is shorter.
    """
    try:
        token = _sealed(model, encode(recipe))
    except RecipeError:  # of what has no place in a token, such as axes of one's own
        return _sealed(model, encode(exact(replay(recipe, space))))
    if len(token) > USUAL_LENGTH:
        token = min(token, _sealed(model, encode(exact(replay(recipe, space)))), key=len)
    return token


def is_like_one(text: str) -> bool:
    """Whether a text is meant to be a token, whole or damaged."""
    return len(text) <= MAX_LENGTH and _TOKEN.fullmatch("".join(text.split())) is not None


def model_of(token: str) -> str:
    """The :func:`tag` of the model that a token belongs to: ``name:digits``.

    Raises:
        RecipeError: the text is not a whole token.
    """
    return _opened(token)[0]


def read(token: str, model: str) -> Recipe:
    """The recipe of a token; white space in it is ignored. ``model`` is the tag of the model that it is for.

    Raises:
        RecipeError: no token, a damaged one, or one of another model, which is named.
    """
    made_with, payload = _opened(token)
    if made_with != model:
        theirs, digits = made_with.split(":")
        ours, our_digits = model.split(":")
        if theirs == ours:
            raise RecipeError(f"the token was made with another training of {ours}: {digits}, and this is {our_digits}")
        raise RecipeError(f"the token belongs to the model {theirs} ({digits}), and this is {ours} ({our_digits})")
    return decode(payload)


def _sealed(model: str, payload: bytes) -> str:
    body = base64.urlsafe_b64encode(payload + _checksum(model, payload)).decode().rstrip("=")
    return f"{model}:{body}"


def _opened(token: str) -> tuple[str, bytes]:
    text = "".join(token.split()) if len(token) <= MAX_LENGTH else ""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise RecipeError("not the token of a face: one looks like faces:8266e8f7:AQEHAAAxK2Q")
    body, model = match["body"], f"{match['name']}:{match['digits']}"
    try:
        sealed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        sealed = b""
    payload, check = sealed[:-_CHECK], sealed[-_CHECK:]
    whole = base64.urlsafe_b64encode(sealed).decode().rstrip("=") == body  # spare bits count too
    if not whole or not payload or check != _checksum(model, payload):
        raise RecipeError("the token is damaged: a character is wrong or missing")
    return model, payload


def _checksum(model: str, payload: bytes) -> bytes:
    return zlib.crc32(model.encode() + b":" + payload).to_bytes(4, "big")[:_CHECK]
