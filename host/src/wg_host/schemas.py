# SPDX-License-Identifier: MIT
"""JSON Schemas (draft 2020-12) of what each command prints with ``--json``.

Every line is an object with a member ``event``. ``note`` and ``warning`` may come at any time; the
last line is ``end``, with a ``result`` if the command ran and an ``error`` if it could not.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}
KEY: Schema = {"type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$"}


def _array(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _or_null(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _event(name: str, members: dict[str, Schema]) -> Schema:
    return _object({"event": {"const": name}, **members})


CHECK = {"check": STRING, "title": STRING, "rung": STRING, "essential": BOOLEAN}
CHECK_RESULT = {
    **CHECK,
    "status": {"enum": ["pass", "fail", "skip"]},
    "detail": STRING,
    "seconds": NUMBER,
    "data": ANY_OBJECT,
}
RUNG = _object(
    {
        "rung": STRING,
        "state": {"enum": ["holds", "broken", "not reached", "not checked"]},
    }
)
VERIFIED = _object(
    {
        "proved": BOOLEAN,
        "counts": _object({"pass": INTEGER, "fail": INTEGER, "skip": INTEGER}),
        "ladder": _array(RUNG),
        "advice": _or_null(STRING),
        "checks": _array(_object(CHECK_RESULT)),
    }
)
PROVISIONED = _object(
    {
        "dry_run": {"const": False},
        "board": STRING,
        "public_key": KEY,
        "address": _array(STRING),
        "listen_port": INTEGER,
        "peer_public_key": KEY,
        "peer_endpoint": _or_null(STRING),
        "board_endpoint": _or_null(STRING),
        "other_peers": _array(KEY),
        "output": STRING,
    }
)
LATENCY = {
    "count": INTEGER,
    "lost": INTEGER,
    **dict.fromkeys(("minimum", "median", "p90", "p99", "maximum"), NUMBER),
}
THROUGHPUT = {
    "seconds": NUMBER,
    "size": INTEGER,
    "window": INTEGER,
    "echoed": INTEGER,
    "lost": INTEGER,
    "bits_per_second": NUMBER,
    "own_limit": NUMBER,
}
FLEET_BOARD = {
    "board": STRING,
    "status": {"enum": ["provisioned", "unchanged", "planned", "failed"]},
    "address": _array(STRING),
    "public_key": _or_null(KEY),
    "error": _or_null(STRING),
    "hint": _or_null(STRING),
}
RECORDED = _object(
    {"address": _array(STRING), "public_key": KEY, "serial_number": STRING, "board": STRING},
    {"chip": {"type": "string", "pattern": "^([0-9a-f]{2})+$"}},
)
DEVICE = _object(dict.fromkeys(("port", "description", "probe", "serial_number", "usb_id"), STRING))
FINDING = _object(
    {"name": STRING, "ok": BOOLEAN, "needed": BOOLEAN, "detail": STRING, "remedy": STRING}
)

# The ``result`` of the last line, by command.
RESULTS: dict[str, Schema] = {
    "bench": _object({"latency": _object(LATENCY), "throughput": _object(THROUGHPUT)}),
    "completion": _object({"shell": STRING, "script": STRING}),
    "config": _object({"public_key": KEY, "peers": _array(KEY)}, {"files": _array(STRING)}),
    "devices": _object({"devices": _array(DEVICE)}),
    "doctor": _object({"healthy": BOOLEAN, "findings": _array(FINDING)}),
    "flash": _object({"command": _array(STRING), "runner": STRING, "serial_number": STRING}),
    "fleet": {
        "anyOf": [
            _object({"hub_config": STRING, "boards": _array(_object(FLEET_BOARD))}),
            _object({"boards": {"type": "object", "additionalProperties": RECORDED}}),
        ]
    },
    "keygen": _object({"kind": STRING}, {"file": STRING, "secret": KEY, "public_key": KEY}),
    "monitor": _object({}),
    "provision": {
        "anyOf": [
            PROVISIONED,
            _object({"dry_run": {"const": True}, "commands": _array(STRING)}),
        ]
    },
    "qr": _object({"public_key": KEY}, {"files": _array(STRING)}),
    "schema": _object({"schema": ANY_OBJECT}),
    "show": _object({"state": ANY_OBJECT}),
    "verify": {"anyOf": [VERIFIED, _object({"checks": _array(_object(CHECK))})]},
}

# Lines that come before the last, by command.
EVENTS: dict[str, list[Schema]] = {
    "bench": [_event("latency", LATENCY)],
    "flash": [_event("begin", {"task": STRING}), _event("line", {"text": STRING})],
    "fleet": [_event("begin", {"board": STRING}), _event("board_end", FLEET_BOARD)],
    "monitor": [_event("line", {"seconds": NUMBER, "text": STRING})],
    "verify": [_event("begin", {"check": STRING}), _event("check", CHECK_RESULT)],
}


def schema(command: str) -> Schema:
    """Of one line that a command prints."""
    end = {"command": {"const": command}, "exit_code": INTEGER}
    error = _object({"kind": STRING, "message": STRING, "hint": STRING})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of 'wg-host {command} --json'",
        "oneOf": [
            _event("note", {"text": STRING}),
            _event("warning", {"text": STRING}),
            *EVENTS.get(command, []),
            _event("end", {**end, "result": RESULTS[command]}),
            _event("end", {**end, "error": error}),
        ],
    }
