"""Ideas from any coding agent that has a command line.

The agent works in a tree of its own and whatever it does there, only the new content of the
editable files is taken. It is no more trusted than a model: its number is not read, and it
is stopped, with everything that it started, when its time is up.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from typing import Protocol

from autoresearch_ci.core.environment import checked_for_agent, looks_secret
from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.globs import matches
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected, Run
from autoresearch_ci.core.redaction import SHORTEST, Redactor
from autoresearch_ci.executors import Command
from autoresearch_ci.proposers.agent_keys import AgentKeys
from autoresearch_ci.proposers.llm.answer import MayAdd
from autoresearch_ci.proposers.llm.answer.titles import MOST_TITLE, derived, said, shortened
from autoresearch_ci.proposers.llm.answer.validate import objection

_MOST_BYTES = 8 * 1024 * 1024
_TAIL = 64 * 1024
_MOST_PROBLEM = 300
_PLACE = ".autoresearch"
"""The folder for what passes between the agent and us, hidden from its git.

In the tree's project, since many agents may not read or write anywhere else.
"""

_REPOSITORY = """\
git init --quiet --template= --initial-branch=main &&
git config user.name autoresearch-ci &&
git config user.email autoresearch-ci@users.noreply.github.com &&
git config commit.gpgSign false &&
git config core.hooksPath /dev/null &&
git update-index --add -z --stdin < "$LISTED" &&
git commit --quiet --message 'The project as it stands' &&
rm "$LISTED" && mkdir -p .git/info &&
git ls-files --others --exclude-standard --directory | sed 's,^,/,' > .git/info/exclude
"""
_PATIENCE = 300.0
"""Seconds in which the repository has to be made."""

_TRUSTED = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
"""Variables by which git works in a tree whose files are somebody else's."""


class Change(Protocol):
    """A difference that the agent made: `trees.Change`, as far as it is needed here."""

    @property
    def path(self) -> str: ...

    @property
    def is_new_file(self) -> bool: ...


class Workplace(Protocol):
    """A throw-away tree of the project: `trees.Tree`, as far as an agent needs it."""

    root: Path

    def run(self, command: Command) -> Run: ...

    def find(self, path: str) -> Path | None: ...

    def changes(self) -> Sequence[Change]: ...


def _nothing(_path: str, _text: str) -> bool:
    return False


class AgentProposer:
    """Asks an agent: `command` is a shell command that edits the target in a tree of its own.

    `workplace` makes that tree, with these files besides, of the project at `root`, where
    git tracks the paths in `tracked`. In it is a repository of one commit, where there is a git.
    The agent gets the brief on standard input and as the file `AUTORESEARCH_BRIEF`, the
    target's path as `AUTORESEARCH_TARGET`, and may write a title to
    `AUTORESEARCH_TITLE_FILE`. Of our environment it sees what experiments see
    and `variables`, NAME or NAME=value. By name it may get credentials, and with
    `proxied` a placeholder for a key whose API can be asked through a proxy of ours;
    one whose value is written out is a SettingsError.
    `budget` is in seconds, `log` is where its output goes. What fails is Rejected. Files that are
    new are taken where `globs` name them and they `may_add` to the project.
    """

    name = "command"

    def __init__(
        self,
        command: str,
        *,
        budget: float,
        variables: Sequence[str],
        proxied: bool,
        root: Path,
        workplace: Callable[[Mapping[str, bytes]], AbstractContextManager[Workplace]],
        tracked: Callable[[], Collection[str]],
        brief: Callable[[FileSet, History], str],
        log: Path,
        globs: Sequence[str] = (),
        may_add: MayAdd = _nothing,
    ) -> None:
        self._globs, self._may_add = globs, may_add
        self._command, self._budget = command, budget
        self._keys = AgentKeys(checked_for_agent(variables), proxied=proxied)
        self._root, self._workplace, self._tracked = root, workplace, tracked
        self._brief, self._log = brief, log

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected:
        try:
            with self._keys as keys:
                return self._ask(keys, source, history)
        except ProviderError as error:
            return self._rejected(f"{error.message} {error.remedy}", "")

    def _ask(self, keys: AgentKeys, source: FileSet, history: History) -> Proposal | Rejected:
        tracked = self._tracked()
        place = _free_place(tracked)
        brief, title_file, listed = (f"{place}/{n}" for n in ("brief.md", "title.txt", "tracked"))
        told = f"{self._brief(source, history)}\n\n{_task(source, title_file)}"
        given = {
            brief: told.encode(errors="replace"),
            listed: b"".join(os.fsencode(path) + b"\0" for path in tracked),
            f"{place}/.gitignore": b"*\n",
        }
        with self._workplace(given) as tree:
            tree.run(
                Command(_REPOSITORY, self._root, _PATIENCE, env={**_TRUSTED, "LISTED": listed})
            )
            run = tree.run(
                Command(
                    f'exec < "$AUTORESEARCH_BRIEF"\n{self._command}',
                    self._root,
                    kill_after=self._budget,
                    log=self._log,
                    env={
                        **_TRUSTED,
                        **keys.env,
                        "AUTORESEARCH_BRIEF": f"{tree.root}/{brief}",
                        "AUTORESEARCH_TARGET": source.target,
                        "AUTORESEARCH_TITLE_FILE": f"{tree.root}/{title_file}",
                    },
                )
            )
            hidden = [*_secrets(keys.values), *_secrets(keys.env)]
            redact = Redactor(hidden)
            output = redact(_end_of(self._log))
            title = _said_in(redact(_end_of(tree.find(title_file)))) or _title_in(output)
            if failure := self._failure(run):
                last = "".join(output.splitlines()[-1:])
                why = " ".join(filter(None, (keys.trouble(), last)))
                return self._rejected(f"{failure}: {why}" if why else failure, title)
            try:
                found = {path: _new_content(tree, path) for path in source}
                for path in self._added(tree, source):
                    text = _new_content(tree, path)
                    found |= {path: text} if self._may_add(path, text) else {}
            except _Unfit as unfit:
                return self._rejected(str(unfit), title)
        changed = {path: text for path, text in found.items() if text != source.get(path)}
        if not changed:  # some end well, whatever their API says
            kept = f"the agent did not change {', '.join(source)}"
            return self._rejected(": ".join(filter(None, (kept, keys.trouble()))), title)
        for path, text in changed.items():
            if any(value in text for value in hidden):
                return self._rejected(f"the agent wrote a credential into {path}", title)
            if problem := objection(path, source.get(path, ""), text):
                return self._rejected(problem, title)
        first, text = next(iter(changed.items()))
        return Proposal(title or derived(source.get(first, ""), text), source | changed, self.name)

    def _added(self, tree: Workplace, source: FileSet) -> Iterator[str]:
        """The new files that a pattern names."""
        for change in tree.changes() if self._globs else ():
            new = change.is_new_file and change.path not in source
            if new and matches(change.path, self._globs):
                yield change.path

    def repair(self, _source: FileSet, _history: History, _failed: Proposal, _crash: str) -> None:
        """An agent runs what it likes while it works; what crashes then is no accident to mend."""

    def _rejected(self, problem: str, title: str) -> Rejected:
        return Rejected(shortened(problem, _MOST_PROBLEM), self.name, title)

    def _failure(self, run: Run) -> str:
        """The reason why the agent's work does not count; empty when it ended well."""
        if run.timed_out:
            return f"the agent was stopped after {self._budget:g} s (proposer_budget)"
        if run.out_of_memory:
            return "the agent ran out of memory"
        if run.signal is not None:
            return f"signal {run.signal} ended the agent"
        return "" if run.ok else f"the agent exited with {run.returncode}"


