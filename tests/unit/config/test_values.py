import pytest

from autoresearch_ci.config import values
from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.model import Direction, MinDelta


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("300", 300),
        (300, 300),
        (0.5, 0.5),
        ("90s", 90),
        ("5m", 300),
        ("5 min", 300),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2 hours", 7200),
    ],
)
def test_seconds(written, seconds):
    """A budget is a number of seconds, or a number with a unit."""
    assert values.seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "0",
        "-1",
        "soon",
        "nan",
        "inf",
        "1e400",
        "5x",
        "12:30",
        "500ms",
        "1_000",
        "0x10",
        "",
        "m",
        "٣",
        "1e9",
        "5 5m",
        "true",
    ],
)
def test_bad_seconds(written):
    """What is not a positive, finite duration is refused with something to write instead."""
    with pytest.raises(BadValue) as caught:
        values.seconds(written)
    assert caught.value.remedy


@pytest.mark.parametrize("written", ["300", 300, "1.5", "1e3"])
def test_time_limit_needs_unit(written):
    """A time limit without a unit is refused, and the remedy writes it with either unit."""
    with pytest.raises(BadValue) as caught:
        values.duration(written)
    assert f"{written}m for minutes or {written}s for seconds" in caught.value.remedy


@pytest.mark.parametrize("written", ["300m", "5h", "300 min", "18000s", "4h60m"])
def test_time_limit(written):
    """A time limit can be written in any of the units."""
    assert values.duration(written) == 18000


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("4GB", 4 * 1024**3),
        ("4 GiB", 4 * 1024**3),
        ("4g", 4 * 1024**3),
        ("512 MB", 512 * 1024**2),
        ("1.5G", 3 * 1024**3 // 2),
        ("2048kb", 2 * 1024**2),
        ("1T", 1024**4),
        (1048576, 1048576),
        ("1048576", 1048576),
        ("1048576B", 1048576),
    ],
)
def test_memory(written, size):
    """A memory limit is in bytes, or has a unit that counts in powers of 1024."""
    assert values.memory(written) == size


@pytest.mark.parametrize("written", ["4", "-4GB", "0", "GB", "4XB", "1e3GB", "999999999T", "4i"])
def test_bad_memory(written):
    """A memory limit that is malformed, or too small to run anything, is refused."""
    with pytest.raises(BadValue):
        values.memory(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.001", MinDelta(0.001)),
        ("0.5%", MinDelta(0.005, relative=True)),
        ("5 %", MinDelta(0.05, relative=True)),
        (0, MinDelta()),
        (MinDelta(0.5), MinDelta(0.5)),
    ],
)
def test_min_delta(written, meant):
    """The smallest change that counts is absolute, or with % a share of the value."""
    assert values.min_delta(written) == meant


@pytest.mark.parametrize("written", ["-0.1", "-5%", "%", "nan", "inf%", "1%%", "a bit"])
def test_bad_min_delta(written):
    """A smallest change that is negative or no number is refused."""
    with pytest.raises(BadValue):
        values.min_delta(written)


@pytest.mark.parametrize(("written", "meant"), [("1e-3", 0.001), ("-.5", -0.5), ("+2.", 2.0)])
def test_number(written, meant):
    """A number may be written in any usual form."""
    assert values.number(written) == meant


@pytest.mark.parametrize(
    "written", ["nan", "-inf", ".nan", "1e999", "1,5", "0x1", "", float("nan")]
)
def test_bad_number(written):
    """A number must be finite."""
    with pytest.raises(BadValue):
        values.number(written)


@pytest.mark.parametrize("written", ["-0.01", "-1e9", "nan", "free"])
def test_bad_amount(written):
    """A price, or a limit in dollars, is not negative."""
    with pytest.raises(BadValue):
        values.amount(written)


@pytest.mark.parametrize("written", ["https://me:s3cret@a.b/v1", "http://s3cret@a.b"])
def test_password_in_an_address_is_not_shown(written):
    """An address with a credential in it is refused without showing it."""
    with pytest.raises(BadValue) as caught:
        values.url(written)
    assert "s3cret" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("written", ["0", "-3", "1.5", "ten", "9" * 30, True])
def test_bad_count(written):
    """A count is a whole number of at least 1."""
    with pytest.raises(BadValue):
        values.count(written)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("lower", Direction.LOWER),
        ("minimize", Direction.LOWER),
        ("LOWER_IS_BETTER", Direction.LOWER),
        ("lower-is-better", Direction.LOWER),
        ("min", Direction.LOWER),
        ("higher", Direction.HIGHER),
        ("maximise", Direction.HIGHER),
        ("hihger_is_better", Direction.HIGHER),
    ],
)
def test_direction_hint(written, hint):
    """A direction in other words is refused, and the error names the one that was meant."""
    with pytest.raises(BadValue) as caught:
        values.direction(written)
    assert caught.value.remedy == f"Did you mean `{hint}`?"


