#!/usr/bin/env python3
"""Makes directories of safetensors whose weights are packed, and what transformers computes with the weights they stand for.

usage: make_packed_fixtures.py [-h] [NAME ...]     (all when no NAME is given)

packed/NAME/model.safetensors       a tiny Qwen3-MoE or gpt-oss, named as on the hub, linear maps packed as quantization_config says
packed/NAME/expected.safetensors    as in make_parity_fixtures.py: ids, logits, experts and weights of two sequences,
                                    computed in float32 with the dequantised weights
packed/mxfp4.safetensors            blocks and scales of gpt-oss, and the values that transformers unpacks them to
packed/fp8.safetensors              all floats of 8 bits as torch reads them

fp8 is dequantised as transformers does (torch float8 to float32, times the scale of the block); pack-quantized is packed
and unpacked by compressed-tensors; GPTQ and AWQ follow the code of AutoGPTQ (qlinear_cuda) and AutoAWQ (packing_utils).

Needs besides the requirements of the other scripts: compressed-tensors.
"""
import argparse
import json
import shutil

import numpy as np
import torch
import transformers
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32, unpack_from_int32
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

import make_parity_fixtures as parity
import parity_cases

OUT = parity.HERE.parent / "resources" / "packed"
CONFIG = dict(hidden_size=160, num_attention_heads=4, num_key_value_heads=2, head_dim=32, intermediate_size=64,
              num_hidden_layers=2, vocab_size=67, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=64,
              norm_topk_prob=True, rope_parameters=parity_cases.rope(10000.0))
STEADY = 0.03  # smallest router margin, of the range: activation noise must not change the experts
KEPT = ("lm_head", "mlp.gate", "layers.0.self_attn.o_proj")  # modules that stay as they are


def fp8(w, scale):
    """Values as float8 for scales of the same shape, and what they then are."""
    stored = (w / scale).clamp(-448, 448).to(torch.float8_e4m3fn)
    return stored, stored.to(torch.float32) * scale