def _secrets(variables: Mapping[str, str]) -> list[str]:
    """Values of an agent's variables that must not be recorded, since everybody may read that."""
    return [
        value
        for name, value in variables.items()
        if len(value) >= SHORTEST and looks_secret(name, value)
    ]


class _Unfit(Exception):  # noqa: N818 - it becomes a rejection
    """Nothing at the target's path can be taken from the agent."""


def _free_place(tracked: Collection[str]) -> str:
    """A name for our folder that the project does not use."""
    place = _PLACE
    while any(path == place or path.startswith(f"{place}/") for path in tracked):
        place += "-"
    return place


def _task(source: FileSet, title_file: str) -> str:
    """The form of its answer, as an agent is told it."""
    text = (resources.files("autoresearch_ci.proposers.llm.prompt") / "agent_format.md").read_text(
        "utf-8"
    )
    if len(source) > 1:
        others = ", ".join(f"`{path}`" for path in source if path != source.target)
        text += f"\n- These files may be changed as well, in the same idea: {others}."
    return text.replace("{target}", source.target).replace("{title_file}", title_file)


def _new_content(tree: Workplace, path: str) -> str:
    """The text of a file, if a plain file of text is what is there; nothing is followed."""
    folder = path.rpartition("/")[0]
    if folder and not _is(tree.find(folder), stat.S_ISDIR):
        raise _Unfit(f"the agent put something else where the folder of {path} was")
    at = tree.find(path)
    if at is None:
        raise _Unfit(f"the agent deleted {path}")
    if not _is(at, stat.S_ISREG):
        raise _Unfit(f"the agent left no plain file at {path}")
    if at.lstat().st_size > _MOST_BYTES:
        raise _Unfit(f"the agent made {path} larger than {_MOST_BYTES:,} bytes")
    try:
        return at.read_bytes().decode()
    except UnicodeDecodeError:
        raise _Unfit(f"the agent left {path} binary, not UTF-8 text") from None
    except OSError as error:
        raise _Unfit(f"{path} cannot be read any more: {error.strerror}") from error


def _is(path: Path | None, kind: Callable[[int], bool]) -> bool:
    try:
        return path is not None and kind(path.lstat().st_mode)
    except OSError:
        return False


def _end_of(path: Path | None) -> str:
    """The last 64 KiB of a plain file, white space around left out; empty where there is none."""
    if path is None or not _is(path, stat.S_ISREG):
        return ""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read(_TAIL).decode(errors="replace").strip()
    except OSError:  # an agent may have closed it to us
        return ""


def _said_in(text: str) -> str:
    """A title file's first line, with or without `TITLE:` before it."""
    line = text.partition("\n")[0]
    return said([line], in_fences=True)[0] or shortened(line.strip('#*` "'), MOST_TITLE)


def _title_in(output: str) -> str:
    """The last title that the output gives."""
    for line in reversed(output.splitlines()):
        if "title" in line.lower() and (title := said([line], in_fences=True)[0]):
            return title
    return ""
