"""Everything that GitHub reads as a workflow or an action, before three linters.

Ours, what `init --github` writes for others in every variant, and what the documents show.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from autoresearch_ci.cli.workflow import HERE, PATH, UNKNOWN, Choices, texts
from autoresearch_ci.cli.workflow_steps import steps
from autoresearch_ci.project_types import Project

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = [ROOT / "action.yml", ROOT / "process/action.yml"]
PINNED = f"octo/autoresearch-ci@{'0123456789' * 4}"
DIGEST = f"@sha256:{'a' * 64}"
TOOLCHAINS = {
    "package.json": '{"packageManager": "pnpm@10.2.1"}',
    "pyproject.toml": "[project]\n",
    "go.mod": "go 1.25\n",
    "pom.xml": "<project/>",
    "pubspec.yaml": "name: x\n",
}


def all_toolchains() -> str:
    """The setup steps of a project that has everything."""
    with TemporaryDirectory() as folder:
        for name, text in TOOLCHAINS.items():
            Path(folder, name).write_text(text)
        return steps(Project(Path(folder)))


GENERATED = [
    Choices(action, runner, lanes=lanes, **form)
    for lanes, action, runner, form in product(
        (1, 8),
        (PINNED, UNKNOWN, HERE),
        ("ubuntu-latest", "self-hosted,gpu"),
        (
            {"setup": all_toolchains()},
            {"docker": True},
            {"pages": True},
            {"container": f"ghcr.io/octo/lab:1{DIGEST}"},
        ),
    )
]
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown() -> dict[str, str]:
    """The workflows in the documents, by their place. One without a trigger is given one."""
    found = {}
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for number, block in enumerate(BLOCK.findall(path.read_text()), 1):
            if "jobs" in (yaml.safe_load(block) or ()):
                trigger = "" if "\non:" in f"\n{block}" else "on: workflow_dispatch\n"
                found[f"{path.name}, block {number}"] = trigger + block
    return found


SHOWN = shown()


def run(*words: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A linter's answer; NOT RUN where it is not installed."""
    if not shutil.which(str(words[0])):
        pytest.skip(f"NOT RUN: {words[0]} is not installed")
    words = tuple(str(word) for word in words)
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)


def actionlint(*paths: Path) -> None:
    done = run("actionlint", *paths, folder=paths[0].parents[2])
    assert done.returncode == 0, done.stdout + done.stderr


def zizmor(*paths: Path) -> None:
    done = run("zizmor", "--offline", "--no-progress", "--persona=pedantic", *paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


def schema(kind: str, *paths: Path) -> None:
    done = run("check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", *paths)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def written(tmp_path):
    """Writes a workflow into a repository of its own, where linters look for such things."""
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "process").mkdir()
    for name in (".github/actionlint.yaml", "action.yml", "process/action.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path / name)  # the Action is there for `./`

    def write(workflow: str, path: str = PATH) -> Path:
        (tmp_path / path).write_text(workflow)
        return tmp_path / path

    return write


def test_our_workflows():
    """Our own workflows have no finding."""
    assert len(WORKFLOWS) == 3
    schema("workflows", *WORKFLOWS)
    actionlint(*WORKFLOWS)
    zizmor(*WORKFLOWS)


def test_our_actions():
    """Both forms of the Action have no finding."""
    schema("actions", *ACTIONS)
    zizmor(*ACTIONS)


def test_the_action_of_a_release(tmp_path):
    """The Action that names its image by a digest has no finding either."""
    pinned = tmp_path / "action.yml"
    image = f"docker://ghcr.io/octo/autoresearch-ci{DIGEST}"
    pinned.write_text(ACTIONS[0].read_text().replace("image: Dockerfile", f"image: {image}"))
    assert image in pinned.read_text()
    schema("actions", pinned)
    zizmor(pinned)


@pytest.mark.parametrize("choices", GENERATED, ids=str)
def test_what_init_writes(written, choices):
    """The workflow for a user's project has no finding, wherever its loop runs."""
    paths = [written(text, path) for path, text in texts(choices).items()]
    schema("workflows", *paths)
    actionlint(*paths)
    if choices.action != UNKNOWN:  # a commit that nobody has filled in is pinned to nothing
        zizmor(*paths)


@pytest.mark.parametrize("block", SHOWN.values(), ids=SHOWN)
def test_what_the_documents_show(written, block):
    """A workflow that somebody copies out of the documents is a valid one."""
    path = written(block)
    schema("workflows", path)
    actionlint(path)


def test_the_linters_see(written):
    """A fault that each of them is there to find is found: none of them looks away."""
    good = texts(Choices(PINNED))[PATH]
    for fault, tool in (
        (good.replace("queue: max", "queue: maximum"), lambda path: schema("workflows", path)),
        (good.replace("needs: commands", "needs: nobody"), actionlint),
        (good.replace("          persist-credentials: false\n", ""), zizmor),
        (good.replace(PINNED.partition("@")[2], "v1"), zizmor),
        (good.replace("permissions: {}", "permissions: write-all"), zizmor),
    ):
        assert fault != good
        with pytest.raises(AssertionError):
            tool(written(fault))


def test_scripts():
    """Our shell scripts have no finding."""
    scripts = [path for path in (ROOT / ".ci").iterdir() if path.is_file() and not path.suffix]
    scripts += [ROOT / "process/install", ROOT / "process/start"]
    scripts += [ROOT / "tests/e2e" / name for name in ("install-tools", "make-base")]
    done = run("shellcheck", *scripts)
    assert done.returncode == 0, done.stdout + done.stderr
