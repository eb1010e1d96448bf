"""How long reading takes: `python -m benchmarks.reader_speed`.

Times the whole call (tokens, network, spans) for one question on 20 windows of about 650 characters made here, for
the shipped way and for the same weights as a plain float32 PyTorch batch padded to its longest, and prints both
medians and their ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional

from bot.read import Window, load_reader
from bot.read_mini import MiniReader
from bot.span_model import SpanModel
from index.bert import Layer
from training.windows import window

_NAMES = "Orlec Tarvin Mesmer Halden Brisk Undal Perrin Costa Velm Ashby".split()
_THINGS = "bridge harbour council school railway museum hospital market dam library".split()


def passages(count: int, seed: int = 7) -> list[Window]:
    """Windows of five to seven invented sentences."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        sentences: list[str] = []
        while sum(len(sentence) for sentence in sentences) < 640:
            name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
            sentences.append(
                f"Officials in {name} said on Monday that the {thing} would stay closed until {rng.randrange(2, 28)} "
                f"May, after {rng.randrange(200, 9000)} people had asked for repairs worth {rng.randrange(2, 90)} million."
            )
        made.append(window(" ".join(sentences)))
    return made


def median_ms(call: Callable[[], object], times: int) -> float:
    """Median of `times` calls after three to warm up, in milliseconds."""
    for _ in range(3):
        call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def plain(model: SpanModel, tokens: torch.Tensor, kinds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The same network as one padded batch, the way it is usually written."""
    bert = model.bert
    count, length = tokens.shape
    x = bert.norm(bert.words(tokens) + bert.positions(torch.arange(length)) + bert.types(kinds))
    for layer in (one for one in bert.layers if isinstance(one, Layer)):
        query, key, value = (
            part.view(count, length, bert.shape.heads, -1).transpose(1, 2) for part in layer.qkv(x).chunk(3, -1)
        )
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + mask
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(count, length, -1)
        x = layer.norm1(x + layer.out(mixed))
        x = layer.norm2(x + layer.down(functional.gelu(layer.up(x))))
    return torch.sub(model.span(x), model.none(x[:, :1]))


def main(argv: Sequence[str] | None = None) -> int:
    """Prints one JSON line with both medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader_speed", description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args(argv)
    question, read = "when will the bridge in Tarvin open again?", passages(20)
    ours = load_reader(options.model, options.threads)
    exact = load_reader(options.model, options.threads, "float32")
    if not isinstance(exact, MiniReader):
        print("reader_speed compares the shipped kind of reader only", file=sys.stderr)
        return 1
    parts = exact.parts(question, read)
    longest = max(len(part.tokens) for part in parts)
    tokens = torch.tensor([[*part.tokens, *[0] * (longest - len(part.tokens))] for part in parts])
    kinds = torch.tensor([[*part.kinds, *[0] * (longest - len(part.kinds))] for part in parts])
    mask = torch.tensor([[i >= len(part.tokens) for i in range(longest)] for part in parts])[:, None, None] * -1e9
    with torch.inference_mode():
        figures = {
            "windows": len(read),
            "tokens": sum(len(part.tokens) for part in parts),
            "shipped_ms": median_ms(lambda: ours.read(question, read), options.times),
            "packed_float32_ms": median_ms(lambda: exact.read(question, read), options.times),
            "plain_float32_network_only_ms": median_ms(lambda: plain(exact.model, tokens, kinds, mask), options.times),
        }
    figures["ratio"] = figures["plain_float32_network_only_ms"] / figures["shipped_ms"]
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
