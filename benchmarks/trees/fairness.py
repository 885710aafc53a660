"""Time builds that are part of what is measured: the same program against itself.

Both sides are one program; the second has another constant that nothing depends on. What one side
takes longer is the advantage that the other has from what earlier runs have left.

With `--own` both begin with the incumbent's own build, for comparison.

python benchmarks/trees/fairness.py [--own] [--runs 8] [go] [make] [tsc] [cargo] [maven]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.core.model import Side
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.trees.layered import LayeredTree

PARTS = 30
"""Units of compilation beside the target."""


@dataclass(frozen=True)
class Project:
    """Files, the commands, and the line of the target that says which side it is."""

    target: str
    files: dict[str, str]
    run: str
    setup: str = ""


def _body(number: int, line: str) -> str:
    return "".join(line.replace("N", f"{number}_{n}") for n in range(40))


def go() -> Project:
    files = {"go.mod": "module bench\n\ngo 1.21\n", ".gitignore": "app\n"}
    for number in range(PARTS):
        text = _body(number, "func FN(x int) int { return x * 3 }\n")
        files[f"part{number}/part.go"] = f"package part{number}\n\n{text}"
    imports = "".join(f'\t"bench/part{number}"\n' for number in range(PARTS))
    calls = "".join(f"\tx += part{number}.F{number}_0(side)\n" for number in range(PARTS))
    main = f'package main\n\nimport (\n\t"fmt"\n{imports})\n\nvar side = 1\n\n'
    files["main.go"] = f"{main}func main() {{\n\tx := 0\n{calls}\tfmt.Println(x > 0)\n}}\n"
    return Project("main.go", files, "go build -o app . && ./app")


def make() -> Project:
    objects = " ".join(f"part{number}.o" for number in range(PARTS))
    rule = f"app: main.o {objects}\n\tcc -o app $^\n"
    files = {"Makefile": rule, ".gitignore": "*.o\napp\n"}
    for number in range(PARTS):
        files[f"part{number}.c"] = _body(number, "int fN(int x) { return x * 3; }\n")
    declared = "".join(f"int f{number}_0(int);\n" for number in range(PARTS))
    calls = "".join(f"x += f{number}_0(side);\n" for number in range(PARTS))
    files["main.c"] = (
        f"#include <stdio.h>\n{declared}static int side = 1;\n"
        f'int main(void) {{ int x = 0; {calls} printf("%d\\n", x > 0); return 0; }}\n'
    )
    return Project("main.c", files, "make -s && ./app")


def tsc() -> Project:
    files = {
        "package.json": '{"private":true,"devDependencies":{"typescript":"5.9.2"}}\n',
        ".gitignore": "node_modules/\nout/\n*.tsbuildinfo\n",
        "tsconfig.json": '{"files":[],"references":[{"path":"./lib"},{"path":"./app"}]}\n',
    }
    for name, more in (("lib", {}), ("app", {"references": [{"path": "../lib"}]})):
        options = {"composite": True, "outDir": f"../out/{name}", "rootDir": ".", "types": []}
        options |= {"module": "commonjs", "target": "es2020", "strict": True}
        files[f"{name}/tsconfig.json"] = json.dumps(
            {"compilerOptions": options, "include": ["*.ts"], **more}
        )
    for number in range(PARTS):
        files[f"lib/part{number}.ts"] = _body(
            number, "export function fN(x: number): number { return x * 3; }\n"
        )
    imports = "".join(
        f'import {{ f{number}_0 }} from "../lib/part{number}";\n' for number in range(PARTS)
    )
    calls = "".join(f"x += f{number}_0(side);\n" for number in range(PARTS))
    files["app/main.ts"] = (
        f"{imports}const side = 1;\nlet x = 0;\n{calls}export const done = x > 0;\n"
    )
    run = "node_modules/.bin/tsc -b && test -s out/app/main.js"
    return Project("app/main.ts", files, run, "npm install --no-audit --no-fund --silent")


def cargo() -> Project:
    files = {
        "Cargo.toml": '[package]\nname = "bench"\nversion = "0.1.0"\nedition = "2021"\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "bench"\nversion = "0.1.0"\n',
        ".gitignore": "target/\n",
    }
    for number in range(PARTS):
        files[f"src/part{number}.rs"] = _body(number, "pub fn fN(x: i64) -> i64 { x * 3 }\n")
    modules = "".join(f"#[allow(dead_code)] mod part{number};\n" for number in range(PARTS))
    calls = "".join(f"x += part{number}::f{number}_0(side);\n" for number in range(PARTS))
    files["src/main.rs"] = (
        f'{modules}fn main() {{ let side = 1; let mut x = 0;\n{calls}println!("{{}}", x > 0); }}\n'
    )
    return Project("src/main.rs", files, "cargo build --offline -q && target/debug/bench")


def maven() -> Project:
    files = {
        "pom.xml": "<project><modelVersion>4.0.0</modelVersion><groupId>b</groupId>"
        "<artifactId>bench</artifactId><version>1</version><properties>"
        "<maven.compiler.source>11</maven.compiler.source>"
        "<maven.compiler.target>11</maven.compiler.target>"
        "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>"
        "</properties></project>\n",
        ".gitignore": "target/\n",
    }
    for number in range(PARTS):
        text = _body(number, "    static int fN(int x) { return x * 3; }\n")
        files[f"src/main/java/b/Part{number}.java"] = (
            f"package b;\nclass Part{number} {{\n{text}}}\n"
        )
    calls = "".join(f"        x += Part{number}.f{number}_0(side);\n" for number in range(PARTS))
    files["src/main/java/b/Main.java"] = (
        "package b;\npublic class Main {\n    static int side = 1;\n"
        f"    public static void main(String[] a) {{\n        int x = 0;\n{calls}"
        "        System.out.println(x > 0);\n    }\n}\n"
    )
    run = "mvn -o -q compile && java -cp target/classes b.Main"
    return Project("src/main/java/b/Main.java", files, run, "mvn -q compile && rm -r target")


PROJECTS: dict[str, Callable[[], Project]] = {
    "go": go, "make": make, "tsc": tsc, "cargo": cargo, "maven": maven,
}  # fmt: skip


def grown(folder: Path, project: Project) -> Path:
    """The project in a repository."""
    for name, text in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run([*git, *words], check=True)
    return folder


def measured(root: Path, project: Project, runs: int) -> dict[Side, list[float]]:
    """Seconds of each side's runs, taking turns; each candidate is one that was never built."""
    settings = {
        "target_file": project.target,
        "run_command": project.run,
        "setup_command": project.setup,
        "metric_name": "seconds",
        "metric_parse": "echo $AUTORESEARCH_SECONDS",
        "tag": "fair",
        "env": "JAVA_HOME",
    }
    seconds: dict[Side, list[float]] = {side: [] for side in Side}
    overrides = {name: value for name, value in settings.items() if value}
    with open_session(SessionRequest(root, overrides, needs_idea=False)) as session:
        source = session.campaign.source()
        text = source[project.target]
        for number in range(runs + 1):
            changed = text.replace("side = 1", f"side = {number + 2}")
            trial = session.campaign.trial(source | {project.target: changed})
            for side in Side if number % 2 else tuple(Side)[::-1] if number else (Side.INCUMBENT,):
                trial.show(side)
                found = session.evaluator.measure(trial)
                assert found.value is not None, found.error + found.log
                if number:  # the very first one is where it begins
                    seconds[side].append(found.run.seconds)
    return seconds


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--own", action="store_true")
    arguments.add_argument("--runs", type=int, default=8)
    arguments.add_argument("projects", nargs="*", default=list(PROJECTS))
    options = arguments.parse_args()
    if options.own:
        LayeredTree.has_built = lambda _tree: False
    for name in options.projects:
        with tempfile.TemporaryDirectory() as folder:
            project = PROJECTS[name]()
            seconds = measured(grown(Path(folder) / name, project), project, options.runs)
        middle = {side: statistics.median(each) for side, each in seconds.items()}
        ratio = middle[Side.CANDIDATE] / middle[Side.INCUMBENT]
        told = ", ".join(f"{side} {value:.2f} s" for side, value in middle.items())
        print(f"{name}: {told}, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
