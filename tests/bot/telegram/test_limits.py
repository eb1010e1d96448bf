"""Limits count exactly: never more in any window than allowed, and no fewer than that when asked again and again."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from bot.chat_telegram.limits import GROUP_WINDOW, KEPT, SPACING, Pace, Quota


def most_in(times: list[float], seconds: float) -> int:
    """The most that fell into any window of that length, worked out one by one."""
    return max((sum(1 for other in times if time <= other < time + seconds) for time in times), default=0)


# Eighths of a second, which floats hold exactly: at a window's very edge a rounded sum says either.
@given(st.lists(st.integers(0, 24), max_size=150))
def test_in_no_window_is_more_taken_than_allowed_and_what_is_refused_is_not_counted(gaps: list[int]) -> None:
    quota, now = Quota([(5, 10.0), (20, 60.0)]), 0.0
    taken: list[float] = []
    for gap in gaps:
        now += gap / 8
        allowed = most_in([*taken, now], 10) <= 5 and most_in([*taken, now], 60) <= 20
        wait = quota.take("someone", now)
        assert (wait == 0) == allowed
        if wait:
            # asked of a copy: what is asked of a later time forgets what is over by then
            assert deepcopy(quota).wait("someone", now + wait + 1e-6) == 0
        else:
            taken.append(now)


def test_a_flooder_gets_what_is_allowed_and_nobody_else_notices() -> None:
    quota = Quota([(5, 10.0), (60, 3_600.0)])
    taken = sum(quota.take("flooder", second / 50) == 0 for second in range(50 * 3_600))
    assert taken == 60
    assert quota.take("polite", 3_600.0) == 0


def test_memory_stays_small_however_many_come() -> None:
    quota = Quota([(5, 10.0)])
    for key in range(3 * KEPT):
        quota.take(key, 0.0)
    assert len(quota) == KEPT


def test_whoever_was_quiet_for_the_longest_window_is_forgotten_and_nobody_else() -> None:
    quota = Quota([(1, 5.0), (5, 10.0)])
    for key in range(1_000):
        quota.take(key, key / 10)
    assert len(quota) == 100
    assert quota.wait(999, 99.9) and quota.wait(950, 99.9) and not quota.wait(0, 99.9)


def test_sends_keep_telegrams_limits_and_one_chat_does_not_hold_up_another() -> None:
    pace, now, sent = Pace(30), 0.0, []
    queue = [chat for chat in range(1, 41) for _ in range(3)] + [-7] * 50
    waiting = list(queue)
    while waiting:
        chat = min(waiting, key=lambda chat: pace.wait(chat, now))
        now += pace.wait(chat, now)
        now += pace.book(chat, now)
        sent.append((now, chat))
        waiting.remove(chat)
    assert most_in([time for time, _ in sent], 1.0) <= 30
    for chat in set(queue):
        assert most_in([time for time, to in sent if to == chat], 1.0) == 1
    assert most_in([time for time, to in sent if to == -7], 60.0) <= 20
    assert max(time for time, to in sent if to > 0) < 10


def test_a_chat_waits_its_spacing_and_a_group_its_minute() -> None:
    pace = Pace()
    pace.book(5, 0.0)
    assert abs(pace.wait(5, 0.5) - (SPACING - 0.5)) < 1e-9
    assert pace.wait(6, 0.5) == 0
    pace = Pace()
    for i in range(20):
        pace.book(-5, float(2 * i))
    assert abs(pace.wait(-5, 40.0) - (GROUP_WINDOW[1] - 40)) < 1e-9
