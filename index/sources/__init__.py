"""Where articles come from: files now, one file a format, each from bytes to `Contents`; `read.py` is the way in."""
