"""config.yaml and the environment: what is taken, what is refused, and in which words."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.archive import recipe
from bot.config import SHIPPED_READER, Config, change_setting, load_config, settings
from bot.errors import ConfigInvalid
from bot.strict_yaml import YamlRefused, parse_yaml
from bot.visible import obeyed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("config.yaml")


def refused(content: str | bytes = "", environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    Path("config.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigInvalid) as caught:
        load_config(Path("config.yaml"), environ or {})
    assert not obeyed(str(caught.value).replace("\n", ""))
    return caught.value.problems


# What is taken


def test_the_shipped_file_holds_exactly_the_defaults(file: Path) -> None:
    shipped = load_config(ROOT / "config.yaml", {})
    file.write_text("", encoding="utf-8")
    defaults = load_config(None, {})
    relative = {name: value for name, value in settings(shipped).items() if name not in ("index.dir", "index.sources")}
    assert relative.items() <= settings(defaults).items()
    assert shipped.index.dir.relative_to(ROOT) == defaults.index.dir.relative_to(file.absolute().parent)
    assert shipped.index.sources == (ROOT / "seeds",)


def test_the_shipped_file_gives_every_setting_with_a_reason_above_it() -> None:
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    section, explained = "", []
    for above, line in pairwise(lines):
        if line and not line.startswith((" ", "#")):
            section = line.removesuffix(":")
        elif line.startswith("  ") and not line.lstrip().startswith("#"):
            assert above.startswith("  # "), f"no reason above {section}: {line.strip()}"
            explained.append(f"{section}.{line.strip().split(':')[0]}")
    assert explained == list(settings(Config(ROOT)))


def test_a_missing_default_file_means_the_defaults(file: Path) -> None:
    config = load_config(None, {})
    assert not file.exists()
    assert config.retrieval.vectors == 50
    assert config.index.dir == file.absolute().parent / ".index"
    assert config.reader.model == SHIPPED_READER


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(file: Path) -> None:
    file.write_text("retrieval: {vectors: 7, words: 8}\nmachine:\n", encoding="utf-8")
    config = load_config(None, {"BYLINE_RETRIEVAL__WORDS": "9", "BYLINE_INDEX__SOURCES": "[a, /b]", "HOME": "/x"})
    assert (config.retrieval.vectors, config.retrieval.words, config.retrieval.fuse_k) == (7, 9, 60)
    assert config.index.sources == (file.absolute().parent / "a", Path("/b"))
    assert config.machine.threads == 2


def test_texts_in_the_environment_are_taken_letter_by_letter(file: Path) -> None:
    assert load_config(None, {"BYLINE_EMBEDDING__QUERY_PREFIX": "query: "}).embedding.query_prefix == "query: "


def test_relative_paths_start_at_the_files_folder(file: Path) -> None:
    folder = file.absolute().parent / "etc"
    folder.mkdir()
    (folder / "byline.yaml").write_text(
        "index: {dir: data, sources: [news, /srv/news]}\nreader: {model: mine}\nembedding: {model: ./minilm}\n",
        encoding="utf-8",
    )
    config = load_config(None, {"BYLINE_CONFIG": "etc/byline.yaml"})
    assert config.index.dir == folder / "data"
    assert config.index.sources == (folder / "news", Path("/srv/news"))
    assert config.reader.model == folder / "mine"
    assert config.embedding.model == folder / "minilm"


def test_the_command_line_wins_over_the_environment(file: Path) -> None:
    Path("one.yaml").write_text("machine: {threads: 1}", encoding="utf-8")
    Path("two.yaml").write_text("machine: {threads: 3}", encoding="utf-8")
    environ = {"BYLINE_CONFIG": "one.yaml", "BYLINE_INDEX": "there", "BYLINE_INDEX__DIR": "elsewhere"}
    assert load_config(None, environ).machine.threads == 1
    assert load_config(Path("two.yaml"), environ).machine.threads == 3
    assert load_config(None, environ).index.dir == Path("there").absolute()
    config = load_config(None, environ, index=Path("here"))
    assert config.index.dir == Path("here").absolute()
    assert config.history_file == Path("here").absolute() / "repl_history"


def test_none_stands_for_no_reading_model_and_for_no_history(file: Path) -> None:
    file.write_text("reader: {model: none}\nrepl: {history: none}", encoding="utf-8")
    config = load_config(None, {})
    assert config.reader.model is None
    assert config.history_file is None


def test_a_config_is_frozen_to_its_last_part() -> None:
    config = Config(ROOT)
    for part in fields(config):
        value = getattr(config, part.name)
        if is_dataclass(value):
            with pytest.raises(FrozenInstanceError):
                setattr(value, fields(value)[0].name, None)


def test_one_setting_can_be_changed_for_a_session_and_is_checked_alike(file: Path) -> None:
    config = load_config(None, {})
    changed = change_setting(config, "answer.max_citations", "3")
    assert (changed.answer.max_citations, config.answer.max_citations) == (3, 5)
    assert changed.index == config.index
    with pytest.raises(ConfigInvalid) as caught:
        change_setting(config, "answer.max_citations", "many")
    expected = 'configuration refused: answer.max_citations = "many": a whole number from 1 to 20 is allowed'
    assert str(caught.value) == expected
    with pytest.raises(ConfigInvalid, match=r"max_citatons: no such setting; the nearest is answer\.max_citations"):
        change_setting(config, "max_citatons", "3")


def test_the_telegram_section_takes_numbers_scopes_and_addresses(file: Path) -> None:
    file.write_text(
        'telegram:\n  access: pairing\n  admins: [5]\n  groups: [-1001234567890]\n  scopes: {"5": [Press, wires], "-7": '
        '[all]}\n  webhook_url: "https://bot.example.org/x/"\n  webhook_path: /a/b/\n',
        encoding="utf-8",
    )
    telegram = load_config(None, {"BYLINE_TELEGRAM__USERS": "[6, 7]", "BYLINE_TELEGRAM__DEFAULT_SCOPE": "[x]"}).telegram
    assert (telegram.access, telegram.admins, telegram.users) == ("pairing", (5,), (6, 7))
    assert telegram.groups == (-1001234567890,)
    assert telegram.scopes == {5: ("press", "wires"), -7: ("all",)}
    assert (telegram.default_scope, telegram.webhook_url, telegram.webhook_path) == (
        ("x",), "https://bot.example.org/x", "a/b",
    )  # fmt: skip


# What is refused


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("access: everyone", 'access = "everyone": one of open, list, pairing is allowed'),
        ("admins: [me]", "numbers of people, as [123456789] or []"),
        ("admins: [true]", "numbers of people"),
        ("admins: [-5]", "numbers of people"),
        ("admins: [5, 5]", "numbers of people"),
        ("admins: 5", "numbers of people"),
        ("groups: [5]", "numbers of groups, as [-1001234567890] or []"),
        ('scopes: {"x": [a]}', "collections by the number of a chat"),
        ('scopes: {"5": []}', "collections by the number of a chat"),
        ('scopes: {"5": [all, press]}', "collections by the number of a chat"),
        ('scopes: {"5": ["press room"]}', "collections by the number of a chat"),
        ("scopes: [a]", "collections by the number of a chat"),
        ("default_scope: []", "a list of collections"),
        ("default_scope: [all, press]", "a list of collections"),
        ("webhook_url: http://bot.example.org", "begins with https://"),
        ('webhook_url: "https://user:pw@bot.example.org"', "begins with https://"),
        ("webhook_path: ../x", "a path of A-Z"),
        ("mode: webhook", "telegram.webhook_url must then say where Telegram finds it"),
        ("waiting: 0", "a whole number from 8 to 10000 is allowed"),
        ("health_port: 65536", "a whole number from 0 to 65535 is allowed"),
    ],
)
def test_a_telegram_setting_that_could_let_a_stranger_in_or_never_work_is_refused(
    file: Path, content: str, problem: str
) -> None:
    (only,) = refused(f"telegram:\n  {content}\n")
    assert problem in only


def test_every_bad_key_is_listed_with_what_is_allowed(file: Path) -> None:
    """CFG-009, in our own settings' names."""
    problems = refused(
        'retrieval: {vectors: "5; rm -rf /", words: -1, fuse_k: true}\nanswer: {min_confidence: .nan}\n'
        "reader: {strict: 1}\nindex: {sources: seeds}\nembedding: {precision: float16}\nrepl: {history: a/b}\n",
        {"BYLINE_MACHINE__THREADS": "many"},
    )
    assert problems == (
        'config.yaml: retrieval.vectors = "5; rm -rf /": a whole number from 1 to 1000 is allowed',
        "config.yaml: retrieval.words = -1: a whole number from 1 to 1000 is allowed",
        "config.yaml: retrieval.fuse_k = true: a whole number from 1 to 1000 is allowed",
        "config.yaml: answer.min_confidence = NaN: a number from 0 to 1 is allowed",
        "config.yaml: reader.strict = 1: true or false is allowed",
        'config.yaml: index.sources = "seeds": a list of 1 to 100 paths, as [one, other] is allowed',
        'config.yaml: embedding.precision = "float16": one of auto, float32, bfloat16 is allowed',
        'config.yaml: repl.history = "a/b": a file name without a folder, or none is allowed',
        'BYLINE_MACHINE__THREADS = "many": a whole number from 1 to 64 is allowed',
    )


