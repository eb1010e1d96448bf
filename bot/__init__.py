"""From a question to a cited answer, and the fronts (terminal, REPL, Telegram) that carry it."""
