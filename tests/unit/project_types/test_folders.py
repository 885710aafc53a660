"""A project in a folder of the repository, and a folder that only holds projects together."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.project_types import around, candidates, detect, here, likely
from autoresearch_ci.project_types.placing import inside

CODE = "export function f(a) { return a * 3 + 4 }\n" * 9
MAIN = "package main\n\nfunc main() {\n}\n"
JAVA = "class {} {{ public static void main(String[] x) {{}} }}\n"


def member(**more):
    return json.dumps({"name": "x", "scripts": {"build": "vite build"}, **more})


def crate(name):
    return f'[package]\nname = "{name}"\n'


WEB = {
    "package-lock.json": "{}",
    ".gitignore": "node_modules\ndist\n",
    "packages/core/package.json": member(dependencies={"a": "1"}),
    "packages/core/src/index.ts": CODE * 9,
    "packages/web/package.json": member(devDependencies={"vite": "1"}),
    "packages/web/src/main.ts": CODE,
    "packages/web/src/esm/package.json": '{"type": "module"}',
}


@pytest.mark.parametrize("folder", ["packages/web", "packages/web/src", "packages/web/src/esm"])
def test_the_folder_that_one_stands_in_decides(write, folder):
    """Whoever stands in a package gets that one, with commands that begin at the root."""
    root = write({"package.json": '{"workspaces": ["packages/*"]}', **WEB})
    found = here(root, folder).settings
    assert found["target_file"] == "packages/web/src/main.ts"
    assert found["run_command"] == "cd packages/web && npm run build"
    assert found["setup_command"] == "npm ci"
    assert "find packages/web/dist -type f " in found["metric_parse"]
    assert around(root, "packages/web/src/main.ts").settings == found


@pytest.mark.parametrize(
    "workspace",
    [
        {"package.json": '{"workspaces": ["packages/*"], "scripts": {"build": "turbo build"}}'},
        {"package.json": '{"workspaces": {"packages": ["./packages/**"]}}'},
        {"package.json": "{}", "pnpm-workspace.yaml": "packages:\n  # all\n  - 'packages/*'\n"},
        {"package.json": "{}", "lerna.json": '{"packages": ["packages/*"]}'},
    ],
)
def test_the_root_of_a_workspace_names_its_members(write, workspace):
    """At the root of a monorepo nothing is chosen: its packages are named."""
    found = detect(write({**WEB, **workspace}))
    assert found.members == ("packages/core", "packages/web")
    assert not {"target_file", "run_command", "metric_parse"} & found.settings.keys()


def test_a_root_that_is_a_package_itself(write):
    """A workspace whose root has an entry of its own is a project."""
    files = {
        "package.json": member(workspaces=["packages/*"], source="src/index.js"),
        "src/index.js": CODE,
    }
    found = detect(write({**WEB, **files}))
    assert (found.members, found.settings["target_file"]) == ((), "src/index.js")


@pytest.mark.parametrize(
    ("files", "members"),
    [
        ({"Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n', "a/Cargo.toml": crate("a"),
          "a/src/lib.rs": "x", "b/Cargo.toml": crate("b"), "b/src/lib.rs": "x"}, ("a", "b")),
        ({"pom.xml": "<modules><module>a</module><module>b</module></modules>",
          "a/src/main/java/A.java": JAVA.format("A"), "b/src/main/java/B.java": JAVA.format("B")},
         ("a", "b")),
        ({"settings.gradle.kts": 'include(":a", ":lib:b")\n', "a/A.java": JAVA.format("A"),
          "lib/b/B.java": JAVA.format("B")}, ("a", "lib/b")),
    ],
)  # fmt: skip
def test_members_of_other_builds(write, files, members):
    """Cargo's, Maven's and Gradle's members are named alike."""
    found = detect(write(files))
    assert found.members == members
    assert "target_file" not in found.settings


def test_a_crate_of_a_workspace(write):
    """A crate builds into the folder of its workspace, and there it is measured."""
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
        "Cargo.lock": "",
        "crates/a/Cargo.toml": crate("a"),
        "crates/a/src/main.rs": "fn main() {}",
        "alone/Cargo.toml": crate("b"),
        "alone/src/main.rs": "fn main() {}",
    }
    root = write(files)
    assert "< target/release/a |" in here(root, "crates/a").settings["metric_parse"]
    assert "< alone/target/release/b |" in here(root, "alone").settings["metric_parse"]


def test_a_module_of_a_maven_parent(write):
    """A module is built by its parent, with the neighbours that it needs."""
    root = write(
        {
            "pom.xml": "<modules><module>a</module><module>b</module></modules>",
            "mvnw": "",
            "a/pom.xml": "<project/>",
            "a/src/main/java/A.java": JAVA.format("A"),
            "b/pom.xml": "<project/>",
        }
    )
    found = here(root, "a").settings
    assert found["run_command"] == "sh mvnw -q -B -pl a -am clean package -DskipTests"
    assert found["target_file"] == "a/src/main/java/A.java"


def test_a_project_of_gradle_uses_the_wrapper_above(write):
    """The wrapper lies where the whole build does."""
    root = write({"settings.gradle": "", "gradlew": "", "app/build.gradle": "", "app/A.java": "x"})
    assert here(root, "app").settings["run_command"].startswith("cd app && sh ../gradlew ")