def test_keys_of_other_programs_are_all_refused(file: Path) -> None:
    """CFG-009, as it stands."""
    problems = refused('{"top_k": "5; rm -rf /", "timeout": -1, "threshold": NaN}')
    assert [problem.split(";")[0] for problem in problems] == [
        f"config.yaml: {key}: no such setting" for key in ("top_k", "timeout", "threshold")
    ]


def test_the_message_has_one_line_for_each_problem(file: Path) -> None:
    file.write_text("a: 1\nb: 2", encoding="utf-8")
    with pytest.raises(ConfigInvalid) as caught:
        load_config(None, {})
    assert str(caught.value).splitlines()[0] == "configuration refused, 2 problems:"
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "nearest"),
    [
        ("unknown_key: 1 ", ""),
        ("min_confidence: 0.3", "answer.min_confidence"),
        ("retreival: {vectors: 3}", "retrieval.vectors"),
        ("retrieval: {vector: 3}", "retrieval.vectors"),
        ("passages: {target: 600}", "passages.target_chars"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_valid_one(file: Path, content: str, nearest: str) -> None:
    """CFG-010."""
    (problem,) = refused(content)
    assert "no such setting; the nearest is " in problem
    assert problem.rsplit(" ", 1)[1] in settings(Config(ROOT))
    assert problem.endswith(nearest)


@pytest.mark.parametrize(
    ("variable", "problem"),
    [
        ("BYLINE_RETREIVAL__WORDS", "no such setting; the nearest is BYLINE_RETRIEVAL__WORDS"),
        ("BYLINE_RETRIEVAL_WORDS", "no such setting; did you mean BYLINE_RETRIEVAL__WORDS?"),
        ("BYLINE_CONFG", "no such setting; did you mean BYLINE_CONFIG?"),
    ],
)
def test_a_mistyped_variable_is_not_passed_over(file: Path, variable: str, problem: str) -> None:
    assert refused("", {variable: "3"}) == (f"{variable}: {problem}",)


def test_aliases_cannot_make_a_small_file_large(file: Path) -> None:
    """CFG-011."""
    began = time.process_time()
    assert refused("a: &a [x]\nb: " + "[*a]" * 1000) == ("config.yaml: aliases (*name) are not taken (line 2)",)
    assert refused("[" * 60_000)[0].startswith("config.yaml: ")
    assert refused("a: 1\n" * 13_000) == ("config.yaml: larger than 64,000 bytes",)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("index:\n  dir: a\n  dir: b\n", "`dir` is given twice (line 3)"),
        ("index: {}\nindex: {}\n", "`index` is given twice (line 2)"),
        ("3: x\n", "a key must be a name (line 1)"),
        ("index: {<<: {dir: a}}\n", "a key must be a name (line 1)"),
        ("- index\n", '["index"]: only sections with settings are allowed at the top'),
        ("index\n", '"index": only sections with settings are allowed at the top'),
        ("index: 3\n", "index = 3: a section is allowed here, with any of dir, sources, keep_generations"),
        (b"index: {dir: caf\xe9}", "not UTF-8 (byte 17); save it as UTF-8"),
        ("index: {dir: a}".encode("utf-16"), "not UTF-8 (byte 1); save it as UTF-8"),
        ("x: !!python/object/apply:os.system [ls]\n", "could not determine a constructor for the tag"),
        ("a: 1\n---\nb: 2\n", "but found another document"),
        ("index: {dir: [}\n", "(line 1)"),
        ("index: {dir: \x1b[31m}", "special characters are not allowed"),
        ("machine: {threads: " + "1" * 5_000 + "}", "not YAML: Exceeds the limit"),
        ("machine: {threads: 2019-13-45}", "not YAML: month must be in 1..12"),
        ("passages: {target_chars: 900, longest_chars: 300}", "at least passages.target_chars (900) is allowed"),
    ],
)
def test_what_is_not_a_configuration_is_refused_in_one_line(file: Path, content: str | bytes, problem: str) -> None:
    (only,) = refused(content)
    assert problem in only
    assert "\n" not in only


