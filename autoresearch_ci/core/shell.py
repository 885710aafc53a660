"""Observations on a shell command, and on its end, without knowing what it is for. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

NOT_FOUND = 127
"""The exit code by which a shell says that there is no such command."""

_COPIES = frozenset(
    ("awk", "cat", "cut", "egrep", "fgrep", "gawk", "grep", "head", "mawk", "sed", "sort", "tail",
     "tr", "uniq")
)  # fmt: skip
_AWKS = frozenset(("awk", "gawk", "mawk"))
_COUNTS = frozenset(("egrep", "fgrep", "grep", "uniq"))
_PUNCTUATION = "|&;()<>"
_LITERALS = re.compile(r"/(?:\\.|[^/\\\n])*/|\"(?:\\.|[^\"\\])*\"")
_COMPUTED = re.compile(r"[*/%^-]|\+(?!\s*0\b)|\b(?:int|length|printf|sprintf)\b")
_NOT_FOUND = re.compile(
    r"not found: ([\w./@+-]+)|([\w./@+-]+|\[\[): (?:command )?not found(?!:)"
    r"|env: ['\"\u2018]?([\w./@+-]+)['\"\u2019]?: No such file"
)
_OF_BASH = frozenset(
    ("[[", "declare", "let", "mapfile", "popd", "pushd", "select", "shopt", "source", "typeset")
)
_UNKNOWN_TO_SH = re.compile(
    r"^[\w./-]*sh: \d+: (?:set: Illegal option -o pipefail|Bad substitution"
    r"|Syntax error: (?:\"[()}]\" unexpected|redirection unexpected|Bad for loop variable))"
    r"|^trap: \w+: bad trap",
    re.MULTILINE,
)
"""Words of Debian's `sh` on the language of bash."""

_FOR_BASH = (
    "of bash, and /bin/sh runs commands. Put what needs it into a script that begins with "
    "`#!/usr/bin/env bash`, or into `bash -c '...'`."
)
_TO_LOG = re.compile(r"(?<!\|)(?:&>>?|1?>>?\|?)\s*[\"']?(?:\./)?run\.log\b")
_INSTALLS = re.compile(
    r"\b(pip3?|uv|conda|mamba|npm|pnpm|yarn|bun|apt|apt-get|apk|brew|poetry|bundle|composer|gem)"
    r"\s+(?:pip\s+)?(?:-\S+\s+)*(install|sync|add|ci|i)\b"
)


def copies(shell: str) -> bool:
    """Tell whether a command prints a piece of `run.log` just as it stands there.

    That is a pipe of such as `grep`, `cut` and `awk '{print $2}'`. A number that is counted or
    computed need not be in the log.
    """
    words = _words(shell)
    if "run.log" not in words or any("$(" in word or "`" in word for word in words):
        return False
    return all(_copies(stage) for stage in _stages(words, "|"))


def notes(commands: Mapping[str, str | None]) -> Iterator[str]:
    """Notes for people on commands, by the names of their settings."""
    for name, shell in commands.items():
        if shell and (last := _hides_failure(shell)):
            anyway = " What it prints is in run.log anyway." if name == "run_command" else ""
            yield (
                f"{name} ends in a pipe, so its exit code is that of `{last}`, and a failure "
                "before it is not noticed. Leave the pipe away, or run it by `bash -o pipefail "
                f"-c`.{anyway}"
            )
    if _TO_LOG.search(commands.get("run_command") or ""):
        yield (
            "run_command writes to run.log, which stays in its tree and is thrown away. Leave that "
            "out (`> run.log 2>&1`): all that it prints is in run.log anyway, and read from there."
        )
    found = _INSTALLS.search(commands.get("run_command") or "")
    if found:
        yield (
            f"run_command installs (`{' '.join(found.group().split())}`): it does so in each run, "
            "and that counts as the experiment's time. Put it into setup_command, which runs once "
            "a session."
        )


def missing(returncode: int | None, log: str) -> str:
    """Advice on what the shell did not find, or does not know; empty where that is not why."""
    if _UNKNOWN_TO_SH.search(log):
        return f"The command is perhaps in the language {_FOR_BASH}"
    if returncode != NOT_FOUND:
        return ""
    found = not_found(log)
    name = f"`{found[-1]}`" if found else "A command"
    if found and found[-1] in _OF_BASH:
        instead = " In place of `source FILE` there is `. ./FILE`."
        return f"{name} is a word {_FOR_BASH}{instead if found[-1] == 'source' else ''}"
    if found and "/" in found[-1] and not found[-1].startswith("/"):
        return (
            f"{name} was not found: the project has no such file. Commands begin at the root of "
            "the repository; what a build makes has to be made by setup_command or before it in "
            "this command."
        )
    return (
        f"{name} was not found. Install it, by setup_command or in the image or container that "
        "this runs in, or write its full path. Experiments have the PATH of whoever starts the "
        "session, and nothing of what a login shell adds to it (nvm, conda, a venv)."
    )


def not_found(log: str) -> list[str]:
    """The commands that a shell says it did not find."""
    return ["".join(names) for names in _NOT_FOUND.findall(log)]


def _hides_failure(shell: str) -> str:
    """The last command of a pipe that the exit code is of; empty where there is none."""
    if "pipefail" in shell:
        return ""
    *_, last = _stages(_words(shell.strip().splitlines()[-1]), ";", "&&", "||", "&")
    *before, end = _stages(last, "|", "|&")
    return end[0] if before and end else ""


def _copies(stage: list[str]) -> bool:
    if not stage or stage[0] not in _COPIES or set(stage) & {"&", "&&", "||", ";", "(", ")", ">"}:
        return False
    name, options = stage[0], [w for w in stage[1:] if w.startswith("-") and len(w) > 1]
    if name in _AWKS:
        program = " ".join(word for word in stage[1:] if not word.startswith("-"))
        return not _COMPUTED.search(_LITERALS.sub(" ", program))
    if name in _COUNTS:
        long = {"--count", "--line-number", "--byte-offset"}
        return not any(
            word in long or (word[1] != "-" and set(word) & set("cnb")) for word in options
        )
    return True


def _stages(words: list[str], *ends: str) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word in ends:
            found.append([])
        else:
            found[-1].append(word)
    return found


def _words(shell: str) -> list[str]:
    """The words of a command, operators by themselves; none where quotes do not match."""
    lexer = shlex.shlex(shell, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return []
