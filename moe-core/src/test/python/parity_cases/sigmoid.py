"""gpt-oss, and mixtures whose router scores are corrected by a bias."""
import json

import torch
from safetensors.torch import load_file, save_file

from . import LONG, Case, Family, again, rope


def draw_gpt_oss(name, noise, config):
    if name.endswith("sinks"):
        return noise
    if name.endswith("experts.gate_up_proj"):  # [E, in, out]
        return noise * 2.4 / config.hidden_size**0.5
    if name.endswith("experts.down_proj"):
        return noise * 1.5 / config.intermediate_size**0.5
    if name.endswith("router.weight"):
        return noise * (2.0 - 0.2 * config.num_experts_per_tok) / config.hidden_size**0.5
    return None


def draw_bias(name, noise, config):
    return 0.15 * noise if name.endswith("e_score_correction_bias") else None


def draw_ernie(name, noise, config):
    if name.endswith("e_score_correction_bias"):
        return 0.06 * noise
    if name.endswith("mlp.gate.weight"):
        return noise / config.hidden_size**0.5
    return 0.3 * noise if name.endswith("bias") else None


def corrected(scores, output, groups=1, kept=1):
    """What is chosen by, spread a little; experts of groups that are left out lie as far below the last chosen one as their
    group lies below the last one kept."""
    _, weights, chosen = output
    order = scores.gather(1, chosen).argsort(-1, descending=True)
    weights, chosen = weights.gather(1, order), chosen.gather(1, order)
    if groups > 1:
        members = scores.view(-1, groups, scores.shape[1] // groups)
        ranked, by = members.topk(2, -1).values.sum(-1).sort(-1, descending=True)
        gap = ranked[:, kept - 1] - ranked[:, kept]
        out = torch.zeros_like(ranked).scatter_(1, by[:, kept:], 1.0).bool()
        out = out.unsqueeze(-1).expand_as(members).reshape(scores.shape)
        last = scores.gather(1, chosen[:, -1:])
        scores = torch.where(out, torch.minimum(scores, last - gap[:, None]), scores)
    return 5 * scores, weights, chosen


def read_sigmoid(module, inputs, output):
    """Sigmoid routers with a bias of their own and groups."""
    scores = output[0].sigmoid() + module.e_score_correction_bias
    return corrected(scores, output, module.num_group, module.topk_group)


def read_ernie(module, inputs, output):
    return corrected(0.9 * (output[0].softmax(-1) + module.moe_statics.e_score_correction_bias), output)


def interleaved_to_halves(rows, head_size):
    """Rows of a query or key map for pairs (i, i + half) instead of neighbours; they give the same dot products."""
    heads = rows.view(-1, head_size // 2, 2, *rows.shape[1:])
    return heads.transpose(1, 2).reshape(rows.shape)


def publish_bailing(directory, version):
    """Writes Ling's names and settings: version 1 for what Ernie computes without a correction bias, 2 for what GLM does."""
    config = json.loads((directory / "config.json").read_text())
    tensors = load_file(directory / "model.safetensors")
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    out, scale = {}, config["rope_parameters"]
    for name, t in tensors.items():
        if name.endswith(("k_proj.weight", "v_proj.weight", "k_proj.bias", "v_proj.bias")):
            continue
        if "q_proj" in name:
            parts = [tensors[name.replace("q_proj", p)] for p in ("q_proj", "k_proj", "v_proj")]
            if version == 1:
                parts[:2] = [interleaved_to_halves(p, head) for p in parts[:2]]
            t = torch.cat(parts).contiguous()
        elif "moe_statics" in name:
            assert not t.any()
            continue
        for old, new in [
                ("self_attn.q_proj", "attention.query_key_value"), ("self_attn.o_proj", "attention.dense"),
                ("self_attn.q_norm", "attention.query_layernorm"), ("self_attn.k_norm", "attention.key_layernorm"),
                ("gate.e_score_correction_bias", "gate.expert_bias"), ("model.embed_tokens", "model.word_embeddings")]:
            name = name.replace(old, new)
        out[name] = t
        if name.endswith(".enorm.weight"):
            out[name.replace("enorm", "final_layernorm")] = t.clone()
    save_file(out, directory / "model.safetensors", metadata={"format": "pt"})
    same = ("vocab_size", "hidden_size", "intermediate_size", "moe_intermediate_size", "num_hidden_layers",
            "num_attention_heads", "num_key_value_heads", "hidden_act", "max_position_embeddings", "rms_norm_eps",
            "tie_word_embeddings", "num_nextn_predict_layers")
    new = {key: config[key] for key in same if key in config} | dict(
        architectures=["BailingMoeForCausalLM" if version == 1 else "BailingMoeV2ForCausalLM"], model_type="bailing_moe",
        head_dim=head, rope_theta=scale["rope_theta"], rope_scaling=None, use_bias=False, norm_topk_prob=True,
        torch_dtype="bfloat16")
    if version == 1:
        new |= dict(
            num_experts=config["moe_num_experts"], num_experts_per_tok=config["moe_k"], use_qkv_bias=False, use_rmsnorm=True,
            num_shared_experts=config["moe_num_shared_experts"], norm_head=False, norm_softmax=False,
            first_k_dense_replace=config["moe_layer_start_index"],
            norm_topk_prob=config["moe_k"] == 1 or config["moe_norm_min"] < 1)
    else:
        new |= dict(
            num_experts=config["n_routed_experts"], num_experts_per_tok=config["num_experts_per_tok"],
            num_shared_experts=config["n_shared_experts"], first_k_dense_replace=config["first_k_dense_replace"],
            n_group=config["n_group"], topk_group=config["topk_group"], score_function="sigmoid", use_qk_norm=True,
            routed_scaling_factor=config["routed_scaling_factor"], use_qkv_bias=config["attention_bias"],
            # Either is the type of published files.
            model_type="bailing_moe_v2" if config["attention_bias"] else "bailing_moe",
            moe_router_enable_expert_bias=True, partial_rotary_factor=scale["partial_rotary_factor"])
    (directory / "config.json").write_text(json.dumps(new, indent=2) + "\n")


FAMILIES = {
    "gptoss": Family(
        "GptOssConfig", "GptOssForCausalLM", router=lambda layer: layer.mlp.router, draw=draw_gpt_oss,
        classic_keeps=("num_local_experts", "layer_types")),
    "glm4moe": Family(
        "Glm4MoeConfig", "Glm4MoeForCausalLM", read=read_sigmoid, draw=draw_bias, experts_fused=True),
    "dots1": Family(
        "Dots1Config", "Dots1ForCausalLM", read=read_sigmoid, draw=draw_bias, experts_fused=True,
        twin_config=dict(scoring_func="sigmoid")),
    "minimaxm2": Family(
        "MiniMaxM2Config", "MiniMaxM2ForCausalLM", draw=draw_bias, experts_fused=True, block_sparse=True,
        read=lambda module, inputs, output: corrected(output[0].sigmoid() + inputs[1], output),
        classic_keeps=("num_local_experts",), twin_config=dict(scoring_func="sigmoid", rotary_dim=8)),
    "ernie45moe": Family(
        "Ernie4_5_MoeConfig", "Ernie4_5_MoeForCausalLM", read=read_ernie, draw=draw_ernie, experts_fused=True),
    "ernie45": Family("Ernie4_5Config", "Ernie4_5ForCausalLM"),
    "smollm3": Family("SmolLM3Config", "SmolLM3ForCausalLM"),
    "bailingmoe": Family(
        "Ernie4_5_MoeConfig", "Ernie4_5_MoeForCausalLM", read=read_ernie, experts_fused=True,
        draw=lambda name, noise, config: draw_ernie(name, 0 * noise if "moe_statics" in name else noise, config),
        publish=lambda directory: publish_bailing(directory, 1)),
    "bailingmoe2": Family(
        "Glm4MoeConfig", "Glm4MoeForCausalLM", read=read_sigmoid, draw=draw_bias, experts_fused=True,
        publish=lambda directory: publish_bailing(directory, 2)),
}

GPT_OSS = dict(
    hidden_size=46, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=26,
    num_hidden_layers=2, vocab_size=101, num_local_experts=6, num_experts_per_tok=2, sliding_window=9)
# Every pair is between the two limits, so that whole pairs matter.
YARN = dict(factor=8.0, beta_fast=32.0, beta_slow=1.0, truncate=False, original_max_position_embeddings=256)

GLM = dict(
    hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=36,
    moe_intermediate_size=18, num_hidden_layers=3, first_k_dense_replace=1, vocab_size=101, n_routed_experts=6,
    n_shared_experts=1, num_experts_per_tok=2, norm_topk_prob=True, routed_scaling_factor=1.0, num_mtp_layers=0)
DOTS = dict(
    hidden_size=46, num_attention_heads=4, head_dim=12, intermediate_size=32, moe_intermediate_size=16,
    num_hidden_layers=3, first_k_dense_replace=1, vocab_size=101, n_routed_experts=6, n_shared_experts=2,
    num_experts_per_tok=2, norm_topk_prob=True, routed_scaling_factor=1.5)
MINIMAX = dict(
    hidden_size=44, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=24,
    num_hidden_layers=2, vocab_size=101, num_local_experts=6, num_experts_per_tok=2)
# The converter writes intermediate_size / num_key_value_heads as the width of the shared expert.
ERNIE = dict(
    hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=12, intermediate_size=72,
    moe_intermediate_size=18, num_hidden_layers=3, vocab_size=101, moe_num_experts=6, moe_k=2, moe_layer_start_index=1,
    tie_word_embeddings=True)
# A least sum of 1 means weights that are not normalised; a single expert's never is.
LING = dict(
    hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=12, intermediate_size=40,
    moe_intermediate_size=20, num_hidden_layers=2, moe_num_experts=6, moe_num_shared_experts=2,
    moe_layer_start_index=0, tie_word_embeddings=False)
LING2 = dict(
    hidden_size=48, num_attention_heads=3, num_key_value_heads=1, head_dim=16, intermediate_size=36,
    moe_intermediate_size=18, num_hidden_layers=3, first_k_dense_replace=1, n_shared_experts=1,
    norm_topk_prob=True, routed_scaling_factor=2.5, use_qk_norm=True, num_mtp_layers=0)

CASES = [
    Case("gptoss-plain", 5000, dict(
        **GPT_OSS, max_position_embeddings=1024, rope_parameters=rope(150000.0)), twin=True),
    Case("gptoss-yarn", 5010, dict(
        **GPT_OSS, max_position_embeddings=2048, rope_parameters=rope(1000.0, "yarn", **YARN)), layout="classic",
        twin=True, twin_differs="(it rounds the limits of YaRN's ramp to whole pairs)"),
    Case("gptoss-yarn-truncated-clamp", 5020, dict(
        hidden_size=40, num_attention_heads=6, num_key_value_heads=3, head_dim=12, intermediate_size=22,
        num_hidden_layers=2, vocab_size=67, num_local_experts=5, num_experts_per_tok=2, sliding_window=4,
        layer_types=["full_attention", "sliding_attention"], swiglu_alpha=1.3, swiglu_limit=1.5,
        max_position_embeddings=1024,
        rope_parameters=rope(500.0, "yarn", **{**YARN, "truncate": True}))),
    Case("gptoss-nobias-tied", 5030, dict(
        hidden_size=44, num_attention_heads=3, num_key_value_heads=1, head_dim=14, intermediate_size=20,
        num_hidden_layers=3, vocab_size=73, num_local_experts=5, num_experts_per_tok=1, sliding_window=6,
        attention_bias=False, tie_word_embeddings=True, max_position_embeddings=512,
        rope_parameters=rope(150000.0)), lengths=LONG),
    # GLM-4.5.
    Case("glm4moe-plain", 5100, dict(
        **GLM, rope_parameters=rope(10000.0, partial_rotary_factor=0.5))),
    Case("glm4moe-predicts", 5110, dict(
        **GLM, rope_parameters=rope(10000.0, partial_rotary_factor=0.5)), layout="classic", predicts=True, twin=True),
    Case("glm4moe-norm-bias-tied", 5120, dict(
        hidden_size=44, num_attention_heads=3, num_key_value_heads=1, head_dim=16, intermediate_size=40,
        moe_intermediate_size=14, num_hidden_layers=3, first_k_dense_replace=2, vocab_size=101, n_routed_experts=5,
        n_shared_experts=2, num_experts_per_tok=2, norm_topk_prob=True, routed_scaling_factor=1.7, use_qk_norm=True,
        attention_bias=True, tie_word_embeddings=True, num_mtp_layers=0,
        rope_parameters=rope(1000000.0, partial_rotary_factor=0.5)), layout="hub", shard="40KB"),
    Case("glm4moe-groups-raw", 5130, dict(
        hidden_size=50, num_attention_heads=4, num_key_value_heads=4, head_dim=12, intermediate_size=30,
        moe_intermediate_size=16, num_hidden_layers=2, first_k_dense_replace=0, vocab_size=63, n_routed_experts=9,
        n_shared_experts=1, num_experts_per_tok=2, norm_topk_prob=False, routed_scaling_factor=2.5, n_group=3,
        topk_group=1, num_mtp_layers=0, rope_parameters=rope(10000.0, partial_rotary_factor=0.34))),
    # dots.llm1.
    Case("dots1-plain", 5200, dict(
        **DOTS, num_key_value_heads=4, sliding_window=None, rope_parameters=rope(10000000.0)), twin=True),
    Case("dots1-sliding-groups", 5220, dict(
        hidden_size=42, num_attention_heads=3, num_key_value_heads=1, head_dim=14, intermediate_size=30,
        moe_intermediate_size=18, num_hidden_layers=3, first_k_dense_replace=1, vocab_size=77, n_routed_experts=8,
        n_shared_experts=1, num_experts_per_tok=2, norm_topk_prob=False, routed_scaling_factor=2.0, n_group=4,
        topk_group=2, attention_bias=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True,
        rope_parameters=rope(10000.0)), layout="classic", shard="40KB"),
    # MiniMax-M2.
    Case("minimaxm2-plain", 5300, dict(
        **MINIMAX, rope_parameters=rope(5000000.0, partial_rotary_factor=0.5)), twin=True),
    Case("minimaxm2-full-tied", 5310, dict(
        hidden_size=40, num_attention_heads=3, num_key_value_heads=3, head_dim=14, intermediate_size=20,
        num_hidden_layers=3, vocab_size=67, num_local_experts=5, num_experts_per_tok=1, tie_word_embeddings=True,
        rope_parameters=rope(10000.0)), layout="classic", shard="40KB", hub=dict(rotary_dim=14)),
    Case("ernie45moe-plain", 5400, dict(**ERNIE, moe_num_shared_experts=2, rope_parameters=rope(500000.0)), twin=True),
    Case("ernie45moe-interval-bias", 5420, dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=1, head_dim=12, intermediate_size=34,
        moe_intermediate_size=20, num_hidden_layers=4, vocab_size=71, moe_num_experts=5, moe_k=2, moe_num_shared_experts=1,
        moe_layer_start_index=0, moe_layer_interval=2, moe_layer_end_index=2, use_bias=True, tie_word_embeddings=False,
        moe_norm_min=0.9, rope_parameters=rope(10000.0)), layout="classic", shard="40KB"),
    Case("ernie45moe-unshared", 5430, dict(
        hidden_size=48, num_attention_heads=3, num_key_value_heads=3, intermediate_size=30, moe_intermediate_size=24,
        num_hidden_layers=2, vocab_size=83, moe_num_experts=6, moe_k=3, moe_num_shared_experts=0, moe_layer_start_index=0,
        tie_word_embeddings=True,         rope_parameters=rope(10000.0))),
    Case("ernie45-plain", 5440, dict(
        hidden_size=52, num_attention_heads=4, num_key_value_heads=2, head_dim=14, intermediate_size=46,
        num_hidden_layers=2, vocab_size=101, tie_word_embeddings=True, rope_parameters=rope(500000.0)), twin=True),
    # Ling.
    Case("bailingmoe-plain", 5500, dict(**LING, vocab_size=101, moe_k=2, rope_parameters=rope(600000.0)), layout="hub", twin=True),
    Case("bailingmoe-dense-top1", 5510, dict(
        **{**LING, "moe_layer_start_index": 1}, vocab_size=79, moe_k=1, moe_norm_min=1.0, rope_parameters=rope(10000.0)), layout="hub"),
    Case("bailingmoe-raw", 5515, dict(
        **LING, vocab_size=101, moe_k=2, moe_norm_min=1.0, rope_parameters=rope(10000.0)), layout="hub"),
    Case("bailingmoe2-plain", 5520, dict(
        **LING2, vocab_size=101, n_routed_experts=6, num_experts_per_tok=2,
        rope_parameters=rope(600000.0, partial_rotary_factor=0.5)), layout="hub", predicts=True, twin=True),
    Case("bailingmoe2-groups-bias", 5530, dict(
        **LING2, vocab_size=73, n_routed_experts=8, num_experts_per_tok=2, n_group=4, topk_group=2, attention_bias=True,
        rope_parameters=rope(10000.0, partial_rotary_factor=0.25)), layout="hub"),
    Case("bailingmoe2-groups", 5540, dict(
        **LING2, vocab_size=101, n_routed_experts=8, num_experts_per_tok=3, n_group=4, topk_group=2,
        rope_parameters=rope(10000.0, partial_rotary_factor=0.5)), layout="hub"),
    # SmolLM3.
    Case("smollm3-plain", 5600, dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=2, intermediate_size=40, num_hidden_layers=4,
        vocab_size=101, pad_token_id=None, tie_word_embeddings=True, rope_parameters=rope(5000.0), head_dim=12),
        layout="classic", twin=True),
    Case("smollm3-sliding-bias", 5610, dict(
        hidden_size=40, num_attention_heads=3, num_key_value_heads=1, head_dim=14, intermediate_size=36,
        num_hidden_layers=3, vocab_size=83, pad_token_id=None, tie_word_embeddings=False, attention_bias=True,
        mlp_bias=True, no_rope_layers=[0, 1, 0], use_sliding_window=True, sliding_window=6,
        rope_parameters=rope(2000000.0)), layout="classic", drop=("rope_theta",)),
]

CASES += again(CASES, {
    "gptoss-plain": 5040, "dots1-plain": 5230, "minimaxm2-plain": 5320, "ernie45-plain": 5450, "ernie45moe-plain": 5460,
    "bailingmoe-plain": 5550, "bailingmoe2-plain": 5560, "smollm3-plain": 5620})
