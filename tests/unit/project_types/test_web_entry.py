from __future__ import annotations

import json

import pytest

PAGE = '<body><!-- <script type="module" src="/src/old.js"></script> -->{}</body>'


def target(settings, files, build="vite build", **package):
    package.setdefault("scripts", {"build": build})
    return settings({"package.json": json.dumps(package), **files}).get("target_file")


@pytest.mark.parametrize(
    "package",
    [
        {"source": "src/lib.ts"},
        {"source": ["src/lib.ts", "src/other.ts"]},
        {"module": "./src/lib.ts"},
        {"main": "src/lib.ts"},
        {"exports": "./src/lib.ts"},
        {"exports": {"./extra": "./src/other.ts", ".": {"import": "./src/lib.ts"}}},
        {"exports": {".": {"types": "./dist/a.d.ts", "node": {"import": ["./src/lib.ts"]}}}},
        {"main": "dist/lib.js"},
        {"module": "dist/lib.esm.js", "main": "dist/lib.cjs.js"},
        {"main": "./lib/lib.min.js", "types": "lib/lib.d.ts"},
        {"main": "missing.js", "exports": {".": {"default": "./dist/lib.mjs"}}},
    ],
)
def test_what_package_json_names(settings, package):
    """package.json's word is taken, and what it names among the outputs leads to the source."""
    files = {
        "src/lib.ts": "x",
        "src/other.ts": "xxxx",
        "src/old.js": "xxxxx",
        "dist/lib.js": "built",
        "dist/lib.esm.js": "built",
        "dist/lib.mjs": "built",
        "lib/lib.min.js": "built",
    }
    assert target(settings, files, **package) == "src/lib.ts"


@pytest.mark.parametrize(
    ("dependency", "path"),
    [
        ("next", "app/page.tsx"),
        ("next", "src/pages/index.js"),
        ("react-scripts", "src/index.tsx"),
        ("@sveltejs/kit", "src/routes/+page.svelte"),
        ("@angular/core", "src/main.ts"),
        ("@vue/cli-service", "src/main.js"),
        ("astro", "src/pages/index.astro"),
        ("nuxt", "app.vue"),
    ],
)
def test_where_a_framework_starts(settings, dependency, path):
    """A framework's convention is followed."""
    files = {path: "x", "src/zzz.ts": "x" * 99, "src/app.test.ts": "x" * 999}
    assert target(settings, files, dependencies={dependency: "1"}) == path


@pytest.mark.parametrize(
    ("files", "build", "expected"),
    [
        ({"index.html": PAGE.format('<script src="/src/go.tsx" type=module></script>')},
         "vite build", "src/go.tsx"),
        ({"web/page.html": PAGE.format("<script type='module' src='./code.ts'></script>"),
          "web/code.ts": "x"}, "parcel build web/page.html", "web/code.ts"),
        ({}, "esbuild src/go.tsx --bundle --outdir=dist", "src/go.tsx"),
        ({"webpack.config.js": "module.exports = { entry: './src/go.tsx' }"},
         "webpack", "src/go.tsx"),
        ({"webpack.prod.js": "module.exports = { entry: { app: './src/go' } }"},
         "webpack -c webpack.prod.js", "src/go.tsx"),
        ({"build.mjs": 'await build({ entryPoints: ["src/go.tsx"], bundle: true })'},
         "node build.mjs", "src/go.tsx"),
        ({"rollup.config.mjs": "export default { input: ['src/go.tsx'] }"},
         "rollup -c", "src/go.tsx"),
    ],
)  # fmt: skip
def test_where_the_bundler_starts(settings, files, build, expected):
    """The page's or the bundler's entry is the target, not a bigger file nearby."""
    sources = {"src/go.tsx": "x", "src/index.js": "x" * 99, "src/old.js": "x" * 999}
    assert target(settings, {**sources, **files}, build) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"src/app.js": "xx", "src/index.js": "xxx", "src/zzz.js": "xxxxx"}, "src/index.js"),
        ({"src/deep/main.js": "x", "src/zzz.js": "xxxxx"}, "src/deep/main.js"),
        ({"src/a.js": "x", "src/b.js": "xx", "src/b.test.js": "xxx", "src/c.d.ts": "xxxx"},
         "src/b.js"),
        ({"src/index.js": "", "src/b.js": "x"}, "src/b.js"),
        ({"index.js": "x", "webpack.config.js": "xxx", "dist/index.js": "xxxxx"}, "index.js"),
        ({"build.mjs": "xxxxx", "src/a.js": "x"}, "src/a.js"),
        ({"tests/a.js": "x", "node_modules/a/index.js": "x"}, None),
    ],
)  # fmt: skip
def test_else_the_largest_entry(settings, files, expected):
    """Without a convention: the largest entry in src/, else the largest source, never a test."""
    assert target(settings, files, "node build.mjs") == expected


def test_a_target_is_never_what_the_build_writes(settings):
    """A `main` in the output folder that has no source by its name is passed over."""
    files = {"www/app.js": "x" * 99, "src/index.js": "x"}
    found = target(settings, files, "esbuild src/index.js --outdir=www", main="www/app.js")
    assert found == "src/index.js"


CODE = "export function f(a) { return a * 3 + 4 }\n" * 9


@pytest.mark.parametrize(
    ("package", "files", "expected"),
    [
        ({"main": "dist/clsx.js", "exports": {"./lite": "./dist/lite.js", ".": "./dist/clsx.js"}},
         {"src/index.js": CODE, "src/lite.js": CODE}, "src/index.js"),
        ({"module": "dist/all.mjs", "main": "index.js"},
         {"index.js": "module.exports = require('./dist/all.cjs')", "src/index.ts": CODE},
         "src/index.ts"),
        ({"source": "src/index.ts"},
         {"src/index.ts": "// all\nexport * from './a.js'\nexport * from './b'\n",
          "src/a.ts": CODE, "src/b/index.ts": CODE * 2}, "src/b/index.ts"),
        ({"source": "src/index.js"},
         {"src/index.js": "import A from './a'\nexport { A }\nexport default A\n",
          "src/a.js": "export * from './deep/b'", "src/deep/b.js": CODE}, "src/deep/b.js"),
        ({"source": "src/index.js"}, {"src/index.js": CODE, "src/a.js": CODE * 99}, "src/index.js"),
    ],
)  # fmt: skip
def test_where_the_build_starts_and_has_something_in_it(settings, package, files, expected):
    """An export beside the main one is not the package's entry, and a barrel is followed."""
    assert target(settings, files, "node build.mjs", **package) == expected


def test_others_are_offered(write):
    """What could be the target as well is named, the likely ones first."""
    from autoresearch_ci.project_types import detect

    files = {
        "package.json": '{"source": "src/index.js", "scripts": {"build": "x"}}',
        "src/index.js": "export * from './a'",
        "src/a.js": CODE,
        "src/big.js": CODE * 3,
    }
    found = detect(write(files))
    assert found.settings["target_file"] == "src/a.js"
    assert found.others == ("src/index.js", "src/big.js")
