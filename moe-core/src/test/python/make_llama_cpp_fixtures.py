#!/usr/bin/env python3
"""Makes the fixtures whose oracle is llama.cpp, and the GGUF twins of the parity models.

usage: LLAMA_CPP_LIB=... make_llama_cpp_fixtures.py [-h] [--models DIR] [twins|quantised|smollm2|stories ...]

twins       parity/CASE/twin.gguf: the same parameters, so expected.safetensors is right for them, too; llama.cpp (F32
            cache, no flash attention) must agree with it to 1e-4 of the logits' range. It is asked with an F32 file, since
            it would round activations with another; what is kept is BF16, which the parameters are, but for two models
quantised   llamacpp/quantised/TYPE.gguf and .safetensors: tiny models in every tensor type, with the logits of
            transformers on the dequantised parameters (what is left is the error of quantised activations) and
            llama.cpp's own normalised mean square error against them
smollm2     llamacpp/smollm2-135m.json: llama.cpp's greedy answers of the real model, with the margins of every step
stories     llamacpp/stories260k.json: the greedy story of the dense and of the four-expert file

llamacpp/demo.json is a copy of the demo model's expected.json, made in the same way when the model was trained.

The last two read --models (DIR/smollm2-135m, DIR/stories260k), which is not part of this repository.
"""
import argparse
import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers
from safetensors.numpy import load_file, save_file
from transformers.utils.chat_template_utils import render_jinja_template

import make_parity_fixtures as parity
from llama_cpp import LlamaCpp, Model
from parity_cases import Case, rope

RESOURCES = parity.HERE.parent / "resources"
OUT = RESOURCES / "llamacpp"
TYPE = gguf.GGMLQuantizationType

TWINS = ["llama-gqa", "llama-gqa-seed2", "llama-rope-llama3", "llama-rope-linear", "qwen2-plain", "qwen3-plain",
         "mixtral-plain", "qwen2moe-plain", "qwen3moe-norm", "olmoe-plain"]
KEPT_F32 = {"llama-gqa", "llama-gqa-seed2"}
SPLIT = {"llama-gqa-seed2": 9}  # tensors a file
ARCHITECTURE = {"llama": "llama", "mixtral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "qwen2moe": "qwen2moe",
                "qwen3moe": "qwen3moe", "olmoe": "olmoe"}
TENSORS = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "ffn_gate_inp": "mlp.gate",
    "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj",
    "ffn_down_shexp": "mlp.shared_expert.down_proj", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
}


def vocabulary(size):
    """Line feed, printable ASCII and a few merges as byte-level BPE, filled up with unused ids; the last id ends."""
    letters = ["Ċ", "Ġ"] + [chr(i) for i in range(33, 127)]
    merges = ["Ġ t", "h e", "Ġt he"]
    tokens = (letters + [m.replace(" ", "") for m in merges])[: size - 1]
    tokens += [f"<|unused{i}|>" for i in range(len(tokens), size - 1)] + ["<|end|>"]
    merges = [m for m in merges if m.replace(" ", "") in tokens]
    types = [gguf.TokenType.CONTROL if t.startswith("<|") else gguf.TokenType.NORMAL for t in tokens]
    return tokens, types, merges