def test_one_of_hint():
    """A misspelt choice is refused with the nearest one."""
    with pytest.raises(BadValue, match="not one of auto, search") as caught:
        values.one_of(("auto", "search"))("serach")
    assert "`search`" in caught.value.remedy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("prepare.py", ("prepare.py",)),
        ("a.py, ./b/*.csv ,c[0-9].txt,", ("a.py", "b/*.csv", "c[0-9].txt")),
        (["a,b.py", "data/"], ("a,b.py", "data/")),
        ("a.py, a.py", ("a.py",)),
        ("x[[]y", ("x[[]y",)),
        ("x[]]y", ("x[]]y",)),
        ("x[!]]y", ("x[!]]y",)),
        ("**/*.py", ("**/*.py",)),
    ],
)
def test_globs(written, meant):
    """Files and globs come comma-separated or as a list, and are read as git spells paths."""
    assert values.globs(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "[",
        "a[0-9",
        "a[]",
        "/etc/passwd",
        "C:/x",
        "../x",
        "a/../b",
        "a,,b",
        ",",
        ["a", ""],
        ["a\nb"],
    ],
)
def test_bad_globs(written):
    """A glob that is malformed, empty or leads out of the repository is refused."""
    with pytest.raises(BadValue) as caught:
        values.globs(written)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A, B_2=x y ,C=", ("A", "B_2=x y", "C=")),
        (["A=1,2", "B"], ("A=1,2", "B")),
    ],
)
def test_variables(written, meant):
    """A variable is handed on by its name, or set with NAME=value."""
    assert values.variables(written) == meant


@pytest.mark.parametrize("written", ["1A", "A B", "=x", "A-B=1", "A,A=1", "A,,B", "A=1,2"])
def test_bad_variables(written):
    """A name that no environment can hold, or one given twice, is refused."""
    with pytest.raises(BadValue):
        values.variables(written)


def test_paths_of_the_machine(monkeypatch):
    """A path of the machine is absolute, or begins at the home; a comma fits into a list."""
    monkeypatch.setenv("HOME", "/home/me")
    found = values.absolute_paths("/mnt/data, ~/tools, /mnt/data")
    assert found == ("/mnt/data", "/home/me/tools")
    assert values.absolute_paths(["/a,b"]) == ("/a,b",)


@pytest.mark.parametrize("written", ["data", "./data", "~nobody-of-that-name/x", "/a,,/b"])
def test_bad_paths_of_the_machine(written):
    """A path that begins nowhere is refused, with what to write."""
    with pytest.raises(BadValue) as caught:
        values.absolute_paths(written)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "written", ["all", "0", "0, 1", "GPU-8f7c2b0a-1d3e", "MIG-4d4f/1/0", "0:1"]
)
def test_gpus(written):
    """GPUs are all, or numbers and ids."""
    assert values.gpus(written) == tuple(written.split(", "))


@pytest.mark.parametrize("written", ["two", "-1", "all, 0", "0,,1", "$(id)"])
def test_bad_gpus(written):
    """What is no GPU is refused, with what to write."""
    with pytest.raises(BadValue) as caught:
        values.gpus(written)
    assert caught.value.remedy


@pytest.mark.parametrize("bad", ["a\x00b", "a\x1bb", "a\nb", "a\u2028b", "a\ud800b", "", "   "])
def test_one_line(bad):
    """A value on one line holds no control characters and is not empty."""
    with pytest.raises(BadValue):
        values.line(bad)


def test_script_may_have_lines():
    """A command may have several lines, as a YAML block holds them."""
    assert values.script("npm ci\n\tnpm run build\n") == "npm ci\n\tnpm run build"
    with pytest.raises(BadValue):
        values.script("echo \x00")


@pytest.mark.parametrize("bad", ["val bpb", "a\tb", "a\u00a0b"])
def test_metric_name_is_a_word(bad):
    """A metric's name is a single word, and the remedy writes it as one where it can."""
    with pytest.raises(BadValue):
        values.word(bad)


def test_path_is_gits():
    """A target is spelled as git spells it."""
    assert values.path("./src//train.py") == "src/train.py"


def test_shown_is_safe():
    """An error shows at most sixty characters of a value, and nothing that drives a terminal."""
    with pytest.raises(BadValue) as caught:
        values.number("\x1b[2J" + "x" * 500)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 120


def test_a_backslash_in_a_glob_is_refused_with_what_to_write():
    """A path from Windows would protect nothing; the remedy is the same path as git spells it."""
    with pytest.raises(BadValue, match="backslash") as caught:
        values.globs("data\\*.csv")
    assert caught.value.remedy.endswith("data/*.csv")
