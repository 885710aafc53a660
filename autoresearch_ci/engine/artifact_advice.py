"""Files that a run wrote and that the commands which look at it are not shown. Pure.

Only data such as the unchanged project leaves goes there by itself, and what the setting
`artifacts` names. So a command may miss a
file, or read a folder of which a part is not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

_MISSES = re.compile(
    r"no such file|not found|no module named|cannot (?:find|open|access|stat|load)"
    r"|can't (?:find|open)|could not (?:find|open|resolve)|couldn't find"
    r"|unable to (?:access|open|find|locate)"
    r"|does not exist|doesn't exist|is missing|enoent|filenotfound",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s'\"`;|&<>(){}\[\],=\u2018\u2019]+")
_MODULE = re.compile(r"No module named '?([\w.]+)")
_CLASS = re.compile(r"(?:main class|ClassNotFoundException:|NoClassDefFoundError:) ([\w.$/]+)")
_FEW = 3


def missed(said: str, left: Collection[str], root: str, named: Sequence[str]) -> str:
    """Advice on what a failed command said, where it misses any of the files `left` behind.

    `root` is the path of the project that the command saw, `named` are the artifacts as set.
    """
    found: dict[str, str] = {}
    for line in said.splitlines():
        if _MISSES.search(line):
            for word in _words(line.replace(f"{root}/", ""), left):
                found.setdefault(_pattern(word, left), word)
            for module in _MODULE.findall(line):
                at = module.replace(".", "/")
                for path in sorted(left):
                    if re.search(rf"(?:^|/){re.escape(at)}(?:\.[^/]+|/.+)$", path):
                        found.setdefault(path, path)
        for name in _CLASS.findall(line):
            file = f"/{name.replace('.', '/')}.class"
            found |= {_pattern(path, left): path for path in left if f"/{path}".endswith(file)}
    if not found:
        return ""
    return (
        f"The run wrote {_listed(list(found.values()))}, and it was left behind: what looks at a "
        "run is shown only what `artifacts` names, and where that names nothing, data that "
        "nothing imports or executes, such as the unchanged project leaves. "
        f"{_line([*named, *found])}"
    )


def linked(said: str, links: Collection[str], root: str) -> str:
    """Advice on what a failed command said, where it goes by one of the `links` of a run."""
    for line in said.splitlines():
        if not _MISSES.search(line):
            continue
        for word in _WORD.findall(line.replace(f"{root}/", "")):
            plain = word.removeprefix("./").rstrip("/.:")
            for link in links:
                if f"{plain}/".startswith(f"{link}/"):
                    return (
                        f"{link} is a link, and what looks at a run is shown files alone. Let it "
                        "read what the link leads to; or let the run leave a copy, and read that: "
                        f"cp -rL {link} {link}-copy"
                    )
    return ""


def partly(shell: str, left: Collection[str]) -> tuple[str, str]:
    """Tell what a command names of which only a part is shown, and the remedy; else nothing."""
    for word in _WORD.findall(shell):
        at = re.split(r"[*?$]", word)[0].removeprefix("./").rstrip("/")
        parts = sorted(path for path in left if path == at or path.startswith(f"{at}/"))
        if at and parts:
            lacks = f"reads {at}, and is not shown all that the run wrote there: {_listed(parts)}"
            return lacks, f"What a run writes is shown where `artifacts` names it. {_line([at])}"
    return "", ""


def _line(patterns: Sequence[str]) -> str:
    return f"Set `artifacts: {', '.join(dict.fromkeys(patterns))}`."


def _words(text: str, left: Collection[str]) -> Iterator[str]:
    """The words of a text that are paths of such files, or of their folders."""
    for word in _WORD.findall(text):
        plain = word.removeprefix("./").rstrip("/.:")
        if not plain or plain.startswith("-"):
            continue
        for path in sorted(left):
            if (at := _at(plain, path)) is not None:
                yield at
                break


def _at(word: str, path: str) -> str | None:
    """The path or the folder above it that a word means, from the root or from further down."""
    both, sought = f"/{path}/", f"/{word}/"
    if sought in both:
        return both[1 : both.index(sought) + len(sought) - 1]
    if "/" in word and re.search(rf"(?:^|/){re.escape(word)}(?:\.\w+|/index\.\w+)$", path):
        return path  # as Node writes a module
    return None


def _pattern(at: str, left: Collection[str]) -> str:
    """The folder of a file that is not alone in it, else the file."""
    folder = at.rpartition("/")[0]
    if at not in left or not folder:
        return at
    return folder if sum(path.startswith(f"{folder}/") for path in left) > 1 else at


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _FEW} more" if len(paths) > _FEW else ""
    return ", ".join(paths[:_FEW]) + more
