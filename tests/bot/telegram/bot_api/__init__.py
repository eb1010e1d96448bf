"""A strict Bot API server of the project's own, on loopback, and the people who write to the bot there."""
