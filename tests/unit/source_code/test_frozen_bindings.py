"""Every way in which a language sets a variable is seen where the report prints it."""

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.source_code.frozen_lines import FrozenLines, Kind

REPORT = 'print(f"loss: {loss:.6f}")\n'
ASSIGNED = f"loss = run()\n{REPORT}"

FORMS = {
    "a chain": "x = loss = 0.5",
    "the first of a chain": "loss = x = 0.5",
    "a loop": "for loss in [0.5]: pass",
    "a loop over pairs": "for i, (loss, *_) in pairs: pass",
    "a walrus in brackets": "[loss := 0.5]",
    "a walrus in a call": "f(1, (loss := 0.5))",
    "a walrus in a comprehension": "[(loss := x) for x in [0.5]]",
    "a walrus in an f-string": "f'{(loss := 0.5)}'",
    "a condition": "if loss := 0.5: pass",
    "with": "with half() as loss: pass",
    "with two": "with a() as b, half() as (loss, c): pass",
    "an import": "import math as loss",
    "an import of a package": "import loss.value",
    "an import from": "from math import pi as loss",
    "an import of all": "from numbers_of_ours import *",
    "a deletion": "del loss",
    "an augmented assignment": "loss *= 0.5",
    "a shift": "loss >>= 1",
    "an annotation": "loss: float = 0.5",
    "a pair": "a, loss = 1, 0.5",
    "a list": "[a, [loss]] = 1, [0.5]",
    "a star": "a, *loss = 1, 0.5",
    "an error": "try: f()\nexcept ValueError as loss: pass",
    "a capture": "match 0.5:\n    case loss: pass",
    "a capture with as": "match 0.5:\n    case float() as loss: pass",
    "a capture of a star": "match [1]:\n    case [_, *loss]: pass",
    "a capture of the rest": "match {}:\n    case {**loss}: pass",
    "a function": "def loss(): return 0.5",
    "a decorated function": "@half\ndef loss(): return 0.5",
    "a coroutine": "async def loss(): return 0.5",
    "a class": "class loss: __format__ = half",
    "a lambda": "loss = lambda: 0.5",
    "full width": "\uff4coss = 0.5",
    "another alphabet": "\U0001d4f5\U0001d4f8\U0001d4fc\U0001d4fc = 0.5",
    "a global": "def f():\n    global loss\n    loss = 0.5",
    "a global that a loop sets": "def f():\n    global loss\n    for loss in [0.5]: pass",
    "globals": 'globals()["loss"] = 0.5',
    "globals in two pieces": 'globals()["lo" + "ss"] = 0.5',
    "globals by a name": "globals()[name] = 0.5",
    "an update of globals": "globals().update(loss=0.5)",
    "globals by another name": 'g = globals()\ng["loss"] = 0.5',
    "globals handed on": "spoil(globals())",
    "vars": 'vars()["loss"] = 0.5',
    "locals": 'locals()["loss"] = 0.5',
    "a module's dictionary": 'sys.modules[__name__].__dict__["loss"] = 0.5',
    "a function's globals": 'run.__globals__["loss"] = 0.5',
    "an attribute of the module": "import __main__\n__main__.loss = 0.5",
    "setattr": 'setattr(sys.modules[__name__], "loss", 0.5)',
    "setattr by a name": "setattr(sys.modules[__name__], name, 0.5)",
    "exec": 'exec("loss = 0.5")',
    "exec of anything": "exec(text)",
    "a semicolon": "x = 1; loss = 0.5",
}  # fmt: skip

NESTINGS = {
    "": "{}",
    "if": "if True:\n    {}",
    "else": "if False: pass\nelse:\n    {}",
    "for": "for _ in range(1):\n    {}",
    "while": "while True:\n    {}\n    break",
    "try": "try:\n    {}\nfinally: pass",
    "finally": "try: pass\nfinally:\n    {}",
    "with": "with a:\n    {}",
    "case": "match 1:\n    case 1:\n        {}",
}


def nested(form, *nestings):
    for nesting in nestings:
        before = NESTINGS[nesting].partition("{}")[0]
        margin = " " * (len(before) - before.rfind("\n") - 1)
        form = NESTINGS[nesting].replace("{}", textwrap.indent(form, margin).lstrip())
    return form


