"""A Maven or Gradle build in Java or Kotlin, judged by its wall time."""

from __future__ import annotations

import os
import posixpath
import re
import shlex

from autoresearch_ci.project_types.detected import ASIDE, NO_TESTS, Detected
from autoresearch_ci.project_types.following import offered
from autoresearch_ci.project_types.project import Project

_SCRIPTS = ("pom.xml", "build.gradle", "build.gradle.kts")
_HEADS = ("settings.gradle", "settings.gradle.kts")
_JDKS = (21, 25)
_RELEASE = re.compile(
    r"<(?:maven\.compiler\.(?:release|source)|java\.version|release)>\s*(\d{1,2})\s*<"
    r"|(?:JavaLanguageVersion\.of|jvmToolchain)\(\s*(\d{1,2})\s*\)"
)
_MAIN = re.compile(
    r"\bvoid\s+main\s*\(|^\s*(?:suspend\s+)?fun\s+main\s*\(|@SpringBootApplication", re.MULTILINE
)
# How a build script names the main class: Maven's elements, Gradle's properties, manifests.
_NAMED = re.compile(
    r"<(?:mainClass|exec\.mainClass|start-class|main\.class)>\s*([\w.$]+)\s*<"
    r"|\bmainClass(?:Name)?\s*(?:=|\.set\s*\()\s*['\"]([\w.$]+)['\"]"
    r"|Main-Class['\"]?\]?\s*(?::|=|to|,)\s*['\"]([\w.$]+)['\"]"
)


def detect(project: Project) -> Detected | None:
    """The main class is the target; the metric is the seconds of a clean package build."""
    scripts = [name for name in (*_SCRIPTS, *_HEADS) if project.has(name)]
    if not scripts:
        return None
    sources = [path for path in project.walk() if path.endswith((".java", ".kt"))]
    tested = any(_is_test(path) for path in sources)
    maven = "pom.xml" in scripts and (
        len(scripts) == 1 or project.has("mvnw") or not project.has("gradlew")
    )
    settings = {
        "metric_name": "build_seconds",
        # The loop hands over the wall time of the run that it has just measured.
        "metric_parse": 'echo "$AUTORESEARCH_SECONDS"',
        "metric_direction": "lower_is_better",
    }
    own = [path for path in sources if not _is_test(path)]
    members = members_of(project)
    named = _named(project, own)
    notes = [] if tested else [NO_TESTS]
    if len(members) > 1 and not named and not project.has_folder("src/main"):
        return Detected(
            "java", settings, tuple(notes), deletable_without_guard=False, members=members
        )
    settings |= _maven(project, tested=tested) if maven else _gradle(project, tested=tested)
    settings["image"] = _image(project, settings["run_command"])
    main = named or _main_class(project, own)
    if main:
        settings["target_file"] = main
    else:
        notes.insert(0, "No Java or Kotlin source was found; set target_file.")
    return Detected(
        "java",
        settings,
        tuple(notes),
        deletable_without_guard=False,
        others=offered(project, main, (), _proper(own)) if main else (),
    )


def members_of(project: Project) -> tuple[str, ...]:
    """The modules of a Maven parent, or the projects that Gradle's settings include."""
    found = re.findall(r"<module>\s*([\w./-]+)\s*</module>", project.text("pom.xml"))
    for head in _HEADS:
        text = re.sub(r"//[^\n]*", "", project.text(head))
        for line in re.findall(r"\binclude\b\s*\(?((?:\s*['\"][\w:./-]+['\"]\s*,?)+)", text):
            found += [
                name.strip(":").replace(":", "/") for name in re.findall(r"['\"]([\w:./-]+)", line)
            ]
    there = (each for each in dict.fromkeys(found) if not ASIDE.search(each))
    return tuple(each for each in there if project.has_folder(each) and each not in {".", ""})


def _maven(project: Project, *, tested: bool) -> dict[str, str]:
    reactor = next((each for each in project.upwards() if _lists(each, project)), None)
    program = wrapper(reactor or project, "mvnw", "mvn")
    maven = f"{program} -q -B"
    if reactor:
        # A module may need its neighbours, which only the parent knows how to build.
        up, module = (
            project.way_to(reactor),
            posixpath.relpath(f"/{project.folder}", f"/{reactor.folder}"),
        )
        maven = f"cd {up} && {maven} -pl {shlex.quote(module)} -am"
    settings = {
        "run_command": f"{maven} clean package -DskipTests",
        # Once with the tests, so that everything a run or the guard needs is downloaded.
        "setup_command": f"{maven} clean package" + ("" if tested else " -DskipTests"),
    }
    return {**settings, "guard_command": f"{maven} test"} if tested else settings


