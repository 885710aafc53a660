"""`init --github` writes the workflow, and loses nothing that was there."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
import yaml

from autoresearch_ci.action.command_syntax import COMMAND, Command, Verb
from autoresearch_ci.action.event import SESSIONS, CommandTrigger, trigger
from autoresearch_ci.action.inputs import INPUTS
from autoresearch_ci.action.outputs import OUTPUTS
from autoresearch_ci.cli.workflow import LANES_PATH, PATH

ROOT = Path(__file__).parents[3]
PINNED = "octo/autoresearch-ci@0123456789012345678901234567890123456789"
PLAIN = PINNED.replace("-ci@", "-ci/process@")


@pytest.fixture
def workflow(init):
    """What a choice of flags makes, as YAML."""
    return lambda *words: yaml.safe_load(init("--github", "--dry-run", *words))


def test_it_is_written(tmp_path, init):
    """The workflow is put where GitHub looks for it, and the user is told what is left to do."""
    said = init("--github", "--action", PINNED)
    text = (tmp_path / PATH).read_text()
    assert f"uses: {PLAIN}\n" in text
    assert "TODO" not in text
    assert f"Written to {PATH}." in said
    for word in ("default branch", "ANTHROPIC_API_KEY", "create pull requests", "Actions tab"):
        assert word in said
    assert not (tmp_path / "CLAUDE.md").exists()


def test_an_action_that_nobody_named(tmp_path, init):
    """Without --action its place says TODO, and so does the message."""
    assert "Fill in what says TODO" in init("--github")
    lines = (tmp_path / PATH).read_text().splitlines()
    assert [line.split("uses: ")[1] for line in lines if "TODO" in line] == [
        "OWNER/autoresearch-ci/process@COMMIT # TODO whose, and which commit"
    ] * 2


def test_dry_run_writes_nothing(tmp_path, init):
    """The workflow is printed, and no file appears."""
    assert "name: autoresearch\n" in init("--github", "--dry-run")
    assert not (tmp_path / ".github").exists()


def test_quiet_says_only_where(init):
    """With --quiet there is one line."""
    assert init("--github", "--quiet").splitlines() == [f"Written to {PATH}."]


def test_what_is_there_stays(tmp_path, init):
    """A workflow that somebody wrote is not touched without --force."""
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text("name: mine\n")
    assert "--force" in init("--github", code=1)
    assert (tmp_path / PATH).read_text() == "name: mine\n"


def test_force_keeps_what_was_there(tmp_path, init):
    """With --force it is kept beside the new one, also if that is done again and again."""
    path = tmp_path / PATH
    old = path.with_name("autoresearch.yml.old")
    path.parent.mkdir(parents=True)
    path.write_text("name: mine\n")
    assert "autoresearch.yml.old" in init("--github", "--force")
    assert old.read_text() == "name: mine\n"
    assert "says just that" in init("--github", "--force")
    path.write_text("name: mine again\n")
    assert "Remove .github/workflows/autoresearch.yml.old" in init("--github", "--force", code=1)
    assert path.read_text() == "name: mine again\n"
    old.unlink()
    init("--github", "--force")
    assert (old.read_text(), yaml.safe_load(path.read_text())["name"]) == (
        "name: mine again\n",
        "autoresearch",
    )


def test_the_runner(workflow):
    """--runner is where the loop runs; commands stay where they are answered at once."""
    jobs = workflow("--runner", "self-hosted,gpu")["jobs"]
    assert jobs["loop"]["runs-on"] == ["self-hosted", "gpu"]
    assert jobs["commands"]["runs-on"] == "ubuntu-latest"
    assert workflow("--runner", "my-scale-set")["jobs"]["loop"]["runs-on"] == "my-scale-set"


@pytest.mark.parametrize(
    ("action", "form"),
    [
        (PINNED, PLAIN),
        ("./", "./process"),
        ("OWNER/autoresearch-ci@COMMIT", "OWNER/autoresearch-ci/process@COMMIT"),
    ],
)
def test_the_container(workflow, action, form):
    """--container is a job container with GPUs, and the form of the Action for those."""
    loop = workflow("--container", "pytorch/pytorch:latest", "--action", action)["jobs"]["loop"]
    assert loop["container"] == {"image": "pytorch/pytorch:latest", "options": "--gpus all"}
    assert loop["steps"][-1]["uses"] == form


def test_docker(workflow):
    """--docker has both jobs in the Action's own container; a plain machine is the default."""
    for words, form in (((), PLAIN), (("--docker",), PINNED)):
        jobs = workflow("--action", PINNED, *words)["jobs"]
        assert {job["steps"][-1]["uses"] for job in jobs.values()} == {form}
        assert "container" not in jobs["loop"]


