#!/usr/bin/env python3
"""Writes the fixtures of org.moe4j.format with the reference packages, so that the reader is not only tested against itself.

usage: format_fixtures.py OUT      (OUT = moe-core/src/test/resources/org/moe4j/format)

  dequantised/TYPE.bin   blocks of random bytes with finite scales of every size, then the F32 values that
                         gguf.quants.dequantize gives for them
  reference.gguf         every kind of metadata value and some tensors, by gguf.GGUFWriter
  split-*.gguf           a set of three parts, by gguf.GGUFWriter
  sharded/               a safetensors directory of two files with an index, by safetensors

Needs: numpy, gguf, safetensors.
"""
import json
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from safetensors.numpy import save_file

OUT = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(20261123)

# Where the F16 scales lie in a block.
SCALES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.IQ4_NL: [0], T.IQ4_XS: [0], T.MXFP4: [], T.NVFP4: [], T.TQ1_0: [52], T.TQ2_0: [64],
    T.IQ2_XXS: [0], T.IQ2_XS: [0], T.IQ2_S: [0], T.IQ3_XXS: [0], T.IQ3_S: [0], T.IQ1_S: [0], T.IQ1_M: [],
}


def finite_halves(n):
    """Random half-precision numbers of either sign: zeros, subnormals and normals, no NaN or infinity."""
    bits = rng.integers(0, 0x7C00, n, np.uint16) | (rng.integers(0, 2, n, np.uint16) << np.uint16(15))
    bits[:6] = [0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0xFBFF][:n]
    return bits


def dequantised():
    folder = OUT / "dequantised"
    folder.mkdir(parents=True, exist_ok=True)
    for kind in (T.F32, T.F16, T.BF16, *SCALES):
        size, width = gguf.GGML_QUANT_SIZES[kind]
        n = 512 if size == 1 else 48 if size <= 64 else 12
        if kind == T.F32:
            blocks = rng.standard_normal(n).astype(np.float32).view(np.uint8)
        elif kind == T.F16:
            blocks = finite_halves(n).view(np.uint8)
        elif kind == T.BF16:
            blocks = (rng.standard_normal(n).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
        else:
            rows = rng.integers(0, 256, (n, width), np.uint8)
            for at in SCALES[kind]:
                rows[:, at : at + 2] = finite_halves(n).view(np.uint8).reshape(n, 2)
            if kind == T.IQ1_M:  # the scale is in the upper four bits of four shorts
                halves = finite_halves(n)
                for i in range(4):
                    rows[:, 49 + 2 * i] = rows[:, 49 + 2 * i] & 15 | (halves >> 4 * i & 15) << 4
            elif kind == T.MXFP4:  # above 251 the largest value is infinite
                rows[:, 0] = rng.integers(0, 252, n)
                rows[:4, 0] = 0, 1, 2, 251
            elif kind == T.NVFP4:
                rows[0, :4] = 0x00, 0x01, 0x7E, 0x7F
                rows[1, :4] = 0x08, 0x07, 0x80, 0xFF
            blocks = rows.reshape(-1)
        values = gguf.quants.dequantize(blocks, kind).astype("<f4")
        assert values.size == n * size and np.isfinite(values).all()
        (folder / f"{kind.name}.bin").write_bytes(blocks.tobytes() + values.tobytes())


def reference():
    w = gguf.GGUFWriter(OUT / "reference.gguf", "qwen3moe")
    w.add_uint8("kind.uint8", 200)
    w.add_int8("kind.int8", -100)
    w.add_uint16("kind.uint16", 60000)
    w.add_int16("kind.int16", -30000)
    w.add_uint32("kind.uint32", 4000000000)
    w.add_int32("kind.int32", -2000000000)
    w.add_uint64("kind.uint64", 1 << 62)
    w.add_int64("kind.int64", -(1 << 62))
    w.add_float32("kind.float32", 0.1)
    w.add_float64("kind.float64", 0.1)
    w.add_bool("kind.bool", True)
    w.add_string("kind.string", "Größe 🙂")
    w.add_array("kind.strings", ["a", "", "ßß", "🙂"])
    w.add_array("kind.ints", [3, -1, 2])
    w.add_array("kind.floats", [0.5, -1.5])
    w.add_array("kind.bools", [True, False, True])
    w.add_key_value("kind.bytes", [1, 2, 255], gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.UINT8)
    w.add_chat_template("{{ messages }}")
    w.add_custom_alignment(64)
    w.add_tensor("matrix", np.arange(6, dtype=np.float32).reshape(2, 3))
    w.add_tensor("vector", np.arange(5, dtype=np.float16))
    experts = np.linspace(-1, 1, 3 * 2 * 64, dtype=np.float32).reshape(3, 2, 64)
    w.add_tensor("experts", gguf.quants.quantize(experts, T.Q8_0), raw_dtype=T.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def split():
    w = gguf.GGUFWriter(OUT / "split.gguf", "llama", split_max_tensors=2)
    for i in range(5):
        w.add_tensor(f"t{i}", np.full(4, i, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def sharded():
    folder = OUT / "sharded"
    folder.mkdir(exist_ok=True)
    shards = {
        "model-00001-of-00002.safetensors": {
            "a": np.arange(6, dtype=np.float32).reshape(2, 3),
            "b": np.arange(4, dtype=np.float16),
        },
        "model-00002-of-00002.safetensors": {
            "c": np.arange(24, dtype=np.int32).reshape(2, 3, 4),
            "empty": np.zeros((0, 3), np.float32),
            "one": np.array(7, np.float32),
        },
    }
    index = {}
    for name, tensors in shards.items():
        save_file(tensors, folder / name, metadata={"format": "pt"})
        index |= {tensor: name for tensor in tensors}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": index}))
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3_moe", "hidden_size": 8, "time_step_limit": [0.0, float("inf")]}))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, 2], "temperature": 0.6}))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"model_max_length": 10**30, "chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]}))


OUT.mkdir(parents=True, exist_ok=True)
dequantised()
reference()
split()
sharded()
