"""Everything that `bot` can fail with.

BylineError                  a message that says what, where and what to do now
├── ConfigInvalid            config.yaml or the environment holds what cannot be used; lists every bad key
├── ReaderUnavailable        the reading model cannot be loaded from where the configuration says
├── GivenUnclear             what `byline add` was given is neither a file nor an address, and might be meant as one
├── QuestionRefused          a line that is not taken as a question; `reason` is a fixed word
├── CitationBroken           a quote differs from the stored text: our fault or damage, never shown
├── QuestionFileInvalid      a question file for `byline eval` has a bad line
├── TokenUnusable            no Telegram token, one that Telegram refuses, or one that others could read
├── RecordsUnusable          the Telegram front's own file cannot be used
├── PollingTaken             another process, here or elsewhere, asks Telegram for this bot's messages
└── PollingDead              Telegram has refused this bot for too long; a supervisor should start it anew
"""

from __future__ import annotations


class BylineError(Exception):
    """A failure that the user can understand; the text is fit to be shown as it is."""


class ConfigInvalid(BylineError):
    """The configuration cannot be used; `problems` has one line for each bad key, the text has them all."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        count = len(problems)
        head = "configuration refused: " if count == 1 else f"configuration refused, {count} problems:\n  "
        super().__init__(head + "\n  ".join(problems))
        self.problems = problems


class ReaderUnavailable(BylineError):
    """The reading model cannot be loaded; the text names the place that was looked at."""


class GivenUnclear(BylineError):
    """Something given to `byline add` may be an address without its beginning; nothing was added."""


class QuestionRefused(BylineError):
    """A line that is not taken as a question.

    `reason` is one of a fixed set of words (`empty_question`, `question_too_long`, `bad_text`), stable for
    scripts; the text says more.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class CitationBroken(BylineError):
    """A quote differs from the stored text, or is not whole sentences of it; such an answer is never shown."""


class QuestionFileInvalid(BylineError):
    """A question file has a line that cannot be used; the text names it."""


class TokenUnusable(BylineError):
    """There is no Telegram token that can be used; the text never holds it."""


class RecordsUnusable(BylineError):
    """The file in which the Telegram front keeps its state cannot be used; the text names it."""


class PollingTaken(BylineError):
    """Another process asks Telegram for this bot's messages; the text says what is known of it."""


class PollingDead(BylineError):
    """Telegram has refused this bot's requests for longer than waiting makes sense."""
