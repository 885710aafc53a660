"""Talking to where a campaign is published: the only code that uses the network.

A token reaches git by its environment alone: never a URL, a file or an argument. No hook,
no credential helper and no prompt is involved. Git updates no ref here, so a push or a
fetch can be killed at any instant and leaves nothing behind.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace.branch import listing
from autoresearch_ci.workspace.git import OPTIONS, Git
from autoresearch_ci.workspace.refs import campaign_refs, lane_refs

PATIENCE = 120.0
"""Seconds that one fetch or push may take; one that stands still is given up earlier."""

WHOLE = 1800.0
"""Seconds for the whole history of a repository that was cloned without it."""

SOON = 30.0
"""Seconds within which a failure may be a moment's, and not that of a remote that is down."""

_OPTIONS = (
    *OPTIONS,
    *(
        word
        for option in (
            "gc.auto=0",
            "maintenance.auto=false",
            "credential.helper=",
            "http.lowSpeedLimit=1",
            "http.lowSpeedTime=45",
            "push.gpgSign=false",
            "push.followTags=false",
            "push.recurseSubmodules=no",
            "fetch.recurseSubmodules=false",
            "fetch.prune=false",
        )
        for word in ("-c", option)
    ),
)

# The server's words for "somebody else is at it": the refs moved, or are about to.
_RACE = re.compile(
    r"fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|"
    r"failed to lock|incorrect old value|reference already exists|atomic"
)

_BLOCKED = re.compile(r"'refs/heads/[^']+' exists; cannot create|directory file conflict")
"""Words that are no race, though no ref can be locked: a branch stands where a folder is to be."""

_REMEDY = "Mend what git says above."
_REMEDIES = (
    (
        _BLOCKED,
        (
            "The remote has a branch in the way: git holds no branch below another. Rename or "
            "delete that one there (`git push origin --delete NAME`)."
        ),
    ),
    (
        re.compile(r"could not read (Username|Password)|Authentication failed|error: 401"),
        "Give a token that may write to the repository; the one given, if any, is not good here.",
    ),
    (
        re.compile(r"error: 403|denied to |not granted"),
        (
            "The token may not write: it needs `permissions: contents: write`. If it has that, the "
            "organisation allows read-only tokens alone: give one of your own."
        ),
    ),
    (
        re.compile(r"Repository not found|error: 404|does not appear to be a git repository"),
        "Check the remote's address (`git remote -v`), and that the token may see it.",
    ),
)