def permute(a, heads):
    """Rows of a half-split rotary projection in the interleaved order of GGUF's llama architecture."""
    return a.reshape(heads, 2, a.shape[0] // heads // 2, *a.shape[1:]).swapaxes(1, 2).reshape(a.shape)


def llama3_factors(config):
    p, dim = config.rope_parameters, config.head_dim
    frequencies = 1.0 / p["rope_theta"] ** (np.arange(0, dim, 2, dtype=np.float64) / dim)
    lengths = 2 * np.pi / frequencies
    old, low, high = p["original_max_position_embeddings"], p["low_freq_factor"], p["high_freq_factor"]
    smooth = np.clip((old / lengths - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / p["factor"] + smooth)).astype(np.float32)


def write_gguf(path, family, model, pack, split=0):
    """Writes a transformers model; pack(name, array) gives (bytes or array, type) and may change what is stored."""
    config, state = model.config, {n: t.numpy() for n, t in model.state_dict().items()}
    arch, heads, kv = ARCHITECTURE[family], config.num_attention_heads, config.num_key_value_heads
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
    w = gguf.GGUFWriter(path, arch, split_max_tensors=split)
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(min(config.max_position_embeddings, 4096))
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    w.add_rope_dimension_count(head_dim)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_vocab_size(config.vocab_size)
    experts = getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None)
    if experts:
        w.add_expert_count(experts)
        w.add_expert_used_count(config.num_experts_per_tok)
        if hasattr(config, "moe_intermediate_size"):
            w.add_expert_feed_forward_length(config.moe_intermediate_size)
        if hasattr(config, "shared_expert_intermediate_size"):
            w.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    kind = config.rope_parameters["rope_type"]
    if kind == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(config.rope_parameters["factor"])
    else:
        assert kind in ("default", "llama3"), kind
    tokens, types, merges = vocabulary(config.vocab_size)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_eos_token_id(len(tokens) - 1)
    w.add_add_bos_token(False)

    def put(name, a):
        data, kind = pack(name, np.ascontiguousarray(a, np.float32))
        w.add_tensor(name, data, raw_dtype=kind)

    put("token_embd.weight", state["model.embed_tokens.weight"])
    put("output_norm.weight", state["model.norm.weight"])
    if not config.tie_word_embeddings:
        put("output.weight", state["lm_head.weight"])
    if kind == "llama3":
        w.add_tensor("rope_freqs.weight", llama3_factors(config), raw_dtype=TYPE.F32)
    for i in range(config.num_hidden_layers):
        prefix = f"model.layers.{i}."
        for g, h in TENSORS.items():
            for part in ("weight", "bias"):
                a = state.get(f"{prefix}{h}.{part}")
                if a is None:
                    continue
                if arch == "llama" and g in ("attn_q", "attn_k"):
                    a = permute(a, heads if g == "attn_q" else kv)
                put(f"blk.{i}.{g}.{part}", a[0] if g == "ffn_gate_inp_shexp" else a)
        fused = state.get(prefix + "mlp.experts.gate_up_proj")
        if fused is not None:
            width = fused.shape[1] // 2
            put(f"blk.{i}.ffn_gate_exps.weight", fused[:, :width])
            put(f"blk.{i}.ffn_up_exps.weight", fused[:, width:])
            put(f"blk.{i}.ffn_down_exps.weight", state[prefix + "mlp.experts.down_proj"])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def as_f32(_name, a):
    return a, TYPE.F32


def as_bf16(name, a):
    """Matrices in BF16, which must be exact."""
    if a.ndim == 1:
        return a, TYPE.F32
    packed = gguf.quantize(a, TYPE.BF16)
    assert np.array_equal(gguf.dequantize(packed, TYPE.BF16), a), name
    return packed, TYPE.BF16


def difference(a, b):
    return float(np.abs(a - b).max() / (b.max() - b.min()))


def error(a, b):
    """Normalised mean square error of a against b."""
    return float(np.square(a.astype(np.float64) - b).sum() / np.square(b.astype(np.float64)).sum())


def twins(llama, _models):
    for case in (c for c in parity.CASES if c.name in TWINS):
        directory = RESOURCES / "parity" / case.name
        for old in directory.glob("twin*.gguf"):
            old.unlink()
        write_gguf(directory / "twin.gguf", case.family, parity.read_back(case, directory), as_f32,
                   SPLIT.get(case.name, 0))
        expected = load_file(directory / "expected.safetensors")
        model = Model(llama, sorted(directory.glob("twin*.gguf"))[0])
        worst = max(difference(model.logits(expected[f"{s}.ids"].tolist()), expected[f"{s}.logits"])
                    for s in range(len(case.lengths)))
        for s in range(len(case.lengths)):
            out, _ = model.greedy(expected[f"{s}.ids"].tolist(), parity.GREEDY)
            assert out == expected[f"{s}.greedy"].tolist()[: len(out)], case.name
        model.close()
        if case.name not in KEPT_F32:
            write_gguf(directory / "twin.gguf", case.family, parity.read_back(case, directory), as_bf16, 0)
        print(f"{case.name}: llama.cpp differs by {worst:.1e} of the range", flush=True)
        assert worst < 1e-4, case.name


SMALL = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=64,
             num_hidden_layers=2, vocab_size=101, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=32,
             norm_topk_prob=True, rope_parameters=rope(10000.0))
# Rows of 256 for the super-blocks of the K types; the attention output keeps rows of 128 and takes the fall-back type.
WIDE = dict(hidden_size=256, num_attention_heads=4, num_key_value_heads=1, head_dim=32, intermediate_size=256,
            num_hidden_layers=1, vocab_size=101, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=256,
            norm_topk_prob=True, rope_parameters=rope(10000.0))
