"""The Telegram front: updates in, answers out; each module may import those named before it.

secret, lock, records, limits, nesting, wire, sorting, entries, lines, shelf, inbox, calls, sending; parts, wording,
turns, asking, access, office; the modules of handlers; polling, webhook, health, working, run.
"""

import os

os.environ["PTB_TIMEDELTA"] = "true"  # python-telegram-bot warns at every use of the way it is about to give up