@pytest.fixture
def lanes(init):
    """The workflow for lanes that a choice of flags makes, with the one that calls it."""

    def make(*words):
        return yaml.safe_load_all(init("--github", "--dry-run", *words))

    return make


def test_lanes(lanes):
    """With --lanes a session is a job that begins, a matrix of lanes, and one that combines."""
    caller, called = lanes("--lanes", "8", "--action", PINNED, "--runner", "my-scale-set")
    loop = caller["jobs"]["loop"]
    assert loop["uses"] == f"./{LANES_PATH}"
    assert loop["concurrency"]["queue"] == "max"
    begin, lane, combine = (called["jobs"][name] for name in ("begin", "lane", "combine"))
    assert lane["strategy"] == {
        "fail-fast": False,
        "matrix": {"lane": "${{ fromJSON(needs.begin.outputs.lanes) }}"},
    }
    assert combine["if"].startswith("always() && needs.begin.result == 'success'")
    assert {job["runs-on"] for job in (begin, lane, combine)} == {"my-scale-set"}
    steps = [job["steps"][-1] for job in (begin, lane, combine)]
    assert {step["uses"] for step in steps} == {PLAIN}
    assert [step["with"].get("mode") for step in steps] == ["begin", None, "combine"]
    assert {name for step in steps for name in step["with"]} <= set(INPUTS)
    assert [any("api_key" in name for name in step["with"]) for step in steps] == [
        False, True, False,
    ]  # fmt: skip


def test_lanes_hand_on_what_a_dispatch_says(lanes):
    """What the first workflow is told reaches the jobs of the second, and nothing is made up."""
    caller, called = lanes("--lanes", "8")
    offered = caller[True]["workflow_dispatch"]["inputs"]
    taken = called[True]["workflow_call"]
    assert offered.keys() == taken["inputs"].keys() == caller["jobs"]["loop"]["with"].keys()
    assert offered["lanes"]["default"] == taken["inputs"]["lanes"]["default"] == "8"
    assert offered["max_experiments"]["default"] == "80"
    assert caller["jobs"]["loop"]["secrets"].keys() == taken["secrets"].keys()
    begin = called["jobs"]["begin"]["steps"][-1]["with"]
    assert begin.keys() - {"mode"} == offered.keys()
    allowed = caller["jobs"]["loop"]["permissions"]
    for job in called["jobs"].values():
        assert job["permissions"].keys() <= allowed.keys()
        assert job["permissions"]["contents"] == "write"
        assert job["timeout-minutes"]


def test_lanes_in_job_containers(lanes):
    """Each of the three jobs is in the container, as Kubernetes wants it."""
    _, called = lanes("--lanes", "2", "--container", "pytorch/pytorch:latest")
    images = {job["container"]["image"] for job in called["jobs"].values()}
    assert images == {"pytorch/pytorch:latest"}


def test_one_lane_is_a_session(init):
    """With --lanes 1 the workflow is the one without lanes."""
    assert init("--github", "--dry-run", "--lanes", "1") == init("--github", "--dry-run")


def test_both_workflows_are_written(tmp_path, init):
    """Each is put where GitHub looks for it; with one that is there neither is written."""
    (tmp_path / LANES_PATH).parent.mkdir(parents=True)
    (tmp_path / LANES_PATH).write_text("name: mine\n")
    assert "--force" in init("--github", "--lanes", "4", code=1)
    assert not (tmp_path / PATH).exists()
    said = init("--github", "--lanes", "4", "--force")
    assert f"Written to {PATH}." in said
    assert f"Written to {LANES_PATH}." in said