QUANTISED = {t: SMALL for t in ("F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")} | {
    t: WIDE for t in ("Q4_K", "Q5_K", "Q6_K")} | {t: SMALL for t in ("IQ4_NL", "MXFP4", "NVFP4")} | {
    t: WIDE for t in ("Q2_K", "Q3_K", "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S",
                      "TQ1_0", "TQ2_0")}
FALL_BACK = {"Q4_K": TYPE.Q5_0, "Q5_K": TYPE.Q5_1, "Q6_K": TYPE.Q8_0}  # of the others IQ4_NL
STEADY = 0.03  # smallest router margin, of the range: activation noise must not change the experts
STRAY = 5e-3  # a normalised mean square error above this means that it did


def quantised(llama, _models):
    folder = OUT / "quantised"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, (name, config) in enumerate(QUANTISED.items()):
        case = Case(f"qwen3moe-{name.lower()}", 3000 + number, config)
        for attempt in range(3000):
            try:
                quantised_case(llama, case, case.seed * 10_000 + attempt, name, folder)
                break
            except parity.Rejected:
                continue
        else:
            raise SystemExit(f"{name}: no seed passes")


def quantised_case(llama, case, seed, name, folder):
    model = parity.new_model(case, seed)
    kind = TYPE[name]
    stored = {}

    def pack(tensor, a):
        """Quantises on the way and keeps what the file then says."""
        chosen = TYPE.F32 if a.ndim == 1 or "ffn_gate_inp" in tensor else kind
        if chosen != TYPE.F32 and a.shape[-1] % gguf.GGML_QUANT_SIZES[chosen][0]:
            chosen = FALL_BACK.get(name, TYPE.IQ4_NL)
        if chosen == TYPE.F32:
            data = a
        elif chosen == TYPE.F16:
            data = a.astype(np.float16)
        else:
            data = llama.quantize(chosen, a)
        stored[tensor] = (gguf.dequantize(data, chosen).reshape(a.shape), chosen)
        return data, chosen

    path = folder / f"{name.lower()}.gguf"
    write_gguf(path, "qwen3moe", model, pack)
    load_dequantised(model, {t: a for t, (a, _) in stored.items()})
    recorder, tensors = parity.Recorder(case, model), {}
    rng = np.random.default_rng(seed)
    inputs = []
    for s, length in enumerate((1, 20)):
        ids = rng.integers(0, model.config.vocab_size, length).tolist()
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0].numpy()
        for layer, ((scores, weights, chosen),) in recorder.take().items():
            ordered = scores.sort(-1, descending=True).values
            k = chosen.shape[1]
            gap = ((ordered[:, k - 1] - ordered[:, k]) / (ordered[:, 0] - ordered[:, -1])).min().item()
            if gap < STEADY:
                raise parity.Rejected(f"router margin {gap}")
            tensors[f"{s}.layer.{layer}.experts"] = chosen.numpy().astype(np.int32)
            tensors[f"{s}.layer.{layer}.weights"] = weights.numpy()
        tensors[f"{s}.ids"] = np.array(ids, np.int32)
        tensors[f"{s}.logits"] = logits
        inputs.append((ids, logits))
    peer = Model(llama, path)
    errors = [error(peer.logits(ids), logits) for ids, logits in inputs]
    peer.close()
    if max(errors) > STRAY:
        raise parity.Rejected("llama.cpp chose other experts")
    facts = {"type": name, "seed": seed, "sequences": 2, "llama_cpp_nmse": [float(f"{e:.2e}") for e in errors],
             "types": sorted({t.name for _, t in stored.values()})}
    save_file(tensors, folder / f"{name.lower()}.safetensors", metadata={"facts": json.dumps(facts)})
    print(f"{name}: {path.stat().st_size / 1e3:.0f} kB, seed {seed}, llama.cpp's NMSE {errors}", flush=True)


def load_dequantised(model, arrays):
    """Puts what a GGUF file says into the model it was written from (architectures without permuted rows only)."""
    state = {"model.embed_tokens.weight": arrays["token_embd.weight"], "model.norm.weight": arrays["output_norm.weight"],
             "lm_head.weight": arrays["output.weight"]}
    for i in range(model.config.num_hidden_layers):
        for g, h in TENSORS.items():
            a = arrays.get(f"blk.{i}.{g}.weight")
            if a is not None:
                state[f"model.layers.{i}.{h}.weight"] = a
        gate, up = arrays[f"blk.{i}.ffn_gate_exps.weight"], arrays[f"blk.{i}.ffn_up_exps.weight"]
        state[f"model.layers.{i}.mlp.experts.gate_up_proj"] = np.concatenate([gate, up], 1)
        state[f"model.layers.{i}.mlp.experts.down_proj"] = arrays[f"blk.{i}.ffn_down_exps.weight"]
    assert state.keys() == dict(model.named_parameters()).keys()
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.copy_(torch.from_numpy(np.ascontiguousarray(state[n])))


