"""Families with short convolutions, state spaces or linear attention, and their relatives."""
from . import LONG, Case, Family, again, rope


def draw_lfm2(name, noise, config):
    if name.endswith("expert_bias"):
        return 0.15 * noise
    if name.endswith("conv.weight"):
        return noise / config.conv_L_cache**0.5
    if name.endswith("layernorm.weight"):
        return 1.4 * (1 + 0.25 * noise)
    if name.endswith("feed_forward.gate.weight"):
        return noise * 1.4 / config.hidden_size**0.5
    if name.endswith("w2.weight"):
        return noise * 2.5 / noise.shape[-1] ** 0.5
    if name.endswith("conv.out_proj.weight"):
        return noise * 1.6 / noise.shape[-1] ** 0.5
    return None


def lfm2_router(layer):
    return getattr(layer.feed_forward, "gate", None)


def lfm2_read(module, inputs, output):
    """Scores are sigmoids, spread as far as logits are."""
    logits, weights, chosen = output
    scores = logits.sigmoid()
    if module.use_expert_bias:
        scores = scores + inputs[1]
    return 6 * scores, weights, chosen


def lfm2_parts(layer):
    return [layer.self_attn.out_proj if layer.is_attention_layer else layer.conv.out_proj, layer.feed_forward]


LFM2 = dict(
    router=lfm2_router, read=lfm2_read, parts=lfm2_parts, draw=draw_lfm2,
    classic_keeps=("layer_types",))

def draw_granite(name, noise, config):
    if name.endswith("router.weight"):
        return noise * 1.6 / noise.shape[-1] ** 0.5
    if name.endswith("output_linear.weight"):
        return noise * 2.5 / noise.shape[-1] ** 0.5
    if name.endswith("mamba.out_proj.weight"):
        return noise * 1.8 / noise.shape[-1] ** 0.5
    if name.endswith("conv1d.weight"):
        return noise * 1.4 / noise.shape[-1] ** 0.5
    if name.endswith("A_log"):
        return 0.8 * noise
    if name.endswith("mamba.D"):
        return 1 + 0.3 * noise
    return None


def granite_router(layer):
    mixture = getattr(layer, "block_sparse_moe", None)
    return None if mixture is None else mixture.router


def granite_parts(layer):
    mamba = getattr(layer, "mamba", None)
    mixer = layer.self_attn.o_proj if mamba is None else mamba.out_proj
    return [mixer] + [part for name in ("block_sparse_moe", "shared_mlp", "mlp") if (part := getattr(layer, name, None))]


GRANITE = dict(router=granite_router, parts=granite_parts, draw=draw_granite, classic_keeps=("num_local_experts",))

def draw_qwen_next(name, noise, config):
    if name.endswith("linear_attn.norm.weight"):
        return 1 + 0.25 * noise
    if name.endswith(("q_norm.weight", "k_norm.weight")):
        return 0.4 + 0.3 * noise
    if name.endswith("norm.weight"):  # the distance from one
        return 0.25 * noise
    if name.endswith("A_log"):
        return 0.8 * noise
    if name.endswith("conv1d.weight"):
        return noise * 1.4 / noise.shape[-1] ** 0.5
    if name.endswith("linear_attn.out_proj.weight"):
        return noise * 1.8 / noise.shape[-1] ** 0.5
    return None


def qwen_next_parts(layer):
    return [layer.linear_attn.out_proj if hasattr(layer, "linear_attn") else layer.self_attn.o_proj, layer.mlp]


QWEN_NEXT = dict(parts=qwen_next_parts, draw=draw_qwen_next, classic_keeps=("layer_types",), experts_fused=True)