SETUP = {
    "npm": (
        {"package.json": '{"engines": {"node": ">=20"}}', "package-lock.json": "{}"},
        {"setup-node": {"node-version-file": "package.json", "package-manager-cache": "false"}},
        ["node-cache-${{ runner.os }}-x64-npm-"],
    ),
    "nvmrc above": (
        {"web/package.json": "{}", ".nvmrc": "22\n"},
        {"setup-node": {"node-version-file": ".nvmrc", "package-manager-cache": "false"}},
        ["node-cache-${{ runner.os }}-x64-npm-"],
    ),
    "pnpm": (
        {"package.json": '{"packageManager": "pnpm@10.2.1+sha512.ab"}', "pnpm-lock.yaml": ""},
        {
            "setup-node": {"node-version": "lts/*", "package-manager-cache": "false"},
            "run": "npm install --global pnpm@10.2.1",
        },
        [],
    ),
    "yarn of today": (
        {"package.json": '{"packageManager": "yarn@4.5.0"}', "yarn.lock": ""},
        {
            "setup-node": {"node-version": "lts/*", "package-manager-cache": "false"},
            "run": "npm install --global --force corepack && corepack enable",
        },
        [],
    ),
    "yarn 1, which machines have": (
        {"package.json": "{}", "yarn.lock": ""},
        {"setup-node": {"node-version": "lts/*", "package-manager-cache": "false"}},
        [],
    ),
    "uv": (
        {"pyproject.toml": '[project]\nrequires-python = ">=3.12"\n', "uv.lock": ""},
        {"setup-uv": {"enable-cache": "false"}},
        [],
    ),
    "pip": (
        {"pyproject.toml": '[project]\nrequires-python = ">=3.12"\n'},
        {"setup-python": {"python-version-file": "pyproject.toml"}},
        ["setup-python-${{ runner.os }}-x64-"],
    ),
    "a package": (
        {"pyproject.toml": '[project]\nname = "x"\n[build-system]\nrequires = []\n'},
        {
            "setup-python": {"python-version": "3.x"},
            "run": "python -m pip install --editable .",
        },
        ["setup-python-${{ runner.os }}-x64-"],
    ),
    "requirements": (
        {"requirements.txt": "numpy\n"},
        {
            "setup-python": {"python-version": "3.x"},
            "run": "python -m pip install --requirement requirements.txt",
        },
        ["setup-python-${{ runner.os }}-x64-"],
    ),
    "go": (
        {"go.mod": "module x\n\ngo 1.25\n"},
        {"setup-go": {"go-version-file": "go.mod", "cache": "false"}},
        ["setup-go-${{ runner.os }}-x64-"],
    ),
    "maven": (
        {"pom.xml": "<project><maven.compiler.release>25</maven.compiler.release></project>"},
        {"setup-java": {"distribution": "temurin", "java-version": "25"}},
        ["setup-java-${{ runner.os }}-x64-maven-"],
    ),
    "old gradle": (
        {"build.gradle.kts": "java { sourceCompatibility = JavaVersion.VERSION_11 }\n"},
        {"setup-java": {"distribution": "temurin", "java-version": "21"}},
        ["setup-java-${{ runner.os }}-x64-gradle-"],
    ),
    "flutter": ({"pubspec.yaml": "name: x\n"}, {"flutter-action": {"channel": "stable"}}, []),
    "rust, which machines have": ({"Cargo.toml": "[package]\n"}, {}, []),
    "nothing known": ({"solve.py": ""}, {}, []),
}


