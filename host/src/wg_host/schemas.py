# SPDX-License-Identifier: MIT
"""JSON Schemas (draft 2020-12) of what each command prints with ``--json``.

Every line is an object with a member ``event``. ``note`` and ``warning`` may come at any time; the
last line is ``end``, with a ``result`` if the command ran and an ``error`` if it could not.
"""

from __future__ import annotations

from wg_host.schemaforms import (
    Schema,
    array,
    chip,
    choice,
    constant,
    described,
    flag,
    integer,
    key,
    number,
    open_record,
    or_null,
    record,
    text,
)

PATHS = array(text("A path."), "The paths of the files that were written.")


def _event(name: str, members: dict[str, Schema]) -> Schema:
    return record({"event": constant(name, "What this line is."), **members})


# verify

CHECK = {
    "check": text("The check's name, as --only takes it."),
    "title": text("What it proves, for a person."),
    "rung": text("The rung of the ladder on which it is."),
    "essential": flag("Whether the tunnel is proved only if it ran."),
}
CHECK_RESULT = {
    **CHECK,
    "status": choice("What came of it.", "pass", "fail", "skip"),
    "detail": text("What was seen; for 'fail' and 'skip' the reason."),
    "seconds": number("How long it took", "seconds"),
    "data": {"type": "object", "description": "Figures of the check, by name."},
}
RUNG = record(
    {
        "rung": text("Its name."),
        "state": choice(
            "Whether the tunnel stands on it.", "holds", "broken", "not reached", "not checked"
        ),
    }
)
COUNTS = record(
    {
        "pass": integer("Number of checks that passed."),
        "fail": integer("Number of checks that failed."),
        "skip": integer("Number of checks that could not be made."),
    }
)
VERIFIED = record(
    {
        "proved": flag("Whether every check that ran passed, and every essential one ran."),
        "counts": described(COUNTS, "How many checks ended how."),
        "ladder": array(RUNG, "The rungs, the lowest first."),
        "advice": or_null(text("What to try about the lowest rung that is broken, or null.")),
        "checks": array(record(CHECK_RESULT), "What came of each check, in order."),
    }
)
LISTED = record({"checks": array(record(CHECK), "Every check there is, in order (--list).")})

# bench

LATENCY = {
    "count": integer("Number of echoes that came back."),
    "lost": integer("Number of echoes that did not."),
    "minimum": number("The shortest round trip", "seconds"),
    "median": number("The round trip that half of them do not exceed", "seconds"),
    "p90": number("The round trip that 90 % do not exceed", "seconds"),
    "p99": number("The round trip that 99 % do not exceed", "seconds"),
    "maximum": number("The longest round trip", "seconds"),
}
THROUGHPUT = {
    "seconds": number("How long it was measured", "seconds"),
    "size": integer("Size of an inner packet, in bytes."),
    "window": integer("Number of echoes under way at a time."),
    "echoed": integer("Number of echoes that came back."),
    "lost": integer("Number of echoes that did not."),
    "bits_per_second": number(
        "Inner packets that came back; as much went the other way", "bits per second"
    ),
    "own_limit": number("What this peer can do alone, without a board", "bits per second"),
}
BENCHED = record(
    {
        "latency": described(record(LATENCY), "Round trips of single echoes of 56 bytes."),
        "throughput": described(record(THROUGHPUT), "Echoes, as many as the window holds."),
    }
)

# provision, fleet

