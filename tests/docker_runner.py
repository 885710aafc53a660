"""Starts the Action's image exactly as GitHub's runner starts a Docker action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import yaml

OWNER = 1001
"""The user that hosted runners run as, and so the owner of the workspace."""

TOKENS = {
    "ACTIONS_RUNTIME_TOKEN": "eyJhbGciOiJub25lIn0.runtime-token-0123456789",
    "INPUT_ANTHROPIC_API_KEY": "sk-ant-api03-0123456789abcdefghij",
    "GITHUB_TOKEN": "ghs_0123456789abcdefghijklmnopqrstuvwxyz",
}

ACTION = yaml.safe_load((Path(__file__).parents[1] / "action.yml").read_text())
DEFAULTS = {name: each["default"] for name, each in ACTION["inputs"].items()}


@dataclass
class Runner:
    """One job of a runner: its folders on the host, and the containers that it starts."""

    folder: Path
    image: str
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = self.folder / "work" / "project" / "project"
        self.temp = self.folder / "work" / "_temp"
        self.commands = self.temp / "_runner_file_commands"
        self.workflow = self.temp / "_github_workflow"
        for path in (self.workspace, self.commands, self.workflow, self.temp / "_github_home"):
            path.mkdir(parents=True)
        (self.workflow / "event.json").write_text(json.dumps({"token": TOKENS["GITHUB_TOKEN"]}))
        (self.temp / "_github_home" / "secret").write_text(TOKENS["GITHUB_TOKEN"])

    @property
    def output(self) -> Path:
        return self.commands / "set_output_1"

    @property
    def summary(self) -> Path:
        return self.commands / "step_summary_1"

    def check_out(self, files: dict[str, str]) -> None:
        """The project as actions/checkout leaves it: the runner's, the token in its config."""
        for name, text in files.items():
            (self.workspace / name).write_text(text)
        for words in (
            ["init", "-q", "-b", "main"],
            ["add", "-A"],
            ["-c", "user.name=u", "-c", "user.email=u@example.org", "commit", "-qm", "base"],
            ["config", "http.extraheader", f"AUTHORIZATION: basic {TOKENS['GITHUB_TOKEN']}"],
        ):
            subprocess.run(["git", "-C", self.workspace, *words], check=True)
        self.own_all()

    def own_all(self) -> None:
        """Let all be the runner's, and remember what is in the workspace."""
        for path in [self.folder / "work", *(self.folder / "work").rglob("*")]:
            os.chown(path, OWNER, OWNER, follow_symlinks=False)
        self.before = self.state()

    def state(self) -> dict[str, tuple[object, ...]]:
        """Everything in the workspace but git's folder and what the loop writes: all that counts."""
        found = {}
        for path in (self.workspace, *self.workspace.rglob("*")):
            name = str(path.relative_to(self.workspace))
            if name.split("/", maxsplit=1)[0] in (".git", ".claude", "results.tsv", "run.log"):
                continue
            st = path.lstat()
            is_file = path.is_file() and not path.is_symlink()
            content = (path.read_bytes(), st.st_mtime_ns) if is_file else ()
            found[name] = (st.st_mode, st.st_uid, st.st_gid, *content)
        return found

    def left_over(self) -> list[str]:
        """What is left of a session: layers, and what the engine has of it."""
        layers = [str(path) for path in self.temp.glob("autoresearch-*/*")]
        shown = '{{.Label "autoresearch-session"}}'
        for words in (["ps", "-a"], ["volume", "ls"]):
            listed = ["docker", *words, "--filter", "label=autoresearch-session", "--format", shown]
            said = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
            layers += [line for line in said.splitlines() if line.startswith(str(self.temp))]
        return layers

    def not_owned(self) -> list[str]:
        """What in the workspace belongs to somebody else than its owner."""
        paths = [self.workspace, *self.workspace.rglob("*")]
        return [str(path) for path in paths if path.lstat().st_uid != OWNER]

    def arguments(self, entrypoint: str | None, event: str, inputs: dict[str, str]) -> list[str]:
        for path in (self.output, self.summary):
            path.touch()
            os.chown(path, OWNER, OWNER)
        name = f"autoresearch_{uuid.uuid4().hex[:12]}"
        self.names.append(name)
        variables = {
            "HOME": "/github/home",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_OUTPUT": "/github/file_commands/set_output_1",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/step_summary_1",
            "RUNNER_TEMP": "/github/runner_temp",
            **{f"INPUT_{key.upper()}": value for key, value in {**DEFAULTS, **inputs}.items()},
            "INPUT_GITHUB_TOKEN": TOKENS["GITHUB_TOKEN"],
            **TOKENS,
        }
        mounts = {
            "/var/run/docker.sock": "/var/run/docker.sock",
            str(self.temp): "/github/runner_temp",
            str(self.temp / "_github_home"): "/github/home",
            str(self.workflow): "/github/workflow",
            str(self.commands): "/github/file_commands",
            str(self.workspace): "/github/workspace",
        }
        words = ["docker", "run", "--name", name, "--label", "autoresearch-test"]
        words += ["--workdir", "/github/workspace", "--rm"]
        for key, value in variables.items():
            words += ["-e", f"{key}={value}"]
        for source, place in mounts.items():
            words += ["-v", f"{source}:{place}"]
        if entrypoint:
            words += ["--entrypoint", entrypoint]
        return [*words, self.image]

    def run(
        self, event: str = "workflow_dispatch", entrypoint: str | None = None, **inputs: str
    ) -> subprocess.CompletedProcess[str]:
        """One step, from beginning to end."""
        return subprocess.run(
            self.arguments(entrypoint, event, inputs),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def start(self, **inputs: str) -> subprocess.Popen[str]:
        """One step, under way; its container is the last of `names`."""
        return subprocess.Popen(
            self.arguments(None, "workflow_dispatch", inputs),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def outputs(self) -> dict[str, str]:
        """What the runner would read from the output file."""
        lines = iter(self.output.read_text().splitlines())
        found = {}
        for line in lines:
            name, _, word = line.partition("<<")
            value = []
            while (one := next(lines)) != word:
                value.append(one)
            found[name] = "\n".join(value)
        return found

    def records(self) -> list[dict]:
        log = self.workspace / ".claude" / "logs" / "autoresearch.jsonl"
        if not log.exists():
            return []
        return [json.loads(line) for line in log.read_text().splitlines()]

    def wait_for_line(self, line: str, seconds: float = 90.0) -> None:
        """Until a run has printed a line."""
        until = time.monotonic() + seconds
        log = self.workspace / "run.log"
        while not log.exists() or line not in log.read_text().splitlines():
            assert time.monotonic() < until, f"{line!r} did not come"
            time.sleep(0.01)

    def close(self) -> None:
        for name in self.names:
            subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
