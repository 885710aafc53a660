import pytest

from tests.unit.proposers.search import reading


def choices(text, path="a.py"):
    return {
        one.label: [option.strip("'\"") for option in one.options]
        for one in reading.parameters(text, path)
        if one.options
    }


@pytest.mark.parametrize(
    ("path", "text", "name", "options"),
    [
        (
            "a.py",
            'act = "relu"\nif act == "gelu":\n    pass\nelif act == "relu":\n    pass\n',
            "act",
            ["relu", "gelu"],
        ),
        ("a.py", 'mode = "fast"  # fast | slow | exact\n', "mode", ["fast", "slow", "exact"]),
        ("a.py", '# one of fast, slow\nmode = "fast"\n', "mode", ["fast", "slow"]),
        ("a.py", 'mode = "a"\nassert mode in ("a", "b")\n', "mode", ["a", "b"]),
        ("a.py", 'act = "relu"\ny = {"tanh": 1}\n', "act", ["relu", "tanh"]),
        (
            "a.py",
            "class P(Enum):\n    LRU = 1\n    LFU = 2\n\npolicy = P.LRU\n",
            "policy",
            ["LRU", "LFU"],
        ),
        ("a.py", 'x = "q"  # autoresearch: tune q | r\n', "x", ["q", "r"]),
        (
            "A.java",
            "class A { enum Mode { FAST, SLOW }\n Mode mode = Mode.FAST; }",
            "mode",
            ["FAST", "SLOW"],
        ),
        (
            "a.js",
            'const how = "map";\nif (how === "set") {}\nif (how === "map") {}',
            "how",
            ["map", "set"],
        ),
        ("a.py", 'FLAGS = "-O2 -g"\n', "level", ["-O2", "-O0", "-O1", "-O3", "-Os"]),
        ("Makefile", "CFLAGS = -O2 -g\n", "level", ["-O2", "-O0", "-O1", "-O3", "-Os"]),
    ],
)
def test_words_with_siblings_are_choices(path, text, name, options):
    """A word is a choice where the source itself names its alternatives."""
    found = choices(text, path)
    assert name in found
    assert found[name][0] == options[0]
    assert set(found[name]) == set(options)


@pytest.mark.parametrize(
    "text",
    [
        'name = "relu"\n',
        'title = "a, b or c"\n',
        'version = "a"  # a | b\n',
        'x = "a"  # autoresearch: freeze\nif x == "b": pass\n',
        '"""mode = "fast"  # fast | slow"""\n',
        "from a import b\n",
        'print("relu", "gelu")\n',
    ],
)
def test_words_without_siblings_are_not(text):
    """Texts, names, versions and frozen lines are left alone."""
    assert choices(text) == {}
