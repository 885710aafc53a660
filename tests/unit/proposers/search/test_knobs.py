import pytest

from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.steps import steps_of
from tests.unit.proposers.search import reading


def parameters(text, path="train.py", metric="val_bpb"):
    found = reading.parameters(text, path, metric)
    return {one.id: one for one in found if one.kind in ("number", "switch", "command")}


def first_steps(text, path="train.py"):
    (parameter,) = parameters(text, path).values()
    return [step.text for step in steps_of(parameter)]


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("a.py", "LR = 0.02\nbatch: int = 64\n", ["LR", "batch"]),
        ("a.py", "BETAS = (0.9, 0.95)\n", ["BETAS[0]", "BETAS[1]"]),
        ("a.py", "opt = Adam(lr=1e-3)\nd = Dropout(0.25)\n", ["Adam.opt.lr", "Dropout.d.Dropout"]),
        (
            "a.py",
            "class A:\n    k: int = 3\n    def f(self, n=5):\n        self.m = 0.5\n",
            ["A.k", "A.f.n", "A.f.m"],
        ),
        ("a.py", 'C = {"lr": 0.1, "net": {"depth": 4}}\n', ["C.lr", "C.net.depth"]),
        ("a.py", 'p.add_argument("--lr", type=float, default=0.1)\n', ["add_argument.lr"]),
        ("a.py", "x = 0.5 * y if y > 7 else 12\n", ["x", "y", "x#2"]),
        (
            "a.js",
            "const o = { chunkSize: 500 };\nlet k = a ? 0.1 : 0.3;\n",
            ["o.chunkSize", "k", "k#2"],
        ),
        ("a.ts", "const rate: number = 0.5;\n", ["rate"]),
        ("A.java", "class A { static final int SIZE = 8192; }", ["A.SIZE"]),
        ("a.kt", "class A(val depth: Int = 4)\n", ["A.depth"]),
        ("a.go", 'const Rate = 0.5\nvar s = flag.Int("buf", 64, "")\n', ["Rate", "Int.s.buf"]),
        ("a.rs", "fn f() { let lr = 0.1f32; }", ["f.lr"]),
        ("a.c", "#define DEPTH 12\nstatic double rate = 0.5;\n", ["DEPTH", "rate"]),
        ("a.dart", "const double rate = 0.5;\n", ["rate"]),
        (
            "a.yml",
            "model:\n  hidden-size: 256\ntrain:\n  lr: 3e-4 # fast\n",
            ["model.hidden-size", "train.lr"],
        ),
        ("a.json", '{"model": {"width": 128}}', ["model.width"]),
        ("a.toml", "[train]\nlr = 0.01\n", ["train.lr"]),
        ("a.sh", "DEPTH=4\npython t.py --lr 0.02 --width=64\n", ["DEPTH", "lr", "width"]),
        ("Dockerfile", "FROM python:3.11\nENV THREADS=4\nEXPOSE 8080\n", ["THREADS"]),
        ("a.css", ".btn { width: 16px; }\n", ["btn.width"]),
        ("a.ini", "[a]\nlr = 0.1\n", ["a.lr"]),
        ("a.R", "lr <- 0.1\ntotal <<- 3L\nif (x < -1) lr\n", ["lr", "total"]),
        ("a.fs", "rate <- 0.5\n", ["rate"]),
    ],
)
def test_numbers_have_the_names_that_people_gave_them(path, text, names):
    """In any language a number is known by its name and place, not by its line."""
    found = parameters(text, path)
    assert sorted(k.split(".")[-1] for k in found) == sorted(n.split(".")[-1] for n in names)
    assert len(found) == len(names)


