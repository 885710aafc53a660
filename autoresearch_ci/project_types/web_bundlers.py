"""Output folders of bundlers, read from arguments and configuration; one function each."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autoresearch_ci.project_types.project import Project

# path.resolve(__dirname, 'dist'), __dirname + '/dist', `${__dirname}/dist`
_BELOW_HERE = (
    r"(path\.)?(resolve|join)\(\s*(__dirname|import\.meta\.dirname)\s*,"
    r"|__dirname\s*\+|`\$\{__dirname\}"
)
_ENDINGS = ("js", "mjs", "cjs", "ts", "mts", "cts")

# Frameworks that build through vite and write somewhere of their own; None is anywhere.
_ON_VITE = {
    "@sveltejs/kit": ".svelte-kit/output/client",
    "@remix-run/dev": "build/client",
    "@react-router/dev": "build/client",
    "laravel-vite-plugin": "public/build",
    "vite-plugin-ruby": None,
    "electron-vite": None,
    "@tanstack/react-start": None,
    "@builder.io/qwik-city": None,
    "vinxi": None,
}


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a build: folders relative to the root, and if it empties them first."""

    folders: tuple[str, ...]
    cleans: bool


# (project, arguments, packages) -> the output, or None where reading cannot tell
Bundler = Callable[[Project, list[str], frozenset[str]], Output | None]


def _vite(project: Project, arguments: list[str], packages: frozenset[str]) -> Output | None:
    if "build" not in arguments:
        return None
    if "--ssr" in arguments:
        return Output((), cleans=True)  # for the server
    special = _option(arguments, "--outDir")
    for package, folder in _ON_VITE.items():
        if package in packages:
            return _at(special or folder, cleans=True)
    named_config = _option(arguments, "--config", "-c")
    config = without_comments(project.text(named_config)) if named_config else ""
    config = config or _config(project, "vite")
    named = arguments[arguments.index("build") + 1 :][:1]
    root = named[0] if named and project.has(f"{named[0]}/index.html") else None
    root = root or _literal(config, "root", ".")
    folder = special or _literal(config, "outDir", "dist")
    if root is None or folder is None:
        return None
    folder, root = posixpath.normpath(posixpath.join(root, folder)), posixpath.normpath(root)
    inside = root == "." or folder.startswith(f"{root}/")
    switch = re.search(r"\bemptyOutDir:\s*(\w+)", config)
    emptied = "--emptyOutDir" in arguments or (switch[1] == "true" if switch else inside)
    return Output((folder,), cleans=emptied)


