"""The messages of `sparkplug_b.proto` (Sparkplug 3.0, section 6.4.1) as Google's protobuf reads them: the oracle."""

from __future__ import annotations

from typing import Any

import pytest

descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")
descriptor_pool = pytest.importorskip("google.protobuf.descriptor_pool")
message_factory = pytest.importorskip("google.protobuf.message_factory")

_TYPES = {"double": 1, "float": 2, "uint64": 4, "bool": 8, "string": 9, "bytes": 12, "uint32": 13}
_MESSAGE = 11
_OPTIONAL, _REPEATED = 1, 3

_MESSAGES: dict[str, list[str]] = {
    "Payload": ["timestamp uint64", "metrics Metric*", "seq uint64", "uuid string", "body bytes"],
    "Metric": [
        *("name string", "alias uint64", "timestamp uint64", "datatype uint32"),
        *("is_historical bool", "is_transient bool", "is_null bool", "metadata MetaData", "properties PropertySet"),
        *("int_value uint32", "long_value uint64", "float_value float", "double_value double", "boolean_value bool"),
        *("string_value string", "bytes_value bytes", "dataset_value DataSet", "template_value Template"),
    ],
    "MetaData": ["is_multi_part bool", "content_type string", "size uint64"],
    "PropertySet": ["keys string*", "values PropertyValue*"],
    "PropertyValue": [
        *("type uint32", "is_null bool", "int_value uint32", "long_value uint64", "float_value float"),
        *("double_value double", "boolean_value bool", "string_value string"),
    ],
    "DataSet": ["num_of_columns uint64", "columns string*", "types uint32*"],
    "Template": ["version string", "metrics Metric*", "parameters bytes*", "template_ref string", "is_definition bool"],
}
"""Fields in the order of their numbers, from 1; a star repeats."""
_ALTERNATIVES_FROM = 10
"""The fields of Metric from here on are one `oneof`."""


def _made() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_test.proto", package="sparkplug_test", syntax="proto2")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        if message == "Metric":
            described.oneof_decl.add(name="value")
        for number, text in enumerate(fields, 1):
            name, kind = text.removesuffix("*").split()
            field = described.field.add(name=name, number=number, label=_REPEATED if "*" in text else _OPTIONAL)
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = _MESSAGE, f".sparkplug_test.{kind}"
            if message == "Metric" and number >= _ALTERNATIVES_FROM:
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sparkplug_test.Payload"))


Payload = _made()
