# SPDX-License-Identifier: MIT
"""What JSON Schemas are made of: each form takes the description of what it stands for, and that
of a number says its unit."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

KEY_PATTERN = "^[A-Za-z0-9+/]{43}=$"


def text(description: str, **more: Any) -> Schema:
    """A string."""
    return {"type": "string", **more, "description": description}


def key(description: str) -> Schema:
    """A key in base64."""
    return text(description, pattern=KEY_PATTERN)


def chip(description: str) -> Schema:
    """A chip's id."""
    return text(description, pattern="^([0-9a-f]{2})+$")


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def integer(description: str) -> Schema:
    """A whole number; the description says of what."""
    return {"type": "integer", "description": description}


def number(description: str, unit: str) -> Schema:
    """A number in a unit."""
    return {"type": "number", "description": f"{description}, in {unit}."}


def choice(description: str, *values: str) -> Schema:
    """One of some words."""
    return {"enum": list(values), "description": description}


def constant(value: object, description: str) -> Schema:
    """One value."""
    return {"const": value, "description": description}


def array(of: Schema, description: str) -> Schema:
    """A list; its description is in place of that of its elements."""
    return {"type": "array", "items": _bare(of), "description": description}


def or_null(of: Schema) -> Schema:
    """What a form says, or null."""
    return {"anyOf": [_bare(of), {"type": "null"}], "description": of["description"]}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these members and no others."""
    return {**open_record(required, optional), "additionalProperties": False}


def open_record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these members, and others that are not described."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def described(of: Schema, description: str) -> Schema:
    """A record, as the value of a member."""
    return {**of, "description": description}


def _bare(of: Schema) -> Schema:
    return {name: value for name, value in of.items() if name != "description"}