def broken(old, new, path="train.py"):
    return FrozenLines(["loss"]).broken(FileSet({path: old}), FileSet({path: new}))


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_binding_is_seen(name):
    """Whatever sets the reported variable, and in whatever form of Python, is a violation."""
    assert "of the candidate" in broken(ASSIGNED, f"loss = run()\n{FORMS[name]}\n{REPORT}")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.sampled_from(sorted(NESTINGS)), max_size=3),
    st.sampled_from(["", "def main():\n    {}\n\nmain()"]),
)
def test_a_binding_is_seen_however_deep_it_lies(form, nestings, function):
    """A form of binding within blocks, of a module or of a function, is seen all the same."""
    text = nested(FORMS[form], *nestings)

    def program(inside):
        body = f"loss = run()\n{inside}{REPORT}"
        return f"{function.replace('{}', textwrap.indent(body, '    ').lstrip()) or body}\n"

    honest, spoiled = program(""), program(f"{text}\n")
    if "import *" in text and function:
        return  # Python does not allow it there
    ast.parse(spoiled)
    if function and "def f():" in text:
        return  # it sets the module's variable, and the function prints its own
    assert broken(honest, spoiled)
    assert not broken(spoiled, spoiled)


OTHERS = {
    "another function's own": "def f():\n    loss = 0.5",
    "another function's parameter": "def f(loss): pass",
    "a variable of a comprehension": "[loss for loss in [0.5]]",
    "a variable of a lambda": "lambda loss: loss",
    "an argument of that name": "f(loss=0.5)",
    "an attribute": "self.loss = 0.5",
    "a name in a string": "note('the loss is low')",
    "a comparison": "x = loss == 0.5",
    "a look at globals": 'x = globals()["loss"]',
    "a copy of locals": "note(**locals())",
    "another global": 'globals()["rate"] = 0.5',
    "eval of a model": "model.eval()",
    "an attribute by name": "setattr(options, name, 0.5)",
    "a use": "x = loss + 1",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_binds_another_variable_may_be_tried(name):
    """A name in another scope, as an argument or only read, is none of the report's."""
    assert broken(ASSIGNED, f"loss = run()\n{OTHERS[name]}\n{REPORT}") == ""


def test_a_function_that_prints_its_parameter_freezes_what_it_is_given():
    """The argument of each call and the default are frozen; the other arguments are not."""
    text = textwrap.dedent("""\
        def show(rate, loss, *, unit=""):
            print(f"loss: {loss:.6f}", unit)

        show(0.1, run())
        """)
    assert "line 4, which computes" in broken(text, text.replace("run()", "0.5"))
    assert broken(text, text.replace("0.1", "0.3")) == ""
    assert broken(text, text.replace("run())", "run(), unit=None)"))
    assert broken(text, text.replace("loss, *", "loss=0.5, *"))
    assert broken(text, text.replace("run())", "run())\nshow(0.1, 0.5)"))
    assert broken(text, text.replace("run())", "run())\nlist(map(show, [1], [0.5]))"))
    assert broken(text, text.replace("0.1, run()", "*numbers"))


def test_closures_mean_the_function_around_them():
    """A nested function that prints the outer one's variable, or sets it, is followed there."""
    text = textwrap.dedent("""\
        def main():
            loss = run()

            def show():
                print("loss:", loss)

            show()
        """)
    assert "line 2, which computes" in broken(text, text.replace("run()", "0.5"))
    setter = "    def spoil():\n        nonlocal loss\n        loss = 0.5\n\n    show()\n"
    assert "is new" in broken(text, text.replace("    show()\n", setter))


def test_attributes_and_items_called_like_the_metric_are_followed():
    """What the report prints of an object is frozen where it is set."""
    for printed, sets in (("self.loss", "self.loss"), ("result.loss.item()", "r.loss"),
                          ('stats["loss_sum"]', 'stats["loss_sum"]')):  # fmt: skip
        text = f"{sets} = run()\nprint('loss:', {printed})\n"
        assert broken(text, text.replace("run()", "0.5"))
        assert broken(text, text.replace("run()", f"run()\nfor {sets} in [0.5]: pass"))
    text = "opt.lr = f(0.1)\nprint('loss:', loss, 'lr:', opt.lr)\n"
    assert broken(text, text.replace("0.1", "0.3")) == ""


def test_a_python_that_we_cannot_read_is_read_by_its_words():
    """A dialect without a syntax tree keeps the rules of every other language."""
    text = "%matplotlib inline\nloss = run()\nprint('loss:', loss)\n"
    assert broken(text, text.replace("inline\n", "inline\nfor loss in [0.5]: pass\n"))


WRITTEN = {
    "a.js": [
        "x = loss = 0.5;", "[loss] = [0.5];", "({ loss } = it);", "({ a: loss } = it);",
        "for (loss of [0.5]) {}", "for (const loss in it) {}", "loss *= 0.5;", "loss ||= 0.5;",
        "loss ??= 0.5;", "loss **= 2;", "loss >>>= 1;", "loss++;", "--loss;", "if ((loss = 0.5)) {}",
        "f(loss = 0.5);", "globalThis.loss = 0.5;", "if (x) { loss = 0.5; }", "var loss;",
        'import loss from "half";', 'import { half as loss } from "half";',
    ],
    "a.go": ["loss, err := half()", "_, loss = half()", "for _, loss := range xs {", "loss /= 2",
             "if loss := 0.5; loss > 0 {", "var loss float64", "fmt.Sscan(s, &loss)", "loss++", "loss %= 2"],
    "a.rs": ["let (a, loss) = half();", "if let Some(loss) = half() {", "for loss in [0.5] {", "loss -= 1.0;",
             "std::mem::swap(&mut loss, &mut x);", "let loss;"],
    "A.java": ["x = loss = 0.5;", "for (double loss : losses) {", "loss /= 2;", "loss--;",
               "while ((loss = half()) > 1) {", "double x = 1, loss = 0.5;"],
    "a.cpp": ["std::cin >> loss;", "double& r = loss;", "double loss{0.5};", "double loss(0.5);",
              "std::swap(loss, x);", "auto [a, loss] = f();"],
    "a.swift": ["let (a, loss) = f()", "if let loss = x {", "for loss in xs {", "swap(&loss, &x)"],
    "a.pl": ["chop($loss);", "read(F, $loss, 3);"],
    "a.c": ["#define loss 0.5", "#undef loss", "*(&loss) = 0.5;", 'scanf("%lf", &loss);', "loss <<= 1;", "for (loss = 0; loss < 1;) {"],
    "a.sh": ["read loss <<< 0.5", "export loss=0.5", "for loss in 0.5; do :; done", "unset loss",
             "read -r a loss < x", "mapfile loss < x", "getopts a loss", "declare -n x=loss", "unset -v loss",
             "select loss in 0.5; do :; done"],
    "a.r": ["loss <- 0.5", "loss <<- 0.5"],
}  # fmt: skip


@pytest.mark.parametrize(("path", "line"), [(p, line) for p, ls in WRITTEN.items() for line in ls])
def test_other_languages_have_their_forms_seen(path, line):
    """Destructuring, loops, compound assignments and addresses set a variable too."""
    reports = {"a.sh": "echo loss: $loss\n", "a.swift": 'print("loss: \\(loss)")\n'}
    report = reports.get(path, 'print("loss: ", loss)\n')
    assert "which computes" in broken(report, f"{line}\n{report}", path)


def test_a_comparison_or_an_arrow_sets_nothing():
    """Only what can give the variable another value is frozen."""
    report = 'print("loss: ", loss);\n'
    for line in (
        "x = loss == 0.5;",
        "if (loss <= 1) {}",
        "x = loss - 1;",
        "f(a & loss);",
        "x.loss = 1;",
    ):
        assert broken(report, f"{line}\n{report}", "a.js") == "", line


def test_the_report_of_a_nested_format_is_followed():
    """`{loss:.{digits}f}` prints the loss and the digits."""
    text = 'loss = run()\nprint(f"loss: {loss:.{digits}f}")\n'
    assert [f.kind for f in FrozenLines(["loss"]).frozen("a.py", text)] == [
        Kind.COMPUTE,
        Kind.REPORT,
    ]
