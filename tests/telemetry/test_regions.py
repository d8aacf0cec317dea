from __future__ import annotations

import pytest

from telemetry.regions import province_of


@pytest.mark.parametrize(
    ("city", "province"),
    [("3578", "35"), ("35.78", "35"), ("Surabaya", None), ("35789", None), ("357", None), ("35-78", None)],
)
def test_a_province_is_the_first_two_digits_of_a_regency_code(city: str, province: str | None) -> None:
    assert province_of(city) == province