def _lists(above: Project, project: Project) -> bool:
    """True if `above` is the Maven parent that builds the module."""
    module = posixpath.relpath(f"/{project.folder}", f"/{above.folder}")
    return above.folder != project.folder and module in re.findall(
        r"<module>\s*([\w./-]+)\s*</module>", above.text("pom.xml")
    )


def _gradle(project: Project, *, tested: bool) -> dict[str, str]:
    # A daemon would outlive its run, and a warm one would flatter the next.
    gradle = f"{wrapper(project, 'gradlew', 'gradle')} -q --no-daemon"
    settings = {
        "run_command": f"{gradle} --no-build-cache clean assemble",
        "setup_command": f"{gradle} assemble" + (" test" if tested else ""),
    }
    return {**settings, "guard_command": f"{gradle} test"} if tested else settings


def wrapper(project: Project, script: str, program: str) -> str:
    """The command that starts the wrapper which is nearest above, else the program itself."""
    where = next((each for each in project.upwards() if each.has(script)), None)
    if where is None:
        return program
    way = project.way_to(where)
    executable = os.access(where.root / script, os.X_OK)
    plain = script if way == "." else f"{way}/{script}"
    return (f"./{script}" if way == "." else plain) if executable else f"sh {plain}"


def _image(project: Project, build: str) -> str:
    """The official image with a JDK for the project, and with what builds it without a wrapper."""
    texts = (project.text(name) for name in _SCRIPTS)
    found = (int(one or other) for text in texts for one, other in _RELEASE.findall(text))
    wanted = max(found, default=0)
    jdk = next((each for each in _JDKS if each >= wanted), _JDKS[-1])
    program = re.search(r"(?:^|&& )(mvn|gradle) ", build)
    images = {"mvn": f"maven:3-eclipse-temurin-{jdk}", "gradle": f"gradle:jdk{jdk}"}
    return images[program[1]] if program else f"eclipse-temurin:{jdk}"


def _is_test(path: str) -> bool:
    folders = path.split("/")[:-1]
    return "test" in folders or any(re.fullmatch(r"\w+Test|tests?", each) for each in folders)


def _named(project: Project, sources: list[str]) -> str | None:
    """The main class that the build itself names."""
    for script in (path for path in project.walk() if posixpath.basename(path) in _SCRIPTS):
        if ASIDE.search(script):
            continue
        for found in _NAMED.finditer(project.text(script)):
            path = _source_of(project, sources, next(filter(None, found.groups())))
            if path:
                return path
    return None


def _proper(sources: list[str]) -> list[str]:
    """Those of the product, not of its examples."""
    proper = [path for path in sources if not ASIDE.search(path.partition("src/main/")[0])]
    return [path for path in proper if "src/main/" in path] or proper or sources


def _main_class(project: Project, sources: list[str]) -> str | None:
    """A class that can be started, else the largest source."""
    proper = _proper(sources)
    startable = [path for path in proper if _MAIN.search(project.text(path))]
    likely = re.compile(r"(main|app|application)(kt)?$", re.IGNORECASE)
    return min(
        startable or proper,
        key=lambda path: (
            not (startable and likely.search(posixpath.splitext(path)[0])),
            -project.size(path),
        ),
        default=None,
    )


def _source_of(project: Project, sources: list[str], name: str) -> str | None:
    """The file of a class; Kotlin's `MainKt` is made of Main.kt, whatever folder that is in."""
    package, _, simple = name.rpartition(".")
    stem = simple.split("$")[0]
    stems = {stem, stem.removesuffix("Kt")}
    named = [path for path in sources if posixpath.splitext(posixpath.basename(path))[0] in stems]
    declared = re.compile(rf"^\s*package\s+{re.escape(package)}\s*;?\s*(//.*)?$", re.MULTILINE)
    fitting = [path for path in named if not package or declared.search(project.text(path))]
    return next(iter(fitting), None)
