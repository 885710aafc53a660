"""The steps of a workflow that give a plain machine the project's toolchain.

Each is one of the setup actions that people use for it, in the version that the project's own files
name. Nothing is cached from a job that runs experiments: what the project's CI has cached by the
same setup action is restored, and nothing is saved.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from shlex import quote

from autoresearch_ci.project_types import Project

PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
UV = "astral-sh/setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d # v10.0.1"
NODE = "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0"
GO = "actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0"
JAVA = "actions/setup-java@b6effb05e454b25005698d916606bdc6ffcbf961 # v5.7.0"
FLUTTER = "subosito/flutter-action@1a449444c387b1966244ae4d4f8c696479add0b2 # v2.23.0"
RESTORE = "actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5"

_JAVA = 21
"""The release for a build that names none: the long-term one that most builds take."""

_RELEASES = range(8, 41)
"""The numbers that can be a release of Java."""

_UV = re.compile(r"(cd \S+ && )?uv run\b")

_CACHES = {
    "npm": ("node-cache-{os}-x64-npm-", ("~/.npm",)),
    "pip": ("setup-python-{os}-x64-", ("~/.cache/pip",)),
    "go": ("setup-go-{os}-x64-", ("~/go/pkg/mod", "~/.cache/go-build")),
    "maven": ("setup-java-{os}-x64-maven-", ("~/.m2/repository",)),
    "gradle": ("setup-java-{os}-x64-gradle-", ("~/.gradle/caches",)),
}
"""The keys and folders of the setup actions' own caches, by package manager: src/*cache* in each.

A cache is found only under the very folders that it was saved with, which these actions give in
full, so `~` stands for the home of GitHub's machines.
"""


def steps(project: Project, run_command: str = "") -> str:
    """The steps for the toolchains of the nearest folder that has any, as YAML of a job.

    Empty where the machine has all that is needed: nothing is known of the project, or it is Rust.
    """
    uv = bool(_UV.match(run_command))
    for folder in project.upwards():
        python = _python(folder, uv=uv)
        found = [*_node(folder), *python, *_go(folder), *_java(folder), *_flutter(folder)]
        if found or folder.has("Cargo.toml"):
            return "".join(found)
    return ""


def _step(name: str, uses: str, **given: str) -> str:
    words = "".join(f"          {key.replace('_', '-')}: {value}\n" for key, value in given.items())
    block = f"        with:\n{words}" if words else ""
    return f"      - name: {name}\n        uses: {uses}\n{block}"


def _install(name: str, shell: str) -> str:
    """Install a package manager, which no lock file can pin; its version is package.json's."""
    note = "# zizmor: ignore[adhoc-packages] it reads the lock file"
    return f"      - name: Install {name}\n        run: {shell} {note}\n"


def _restore(manager: str) -> str:
    """Take over what the project's CI has cached, without saving anything."""
    prefix, folders = _CACHES[manager]
    key = prefix.format(os="${{ runner.os }}")
    paths = "".join(f"            {path.replace('~', '/home/runner')}\n" for path in folders)
    return (
        f"      - name: Restore what CI has cached of {manager}, and save nothing\n"
        f"        uses: {RESTORE}\n"
        f"        with:\n          path: |\n{paths}"
        f"          key: {key}${{{{ github.run_id }}}}\n          restore-keys: {key}\n"
    )


def _first(project: Project, names: Sequence[str]) -> str:
    """The nearest of these files, from the folder upwards, as a path in the repository."""
    for folder in project.upwards():
        for name in names:
            if folder.has(name):
                return folder.at(name)
    return ""


def _node(project: Project) -> Iterator[str]:
    """Node, and the package manager that the lock file or package.json names."""
    if not project.has("package.json"):
        return
    file = _first(project, (".nvmrc", ".node-version"))
    if not file:
        above = (folder.json_object("package.json") for folder in project.upwards())
        named = any("node" in _object(package, "engines") for package in above)
        file = project.at("package.json") if named else ""
    version = {"node_version_file": file} if file else {"node_version": "lts/*"}
    yield _step("Set up Node", NODE, **version, package_manager_cache='"false"')
    lock = _first(project, ("pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"))
    field = _field(project)
    if field.startswith("pnpm") or lock.endswith("pnpm-lock.yaml"):
        yield _install("pnpm", f"npm install --global pnpm@{_version(field) or 'latest'}")
    elif field.startswith("bun") or "bun.lock" in lock:
        yield _install("Bun", f"npm install --global bun@{_version(field) or 'latest'}")
    elif field.startswith("yarn") and not field.startswith("yarn@1"):
        yield _install("yarn", "npm install --global --force corepack && corepack enable")
    elif not lock:
        yield _restore("npm")


