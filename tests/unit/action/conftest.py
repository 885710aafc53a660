"""A repository on a GitHub of this machine, people, and jobs for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.action_jobs import TOKEN, WORKFLOW, Job, make_source
from tests.github.hub import GitHub
from tests.projects import git


@pytest.fixture
def hub(tmp_path):
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)
        yield hub


@pytest.fixture
def source(tmp_path):
    """The project, as somebody has it who works on it; always with the same commit."""
    return make_source(tmp_path)


@pytest.fixture(scope="session")
def earlier_run(tmp_path_factory) -> Callable[..., Job]:
    """A function for the job of a first run with these inputs, made once for all tests."""

    @cache
    def run(**inputs: str) -> Job:
        folder = tmp_path_factory.mktemp("earlier")
        source = make_source(folder)
        with GitHub(folder / "hub") as hub:
            hub.tokens.add(TOKEN)
            lab = hub.create("octo/lab", source=source)
            lab.workflows.add(WORKFLOW.rpartition("/")[2])
            job = Job(hub, folder / "job", lab, whole=False)
            assert job.run(**inputs) == 0, job.log
        return job

    return run


@pytest.fixture
def take_up(lab) -> Callable[[Job], Job]:
    """A function that puts what an earlier run left on GitHub on this test's own."""

    def take_up(job: Job) -> Job:
        refs = [f"refs/heads/{name}/*" for name in ("autoresearch", "autoresearch-logs")]
        git(lab.bare, "fetch", "-q", str(job.lab.bare), *(f"{ref}:{ref}" for ref in refs))
        lab.dispatches += job.lab.dispatches
        return job

    return take_up


@pytest.fixture
def lab(hub, source):
    return hub.create("octo/lab", source=source)


@pytest.fixture
def make_job(request, tmp_path, hub, lab) -> Callable[..., Job]:
    """Makes a job on a runner of its own, whose steps are whole in a test that is marked `job`."""
    whole = request.node.get_closest_marker("job") is not None
    return lambda name="job", **what: Job(hub, tmp_path / name, lab, whole=whole, **what)


@pytest.fixture
def job(make_job) -> Job:
    """A checkout of the newest commit of main, as actions/checkout makes one, without a token."""
    return make_job()


@pytest.fixture
def mona(hub, lab):
    """Somebody who may write."""
    lab.roles["mona"] = "write"
    return hub.user("mona")


@pytest.fixture
def issue(lab, mona):
    return lab.issue(mona)


@pytest.fixture
def push(source, lab):
    """A function that commits files to a branch on the forge, new from `main`; the commit."""

    def push(branch: str, files: dict[str, str], message: str = "a change") -> str:
        known = git(source, "branch", "--list", branch)
        git(source, "switch", "-q", *([] if known else ["-c"]), branch)
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        git(source, "add", "-A")
        git(source, "commit", "-qm", message)
        git(source, "push", "-q", str(lab.bare), f"HEAD:{branch}")
        git(source, "switch", "-q", "main")
        return git(lab.bare, "rev-parse", branch)

    return push
