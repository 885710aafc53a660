"""The types of settings: what is made of a value, and what the schema says of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from autoresearch_ci.config import values
from autoresearch_ci.core.model import Constraint, MinDelta


def any_of(*schemas: dict[str, Any]) -> WithJsonSchema:
    """The form of a field in the schema: one of these."""
    return WithJsonSchema({"anyOf": list(schemas)} if len(schemas) > 1 else schemas[0])


def _pattern(regex: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{regex}$"}


_SCALAR = ["string", "number", "boolean"]
_ONE_LINE = {"type": _SCALAR, "pattern": r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"}
_LIST = ({"type": "string"}, {"type": "array", "items": {"type": _SCALAR}})

Line = Annotated[str, BeforeValidator(values.line), any_of(_ONE_LINE)]
Word = Annotated[
    str,
    BeforeValidator(values.word),
    any_of({"type": _SCALAR, "pattern": r"^[^\s\x00-\x1f\x7f]+$"}),
]
TargetPath = Annotated[str, BeforeValidator(values.path), any_of(_ONE_LINE)]
Script = Annotated[str, BeforeValidator(values.script), any_of({"type": _SCALAR, "pattern": r"\S"})]
Number = Annotated[
    float, BeforeValidator(values.number), any_of({"type": "number"}, _pattern(values.NUMBER))
]
Count = Annotated[
    int,
    BeforeValidator(values.count),
    any_of({"type": "integer", "minimum": 1}, _pattern("0*[1-9][0-9]*")),
]
Amount = Annotated[
    float,
    BeforeValidator(values.amount),
    any_of({"type": "number", "minimum": 0}, _pattern(values.NUMBER.removeprefix("[+-]?"))),
]
Url = Annotated[str, BeforeValidator(values.url), any_of(_pattern(values.URL))]
CountOrZero = Annotated[
    int,
    BeforeValidator(values.count_or_zero),
    any_of({"type": "integer", "minimum": 0}, _pattern("[0-9]+")),
]
CountOrAuto = Annotated[
    int | Literal["auto"],
    BeforeValidator(values.count_or_auto),
    any_of({"type": "integer", "minimum": 1}, _pattern("0*[1-9][0-9]*|[aA][uU][tT][oO]")),
]
Seconds = Annotated[
    float,
    BeforeValidator(values.seconds),
    any_of(
        {"type": "number", "exclusiveMinimum": 0, "maximum": values.YEAR},
        _pattern(r"[0-9]+(\.[0-9]+)?"),
        _pattern(values.DURATION),
    ),
]
Duration = Annotated[float, BeforeValidator(values.duration), any_of(_pattern(values.DURATION))]
Memory = Annotated[
    int,
    BeforeValidator(values.memory),
    any_of({"type": "integer", "minimum": values.LEAST_MEMORY}, _pattern(values.SIZE)),
]
SmallestChange = Annotated[
    MinDelta,
    BeforeValidator(values.min_delta),
    any_of(
        {"type": "number", "minimum": 0},
        _pattern(r"[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*%?"),
    ),
]
Globs = Annotated[tuple[str, ...], BeforeValidator(values.globs), any_of(*_LIST)]
Paths = Annotated[tuple[str, ...], BeforeValidator(values.absolute_paths), any_of(*_LIST)]
Gpus = Annotated[
    tuple[str, ...],
    BeforeValidator(values.gpus),
    any_of(*_LIST, {"type": "integer", "minimum": 0}),
]
Variables = Annotated[tuple[str, ...], BeforeValidator(values.variables), any_of(*_LIST)]
Constraints = Annotated[tuple[Constraint, ...], BeforeValidator(values.constraints), any_of(*_LIST)]
