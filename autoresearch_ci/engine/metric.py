"""The metric in a command's output: one number, or what is wrong and what to do. Pure."""

from __future__ import annotations

import re

from autoresearch_ci.core.text import visible

ERROR_CHARACTERS = 200
"""Of what a program says, in a record."""

LARGEST = 1e150
"""A number beyond it is refused: sums and squares of what is measured have to be numbers, too."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

MINUS = "-\u2212\u2013\ufe63\uff0d"
"""The sign, and what languages and typesetters print in its place."""

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[,.'\u2019_ \u00a0\u2009\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_WITH_UNIT = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?\s?[^\W\d_%]*%?")

_TOKEN = re.compile(
    rf"""(?:(?<![^\s:=(\[{{"',])[{MINUS}])?(?:
      (?:[0-9]+h)?[0-9]+m[0-9]+(?:\.[0-9]+)?s\b                        # 1m02.5s
    | [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9]{{2}}:[0-9:.,]+)?          # 2026-05-01 12:30:05
    | (?<![0-9:])[0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.,][0-9]+)?           # 12:30:05
    | 0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][-+]?[0-9]+)?         # 0xFF
    | (?<!\w)[^\W\d]\w*(?:\.[0-9]+)*                                  # p99_ms, v1.2
    | [0-9]{{1,3}}(?:[,'\u2019_\u00a0\u2009\u202f][0-9]{{3}})+(?![0-9])(?:[.,][0-9]+)?  # 1,300.5
    | (?<![0-9,.(\[])[0-9]+,[0-9]+(?![0-9,.)\]])                       # 12,5
    | (?:[0-9]+(?:\.[0-9]+)*\.?|\.[0-9]+)                             # 12.5e3, 1.300.000
      (?:[eE][+{MINUS}]?[0-9]+|\s?[x\u00d7\u00b7]\s?10(?:\^[+{MINUS}]?[0-9]+|[\u207b\u00b9\u00b2\u00b3\u2070-\u2079]+))?
    )""",
    re.VERBOSE,
)
_NO_TIME = re.compile(r"^-?(?:0+h)?0+m(?=[0-9])")
_COLOURLESS = "sed 's/\\x1b\\[[0-9;]*[A-Za-z]//g' run.log | ..."
_AROUND = 200
_MOST = 1000


def parse(printed: str, name: str) -> tuple[float | None, str]:
    """The one finite number in what a shell command printed, else what is wrong with it.

    Decimal, as `awk` and `jq` print it. What only Python would take for a number,
    such as 1_000 or digits of other scripts, is none; nor is 1,5 or 0x10.
    """
    words = printed.split()
    if not words:
        return None, f"printed nothing where {name} should be"
    if len(words) > 1:
        return None, f"printed more than one number: {_one_line(printed)}"
    if words[0].lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return None, f"printed {words[0]}, which is not a finite number"
    if not _NUMBER.fullmatch(words[0]):
        return None, f"printed {words[0][:60]!r}, which is not a number"
    value, size = float(words[0]), ""
    if is_lost(words[0], value):
        size = "too small to be told from 0"
    elif abs(value) > LARGEST:
        size = f"too large: at most {LARGEST:g} can be judged"
    if size:
        return None, f"printed {words[0][:60]}, which is {size}"
    return value, ""


def is_lost(text: str, value: float) -> bool:
    """Tell a number that is too small for a float, and would be taken for 0."""
    return value == 0 and any(char in "123456789" for char in re.split("[eE]", text)[0])


def advice(printed: str, log: str) -> str:
    """Advice on an output that is no number, where it can be told from that and the log."""
    said = printed.strip()
    if not said:
        return _hidden(log)
    if _GROUPED.fullmatch(said):
        return (
            f"{said} has separators between its digits. Let the program print the number without "
            "them (env: LC_ALL=C where the language of the machine adds them), or take them out: "
            f'{{ ...; }} | tr -d "{"".join(sorted(set(re.sub("[0-9+-]", "", said))))}"'
        )
    if _COMMA.fullmatch(said):
        return (
            f"{said} has a decimal comma. Let the program print a point (env: LC_ALL=C), or change "
            "it: { ...; } | tr , ."
        )
    if len(said.split()) == 1 and _WITH_UNIT.fullmatch(said):
        return f"{said} has a unit. Print the number alone: {{ ...; }} | tr -cd '0-9.eE+-'"
    return ""


def _hidden(log: str) -> str:
    """Characters that a terminal obeys and a pattern does not see past."""
    if re.search(r"\r(?!\n)", log):
        return (
            "run.log has carriage returns, as progress bars print them: to grep and awk all that "
            "they divide is one line. Read it by `tr '\\r' '\\n' < run.log | ...`, or turn the "
            "progress bar off."
        )
    if "\x1b[" in log:
        return (
            "run.log has colour codes, which a pattern does not see past. Turn them off (env: "
            f"NO_COLOR=1), or take them out: {_COLOURLESS}"
        )
    if "\r" in log:
        return (
            "The lines of run.log end in a carriage return, so `$` in a pattern does not match "
            "there. Read it by `tr -d '\\r' < run.log | ...`"
        )
    return ""


def part_of(printed: str, log: str, shell: str) -> tuple[str, str]:
    """An error and advice where a number is only a part of one in the log; else nothing.

    It has to stand there as a whole, and not only as a part of another: 1 of 1,300 or of 1.5.
    Nor is the 99 of `p99_ms`, the 12 of a clock, or the 32 of a colour.
    A separator that the command names is one that whoever wrote it knows of.
    """
    digits, at, found = printed.lstrip("+-"), -1, None
    if "\x1b" in log:
        shown = visible(log)
        if digits in log and digits not in shown:
            return (
                f"printed {printed}, which is only a part of a colour code in run.log",
                "Turn the colours off (env: NO_COLOR=1), or take them out first: " + _COLOURLESS,
            )
        log = shown
    for _ in range(_MOST):
        if (at := log.find(digits, at + 1)) < 0:
            break
        start, end = max(log.rfind("\n", 0, at) + 1, at - _AROUND), log.find("\n", at)
        line = log[start : at + _AROUND if end < 0 else min(end, at + _AROUND)]
        token = next((t for t in _TOKEN.finditer(line) if t.start() <= at - start < t.end()), None)
        if token is None or _is_whole(token.group(), printed) or _knows(shell, token.group()):
            return "", ""
        found = found or (token.group().rstrip("."), " ".join(line.split()))
    else:
        return "", ""
    if found is None:
        return "", ""
    whole, line = found
    return (
        f"printed {printed}, which is only a part of {whole} in run.log: {line[:ERROR_CHARACTERS]}",
        _remedy(whole),
    )


def _remedy(whole: str) -> str:
    if whole[0] in MINUS[1:]:
        return f"Let the program print {whole} with the minus of the keyboard (env: LC_ALL=C)."
    if whole[:1].isalpha() or whole[:1] == "_" or ":" in whole or whole[:2].lower() == "0x":
        return (
            "Let metric_parse look for the number behind its name, such as: "
            "grep -oE 'score[:=] *[-+0-9.eE]+' run.log | tail -1 | grep -oE '[-+0-9.eE]+$'"
        )
    return f"Let metric_parse read all of {whole}: [-+0-9.,eE]+ as its pattern, `tr -d ,` after it."


def _is_whole(token: str, printed: str) -> bool:
    try:
        return float(_NO_TIME.sub("", token).removesuffix("s")) == float(printed)
    except ValueError:
        return False


def _knows(shell: str, token: str) -> bool:
    if ":" in token:
        return re.search(r"-[dF] ?['\"]?:", shell) is not None
    return "," in token and "," in shell


def end_of(text: str) -> str:
    """The end of what a program complained about, where a traceback says what it is."""
    line = " ".join(text.split())
    return line if len(line) <= ERROR_CHARACTERS else f"...{line[-ERROR_CHARACTERS:]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:ERROR_CHARACTERS]
