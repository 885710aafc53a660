"""The file that a web project's code starts in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice, pairwise
from typing import Any

from autoresearch_ci.project_types.following import fullest, offered
from autoresearch_ci.project_types.project import Project

SOURCES = (".tsx", ".ts", ".jsx", ".js", ".mts", ".mjs", ".vue", ".svelte", ".astro", ".cjs")
_ENTRY_NAMES = frozenset({"index", "main", "app", "entry", "client", "browser"})
_BUILT = ("dist", "build", "out", "public", "lib", "es", "esm", "cjs", "umd", "node_modules")
# Run a script of one's own instead of a bundler.
_RUNTIMES = frozenset({"node", "bun", "deno", "tsx", "ts-node"})
_CONFIGS = tuple(
    f"{tool}.config.{ending}"
    for tool in ("webpack", "rollup", "rspack", "esbuild")
    for ending in ("js", "mjs", "cjs", "ts")
)
_ENTRY_KEYS = "(?:entryPoints|entry|input)"
_LINK = re.compile(r"\b(?:from|import|require)\s*\(?\s*['\"](\.[^'\"]*)['\"]")
# Comments, imports, and exports of what other files have.
_HANDS_ON = re.compile(
    r"/\*.*?\*/|(?<!:)//[^\n]*|^\s*(?:import|export)\b[^;'\"()=]*['\"][^'\"\n]+['\"]\s*;?"
    r"|^\s*export\s*\{[^}]*\}\s*;?|^\s*['\"]use \w+['\"]\s*;?",
    re.MULTILINE | re.DOTALL,
)
_ANY = "{}"  # stands for every ending in SOURCES

# Where a framework starts, by the package that brings it.
_FRAMEWORKS: Mapping[str, tuple[str, ...]] = {
    "next": ("app/page{}", "src/app/page{}", "pages/index{}", "src/pages/index{}"),
    "nuxt": ("app/app.vue", "app.vue", "app/pages/index.vue", "pages/index.vue"),
    "astro": ("src/pages/index{}",),
    "@sveltejs/kit": ("src/routes/+page.svelte", "src/routes/+layout.svelte"),
    "@angular/core": ("src/main.ts",),
    "react-scripts": ("src/index{}",),
    "@vue/cli-service": ("src/main{}",),
    "gatsby": ("src/pages/index{}",),
    "@remix-run/dev": ("app/root{}",),
    "@react-router/dev": ("app/root{}",),
}


def main_source(
    project: Project,
    package: Mapping[str, Any],
    packages: frozenset[str],
    built: list[list[str]],
    outputs: tuple[str, ...],
) -> tuple[str | None, tuple[str, ...]]:
    """The file that the build starts from, a barrel followed to where the code is, and others.

    Package.json's word counts most, then the framework's or bundler's, then the largest entry.
    """
    entries = [*entries_of(project, package, packages, built, outputs)]
    for path in (f"src/index{_ANY}", f"src/main{_ANY}", *_secondary(package)):
        entries += _sources_at(project, _each_ending(path), outputs)
    largest = _largest(project, outputs)
    entry = entries[0] if entries else largest
    if entry is None:
        return None, ()
    target = fullest(project, entry, _HANDS_ON, partial(_links, project, outputs))
    rest = (path for path in project.walk("src") if is_source(path) and not _below(path, outputs))
    return target, offered(project, target, [*entries, *([largest] if largest else [])], rest)


def entries_of(
    project: Project,
    package: Mapping[str, Any],
    packages: frozenset[str],
    built: list[list[str]],
    outputs: tuple[str, ...],
) -> Iterator[str]:
    """The sources that something names as where the build starts, the best first."""
    named = (*_declared(project, package), *_conventional(project, packages, built))
    yield from _sources_at(project, named, outputs)


def _sources_at(project: Project, paths: Iterable[str], outputs: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        clean = posixpath.normpath(path.lstrip("/"))
        usable = is_source(clean) and not _below(clean, outputs) and project.size(clean)
        if usable and not _only_chooses(project.text(clean)):
            yield clean


def _only_chooses(text: str) -> bool:
    """True if a file hands out one or another of what the build writes."""
    named = [posixpath.normpath(each).split("/")[0] for each in _LINK.findall(text)]
    return bool(named) and all(each in {"dist", "build", "out"} for each in named)


def _links(project: Project, outputs: tuple[str, ...], path: str, text: str) -> Iterator[str]:
    """The project's own files that one imports or exports from."""
    folder = posixpath.dirname(path)
    for named in _LINK.findall(text):
        at = posixpath.join(folder, named)
        stem = re.sub(r"\.[cm]?jsx?$", "", at)  # TypeScript imports what it will have written
        ways = (at, *_each_ending(stem + _ANY), *_each_ending(f"{at}/index{_ANY}"))
        yield from islice(_sources_at(project, ways, outputs), 1)


