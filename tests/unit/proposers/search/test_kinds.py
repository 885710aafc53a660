"""One test a kind of place: what it sees, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.unit.proposers.search.reading import parameters, seen


def options(text, path="a.py", kind=None):
    return {
        one.label: [option.strip("'\"") for option in one.options]
        for one in parameters(text, path)
        if one.options and kind in (None, one.kind)
    }


def numbers(text, path="a.py", kind=None):
    return {
        one.label: (one.text, one.scale.low, one.scale.high)
        for one in parameters(text, path)
        if one.scale and kind in (None, one.kind)
    }


FOUR = '''\
# EVOLVE-BLOCK-START
def assemble():
    """
    Put a line together from four independent parts.

    Returns:
        dict: the parts under 'reader', 'cleaner', 'solver' and 'writer'
    """
    # Parts that there are:
    # reader: ['tape', 'card', 'disk', 'drum', 'wire']
    # cleaner: ['wash', 'dry', 'iron', 'fold', 'none']
    # solver: ['direct', 'iterative', 'random', 'greedy', 'exact']
    # writer: ['plot', 'print', 'punch', 'show', 'send']
    parts = {
        'reader': 'disk',      # another one may fit better
        'cleaner': 'wash',
        'solver': 'direct',    # so may this
        'writer': 'print',
    }
    return parts
# EVOLVE-BLOCK-END
'''


def test_a_dictionary_of_named_options_is_seen_whole():
    """Where a comment lists the values of each key, all keys are choices among all of them."""
    found = options(FOUR)
    assert found == {
        "reader": ["disk", "tape", "card", "drum", "wire"],
        "cleaner": ["wash", "dry", "iron", "fold", "none"],
        "solver": ["direct", "iterative", "random", "greedy", "exact"],
        "writer": ["print", "plot", "punch", "show", "send"],
    }


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ('mode = "a"  # one of: a, b or c\n', "mode", {"a", "b", "c"}),
        ("# options: ['a', 'b']\nmode = 'a'\n", "mode", {"a", "b"}),
        ('mode = "a"  # a/b/c\n', "mode", {"a", "b", "c"}),
        ('mode: Literal["a", "b"] = "a"\n', "mode", {"a", "b"}),
        ('Mode = Literal["a", "b"]\nmode: Mode = "a"\n', "mode", {"a", "b"}),
        ('def f(x, mode="a"):\n    """Do.\n\n    mode: "a" or "b"\n    """\n', "mode", {"a", "b"}),
        (
            'mode = "a"\nmatch mode:\n    case "a":\n        pass\n    case "b" | "c":\n        pass\n',
            "mode",
            {"a", "b", "c"},
        ),
        (
            'mode = "a"\nif cfg["mode"] == "b" or cfg["mode"] == "a":\n    pass\n',
            "mode",
            {"a", "b"},
        ),
        ('T = {"a": f, "b": g}\nmode = "a"\nr = T[mode](3)\n', "mode", {"a", "b"}),
        ('T = {"a": lambda x, y: x, "b": g}\nr = T["a"](3)\n', "T", {"a", "b"}),
        (
            'p.add_argument("--mode", default="a", choices=["a", "b"])\n',
            "mode",
            {"a", "b"},
        ),
        (
            'def f(x, mode="a"):\n    return mode == "b" or mode == "a"\nf(1, "b")\n',
            "f(1)",
            {"a", "b"},
        ),
        ('ACTS = ["a", "b"]  # a, b, c\n', "ACTS[0]", {"a", "b", "c"}),
    ],
)
def test_words_from_a_closed_set_that_the_source_names(text, name, expected):
    """Comments, types, docstrings, comparisons, tables and choices= all say what a word may be."""
    assert set(options(text)[name]) == expected


@pytest.mark.parametrize(
    ("path", "text", "name", "expected"),
    [
        ("a.yaml", "cache:\n  policy: lru  # lru | lfu | fifo\n", "policy", ["lru", "lfu", "fifo"]),
        ("a.ini", "[a]\n; fast, slow\nmode = fast\n", "mode", ["fast", "slow"]),
        ("a.toml", 'mode = "fast"  # fast or slow\n', "mode", ["fast", "slow"]),
        ("a.sh", "# one of: fast, slow\nMODE=fast\n", "MODE", ["fast", "slow"]),
        ("a.ts", 'let mode: "fast" | "slow" = "fast";\n', "mode", ["fast", "slow"]),
        (
            "a.js",
            'const mode = "a";\nswitch (mode) { case "a": break; case "b": break; }\n',
            "mode",
            ["a", "b"],
        ),
    ],
)
def test_words_of_other_languages(path, text, name, expected):
    """The same holds for settings without quotes, and for other languages' types and branches."""
    assert options(text, path)[name] == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "name: my service  # one of ours, slow\n"),
        ("a.py", 'title = "fast"  # was slow, and nobody knew\n'),
        ("a.py", 'path = "data"\nother == "x"\n'),
        ("a.py", 'open(f, mode="rb")\nif mode == "train":\n    pass\n'),
        ("a.py", 'C = {"lr": 1, "k": 2}\ny = C["lr"]\n'),
    ],
)
def test_a_word_whose_alternatives_are_a_guess_is_left_alone(path, text):
    """Prose lists nothing, and an argument of a call is not what a variable is compared with."""
    assert options(text, path, "choice") == {}


