"""`./nadi password`: a line for `http.users_file`. The password never stands among the arguments,
where every process of the machine could read it."""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from typing import Annotated

import typer

from telemetry.errors import NadiError


class Role(StrEnum):
    viewer = "viewer"
    operator = "operator"


def password(
    name: Annotated[str, typer.Argument(help="who signs in")],
    role: Annotated[Role, typer.Argument(help="viewer: sees all; operator: may also change things")],
) -> None:
    """Print a line for http.users_file; asks for the password, or reads it from standard input."""
    from pipeline.web.passwords import hash_password

    if not name.strip() or name != name.strip() or not name.isprintable() or name[0] == "#" or ":" in name:
        raise NadiError(f"{name!r} can't be a user's name: printable characters, no colon, no # at the beginning")
    print(f"{name}:{role.value}:{hash_password(_ask())}")


def _ask() -> str:
    """Raises NadiError when it is too short, or not said twice alike."""
    from pipeline.web.passwords import LEAST_LENGTH

    if sys.stdin.isatty():
        given = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != given:
            raise NadiError("the two passwords differ; nothing is made")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if len(given) < LEAST_LENGTH:
        raise NadiError(f"the password has {len(given)} characters; at least {LEAST_LENGTH} are wanted")
    return given