def is_source(path: str) -> bool:
    """True if the name is that of code a person writes: no test, type, config or output."""
    folders, name = path.split("/")[:-1], posixpath.basename(path)
    return (
        name.endswith(SOURCES)
        and not re.search(r"\.(d\.[cm]?ts|(test|spec|stories|config|min|setup)\.\w+)$", name)
        and not {"node_modules", "__tests__", "__mocks__", "tests", "test", "dist", "e2e"}
        & {*folders}
        and not path.startswith(("../", "/"))
    )


def _declared(project: Project, package: Mapping[str, Any]) -> Iterator[str]:
    source = package.get("source")
    for path in source if isinstance(source, list) else [source]:
        if isinstance(path, str):
            yield from _scripts_in(project, path)
    exports = package.get("exports")
    if isinstance(exports, dict) and any(str(key).startswith(".") for key in exports):
        exports = exports.get(".")  # the others are not where the package begins
    for named in (package.get("module"), package.get("main"), exports):
        for path in _strings(named):
            # A field may name what the build writes; its source has the same name.
            yield from (path, *_sources_of(path))


def _secondary(package: Mapping[str, Any]) -> Iterator[str]:
    """Entries of a package beside its main one: programs, and exports of other names."""
    for name in ("bin", "exports"):
        for path in _strings(package.get(name)):
            yield from (path, *_sources_of(path))


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """The paths in `exports`: nested conditions, the package's main entry first."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 6:  # noqa: PLR2004 - deeper is no real package
        # "source" and "development" conditions name what people write.
        order = {".": 0, "source": 0, "development": 1, "types": 9}
        for key in sorted(value, key=lambda key: order.get(key, 5)):
            yield from _strings(value[key], depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)


def _sources_of(path: str) -> Iterator[str]:
    parts = posixpath.normpath(path).split("/")
    while len(parts) > 1 and parts[0] in _BUILT:
        parts = parts[1:]
    stem = re.sub(
        r"(\.(esm|cjs|mjs|umd|es|min|module|prod|production|development|browser))*\.\w+$",
        "",
        "/".join(parts),
    )
    for folder in ("src/", ""):
        yield from _each_ending(f"{folder}{stem}{_ANY}")


def _conventional(
    project: Project, packages: frozenset[str], built: list[list[str]]
) -> Iterator[str]:
    for package, paths in _FRAMEWORKS.items():
        if package in packages:
            for path in paths:
                yield from _each_ending(path)
    for words in built:
        yield from _passed(project, words)
    for page in ("index.html", "src/index.html"):
        yield from _scripts_in(project, page)
    for config in _CONFIGS:
        yield from _configured(project.text(config))
    if "webpack" in packages:
        yield "src/index.js"


def _passed(project: Project, words: list[str]) -> Iterator[str]:
    """The entries that a command names, or that a file that it names does."""
    for before, word in pairwise(words):
        if word.startswith("-") or not word.endswith((*SOURCES, ".html")):
            continue
        if words[0] in _RUNTIMES or before in {"-c", "--config"}:
            yield from _configured(project.text(posixpath.normpath(word)))
        else:
            yield from _scripts_in(project, word)


def _configured(config: str) -> Iterator[str]:
    """The first entry that a bundler's configuration, or a script that calls one, names."""
    for path in re.findall(rf"\b{_ENTRY_KEYS}\s*:[^'\"`]{{0,80}}['\"]([^'\"]+)['\"]", config):
        yield from (path, *_each_ending(path + _ANY))


def _scripts_in(project: Project, path: str) -> Iterator[str]:
    """The module scripts of a page; any other path as it is."""
    path = path.removeprefix("./").lstrip("/")
    if not path.endswith(".html"):
        yield path
        return
    here = posixpath.dirname(path)
    page = re.sub(r"<!--.*?-->", "", project.text(path), flags=re.DOTALL)
    for tag in re.findall(r"<script\b[^>]*>", page, flags=re.IGNORECASE):
        source = re.search(r"\bsrc\s*=\s*['\"]?([^'\"\s>?]+)", tag)
        if source and "//" not in source[1]:
            yield posixpath.join(here, source[1].lstrip("/"))


def _each_ending(path: str) -> Iterable[str]:
    return [path.replace(_ANY, ending) for ending in SOURCES] if _ANY in path else [path]


def _largest(project: Project, outputs: tuple[str, ...]) -> str | None:
    for folder in ("src", "app", "client", "lib", ""):
        files = [
            path for path in project.walk(folder) if is_source(path) and not _below(path, outputs)
        ]
        entries = [
            path for path in files if posixpath.basename(path).split(".")[0].lower() in _ENTRY_NAMES
        ]
        top = [path for path in entries if posixpath.dirname(path) == folder]
        for among in (top, entries, files):
            found = max(among, key=project.size, default=None)
            if found and project.size(found):
                return found
    return None


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)
