#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: small parts of the other fixtures.

usage: make_fuzz_seeds.py RESOURCES      (RESOURCES = moe-core/src/test/resources; the other fixtures lie there)

  fuzz/gguf, fuzz/safetensors   the files of org.moe4j.format
  fuzz/model                    the settings of every parity case, and the headers of their GGUF twins
  fuzz/step                     headers of one GGUF file of each tensor type; what lies in fuzz/model is run too
  fuzz/tokenizer                every tokenizer with a few of its tokens and merges, as tokenizer.json and in GGUF metadata

Only files called seed-* are written; the others there were found or kept by fuzzing. Those of fuzz/template were all kept:
the first ones came from the snippets of chat_template_snippets.py.

Needs: gguf.
"""
import gzip
import json
import pathlib
import sys

import gguf

ROOT = pathlib.Path(sys.argv[1])
OUT = ROOT / "fuzz"

# libFuzzer is given inputs of up to this size.
MOST = 8192


def write(target, name, data):
    if len(data) <= MOST:
        folder = OUT / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{name}").write_bytes(data)


def formats():
    folder = ROOT / "org/moe4j/format"
    for path in [folder / "reference.gguf", *sorted(folder.glob("split-0000[12]-*.gguf"))]:
        write("gguf", path.name, path.read_bytes())
    for path in [*folder.glob("sharded/*.safetensors"), folder / "sharded/model.safetensors.index.json"]:
        write("safetensors", path.name, path.read_bytes())


def models():
    for case in sorted((ROOT / "parity").iterdir()):
        if case.name.endswith("seed2"):
            continue
        write("model", case.name + ".json", (case / "config.json").read_bytes())
        twin = case / "twin.gguf"
        if twin.exists():
            write("model", case.name + ".gguf", header(twin))


def header(path):
    return path.read_bytes()[: gguf.GGUFReader(path).data_offset]


def steps():
    for path in sorted((ROOT / "llamacpp/quantised").glob("*.gguf")):
        write("step", path.name, header(path))


def few_of_bpe(tokenizer):
    model = tokenizer["model"]
    model["merges"] = model["merges"][:6]
    keep = {token for token in model["vocab"] if len(token) == 1 or token.startswith("<0x")}
    for merge in model["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        keep |= {left, right, left + right}
    keep |= {token["content"] for token in tokenizer["added_tokens"]}
    keep |= {model.get("unk_token")}
    model["vocab"] = {token: id for token, id in model["vocab"].items() if token in keep}


def few_of_unigram(tokenizer):
    tokenizer["model"]["vocab"] = tokenizer["model"]["vocab"][:60]
    normalizer = tokenizer.get("normalizer") or {}
    for stage in [normalizer, *normalizer.get("normalizers", [])]:
        if stage.get("type") == "Precompiled" and len(stage["precompiled_charsmap"]) > MOST // 2:
            stage.update(type="NFKC")
            del stage["precompiled_charsmap"]
    size = len(tokenizer["model"]["vocab"])
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["id"] < size]


def tokenizers():
    for path in sorted((ROOT / "tokenizer").glob("*/tokenizer.json.gz")):
        tokenizer = json.loads(gzip.decompress(path.read_bytes()))
        tokenizer["added_tokens"] = tokenizer.get("added_tokens", [])[:6]
        if tokenizer["model"].get("type") == "Unigram":
            few_of_unigram(tokenizer)
        else:
            few_of_bpe(tokenizer)
        text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
        write("tokenizer", path.parent.name + ".json", text.encode())


def alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def metadata(name, model, tokens, types, pre=None, scores=None, merges=None):
    path = OUT / "tokenizer" / f"seed-{name}.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores:
        writer.add_token_scores(scores)
    if merges:
        writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(2)
    writer.add_add_bos_token(True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def gguf_tokenizers():
    tokens = ["<|begin_of_text|>", "<|end_of_text|>", *alphabet(), "He", "ll"]
    types = [3, 3] + [1] * (len(tokens) - 2)
    for pre in ["qwen2", "llama-bpe", "gpt-2", "deepseek-v3", "gpt-4o"]:
        metadata("gguf-" + pre, "gpt2", tokens, types, pre=pre, merges=["H e", "l l"])
    pieces = ["\u2581", "H", "e", "l", "o", "\u2581H", "el", "lo"]
    tokens = ["<s>", "</s>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    types = [3, 3, 2] + [6] * 256 + [1] * len(pieces)
    scores = [0.0] * 259 + [-1.0, -2.0, -3.0, -4.0, -5.0, -1.5, -2.5, -3.5]
    metadata("gguf-llama", "llama", tokens, types, scores=scores)
    metadata("gguf-t5", "t5", tokens, types, scores=scores)
    metadata("gguf-gemma4", "gemma4", tokens, types, scores=scores, merges=["e l", "l o", "\u2581 H"])


formats()
models()
steps()
tokenizers()
gguf_tokenizers()