PROVISIONED = record(
    {
        "dry_run": constant(False, "The board was changed."),
        "board": text("The board's name, for instance 'nucleo_f207zg'."),
        "public_key": key("The board's public key."),
        "address": array(text("ADDRESS/LENGTH."), "The board's addresses inside the tunnel."),
        "listen_port": integer("The board's UDP port, 1 to 65535."),
        "peer_public_key": key("The public key of our end."),
        "peer_endpoint": or_null(text("HOST:PORT where the board finds our end, or null.")),
        "board_endpoint": or_null(text("HOST:PORT where our end finds the board, or null.")),
        "other_peers": array(key("A key."), "Public keys of the other peers that the board keeps."),
        "output": text("The path of the file for our end."),
    }
)
PREVIEWED = record(
    {
        "dry_run": constant(True, "Nothing was changed."),
        "commands": array(text("A line."), "What would be said on the console, without secrets."),
    }
)
FLEET_BOARD = {
    "board": text("Its name in the fleet file."),
    "status": choice("What was done.", "provisioned", "unchanged", "planned", "failed"),
    "address": array(text("ADDRESS/LENGTH."), "Its addresses inside the tunnel."),
    "public_key": or_null(key("Its public key, or null if that is not known.")),
    "error": or_null(text("Why it failed, or null.")),
    "hint": or_null(text("What to try about that, perhaps empty; or null.")),
}
RECORDED = record(
    {
        "address": array(text("ADDRESS/LENGTH."), "Its addresses inside the tunnel."),
        "public_key": key("Its public key."),
        "serial_number": text("Serial number of its debug probe, or empty."),
        "board": text("The board's name, for instance 'nucleo_f207zg'."),
    },
    {"chip": chip("The chip's id in lower-case hexadecimal; left out if it has none.")},
)
FLEET_RAN = record(
    {
        "hub_config": text("The path of the hub's wg-quick file."),
        "boards": array(record(FLEET_BOARD), "What came of each board, in order."),
    }
)
FLEET_STATUS = record(
    {
        "boards": {
            "type": "object",
            "additionalProperties": RECORDED,
            "description": "The boards on record, by name (--status).",
        }
    }
)

# show

STATE_PEER = open_record(
    {
        "public_key": key("Its public key."),
        "preshared_key": flag("Whether it has a preshared key."),
        "allowed_ips": array(text("ADDRESS/LENGTH."), "What may come from it and go to it."),
        "endpoint_host": or_null(text("HOST:PORT as it was set, or null.")),
        "persistent_keepalive": integer("Seconds between keepalives, 0 for off."),
    },
    {
        "endpoint": or_null(text("ADDRESS:PORT in force, or null.")),
        "latest_handshake": or_null(integer("Seconds since the latest handshake, or null.")),
        "rx_bytes": integer("Bytes received."),
        "tx_bytes": integer("Bytes sent."),
    },
)
STATE = open_record(
    {
        "v": constant(1, "The version of this format."),
        "version": text("The version of zwg on the board."),
        "board": text("The board's name, for instance 'nucleo_f207zg'."),
        "interface": text("The tunnel's interface, for instance 'zwg0'."),
        "staged": flag("Whether these are the staged settings (--staged)."),
        "pending": flag("Whether settings are staged and not committed."),
        "up": flag("Whether the tunnel is to run."),
        "entropy": choice(
            "The random source; with 'test' the keys are worthless.", "hardware", "os", "test"
        ),
        "public_key": or_null(key("The board's public key, or null if it has no private key.")),
        "listen_port": integer("The board's UDP port, 1 to 65535."),
        "address": array(text("ADDRESS/LENGTH."), "Its addresses inside the tunnel."),
        "mtu": integer("The largest inner packet, in bytes."),
        "underlay": text("The interface that it sends through, or 'auto'."),
        "peers": array(STATE_PEER, "Its peers, in the order in which they were added."),
    },
    {
        "waits": or_null(text("What the tunnel waits for before it runs, or null.")),
        "chip": chip("The chip's id in lower-case hexadecimal; left out if it has none."),
        "uptime": integer("Seconds since the board started."),
        "underlay_address": array(text("An address."), "Its addresses outside the tunnel."),
        "counters": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": "Number of events since the board started, by name, those of 0 left "
            "out.",
        },
    },
)

# devices, doctor, config and qr

