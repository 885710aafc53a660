import pytest

from autoresearch_ci import config, project_types
from autoresearch_ci.project_types import Detected

BASE = {
    "target_file": "train.py",
    "run_command": "python train.py",
    "metric_name": "acc",
    "metric_parse": "cat acc",
}
DETECTED = {
    "target_file": "src/main.js",
    "run_command": "npm run build",
    "metric_name": "bundle_kb",
    "metric_parse": "du -k dist",
    "metric_direction": "lower_is_better",
    "setup_command": "npm ci",
}


@pytest.fixture
def detected(monkeypatch):
    """A detection that finds what the test says."""

    def find(found):
        monkeypatch.setattr(project_types, "detect", lambda root: found)

    find(None)
    return find


def quoted(values):
    return "".join(f"{k}: '{v.replace(chr(39), chr(39) * 2)}'\n" for k, v in values.items())


class Project:
    """A repository's root, and the sources that settings can be given in."""

    BASE = BASE
    DETECTED = DETECTED

    def __init__(self, root, detected):
        self.root = root
        self.detect = detected
        (root / ".github").mkdir()

    def give(self, source, values):
        """Write the values to one source; flags are returned."""
        if source == "command line":
            return values
        if source.startswith("detected"):
            self.detect(Detected("web", values))
        elif source.endswith(".yml"):
            (self.root / source).write_text(quoted(values))
        else:
            (self.root / source).write_text("# Notes\n\n" + config.section(values))
        return {}

    def yaml(self, text):
        (self.root / ".github/autoresearch.yml").write_text(text)

    def load(self, **overrides):
        return config.load(self.root, overrides)


@pytest.fixture
def project(tmp_path, detected):
    return Project(tmp_path, detected)
