import ast
import textwrap

import hypothesis
import pytest
from hypothesis import strategies as st

from autoresearch_ci.proposers.search.deletions import find_cuts, is_about_size


def cuts(text, path="a.py", untouchable=()):
    text = textwrap.dedent(text)
    return {cut.title: cut.applied(text) for cut in find_cuts(path, text, set(untouchable))}


PYTHON = '''\
"""Doc."""
import os
import sys

@cache
def pad(x, n=3):
    """Doc."""
    spare = 1
    if n > 2:
        log(x, level=2)
    else:
        x += 1
    try:
        x = sys.go(x)
    except ValueError:
        pass
    return x

def nobody():
    return 5

print(pad(1))
'''


@pytest.mark.parametrize(
    ("title", "gone"),
    [
        ("remove unused import os", "import os\n"),
        ("remove unused nobody()", "def nobody():\n    return 5\n"),
        ("remove unused spare in pad()", "    spare = 1\n"),
        ("remove else branch of if n > 2 in pad()", "    else:\n        x += 1\n"),
        ("remove argument level= of log()", ", level=2"),
        ("remove decorator @cache of pad()", "@cache\n"),
    ],
)
def test_python_code_that_can_go(title, gone):
    """Unused names, branches, arguments and decorators go whole, and the title says which."""
    assert cuts(PYTHON)[title] == PYTHON.replace(gone, "")


def test_a_branch_can_take_the_place_of_its_if():
    """One of two cases can go while the other stays, at the right depth; a lone one never does."""
    alone = "def f(a):\n    if a:\n        x = 1\n        y = 2\n    return x + y\n"
    assert "def f(a):\n    x = 1\n    y = 2\n    return x + y\n" not in cuts(alone).values()
    text = alone.replace("    return", "    else:\n        x = y = 3\n    return")
    assert "def f(a):\n    x = 1\n    y = 2\n    return x + y\n" in cuts(text).values()


def test_what_a_runtime_calls_by_name_is_used():
    """Serialization, magic methods and what an annotation is on are never unused."""
    java = (
        "class A {\n    private static final long serialVersionUID = 1L;\n"
        "    private void readObject(In in) {\n        in.go();\n    }\n"
        "    private static int spare() {\n        return 1;\n    }\n}\n"
    )
    found = find_cuts("A.java", java, ())
    assert [cut.title for cut in found if cut.private] == ["remove unused spare()"]
    kotlin = "class A {\n    @Init\n    private fun begin() {\n        go()\n    }\n}\n"
    assert not [cut for cut in find_cuts("A.kt", kotlin, ()) if cut.private]
    php = "<?php\nclass A {\n    private function __clone() {\n        go();\n    }\n}\n"
    assert not [cut for cut in find_cuts("A.php", php, ()) if cut.private]


def test_the_last_statement_of_a_block_leaves_a_pass():
    """Python stays Python when a function is emptied."""
    assert "def f():\n    pass\nf()\n" in cuts("def f():\n    go(1)\nf()\n").values()


def test_docstrings_used_imports_and_untouchable_lines_stay():
    """Comments and docstrings are never worth an experiment, marked lines never change."""
    assert all('"""Doc."""' in text for text in cuts(PYTHON).values())
    assert all("import sys" in text for text in cuts(PYTHON).values())
    line = PYTHON.split("\n").index("    spare = 1")
    assert all("spare = 1" in text for text in cuts(PYTHON, untouchable=[line]).values())


@pytest.mark.parametrize(
    "text",
    [
        PYTHON,
        PYTHON.replace("\n", "\r\n"),
        PYTHON.replace("    ", "\t"),
        "\ufeff" + PYTHON,
        PYTHON.replace("Doc", "日本é").replace("spare = 1", "spare = 'é'; x = f('é', é=1)"),
        "if a: b()\nelif c:\n    d()\nelse:\n    e()\n",
        "x = 1; y = 2\nz = (\n  f(a=1,\n    b=2)\n)\n",
        "class A:\n    x: int\n    def f(self): ...\n",
        "with a as b:\n    pass\nfor i in b:\n    continue\n",
    ],
)
def test_python_still_parses(text):
    """Nearly every cut leaves a program; the proposer throws out the few that do not."""
    results = list(cuts(text).values())
    assert results
    for result in results:
        ast.parse(result.removeprefix("\ufeff"))
        assert len(result) < len(text) + 8


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    st.lists(st.sampled_from(PYTHON.splitlines(keepends=True)), max_size=14).map("".join)
)
def test_no_text_is_too_odd(text):
    """Code cut anywhere is read without an error, in every language."""
    for path in ("a.py", "a.js", "a.java", "a.go", "a.css", "a.toml", "a.txt"):
        for cut in find_cuts(path, text, set()):
            assert cut.applied(text) != text