DEVICE = record(
    {
        "port": text("Its path."),
        "description": text("What the system says it is."),
        "probe": text("The kind of debug probe that it belongs to, or empty."),
        "serial_number": text("The serial number of that, or empty."),
        "usb_id": text("VENDOR:PRODUCT in hexadecimal, or empty."),
    }
)
FINDING = record(
    {
        "name": text("What was looked for."),
        "ok": flag("Whether it is as it should be."),
        "needed": flag("Whether every use needs it."),
        "detail": text("What was found."),
        "remedy": text("What to do about it, or empty."),
    }
)
QR_CODE = described(
    record(
        {
            "text": text("What the code says: the wg-quick file, with its private key."),
            "modules": array(
                text("A row."),
                "The rows of the code from the top, each a string with 1 for a dark and 0 for a "
                "light module. The margin of 4 light modules around them is left out.",
            ),
        }
    ),
    "The code, if no file was named for it.",
)
PUBLIC_KEY = key("The public key of our end.")

# The ``result`` of the last line, by command.
RESULTS: dict[str, Schema] = {
    "bench": BENCHED,
    "completion": record(
        {"shell": text("The shell's name."), "script": text("What the shell is to read.")}
    ),
    "config": record(
        {"public_key": PUBLIC_KEY, "peers": array(key("A key."), "The peers' public keys.")},
        {"files": PATHS, "code": QR_CODE},
    ),
    "devices": record({"devices": array(DEVICE, "The serial ports, by path.")}),
    "doctor": record(
        {
            "healthy": flag("Whether all that every use needs is there."),
            "findings": array(FINDING, "What was looked for, in order."),
        }
    ),
    "flash": record(
        {
            "command": array(text("A word."), "The words of the command that flashes."),
            "runner": text("West's runner."),
            "serial_number": text("The serial number of the board's probe, or empty."),
        }
    ),
    "fleet": {"anyOf": [FLEET_RAN, FLEET_STATUS]},
    "keygen": record(
        {"kind": choice("What was made.", "private key", "preshared key")},
        {
            "file": text("The path of the file that holds it."),
            "secret": key("The key itself (--stdout)."),
            "public_key": key("The public key of a private one."),
        },
    ),
    "monitor": record({}),
    "provision": {"anyOf": [PROVISIONED, PREVIEWED]},
    "qr": record({"public_key": PUBLIC_KEY}, {"files": PATHS, "code": QR_CODE}),
    "schema": record({"schema": {"type": "object", "description": "The JSON Schema."}}),
    "show": record(
        {
            "state": described(
                STATE, "What the board says of itself. Newer firmware may add members."
            )
        }
    ),
    "verify": {"anyOf": [VERIFIED, LISTED]},
}

# Lines that come before the last, by command.
EVENTS: dict[str, list[Schema]] = {
    "bench": [_event("latency", LATENCY)],
    "flash": [
        _event("begin", {"task": text("What begins.")}),
        _event("line", {"text": text("A line that west printed.")}),
    ],
    "fleet": [
        _event("begin", {"board": text("The board whose turn it is.")}),
        _event("board_end", FLEET_BOARD),
    ],
    "monitor": [
        _event(
            "line",
            {
                "seconds": number("When it came, from the start", "seconds"),
                "text": text("A line of the board, without colours and secrets."),
            },
        )
    ],
    "verify": [
        _event("begin", {"check": text("The check whose turn it is.")}),
        _event("check", CHECK_RESULT),
    ],
}

ERROR = record(
    {
        "kind": text("The kind of error; it decides the exit code."),
        "message": text("What happened, and to what."),
        "hint": text("What to try next, or empty."),
    }
)


def schema(command: str) -> Schema:
    """Of one line that a command prints."""
    end = {
        "command": constant(command, "The command."),
        "exit_code": integer("The command's exit code: 0 for success, otherwise 1 to 6, or 130."),
    }
    result = described(RESULTS[command], "What came of it.")
    error = described(ERROR, "Why it could not run.")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of 'wg-host {command} --json'",
        "oneOf": [
            _event("note", {"text": text("A remark for a person.")}),
            _event("warning", {"text": text("A remark that should not be missed.")}),
            *EVENTS.get(command, []),
            _event("end", {**end, "result": result}),
            _event("end", {**end, "error": error}),
        ],
    }