@pytest.mark.parametrize(("files", "steps", "caches"), SETUP.values(), ids=SETUP)
def test_the_toolchain(tmp_path, workflow, files, steps, caches):
    """A plain machine gets the project's toolchain in its version; caches are read, never written."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    folder = "web/" if "web/package.json" in files else ""
    (tmp_path / "CLAUDE.md").write_text(f"## autoresearch\n\n- target_file: {folder}it\n")
    there = workflow("--action", PINNED)["jobs"]["loop"]["steps"][1:-1]
    found = {}
    for step in there:
        if "run" in step:
            found["run"] = step["run"]
        elif not step["uses"].startswith("actions/cache"):
            found[step["uses"].partition("@")[0].partition("/")[2]] = step["with"]
    assert found == steps
    restored = [step for step in there if step.get("uses", "").startswith("actions/cache")]
    assert [step["with"]["restore-keys"] for step in restored] == caches
    assert all(step["uses"].startswith("actions/cache/restore@") for step in restored)
    elsewhere = workflow("--container", "python:3.13")["jobs"]["loop"]["steps"]
    assert len(elsewhere) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--docker", "--container", "python:3.13"),
        ("--action", "autoresearch-ci"),
        ("--action", "octo/autoresearch-ci"),
        ("--action", "octo/lab@v1 # x"),
        ("--runner", "a b"),
        ("--runner", "${{ inputs.x }}"),
        ("--container", "image # x"),
        ("--container", "image\n"),
        ("--lanes", "257"),
        ("--lanes", "many"),
    ],
)
def test_what_would_spoil_the_workflow(init, words):
    """A value that is none is a usage error, before anything is written."""
    assert "error:" in init("--github", *words, code=2)


def test_flags_of_the_other_kind(init):
    """A flag that would be without effect is an error that says where it belongs."""
    assert "Add --github" in init("--runner", "gpu", code=1)
    assert "without --github" in init("--github", "--max-experiments", "3", code=1)


def test_it_starts_for_what_the_action_takes(workflow):
    """The workflow waits for a schedule, both dispatches and new comments, and nothing else."""
    on = workflow()[True]  # YAML's own idea of the word `on`
    assert set(on) <= {*SESSIONS, "issue_comment"}
    assert on["issue_comment"] == {"types": ["created"]}
    assert on["repository_dispatch"] == {"types": ["autoresearch"]}


def test_inputs_are_handed_on(workflow):
    """What can be said in a dispatch reaches the Action, with its defaults for the other events."""
    there = workflow()
    step = there["jobs"]["loop"]["steps"][-1]
    offered = there[True]["workflow_dispatch"]["inputs"]
    assert {*offered, *step["with"]} <= set(INPUTS)
    for name, each in offered.items():
        default = str(each["default"]).lower()
        assert default == INPUTS[name].default
        other = f" || '{default}'" if default else ""
        either = f"inputs.{name} || github.event.client_payload.{name}"
        assert step["with"][name] == f"${{{{ {either}{other} }}}}"


def test_least_permissions(workflow):
    """No job has a permission that docs/action.md does not give a reason for; no one has all."""
    there = workflow()
    assert there["permissions"] == {}
    documented = re.findall(
        r"^\| `([a-z-]+: write)` \|", (ROOT / "docs/action.md").read_text(), re.MULTILINE
    )
    given = {
        name: {f"{scope}: {level}" for scope, level in job["permissions"].items()}
        for name, job in there["jobs"].items()
    }
    assert given["loop"] | {"actions: write"} == set(documented)
    assert given["commands"] == given["loop"] - {"checks: write"}


def test_no_job_leaves_a_credential(workflow):
    """Every checkout leaves no token behind, and every job ends at some time."""
    for job in workflow()["jobs"].values():
        checkout, _ = job["steps"]
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
        assert job["timeout-minutes"]


def runs(condition: str, event: str, body: str, session: str) -> bool:
    """Whether a job runs, by GitHub's rules: texts are compared without regard to case."""
    words = {"&&": " and ", "||": " or ", "!=": "!=", "!": " not "}
    tokens = re.findall(r"'[^']*'|&&|\|\||[!=]=|!|[\w.]+|[(),]", condition)
    python = "".join(
        repr(token[1:-1].lower()) if token[0] == "'" else words.get(token, token)
        for token in tokens
    )
    for name in (
        "github.event.comment.body",
        "github.event_name",
        "needs.commands.outputs.session",
    ):
        python = python.replace(name, name.replace(".", "_"))
    values = {
        "github_event_comment_body": body.lower(),
        "github_event_name": event,
        "needs_commands_outputs_session": session,
        "cancelled": lambda: False,
        "startsWith": str.startswith,
    }
    return eval(python, {"__builtins__": {}}, values)


def started(workflow: dict, event: str, body: str = "") -> list[str]:
    """The jobs that an event starts; what the first one hands on is what the Action would."""
    jobs = workflow["jobs"]
    first = runs(jobs["commands"]["if"], event, body, "")
    session = str(asks_for_a_session(body)).lower() if first else ""
    return [*["commands"] * first, *["loop"] * runs(jobs["loop"]["if"], event, body, session)]


def asks_for_a_session(body: str) -> bool:
    """Whether the Action takes the comment for a command that wants one."""
    payload = {
        "action": "created",
        "comment": {"id": 1, "body": body, "user": {"login": "ada", "type": "User"}},
        "issue": {"number": 1},
    }
    asked = trigger("issue_comment", payload)
    command = asked.command if isinstance(asked, CommandTrigger) else None
    return isinstance(command, Command) and command.verb in (Verb.RUN, Verb.SETUP)


BLANKS = (" ", "  ", "\t", "\u00a0", " \u200b", " <!-- run --> ")
AFTER = ("", " ", "\n", "\r\nthank you", "\nstop run /autoresearch pr")


@pytest.mark.parametrize(
    ("line", "session"),
    [
        *[
            (line, True)
            for line in ("", "run", "run n=3 -- stop early", "setup", "train.py", "n=3")
        ],
        *[
            (line, True)
            for line in ("-- an idea", "RUN", "prepare.py", "helpers.py n=2", "pr/it.py")
        ],
        *[(line, False) for line in ("stop", "stop now", "STOP", "Stop Now", "s\u200btop")],
        *[(line, False) for line in ("idea a larger batch", "results", "pr", "help")],
        *[(line, False) for line in ("stpo", "print", "helpless", "stop it", "stop.")],
    ],
)
def test_a_command_is_answered_at_once_unless_it_is_a_session(workflow, line, session):
    """However it is written: the loop's job, which may wait, is started for a session alone."""
    written = workflow()
    for blank, after in product(BLANKS, AFTER):
        body = f"{COMMAND}{blank}{line}{after}"
        jobs = started(written, "issue_comment", body)
        assert jobs == ["commands"] + ["loop"] * session, body


