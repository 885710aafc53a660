"""What is detected works with the real tools: set up, run, measure, guard.

Needs npm, Maven, cargo, go and their registries; what is missing is NOT RUN.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autoresearch_ci import config
from autoresearch_ci.engine.metric_forms import Printed
from autoresearch_ci.project_types import detect

EXAMPLES = Path(__file__).parents[2] / "examples"
IGNORED = shutil.ignore_patterns("node_modules", "dist", "target", "__pycache__", "run.log")


GO = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(1)\n}\n'
GO_TEST = 'package main\n\nimport "testing"\n\nfunc TestIt(*testing.T) {}\n'


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"NOT RUN: {', '.join(missing)} is not installed")


class Session:
    """One project with the settings that it is detected to have."""

    def __init__(self, root):
        self.root = root
        self.env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.settings = dict(detect(root).settings)

    def sh(self, command, **env):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.root,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-9000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def set_up(self):
        self.sh(self.settings["setup_command"])

    def measure(self):
        """One run and its metric; more or less than one number fails the test."""
        begun = time.monotonic()
        self.sh(f"( {self.settings['run_command']} ) > run.log 2>&1")
        seconds = f"{time.monotonic() - begun:.3f}"
        if "metric_parse" not in self.settings:
            printed = Printed((self.root / "run.log").read_text())
            return printed.metric(self.settings["metric_name"]).quantity.value
        (word,) = self.sh(self.settings["metric_parse"], AUTORESEARCH_SECONDS=seconds).split()
        return float(word)

    def guard(self):
        self.sh(self.settings["guard_command"])

    def edit(self, old, new):
        target = self.root / self.settings["target_file"]
        assert old in target.read_text()
        target.write_text(target.read_text().replace(old, new))


@pytest.fixture
def example(tmp_path):
    def example(name):
        root = shutil.copytree(EXAMPLES / name, tmp_path / "a project", ignore=IGNORED)
        return Session(root)

    return example


@pytest.fixture
def project(tmp_path):
    def project(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return Session(tmp_path)

    return project


def kib(folder, *, but=()):
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in but]
    return round(sum(path.stat().st_size for path in files) / 1024, 3)


def lie(root, *folders):
    """Builds of another day that nobody cleaned up, some as new as can be."""
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "stale.js").write_text("x" * 500_000)


def test_web(example):
    """The web example builds, is measured by what vite wrote, and is guarded by its tests."""
    needs("npm", "node")
    web = example("web")
    web.set_up()
    lie(web.root, "build", "out", "public2")
    before = web.measure()
    assert before == kib(web.root / "dist")
    assert "bundle_gzip_kb: " in (web.root / "run.log").read_text()
    web.guard()

    web.edit("  window.dates = dates; // handy in the console\n", "")
    assert web.measure() < 0.6 * before
    web.guard()


def test_esbuild_in_a_script_of_ones_own(project):
    """Where the output's folder is said nowhere, the files that the run wrote are counted."""
    needs("npm", "node")
    build = """
        import { build } from "esbuild";
        const to = ["public", "assets"].join("/");
        await build({ entryPoints: ["src/page.js"], bundle: true, minify: true, sourcemap: true,
                      outdir: to });
    """
    web = project(
        {
            "package.json": json.dumps(
                {
                    "type": "module",
                    "scripts": {"build": "node build.mjs"},
                    "dependencies": {"date-fns": "4.1.0"},
                    "devDependencies": {"esbuild": "0.25.9"},
                }
            ),
            "build.mjs": build,
            "public/index.html": "<h1>Not built</h1>\n",
            "src/page.js": 'import { format } from "date-fns";\nconsole.log(format(0, "PPPP"));\n',
        }
    )
    assert web.settings["target_file"] == "src/page.js"
    web.set_up()
    lie(web.root, "dist", "build")
    assert web.measure() == kib(web.root / "public/assets", but={".map"}) > 10
    web.edit('console.log(format(0, "PPPP"))', "console.log(format.length)")
    assert web.measure() == kib(web.root / "public/assets", but={".map"})