CHATS = [
    [{"role": "user", "content": "What is the capital of France?"}],
    [{"role": "user", "content": "Explain in two sentences why the sky is blue."}],
    [{"role": "user", "content": "Write a short poem about the sea."}],
    [{"role": "user", "content": "List three things to pack for a walk in the mountains."}],
    [{"role": "system", "content": "You answer in one short sentence."},
     {"role": "user", "content": "How does a bicycle stay upright?"}],
    [{"role": "user", "content": "My name is Ada."},
     {"role": "assistant", "content": "Nice to meet you, Ada!"},
     {"role": "user", "content": "What is my name, and how many letters does it have?"}],
    [{"role": "user", "content": "Write a Java method that returns the larger of two ints."}],
    [{"role": "user", "content": "Übersetze ins Englische: „Der Hund schläft unter dem Tisch.“ 🐕"}],
]


def smollm2(llama, models):
    path = models / "smollm2-135m" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    template = gguf.GGUFReader(path).fields["tokenizer.chat_template"].contents()
    model = Model(llama, path)
    cases = []
    for chat in CHATS:
        (text,), _ = render_jinja_template([chat], chat_template=template, add_generation_prompt=True)
        ids = model.tokenize(text, special=True)
        out, margins = model.greedy(ids, 48)
        cases.append({"messages": chat, "text": text, "ids": ids, "greedy": out, "margin": margins,
                      "answer": model.text(out)})
    model.close()
    write_json("smollm2-135m.json", {
        "about": f"greedy answers of {path.name} in llama.cpp with an F32 cache; margin = difference of the two best "
                 "logits at each step", "cases": cases})


def stories(llama, models):
    cases = []
    for name in ("stories260K-f32.gguf", "stories260K-moe4-f32.gguf"):
        model = Model(llama, models / "stories260k" / name)
        ids = model.tokenize("Once upon a time")
        out, margins = model.greedy(ids, 240)
        cases.append({"file": name, "prompt": "Once upon a time", "ids": ids, "greedy": out, "margin": margins,
                      "answer": model.text(out)})
        model.close()
    assert cases[0]["greedy"] == cases[1]["greedy"], "the mixture of equal experts tells another story"
    write_json("stories260k.json", {"about": "greedy stories in llama.cpp with an F32 cache", "cases": cases})


def write_json(name, value):
    """Objects over lines, lists of numbers on one."""
    OUT.mkdir(parents=True, exist_ok=True)
    cases = value.pop("cases")
    lines = ["{", f' "about": {json.dumps(value["about"], ensure_ascii=False)},', ' "cases": [']
    for i, case in enumerate(cases):
        lines.append("  {")
        items = list(case.items())
        for j, (key, v) in enumerate(items):
            comma = "," if j < len(items) - 1 else ""
            lines.append(f"   {json.dumps(key)}: {json.dumps(v, ensure_ascii=False)}{comma}")
        lines.append("  }" + ("," if i < len(cases) - 1 else ""))
    lines += [" ]", "}"]
    text = "\n".join(lines) + "\n"
    assert json.loads(text)["cases"] == cases
    (OUT / name).write_text(text)
    print(f"{name}: {len(cases)} cases, smallest margin {min(min(c['margin']) for c in cases)}")


PARTS = {"twins": twins, "quantised": quantised, "smollm2": smollm2, "stories": stories}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="folder with smollm2-135m and stories260k")
    parser.add_argument("parts", nargs="*", metavar="PART", help="twins, quantised, smollm2, stories; all if none")
    args = parser.parse_args()
    parts = args.parts or list(PARTS)
    if not set(parts) <= PARTS.keys():
        parser.error(f"parts are {', '.join(PARTS)}")
    if args.models is None and {"smollm2", "stories"} & set(parts):
        parser.error("smollm2 and stories need --models")
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    llama = LlamaCpp()
    for part in parts:
        PARTS[part](llama, args.models)


if __name__ == "__main__":
    main()