def test_a_knob_is_the_same_after_edits_elsewhere():
    """Lines that come and go around a number do not make it another one."""
    text = "LR = 0.02\ndef f(n=5):\n    return n * 0.5\n"
    moved = "import x\n\nEXTRA = 3\n" + text.replace("LR", "# note\nLR")
    assert set(parameters(text)) == set(parameters(moved)) - {"EXTRA"}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("LR = 0.02\n", ["0.04", "0.01"]),
        ("LR = 1e-3\n", ["2e-3", "5e-4"]),
        ("LR = 3.0E-04\n", ["6.0E-04", "1.5E-04"]),
        ("BATCH = 64\n", ["128", "32"]),
        ("STEPS = 1_000\n", ["2_000", "500"]),
        ("DEPTH = 6\n", ["9", "4"]),
        ("DROPOUT = 0.1\n", ["0.2", "0.05"]),
        ("BETA = 0.9\n", ["0.95", "0.8"]),
        ("GAMMA = 0.99\n", ["0.995", "0.98"]),
        ("SHIFT = -0.5\n", ["-1.0", "-0.25"]),
        ("X = .5\n", ["1.0", ".25"]),
        ("TOTAL = 2**19\n", ["20", "18"]),
        ("WEIGHT_DECAY = 0.0\n", ["0.03"]),
        ("CACHE_SIZE = 0\n", ["32"]),
        ("POWER = 0.0\ny = x**POWER\n", ["0.5", "-0.5"]),
        ("CHECK_ABOVE = 0.4\nfound = score > CHECK_ABOVE\n", ["0.9", "-0.1"]),
        ("WORST = 0.5\nif rng.random() < WORST: pass\n", ["0.7", "0.3"]),
    ],
)
def test_a_number_moves_on_its_own_scale_and_keeps_its_style(text, steps):
    """Rates double, powers of two stay such, fractions stay below one, integers integers."""
    assert first_steps(text)[: len(steps)] == steps


def test_from_nothing_a_number_goes_as_far_as_to_one():
    """Nobody knows how far to go from 0: a few steps reach from hundredths to about one."""
    found = sorted(map(float, first_steps("GAIN = 0.0\n")))
    assert found[0] < 0.01
    assert 0.9 <= found[-1] <= 1


def test_a_width_stays_a_multiple_of_its_heads():
    """Where the source divides one by the other, both are named with what holds between them."""
    text = "WIDTH = 128\nHEADS = 2\nassert WIDTH % HEADS == 0\n"
    found = {one.label: one for one in reading.parameters(text)}
    assert found["WIDTH"].multiple_of == (found["HEADS"].id,)
    assert not found["HEADS"].multiple_of


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("MIN_SIZE = 10\nMAX_SIZE = 70\n", "MIN_SIZE", "MAX_SIZE"),
        ("def f(rng):\n    return rng.randint(10, 70)\n", "randint", "randint(1)"),
        ("x = clip(x, 0.2, 0.9)\n", "clip(1)", "clip(2)"),
        ("class A:\n    lowCut = 3\n    highCut = 8\n", "lowCut", "highCut"),
    ],
)
def test_a_lower_bound_is_known_by_its_upper_one(text, lower, upper):
    """By their names, or as arguments of one call."""
    found = {one.label: one for one in reading.parameters(text)}
    assert found[lower].at_most == (found[upper].id,)
    assert not found[upper].at_most


@pytest.mark.parametrize(
    "text",
    [
        "MIN_SIZE = 70\nMAX_SIZE = 10\n",
        "MIN_SIZE = 10\nMAX_DEPTH = 70\n",
        "a = rng.randint(5, n)\nb = rng.randint(m, 9)\n",
        "x = f(10, 70)\n",
    ],
)
def test_numbers_without_an_order_today_get_none(text):
    """Only what is sure is held: nothing that would forbid a good version."""
    assert not any(one.at_most for one in reading.parameters(text))


def test_bounds_hold():
    """A fraction never leaves 0 to 1, and an integer above zero never gets there."""
    assert all(0 <= float(s) <= 1 for s in first_steps("DROPOUT = 0.9\n"))
    assert all(int(s) >= 1 for s in first_steps("DEPTH = 1\n"))