def test_options_of_programs_in_commands_and_scripts():
    """Levels, collectors, sizes and counts are set where a command is written, whatever it is in."""
    text = (
        'subprocess.run(["gcc", "-O2", "a.c"])\n'
        'JAVA_OPTS = "-Xmx512m -XX:+UseG1GC"\n'
        'os.system("tool --width=20 --rate 0.5 -j 4")\n'
        'subprocess.run(["zstd", "--depth", "3"])\n'
    )
    assert options(text)["collector"] == ["G1", "Serial", "Parallel", "Z"]
    assert {name: found[0] for name, found in numbers(text, kind="command").items()} == {
        "Xmx": "512m",
        "width": "20",
        "rate": "0.5",
        "jobs": "4",
        "depth": "3",
    }
    added = [one.options[1] for one in parameters(text) if not one.text]
    assert ', "-march=native"' in added
    assert "-O3" in options("gcc -O2 -c a.c\n", "build.sh")["level"]
    assert options("# --rule: fast, slow\n./plan --rule fast --no-retry -v\n", "a.sh") == {
        "rule": ["fast", "slow"],
        "retry": ["--no-retry", ""],
    }


@pytest.mark.parametrize(
    "text",
    [
        'p.add_argument("--width", help="use --width 20 for more")\n',
        'USAGE = """usage: tool --width 20"""\n',
        'print("gcc -O2")\n',
        'if flag == "-O2":\n    pass\n',
        'run(["tool", "--seed", "3"])\n',
        'run("tool --port 8080")\n',
        "# gcc -O2\n",
    ],
)
def test_what_only_speaks_of_options_is_left_alone(text):
    """Help, usage, comparisons, seeds and ports are no settings."""
    assert parameters(text) == []


def test_arguments_of_known_libraries():
    """By its import a call is known: the range of a level, the words of a setting, what to add."""
    text = (
        "import zlib\nfrom sklearn.ensemble import RandomForestClassifier as Forest\n"
        "d = zlib.compress(data, 6)\n"
        "m = Forest(100, criterion='gini', min_samples_split=2)\n"
    )
    assert numbers(text, kind="library") == {
        "level": ("6", 1, 9),
        "min_samples_split": ("2", 2, float("inf")),
    }
    found = options(text, kind="library")
    assert found["criterion"] == ["gini", "entropy", "log_loss"]
    added = {option for one in parameters(text) if not one.text for option in one.options}
    assert ', class_weight="balanced"' in added


@pytest.mark.parametrize(
    "call",
    ["compress(data, 6)", "zlib.compress(*args)", "zlib.decompress(data, 6)"],
)
def test_a_call_that_is_not_known_for_certain_is_left_alone(call):
    """Without the import, or with arguments that nobody sees, nothing is taken for known."""
    text = f"import zlib\nd = {call}\n"
    assert [one for one in parameters(text) if one.kind == "library"] == []


