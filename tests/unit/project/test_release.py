"""A release: the image first, then one commit that names it, and the tags on that commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from autoresearch_ci import __version__
from autoresearch_ci.cli.workflow import HERE, PATH, Choices, texts

ROOT = Path(__file__).parents[3]
TAG = f"v{__version__}"
MAJOR = TAG.split(".", maxsplit=1)[0]
DIGEST = f"sha256:{'5' * 64}"
IMAGE = f"ghcr.io/octo/autoresearch-ci@{DIGEST}"
DOCKER = f"""#!/bin/sh
echo "$@" >> "$DOCKER_LOG"
case "$*" in
  *inspect*) echo "${{DIGEST-{DIGEST}}}" ;;
  *Server.Arch*) echo amd64 ;;
  pull*arm64*) exit "${{PULL-0}}" ;;
  run*) exit "${{RUN-0}}" ;;
esac
"""
"""A docker that writes down what it is asked for."""


class Checkout:
    """A clone of a repository to be released, as the workflow's checkout makes it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.remote, self.work = folder, folder / "remote.git", folder / "work"
        self.log = folder / "docker.log"
        (folder / "bin").mkdir()
        (folder / "bin" / "docker").write_text(DOCKER)
        (folder / "bin" / "docker").chmod(0o755)
        (self.work / "process").mkdir(parents=True)
        for path in ("action.yml", "process/action.yml", ".ci/release"):
            (self.work / path).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / path, self.work / path)
        (self.work / "autoresearch_ci").mkdir()
        shutil.copy(ROOT / "autoresearch_ci/__init__.py", self.work / "autoresearch_ci")
        changes = f"# Changelog\n\n## Unreleased\n\n- later\n\n## {__version__} - today\n\n- new\n"
        (self.work / "CHANGELOG.md").write_text(f"{changes}\n## 0.0.1\n\n- old\n")
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-qm", "source")
        self.git("tag", TAG)
        subprocess.run(["git", "init", "-q", "--bare", self.remote], check=True)
        self.git("remote", "add", "origin", str(self.remote))
        self.git("push", "-q", "origin", "main", TAG)
        self.source = self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        named = ("-c", "user.name=u", "-c", "user.email=u@example.org")
        done = subprocess.run(
            ["git", "-C", self.work, *named, *words], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def step(self, *words: str, code: int = 0, **variables: str) -> str:
        """One step of the workflow; what it prints."""
        given = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "DOCKER_LOG": str(self.log),
            "GITHUB_REF_NAME": TAG,
            "GITHUB_REPOSITORY": "Octo/autoresearch-ci",
            "GITHUB_SERVER_URL": "https://forge.example",
            "GITHUB_ACTOR": "ada",
            "GITHUB_TOKEN": "ghs_secret",
        }
        done = subprocess.run(
            [self.work / ".ci/release", *words],
            env={**given, **variables}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + (done.stderr if code else "")

    def tags(self) -> dict[str, str]:
        """What the remote has."""
        rows = self.git("ls-remote", "--tags", "origin").splitlines()
        return {name.removeprefix("refs/tags/"): sha for sha, name in (row.split() for row in rows)}


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_the_release_commit(checkout):
    """Both tags are on a commit that differs from the tagged source in the image's name alone."""
    checkout.step("tag", IMAGE)
    tags = checkout.tags()
    assert set(tags) == {TAG, MAJOR}
    assert tags[TAG] == tags[MAJOR] != checkout.source
    assert checkout.git("rev-parse", f"{tags[TAG]}^") == checkout.source
    assert checkout.git("diff", "--name-only", checkout.source, tags[TAG]) == "action.yml"
    before, after = (
        yaml.safe_load((ROOT / "action.yml").read_text()),
        yaml.safe_load(checkout.git("show", f"{tags[TAG]}:action.yml")),
    )
    assert before["runs"].pop("image") == "Dockerfile"
    assert after["runs"].pop("image") == f"docker://{IMAGE}"
    assert after == before


def test_an_annotated_tag(checkout):
    """It does not matter whether the tag that was pushed is a commit's name or an object."""
    checkout.git("tag", "-fam", "signed", TAG)
    checkout.git("push", "-qf", "origin", TAG)
    checkout.step("tag", IMAGE)
    assert checkout.git("show", "-s", "--format=%P", checkout.tags()[TAG]) == checkout.source


def test_once_is_enough(checkout):
    """A job that is run again after the release moves nothing."""
    checkout.step("tag", IMAGE)
    tags = checkout.tags()
    checkout.git("checkout", "-q", checkout.source)
    assert "not on" in checkout.step("tag", IMAGE, code=1)
    assert checkout.tags() == tags


def test_a_late_fix_of_an_older_release(checkout):
    """The major tag stays with the newest release."""
    checkout.git("tag", f"{MAJOR}.99.0")
    checkout.git("push", "-q", "origin", f"{MAJOR}.99.0", f"{TAG}:refs/tags/{MAJOR}")
    checkout.step("tag", IMAGE)
    tags = checkout.tags()
    assert tags[MAJOR] == checkout.source != tags[TAG]


def test_a_major_tag_moves(checkout):
    """The major tag goes from the release before to this one."""
    checkout.git("push", "-q", "origin", f"{TAG}:refs/tags/{MAJOR}")
    checkout.step("tag", IMAGE)
    tags = checkout.tags()
    assert tags[MAJOR] == tags[TAG] != checkout.source


def test_the_notes(checkout):
    """The release says what is new in this version alone, and how to pin it."""
    checkout.step("tag", IMAGE)
    said = checkout.step("notes")
    assert "- new\n" in said
    assert "- old" not in said
    assert "- later" not in said
    assert f"uses: Octo/autoresearch-ci@{checkout.tags()[TAG]} # {TAG}\n" in said
    assert IMAGE in said


def test_a_tag_of_another_version(checkout):
    """A tag that is not the code's version, or of which the changelog says nothing, is refused."""
    checkout.step("check")
    assert "another version" in checkout.step("check", code=1, GITHUB_REF_NAME="v9.9.9")
    (checkout.work / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- new\n")
    assert "says nothing" in checkout.step("check", code=1)


def test_the_image(checkout):
    """Each architecture is built with its provenance and the list of what is in it."""
    checkout.step("image", "arm64")
    *_, build = checkout.log.read_text().splitlines()
    words = build.split()
    assert words[:2] == ["buildx", "build"]
    assert {"--provenance=mode=max", "--sbom=true", "--push", "linux/arm64"} <= set(words)
    assert f"ghcr.io/octo/autoresearch-ci:{TAG}-arm64" in words
    assert "ghs_secret" not in checkout.log.read_text()


def test_one_name_for_both(checkout):
    """The release's image is both architectures under one digest, and what is no digest is refused."""
    assert checkout.step("join") == f"image={IMAGE}\n"
    created = next(line for line in checkout.log.read_text().splitlines() if "create" in line)
    name = f"ghcr.io/octo/autoresearch-ci:{TAG}"
    assert created.endswith(f"--tag {name} {name}-amd64 {name}-arm64")
    assert checkout.log.read_text().splitlines()[-1] == "logout ghcr.io"
    assert "no digest" in checkout.step("join", code=1, DIGEST="")


def test_an_image_that_nobody_can_use(checkout):
    """No tag is moved before the image can be pulled by anybody, and is of this version."""
    checkout.step("try", IMAGE)
    assert "Make the package public" in checkout.step("try", IMAGE, code=1, PULL="1")
    assert "another version" in checkout.step("try", IMAGE, code=1, RUN="1")


def test_the_order_of_the_workflow():
    """Tests come before the image, and the tags after it was tried without a password."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert jobs["check"]["steps"][-1]["run"] == ".ci/release check"
    assert jobs["test"]["needs"] == "check"
    assert jobs["build"]["needs"] == "test"
    assert jobs["release"]["needs"] == "build"
    steps = jobs["release"]["steps"]
    done = [re.search(r"release (\w+)", step["run"])[1] for step in steps if "run" in step]
    assert done == ["join", "try", "tag", "notes"]
    assert "GITHUB_TOKEN" not in next(s for s in steps if " try " in s.get("run", ""))["env"]


def test_ci_tests_every_supported_python():
    """Each Python that a package of ours may be installed on is tested."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    pythons = jobs["test"]["strategy"]["matrix"]["python"]
    oldest = re.search(r'requires-python = ">=(.*)"', (ROOT / "pyproject.toml").read_text())[1]
    assert pythons[0] == oldest
    assert pythons == [f"3.{minor}" for minor in range(11, 11 + len(pythons))]
    assert len(pythons) >= 4


def test_our_own_campaign():
    """This project improves its own example with the very workflow that `init --github` writes."""
    assert (ROOT / ".github/workflows/autoresearch.yml").read_text() == texts(Choices(action=HERE))[
        PATH
    ]