def test_a_go_module_in_a_folder(write):
    """A module further down is built in its own folder."""
    found = here(write({"tool/go.mod": "module a/tool\n", "tool/main.go": MAIN}), "tool").settings
    assert found["run_command"].startswith("cd tool && go build ")
    assert "< tool/bin/tool |" in found["metric_parse"]


def test_one_cd_at_most():
    """A command that goes back up begins where it ends up."""
    assert inside("a/b", "cd ../.. && npm ci") == "npm ci"
    assert inside("a b", "make") == "cd 'a b' && make"
    assert inside("a", "cd ../c && make") == "cd c && make"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"app/pom.xml": "<project/>"}, [("app", "java", "app/pom.xml")]),
        ({"mobile/pubspec.yaml": "name: a\n"}, [("mobile", "flutter", "mobile/pubspec.yaml")]),
        ({"a/package.json": "{}", "b/go.mod": "module b\n", "a/x/package.json": "{}"},
         [("a", "web", "a/package.json"), ("b", "go", "b/go.mod")]),
        ({"examples/a/package.json": "{}", "code/b/Cargo.toml": ""},
         [("code/b", "rust", "code/b/Cargo.toml")]),
        ({"gpt/train.py": "x", "gpt/prepare.py": "x"}, [("gpt", "ml", "gpt/prepare.py")]),
        ({"README.md": "x"}, []),
    ],
)  # fmt: skip
def test_projects_further_down_are_candidates(write, files, found):
    """What begins one or two folders down is named with its kind, examples last."""
    root = write(files)
    assert [(each.folder, each.kind, each.found) for each in candidates(root)] == found


@pytest.mark.parametrize(
    ("text", "metric", "direction"),
    [
        ('print(f"val_loss: {x:.4f}")', "val_loss", "lower_is_better"),
        ('print("accuracy:", a)', "accuracy", "higher_is_better"),
        ('print(f"loss: {x}"); print(f"val_acc: {x}")', "val_acc", "higher_is_better"),
        ('print("hello")', None, None),
    ],
)
def test_a_training_script_alone(write, text, metric, direction):
    """train.py without prepare.py is a candidate, with the metric that it prints, if it is one."""
    (found,) = candidates(write({"train.py": text + "\n"}))
    assert found.settings["target_file"] == "train.py"
    assert found.settings.get("metric_name") == metric
    assert found.settings.get("metric_direction") == direction


@pytest.mark.parametrize(
    ("files", "target", "run"),
    [
        ({"sort.c": CODE, "a.c": "x", "Makefile": "all: x\nbench: all\n"}, "sort.c", "make bench"),
        ({"src/p/core.py": CODE, "benchmarks/bench.py": CODE * 2}, "src/p/core.py", "python3 benchmarks/bench.py"),
        ({"lib/a.rb": CODE, "Rakefile": "x"}, "lib/a.rb", "ruby lib/a.rb"),
        ({"main.zig": CODE, "evaluate.sh": "x"}, "main.zig", "sh evaluate.sh"),
        ({"README.md": "x"}, None, None),
        ({"a.cc": CODE, "WORKSPACE": "x"}, "a.cc", None),
        ({"noxfile.py": CODE * 2, "src/p/core.py": CODE}, "src/p/core.py", "python3 src/p/core.py"),
        ({"build.zig": CODE * 2, "src/main.zig": CODE}, "src/main.zig", "zig build run"),
        ({"Package.swift": CODE * 2, "Sources/a/main.swift": CODE}, "Sources/a/main.swift", "swift run -c release"),
        ({"deno.json": '{\n// x\n"tasks": {"dev": "x", "bench": "y"}}', "m.ts": CODE}, "m.ts", "deno task bench"),
        ({"composer.json": '{"scripts": {"bench": "x"}}', "src/A.php": CODE}, "src/A.php", "composer run bench"),
        ({"Makefile": "all: x\nphpbench:\n\tx\n", "src/A.php": CODE}, "src/A.php", "make phpbench"),
        ({"Rakefile": "task :build do\nend\ntask bench: :build do\nend\n", "lib/a.rb": CODE}, "lib/a.rb", "rake bench"),
        ({"justfile": "default: x\nbench *args:\n  x\n", "lib/a.ml": CODE}, "lib/a.ml", "just bench"),
        ({"src/App/App.csproj": "x", "src/App/P.cs": CODE}, "src/App/P.cs", "dotnet run -c Release --project src/App/App.csproj"),
        ({"p.tex": CODE}, "p.tex", None),
        ({"index.html": CODE, "css/a.css": CODE * 2}, "css/a.css", None),
        ({"Dockerfile": CODE}, "Dockerfile", None),
    ],
)  # fmt: skip
def test_examples_for_a_project_of_no_known_type(write, files, target, run):
    """The largest source, and what seems to run it, are examples for what has to be written."""
    found = likely(write(files))
    assert found.get("target_file") == target
    assert found.get("run_command") == run


def test_examples_in_a_folder(write):
    """Commands begin at the root of the repository."""
    found = likely(write({"a/x.c": CODE, "a/Makefile": "run:\n"}), "a")
    assert found["target_file"] == "a/x.c"
    assert found["run_command"] == "cd a && make run"