def _next(project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    if "build" not in arguments:
        return None
    config = _config(project, "next")
    folder = _literal(config, "distDir", ".next")
    if folder and re.search(r"output:\s*['\"]export['\"]", config):
        return Output(("out" if folder == ".next" else folder,), cleans=True)
    return _at(f"{folder}/static" if folder else None, cleans=True)


def _webpack(project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    named = _option(arguments, "--config", "-c")
    config = without_comments(project.text(named)) if named else _config(project, "webpack")
    cleans = bool(re.search(r"clean:\s*(true|\{)|CleanWebpackPlugin", config))
    folder = _option(arguments, "--output-path", "-o")
    if folder:
        return Output((folder,), cleans)
    paths = set(re.findall(r"\bpath:\s*(\w[\w.]*\([^)\n]*\)|`[^`\n]*`|[^,}\n]+)", config))
    if not paths:
        # The default, unless the path may be said in another file.
        elsewhere = (named and not config) or re.search(r"merge|(require\(|from\s)['\"]\.", config)
        return None if elsewhere else Output(("dist",), cleans)
    text = paths.pop()
    if paths or not re.match(_BELOW_HERE, text):
        return None
    parts = re.findall(r"['\"]([^'\"]+)['\"]", text) or re.findall(r"\}(/[^`]+)`", text)
    here = posixpath.dirname(named or "")
    return Output((posixpath.join(here, *[part.strip("/") for part in parts]),), cleans)


def _esbuild(_project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    file = _option(arguments, "--outfile")
    folder = _option(arguments, "--outdir")
    return _at(folder or (posixpath.dirname(file) if file else None), cleans=False)


def _rollup(project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    folder = _option(arguments, "-d", "--dir")
    file = _option(arguments, "-o", "--file")
    if folder or file:
        return _at(folder or posixpath.dirname(file or ""), cleans=False)
    config = _config(project, "rollup")
    said = re.findall(r"\b(file|dir):\s*['\"]([^'\"]+)['\"]", config)
    if not said or len(said) != len(re.findall(r"\b(?:file|dir):", config)):
        return None
    found = {posixpath.dirname(name) if key == "file" else name for key, name in said}
    return Output(tuple(sorted(found)), cleans=False)


def _parcel(project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    if "build" not in arguments or project.json_object("package.json").get("targets"):
        return None
    return Output((_option(arguments, "--dist-dir") or "dist",), cleans=False)


def _angular(project: Project, _arguments: list[str], _packages: frozenset[str]) -> Output | None:
    projects = project.json_object("angular.json").get("projects")
    if not isinstance(projects, dict) or len(projects) != 1:
        return None
    ((name, settings),) = projects.items()
    try:
        build = (settings.get("architect") or settings["targets"])["build"]
        path = build["options"].get("outputPath", f"dist/{name}")
        builder = str(build["builder"])
    except (AttributeError, KeyError, TypeError):
        return None
    base = path.get("base") if isinstance(path, dict) else path
    if not isinstance(base, str):
        return None
    return Output((f"{base}/browser" if builder.endswith(":application") else base,), cleans=True)


def _vue_cli(project: Project, arguments: list[str], _packages: frozenset[str]) -> Output | None:
    folder = _literal(_config(project, "vue"), "outputDir", "dist")
    return _at(_option(arguments, "--dest") or folder, cleans=True)


def _astro(project: Project, _arguments: list[str], _packages: frozenset[str]) -> Output | None:
    config = _config(project, "astro")
    folder = _literal(config, "outDir", "dist")
    served = re.search(r"output:\s*['\"](server|hybrid)", config)
    return _at(f"{folder}/client" if folder and served else folder, cleans=True)


def _always(folder: str) -> Bundler:
    return lambda _project, _arguments, _packages: Output((folder,), cleans=True)


def compiled(project: Project, arguments: list[str]) -> Output | None:
    """The output folders of a build that is only `tsc`."""
    if "--noEmit" in arguments:
        return None
    config = project.text(_option(arguments, "-p", "--project") or "tsconfig.json")
    found = re.search(r"\"outDir\"\s*:\s*\"([^\"]+)\"", without_comments(config))
    return _at(_option(arguments, "--outDir") or (found[1] if found else None), cleans=False)


def without_comments(config: str) -> str:
    """A configuration file without `//` comments that stand alone or after a blank."""
    return re.sub(r"(^|\s)//[^\n]*", r"\1", config)


def _at(folder: str | None, *, cleans: bool) -> Output | None:
    return Output((folder,), cleans) if folder else None


def _config(project: Project, tool: str) -> str:
    texts = (project.text(f"{tool}.config.{ending}") for ending in _ENDINGS)
    return without_comments(next((text for text in texts if text), ""))


def _literal(config: str, key: str, default: str) -> str | None:
    """A key's string in a config file, the default without the key, None if it is computed."""
    uses = len(re.findall(rf"\b{key}\b", config))
    said = set(re.findall(rf"\b{key}:\s*['\"]([^'\"]+)['\"]\s*[,\n}}]", config))
    if not uses:
        return default
    return said.pop() if uses == 1 and said else None


def _option(arguments: list[str], *names: str) -> str | None:
    for i, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in names:
            following = arguments[i + 1] if i + 1 < len(arguments) else None
            return value if equals else following
    return None


BUNDLERS: Mapping[str, Bundler] = {
    "astro": _astro,
    "craco": _always("build"),
    "docusaurus": _always("build"),
    "esbuild": _esbuild,
    "next": _next,
    "ng": _angular,
    "nuxi": _always(".output/public"),
    "nuxt": _always(".output/public"),
    "parcel": _parcel,
    "react-app-rewired": _always("build"),
    "react-scripts": _always("build"),
    "rollup": _rollup,
    "vite": _vite,
    "vue-cli-service": _vue_cli,
    "webpack": _webpack,
    "webpack-cli": _webpack,
}
