"""A unified diff that `git apply` takes, and such a patch applied."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import FileSet
from autoresearch_ci.workspace.git import Git

_CONTEXT = 3


def unified(
    path: str, old: str, text: str, *, ids: tuple[str, str], mode: str, new: bool = False
) -> str:
    """The change of one file from `old` to `text`; empty when there is none.

    A `new` file was not there before.
    """
    if old == text and not new:
        return ""
    before, after = _lines(old), _lines(text)
    # Proposals change a few lines of many: compare only from the first difference to the last.
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    start, tail = max(0, head - _CONTEXT), max(0, tail - _CONTEXT)
    left, right = quote(f"a/{path}"), quote(f"b/{path}")
    out = [f"diff --git {left} {right}\n"]
    out += [f"new file mode {mode}\n"] if new else []
    out += [f"index {ids[0]}..{ids[1]}{'' if new else f' {mode}'}\n"]
    if before or after:
        out += [
            "--- /dev/null\n" if new else f"--- {left}{_tab(left)}\n",
            f"+++ {right}{_tab(right)}\n",
        ]
    matcher = difflib.SequenceMatcher(
        None, before[start : len(before) - tail], after[start : len(after) - tail], autojunk=False
    )
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        out.append(
            f"@@ -{_range(first[1] + start, last[2] + start)}"
            f" +{_range(first[3] + start, last[4] + start)} @@\n"
        )
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                out += [_line(" ", line) for line in before[i1 + start : i2 + start]]
                continue
            out += [_line("-", line) for line in before[i1 + start : i2 + start]]
            out += [_line("+", line) for line in after[j1 + start : j2 + start]]
    return "".join(out)


def applied(
    patch: bytes, contents: Mapping[str, bytes], *, beside_others: bool = False
) -> FileSet | None:
    """The files, path to content, with the patch applied; None where it does not fit.

    With `beside_others` the lines around what it changes may have been changed as well.
    """
    with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
        for path, content in contents.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        # Outside of every repository: neither an index nor anybody's attributes matter.
        outside = {"GIT_CEILING_DIRECTORIES": str(Path(folder).resolve().parent)}
        try:
            context = ("-C0",) if beside_others else ()
            words = ("apply", "--whitespace=nowarn", *context, "-")
            Git(Path(folder)).run(*words, stdin=patch, env=outside)
            made = [str(file.relative_to(folder)) for file in Path(folder).rglob("*")]
            there = (path for path in sorted(made) if Path(folder, path).is_file())
            paths = dict.fromkeys([*contents, *there])
            return FileSet({path: Path(folder, path).read_bytes().decode() for path in paths})
        except (WorkspaceError, OSError, UnicodeDecodeError):
            return None


def quote(path: str) -> str:
    """A path as git writes it in a patch: in quotes where it has anything unusual."""
    out = ""
    for byte in path.encode(errors="surrogateescape"):
        char = chr(byte)
        if char in '"\\':
            out += f"\\{char}"
        elif not " " <= char <= "~":
            out += _ESCAPES.get(char, f"\\{byte:03o}")
        else:
            out += char
    return out if out == path else f'"{out}"'


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(sign: str, line: str) -> str:
    return (
        f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
    )


def _tab(name: str) -> str:
    return "\t" if " " in name and not name.startswith('"') else ""


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