def _object(package: dict[str, object], name: str) -> dict[str, object]:
    value = package.get(name)
    return value if isinstance(value, dict) else {}


def _field(project: Project) -> str:
    """`packageManager` of the nearest package.json that has it."""
    for folder in project.upwards():
        if field := folder.json_object("package.json").get("packageManager"):
            return str(field)
    return ""


def _version(field: str) -> str:
    found = re.fullmatch(r"\w+@(\d[\w.-]*)(\+.*)?", field)
    return found[1] if found else ""


def _python(project: Project, *, uv: bool) -> Iterator[str]:
    """Python and the packages of the project, or uv, which brings both."""
    manifests = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", ".python-version")
    there = [name for name in manifests if project.has(name)]
    if there and (uv or _first(project, ("uv.lock",))):
        yield _step("Set up uv", UV, enable_cache='"false"')
        return
    if not there:
        return
    file = _first(project, (".python-version",))
    if not file and re.search(
        r"^\s*requires-python\s*=", project.text("pyproject.toml"), re.MULTILINE
    ):
        file = project.at("pyproject.toml")
    version = {"python_version_file": file} if file else {"python_version": '"3.x"'}
    yield _step("Set up Python", PYTHON, **version)
    yield _restore("pip")
    if packages := _packages(project):
        run = f"python -m pip install {packages}"
        yield f"      - name: Install the project's packages\n        run: {run}\n"


def _packages(project: Project) -> str:
    """The arguments of pip for what the project needs; empty where nothing says that for pip.

    A pyproject.toml without a build system is none that pip can install: it lists the packages of
    scripts, or settings of tools alone.
    """
    words = []
    if project.has("requirements.txt"):
        words.append(f"--requirement {quote(project.at('requirements.txt'))}")
    built = re.search(r"^\[build-system\]", project.text("pyproject.toml"), re.MULTILINE)
    if built or project.has("setup.py"):
        words.append(f"--editable {quote(project.at('.'))}")
    return " ".join(words)


def unlisted(project: Project, run_command: str = "") -> list[str]:
    """The packages that the Python files of a folder import, where no step installs any.

    Imports that a file can do without, in a `try` or a function, are left out.
    """
    folders = list(project.upwards())
    managed = bool(_UV.match(run_command))
    if managed or any(each.has("uv.lock") or _packages(each) for each in folders):
        return []
    files = [path for path in project.walk(deepest=1) if path.endswith(".py")]
    names = {name for path in files for name in _imports(project.text(path))}
    own = {name for name in names for each in folders if _has_module(each, name)}
    return sorted(names - own - sys.stdlib_module_names)


def _has_module(project: Project, name: str) -> bool:
    places = (name, f"src/{name}")
    return any(project.has(f"{each}.py") or project.has_folder(each) for each in places)


def _imports(text: str) -> Iterator[str]:
    """The names of the modules that a file cannot do without, up to the first dot."""
    try:
        there = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for each in there:
        if isinstance(each, ast.Import):
            yield from (name.name.partition(".")[0] for name in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            yield each.module.partition(".")[0]


def _go(project: Project) -> Iterator[str]:
    if project.has("go.mod"):
        yield _step("Set up Go", GO, go_version_file=project.at("go.mod"), cache='"false"')
        yield _restore("go")


def _java(project: Project) -> Iterator[str]:
    """A JDK in the version of the build: a version file, else what the build compiles for."""
    maven = project.has("pom.xml")
    gradle = [name for name in ("build.gradle", "build.gradle.kts") if project.has(name)]
    if not maven and not gradle:
        return
    file = _first(project, (".java-version", ".sdkmanrc"))
    build = project.text("pom.xml" if maven else gradle[0])
    version = {"java_version_file": file} if file else {"java_version": f'"{_compiles_for(build)}"'}
    yield _step("Set up Java", JAVA, distribution="temurin", **version)
    yield _restore("maven" if maven else "gradle")


def _compiles_for(build: str) -> str:
    """The newest Java release that a build file names, not below the one that all can take."""
    named = re.findall(
        r"(?:maven\.compiler\.(?:release|source|target)|java\.version|<release>|jvmToolchain"
        r"|languageVersion|JavaVersion\.VERSION_|(?:source|target)Compatibility)\D{0,40}?(\d+)\b",
        build,
    )
    newest = max((int(each) for each in named if int(each) in _RELEASES), default=0)
    return str(max(newest, _JAVA))


def _flutter(project: Project) -> Iterator[str]:
    if project.has("pubspec.yaml"):
        yield _step("Set up Flutter", FLUTTER, channel="stable")
