"""The parts of a mapping: paths, topic templates and times."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders.json_mapping.paths import compile_path
from ingest.decoders.json_mapping.times import compile_time
from ingest.decoders.json_mapping.topics import Template

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=12,
)


plain_paths = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.lists(st.integers(0, 3), max_size=2)), min_size=1, max_size=3
).map(lambda steps: ".".join(name + "".join(f"[{index}]" for index in indices) for name, indices in steps))


@given(documents, plain_paths)
@settings(max_examples=300, deadline=None)
def test_a_plain_path_finds_what_jmespath_finds(document: Any, path: str) -> None:
    assert compile_path(path)(document) == jmespath.search(path, document)


@given(documents, plain_paths, st.sampled_from(["==", "!="]), st.text("ab", max_size=2))
@settings(max_examples=200, deadline=None)
def test_a_comparison_is_true_where_jmespath_says(document: Any, path: str, sign: str, text: str) -> None:
    expression = f"{path} {sign} '{text}'"
    assert compile_path(expression)(document) is jmespath.search(expression, document)


def test_other_expressions_are_jmespath() -> None:
    document = {"sensors": [{"type": "t", "v": 1}, {"type": "h", "v": 2}], "a-b": 3}
    assert compile_path("sensors[?type=='h'].v | [0]")(document) == 2
    assert compile_path('"a-b"')(document) == 3
    assert compile_path(" @ ")(document) is document


@pytest.mark.parametrize(
    ("template", "topic", "fields"),
    [
        ("city/{site}/{device}", "city/a/b", {"site": "a", "device": "b"}),
        ("city/{site}/{device}", "/city/a/b", None),
        ("[/]city/{site}", "/city/a", {"site": "a"}),
        ("city/{site}/{device}", "city/a", None),
        ("city/{site}/{device}", "city/a/b/c", None),
        ("city/{site}/{device}", "city//b", None),
        ("a/{x}[/{y}[/{z}]]", "a/1", {"x": "1"}),
        ("a/{x}[/{y}[/{z}]]", "a/1/2/3", {"x": "1", "y": "2", "z": "3"}),
        ("a/{rest*}", "a/1/2/3", {"rest": "1/2/3"}),
        ("a/{rest*}/{last}", "a/1/2/3", {"rest": "1/2", "last": "3"}),
        ("a/{x}/#", "a/1/2/3", {"x": "1"}),
        ("#", "any/thing", {}),
        ("+/meter-{serial}/{q}", "x/meter-17/flow", {"serial": "17", "q": "flow"}),
        ("+/meter-{serial}/{q}", "x/pump-17/flow", None),
        ("a.b/{x}", "aXb/1", None),
    ],
)
def test_topic_templates(template: str, topic: str, fields: dict[str, str] | None) -> None:
    assert Template(template).match(topic) == fields


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=5), min_size=3, max_size=3
    )
)
@settings(max_examples=100, deadline=None)
def test_what_a_template_is_filled_with_comes_back(levels: list[str]) -> None:
    fields = dict(zip(("a", "b", "c"), levels, strict=True))
    assert Template("x/{a}/{b}/y/{c}").match("x/{a}/{b}/y/{c}".format(**fields)) == fields


@pytest.mark.parametrize(
    ("form", "zone", "value", "expected"),
    [
        ("auto", "UTC", "2026-11-21T16:00:00Z", 1_795_276_800_000),
        ("auto", "Asia/Jakarta", "2026-11-21T23:00:00", 1_795_276_800_000),
        ("auto", "Asia/Jakarta", "2026-11-21 23:00", 1_795_276_800_000),
        ("auto", "Asia/Jakarta", "2026-11-21T16:00:00+00:00", 1_795_276_800_000),
        ("auto", "Asia/Jakarta", "2026-11-22", 1_795_280_400_000),
        ("auto", "UTC", 1_795_276_800, 1_795_276_800_000),
        ("auto", "UTC", "1795276800123", 1_795_276_800_123),
        ("auto", "UTC", 1_795_276_800.5, 1_795_276_800_500),
        ("s", "UTC", "1795276800.0019", 1_795_276_800_001),
        ("s", "UTC", 1, 1000),
        ("ms", "UTC", 1_795_276_800_123.9, 1_795_276_800_123),
        ("us", "UTC", 1_795_276_800_123_999, 1_795_276_800_123),
        ("ns", "UTC", 1_795_276_800_123_999_999, 1_795_276_800_123),
        ("ms", "UTC", -1.5, -2),
        ("%d/%m/%Y %H:%M:%S", "Asia/Jakarta", "21/11/2026 23:00:00", 1_795_276_800_000),
        ("%Y%m%d%H%M%S", "UTC", 20261121160000, 1_795_276_800_000),
        ("%Y-%m-%d %H:%M:%S.%f", "UTC", "2026-11-21 16:00:00.1239", 1_795_276_800_123),
        ("%d %b %Y %H:%M %z", "Asia/Jakarta", "21 Nov 2026 16:00 +0000", 1_795_276_800_000),
    ],
)
def test_times(form: str, zone: str, value: Any, expected: int) -> None:
    assert compile_time(form, zone)(value) == expected


NO_TIMES: dict[str, tuple[Any, ...]] = {
    "auto": ("", "yesterday", "2026-13-01T00:00:00Z", None, True, [], {}, "1e999", "nan", "9" * 99),
    "s": ("", "x", None, True, float("inf"), float("nan"), "1_000", 1e300, "٣"),
    "%d/%m/%Y": ("2026-11-21", "32/01/2026", None, True, 1.5, "1" * 200),
}


@pytest.mark.parametrize(("form", "value"), [(form, value) for form, values in NO_TIMES.items() for value in values])
def test_what_is_no_time(form: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        compile_time(form, "UTC")(value)
