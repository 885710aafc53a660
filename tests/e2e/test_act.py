"""The workflows in nektos/act: jobs, conditions, both forms of the Action, against our GitHub.

As a release has it: action.yml names the image. What act cannot do is left out of the workflow
before it runs: it knows no `queue`, and there is no GPU. It skips actions/checkout and copies the
clone; GitHub's other actions (setup-node, setup-java, cache) are stand-ins that do nothing, and the
tools that they would set up are this machine's; setup-python's makes a Python with pip where GitHub's
machines have theirs. So nothing is fetched from GitHub.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoresearch_ci.cli.workflow import HERE, PATH, Choices, texts
from autoresearch_ci.cli.workflow_steps import steps
from autoresearch_ci.project_types import Project
from tests import racing_sessions
from tests.action_image import BASE, IMAGE, ROOT
from tests.github.hub import GitHub
from tests.github.state import Repository
from tests.projects import git, make_repository

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
PINNED = f"octo/autoresearch-ci@{'0123456789' * 4}"
SOLVE = 'RATE = 0.02\nSTEPS = 8\nprint("score:", (RATE - 0.05) ** 2 + STEPS / 1000)\n'
SECTION = """\
## autoresearch

- target_file: solve.py
- run_command: python3 solve.py
- metric_name: score
- metric_parse: grep "^score:" run.log | cut -d" " -f2
"""
PROJECT = {"solve.py": SOLVE, "CLAUDE.md": SECTION, ".gitignore": "__pycache__/\n"}


def release(folder: Path) -> Path:
    """The Action's repository at the commit of a release, as far as a runner needs it."""
    for name in ("process", "requirements", "autoresearch_ci", "examples/custom", ".github"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    named = (
        (ROOT / "action.yml").read_text().replace("image: Dockerfile", f"image: docker://{IMAGE}")
    )
    (folder / "action.yml").write_text(named)
    return folder


def for_act(choices: Choices) -> dict[str, str]:
    """The workflows without what act does not know, under a name that no other run has."""
    files, name = {}, f"name: autoresearch-{uuid.uuid4().hex}"
    for path, text in texts(choices).items():
        left = re.sub(r"^ +(queue: max|options: --gpus all).*\n", "", text, flags=re.MULTILINE)
        assert left != text or path != PATH
        files[path] = left.replace("name: autoresearch", name, 1)
    return files


_OF_GITHUB = re.compile(r"uses: (actions/(?!checkout)[\w-]+)(?:/(\w+))?(@\w+)")
_PYTHON = """\
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        python3 -m venv /opt/hostedtoolcache/Python
        echo /opt/hostedtoolcache/Python/bin >> "$GITHUB_PATH"
"""
_NOTHING = "runs:\n  using: composite\n  steps: [{run: 'true', shell: bash}]\n"
_CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "PIP_CERT")
_TOOLS = ("/usr", "/etc/alternatives", "/etc/ssl", "/etc/maven", "/etc/java-17-openjdk")
"""Folders of this machine with Node, Java and Maven, for a job whose image has none."""


def stand_ins(workflow: str, folder: Path) -> list[str]:
    """Arguments of act: each action of GitHub's that the workflow names, as one without effect."""
    words = []
    for name, inner, version in _OF_GITHUB.findall(workflow):
        place = folder / name.replace("/", "-")
        (place / inner).mkdir(parents=True, exist_ok=True)
        text = _PYTHON if name.endswith("setup-python") else _NOTHING
        (place / inner / "action.yml").write_text(text)
        words += ["--local-repository", f"{name}{version}={place}"]
    return words


