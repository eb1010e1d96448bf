"""From articles to a published index: canonical text, sentences, passages, vectors, generations.

`index` knows nothing of questions and never imports `bot`. Importing it bounds how the thread pools of the numeric
libraries wait, which has to happen before any of them is loaded: pools that spin against each other or against another
process made a question ten times slower (docs/LOG.md). It bounds what malloc keeps too, before any thread begins.
"""

import contextlib
import ctypes
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
# log2 of the processor cycles that a thread of numpy's OpenBLAS spins for when its work is done; 26 by itself, 0.1 s a question.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
# Kernels that oneDNN keeps, by shape: 1,024 by itself, which fill slowly and hold 40 MB more.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
# Descriptions of kernels that PyTorch keeps, a quarter of a megabyte each: 1,024 a thread by itself. One layer's are enough.
os.environ.setdefault("LRU_CACHE_CAPACITY", "8")
# Buffers that MKL keeps for its next product, 64 MB while asking: malloc has them for others meanwhile.
os.environ.setdefault("MKL_DISABLE_FAST_MM", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Networks run on several threads, and glibc's malloc would keep the largest step each of them ever did in an arena of its
# own. One for all is no slower. It has to be said before the first thread: arenas that are there already go on to be used,
# 42 MB more while asking (docs/LOG.md). -8 is M_ARENA_MAX in its malloc.h.
with contextlib.suppress(AttributeError, TypeError, OSError):  # another C library
    ctypes.CDLL(None).mallopt(-8, 1)
