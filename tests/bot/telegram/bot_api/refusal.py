"""How the server says no: a status and a description in the Bot API's own words."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """The Bot API's answer to a call that it does not carry out."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = dict(parameters or {})


def bad(what: str) -> Refused:
    """400 with a description."""
    return Refused(400, f"Bad Request: {what}")