def fp8_block(name, w):
    rows, columns = w.shape
    grid = torch.zeros(-(-rows // 128), -(-columns // 128))
    for i in range(grid.shape[0]):
        for j in range(grid.shape[1]):
            grid[i, j] = w[128 * i: 128 * (i + 1), 128 * j: 128 * (j + 1)].abs().max() / 448
    full = grid.repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :columns]
    stored, value = fp8(w, full)
    return {"weight": stored, "weight_scale_inv": grid}, value


def fp8_tensor(name, w):
    scale = w.abs().max() / 448
    stored, value = fp8(w, scale)
    return {"weight": stored, "weight_scale_inv": scale, "activation_scale": torch.tensor(0.01)}, value


def fp8_channel(name, w):
    scale = (w.abs().amax(1, keepdim=True) / 448).to(torch.bfloat16)
    stored, value = fp8(w, scale.float())
    return {"weight": stored, "weight_scale": scale}, value


def int8_channel(name, w):
    scale = (w.abs().amax(1, keepdim=True) / 127).to(torch.bfloat16)
    q = (w / scale.float()).round().clamp(-128, 127).to(torch.int8)
    return {"weight": q, "weight_scale": scale}, q.float() * scale.float()


def integers(w, size, symmetric, kind, order=None):
    """Unsigned 4-bit integers [rows, columns], zeros and scales [rows, groups], the group of each column, and values."""
    rows, columns = w.shape
    group = torch.arange(columns) // size if order is None else order
    groups = int(group.max()) + 1
    low = torch.stack([w[:, group == g].amin(1) for g in range(groups)], 1)
    high = torch.stack([w[:, group == g].amax(1) for g in range(groups)], 1)
    if symmetric:
        scale = (torch.maximum(-low / 8, high / 7)).to(kind)
        zero = torch.full_like(low, 8)
    else:
        low, high = low.clamp(max=0), high.clamp(min=0)
        scale = ((high - low) / 15).to(kind)
        zero = (-low / scale.float()).round().clamp(0, 15)
    s, z = scale.float()[:, group], zero[:, group]
    q = ((w / s).round() + z).clamp(0, 15)
    return q.int(), zero.int(), scale, group, s * (q - z)


def words(q, order=range(8)):
    """Eight neighbours of the last axis in a 32-bit word; order[i] is the neighbour in the bits 4 i on."""
    parts = q.reshape(*q.shape[:-1], -1, 8)[..., list(order)].long() << (4 * torch.arange(8))
    total = parts.sum(-1)
    return torch.where(total >= 1 << 31, total - (1 << 32), total).int()


def gptq(symmetric, version, act_order=False):
    def pack(name, w):
        order = None
        if act_order:
            order = (torch.arange(w.shape[1]) // 32)[torch.randperm(w.shape[1], generator=torch.Generator().manual_seed(1))]
        q, zero, scale, group, value = integers(w, 32, symmetric, torch.float16, order)
        stored = zero - 1 & 15 if version == 1 else zero
        return {"qweight": words(q).T.contiguous(), "qzeros": words(stored.T), "scales": scale.T.contiguous(),
                "g_idx": group.int()}, value
    return pack


AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def awq(name, w):
    q, zero, scale, _, value = integers(w, 32, False, torch.float16)
    return {"qweight": words(q.T, AWQ_ORDER), "qzeros": words(zero.T, AWQ_ORDER), "scales": scale.T.contiguous()}, value


def compressed(size, symmetric, kind):
    def pack(name, w):
        own = size or w.shape[1]
        q, zero, scale, group, value = integers(w, own, symmetric, kind)
        packed = pack_to_int32((q - 8).to(torch.int8), 4)
        parts = {"weight_packed": packed, "weight_scale": scale, "weight_shape": torch.tensor(w.shape)}
        z = torch.full_like(zero, 0)
        if not symmetric:
            parts["weight_zero_point"] = pack_to_int32((zero - 8).to(torch.int8), 4, packed_dim=0)
            z = unpack_from_int32(parts["weight_zero_point"], 4, zero.shape, packed_dim=0).int()
        again = unpack_from_int32(packed, 4, w.shape).int()
        assert torch.equal(scale.float()[:, group] * (again - z[:, group]), value)
        return parts, value
    return pack


def group(num_bits, kind, strategy, symmetric=True, **more):
    return {"quant_method": "compressed-tensors", "ignore": ["lm_head"], "config_groups": {"group_0": {
        "targets": ["Linear"], "weights": {"num_bits": num_bits, "type": kind, "strategy": strategy,
                                           "symmetric": symmetric, **more}}}}


GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 32}
CASES = {
    "fp8-block": (fp8_block, {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic",
                              "weight_block_size": [128, 128], "modules_to_not_convert": ["lm_head"]}),
    "fp8-tensor": (fp8_tensor, {"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None}),
    "fp8-channel": (fp8_channel, {**group(8, "float", "channel"), "format": "float-quantized"}),
    "int8-channel": (int8_channel, {**group(8, "int", "channel"), "format": "int-quantized"}),
    "gptq-symmetric": (gptq(True, 1), {**GPTQ, "sym": True, "desc_act": False}),
    "gptq-v2": (gptq(False, 2), {**GPTQ, "sym": False, "desc_act": False, "checkpoint_format": "gptq_v2"}),
    "gptq-desc-act": (gptq(False, 1, True), {**GPTQ, "sym": False, "desc_act": True, "checkpoint_format": "gptq"}),
    "awq": (awq, {"quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm", "zero_point": True}),
    "pack-group": (compressed(32, True, torch.bfloat16),
                   {**group(4, "int", "group", group_size=32), "format": "pack-quantized"}),
    "pack-channel": (compressed(0, False, torch.float16),
                     {**group(4, "int", "channel", False), "format": "pack-quantized"}),
}


def hub(model):
    """Linear maps by their names on the hub, and all other tensors."""
    maps, others = {}, {}
    for name, value in model.state_dict().items():
        if name.endswith("experts.gate_up_proj"):
            half = value.shape[1] // 2
            for e in range(value.shape[0]):
                base = f"{name[:-len('gate_up_proj')]}{e}."
                maps[base + "gate_proj"], maps[base + "up_proj"] = value[e, :half], value[e, half:]
        elif name.endswith("experts.down_proj"):
            for e in range(value.shape[0]):
                maps[f"{name[:-len('down_proj')]}{e}.down_proj"] = value[e]
        elif name.endswith("_proj.weight"):
            maps[name[:-len(".weight")]] = value
        else:
            others[name] = value
    return maps, others


def load(model, maps):
    """Puts maps back."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("experts.gate_up_proj"):
                base = name[: -len("gate_up_proj")]
                for e in range(p.shape[0]):
                    p[e] = torch.cat([maps[f"{base}{e}.gate_proj"], maps[f"{base}{e}.up_proj"]])
            elif name.endswith("experts.down_proj"):
                for e in range(p.shape[0]):
                    p[e] = maps[f"{name[:-len('down_proj')]}{e}.down_proj"]
            elif name.endswith("_proj.weight"):
                p.copy_(maps[name[: -len(".weight")]])


def make(name, seed):
    pack, settings = CASES[name]
    case = parity_cases.Case(f"qwen3moe-{name}", seed, CONFIG)
    model = parity.new_model(case, seed)
    maps, stored = hub(model)
    values = {}
    for own, weight in maps.items():
        if any(kept in own for kept in KEPT):
            stored[own + ".weight"], values[own] = weight, weight
        else:
            parts, values[own] = pack(own, weight)
            stored |= {f"{own}.{part}": tensor for part, tensor in parts.items()}
    load(model, values)
    save(name, seed, model, "Qwen3MoeForCausalLM", settings, stored, record(case, model, seed))


def record(case, model, seed):
    """What the model answers; raises Rejected where noise could change the experts."""
    recorder, expected = parity.Recorder(case, model), {}
    rng = np.random.default_rng(seed)
    for s, length in enumerate((1, 20)):
        ids = rng.integers(0, model.config.vocab_size, length).tolist()
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0]
        for layer, ((scores, weights, chosen),) in recorder.take().items():
            ordered = scores.sort(-1, descending=True).values
            k = chosen.shape[1]
            gap = ((ordered[:, k - 1] - ordered[:, k]) / (ordered[:, 0] - ordered[:, -1])).min().item()
            if gap < STEADY:
                raise parity.Rejected(f"router margin {gap}")
            expected[f"{s}.layer.{layer}.experts"] = chosen.int()
            expected[f"{s}.layer.{layer}.weights"] = weights
        expected[f"{s}.ids"] = torch.tensor(ids, dtype=torch.int32)
        expected[f"{s}.logits"] = logits
    return expected


def save(name, seed, model, architecture, settings, stored, expected):
    """Writes the directory of a packed model."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = {k: v for k, v in model.config.to_dict().items() if v is not None and not k.startswith("_")}
    config |= {"architectures": [architecture], "quantization_config": settings}
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    half = {n: t.to(torch.bfloat16) if t.dtype == torch.float32 and "scale" not in n else t for n, t in stored.items()}
    assert all(torch.equal(half[n].float(), t) for n, t in stored.items() if t.dtype == torch.float32)
    save_file({n: t.contiguous() for n, t in half.items()}, folder / "model.safetensors")
    save_file({n: t.contiguous() for n, t in expected.items()}, folder / "expected.safetensors",
              metadata={"facts": json.dumps({"packing": name, "seed": seed, "sequences": 2})})
    print(name, seed, sum(f.stat().st_size for f in folder.iterdir()) // 1000, "kB", flush=True)


GPT_OSS = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=64,
               num_hidden_layers=2, vocab_size=67, num_local_experts=4, num_experts_per_tok=2, sliding_window=9,
               max_position_embeddings=512, rope_parameters=parity_cases.rope(10000.0))
E2M1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def mxfp4(rows):
    """Blocks [.., G, 16] of 32 neighbours, the even one in the low four bits, and scales [.., G] for rows [.., 32 G]."""
    x = rows.unflatten(-1, (-1, 32))
    exponent = torch.ceil(torch.log2(x.abs().amax(-1, keepdim=True) / 6))
    x = x / 2**exponent
    code = (x.abs().unsqueeze(-1) - E2M1).abs().argmin(-1).to(torch.uint8) | ((x < 0).to(torch.uint8) << 3)
    return code[..., ::2] | (code[..., 1::2] << 4), (exponent.squeeze(-1) + 127).to(torch.uint8)


def make_gpt_oss(name, seed):
    """gpt-oss, whose packed experts have outputs as rows; transformers has them as columns."""
    case = parity_cases.Case("gptoss-" + name, seed, GPT_OSS)
    model = parity.new_model(case, seed)
    stored = {}
    with torch.no_grad():
        for own, p in model.named_parameters():
            if own.endswith(("experts.gate_up_proj", "experts.down_proj")):
                blocks, scales = mxfp4(p.transpose(1, 2))
                p.copy_(convert_moe_packed_tensors(blocks, scales, dtype=torch.float32))
                stored |= {own + "_blocks": blocks, own + "_scales": scales}
            else:
                stored[own] = p.detach().clone()
    settings = {"quant_method": "mxfp4", "modules_to_not_convert": [
        "model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]}
    save(name, seed, model, "GptOssForCausalLM", settings, stored, record(case, model, seed))


def tables():
    generator = torch.Generator().manual_seed(5)
    blocks = torch.randint(0, 256, (2, 3, 4, 16), dtype=torch.uint8, generator=generator)
    scales = torch.randint(90, 160, (2, 3, 4), dtype=torch.uint8, generator=generator)
    values = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)  # rows and columns exchanged
    assert values.shape == (2, 128, 3)
    save_file({"x_blocks": blocks, "x_scales": scales, "values": values.transpose(1, 2).contiguous()},
              OUT / "mxfp4.safetensors")
    every = torch.arange(256, dtype=torch.uint8)
    save_file({"e4m3": every.view(torch.float8_e4m3fn).float(), "e5m2": every.view(torch.float8_e5m2).float()},
              OUT / "fp8.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    all_names = [*CASES, "mxfp4-gpt-oss"]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(all_names) + "; all if none")
    names = parser.parse_args().names or all_names
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    OUT.mkdir(parents=True, exist_ok=True)
    tables()
    for name in names:
        for attempt in range(3000):
            try:
                (make if name in CASES else make_gpt_oss)(name, 70_000_000 + 10_000 * all_names.index(name) + attempt)
                break
            except parity.Rejected:
                continue
        else:
            raise SystemExit(f"{name}: no seed passes")


if __name__ == "__main__":
    main()
