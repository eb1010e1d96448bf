"""Everything that `bot` can fail with.

    BylineError                  a message that says what, where and what to do now
    └── ReaderUnavailable        the reader model is missing, damaged or of a kind that cannot be read
"""

from __future__ import annotations


class BylineError(Exception):
    """A failure that the user can understand; the text is fit to be shown as it is."""


class ReaderUnavailable(BylineError):
    """The reader model cannot be loaded; nothing was read."""
