"""Every known bad input of Telegram and of the network is named by the test that holds it against what is expected."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "bad_inputs.json"
NAMED = re.compile(r"\b(TEL|NET)-(\d{3})(?: to (?:TEL-|NET-)?(\d{3}))?")
# One test reads all literal addresses from the file.
READ = "lit: "
NONE = {"NET-063": "no setting of Byline's lists hosts that may be fetched from"}


@pytest.mark.skipif(not CASES.is_file(), reason="the data folder beside the checkout is not there")
def test_each_known_bad_input_of_telegram_and_of_the_network_has_its_test() -> None:
    named = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for kind, first, last in NAMED.findall(path.read_text(encoding="utf-8") if path != Path(__file__) else ""):
            named |= {f"{kind}-{number:03}" for number in range(int(first), int(last or first) + 1)}
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    wanted = {
        case["id"] for case in cases
        if case["surface"] == "telegram" or (case["surface"] == "network" and not case["input"].startswith(READ))
    }  # fmt: skip
    assert len(wanted) >= 45
    assert wanted - named == set(NONE)
