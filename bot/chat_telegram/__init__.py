"""The Telegram front: updates in, answers out; each module may import those named before it.

secret, records, limits, wire, inbox, sending; parts, wording, asking, access, office; the modules of handlers; polling,
webhook, health, working, run.
"""
