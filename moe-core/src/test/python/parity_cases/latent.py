"""Models with latent attention: DeepSeek, Kimi-K2, GLM-4.7-Flash."""
import torch

from . import LONG, Case, Family, again, rope


def draw(name, noise, config):
    if name.endswith("e_score_correction_bias"):
        return 0.15 * noise
    return None


def best_first(choice, weights, experts):
    """A router's answer in the order of its choice; choice is what the best k of are taken."""
    order = choice.gather(1, experts).sort(-1, descending=True).indices
    return choice, weights.gather(1, order), experts.gather(1, order)


def limited(choice, groups, kept, score):
    """Puts the members of groups that are not kept below all others.

    A choice of groups that hangs on little leaves a choice of experts that hangs on nothing, which is refused.
    """
    scores = score(choice.view(len(choice), groups, -1))
    order = scores.sort(-1, descending=True)
    gap = order.values[:, kept - 1] - order.values[:, kept]
    close = gap / (order.values[:, 0] - order.values[:, -1]) < 1e-3
    dropped = torch.ones_like(scores).scatter(1, order.indices[:, :kept], 0).bool()
    dropped = dropped.repeat_interleave(choice.shape[1] // groups, 1)
    lowest = choice.min(-1, keepdim=True).values
    spread = choice.max(-1, keepdim=True).values - lowest
    choice = torch.where(dropped, choice - spread, choice)
    equal = torch.zeros_like(choice).index_fill(1, torch.tensor(choice.shape[1] - 1), -1.0)
    return torch.where(close[:, None], equal, choice)


def read_v2(module, _inputs, output):
    logits, weights, experts = output
    if module.topk_method == "group_limited_greedy":
        logits = limited(logits, module.num_group, module.topk_group, lambda members: members.max(-1).values)
    return best_first(logits, weights, experts)


def read_v3(module, _inputs, output):
    logits, weights, experts = output
    # Stretched, so that their softmax is as uneven as that of logits.
    choice = 6 * (logits.sigmoid() + module.e_score_correction_bias)
    if module.num_group > 1:
        choice = limited(choice, module.num_group, module.topk_group, lambda members: members.topk(2).values.sum(-1))
    return best_first(choice, weights, experts)


def parts(layer):
    shared = getattr(layer.mlp, "shared_experts", None)
    return [layer.self_attn.o_proj, layer.mlp] + ([shared] if shared is not None else [])


def family(config, model, read, **twin_config):
    return Family(
        config, model, read=read, draw=draw, parts=parts, experts_fused=True, twin_config=twin_config)


V3 = family("DeepseekV3Config", "DeepseekV3ForCausalLM", read_v3, scoring_func="sigmoid")
FAMILIES = {
    "deepseekv2": family("DeepseekV2Config", "DeepseekV2ForCausalLM", read_v2),
    # llama.cpp takes a missing rank for none in models of a few sizes only.
    "deepseekv2lite": family("DeepseekV2Config", "DeepseekV2ForCausalLM", read_v2, q_lora_rank=0),
    "deepseekv3": V3,
    "kimik2": V3,
    "glm47flash": family("Glm4MoeLiteConfig", "Glm4MoeLiteForCausalLM", read_v3, scoring_func="sigmoid", first_k_dense_replace=1),
    "youtu": Family("YoutuConfig", "YoutuForCausalLM"),
}

YARN = dict(factor=8.0, beta_fast=32.0, beta_slow=1.0, original_max_position_embeddings=32)

CASES = [
    Case("deepseekv2lite-yarn", 6000, dict(
        hidden_size=48, num_attention_heads=3, num_key_value_heads=3, q_lora_rank=None, kv_lora_rank=22,
        qk_nope_head_dim=10, qk_rope_head_dim=6, v_head_dim=14, intermediate_size=40, num_hidden_layers=2, vocab_size=101,
        n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=14, n_shared_experts=2, first_k_dense_replace=1,
        routed_scaling_factor=1.0, max_position_embeddings=256,
        rope_parameters=rope(10000.0, "yarn", **YARN, mscale=0.707, mscale_all_dim=0.707)), layout="classic",
        lengths=LONG, twin=True),
    Case("deepseekv2-groups", 6013, dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=4, q_lora_rank=18, kv_lora_rank=20,
        qk_nope_head_dim=12, qk_rope_head_dim=8, v_head_dim=10, intermediate_size=36, num_hidden_layers=2, vocab_size=101,
        n_routed_experts=12, num_experts_per_tok=3, moe_intermediate_size=12, n_shared_experts=1, first_k_dense_replace=0,
        routed_scaling_factor=2.5, topk_method="group_limited_greedy", n_group=4, topk_group=2,
        rope_parameters=rope(10000.0)), layout="hub",
        twin=True, twin_differs="(it scores groups by their best two members)"),
    Case("deepseekv2-bias-tied", 6020, dict(
        hidden_size=40, num_attention_heads=5, num_key_value_heads=5, q_lora_rank=16, kv_lora_rank=26,
        qk_nope_head_dim=8, qk_rope_head_dim=10, v_head_dim=12, intermediate_size=30, num_hidden_layers=2, vocab_size=75,
        n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=16, n_shared_experts=3, first_k_dense_replace=1,
        routed_scaling_factor=1.7, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
        rope_parameters=rope(500.0, "yarn", factor=4.0, original_max_position_embeddings=64))),
    Case("deepseekv3-groups", 6100, dict(
        hidden_size=46, num_attention_heads=4, num_key_value_heads=4, q_lora_rank=18, kv_lora_rank=24,
        qk_nope_head_dim=10, qk_rope_head_dim=8, v_head_dim=12, intermediate_size=36, num_hidden_layers=2, vocab_size=101,
        n_routed_experts=9, num_experts_per_tok=3, moe_intermediate_size=12, n_shared_experts=1, first_k_dense_replace=1,
        n_group=3, topk_group=2, max_position_embeddings=256,
        rope_parameters=rope(10000.0, "yarn", **YARN, mscale=1.0, mscale_all_dim=1.0)), layout="classic", twin=True),
    Case("deepseekv3-groups-seed2", 6106, dict(
        hidden_size=46, num_attention_heads=4, num_key_value_heads=4, q_lora_rank=18, kv_lora_rank=24,
        qk_nope_head_dim=10, qk_rope_head_dim=8, v_head_dim=12, intermediate_size=36, num_hidden_layers=3, vocab_size=101,
        n_routed_experts=9, num_experts_per_tok=3, moe_intermediate_size=12, n_shared_experts=1, first_k_dense_replace=1,
        n_group=3, topk_group=2, max_position_embeddings=256,
        rope_parameters=rope(10000.0, "yarn", **YARN, mscale=1.0, mscale_all_dim=1.0))),
    Case("deepseekv3-raw-halves", 6110, dict(
        hidden_size=42, num_attention_heads=3, num_key_value_heads=3, q_lora_rank=None, kv_lora_rank=18,
        qk_nope_head_dim=6, qk_rope_head_dim=12, v_head_dim=16, intermediate_size=30, num_hidden_layers=2, vocab_size=71,
        n_routed_experts=10, num_experts_per_tok=2, moe_intermediate_size=16, n_shared_experts=2, first_k_dense_replace=0,
        n_group=2, topk_group=1, norm_topk_prob=False, routed_scaling_factor=1.4, rope_interleave=False,
        attention_bias=True, tie_word_embeddings=True,
        rope_parameters=rope(2000.0, "yarn", factor=6.0, mscale=0.7, mscale_all_dim=1.3,
                             original_max_position_embeddings=48), max_position_embeddings=288), shard="60KB"),
    Case("kimik2-plain", 6200, dict(
        hidden_size=50, num_attention_heads=2, num_key_value_heads=2, q_lora_rank=22, kv_lora_rank=20,
        qk_nope_head_dim=12, qk_rope_head_dim=6, v_head_dim=10, intermediate_size=34, num_hidden_layers=2, vocab_size=101,
        n_routed_experts=10, num_experts_per_tok=4, moe_intermediate_size=14, n_shared_experts=1, first_k_dense_replace=1,
        n_group=1, topk_group=1, routed_scaling_factor=2.827, max_position_embeddings=1024,
        rope_parameters=rope(50000.0, "yarn", factor=32.0, beta_fast=1.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0,
                             original_max_position_embeddings=32)), layout="classic", twin=True,
        hub=dict(model_type="kimi_k2", scoring_func="sigmoid", topk_method="noaux_tc", moe_layer_freq=1)),
    Case("glm47flash-plain", 6300, dict(
        hidden_size=44, num_attention_heads=5, num_key_value_heads=5, q_lora_rank=20, kv_lora_rank=18,
        qk_nope_head_dim=12, qk_rope_head_dim=8, v_head_dim=20, intermediate_size=38, num_hidden_layers=3, vocab_size=101,
        n_routed_experts=8, num_experts_per_tok=2, moe_intermediate_size=14, rope_parameters=rope(1000000.0)),
        layout="classic", twin=True),
    Case("glm47flash-mixed-groups", 6310, dict(
        hidden_size=40, num_attention_heads=3, num_key_value_heads=3, q_lora_rank=14, kv_lora_rank=16,
        qk_nope_head_dim=8, qk_rope_head_dim=10, v_head_dim=12, intermediate_size=30, num_hidden_layers=3, vocab_size=69,
        n_routed_experts=8, num_experts_per_tok=2, moe_intermediate_size=12, n_shared_experts=2, norm_topk_prob=False,
        routed_scaling_factor=1.3, n_group=2, topk_group=1, mlp_layer_types=["sparse", "dense", "sparse"],
        rms_norm_eps=0.05, rope_interleave=False, tie_word_embeddings=True, rope_parameters=rope(10000.0))),
    Case("youtu-plain", 6400, dict(
        hidden_size=46, num_attention_heads=4, num_key_value_heads=4, q_lora_rank=20, kv_lora_rank=26,
        qk_nope_head_dim=8, qk_rope_head_dim=6, v_head_dim=10, intermediate_size=52, num_hidden_layers=2, vocab_size=101,
        tie_word_embeddings=True, rope_parameters=rope(100000.0)), layout="classic", twin=True),
]

CASES += again(CASES, {"deepseekv2lite-yarn": 6030, "kimik2-plain": 6211, "glm47flash-plain": 6320, "youtu-plain": 6410})
