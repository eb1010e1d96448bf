"""From articles to a published index: canonical text, sentences, passages, vectors, generations.

`index` knows nothing of questions and never imports `bot`. Importing it bounds how the thread pools of the numeric
libraries wait, which has to happen before any of them is loaded: pools that spin against each other or against another
process made a question ten times slower (docs/LOG.md).
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
