"""Ideas from any coding agent that has a command line.

The agent works in a scratch copy and whatever it does there, only the target's new
content is taken. It is no more trusted than a model: its number is not read, and it
is stopped, with everything that it started, when its time is up.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from typing import Protocol

from autoresearch_ci.core.environment import checked_for_agent, looks_secret
from autoresearch_ci.core.errors import MachineError, ProviderError
from autoresearch_ci.core.files import as_its_folder
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected, Run
from autoresearch_ci.core.redaction import SHORTEST, Redactor
from autoresearch_ci.proposers.agent_keys import AgentKeys
from autoresearch_ci.proposers.llm.answer.titles import MOST_TITLE, derived, said, shortened
from autoresearch_ci.proposers.llm.answer.validate import objection

_MOST_BYTES = 8 * 1024 * 1024
_TAIL = 64 * 1024
_MOST_PROBLEM = 300


class RunCommand(Protocol):
    """An executor's `run`: as `executors.Command` says, with `stdin` for input."""

    def __call__(
        self,
        shell: str,
        *,
        cwd: Path,
        kill_after: float,
        log: Path,
        env: Mapping[str, str],
        stdin: Path,
    ) -> Run: ...


class AgentProposer:
    """Asks an agent: `command` is a shell command that edits the target in a scratch copy.

    It gets the brief on standard input and as the file `AUTORESEARCH_BRIEF`, the
    target's path as `AUTORESEARCH_TARGET`, and may write a title to
    `AUTORESEARCH_TITLE_FILE`. Of our environment it sees what experiments see
    and `variables`, NAME or NAME=value. By name it may get credentials, and with
    `proxied` a placeholder for a key whose API can be asked through a proxy of ours;
    one whose value is written out is a SettingsError.
    `budget` is in seconds, `log` is where its output goes. What fails is Rejected.
    """

    name = "command"

    def __init__(
        self,
        command: str,
        *,
        budget: float,
        variables: Sequence[str],
        proxied: bool,
        run: RunCommand,
        scratch: Callable[[], AbstractContextManager[Path]],
        brief: Callable[[FileSet, History], str],
        log: Path,
    ) -> None:
        self._command, self._budget = command, budget
        self._keys = AgentKeys(checked_for_agent(variables), proxied=proxied)
        self._run, self._scratch, self._brief, self._log = run, scratch, brief, log

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected:
        try:
            with self._keys as keys:
                return self._ask(keys, source, history)
        except ProviderError as error:
            return self._rejected(f"{error.message} {error.remedy}", "")

    def _ask(self, keys: AgentKeys, source: FileSet, history: History) -> Proposal | Rejected:
        with self._scratch() as folder:
            place = _own_place(folder)
            title_file = place / "title.txt"
            told = f"{self._brief(source, history)}\n\n{_task(folder, source, title_file)}"
            brief = place / "brief.md"
            brief.write_text(told, encoding="utf-8", errors="replace", newline="")
            run = self._run(
                self._command,
                cwd=folder,
                kill_after=self._budget,
                log=self._log,
                env={
                    **keys.env,
                    "AUTORESEARCH_BRIEF": str(brief),
                    "AUTORESEARCH_TARGET": source.target,
                    "AUTORESEARCH_TITLE_FILE": str(title_file),
                },
                stdin=brief,
            )
            hidden = [*_secrets(keys.values), *_secrets(keys.env)]
            redact = Redactor(hidden)
            output = redact(_end_of(self._log))
            title = _said_in(redact(_end_of(title_file))) or _title_in(output)
            if failure := self._failure(run):
                last = "".join(output.splitlines()[-1:])
                why = " ".join(filter(None, (keys.trouble(), last)))
                return self._rejected(f"{failure}: {why}" if why else failure, title)
            try:
                text = _new_content(folder, source.target)
            except _Unfit as unfit:
                return self._rejected(str(unfit), title)
        if text == source.text:
            return self._rejected(f"the agent did not change {source.target}", title)
        if any(value in text for value in hidden):
            return self._rejected(f"the agent wrote a credential into {source.target}", title)
        if problem := objection(source.target, source.text, text):
            return self._rejected(problem, title)
        files = source | {source.target: text}
        return Proposal(title or derived(source.text, text), files, self.name)

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


def _own_place(folder: Path) -> Path:
    """A folder for what passes between the agent and us, hidden from its git.

    Inside the copy, since many agents may not read or write anywhere else.
    """
    place = folder / ".autoresearch"
    while os.path.lexists(place):
        place = place.with_name(f"{place.name}-")
    try:
        place.mkdir()
        as_its_folder(place)
        (place / ".gitignore").write_text("*\n")
    except OSError as error:
        raise MachineError(
            f"The scratch copy {folder} cannot be written: {error.strerror}.",
            remedy="Free some space there, or set TMPDIR to a folder that has some.",
        ) from error
    return place


def _task(folder: Path, source: FileSet, title_file: Path) -> str:
    """The form of its answer, as an agent is told it."""
    text = (resources.files("autoresearch_ci.proposers.llm.prompt") / "agent_format.md").read_text(
        "utf-8"
    )
    return text.replace("{target}", source.target).replace(
        "{title_file}", str(title_file.relative_to(folder))
    )


def _new_content(folder: Path, path: str) -> str:
    """The target's text, if a plain file of text is what is there; nothing is followed."""
    at = folder
    *parents, name = path.split("/")
    for part in parents:
        at = at / part
        if not _is(at, stat.S_ISDIR):
            raise _Unfit(f"the agent put something else where the folder of {path} was")
    at = at / name
    if not os.path.lexists(at):
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


def _is(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(path.lstat().st_mode)
    except OSError:
        return False


def _end_of(path: Path) -> str:
    """The last 64 KiB of a file, white space around left out; empty where an agent took it away."""
    if not (_is(path.parent, stat.S_ISDIR) and _is(path, stat.S_ISREG)):
        return ""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read(_TAIL).decode(errors="replace").strip()
    except OSError:  # nor may we be allowed to read it
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