def test_suffixes_stay():
    """A unit or a type at the end of a number is kept."""
    assert first_steps("a { width: 16px; }", "a.css")[:2] == ["32px", "8px"]
    assert first_steps("float rate = 1.5f;", "a.c")[:2] == ["3.0f", "0.75f"]


@pytest.mark.parametrize(
    "line",
    [
        "SEED = 42",
        "random_state = 7",
        "torch.manual_seed(1337)",
        "rng = RandomState(5)",
        "VERSION = 3",
        'x = "1.5"',
        "PORT = 8080",
        "YEAR = 2024",
        "TIME_BUDGET = 300",
        "timeout = 30",
        "y = a[3]",
        "y = a[1:5]",
        "for i in range(10): pass",
        "x.sum(axis=1)",
        "import a.b3",
        'print("steps", 500)',
        'log(f"val_bpb: {7.5}")',
        "val_bpb = 3.5 * total",
        "best_val_bpb = 9.5",
        "total = 0.0",
        "best = 1e9",
        "MASK = 0xFF",
        "MODE = 0o644",
        "z = np.zeros((3, 4))",
        '"""LR = 0.5"""',
        "# LR = 0.5",
        "x = y + 1",
        "x = y * 1.0 + max(0.0, z)",
        "x = 2 ** n",
    ],
)
def test_what_is_no_setting_is_left_alone(line):
    """Seeds, versions, time limits, indices, counters and what speaks of the metric stay."""
    indented = f"def f():\n    {line}\n" if line.startswith(("total", "best =")) else f"{line}\n"
    assert list(parameters(indented)) == []


@pytest.mark.parametrize("text", ["0x1F", "0777", "1.2.3", "12abc", "1e999", "1" * 40])
def test_odd_literals_are_no_numbers(text):
    """What is no plain decimal number is not touched."""
    assert Literal.read(text) is None


def test_named_constants_come_before_numbers_in_expressions():
    """What somebody gave a name at the top looks more promising than a number in passing."""
    found = parameters("WIDTH = 32\nLOG_EVERY = 50\ndef f(x):\n    return x * 0.7 + 4.5\n")
    weights = {name.split(".")[-1]: parameter.weight for name, parameter in found.items()}
    assert weights["WIDTH"] > max(w for name, w in weights.items() if name != "WIDTH")


@pytest.mark.parametrize(
    "line",
    ["let a = v[0].0;", "let a = pair().1;", "self.0.1.go();", "w.0 += x.1;", "f(x.0, y .1);"],
)
def test_a_place_in_a_tuple_is_no_number(line):
    """Rust's `pair.0` has nothing to tune."""
    assert parameters(f"fn f() {{ {line} }}", "a.rs") == {}


def test_what_a_usage_text_says_is_no_setting():
    """A flag's default is tuned where it is set, and not where it is told."""
    text = (
        "package a\n\nvar (\n"
        '\tworkers = flag.Int("workers", 4, "how many (default 4)")\n'
        "\tlimit = 30\n)\n"
        "const usage = `-workers 4`\n"
        'func help() {\n\tfmt.Fprintln(os.Stderr,\n\t\t"-workers", 4)\n}\n'
    )
    assert [parameter.label for parameter in parameters(text, "a.go").values()] == [
        "workers",
        "limit",
    ]


def test_a_learning_rate_comes_first():
    """Nothing looks as promising as a learning rate."""
    text = "WIDTH = 64\nDROPOUT = 0.3\nLEARNING_RATE = 0.03\nBATCH = 32\n"
    found = parameters(text)
    assert max(found.values(), key=lambda parameter: parameter.weight).id == "LEARNING_RATE"


def test_what_is_taken_from_one_is_a_share():
    """A number that the source subtracts from one stays between 0 and 1."""
    steps = first_steps("PULL = 0.5\nx = (1 - PULL) * a + PULL * b\n")
    assert all(0 <= float(step) <= 1 for step in steps)
