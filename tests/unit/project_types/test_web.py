from __future__ import annotations

import json

import pytest

ANGULAR = json.dumps(
    {
        "projects": {
            "app": {
                "architect": {"build": {"builder": "@angular/build:application", "options": {}}}
            }
        }
    }
)


def package(scripts=None, **more):
    return {
        "package.json": json.dumps({"scripts": {"build": "vite build", **(scripts or {})}, **more})
    }


@pytest.mark.parametrize(
    ("files", "run", "setup"),
    [
        ({}, "npm run build", "npm install --no-package-lock"),
        ({"package-lock.json": "{}"}, "npm run build", "npm ci"),
        ({"pnpm-lock.yaml": ""}, "pnpm run build", "pnpm install --frozen-lockfile"),
        ({"yarn.lock": ""}, "yarn run build", "yarn install --frozen-lockfile"),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, "yarn run build", "yarn install --immutable"),
        ({"bun.lock": ""}, "bun run build", "bun install --frozen-lockfile"),
    ],
)
def test_the_lock_file_tells_the_package_manager(settings, files, run, setup):
    """The project's own package manager installs what is locked, and builds."""
    found = settings({**package(devDependencies={"vite": "8"}), **files})
    assert (found["run_command"], found["setup_command"]) == (run, setup)


def test_package_manager_field_wins(settings):
    """`packageManager` is the project's word, whatever lock files lie about."""
    found = settings({**package(packageManager="pnpm@9.1.0"), "package-lock.json": "{}"})
    assert found["run_command"] == "pnpm run build"


def test_nothing_to_install(settings):
    """A project without dependencies has no setup."""
    assert "setup_command" not in settings(package())


def test_no_build_script(settings, notes):
    """Without a `build` script nothing is run, and a note says what to do."""
    files = {"package.json": '{"scripts": {}}', "src/index.js": "x"}
    assert "run_command" not in settings(files)
    assert "`build` script" in notes(files)


@pytest.mark.parametrize(
    ("scripts", "guard"),
    [
        ({"test": "node --test"}, "CI=1 npm test"),
        ({"test": "vitest"}, "CI=1 npm test"),
        ({"test": "ng test"}, "CI=1 npm test -- --watch=false"),
        ({"test": "jest --watch", "test:ci": "jest"}, "CI=1 npm run test:ci"),
        ({"test:unit": "vitest run"}, "CI=1 npm run test:unit"),
        ({"test": 'echo "Error: no test specified" && exit 1'}, None),
        ({"test": "jest --watchAll"}, None),
        ({"test": " "}, None),
        ({}, None),
    ],
)
def test_guard(settings, notes, scripts, guard):
    """Tests that end by themselves are the guard; npm's placeholder is none, which is said."""
    assert settings(package(scripts)).get("guard_command") == guard
    assert ("No tests were found" in notes(package(scripts))) is (guard is None)


@pytest.mark.parametrize(
    ("script", "files", "folder"),
    [
        ("vite build", {}, "dist"),
        ("tsc -b && vite build", {}, "dist"),
        ("npm run typecheck && npm run bundle", {}, "out"),
        ("vite build --outDir public/app", {}, "public/app"),
        ("vite build", {"vite.config.js": "export default {build: {outDir: 'www'}}"}, "www"),
        ("next build", {}, ".next/static"),
        ("next build", {"next.config.mjs": "export default { output: 'export' }"}, "out"),
        ("react-scripts build", {}, "build"),
        ("npx ng build", {"angular.json": ANGULAR}, "dist/app/browser"),
        ("nuxt build", {}, ".output/public"),
        ("NODE_ENV=production webpack --mode production", {"webpack.config.js":
         "{ path: path.resolve(__dirname, 'a', 'b'), filename: '[hash].js', clean: true }"}, "a/b"),
    ],
)  # fmt: skip
def test_a_folder_that_the_build_empties_is_counted(settings, script, files, folder):
    """Where the build says where it writes and cleans up itself, that folder is counted whole."""
    scripts = {"build": script, "typecheck": "tsc --noEmit", "bundle": "vite build --outDir=out"}
    found = settings({**package(scripts), **files})
    assert f"find {folder} -type f " in found["metric_parse"]
    assert found["run_command"] == "npm run build"


@pytest.mark.parametrize(
    ("script", "files", "folder"),
    [
        ("webpack", {}, "dist"),
        ("webpack", {"webpack.config.js": "path: __dirname + '/built'"}, "built"),
        (
            "webpack",
            {"webpack.config.js": "{path: `${__dirname}/built`, publicPath: '/'}"},
            "built",
        ),
        ("parcel build src/index.html", {}, "dist"),
        ("esbuild src/a.js --bundle --outfile=dist/a.js", {}, "dist"),
        ("rollup -c", {"rollup.config.js": "output: { dir: 'built', format: 'es' }"}, "built"),
        ("tsc", {"tsconfig.json": '{"compilerOptions": {"outDir": "./built"}}'}, "built"),
        ("vite build", {"vite.config.ts": "build: { emptyOutDir: false }"}, "dist"),
    ],
)
def test_a_folder_that_the_build_leaves_is_emptied_first(settings, script, files, folder):
    """Files of earlier runs do not pile up in the metric: an ignored output is removed first."""
    found = settings(
        {**package({"build": script}), **files, ".gitignore": "node_modules\ndist\nbuilt\n"}
    )
    assert found["run_command"] == f"rm -rf {folder} && npm run build"
    assert f"find {folder} -type f " in found["metric_parse"]


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("node build.mjs", {}),
        ("vite build && node post.js", {}),
        ("cd app && vite build", {}),
        ("vite build", {"vite.config.js": "build: { outDir: process.env.OUT }"}),
        ("webpack", {"webpack.config.js": "path: somewhere()"}),
        ("esbuild src/a.js --outfile=../a.js", {}),
        ("esbuild src/a.js --outfile=a.js", {}),
        ("webpack --mode production", {}),  # dist/ is not ignored here: nothing is removed
    ],
)
def test_where_it_cannot_tell_only_new_files_count(settings, script, files):
    """Where the output's folder cannot be read or may hold other things, nothing is removed."""
    found = settings({**package({"build": script}), **files})
    began, ended = ".autoresearch-began", ".autoresearch-ended"
    assert found["run_command"] == f"touch {began} && npm run build && touch {ended}"
    assert f"-newer {began} ! -newer {ended}" in found["metric_parse"]
    assert {"dist", began, ended} <= {*found["artifacts"].split(", ")}


def test_a_folder_of_the_projects_own_is_no_usual_output(settings):
    """Where it cannot tell, what holds sources is not handed over, unless git ignores it."""
    files = {**package({"build": "node build.mjs"}), "lib/a.js": "a()\n", "dist/a.js": "a()\n"}
    found = settings({**files, ".gitignore": "dist\n"})["artifacts"].split(", ")
    assert "lib" not in found
    assert {"dist", "build"} <= {*found}


def test_an_output_that_git_may_track_is_said(notes):
    """Committed build results would make every run a violation, so a note names the remedy."""
    assert "git rm -r --cached dist" in notes(package())
    assert "git rm" not in notes({**package(), ".gitignore": "dist/\n"})


def test_scripts_that_may_build_are_named(notes, settings):
    """Without `build`, the scripts that may be it are named, with what to write."""
    files = package({"bundle": "vite build"})
    files["package.json"] = files["package.json"].replace('"build"', '"compile"')
    said = notes(files)
    assert "`compile` or `bundle` may be it" in said
    assert "npm run compile" in said
    assert "metric_parse" in said
    assert "metric_parse" not in settings(files)