def test_webpack_with_names_that_pile_up(project):
    """Hashed files of earlier runs are not counted, and unchanged ones always are."""
    needs("npm", "node")
    config = """
        const path = require("path");
        module.exports = {
          mode: "production",
          entry: "./src/index.js",
          output: { path: path.resolve(__dirname, "public", "js"), filename: "[contenthash].js" },
          optimization: { splitChunks: { chunks: "all", minSize: 0 } },
        };
    """
    web = project(
        {
            "package.json": json.dumps(
                {
                    "scripts": {"build": "webpack"},
                    "dependencies": {"date-fns": "4.1.0"},
                    "devDependencies": {"webpack": "5.101.3", "webpack-cli": "6.0.1"},
                }
            ),
            ".gitignore": "node_modules/\n/public/js/\n",
            "webpack.config.js": config,
            "src/index.js": 'import { format } from "date-fns";\nalert("one" + format(0, "P"));\n',
        }
    )
    web.set_up()
    lie(web.root, "dist", "build", "public/js")
    first = web.measure()
    assert first == kib(web.root / "public/js") < 100
    web.edit('"one"', '"two"')
    assert web.measure() == first
    assert web.measure() == first


def test_rollup(project):
    """rollup's folder is read from its configuration, and emptied before it is filled."""
    needs("npm", "node")
    rollup = """
        export default {
          input: "src/index.js",
          output: { dir: "www/code", format: "es", entryFileNames: "[name]-[hash].js" },
        };
    """
    web = project(
        {
            "package.json": json.dumps(
                {"scripts": {"build": "rollup -c"}, "devDependencies": {"rollup": "4.50.0"}}
            ),
            ".gitignore": "node_modules\nwww\n",
            "rollup.config.mjs": rollup,
            "src/index.js": 'console.log("one");\n',
        }
    )
    web.set_up()
    lie(web.root, "dist", "www/code")
    first = web.measure()
    web.edit('"one"', '"two"')
    assert web.measure() == first == kib(web.root / "www/code") < 1


def test_java(example):
    """The java example builds with Maven, is timed, and is guarded by its tests."""
    needs("mvn", "javac")
    java = example("java")
    assert java.settings["target_file"] == "src/main/java/keywords/Generator.java"
    java.edit("SLOTS = 104", "SLOTS = 120")  # a short search
    java.set_up()
    assert java.measure() > 0
    assert list((java.root / "target").glob("*.jar"))
    java.guard()

    java.edit("SLOTS = 120", "SLOTS = 300")
    with pytest.raises(AssertionError, match="300 slots"):
        java.guard()


def test_rust(project):
    """A binary crate is built for release, measured and tested."""
    needs("cargo")
    rust = project(
        {
            "Cargo.toml": '[package]\nname = "my-tool"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/main.rs": 'fn main() { println!("{}", 1 + 1); }\n#[test]\nfn adds() {}\n',
        }
    )
    rust.set_up()
    assert rust.measure() == round((rust.root / "target/release/my-tool").stat().st_size / 1024, 3)
    rust.guard()


def test_rust_library(project):
    """A library crate is measured by its rlib."""
    needs("cargo")
    rust = project(
        {
            "Cargo.toml": '[package]\nname = "my-lib"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": "pub fn two() -> u32 { 2 }\n",
        }
    )
    rust.set_up()
    assert rust.measure() > 0


def test_go(project):
    """A command of a module is built without what git says, measured and tested."""
    needs("go")
    go = project(
        {
            "go.mod": "module example.org/pick\n\ngo 1.21\n",
            "cmd/pick/main.go": GO,
            "cmd/pick/main_test.go": GO_TEST,
        }
    )
    go.set_up()
    first = go.measure()
    assert first == round((go.root / "bin/pick").stat().st_size / 1024, 3)
    go.guard()
    go.sh("git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm a")
    go.edit("fmt.Println(1)", "fmt.Println(2)")
    assert go.measure() == first


def test_ml(example):
    """The ml example trains for its budget and prints bits per byte better than chance."""
    ml = example("ml")
    ml.env["AUTORESEARCH_TIME_BUDGET"] = "1"
    assert 2 < ml.measure() < 5


def test_custom(example):
    """The custom example needs its section alone, repeats exactly, and its guard holds."""
    root = EXAMPLES / "custom"
    assert detect(root) is None
    settings = config.load(root, {}).settings
    assert settings.metric_direction == "higher_is_better"
    for _ in range(2):
        done = subprocess.run(
            ["sh", "-c", f"{settings.run_command} | grep ^fill:"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "fill: 0.909686\n"
    subprocess.run(["sh", "-c", settings.guard_command], cwd=root, check=True)