def test_a_named_file_must_be_there_and_be_a_file(file: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"^configuration refused: nowhere\.yaml: cannot be read: No such file"):
        load_config(Path("nowhere.yaml"), {})
    with pytest.raises(ConfigInvalid, match=r"none\.yaml: cannot be read"):
        load_config(None, {"BYLINE_CONFIG": "none.yaml"})
    with pytest.raises(ConfigInvalid, match="not a regular file"):
        load_config(Path(), {})


@pytest.mark.parametrize(
    ("content", "environ"),
    [
        ("telegram: {token: canary-0123456789}", {}),
        ("bot_token: canary-0123456789", {}),
        ("index: {api_key: canary-0123456789}", {}),
        ("index: {dir: '123456789:AAcanary-0123456789abcdef0123456'}", {}),
        ("", {"BYLINE_TELEGRAM__TOKEN": "canary-0123456789"}),
    ],
)
def test_a_secret_is_refused_and_never_shown(file: Path, content: str, environ: dict[str, str]) -> None:
    (problem,) = refused(content, environ)
    assert problem.endswith("secrets are not kept in the configuration; use the environment (TELEGRAM_BOT_TOKEN)")
    assert "canary" not in problem


def test_a_token_within_a_refused_list_is_not_shown(file: Path) -> None:
    (problem,) = refused("retrieval: {words: ['123456789:AAcanary-0123456789abcdef0123456']}")
    assert "canary" not in problem


