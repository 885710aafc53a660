"""Agents as people run them, good and bad: real programs, a real repository, real processes."""

from __future__ import annotations

import subprocess
import time
from contextlib import nullcontext

import pytest

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    FileSet,
    Proposal,
    ProposalRejected,
    Rejected,
    Status,
)
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.executors import Command
from autoresearch_ci.proposers.agent import AgentProposer
from benchmarks.containment.attacks import left_in
from tests.process_executor import ProcessExecutor
from tests.projects import SETTINGS, experiments, git, make_project
from tests.unit.proposers.conftest import EDIT, EDITED, FILES, TARGET, TEXT, rejected

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_an_agent_that_edits_the_target(ask):
    """What an agent leaves in the target is the idea, and the title is the one that it wrote."""
    outcome = ask(f"{EDIT}; echo 'Double the rate' > $AUTORESEARCH_TITLE_FILE")
    assert outcome == Proposal("Double the rate", FileSet({TARGET: EDITED}), "command")


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (f"{EDIT}; echo 'TITLE: First'; echo '**Title:** Last one'; echo bye", "Last one"),
        (EDIT, "LR = 0.02 -> LR = 0.04"),
        (
            f"{EDIT}; printf '\\n\\n# TITLE: In a file\\nmore' > .autoresearch/title.txt",
            "In a file",
        ),
        (f"{EDIT}; mkdir $AUTORESEARCH_TITLE_FILE", "LR = 0.02 -> LR = 0.04"),
        (f"{EDIT}; ln -s /etc/passwd $AUTORESEARCH_TITLE_FILE", "LR = 0.02 -> LR = 0.04"),
        (f"{EDIT}; rm -r .autoresearch; ln -s /etc .autoresearch", "LR = 0.02 -> LR = 0.04"),
        (f"{EDIT}; head -c 3000000 /dev/zero > $AUTORESEARCH_TITLE_FILE", "LR = 0.02 -> LR = 0.04"),
    ],
)
def test_where_the_title_comes_from(ask, command, title):
    """A title is the file's, else the last that the agent printed, else made of the change."""
    assert ask(command).title == title


def test_an_agent_that_edits_everything(ask):
    """Nothing but the target's content leaves the agent's tree."""
    outcome = ask(f"{EDIT}; echo 'N = 2' > prepare.py; rm .gitignore; git add -A; git commit -qm x")
    assert outcome.files.text == EDITED


def test_what_an_agent_is_given(ask, repo, seen):
    """The brief comes on standard input and as a file; its repository has the tracked files."""
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o755)
    (repo / "link").symlink_to("prepare.py")
    git(repo, "add", "run.sh", "link")
    git(repo, "commit", "-qm", "more")
    ask(
        f"cat > {seen}/stdin; cp $AUTORESEARCH_BRIEF {seen}/brief; git status --porcelain > {seen}/status;"
        f" git ls-files > {seen}/files; git remote > {seen}/remotes; git log --format=%s > {seen}/log;"
        f" ls -l run.sh link > {seen}/modes; basename $PWD > {seen}/name; ls > {seen}/all; {EDIT}",
        brief="Lower the loss of größe.\r\n",
    )
    said = {path.name: path.read_bytes().decode() for path in seen.iterdir()}
    assert said["stdin"] == said["brief"]
    assert said["brief"].startswith("Lower the loss of größe.\r\n")
    assert TARGET in said["brief"]
    assert ".autoresearch/title.txt" in said["brief"]
    assert said["status"] == ""
    assert set(said["files"].split()) == {*FILES, "run.sh", "link"}
    assert said["remotes"] == ""
    assert said["log"].count("\n") == 1
    assert "rwx" in said["modes"]
    assert "link -> prepare.py" in said["modes"]
    assert said["name"] == "repo\n"
    assert said["all"].split() == [
        *("link", "out", "prepare.py", "run.sh", "secret.txt", "src"),
    ], "what is ignored, as dependencies are, is there; new files of the user's are not"