FAMILIES = {
    "qwen3next": Family("Qwen3NextConfig", "Qwen3NextForCausalLM", **QWEN_NEXT),
    "qwen35moe": Family("Qwen3_5MoeTextConfig", "Qwen3_5MoeForCausalLM", **QWEN_NEXT),
    "qwen35moenested": Family(
        "Qwen3_5MoeConfig", "Qwen3_5MoeForConditionalGeneration",
        text_model=lambda model: model.model.language_model, **QWEN_NEXT),
    "granite": Family("GraniteConfig", "GraniteForCausalLM", **GRANITE),
    "granitemoe": Family("GraniteMoeConfig", "GraniteMoeForCausalLM", **GRANITE),
    "granitemoeshared": Family("GraniteMoeSharedConfig", "GraniteMoeSharedForCausalLM", **GRANITE),
    "granitehybrid": Family(
        "GraniteMoeHybridConfig", "GraniteMoeHybridForCausalLM",
        # As the converter knows them, which must not see what transformers 5 calls them.
        twin_config={"layer_types": ["mamba", "attention", "mamba"]},
        **{**GRANITE, "classic_keeps": ("num_local_experts", "layer_types")}),
    "lfm2": Family("Lfm2Config", "Lfm2ForCausalLM", **LFM2),
    "lfm2moe": Family("Lfm2MoeConfig", "Lfm2MoeForCausalLM", experts_fused=True, **LFM2),
}

FACTORS = dict(embedding_multiplier=1.5, attention_multiplier=0.35, residual_multiplier=0.8, logits_scaling=0.7)
HYBRID = ["linear_attention", "full_attention", "linear_attention"]

