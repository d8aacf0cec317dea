"""Channels of alerts whose settings would only fail when something is to be told are refused before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.checks import contradictions
from config.problems import dotted
from config.settings import Settings
from tests.certificates import Authority


def refused(**keys: Any) -> dict[str, str]:
    """Key -> reason, for a channel that is otherwise fine."""
    settings = Settings.model_validate({"historian": "h.duckdb", "alerts": [{"name": "duty"} | keys]})
    return {dotted(found.key): found.text for found in contradictions(settings)}


MAIL = {"type": "email", "sender": "nadi@example.org", "to": ["a@example.org"]}
HOOK = {"type": "webhook", "url": "https://city.example/hook"}
CAP = {"type": "cap", "folder": "cap", "sender": "bpbd.example.go.id"}


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "Nadi Kota <nadi@example.org>", "root@localhost", "Pak Ōe <a@b.example>", "Ir. B.P. <a@b.example>"],
)
def test_addresses_as_people_write_them_are_fine(address: str) -> None:
    assert refused(**MAIL | {"sender": address, "to": [address]}) == {}


@pytest.mark.parametrize(
    "address", ["foo <", "nadi@[", "nadi", "a b@c.example", "g: a@b.example;", "a@@b", "a@b.example\nBcc: c@d"]
)
def test_what_is_no_address_is_named(address: str) -> None:
    found = refused(**MAIL | {"sender": address, "to": ["a@b.example", address]})
    assert set(found) == {"alerts[0].sender", "alerts[0].to[1]"}
    assert all("is not one e-mail address; write name@example.org" in reason for reason in found.values())


@pytest.mark.parametrize("channel", [MAIL, HOOK])
def test_a_ca_file_without_certificates_is_named(tmp_path: Path, channel: dict[str, Any]) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate\n")
    found = refused(**channel, ca_file=str(bad))
    assert list(found) == ["alerts[0].ca_file"]
    assert "bad.pem' holds no certificates in PEM" in found["alerts[0].ca_file"]
    assert "can't be read" in refused(**channel, ca_file=str(tmp_path / "none.pem"))["alerts[0].ca_file"]
    assert refused(**channel, ca_file=str(Authority(tmp_path).ca_file)) == {}


def test_a_user_name_that_http_cannot_carry_is_refused() -> None:
    assert "no colon" in refused(**HOOK, username="a:b", password="c")["alerts[0].username"]
    assert refused(**MAIL, username="a:b", password="kunci-é") == {}


def test_cap_publishes_disasters_alone() -> None:
    found = refused(**CAP, kinds=["quake", "sensor-fault"])
    assert list(found) == ["alerts[0].kinds[1]"]
    assert "allowed: air-quality, flood-warning" in found["alerts[0].kinds[1]"]


def test_a_folder_that_cap_could_not_write_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file; name a folder" in refused(**CAP | {"folder": str(tmp_path / "file")})["alerts[0].folder"]
    assert "can't be made" in refused(**CAP | {"folder": str(tmp_path / "file" / "cap")})["alerts[0].folder"]
    assert refused(**CAP | {"folder": str(tmp_path / "new" / "cap")}) == {}
