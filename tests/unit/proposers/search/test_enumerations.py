"""Members of enumerations, as the languages declare and name them."""

from __future__ import annotations

import pytest

from tests.unit.proposers.search.reading import parameters, seen

DECLARED = {
    "m.py": (
        (
            "from enum import Enum\nclass Mode(Enum):\n    FAST = 1\n    SAFE = 2\n    Auto = 3\n"
            "MODE = Mode.SAFE\nWORKERS = 4\n"
        ),
        ["SAFE", "FAST", "Auto"],
    ),
    "m.java": (
        (
            "class M {\n  enum Mode { FAST, SAFE(), AUTO; final int n = 7; Mode() {} }\n"
            "  static final Mode MODE = Mode.SAFE;\n  static final int WORKERS = 4;\n}\n"
        ),
        ["SAFE", "FAST", "AUTO"],
    ),
    "m.kt": (
        "enum class Mode { FAST, SAFE, AUTO }\nval MODE = Mode.SAFE\nval WORKERS = 4\n",
        ["SAFE", "FAST", "AUTO"],
    ),
    "m.ts": (
        'enum Mode { Fast = "fast", Safe = "safe" }\nconst MODE: Mode = Mode.Safe;\n',
        ["Safe", "Fast"],
    ),
    "m.cs": (
        "enum Mode { Fast, Safe }\nclass M { static readonly Mode MODE = Mode.Safe; }\n",
        ["Safe", "Fast"],
    ),
    "m.rs": (
        (
            "#[derive(Clone)]\nenum Mode {\n    /// Quick.\n    Fast,\n    Safe,\n    Auto(u32),\n}\n"
            "const MODE: Mode = Mode::Safe;\n"
        ),
        ["Safe", "Fast"],
    ),
    "m.cpp": (
        "enum class Mode : int { Fast = 1, Safe };\nstatic const Mode MODE = Mode::Safe;\n",
        ["Safe", "Fast"],
    ),
    "m.php": (
        "<?php\nenum Mode { case Fast; case Safe; }\n$mode = Mode::Safe;\n",
        ["Safe", "Fast"],
    ),
    "m.c": (
        "enum mode { FAST, SAFE = 4, AUTO };\nstatic enum mode MODE = SAFE;\n",
        ["SAFE", "FAST", "AUTO"],
    ),
    "n.c": (
        "typedef enum { FAST, SAFE, AUTO } mode_t;\nstatic mode_t MODE = SAFE;\n",
        ["SAFE", "FAST", "AUTO"],
    ),
    "m.go": (
        (
            "package main\n\ntype Mode int\n\nconst (\n\tFast Mode = iota // quick\n\tSafe\n\tAuto\n)\n\n"
            "const mode = Safe\n"
        ),
        ["Safe", "Fast", "Auto"],
    ),
}


@pytest.mark.parametrize("path", DECLARED)
def test_a_member_of_an_enumeration_may_be_any_other_member(path):
    """Only members that need no more than their name are offered, and nothing that stands behind."""
    text, options = DECLARED[path]
    [found] = [one for one in parameters(text, path) if one.options]
    assert found.text == options[0]
    assert list(found.options) == options


@pytest.mark.parametrize("path", [path for path in DECLARED if path not in ("m.ts", "m.rs")])
def test_the_numbers_that_tell_members_apart_are_no_settings(path):
    """`SAFE = 2` in an enumeration is a name and not a size."""
    text, _ = DECLARED[path]
    assert [one.label for one in parameters(text, path) if one.scale] == (
        ["n", "WORKERS"][path != "m.java" :] if "WORKERS" in text else []
    )


STATES = {
    "m.c": "enum state { OPEN, DONE };\nint f(void) { enum state s = OPEN; s = DONE; return s; }\n",
    "m.rs": "enum State { Open, Done }\nfn f() { let mut s = State::Open; s = State::Done; }\n",
    "m.go": (
        "package main\nconst (\n\tOpen = iota\n\tDone\n)\nfunc f() int {\n\ts := Open\n\ts = Done\n"
        "\treturn s\n}\n"
    ),
}


@pytest.mark.parametrize("path", STATES)
def test_a_state_that_a_program_goes_through_is_no_setting(path):
    """What a function sets as it goes on is left alone; what stands at the top is a setting."""
    assert not [one for one in seen(STATES[path], path).parameters if one.options]