@pytest.mark.parametrize("body", ["/AUTORESEARCH stop", "/autoresearcher run", "/autoresearch-x"])
def test_what_only_looks_like_a_command(workflow, body):
    """It gets as far as the job that reads it."""
    assert started(workflow(), "issue_comment", body) == ["commands"]


def test_the_two_jobs_hand_over(workflow):
    """The first holds no session and says what it hands on, under the name that it has there."""
    jobs = workflow()["jobs"]
    _, answer = jobs["commands"]["steps"]
    assert answer["with"] == {"hold_sessions": "false"}
    assert {*answer["with"]} <= set(INPUTS)
    said = jobs["commands"]["outputs"]["session"]
    assert said == f"${{{{ steps.{answer['id']}.outputs.handed_on }}}}"
    assert "handed_on" in OUTPUTS
    assert jobs["loop"]["needs"] == "commands"
    assert "hold_sessions" not in jobs["loop"]["steps"][-1]["with"]


@pytest.mark.parametrize(
    "body", ["", "hello", " /autoresearch", "try /autoresearch", "x\n/autoresearch"]
)
def test_talk_starts_nothing(workflow, body):
    """A comment that is no command starts no job."""
    assert started(workflow(), "issue_comment", body) == []


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch", "repository_dispatch"])
def test_other_events_start_a_session(workflow, event):
    """Whatever is no comment starts the loop alone."""
    assert started(workflow(), event) == ["loop"]


def test_the_groups(workflow):
    """The two jobs do not wait for each other, and nothing that waits is dropped."""
    groups = [job["concurrency"] for job in workflow()["jobs"].values()]
    assert len({each["group"] for each in groups}) == 2
    assert all((each["queue"], each["cancel-in-progress"]) == ("max", False) for each in groups)


def test_the_page_is_published(workflow, init):
    """With --pages one job may read and makes the page, another may publish and runs nothing else."""
    jobs = workflow("--pages", "--action", PINNED)["jobs"]
    assert jobs["page"]["permissions"] == {"contents": "read"}
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    steps = [step["run"] for step in jobs["page"]["steps"] if "run" in step]
    assert [f'"git+$GITHUB_SERVER_URL/{PINNED}"' in step for step in steps] == [True]
    assert not any("run" in step for step in jobs["publish"]["steps"])
    assert "page" not in workflow("--action", PINNED)["jobs"]
    assert "GitHub Actions is the source" in init("--github", "--pages")
    assert "Add --github" in init("--pages", code=1)


def test_the_page_of_the_actions_own_repository(workflow):
    """There the program is what was checked out."""
    steps = workflow("--pages", "--action", "./")["jobs"]["page"]["steps"]
    assert any('--spec "."' in step.get("run", "") for step in steps)


def test_packages_that_nothing_installs(tmp_path, init):
    """Imports of packages that no file lists for pip are named, with where to list them."""
    (tmp_path / "CLAUDE.md").write_text("## autoresearch\n\n- target_file: train.py\n")
    (tmp_path / "train.py").write_text(
        "import json\nimport numpy as np\nfrom helper import x\ntry:\n    import cupy\n"
        "except ImportError:\n    cupy = None\n"
    )
    (tmp_path / "helper.py").write_text("from sklearn.svm import SVC\nx = 1\n")
    said = init("--github", "--action", PINNED)
    assert "(numpy, sklearn)" in said
    assert "list them in requirements.txt" in said
    (tmp_path / "requirements.txt").write_text("numpy\nscikit-learn\n")
    assert "sklearn" not in init("--github", "--force", "--action", PINNED)
    assert "pip install --requirement requirements.txt" in (tmp_path / PATH).read_text()


def test_a_project_that_uv_runs(tmp_path, init):
    """Where the run begins with uv, the workflow sets up uv, also without a lock file."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["numpy"]\n')
    (tmp_path / "train.py").write_text("import numpy\n")
    section = "## autoresearch\n\n- target_file: train.py\n- run_command: uv run train.py\n"
    (tmp_path / "CLAUDE.md").write_text(section)
    said = init("--github", "--action", PINNED)
    assert "note:" not in said
    text = (tmp_path / PATH).read_text()
    assert "astral-sh/setup-uv@" in text
    assert "setup-python" not in text