# Somebody may have put a password into the remote's address.
_PASSWORD = re.compile(r"(://)[^/@\s]+@")
_HEADER = "Authorization"
_FETCHED = re.compile(r"^([0-9a-f]{40})\t[^\t]*\tbranch '(.+)' of ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Target:
    """The place to push to: the name of a remote, and a token for it where one is needed."""

    remote: str = "origin"
    token: str = ""

    def __repr__(self) -> str:
        return f"Target({self.remote!r})"  # the token is nobody's business


class Remote:
    """One remote of the repository. Raises WorkspaceError where there is no such remote.

    Its address is looked up once, before any experiment ran: a token goes to no other.
    """

    def __init__(self, git: Git, target: Target) -> None:
        self.name = target.remote
        self._git = git
        known = git.line("remote").split("\n")
        if self.name not in known:
            there = ", ".join(name for name in known if name)
            raise WorkspaceError(
                f"There is no remote {self.name!r} to push to.",
                remedy=f"Those there are: {there}."
                if there
                else f"Add one: `git remote add {self.name} URL`, or run without --push.",
            )
        urls = [git.line("remote", "get-url", *how, self.name) for how in ((), ("--push",))]
        self._env = self._environment(dict.fromkeys(urls), target.token)

    def push(
        self,
        refs: Mapping[str, str],
        *,
        patience: float = PATIENCE,
        own: Collection[str] = (),
        leases: Mapping[str, str] = MappingProxyType({}),
    ) -> bool:
        """Bring all of `refs` (full name to commit, empty: delete it) there, or none of them.

        Nothing is forced, but those refs that nobody else writes, `own`, and those that are in
        `leases`, which have to be at that commit there.

        False where somebody else was faster: fetch, merge, try again. Raises
        WorkspaceError where the remote refuses or cannot be reached.
        """
        words = [f"{'+' if name in own else ''}{sha}:{name}" for name, sha in refs.items()]
        held = [f"--force-with-lease={name}:{sha}" for name, sha in leases.items()]
        args = ("push", "--atomic", "--porcelain", "--no-verify", *held, self.name, *words)
        done = self._talk(args, patience)
        if done.returncode == 0:
            return True
        rows = [line for line in _text(done.stdout).splitlines() if line.startswith("!")]
        blocked = _BLOCKED.search(_text(done.stderr + done.stdout))
        if not blocked and any(_RACE.search(row) for row in rows):
            declined = [row for row in rows if "[remote rejected]" in row]
            if not declined or any(_RACE.search(row) for row in declined):
                return False
        raise self._error(f"push to {self.name}", done)

    def fetch(
        self, *patterns: str, patience: float = PATIENCE, whole: bool = False
    ) -> dict[str, str]:
        """Bring the branches that match here; their full names and commits.

        They are remote-tracking branches then. With `whole` a shallow clone becomes
        a whole one, if any matches. Raises WorkspaceError where the remote cannot be
        reached.
        """
        names = list(self._listed("--heads", *patterns, patience=patience))
        if not names:
            return {}
        # No ref is named to be updated: a git that is killed would leave its lock behind.
        args = ("fetch", "--quiet", "--no-tags", "--refmap=", self.name, *names)
        if whole and self._git.line("rev-parse", "--is-shallow-repository") == "true":
            args, patience = (*args[:1], "--unshallow", *args[1:]), WHOLE
        done = self._talk(args, patience)
        if done.returncode:
            raise self._error(f"fetch from {self.name}", done)
        path = self._git.cwd / self._git.line("rev-parse", "--git-path", "FETCH_HEAD")
        found = {
            f"refs/heads/{name}": sha
            for sha, name in _FETCHED.findall(path.read_text(errors="surrogateescape"))
        }
        lines = [f"update {self._tracking(name)} {sha}\n" for name, sha in found.items()]
        self._git.run(
            "update-ref", "-m", "autoresearch-ci: fetch", "--stdin",
            stdin="".join(lines).encode(errors="surrogateescape"),
        )  # fmt: skip
        return found

    def fetch_lanes(self, tag: str, *, patience: float = PATIENCE) -> None:
        """Bring the campaign's branches and its lanes' refs here, as far as they have changed.

        What is not there any more is forgotten here. Raises WorkspaceError where the remote
        cannot be reached.
        """
        lanes = lane_refs(tag, "*")
        names = (*campaign_refs(tag), *lanes)
        listed = self._listed(*names, patience=patience)
        prefix = lane_refs(tag, "", self.name).code.removesuffix("/code")
        known = dict(listing(self._git, prefix, *map(self._tracking, campaign_refs(tag))))
        wanted = [name for name, sha in listed.items() if known.get(self._tracking(name)) != sha]
        lines = [
            f"delete {name}\n"
            for name in known.keys() - set(map(self._tracking, listed))
            if name.startswith(prefix)
        ]
        if wanted:
            # Several lanes of one clone would overwrite each other's FETCH_HEAD.
            options = ("--quiet", "--no-tags", "--refmap=", "--no-write-fetch-head")
            args = ("fetch", *options, self.name, *wanted)
            done = self._talk(args, patience)
            if done.returncode:
                raise self._error(f"fetch from {self.name}", done)
            there = self._present([listed[name] for name in wanted])
            lines += [
                f"update {self._tracking(name)} {listed[name]}\n"
                for name in wanted
                if listed[name] in there  # else it has moved meanwhile
            ]
        if lines:
            self._git.run(
                "update-ref", "-m", "autoresearch-ci: fetch", "--stdin",
                stdin="".join(lines).encode(errors="surrogateescape"),
            )  # fmt: skip

    def _listed(self, *words: str, patience: float) -> dict[str, str]:
        """The refs there that match, and their commits."""
        listed = self._talk(("ls-remote", "--refs", self.name, *words), patience)
        if listed.returncode:
            raise self._error(f"read from {self.name}", listed)
        rows = (line.split("\t") for line in _text(listed.stdout).splitlines())
        return {name: sha for sha, name in rows}

    def _present(self, commits: Iterable[str]) -> set[str]:
        """Those of the commits that are in this repository."""
        asked = "".join(f"{commit}\n" for commit in commits).encode()
        told = self._git.run("cat-file", "--batch-check=%(objectname)", stdin=asked).decode()
        return set(told.split("\n"))

    def fetch_campaigns(self, *, whole: bool = False) -> dict[str, str]:
        """Bring both branches of every campaign here.

        Tried twice where it fails soon: a clone of one branch knows no campaign without this,
        and would begin another one.
        """
        campaigns = "refs/heads/autoresearch/*", "refs/heads/autoresearch-logs/*"
        began = time.monotonic()
        try:
            return self.fetch(*campaigns, whole=whole)
        except WorkspaceError:
            if time.monotonic() - began > SOON:
                raise
        time.sleep(1.0)
        return self.fetch(*campaigns, whole=whole)

    def _tracking(self, name: str) -> str:
        if name.startswith("refs/heads/"):
            return f"refs/remotes/{self.name}/{name.removeprefix('refs/heads/')}"
        return f"refs/autoresearch/remotes/{self.name}/{name.removeprefix('refs/autoresearch/')}"

    def _talk(self, args: Sequence[str], patience: float) -> subprocess.CompletedProcess[bytes]:
        """Run a git that may wait for the network; it ends in time, or with us."""
        # A session of its own: with no terminal there, ssh cannot ask for anything either.
        with subprocess.Popen(
            ["git", *_OPTIONS, *args],
            cwd=self._git.cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, errors = process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                _kill(process)
                return subprocess.CompletedProcess(
                    args, 124, b"", b"no answer within %d seconds" % patience
                )
            except BaseException:
                _kill(process)
                raise
        return subprocess.CompletedProcess(args, process.returncode, out, errors)

    def _environment(self, urls: Iterable[str], token: str) -> dict[str, str]:
        env = dict(self._git.env)
        env["GIT_ASKPASS"] = env["SSH_ASKPASS"] = ""
        if not token and "SSH_AUTH_SOCK" in os.environ:
            env["SSH_AUTH_SOCK"] = os.environ["SSH_AUTH_SOCK"]  # this git alone gets to see it
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        for url in urls:
            parts = urlsplit(url)
            if not token or parts.scheme not in ("http", "https"):
                continue
            place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            # The empty one first: a checkout may have left a header of its own.
            for value in ("", f"{_HEADER}: Basic {word}"):
                env[f"GIT_CONFIG_KEY_{count}"] = f"http.{place}.extraHeader"
                env[f"GIT_CONFIG_VALUE_{count}"] = value
                count += 1
        env["GIT_CONFIG_COUNT"] = str(count)
        return env

    def _error(self, doing: str, done: subprocess.CompletedProcess[bytes]) -> WorkspaceError:
        words = [line for line in _text(done.stderr).splitlines() if line.strip()]
        words += [line for line in _text(done.stdout).splitlines() if line.startswith("!")]
        detail = _PASSWORD.sub(r"\1", "\n".join(words[-12:]))
        remedy = next((remedy for sign, remedy in _REMEDIES if sign.search(detail)), _REMEDY)
        return WorkspaceError(f"Could not {doing}.", detail=detail, remedy=remedy)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
