"""Jobs on a runner, as processes of their own, for a repository on the tests' own GitHub."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import racing_sessions
from tests.github.hub import GitHub
from tests.github.state import Comment, Issue, Repository, User
from tests.prepared_steps import Step
from tests.projects import git, make_repository

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
INPUTS = {
    "target_file": "solve.py",
    "run_command": "python3 -I solve.py",
    "metric_name": "score",
    "max_experiments": "5",
    "time_limit": "5m",
    "proposer": "search",
    "tag": "t",
}
SIGNS = Path(tempfile.mkdtemp(prefix="autoresearch-signs-", dir="/var/tmp"))
"""A folder outside of the trees that experiments run in, which they may write to; the same for all
jobs of this process, since it is in the settings, whose commit is to be the same."""

SIGNS.chmod(0o777)
atexit.register(shutil.rmtree, SIGNS, ignore_errors=True)
SOLVE = 'RATE = 0.02\nSTEPS = 8\nprint("score:", (RATE - 0.05) ** 2 + STEPS / 1000)\n'
WORKFLOW = ".github/workflows/autoresearch.yml"
IN_NO_HURRY = """
from autoresearch_ci.forge.github import rate_limit as pace
pace.Manners.__init__.__defaults__ = (0.0, 0.0, *pace.Manners.__init__.__defaults__[2:])
from autoresearch_ci.action import pull_request as head, status as live
head.PAUSE = live.PAUSE = 0.0
"""
"""Code that has a job show every experiment, as if each took more than a minute."""
ARCHIVED_AT_ONCE = """
from autoresearch_ci.campaign import archive, sync as publisher
archive.INTERVAL, publisher.A_MINUTE = 0.0, 10**6
"""
"""Code that has a job push after every experiment, as if each took more than some seconds."""


@dataclass
class Job:
    """One job on a runner: a checkout of the repository's `main`, and what a step left.

    `first` is code that the step's process runs before the Action, `variables` are more of
    those that it is started with. One that is not `whole`, as the runner starts it, is a fork
    of a process that has imported the Action.
    """

    hub: GitHub
    folder: Path
    lab: Repository
    first: str = ""
    log: str = ""
    code: int | None = None
    token: str = TOKEN
    inputs: dict[str, str] = field(default_factory=lambda: dict(INPUTS))
    variables: dict[str, str] = field(default_factory=dict)
    whole: bool = True

    def __post_init__(self) -> None:
        self._step: subprocess.Popen[str] | Step | None = None
        self.files.mkdir(parents=True)
        self.signs = SIGNS / uuid.uuid4().hex
        self.signs.mkdir()
        self.signs.chmod(0o777)
        racing_sessions.clone(
            self.lab.bare, self.hub.git.remote(self.lab.full_name), self.workspace
        )

    @property
    def waits(self) -> str:
        """A command that shows in `signs` that it is `here`, and waits for `go`."""
        return f"touch {self.signs}/here; while [ ! -e {self.signs}/go ]; do sleep 0.05; done"

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def summary(self) -> str:
        return (self.files / "summary").read_text()

    @property
    def outputs(self) -> dict[str, str]:
        """Those of one line."""
        lines = (self.files / "output").read_text().split("\n")
        starts = [at for at, line in enumerate(lines) if "<<" in line]
        return {lines[at].partition("<<")[0]: lines[at + 1] for at in starts}

    @property
    def sha(self) -> str:
        return git(self.lab.bare, "rev-parse", "main")

    @property
    def checks(self) -> dict[str, dict]:
        """The check runs on the commit of the event: what was sent, by name."""
        return self.checks_on(self.sha)

    def checks_on(self, sha: str) -> dict[str, dict]:
        found = [check for check in self.lab.checks.values() if check.head_sha == sha]
        return {check.name: {**check.saved, "output": check.output} for check in found}

    def run(self, until: Path | None = None, how: int = signal.SIGINT, **inputs: str) -> int:
        """A dispatch, cancelled when a file is there; its exit code."""
        self.start("workflow_dispatch", {"inputs": {}}, **inputs)
        return self.end(until, how)

    def say(
        self,
        thread: Issue,
        author: User,
        body: str,
        until: Path | None = None,
        *,
        change: dict | None = None,
        **inputs: str,
    ) -> Comment:
        """Somebody comments, and the workflow runs for it to its end; the comment.

        `change` is put into the event's payload.
        """
        comment = self.begin(thread, author, body, change=change, **inputs)
        self.end(until)
        return comment

    def begin(
        self, thread: Issue, author: User, body: str, *, change: dict | None = None, **inputs: str
    ) -> Comment:
        """The same, as far as that the workflow runs."""
        comment = self.lab.comment(thread, author, body)
        payload = {
            "action": "created",
            "issue": {"number": thread.number, **({"pull_request": {}} if thread.is_pull else {})},
            "comment": {
                "id": comment.id,
                "body": body,
                "user": {"login": author.login, "type": author.type},
                "performed_via_github_app": None,
            },
        }
        for key, value in (change or {}).items():
            payload[key] = {**payload[key], **value} if isinstance(value, dict) else value
        self.start("issue_comment", payload, **inputs)
        return comment

    def start_again(self, earlier: Job, **inputs: str) -> None:
        """Start the step of another job of a run, for the same event."""
        self.start(earlier.event, earlier.payload, **inputs)

    def start(self, event: str, payload: dict, **inputs: str) -> None:
        """Start the step for an event."""
        self.event, self.payload = event, payload
        payload = {"repository": {"default_branch": "main"}, **payload}
        (self.files / "event.json").write_text(json.dumps(payload))
        given = {**self.inputs, "github_token": self.token, **inputs}
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",  # what another user may run, too
            **self.hub.environment(self.lab.full_name),
            **{f"INPUT_{name.upper()}": text for name, text in given.items()},
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.files / "event.json"),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ID": "77",
            "GITHUB_SHA": self.sha,
            "GITHUB_WORKFLOW_REF": f"{self.lab.full_name}/{WORKFLOW}@refs/heads/main",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.files / "output"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary"),
            **self.variables,
        }
        for name in ("output", "summary"):
            (self.files / name).unlink(missing_ok=True)
        if not self.whole:
            log = self.folder / "log"
            log.unlink(missing_ok=True)
            self._step = Step(variables, self.first, log)
            return
        main = "\nfrom autoresearch_ci.action.job import main\nmain()"
        words = ["-c", self.first + main] if self.first else ["-m", "autoresearch_ci.action"]
        self._step = subprocess.Popen(
            [sys.executable, "-I", *words],
            env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def end(self, until: Path | None = None, how: int = signal.SIGINT) -> int:
        """Wait for the step, cancelled when a file is there; its exit code."""
        with self._step as step:
            if until:
                wait_for(until, step)
                step.send_signal(how)
            self.log = step.communicate(timeout=120)[0]
        self.code = step.returncode
        return self.code

    def kill(self) -> None:
        """End the step at once, as a runner does that has lost its patience."""
        self._step.kill()
        self._step.communicate()

    def post(self) -> None:
        """The step that follows always."""
        variables = {"PATH": os.environ["PATH"], "GITHUB_WORKSPACE": str(self.workspace)}
        words = [sys.executable, "-I", "-m", "autoresearch_ci.action", "post"]
        subprocess.run(words, env={**variables, **self.variables}, check=True)


def make_source(folder: Path, settings: str = "doctor: off\n", solve: str = SOLVE) -> Path:
    """A project that improves; the doctor has tests of its own, and takes a while."""
    folder.chmod(0o755)  # experiments have a user of their own where the tests are root's
    settings += f"sandbox_write: {SIGNS}\n"
    files = {"solve.py": solve, ".gitignore": "run.log\n", ".github/autoresearch.yml": settings}
    return make_repository(folder / "source", files)


@contextmanager
def checkout(folder: Path, settings: str) -> Iterator[Job]:
    """A job for that project with these settings."""
    source = make_source(folder, settings)
    with GitHub(folder / "hub") as hub:
        hub.tokens.add(TOKEN)
        yield Job(hub, folder / "job", hub.create("octo/lab", source=source))


def wait_for(path: Path, step: subprocess.Popen[str] | Step | None = None) -> None:
    """Until the file is there."""
    give_up = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < give_up, f"{path} did not come"
        assert step is None or step.poll() is None, step.communicate()[0]
        time.sleep(0.02)
