"""`.github/autoresearch.yml`: a flat mapping of settings, each value taken as it is written.

YAML's own guesses (`on` is true, `1e3` is text, `12:30` is 750) never reach a setting: a scalar is
its text, and each setting reads that text for itself.
"""

from __future__ import annotations

import re
import shlex

import yaml

from autoresearch_ci.config import spans
from autoresearch_ci.config.origins import Entries, Origin, Written, twice, unknown
from autoresearch_ci.config.settings import NAMES, takes_list
from autoresearch_ci.config.values import shown
from autoresearch_ci.core.errors import SettingsError

NAME = ".github/autoresearch.yml"
_WORKFLOW = ".github/workflows/autoresearch.yml"
LARGEST = 64 * 1024
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp")}
_EXAMPLE = "Write one `setting: value` a line, such as `time_budget: 300`."


def entries(text: str) -> Entries:
    """Every setting in the file, as written; SettingsError with its line for what cannot be one."""
    root = _compose(text)
    if root is None or root.tag == _TAG + "null":
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SettingsError(f"{_at(root)}: the file is not a mapping of settings.", remedy=_EXAMPLE)
    if {"jobs", "on"} <= {str(key.value) for key, _ in root.value}:
        raise SettingsError(
            f"{NAME} is a workflow, and here are settings.",
            remedy=f"Move it to where GitHub looks for it: `git mv {NAME} {_WORKFLOW}`.",
        )
    found: dict[str, tuple[Written, Origin]] = {}
    for key_node, value_node in root.value:
        origin = _at(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise SettingsError(f"{origin}: a setting's name is a word.", remedy=_EXAMPLE)
        key = key_node.value
        if key not in NAMES:
            raise _grouped(key, origin) if _is_group(value_node) else unknown(key, origin)
        if key in found:
            raise twice(key, found[key][1], origin)
        found[key] = (_value(key, value_node, origin), origin)
    return found


def _is_group(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _grouped(key: str, origin: Origin) -> SettingsError:
    """The error for settings that stand in a group of their own."""
    return SettingsError(
        f"{origin}: unknown setting {shown(key)}, and settings below it.",
        remedy="Settings stand in no groups: write each at the beginning of a line and by its own "
        "name, such as `metric_name: score`.",
    )


def _value(key: str, node: yaml.Node, origin: Origin) -> Written:
    if isinstance(node, yaml.SequenceNode) and takes_list(key):
        return tuple(_scalar(key, item, _at(item), in_list=True) for item in node.value)
    return _scalar(key, node, origin)


def _scalar(key: str, node: yaml.Node, origin: Origin, *, in_list: bool = False) -> str | None:
    if not isinstance(node, yaml.ScalarNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
        raise SettingsError(
            f"{origin}: {key} takes one value, not {kind}.",
            remedy=f"Write `{key}: {_on_one_line(key, node)}`.",
        )
    if node.tag not in _PLAIN_TAGS:
        raise SettingsError(
            f"{origin}: {key} has the YAML tag `{node.tag.removeprefix(_TAG)}`.",
            remedy="Write the value without a tag, in quotes if it begins with `!`.",
        )
    if node.tag == _TAG + "null" or not node.value.strip():
        if in_list:
            raise SettingsError(f"{origin}: {key} has an empty item.", remedy="Remove the item.")
        return None
    text: str = node.value
    if node.style is None and _is_cut(text, node):
        whole = _line_of(node).partition(":")[2].strip()
        raise SettingsError(
            f"{_at(node)}: {key} ends within quotes: in YAML ` #` begins a comment, also there.",
            remedy="Put the whole value into single quotes, with those in it doubled: "
            f"`{key}: '{whole.replace(chr(39), chr(39) * 2)}'`.",
        )
    return text


def _on_one_line(key: str, node: yaml.Node) -> str:
    """A list or a mapping as the one value that was perhaps meant."""
    pairs = isinstance(node, yaml.MappingNode)
    items = [[*item] if pairs else [item] for item in node.value]
    if pairs and not takes_list(key):
        return "value"
    if not all(isinstance(each, yaml.ScalarNode) for item in items for each in item):
        return "value"
    words = [[each.value for each in item] for item in items]
    if pairs:
        between = "=" if key == "env" else " "
        return f"[{', '.join(between.join(word).strip() for word in words)}]"
    return shlex.join(word for (word,) in words) if key.endswith("_command") else "value"


def _is_cut(text: str, node: yaml.Node) -> bool:
    """Tell whether a comment took the end of a quoted piece away."""
    rest = _line_of(node)[node.end_mark.column :]
    return bool(re.match(r"\s+#", rest)) and spans.is_open(text)


def _line_of(node: yaml.Node) -> str:
    buffer = node.end_mark.buffer or ""
    start = buffer.rfind("\n", 0, node.end_mark.pointer) + 1
    return buffer[start:].split("\n", 1)[0].split("\0", 1)[0]


def _compose(text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        tab = "\\t" in (error.problem or "")
        raise _unreadable(
            mark.line + 1 if mark else None,
            error.problem or str(error),
            "Write spaces, not tabs." if tab else "",
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unreadable(line, "it holds a character that YAML does not allow") from error
    except (ValueError, OverflowError, RecursionError) as error:
        # An impossible \U escape, or brackets nested thousands deep.
        raise _unreadable(None, "it cannot be parsed") from error
    return node


def _unreadable(line: int | None, problem: str, remedy: str = "") -> SettingsError:
    quoting = "A value that holds `: ` or ` #`, or begins with a special character, needs quotes."
    return SettingsError(
        f"{Origin(NAME, line)}: the file is not valid YAML: {problem}.",
        remedy=remedy or f"{_EXAMPLE} {quoting}",
    )


def _at(node: yaml.Node) -> Origin:
    return Origin(NAME, node.start_mark.line + 1)
