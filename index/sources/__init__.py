"""Where articles come from: files now, one file a format, each from bytes to a `Draft`; `read.py` is the way in."""
