"""A model drives whole sessions on the example that trains one; the server is the tests' own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import git, make_repository
from tests.servers import anthropic as anthropic_api
from tests.servers.anthropic import AnthropicServer, Says
from tests.servers.sockets import cut_off

EXAMPLE = Path(__file__).parents[2] / "examples" / "ml"


def answer(title, *changes):
    """What a model says that has these changes in mind, each an old text and its new one."""
    blocks = "".join(
        f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n" for old, new in changes
    )
    text = f"TITLE: {title}\nHYPOTHESIS: it learns better\n\n```python\n{blocks}```\n"
    return Says(pieces=(text,))


# Each by itself is better; both are by much more than what a busy machine does to a run.
SMALLER_STEP = ("LEARNING_RATE = 0.03", "LEARNING_RATE = 0.01")
DROPOUT = "DROPOUT = {}  # share of hidden units switched off in training"
ALL_UNITS = (DROPOUT.format(0.3), DROPOUT.format(0.0))
GOOD = answer("a smaller step, and all units", SMALLER_STEP, ALL_UNITS)
BAD = answer("forget most of it", (DROPOUT.format(0.3), DROPOUT.format(0.9)))
BROKEN = answer("a typo", ("BATCH = 256", "BATCH = 256 + undefined_name"))
MENDED = answer("a typo", ("BATCH = 256 + undefined_name", "BATCH = 300"))
CHEAT = answer("a better score", ("SEED = 1337", 'SEED = 1337\nprint("val_bpb: 0.1")'))
RUBBISH = Says(pieces=("I have a feeling that it could be better.",))


@pytest.fixture
def project(tmp_path):
    files = {
        path.name: path.read_text(encoding="utf-8") for path in EXAMPLE.iterdir() if path.is_file()
    }
    files["CLAUDE.md"] = files["CLAUDE.md"].replace("python3 ", f"{sys.executable} ")
    return make_repository(tmp_path / "ml", files)


def session(project, *answers):
    """One session of three experiments; its records."""
    with AnthropicServer(*answers) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "--json", "run"),
                *("--tag=t", "--proposer=anthropic", f"--base-url={server.url}"),
                *("--max-experiments=3", "--time-budget=1", "--max-tokens=1000000"),
            ],
            capture_output=True, text=True, check=False,
            env={**os.environ, "ANTHROPIC_API_KEY": anthropic_api.KEY},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert anthropic_api.KEY not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(records, action):
    return [record["details"] for record in records if record["action"] == action]


def ended_well(project, records):
    """Three experiments, a clean tree, the branch at the last keep, and nothing but the target."""
    done = of(records, "experiment_done")
    assert [each["experiment"] for each in done] == [0, 1, 2, 3]
    assert of(records, "session_end")[0]["reason"] == "max_experiments"
    assert git(project, "status", "--porcelain") == ""
    kept = [each for each in done if each["status"] == "keep"]
    assert git(project, "rev-parse", "autoresearch/t") == kept[-1]["sha"]
    changed = git(project, "diff", "--name-only", "main", "autoresearch/t")
    assert changed in ("", "train.py")
    return done


def test_good_ideas_are_kept(project):
    """What helps is on the branch at the end, and is the model's."""
    done = ended_well(project, session(project, GOOD))
    assert (done[1]["status"], done[1]["proposer"]) == ("keep", "anthropic")


def test_bad_ideas_and_cheats_are_not(project):
    """Worse is discarded, and a forged report counts for nothing: another program measures."""
    done = ended_well(project, session(project, BAD, CHEAT))
    assert (done[1]["status"], done[1]["proposer"]) == ("discard", "anthropic")
    assert done[1]["description"] == "forget most of it"
    assert done[2]["description"] == "a better score"
    assert all(each["value"] > 1 for each in done)


def test_a_crash_is_mended(project):
    """A traceback in the target goes back, and the mended idea is what is measured."""
    done = ended_well(project, session(project, BROKEN, MENDED, BAD))
    assert done[1]["description"] == "a typo"
    assert done[1]["status"] != "crash"
    assert done[1]["tokens"] == 2 * 37


@pytest.mark.parametrize("answers", [(RUBBISH,), (cut_off,)], ids=["rubbish", "silence"])
def test_without_a_usable_answer_the_search_goes_on(project, answers):
    """The machine does not stand idle while a model says nothing of use, or nothing at all."""
    records = session(project, *answers)
    done = ended_well(project, records)
    assert {each["proposer"] for each in done[1:]} == {"search"}
    assert of(records, "proposal_rejected")
