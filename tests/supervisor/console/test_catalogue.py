"""Both languages are complete: every Chinese text has its English, and no English is left over."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from supervisor.console.i18n import words
from supervisor.console.state_words import EXCLUDED, GAPS, KINDS, SCRIPT_WORDS
from supervisor.rules.evidence import ExcludedReason, GapReason, LessonKind

CONSOLE = Path(__file__).parents[3] / "supervisor/console"
CHINESE = re.compile(r"[\u3400-\u9fff]")


def template_texts() -> set[str]:
    environment = Environment(autoescape=True)
    found = set()
    for path in sorted((CONSOLE / "templates").glob("*.html")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                text = call.args[0]
                assert isinstance(text, nodes.Const), f"{path.name}:{call.lineno}: _() takes a plain text"
                found.add(text.value)
    return found


def python_texts() -> set[str]:
    found = set()
    for path in sorted(CONSOLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"N_", "words", "self", "_"}:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and CHINESE.search(first.value):
                    found.add(first.value)
    return found


def catalogue() -> dict[str, str]:
    with (CONSOLE / "locale/en.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale="en") if entry.id}


def test_every_text_has_its_english() -> None:
    missing = (template_texts() | python_texts()) - {key for key, value in catalogue().items() if value}
    assert not missing, "\n".join(sorted(missing))


def test_no_english_is_left_over() -> None:
    assert not set(catalogue()) - template_texts() - python_texts()


@pytest.mark.parametrize(("chinese", "english"), sorted(catalogue().items()))
def test_translation_keeps_the_fields_and_no_chinese(chinese: str, english: str) -> None:
    def fields(text: str) -> set[str]:
        """But for the nouns that follow a count."""
        return {name for _, name, spec, _ in string.Formatter().parse(text) if name and "|" not in (spec or "")}

    assert fields(chinese) == fields(english)
    assert not CHINESE.search(english)


def test_no_chinese_stands_outside_the_catalogue_in_a_template() -> None:
    for path in sorted((CONSOLE / "templates").glob("*.html")):
        bare = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        bare = bare.replace(">中文</button>", "")  # a language is named in itself
        assert not CHINESE.search(bare), path.name


def test_scripts_ask_only_for_words_they_are_given() -> None:
    asked = set()
    for path in sorted((CONSOLE / "web/src").glob("*.ts")):
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'\bword\(\s*"([^"]+)"', source))
        assert not CHINESE.search(source), path.name
    asked |= {"play", "pause"}  # chosen between at run time
    assert asked == set(SCRIPT_WORDS)


def test_english_counts_one_and_many() -> None:
    said = words("en")
    assert [said("{n} 间教室有课", n=n) for n in (0, 1, 2)] == [
        "0 rooms with lessons", "1 room with lessons", "2 rooms with lessons"
    ]  # fmt: skip
    assert said("文件没有错误:{n} 次课,共 {h} 学时。还没有导入,点「导入」才生效。", n=2, h=1).startswith(
        "No faults in the file: 2 sessions, 1 lesson hour."
    )
    assert said("个课时", n="1") == "lesson hour"
    assert words("zh")("{n} 间教室有课", n=1) == "1 间教室有课"


def test_no_script_is_given_a_noun_that_follows_a_count() -> None:
    assert not [key for key, text in SCRIPT_WORDS.items() if "|" in words("en")(text)]


@pytest.mark.parametrize("english", sorted(one for one in catalogue().values() if re.search(r"\{\w+\} \w", one)))
def test_no_plural_is_printed_for_one(english: str) -> None:
    """A count before a plain plural: `{n} rooms`."""
    assert not re.search(r"\{\w+\} (lesson |working |recovery )?(?!(is|was|has|as)\b)[a-z]+s\b", english)


def test_an_unknown_language_is_chinese() -> None:
    assert words("fr")("签到") == "签到"
    assert words("en")("签到") == "Check in"


@pytest.mark.parametrize(("table", "codes"), [(GAPS, GapReason), (EXCLUDED, ExcludedReason), (KINDS, LessonKind)])
def test_every_code_that_a_page_may_meet_has_its_words(table: dict[object, str], codes: type) -> None:
    assert set(table) == set(codes)
