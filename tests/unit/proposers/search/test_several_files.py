"""The search in several files: numbers and choices of all of them, together."""

from __future__ import annotations

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, FileSet, Reason, Status
from autoresearch_ci.proposers.search import SearchProposer

FILES = FileSet(
    {
        "train.py": "WIDTH = 8\n",
        "conf/opt.py": "RATE = 0.5\nSEED = 3\nprint(f'score: {RATE}')\n",
        "conf/mode.ini": "speed = 4\n",
    }
)


def score(files: FileSet) -> float:
    space: dict[str, float] = {}
    for path, text in files.items():
        lines = [line for line in text.splitlines() if "print" not in line]
        space |= {f"{path}:{k.strip()}": float(v) for k, v in (ln.split("=") for ln in lines)}
    wanted = {"train.py:WIDTH": 16, "conf/opt.py:RATE": 0.05, "conf/mode.ini:speed": 9}
    return sum(abs(space[name] - value) / value for name, value in wanted.items())


def experiment(number, files, change, value, best):
    kept = best is None or value < best
    return Experiment(
        tag="t", session="s", timestamp="2026-03-17T14:35:00Z", experiment=number,
        status=Status.KEEP if kept else Status.DISCARD,
        reason=None if best is None else Reason.IMPROVED if kept else Reason.WORSE,
        metric="score", value=value, prev=best, description="", commit=f"{number:040x}",
        parent="", candidate=files.digest, proposer="search", change=change,
    )  # fmt: skip


def test_numbers_in_all_files_are_tuned(tmp_path):
    """Each file's settings move, alone and together, and nothing that is frozen or measured does."""
    search, source = SearchProposer(metric_name="score", deletions=False, seed="t"), FILES
    history, best = History(Direction.LOWER), None
    history.add(experiment(0, source, {}, best := score(source), None))
    first, touched, titles = best, set(), []
    for number in range(1, 80):
        idea = search.propose(source, history)
        if idea is None:
            break
        changed = {path for path in source if idea.files[path] != source[path]}
        assert changed
        touched |= changed
        titles.append(idea.title)
        assert list(idea.files) == list(source)
        assert "SEED = 3\nprint(f'score: {RATE}')" in idea.files["conf/opt.py"]
        value = score(idea.files)
        history.add(experiment(number, idea.files, idea.change, value, best))
        if value < best:
            best, source = value, idea.files
    assert touched == set(FILES)
    assert best < first / 4
    assert any(title.startswith("opt.py RATE 0.5 -> ") for title in titles)


def test_what_is_seen_names_the_file():
    """Places of other files have a path, and one that a program wrote has none."""
    seen = SearchProposer(metric_name="score").seen(FILES | {"big.js": f"a={'1,' * 20000}"})
    paths = {each.path for each in seen.parameters}
    assert paths == {"", "conf/opt.py", "conf/mode.ini"}