@dataclass
class Lab:
    """A repository on our GitHub with a workflow, the Action, and people.

    `log` is what the run printed that ended last, `further` are more arguments of act.
    """

    hub: GitHub
    folder: Path
    action: Path
    repository: Repository
    log: str = ""
    further: tuple[str, ...] = ()

    def run(self, event: str, **payload: object) -> dict[str, str]:
        """The jobs that the event started, and what became of each."""
        job = self.folder / uuid.uuid4().hex
        work = racing_sessions.clone(self.repository.bare, self.hub.git.remote("octo/lab"), job)
        file = job.with_suffix(".json")
        file.write_text(json.dumps({"repository": {"default_branch": "main"}, **payload}))
        words = ["act", event, "--json", "--rm", "--pull=false", "--no-cache-server"]
        words += ["--directory", work, "--workflows", work / PATH, "--eventpath", file]
        words += ["--platform", f"ubuntu-latest={BASE}", "--secret", f"GITHUB_TOKEN={TOKEN}"]
        words += ["--local-repository", f"{PINNED}={self.action}", *self.further]
        certificates = {n: os.environ[n] for n in _CERTIFICATES if n in os.environ}
        for name, value in (self.hub.environment("octo/lab") | certificates).items():
            words += ["--env", f"{name}={value}"]
        homes = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        done = subprocess.run(
            words, env={**os.environ, **homes}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        rows = [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
        self.log = "\n".join(str(row.get("msg", "")) for row in rows) + done.stderr
        assert done.returncode == 0, self.log
        return {row["jobID"]: row["jobResult"] for row in rows if "jobResult" in row}

    def comment(self, body: str, role: str = "write") -> tuple[dict[str, str], list[str]]:
        """The jobs that somebody with this role starts by a comment on an issue, and its faces."""
        author = self.hub.user(f"with-{role}")
        self.repository.roles[author.login] = role
        issue = self.repository.issue(author)
        comment = self.repository.comment(issue, author, body)
        jobs = self.run(
            "issue_comment",
            action="created",
            issue={"number": issue.number},
            comment={
                "id": comment.id,
                "body": body,
                "user": {"login": author.login, "type": "User"},
            },
        )
        return jobs, comment.faces

    def branches(self) -> list[str]:
        return git(self.repository.bare, "branch", "--format=%(refname:short)").split()

    def experiments(self) -> int:
        """How many are in the log on GitHub, the baseline left out."""
        (tag,) = (b.split("/")[1] for b in self.branches() if b.startswith("autoresearch/"))
        done = racing_sessions.records(self.repository.bare, tag)
        return sum(record["action"] == "experiment_done" for record in done) - 1


@pytest.fixture
def action(tmp_path) -> Path:
    """The Action as a release has it."""
    return release(tmp_path / "release")


@pytest.fixture
def make_lab(tmp_path, image, action):
    """Makes a lab whose `main` has these files."""
    if not shutil.which("act"):
        pytest.skip("NOT RUN: act is not installed")
    assert image == IMAGE
    tmp_path.chmod(0o755)  # experiments have a user of their own where the tests are root's
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)

        def make(files: dict[str, str]) -> Lab:
            source = make_repository(tmp_path / "source", files)
            return Lab(hub, tmp_path, action, hub.create("octo/lab", source=source))

        yield make


@pytest.fixture
def lab(make_lab):
    """A user's project with the workflow that `init --github` writes."""
    return make_lab({**PROJECT, **for_act(Choices(PINNED))})


def test_a_dispatch(lab):
    """A dispatch holds a session as its inputs say, which is pushed and shown."""
    assert lab.run("workflow_dispatch", inputs={"max_experiments": "3", "tag": "mine"}) == {
        "loop": "success"
    }
    assert lab.branches() == ["autoresearch-logs/mine", "autoresearch/mine", "main"]
    assert lab.experiments() == 3
    assert {check.name for check in lab.repository.checks.values()} >= {"autoresearch"}


def test_a_schedule(lab):
    """A schedule has no inputs, and so the limits that the workflow has for it."""
    assert lab.run("schedule") == {"loop": "success"}
    assert "after 10 experiments or after 5h00m" in lab.log


def test_comments(lab):
    """A session and a command go to the job of each, and talk starts nothing."""
    seen_and_done = ["eyes", "rocket"]
    both = {"commands": "success", "loop": "success"}
    assert lab.comment("/autoresearch  run n=1") == (both, seen_and_done)
    assert lab.experiments() == 1
    assert lab.comment("/autoresearch \tHELP\r\nplease") == ({"commands": "success"}, seen_and_done)
    assert lab.comment("What is /autoresearch?") == ({}, [])


def test_a_stranger(lab):
    """Who may not write starts no session, and the job does not fail for it."""
    refused = {"commands": "success"}, ["eyes", "-1"]
    assert lab.comment("/autoresearch run n=1", role="read") == refused
    assert lab.branches() == ["main"]


def test_stop_reaches_a_loop(make_lab):
    """A comment ends the session of another job that is at work, after the experiment under way."""
    slow = SECTION.replace("python3 solve.py", "sleep 1 && python3 solve.py")
    lab = make_lab({**PROJECT, "CLAUDE.md": slow, **for_act(Choices(PINNED))})
    with ThreadPoolExecutor() as pool:
        loop = pool.submit(lab.run, "workflow_dispatch", inputs={"max_experiments": "500"})
        while "autoresearch/" not in "".join(lab.branches()):
            assert not loop.done(), lab.log
            time.sleep(0.1)
        assert lab.comment("/autoresearch  stop") == ({"commands": "success"}, ["eyes", "rocket"])
        assert loop.result() == {"loop": "success"}
    assert "somebody asked for it" in lab.log
    assert lab.experiments() < 500


def test_a_job_container(make_lab):
    """The workflow for a job container holds a session in the image that was named."""
    lab = make_lab({**PROJECT, **for_act(Choices(PINNED, container=BASE))})
    assert lab.run("workflow_dispatch", inputs={"max_experiments": "2"}) == {"loop": "success"}
    assert lab.experiments() == 2


def test_lanes(make_lab):
    """A matrix of three lanes and their combination are one campaign, and leave no ref behind."""
    lab = make_lab({**PROJECT, **for_act(Choices(PINNED, lanes=3))})
    jobs = lab.run("workflow_dispatch", inputs={"max_experiments": "6", "tag": "mine"})
    assert set(jobs.values()) == {"success"}, lab.log
    assert lab.branches() == ["autoresearch-logs/mine", "autoresearch/mine", "main"]
    assert "lanes" not in git(lab.repository.bare, "for-each-ref")
    assert lab.experiments() >= 6
    begun = [
        record["details"].get("lane", 0)
        for record in racing_sessions.records(lab.repository.bare, "mine")
        if record["action"] == "session_start"
    ]
    assert sorted(begun) == [0, 0, 1, 2, 3]
    names = [check.name for check in lab.repository.checks.values()]
    assert names.count("autoresearch") == 1


@pytest.mark.parametrize("name", ["custom", "java", "ml", "web"])
def test_an_example(make_lab, name):
    """A clone of an example is improved by the workflow that `init --github` writes for it.

    The doctor has tests of its own, with these examples.
    """
    example = ROOT / "examples" / name
    tracked = git(ROOT, "ls-files", f"examples/{name}").splitlines()
    files = {
        str(path.relative_to(example)): path.read_text()
        for path in (ROOT / each for each in tracked)
    }
    workflow = for_act(Choices(PINNED, setup=steps(Project(example))))
    lab = make_lab({**files, **workflow, ".github/autoresearch.yml": 'doctor: "off"\n'})
    mounts = " ".join(f"--volume {each}:{each}:ro" for each in _TOOLS if Path(each).exists())
    further = stand_ins(workflow[PATH], lab.folder)
    lab.further = ("--container-options", mounts, *further)
    assert lab.run("workflow_dispatch", inputs={"max_experiments": "1"}) == {"loop": "success"}
    assert lab.experiments() == 1
    assert bool(further) == (name != "custom")


def test_our_own_workflow(make_lab, action):
    """This project's own workflow improves its example, with the Action that lies beside it."""
    files = {
        str(path.relative_to(action)): path.read_text()
        for path in action.rglob("*")
        if path.is_file()
    }
    lab = make_lab({**files, **for_act(Choices(HERE))})
    assert lab.run("workflow_dispatch", inputs={"max_experiments": "2"}) == {"loop": "success"}
    assert lab.experiments() == 2
    assert "target    examples/custom/pack.py" in lab.log