def test_secrets(ask, monkeypatch, tmp_path, seen):
    """An agent sees the variables that were named for it, and an experiment does not."""
    monkeypatch.setenv("AGENT_API_KEY", "sk-of-the-agent")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_of-the-runner")
    outcome = ask(f"env > {seen}/env; {EDIT}", variables=("AGENT_API_KEY", "MODE=fast", "ABSENT"))
    assert isinstance(outcome, Proposal)
    env = (seen / "env").read_text()
    assert "AGENT_API_KEY=sk-of-the-agent\n" in env
    assert "MODE=fast\n" in env
    assert "ghp_" not in env
    assert "ABSENT" not in env
    experiment = ProcessExecutor().run(Command("env", tmp_path, 10.0))
    assert "sk-of-the-agent" not in experiment.output


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("rm src/train.py", "deleted"),
        ("rm -r src", "where the folder of src/train.py was"),
        ("rm src/train.py; mkdir src/train.py", "no plain file"),
        ("rm src/train.py; ln -s /etc/passwd src/train.py", "no plain file"),
        ("echo 'LR = 1' > x.py; ln -sf ../x.py src/train.py", "no plain file"),
        ("mkdir d; echo 'LR = 1' > d/train.py; rm -r src; ln -s d src", "the folder of"),
        ("rm src/train.py; mkfifo src/train.py", "no plain file"),
        ("truncate -s 9M src/train.py", "larger than"),
        ("printf '\\377\\376' > src/train.py", "not UTF-8"),
        ("printf 'LR\\0 = 1\\n' > src/train.py", "U+0000"),
        (": > src/train.py", "empty"),
        ("echo 'LR = (' > src/train.py", "line 1"),
        ("true", "did not change"),
        ("echo 'N = 3' > prepare.py", "did not change"),
        (f"{EDIT}; echo oh no >&2; exit 3", "exited with 3: oh no"),
        (f"{EDIT}; kill -9 $$", "exited with 137"),
        ("no-such-agent --flag", "exited with 127: "),
    ],
)
def test_what_is_not_taken(ask, command, problem):
    """An agent that fails, or leaves no text where the target was, gives no idea and does no harm."""
    assert problem in rejected(ask(command))


def test_a_credential_is_never_recorded(ask, monkeypatch):
    """A key that an agent prints, puts in a title or writes into the target goes nowhere."""
    key = "k3y-of-the-agent"
    monkeypatch.setenv("AGENT_API_KEY", key)
    named = ("AGENT_API_KEY",)
    failed = ask("echo TITLE: $AGENT_API_KEY; echo bad key $AGENT_API_KEY; exit 1", variables=named)
    assert rejected(failed) == "the agent exited with 1: bad key [REDACTED]"
    assert key not in failed.title
    titled = ask(f"{EDIT}; echo use $AGENT_API_KEY > $AUTORESEARCH_TITLE_FILE", variables=named)
    assert titled.title == "use [REDACTED]"
    written = ask("echo \"K = '$AGENT_API_KEY'\" >> src/train.py", variables=named)
    assert rejected(written) == "the agent wrote a credential into src/train.py"


def test_a_credential_is_not_written_into_the_settings(ask):
    """A key in the settings themselves, which are committed, is an error that says what to do."""
    with pytest.raises(SettingsError, match="Write AGENT_API_KEY alone"):
        ask(EDIT, variables=("AGENT_API_KEY=k3y-of-the-agent",))


def test_a_title_of_a_failed_attempt_is_known(ask):
    """What an agent meant to do is recorded even when it came to nothing."""
    outcome = ask("echo 'TITLE: A new schedule'; exit 1")
    assert rejected(outcome)
    assert outcome.title == "A new schedule"


def test_an_agent_that_hangs(ask, tmp_path):
    """When its time is up an agent is dead with all that it started, whatever it did to stay."""
    began = time.monotonic()
    outcome = ask(
        "trap '' TERM; setsid sleep 1000 & (setsid sh -c 'trap \"\" TERM; sleep 1000' &) ; "
        f"{EDIT}; sleep 1000",
        budget=0.5,
    )
    assert "stopped after 0.5 s" in rejected(outcome)
    assert time.monotonic() - began < 15
    assert not left_in(tmp_path)


def test_an_agent_that_leaves_something_running(ask, tmp_path):
    """A daemon that an agent leaves behind is gone before the idea is tried."""
    outcome = ask(
        f"{EDIT}; setsid sh -c 'while :; do echo LR=9 >> src/train.py; done' &\nsleep 0.1; {EDIT}"
    )
    assert isinstance(outcome, Proposal | Rejected)
    assert not left_in(tmp_path)


def test_an_agent_that_floods_its_output(ask, tmp_path):
    """An endless output neither fills the disk nor the memory."""
    outcome = ask("yes 'TITLE: flood'", budget=0.6)
    assert outcome.title == "flood"
    assert "stopped" in rejected(outcome)
    assert (tmp_path / "proposer.log").stat().st_size < 33 * 1024 * 1024


