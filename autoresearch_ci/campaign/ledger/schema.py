"""Records checked and written by their fields' types, with pydantic's core.

Without pydantic itself, which takes longer to import than ten thousand records to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator, core_schema

from autoresearch_ci.core.model import Sample, Side

_NAMES = {"commit": "sha", "samples": "runs"}
"""Fields that have another name on the line."""


def read(kind: type, details: Mapping[str, Any]) -> Any:
    """The record in a line's details. Raises pydantic_core.ValidationError."""
    return _core(kind).reader.validate_python(details)


def write(record: Any) -> dict[str, Any]:
    """The record's fields by their names on the line, in their order."""
    kind: Any = type(record)
    details: dict[str, Any] = _core(kind).writer.to_python(record, by_alias=True)
    return details


class _Core(NamedTuple):
    reader: SchemaValidator
    writer: SchemaSerializer


@cache
def _core(kind: Any) -> _Core:
    schema = _schema(kind)
    return _Core(SchemaValidator(schema), SchemaSerializer(schema))


def _enum_schema(kind: type[StrEnum]) -> CoreSchema:
    return core_schema.enum_schema(kind, list(kind), sub_type="str")


_PLAIN: dict[Any, CoreSchema] = {
    str: core_schema.str_schema(coerce_numbers_to_str=True),
    int: core_schema.int_schema(),
    float: core_schema.float_schema(),
    bool: core_schema.bool_schema(),
    Mapping[str, Any]: core_schema.dict_schema(),
    Mapping[str, str]: core_schema.dict_schema(values_schema=core_schema.str_schema()),
    Mapping[str, float]: core_schema.dict_schema(values_schema=core_schema.float_schema()),
    Sample: core_schema.no_info_after_validator_function(
        Sample._make,
        core_schema.tuple_positional_schema([_enum_schema(Side), core_schema.float_schema()]),
    ),
}


def _schema(hint: Any) -> CoreSchema:
    """The type of a field, or a record, as pydantic's core knows types."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is tuple:
        return core_schema.tuple_variable_schema(_schema(get_args(hint)[0]))
    if get_args(hint):
        return core_schema.nullable_schema(_schema(get_args(hint)[0]))
    if is_dataclass(hint):
        return _record_schema(hint)
    return _enum_schema(hint)


def _record_schema(kind: Any) -> CoreSchema:
    hints, known = get_type_hints(kind), []
    for field in fields(kind):
        schema, name = _schema(hints[field.name]), _NAMES.get(field.name, field.name)
        if field.default is not MISSING:
            schema = core_schema.with_default_schema(schema, default=field.default)
        elif field.default_factory is not MISSING:
            schema = core_schema.with_default_schema(schema, default_factory=field.default_factory)
        known.append(
            core_schema.dataclass_field(
                field.name, schema, validation_alias=name, serialization_alias=name
            )
        )
    taken = core_schema.dataclass_args_schema(kind.__name__, known)
    return core_schema.dataclass_schema(
        kind, taken, [field.name for field in fields(kind)], slots=True
    )
