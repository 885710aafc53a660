"""Members of workspaces, and the benchmarks that a project has."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.project_types.benchmarks import benchmarks
from autoresearch_ci.project_types.project import Project
from autoresearch_ci.project_types.workspaces import chosen, members

WORKSPACES = {
    "npm": {
        "package.json": '{"workspaces": ["packages/*"]}',
        "packages/core/package.json": '{"name": "@acme/core"}',
        "packages/app/package.json": '{"name": "@acme/app", "scripts": {"build": "x"}}',
    },
    "pnpm": {
        "package.json": "{}",
        "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
        "packages/core/package.json": '{"name": "@acme/core"}',
        "packages/app/package.json": '{"name": "@acme/app"}',
    },
    "lerna": {
        "package.json": "{}",
        "lerna.json": '{"packages": ["packages/*"]}',
        "packages/core/package.json": '{"name": "@acme/core"}',
        "packages/app/package.json": '{"name": "@acme/app"}',
    },
    "cargo": {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
        "crates/core/Cargo.toml": '[package]\nname = "acme-core"\n',
        "crates/core/src/lib.rs": "",
        "crates/app/Cargo.toml": '[package]\nname = "acme-app"\n',
        "crates/app/src/main.rs": "",
    },
    "maven": {
        "pom.xml": "<modules><module>core</module><module>app</module></modules>",
        "core/pom.xml": "<parent><artifactId>p</artifactId></parent><artifactId>acme-core</artifactId>",
        "app/pom.xml": "<artifactId>acme-app</artifactId>",
    },
    "gradle": {
        "settings.gradle": "include ':core', ':app'",
        "core/build.gradle": "",
        "app/build.gradle": "",
    },
    "modules without go.work": {
        "README.md": "",
        "core/go.mod": "module example.com/acme/core\n",
        "app/go.mod": "module example.com/acme/app\n",
        "examples/x/go.mod": "module example.com/acme/x\n",
    },
    "go": {
        "go.work": "go 1.22\n\nuse (\n\t./core // the heart\n\t./app\n)\n",
        "core/go.mod": "module example.com/acme/core\n",
        "app/go.mod": "module example.com/acme/app\n",
    },
}


def project(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return Project(folder)


@pytest.mark.parametrize("kind", WORKSPACES)
def test_each_member_has_a_folder_and_a_name(tmp_path, kind):
    """Whatever tool holds them together, a member is found by its folder, its name or their ends."""
    found = members(project(tmp_path, WORKSPACES[kind]))
    assert {folder.rpartition("/")[2] for folder in found} == {"core", "app"}
    for folder, name in found.items():
        for word in (folder, f"./{folder}/", name, folder.rpartition("/")[2]):
            assert chosen(found, word) == [folder], (kind, word)
    assert chosen(found, "nonesuch") == []


def test_a_word_that_means_two(tmp_path):
    """Then both are told, and nobody chooses."""
    files = {
        "package.json": '{"workspaces": ["a/*", "b/*"]}',
        "a/x/package.json": '{"name": "ax"}',
        "b/x/package.json": '{"name": "bx"}',
    }
    found = members(project(tmp_path, files))
    assert chosen(found, "x") == ["a/x", "b/x"]
    assert chosen(found, "bx") == ["b/x"]


OUTPUTS = {
    "criterion": (
        {"Cargo.toml": '[package]\nname = "a"\n[dev-dependencies]\ncriterion = "0.5"\n'},
        "test a ... bench:       1,000 ns/iter (+/- 5)\ntest b ... bench:    10 ns/iter (+/- 5)\n",
        "100",
    ),
    "go-bench": (
        {
            "go.mod": "module a\n",
            "a_test.go": "package a\nfunc BenchmarkX(b *testing.B) {}\n",
        },
        "goos: linux\nBenchmarkX-8   1000   1000 ns/op   8 B/op\nBenchmarkY   5  10.0 ns/op\nPASS\n",
        "100",
    ),
}


def test_criterion_runs_its_benchmarks_alone(tmp_path):
    """A library's unit tests, which `cargo bench` starts as well, know no option of Criterion's."""
    [found] = benchmarks(project(tmp_path, OUTPUTS["criterion"][0]))
    assert found.settings["run_command"] == "cargo bench --bench '*' -- --output-format bencher"


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_numbers_of_benchmarks_become_one(tmp_path, name):
    """The geometric mean of all; where there is none, nothing is printed, which is no metric."""
    files, output, wanted = OUTPUTS[name]
    [found] = benchmarks(project(tmp_path, files))
    assert found.name == name
    for text, value in ((output, wanted), ("PASS\n", "")):
        (tmp_path / "run.log").write_text(text)
        done = subprocess.run(
            ["sh", "-c", found.settings["metric_parse"]],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == value


def test_the_files_of_benchmarks(tmp_path):
    """pytest-benchmark and JMH write files, which are named as artifacts and read."""
    files = {
        "requirements.txt": "pytest-benchmark\n",
        "pom.xml": "<artifactId>jmh-core</artifactId>",
        "benchmark.json": '{"benchmarks": [{"stats": {"median": 0.1}}, {"stats": {"median": 10}}]}',
        "jmh.csv": '"Benchmark","Mode","Threads","Samples","Score","Score Error","Unit"\n'
        '"a.B.c","avgt",1,5,1000.0,NaN,"ns/op"\n"a.B.d","avgt",1,5,10.0,1.0,"ns/op"\n',
    }
    pytest_, jmh = benchmarks(project(tmp_path, files))
    for found, name, value in ((pytest_, "pytest-benchmark", 1.0), (jmh, "jmh", 100.0)):
        assert found.name == name
        assert found.settings["artifacts"] in files
        done = subprocess.run(
            ["sh", "-c", found.settings["metric_parse"]],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert float(done.stdout) == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.gradle", "plugins { id 'me.champeau.jmh' version '0.7.2' }"),
        ("build.gradle.kts", "plugins { alias(libs.plugins.jmh) }"),
        ("build.gradle", "apply plugin: 'me.champeau.gradle.jmh'"),
        ("build.gradle", "task jmhJar(type: Jar) { classifier = 'jmh' }"),
    ],
)
def test_jmh_with_gradle(tmp_path, name, text):
    """The jar that Gradle's plugin makes is run as Maven's is, from the folder that it is in."""
    files = {
        f"core/{name}": text,
        "core/gradle/libs.versions.toml": 'jmh = { id = "me.champeau.jmh", version = "0.7.2" }',
        "gradlew": "",
    }
    if "libs." not in text:
        del files["core/gradle/libs.versions.toml"]
    project(tmp_path, files)
    (tmp_path / "gradlew").chmod(0o755)
    [found] = benchmarks(Project(tmp_path, "core"))
    assert found.name == "jmh"
    assert found.settings["run_command"].startswith(
        "../gradlew -q --no-daemon jmhJar && java -jar build/libs/*-jmh.jar -bm avgt "
    )


def test_scripts_and_targets_by_their_names(tmp_path):
    """A script that is called a benchmark is offered by its wall time; others are not."""
    files = {
        "package.json": '{"scripts": {"bench": "x", "bench:parse": "x", "build": "x", "test": "x"}}',
        "Makefile": "PERF := 1\nall:\n\tx\nbenchmark: all\n\tx\nworkbench:\n\tx\n",
    }
    found = benchmarks(project(tmp_path, files))
    assert [each.name for each in found] == ["npm:bench", "npm:bench:parse", "make:benchmark"]
    assert {each.settings["metric_name"] for each in found} == {"seconds"}