def test_an_agent_that_pushes(ask, repo, tmp_path):
    """From the copy there is nowhere to push to, and the project's own remote hears nothing."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "origin"], check=True)
    git(repo, "remote", "add", "origin", str(tmp_path / "origin"))
    outcome = ask(f"{EDIT}; git commit -qam x; git push origin HEAD:refs/heads/mine")
    assert "exited with" in rejected(outcome)
    assert git(tmp_path / "origin", "for-each-ref") == ""


def test_hooks_of_the_user_do_not_run_for_an_agent(ask, tmp_path):
    """A hook in the user's git configuration is not started by an agent's commits."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / "home" / ".gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n")
    assert isinstance(ask(f"{EDIT}; git commit -qam x"), Proposal)
    assert not (tmp_path / "ran").exists()


def test_a_copy_that_resists_is_removed(ask):
    """Folders without permissions and links out of the copy do not keep it from being removed."""
    outcome = ask(
        f"{EDIT}; mkdir -p a/b; touch a/b/c; ln -s $HOME a/home; chmod 000 a/b; chmod 500 a"
    )
    assert isinstance(outcome, Proposal)


def test_a_session_with_an_agent(tmp_path):
    """A session goes on through an agent's failures, keeps its good idea and records both."""
    made = make_project(tmp_path / "project")
    agent = (
        "if [ -e $STATE/tried ]; then sed -i s/10/7/ $AUTORESEARCH_TARGET; echo TITLE: Seven;"
        " else touch $STATE/tried; echo no luck; exit 1; fi"
    )
    settings = {**SETTINGS, "tag": "t", "max_experiments": 1}
    settings |= {"proposer": "command", "proposer_command": agent}
    with open_session(SessionRequest(made, settings)) as session:
        events = list(research(session))
    (refused,) = (event for event in events if isinstance(event, ProposalRejected))
    assert refused.error == "the agent exited with 1: no luck"
    kept = experiments(events)[-1]
    assert (kept.status, kept.description, kept.value) == (Status.KEEP, "Seven", 7.0)
    assert kept.proposer == "command"


def test_an_agent_works_on_what_was_kept(tmp_path):
    """Each idea begins with the last keep, and what agents leave elsewhere reaches no run."""
    made = make_project(tmp_path / "project", **{".gitignore": "cache\n"})
    agent = (
        "n=$(sed 's/.* //' target.txt); echo metric: 1 > cache; echo 'echo metric: 1' > experiment.sh;"
        " echo echo metric: $((n - 1)) > target.txt"
    )
    settings = {
        **SETTINGS,
        "tag": "t",
        "max_experiments": 2,
        "run_command": "cat cache; sh experiment.sh",
    }
    settings |= {"proposer": "command", "proposer_command": agent}
    with open_session(SessionRequest(made, settings)) as session:
        found = [each for each in research(session) if isinstance(each, Experiment)]
    assert [each.value for each in found if each.status is Status.KEEP] == [10.0, 9.0, 8.0]


def test_an_interrupt_passes_through(workplace, tmp_path):
    """Ctrl-C while an agent is at work ends the session, and its tree is gone."""

    class Interrupted:
        root = tmp_path

        def run(self, command):
            raise KeyboardInterrupt

    with workplace() as given:
        given["workplace"] = lambda files: nullcontext(Interrupted())
        proposer = AgentProposer(
            "x", budget=1, variables=(), proxied=True, brief=lambda source, history: "", **given
        )
        with pytest.raises(KeyboardInterrupt):
            proposer.propose(FileSet({TARGET: TEXT}), History(Direction.LOWER))
    assert [path for path in (tmp_path / "tmp").rglob("*") if path.parent.name != "tmp"] == []


@pytest.mark.parametrize("text", [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.rstrip()])
def test_line_ends_and_marks_are_taken_as_they_are(ask, repo, text):
    """A target with CRLF, a byte order mark or no final newline comes back as the agent left it."""
    (repo / TARGET).write_bytes(text.encode())
    git(repo, "commit", "-qam", "as it is")
    assert ask(EDIT, text=text).files.text == text.replace("0.02", "0.04")


def test_a_project_that_uses_our_folder(ask, repo):
    """A project's own `.autoresearch` is left alone."""
    (repo / ".autoresearch").mkdir()
    (repo / ".autoresearch" / "own.txt").write_text("own\n")
    git(repo, "add", ".autoresearch")
    git(repo, "commit", "-qm", "own")
    command = f'test "$(ls .autoresearch)" = own.txt && test -z "$(git status -s)" && {EDIT}'
    assert isinstance(ask(command), Proposal)
