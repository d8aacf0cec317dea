"""Passwords and their hashes in PHC string format.

`./nadi password` makes argon2id; scrypt is read too, for `deploy/make-secrets` writes it: it runs
before anything is installed, and Python's own library has no argon2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final, Protocol

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH: Final = 8
"""Characters of a password that is made here."""
_MOST_MEMORY: Final = 256 * 2**20
"""Bytes; a hash that asks for more would let a users file take the machine's memory."""
_MOST_PASSES: Final = 20
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,})\$([A-Za-z0-9+/]{22,})")


class HashFault(ValueError):
    """Text that is not a hash that can be used, and why."""


class PasswordHash(Protocol):
    def accepts(self, password: str) -> bool:
        """Whether `password` is the one. Takes a core for about 50 ms, and up to 64 MB: call it in a thread."""
        ...


@dataclass(frozen=True, slots=True)
class Argon2Hash:
    """A whole PHC string of argon2id."""

    text: str

    def accepts(self, password: str) -> bool:
        try:
            return argon2.PasswordHasher().verify(self.text, password.encode("utf-8", "surrogateescape"))
        except VerificationError:
            return False


@dataclass(frozen=True, slots=True)
class ScryptHash:
    """scrypt's numbers (n, r, p), salt and key."""

    cost: tuple[int, int, int]
    salt: bytes
    key: bytes

    def accepts(self, password: str) -> bool:
        n, r, p = self.cost
        made = hashlib.scrypt(
            password.encode("utf-8", "surrogateescape"),
            salt=self.salt, n=n, r=r, p=p, dklen=len(self.key), maxmem=_MOST_MEMORY,
        )  # fmt: skip
        return hmac.compare_digest(made, self.key)


def hash_password(password: str) -> str:
    """argon2id with the first choice of RFC 9106 for machines of little memory (64 MB, 3 passes)."""
    return argon2.PasswordHasher().hash(password)


def parse_hash(text: str) -> PasswordHash:
    """Raises HashFault, which says what is wrong."""
    return _scrypt(text) if text.startswith("$scrypt$") else _argon2(text)


def _argon2(text: str) -> Argon2Hash:
    try:
        numbers = argon2.extract_parameters(text)
    except InvalidHashError:
        raise HashFault("is neither argon2id nor scrypt in PHC format; ./nadi password makes one") from None
    if numbers.type is not argon2.Type.ID:
        raise HashFault("is of another kind of argon2; argon2id is wanted, as ./nadi password makes it")
    if not (8 * 2**10 <= numbers.memory_cost * 2**10 <= _MOST_MEMORY and 1 <= numbers.time_cost <= _MOST_PASSES):
        raise HashFault("has numbers that are out of bounds; ./nadi password chooses good ones")
    return Argon2Hash(text)


def _scrypt(text: str) -> ScryptHash:
    found = _SCRYPT.fullmatch(text)
    if not found:
        raise HashFault("is not scrypt in PHC format ($scrypt$ln=14,r=8,p=5$salt$key)")
    ln, r, p = int(found[1]), int(found[2]), int(found[3])
    if not (ln >= 10 and r and 0 < p <= _MOST_PASSES and 128 * 2**ln * r <= _MOST_MEMORY // 2):
        raise HashFault("has numbers that are out of bounds; ln=14,r=8,p=5 is a good choice")
    try:
        return ScryptHash((2**ln, r, p), _decoded(found[4]), _decoded(found[5]))
    except ValueError:
        raise HashFault("has a salt or key that is not base64") from None


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
