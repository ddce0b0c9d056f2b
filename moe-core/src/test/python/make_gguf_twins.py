#!/usr/bin/env python3
"""Makes the GGUF twins of the parity models with llama.cpp's own converter.

usage: LLAMA_CPP_LIB=... LLAMA_CPP_SOURCE=... make_gguf_twins.py [-h] [--models DIR] [CASE ...]

LLAMA_CPP_SOURCE is a checkout of the release whose libraries LLAMA_CPP_LIB holds (see llama_cpp.py). Every case with a twin
is saved once more as the hub holds it and converted (only its vocabulary is made up), to F32 and to BF16. llama.cpp (F32
cache, no flash attention) must give the logits of expected.safetensors from the F32 file to 1e-4 of their range, unless the
case says why it does not. parity/CASE/twin.gguf is the BF16 file, which must hold the same numbers (llama.cpp would round
activations to BF16 with it, which is why it is not asked).
"""
import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file

sys.path.insert(0, os.environ["LLAMA_CPP_SOURCE"])
import conversion  # noqa: E402  (of llama.cpp)
from conversion.base import ModelType, gguf  # noqa: E402

import make_parity_fixtures as parity  # noqa: E402
from llama_cpp import LlamaCpp, Model  # noqa: E402
from make_llama_cpp_fixtures import difference, vocabulary  # noqa: E402

CLOSE = 1e-4


def set_vocabulary(self):
    """Byte-level BPE of the model's size instead of a tokenizer that the tiny models do not have."""
    tokens, types, merges = vocabulary(self.hparams["vocab_size"])
    w = self.gguf_writer
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_eos_token_id(len(tokens) - 1)
    w.add_add_bos_token(False)


def convert(directory, target, kind, predicts):
    """Runs the converter on a directory with a config.json and safetensors."""
    base = conversion.base.ModelBase
    hparams = base.load_hparams(directory, False)
    architecture = conversion.base.get_model_architecture(hparams, ModelType.TEXT)
    model_class = conversion.get_model_class(architecture)
    own = type(model_class.__name__, (model_class,), {"set_vocab": set_vocabulary, "model_arch": model_class.model_arch,
                                              "no_mtp": not predicts})
    with torch.inference_mode():
        own(directory, kind, target, eager=True).write()


def save_as_hub(case, directory, hub):
    """Saves what the case's directory holds with the tensor names of the hub."""
    source = parity.read_back(case, directory)
    # A model that was read in one layout is saved in that one again.
    fresh = type(source)(source.config)
    fresh.load_state_dict(source.state_dict())
    fresh.save_pretrained(hub, save_original_format=True)
    config = json.loads((hub / "config.json").read_text())
    config.update(parity.family(case).twin_config)
    if case.predicts:
        parity.add_prediction_layer(hub, config)
    (hub / "config.json").write_text(json.dumps(config))
    (hub / "generation_config.json").unlink(missing_ok=True)
    # Some converters count the vocabulary.
    size = parity.read_back(case, directory).config.vocab_size
    tokens = {f"t{i}": i for i in range(size)}
    (hub / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}, "added_tokens": []}))


def check_same(target, full):
    """Two files hold the same numbers."""
    tensors = {t.name: t for t in gguf.GGUFReader(full).tensors}
    for tensor in gguf.GGUFReader(target).tensors:
        other = tensors.pop(tensor.name)
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type)
        assert np.array_equal(numbers.ravel(), other.data.ravel()), tensor.name
    assert not tensors, tensors


def make(llama, case, models):
    directory = models / case.name
    target = directory / "twin.gguf"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as t:
        # Its name becomes the model's.
        hub = Path(t) / case.name
        hub.mkdir()
        if parity.family(case).publish:
            for name in ("config.json", "model.safetensors"):
                shutil.copyfile(directory / name, hub / name)
        else:
            save_as_hub(case, directory, hub)
        full = Path(t) / "full.gguf"
        convert(hub, full, gguf.LlamaFileType.ALL_F32, case.predicts)
        convert(hub, target, gguf.LlamaFileType.MOSTLY_BF16, case.predicts)
        check_same(target, full)
        worst = ask(llama, case, full, load_file(directory / "expected.safetensors"))
    print(f"{case.name}: llama.cpp differs by {worst:.1e} of the range {case.twin_differs}", flush=True)
    assert (worst < CLOSE) == (not case.twin_differs), case.name


def ask(llama, case, path, expected):
    """How far llama.cpp's logits are from those that are expected."""
    model = Model(llama, path)
    worst = max(difference(model.logits(expected[f"{s}.ids"].tolist()), expected[f"{s}.logits"])
                for s in range(len(case.lengths)))
    if worst < CLOSE:
        for s in range(len(case.lengths)):
            out, _ = model.greedy(expected[f"{s}.ids"].tolist(), parity.GREEDY)
            assert out == expected[f"{s}.greedy"].tolist()[: len(out)], case.name
    model.close()
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=parity.DEFAULT_OUT, help="folder with a directory for each case")
    parser.add_argument("names", nargs="*", metavar="CASE", help="all cases with a twin if none")
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    cases = {c.name: c for c in parity.CASES if c.twin}
    if not set(args.names) <= cases.keys():
        parser.error(f"cases with a twin are {', '.join(cases)}")
    llama = LlamaCpp()
    for name, case in cases.items():
        if not args.names or name in args.names:
            make(llama, case, args.models)


if __name__ == "__main__":
    main()