@given(st.text())
def test_any_text_is_a_value_or_is_refused(text: str) -> None:
    message = ""
    try:
        parse_yaml(text)
    except YamlRefused as refusal:
        message = str(refusal)
    assert not obeyed(message)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_is_taken_or_named_in_the_refusal(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    file = tmp_path_factory.mktemp("any") / "config.yaml"
    file.write_text(yaml.safe_dump({"retrieval": {"vectors": value}}, allow_unicode=False), encoding="utf-8")
    problems: tuple[str, ...] = ()
    try:
        assert load_config(file, {}).retrieval.vectors == value
    except ConfigInvalid as refusal:
        problems = refusal.problems
    assert len(problems) == (0 if isinstance(value, int) and value is not True and 1 <= value <= 1_000 else 1)


def test_a_file_in_utf8_is_read_whatever_the_locale_says(file: Path) -> None:
    """CFG-021, the reading half."""
    file.write_text('embedding: {query_prefix: "Fráge: "}\nunknown: 1', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import bot.config as c, os; c.load_config(None, os.environ)"],
        env={"PYTHONPATH": str(ROOT), "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert b"ConfigInvalid: configuration refused: config.yaml: unknown: no such setting" in done.stderr


def test_reading_the_configuration_loads_no_model_library() -> None:
    code = "import sys, bot.config; sys.exit(bool({'torch', 'numpy', 'haystack', 'transformers'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, check=False).returncode == 0


def test_the_recipe_of_a_build_follows_the_settings(file: Path) -> None:
    """Each that says what a generation holds."""
    changes = {"BYLINE_ARTICLES__KEEP_BOILERPLATE": "true", "BYLINE_ARTICLES__MAX_SENTENCES": "70",
               "BYLINE_PASSAGES__TARGET_CHARS": "300", "BYLINE_PASSAGES__LONGEST_CHARS": "400",
               "BYLINE_INDEX__KEEP_GENERATIONS": "3", "BYLINE_ARTICLES__PAGE_VERSIONS": "4"}  # fmt: skip
    made = recipe(load_config(None, changes))
    assert (made.keep_boilerplate, made.max_sentences, made.target_chars) == (True, 70, 300)
    assert (made.longest_chars, made.keep, made.page_versions) == (400, 3, 4)
    assert recipe(Config(Path())).keep_boilerplate is False


def test_a_config_made_in_code_has_absolute_paths_too() -> None:
    config = Config(Path("etc"))
    assert config.index.dir == Path("etc").absolute() / ".index"
    assert config.history_file == config.index.dir / "repl_history"
