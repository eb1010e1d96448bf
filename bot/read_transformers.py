"""Any extractive question-answering model of the Hugging Face kind -> a Reader.

Comes in: a local folder as `save_pretrained` leaves it, with safetensors weights. Goes out: a TransformersReader.
Others lean on this: nothing is fetched, no code from the folder is run, no pickle is opened. Scores are the span's
logits less those of the first token ("no answer" as in SQuAD 2.0), so a model trained on SQuAD 2.0 is needed for
abstaining to work. Knows nothing of the shipped reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from bot.errors import ReaderUnavailable
from bot.fitting import unfit
from bot.read import Reading, Window, best_spans
from bot.weigh import Calibration, Weights, weighed
from index.encoder import Precision, device, fast_dtype

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Windows in one forward pass; they are padded to the longest, so more would waste more.
_BATCH = 8
_LONGEST = 384
_OVERLAP = 64


class TransformersReader:
    """A question-answering model of the transformers library held open; for one thread at a time."""

    apart = True

    def __init__(
        self, name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, calibration: Calibration
    ) -> None:
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._calibration = calibration
        self._longest = min(_LONGEST, int(getattr(model.config, "max_position_embeddings", _LONGEST)))

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Readings over all windows, best first."""
        if not question.strip():
            return []
        readings: list[Reading] = []
        # Windows of like length go together.
        order = sorted((i for i in range(len(windows)) if windows[i].text.strip()), key=lambda i: len(windows[i].text))
        for begin in range(0, len(order), _BATCH):
            readings += self._read(question, windows, order[begin : begin + _BATCH])
        return weighed(question, readings, windows, Weights())

    def confidence(self, readings: Sequence[Reading], windows: Sequence[Window]) -> float:
        """Probability that the first reading's sentence answers the question; 0 without readings."""
        return self._calibration.confidence(readings, windows)

    def _read(self, question: str, windows: Sequence[Window], chosen: Sequence[int]) -> list[Reading]:
        asked = self._tokenizer(question, add_special_tokens=False, truncation=True, max_length=self._longest // 3)
        short = (
            self._tokenizer.decode(asked["input_ids"]) if len(asked["input_ids"]) >= self._longest // 3 else question
        )
        inputs = self._tokenizer(
            [short] * len(chosen),
            [windows[i].text for i in chosen],
            truncation="only_second",
            max_length=self._longest,
            stride=min(_OVERLAP, self._longest // 4),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        owners = inputs.pop("overflow_to_sample_mapping").tolist()
        offsets = inputs.pop("offset_mapping").numpy()
        with torch.inference_mode():
            output = self._model(**inputs.to(self._model.device))
        logits = torch.stack((output.start_logits, output.end_logits), -1).float().cpu().numpy()
        readings: list[Reading] = []
        for row, owner in enumerate(owners):
            inside = [i for i, part in enumerate(inputs.sequence_ids(row)) if part == 1]
            odds = (logits[row, inside] - logits[row, :1]).astype(np.float32)
            starts, ends = offsets[row, inside, 0].tolist(), offsets[row, inside, 1].tolist()
            number = chosen[owner]
            readings += best_spans(odds, starts, ends, windows[number], number, unfit(question, windows[number]))
        return readings


def load(folder: Path, threads: int | None = None, precision: Precision = "auto") -> TransformersReader:
    """The model in `folder`. Raises ReaderUnavailable when it is not one that transformers can load from there."""
    if threads is not None:
        torch.set_num_threads(threads)
    if not (folder / "config.json").is_file():
        raise ReaderUnavailable(
            f"no reader model in {folder}: config.json is missing; set reader.model in config.yaml to a folder that "
            "holds a question-answering model, or to default"
        )
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, **safe)
        model, report = AutoModelForQuestionAnswering.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, dtype=fast_dtype(precision), **safe
        )
    except Exception as error:  # the library raises a dozen unrelated types for a bad folder
        raise ReaderUnavailable(
            f"no usable reader model in {folder}: {type(error).__name__}: {str(error)[:300]}"
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise ReaderUnavailable(f"no usable reader model in {folder}: its tokenizer does not tell offsets (not fast)")
    missing = [name for name in report["missing_keys"] if "qa_outputs" in name]
    if missing:
        raise ReaderUnavailable(
            f"no usable reader model in {folder}: {', '.join(missing)} missing; it was not trained to answer questions"
        )
    return TransformersReader(folder.name, model.eval().to(device()), tokenizer, Calibration())