JAVA = """\
package a;
import java.util.List;
class A {
    void run(int n) {
        for (int i = 0; i < 9; i++) { n += i; }
        if (n > 5) {
            go(n);
        } else {
            stop();
        }
        log("}", n);
    }
    private void spare() { int x = 5; }
}
"""


@pytest.mark.parametrize(
    ("title", "gone"),
    [
        ("remove unused List", "import java.util.List;\n"),
        ("remove unused spare()", "    private void spare() { int x = 5; }\n"),
        ("remove else branch at else { stop(); }", " else {\n            stop();\n        }"),
        ('remove log("}", n)', '        log("}", n);\n'),
        ("remove if (n > 5)", JAVA[JAVA.index("        if") : JAVA.index("        log")]),
    ],
)
def test_well_formed_blocks_elsewhere(title, gone):
    """In brace languages whole statements, blocks and else branches go."""
    assert cuts(JAVA, "A.java")[title] == JAVA.replace(gone, "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a.js",
            (
                "const a = f(1,\n  2)\n  .then(x => {\n    go()\n  })\nlet b = [\n  1,\n]\n"
                "if (a) {\n  c()\n} else if (b) {\n  d()\n} else {\n  e()\n}\n"
            ),
        ),
        ("a.go", "func f() {\n\tx := []int{\n\t\t1,\n\t}\n\tif a {\n\t\tb()\n\t}\n}\n"),
        (
            "a.rs",
            (
                "fn f() -> u8 {\n    let a = match b {\n"
                "        1 => 2,\n        _ => 3,\n    };\n    a\n}\n"
            ),
        ),
        ("a.css", ".a {\n  color: red;\n  margin: 0;\n}\n"),
        ("A.java", JAVA.replace('"}"', "5")),
    ],
)
def test_brackets_stay_balanced(path, text):
    """Whatever goes, every bracket that is left has its partner."""
    results = cuts(text, path)
    assert results
    for result in results.values():
        for opener, closer in ("()", "[]", "{}"):
            assert result.count(opener) == result.count(closer)


def test_a_cut_is_known_wherever_its_code_has_moved():
    """What was tried is not tried again after lines above have come or gone."""
    before = {cut.id for cut in find_cuts("a.py", PYTHON, set())}
    after = {cut.id for cut in find_cuts("a.py", "x = 3\n\n" + PYTHON, set())}
    assert before <= after


@pytest.mark.parametrize(
    ("metric", "size"),
    [
        ("bundle_kb", True),
        ("build_seconds", True),
        ("apk_mb", True),
        ("val_bpb", False),
        ("accuracy", False),
    ],
)
def test_metrics_that_less_code_improves(metric, size):
    """Sizes and times are told from what a model or an algorithm is measured by."""
    assert is_about_size(metric) is size


def test_a_name_in_a_template_is_in_use():
    """What only a template string mentions is not called unused."""
    titles = cuts("function f() {\n  const day = g();\n  return `${day}`;\n}\nf();\n", "a.js")
    assert not any("unused" in title for title in titles)


@pytest.mark.parametrize(
    ("path", "text", "titles"),
    [
        ("a.py", "f(x)\nx = {\n    1: 2,\n}\nx = g(\n    1,\n)\nuse(x)\n",
         {"remove assignment x = {...}", "remove assignment x = g(...)"}),
        ("a.py", "def f(x):\n    return {\n        1: x,\n    }\nf(2)\n",
         {"remove return {...} in f()"}),
        ("a.js", "const a = {\n  b: 1,\n};\nf(\n  a,\n);\n", {"remove const a = {...}", "remove f(...)"}),
        ("a.js", "go(() => {\n  f();\n});\ngo();\n", {"remove go(() => {...})"}),
        ("a.js", "if (a) {\n  f();\n}\n", {"remove if (a)"}),
        ("a.go", "package a\n\nvar (\n\tx = 1\n)\n", {"remove var (...)"}),
    ],
)  # fmt: skip
def test_a_title_is_no_torn_line(path, text, titles):
    """What goes on below the first line of a deletion is closed in its title."""
    found = cuts(text, path)
    assert titles <= set(found)
    assert not any(title.endswith(("(", "{", "[", "=", ",")) for title in found)


def test_what_python_itself_reads_is_left_alone():
    """`__version__`, `__all__` and `if __name__` are no clutter, though nothing here uses them."""
    text = '__version__ = "1"\n__all__: list = []\nif __name__ == "__main__":\n    main()\n'
    assert not any("__" in title for title in cuts(text))


def test_a_group_of_declarations_is_no_favourite():
    """Go's `var (...)` and `import (...)` are the last things to be tried."""
    text = 'package a\n\nimport (\n\t"fmt"\n)\n\nvar (\n\tx = 1\n)\n\nfunc f() {\n\tfmt.Println(x)\n}\n'
    weights = {cut.title: cut.weight for cut in find_cuts("a.go", text, set())}
    assert max(weights["remove import (...)"], weights["remove var (...)"]) < 0.1