def test_nothing_is_added_that_needs_another_argument():
    """An argument is added only beside those that it goes with."""
    text = "from scipy.optimize import minimize\nminimize(f, x0, bounds=b)\nminimize(g, x0)\n"
    added = [one.line for one in parameters(text) if not one.text]
    assert added == [2]


def test_settings_of_tools_and_databases():
    """A file that its name makes known, and SQL, have settings whose values are a closed set."""
    cargo = "[profile.release]\nopt-level = 2\nlto = false\n"
    assert options(cargo, "Cargo.toml") == {
        "opt-level": ["2", "0", "1", "3", "s", "z"],
        "lto": ["false", "off", "thin", "fat", "true"],
    }
    assert options(cargo, "other.toml") == {"lto": ["false", "true"]}
    vite = 'export default { build: { target: "es2017", minify: "esbuild" } }\n'
    assert options(vite, "vite.config.ts")["minify"] == ["esbuild", "true", "false"]
    assert (
        options("maxmemory-policy allkeys-lru\n", "redis.conf")["maxmemory-policy"][1]
        == "noeviction"
    )
    sql = 'db.execute("PRAGMA journal_mode=WAL; PRAGMA cache_size = -2000")\n'
    assert options(sql)["journal_mode"][:2] == ["WAL", "DELETE"]
    assert numbers(sql)["cache_size"][0] == "-2000"
    assert options("-- PRAGMA journal_mode = off\n", "a.sql") == {}


def test_words_for_on_and_off():
    """In settings files `on` and `yes` are switches; in a program they are words."""
    assert options("cache: on\nfast: yes\n", "a.yml") == {
        "cache": ["on", "off"],
        "fast": ["yes", "no"],
    }
    assert options("gzip on;\n", "nginx.conf") == {"gzip": ["on", "off"]}
    assert options("x = on\n") == {}


def test_functions_of_the_same_shape():
    """Of a library those that take the same, of one's own those that take and are called alike."""
    text = (
        "import numpy as np\nimport torch.nn.functional as F\n"
        "def filter_slow(x, w):\n    return np.mean(x)\n"
        "def filter_fast(x, w):\n    return F.relu(x)\n"
        "def other(x, w):\n    return max(x)\n"
        "def main(x):\n    return filter_slow(x, 2)\n"
    )
    found = options(text, kind="function")
    assert found["mean()"] == ["mean", "median"]
    assert found["relu()"][:2] == ["relu", "gelu"]
    assert found["filter_slow()"] == ["filter_slow", "filter_fast"]
    assert found["max()"] == ["max", "min"]


def test_a_function_is_not_exchanged_where_that_never_ends_or_makes_no_sense():
    """No function takes the place of one that it calls itself; limits and keys stay as they are."""
    text = (
        "def filter_a(x, w):\n    return x\n"
        "def filter_b(x, w):\n    return filter_a(x, w)\n"
        "y = max(1, n)\nz = max(xs, key=len)\n"
    )
    assert options(text, kind="function") == {}


def test_comparisons_that_may_include_the_border():
    """`<` may be `<=` where an if decides, and neither in loops, at lengths nor at nothing."""
    text = (
        "if gain > LIMIT and gap <= 2.5:\n    pass\n"
        "while gain > 3.5:\n    pass\n"
        "if len(x) < LIMIT or n > 0 or i < LIMIT:\n    pass\n"
    )
    assert options(text, kind="operator") == {
        "gain > LIMIT": [">", ">="],
        "gap <= 2.5": ["<=", "<"],
    }


def test_what_is_left_alone_is_told_with_the_reason():
    """A seed, a frozen line and a word without alternatives each say why they stay."""
    text = (
        'SEED = 42\nalpha = 1.5  # autoresearch: freeze\nmode = "fast"\n'
        "x.sum(axis=1)\nfrom a import b\n"
    )
    told = {one.line: one.why for one in seen(text).spared}
    assert told[0] == "by its name a seed, a version, a port, a date or a time limit"
    assert told[1] == "marked to stay"
    assert "one of: a, b" in told[2]
    assert told[3] == "an argument of sum(), which is structure" or "shape" in told[3]