CASES = [
    # Granite without experts, with experts and with a shared one.
    Case("granite-plain", 9200, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=50, num_hidden_layers=2,
        vocab_size=101, tie_word_embeddings=True, rope_parameters=rope(10000.0), **FACTORS), layout="classic", twin=True),
    Case("granitemoe-plain", 9210, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=22, num_hidden_layers=2,
        vocab_size=101, num_local_experts=7, num_experts_per_tok=3, tie_word_embeddings=True,
        rope_parameters=rope(10000.0), **FACTORS), layout="classic", twin=True),
    Case("granitemoe-plain-seed2", 9220, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=22, num_hidden_layers=2,
        vocab_size=101, num_local_experts=7, num_experts_per_tok=3, tie_word_embeddings=True,
        rope_parameters=rope(10000.0), **FACTORS)),
    Case("granitemoe-bias-top1", 9230, dict(
        hidden_size=42, num_attention_heads=3, num_key_value_heads=1, intermediate_size=30, num_hidden_layers=3,
        vocab_size=71, num_local_experts=5, num_experts_per_tok=1, attention_bias=True, attention_multiplier=0.4,
        embedding_multiplier=0.9, residual_multiplier=1.2, logits_scaling=1.4, rope_parameters=rope(500.0)),
        layout="hub", shard="40KB"),
    Case("granitemoeshared-plain", 9300, dict(
        hidden_size=44, num_attention_heads=2, num_key_value_heads=2, intermediate_size=24, num_hidden_layers=2,
        vocab_size=101, num_local_experts=6, num_experts_per_tok=2, shared_intermediate_size=34,
        tie_word_embeddings=True, rope_parameters=rope(10000.0), **FACTORS), layout="classic", twin=True),
    Case("granitemoeshared-none", 9310, dict(
        hidden_size=40, num_attention_heads=4, num_key_value_heads=1, intermediate_size=26, num_hidden_layers=2,
        vocab_size=63, num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=0,
        attention_multiplier=0.3, rope_parameters=rope(10000.0))),
    # Granite 4.
    Case("granitehybrid-plain", 9400, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=22, num_hidden_layers=3,
        vocab_size=104, num_local_experts=6, num_experts_per_tok=2, shared_intermediate_size=30, layer_types=HYBRID,
        mamba_n_heads=6, mamba_n_groups=1, mamba_d_state=16, mamba_d_head=16, mamba_chunk_size=8,
        tie_word_embeddings=True, rope_parameters=rope(10000.0), **FACTORS), layout="classic", twin=True),
    Case("granitehybrid-dense-groups", 9410, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=46, num_hidden_layers=3,
        vocab_size=104, num_local_experts=0, num_experts_per_tok=0, shared_intermediate_size=46, layer_types=HYBRID,
        mamba_n_heads=6, mamba_n_groups=2, mamba_d_state=16, mamba_d_head="auto", mamba_chunk_size=16,
        tie_word_embeddings=True, rope_parameters=rope(10000.0), **FACTORS), layout="hub", twin=True),
    Case("granitehybrid-rope-bias-limit", 9420, dict(
        hidden_size=40, num_attention_heads=2, num_key_value_heads=1, intermediate_size=18, num_hidden_layers=3,
        vocab_size=61, num_local_experts=5, num_experts_per_tok=2, shared_intermediate_size=20,
        layer_types=["full_attention", "linear_attention", "linear_attention"], position_embedding_type="rope",
        mamba_n_heads=6, mamba_n_groups=3, mamba_d_state=10, mamba_expand=3, mamba_d_conv=3, mamba_chunk_size=8,
        mamba_proj_bias=True, mamba_conv_bias=False, attention_bias=True, time_step_limit=(0.3, 0.9),
        rope_parameters=rope(10000.0), **FACTORS), layout="hub", cached=False),
    Case("granitehybrid-wide-state", 9430, dict(
        hidden_size=36, num_attention_heads=3, num_key_value_heads=3, intermediate_size=20, num_hidden_layers=3,
        vocab_size=67, num_local_experts=4, num_experts_per_tok=1, shared_intermediate_size=22,
        layer_types=["linear_attention", "linear_attention", "full_attention"],
        mamba_n_heads=2, mamba_n_groups=1, mamba_d_state=21, mamba_d_head=36, mamba_chunk_size=64,
        rope_parameters=rope(10000.0), **FACTORS), lengths=LONG),
    # LFM2: the dense models first.
    Case("lfm2-plain", 9000, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=60, num_hidden_layers=3,
        vocab_size=101, block_auto_adjust_ff_dim=False, tie_word_embeddings=True,
        layer_types=["conv", "full_attention", "conv"], rope_parameters=rope(1000000.0)), twin=True),
    Case("lfm2-bias-adjusted", 9010, dict(
        hidden_size=52, num_attention_heads=2, num_key_value_heads=1, intermediate_size=70, num_hidden_layers=3,
        vocab_size=67, block_multiple_of=12, block_ffn_dim_multiplier=1.1, conv_bias=True, conv_L_cache=4,
        tie_word_embeddings=False, full_attn_idxs=[2], rope_parameters=rope(10000.0)), layout="classic"),
    Case("lfm2moe-plain", 9100, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=60, moe_intermediate_size=22,
        num_hidden_layers=3, vocab_size=101, num_experts=7, num_experts_per_tok=3, num_dense_layers=1,
        tie_word_embeddings=True, layer_types=["conv", "full_attention", "conv"],
        rope_parameters=rope(1000000.0)), twin=True),
    Case("lfm2moe-plain-seed2", 9110, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=60, moe_intermediate_size=22,
        num_hidden_layers=3, vocab_size=101, num_experts=7, num_experts_per_tok=3, num_dense_layers=1,
        tie_word_embeddings=True, layer_types=["conv", "full_attention", "conv"],
        rope_parameters=rope(1000000.0)), layout="classic"),
    Case("lfm2moe-raw-scale-bias", 9120, dict(
        hidden_size=44, num_attention_heads=2, num_key_value_heads=2, intermediate_size=50, moe_intermediate_size=26,
        num_hidden_layers=3, vocab_size=71, num_experts=6, num_experts_per_tok=2, num_dense_layers=0,
        norm_topk_prob=False, routed_scaling_factor=1.7, conv_bias=True, conv_L_cache=2, tie_word_embeddings=False,
        layer_types=["conv", "conv", "full_attention"], rope_parameters=rope(10000.0)), layout="hub", shard="40KB"),
    Case("lfm2moe-nobias-long", 9130, dict(
        hidden_size=40, num_attention_heads=5, num_key_value_heads=1, intermediate_size=50, moe_intermediate_size=18,
        num_hidden_layers=3, vocab_size=63, num_experts=5, num_experts_per_tok=1, num_dense_layers=2,
        use_expert_bias=False, norm_topk_prob=False, conv_L_cache=5, tie_word_embeddings=True,
        layer_types=["full_attention", "conv", "conv"], rope_parameters=rope(10000.0)), layout="classic",
        lengths=LONG),
    # Qwen3-Next and Qwen3.5-MoE.
    Case("qwen3next-plain", 9500, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=40,
        num_hidden_layers=3, vocab_size=101, num_experts=7, num_experts_per_tok=2, moe_intermediate_size=18,
        shared_expert_intermediate_size=22, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=12,
        linear_value_head_dim=12, layer_types=["linear_attention", "full_attention", "linear_attention"],
        rope_parameters=rope(10000.0, partial_rotary_factor=0.25)), layout="classic", twin=True),
    Case("qwen3next-raw-mixed", 9510, dict(
        hidden_size=40, num_attention_heads=3, num_key_value_heads=1, head_dim=24, intermediate_size=46,
        num_hidden_layers=4, vocab_size=63, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=20,
        shared_expert_intermediate_size=18, norm_topk_prob=False, attention_bias=True, mlp_only_layers=[1],
        linear_num_key_heads=3, linear_num_value_heads=6, linear_key_head_dim=10, linear_value_head_dim=14,
        linear_conv_kernel_dim=3, tie_word_embeddings=True, rope_parameters=rope(500.0, partial_rotary_factor=0.5)),
        shard="60KB"),
    Case("qwen3next-equal-heads", 9520, dict(
        hidden_size=44, num_attention_heads=2, num_key_value_heads=2, head_dim=16, intermediate_size=40,
        num_hidden_layers=3, vocab_size=71, num_experts=4, num_experts_per_tok=1, moe_intermediate_size=24,
        shared_expert_intermediate_size=20, linear_num_key_heads=3, linear_num_value_heads=3, linear_key_head_dim=16,
        linear_value_head_dim=8, layer_types=["full_attention", "linear_attention", "linear_attention"],
        rope_parameters=rope(10000.0, partial_rotary_factor=0.25)), layout="hub", lengths=LONG),
    Case("qwen35moe-plain", 9600, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=16, num_hidden_layers=3, vocab_size=101,
        num_experts=6, num_experts_per_tok=2, moe_intermediate_size=18, shared_expert_intermediate_size=22,
        linear_num_key_heads=2, linear_num_value_heads=6, linear_key_head_dim=12, linear_value_head_dim=12,
        layer_types=["linear_attention", "full_attention", "linear_attention"],
        rope_parameters=rope(10000.0, partial_rotary_factor=0.5, mrope_section=[2, 1, 1], mrope_interleaved=True)),
        twin=True),
    Case("qwen35moenested-images", 9610, dict(
        text_config=dict(
            hidden_size=40, num_attention_heads=2, num_key_value_heads=1, head_dim=24, num_hidden_layers=4,
            vocab_size=67, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=20,
            shared_expert_intermediate_size=18, linear_num_key_heads=2, linear_num_value_heads=2,
            linear_key_head_dim=14, linear_value_head_dim=10, rope_parameters=rope(
                10000.0, partial_rotary_factor=0.25, mrope_section=[1, 1, 1], mrope_interleaved=True)),
        vision_config=dict(
            depth=1, hidden_size=16, intermediate_size=20, num_heads=2, patch_size=4, spatial_merge_size=1,
            out_hidden_size=40, num_position_embeddings=16),
        image_token_id=60, video_token_id=61, vision_start_token_id=62, vision_end_token_id=63)),
]

CASES += again(CASES, {
    "granite-plain": 9240, "granitehybrid-plain": 9440, "qwen3next-plain": 9530, "qwen35moe-plain": 9620})
