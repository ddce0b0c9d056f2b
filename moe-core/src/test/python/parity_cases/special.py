"""Llama 4, DBRX, Hunyuan, Phi-3.5-MoE and Gemma 4."""
from types import SimpleNamespace

from . import LONG, Case, Family, Rejected, again, rope


def llama4_read(module, _inputs, output):
    scores, logits = output
    chosen = logits.topk(module.top_k, -1).indices
    return logits, scores.gather(-1, chosen), chosen


def llama4_draw(name, noise, config):
    if name.endswith("router.weight"):
        return noise * 1.6 / noise.shape[-1] ** 0.5
    if name.endswith("gate_up_proj"):  # [experts, in, out]
        return noise * 1.5 / noise.shape[-2] ** 0.5
    if name.endswith("experts.down_proj"):
        return noise * 3.0 / noise.shape[-2] ** 0.5
    return None


LLAMA4 = dict(
    router=lambda layer: getattr(layer.feed_forward, "router", None), read=llama4_read,
    turn=lambda _module, output: (output[0].roll(1, -1), output[1]),
    parts=lambda layer: [layer.self_attn.o_proj, layer.feed_forward], draw=llama4_draw,
    classic_keeps=("num_local_experts",))

def dbrx_read(module, inputs, _output):
    logits = module.router(inputs[0])
    weights, chosen = module.route_tokens_to_experts(logits)
    return logits, weights, chosen


def dbrx_draw(name, noise, config):
    width = noise.shape[-1]
    if "wte" in name:
        return noise
    if name.endswith(("norm_1.weight", "norm_2.weight", "norm_f.weight")):
        return 1 + 0.25 * noise
    if name.endswith("router.layer.weight"):
        return noise * (2.0 - 0.2 * config.ffn_config.moe_top_k) / width ** 0.5
    if name.endswith("Wqkv.weight"):
        return noise * 1.4 / width ** 0.5
    if name.endswith("w2"):  # rows are inputs
        return noise * 3.0 / config.ffn_config.ffn_hidden_size ** 0.5
    return None


def hunyuan_draw(name, noise, config):
    if name.endswith("gate.wg.weight"):
        return noise * (2.0 - 0.2 * config.moe_topk) / noise.shape[-1] ** 0.5
    if "query_layernorm" in name or "key_layernorm" in name:
        return 1.4 * (1 + 0.25 * noise)
    return None


def phimoe_read(module, _inputs, output):
    """Refuses logits at the edge of what counts as close to the highest, which decide a weight."""
    logits, _, chosen = output
    left = logits.clone()
    for slot in range(2):
        best = left.gather(-1, chosen[:, slot : slot + 1])
        edge = ((best - left) / left.abs().clamp(min=best) - 2 * module.router_jitter_noise).abs()
        if edge[left > float("-inf")].min().item() < 5e-4:
            raise Rejected("close to the edge of what is close")
        left = left.scatter(-1, chosen[:, slot : slot + 1], float("-inf"))
    return output


def phimoe_draw(name, noise, config):
    if name.endswith("router.weight"):
        return noise * 2.0 / noise.shape[-1] ** 0.5
    if name.endswith("lm_head.bias"):
        return noise
    return None


def phimoe_prepare(model):
    """The long factors for sequences longer than the original context, as Microsoft's own code has it: transformers 5.23
    takes the short ones for all, since it does not tell the length (PhimoeRotaryEmbedding.forward)."""
    rotary = model.model.rotary_emb
    if rotary.rope_type == "longrope":
        forward, init = rotary.forward, rotary.rope_init_fn

        def with_length(x, position_ids=None):
            length = int(position_ids.max()) + 1
            rotary.rope_init_fn = lambda config: init(config, seq_len=length)
            return forward(x, position_ids)

        rotary.forward = with_length
    return model

def gemma4_draw(name, noise, config):
    if "embed_scale" in name or "inv_freq" in name:
        return None
    width = noise.shape[-1]
    if name.endswith("layer_scalar"):
        return 0.8 + 0.1 * noise.clamp(-2, 2)
    if name.endswith(("router.scale", "per_expert_scale")):
        return 1 + 0.2 * noise
    if name.endswith("router.proj.weight"):
        return noise * (2.0 - 0.2 * config.top_k_experts)
    if "embed_tokens" in name:
        return noise * (3.0 if config.tie_word_embeddings else 1.0) / width ** 0.5
    if "q_norm" in name or "k_norm" in name:  # the softmax has no other scale
        return (1 + 0.25 * noise) * 1.4 / width ** 0.25
    return None


GEMMA4 = dict(
    router=lambda layer: getattr(layer, "router", None), draw=gemma4_draw,
    read=lambda _module, _inputs, output: (output[0].log(), output[1], output[2]),
    turn=lambda module, output: (output[0], output[1], (output[2] + 1) % module.proj.weight.shape[0]),
    parts=lambda layer: [layer.self_attn.o_proj, layer.mlp] + ([layer.experts] if layer.enable_moe_block else []))

FAMILIES = {
    "llama4": Family("Llama4TextConfig", "Llama4ForCausalLM", **LLAMA4),
    "llama4nested": Family("Llama4Config", "Llama4ForConditionalGeneration",
                           text_model=lambda model: model.language_model.model, **LLAMA4),
    "dbrx": Family(
        "DbrxConfig", "DbrxForCausalLM", router=lambda layer: layer.ffn, read=dbrx_read, turn=None,
        parts=lambda layer: [layer.norm_attn_norm.attn.out_proj, layer.ffn], draw=dbrx_draw,
        text_model=lambda model: SimpleNamespace(layers=model.transformer.blocks)),
    "hunyuanmoe": Family(
        "HunYuanMoEV1Config", "HunYuanMoEV1ForCausalLM", draw=hunyuan_draw, experts_fused=True,
        twin_config=dict(moe_intermediate_size=[22, 22], moe_topk=[3, 3], num_shared_expert=[1, 1]),
        turn=lambda module, output: (output[0], output[1], (output[2] + 1) % module.num_experts)),
    "phimoe": Family(
        "PhimoeConfig", "PhimoeForCausalLM", router=lambda layer: layer.mlp.router, read=phimoe_read,
        draw=phimoe_draw,
        prepare=phimoe_prepare, experts_fused=True, block_sparse=True, classic_keeps=("num_local_experts",),
        twin_config=dict(architectures=["PhiMoEForCausalLM"])),
    "gemma4": Family("Gemma4TextConfig", "Gemma4ForCausalLM", twin_config=dict(
        architectures=["Gemma4ForConditionalGeneration"]), **GEMMA4),
    "hunyuan": Family("HunYuanDenseV1Config", "HunYuanDenseV1ForCausalLM", draw=hunyuan_draw),
}

GEMMA_ROTARY = {
    "full_attention": rope(1000000.0, "proportional", partial_rotary_factor=0.25), "sliding_attention": rope(10000.0)}
HUNYUAN = dict(pad_token_id=None, eod_token_id=None, sep_token_id=None)
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)



def long_rope(pairs, short_mscale, long_mscale, original):
    return rope(
        10000.0, "longrope", short_factor=[round(1 + 0.1 * i, 2) for i in range(pairs)],
        long_factor=[round(1.5 + 0.75 * i, 2) for i in range(pairs)], short_mscale=short_mscale, long_mscale=long_mscale,
        original_max_position_embeddings=original)


# The vocabulary of 101 belongs to cases that also have a GGUF twin.
CASES = [
    Case("llama4-plain", 5000, twin=True, config=dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=12, intermediate_size=22,
        intermediate_size_mlp=50, num_hidden_layers=4, vocab_size=101, num_local_experts=5, num_experts_per_tok=1,
        interleave_moe_layer_step=2, max_position_embeddings=512, rope_parameters=rope(500000.0)), layout="classic",
        drop=("moe_layers", "no_rope_layers")),
    Case("llama4-chunks", 5010, dict(
        hidden_size=46, num_attention_heads=4, num_key_value_heads=1, head_dim=14, intermediate_size=26,
        intermediate_size_mlp=40, num_hidden_layers=3, vocab_size=83, num_local_experts=4, num_experts_per_tok=2,
        moe_layers=[0, 2], no_rope_layers=[1, 0, 1], attention_chunk_size=8, floor_scale=6, attn_scale=0.5,
        attention_bias=True, max_position_embeddings=512,
        rope_parameters=rope(10000.0, "llama3", **LLAMA3)), lengths=LONG),
    Case("llama4-raw-tied", 5020, dict(
        hidden_size=40, num_attention_heads=2, num_key_value_heads=2, head_dim=18, intermediate_size=24,
        intermediate_size_mlp=40, num_hidden_layers=3, vocab_size=77, num_local_experts=6, num_experts_per_tok=1,
        use_qk_norm=False, no_rope_layer_interval=2, attn_temperature_tuning=False, attention_chunk_size=16,
        layer_types=["full_attention", "chunked_attention", "chunked_attention"], tie_word_embeddings=True,
        max_position_embeddings=512, rope_parameters=rope(10000.0)), shard="40KB"),
    Case("llama4nested-images", 5030, dict(
        text_config=dict(
            hidden_size=44, num_attention_heads=4, num_key_value_heads=2, head_dim=12, intermediate_size=20,
            intermediate_size_mlp=40, num_hidden_layers=3, vocab_size=79, num_local_experts=4, num_experts_per_tok=1,
            interleave_moe_layer_step=1, attention_chunk_size=8, no_rope_layer_interval=3, floor_scale=4,
            max_position_embeddings=512, rope_parameters=rope(500000.0), pad_token_id=None, bos_token_id=None,
            eos_token_id=None),
        vision_config=dict(
            hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vision_output_dim=8,
            image_size=28, patch_size=14, projector_input_dim=8, projector_output_dim=8),
        image_token_index=78, boi_token_index=77, eoi_token_index=76)),
    Case("dbrx-plain", 5100, twin=True, config=dict(
        d_model=48, n_heads=4, n_layers=2, max_seq_len=256, vocab_size=101,
        attn_config=dict(clip_qkv=2.0, kv_n_heads=2, rope_theta=10000.0),
        ffn_config=dict(ffn_hidden_size=20, moe_num_experts=6, moe_top_k=3)), drop=("rope_parameters", "num_key_value_heads")),
    Case("dbrx-theta", 5110, dict(
        d_model=42, n_heads=3, n_layers=2, max_seq_len=256, vocab_size=87,
        attn_config=dict(clip_qkv=1.0, kv_n_heads=1, rope_theta=500.0), rope_parameters=rope(500.0),
        ffn_config=dict(ffn_hidden_size=26, moe_num_experts=5, moe_top_k=1)), shard="40KB", lengths=LONG),
    Case("dbrx-raw", 5120, dict(
        d_model=60, n_heads=6, n_layers=3, max_seq_len=256, vocab_size=71,
        attn_config=dict(clip_qkv=50.0, kv_n_heads=6, rope_theta=10000.0),
        ffn_config=dict(ffn_hidden_size=14, moe_num_experts=8, moe_top_k=4, moe_normalize_expert_weights=None))),
    Case("hunyuanmoe-plain", 5200, twin=True, config=dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=12, intermediate_size=22,
        num_hidden_layers=2, vocab_size=101, num_experts=6, moe_topk=3, max_position_embeddings=256,
        rope_parameters=rope(10000.0), **HUNYUAN), layout="hub"),
    Case("hunyuanmoe-alpha", 5210, dict(
        hidden_size=46, num_attention_heads=4, num_key_value_heads=1, head_dim=14, intermediate_size=26,
        num_hidden_layers=2, vocab_size=83, num_experts=5, moe_topk=2, max_position_embeddings=256,
        rope_parameters=rope(10000.0, "dynamic", alpha=1000.0, factor=1.0), attention_bias=True, **HUNYUAN),
        layout="classic", lengths=LONG),
    Case("hunyuanmoe-top1-tied", 5220, dict(
        hidden_size=40, num_attention_heads=2, num_key_value_heads=2, head_dim=18, intermediate_size=30,
        num_hidden_layers=3, vocab_size=77, num_experts=4, moe_topk=1, max_position_embeddings=256,
        tie_word_embeddings=True, rope_parameters=rope(500.0), **HUNYUAN), shard="40KB"),
    Case("hunyuan-plain", 5250, twin=True, config=dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=50,
        num_hidden_layers=2, vocab_size=101, max_position_embeddings=256, rope_parameters=rope(10000.0), **HUNYUAN)),
    Case("hunyuan-alpha-tied", 5260, dict(
        hidden_size=50, num_attention_heads=5, num_key_value_heads=1, head_dim=12, intermediate_size=38,
        num_hidden_layers=3, vocab_size=67, max_position_embeddings=256, tie_word_embeddings=True,
        rope_parameters=rope(10000.0, "dynamic", alpha=50.0, factor=1.0), **HUNYUAN), layout="classic"),
    # Prompts within the original context of 35 positions, their answers included, and one beyond it.
    Case("phimoe-long", 5300, twin=True, twin_differs="llama.cpp routes by plain softmax", config=dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=22, num_hidden_layers=2,
        vocab_size=101, num_local_experts=5, max_position_embeddings=140, attention_bias=True, lm_head_bias=True,
        # One scale for both, which converters compute in the same way.
        rope_parameters=long_rope(6, 1.1789478545667627, 1.1789478545667627, 35)), layout="hub"),
    Case("phimoe-plain", 5320, dict(
        hidden_size=40, num_attention_heads=4, num_key_value_heads=4, intermediate_size=30, num_hidden_layers=2,
        vocab_size=77, num_local_experts=6, max_position_embeddings=256, sliding_window=11,
        rope_parameters=rope(1000000.0)), layout="hub", shard="40KB"),
    Case("gemma4-plain", 5400, twin=True, twin_differs="(its GELU comes from a table in half precision)", config=dict(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
        global_head_dim=16, num_global_key_value_heads=1, attention_k_eq_v=True, hidden_size_per_layer_input=0,
        enable_moe_block=True, num_experts=5, top_k_experts=2, moe_intermediate_size=22, intermediate_size=40,
        vocab_size=101, layer_types=["sliding_attention", "sliding_attention", "full_attention"], sliding_window=9,
        final_logit_softcapping=20.0, tie_word_embeddings=True, max_position_embeddings=256, pad_token_id=None, rope_parameters=GEMMA_ROTARY)),
    Case("gemma4-dense", 5420, dict(
        hidden_size=40, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=10,
        global_head_dim=20, num_global_key_value_heads=1, attention_k_eq_v=True, hidden_size_per_layer_input=0,
        intermediate_size=50, vocab_size=77, sliding_window=6, tie_word_embeddings=True, max_position_embeddings=256, pad_token_id=None,
        rope_parameters=GEMMA_ROTARY)),
    Case("gemma4-values-untied", 5440, twin=True, twin_differs="(its GELU comes from a table in half precision)", config=dict(
        hidden_size=44, num_hidden_layers=4, num_attention_heads=6, num_key_value_heads=3, head_dim=10,
        global_head_dim=14, num_global_key_value_heads=2, attention_k_eq_v=False, hidden_size_per_layer_input=0,
        enable_moe_block=True, num_experts=4, top_k_experts=1, moe_intermediate_size=18, intermediate_size=30,
        vocab_size=101, layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
        sliding_window=5, final_logit_softcapping=12.0, tie_word_embeddings=False, max_position_embeddings=256, pad_token_id=None,
        rope_parameters=GEMMA_ROTARY)),
    Case("gemma4-dense-bias", 5450, dict(
        hidden_size=36, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, head_dim=12,
        global_head_dim=18, attention_bias=True, hidden_size_per_layer_input=0, intermediate_size=40, vocab_size=71,
        sliding_window=7, final_logit_softcapping=15.0, tie_word_embeddings=False, max_position_embeddings=256,
        pad_token_id=None, rope_parameters=GEMMA_ROTARY), lengths=LONG),
]

CASES += again(CASES, {
    "llama4-plain": 5040, "dbrx-plain": 5130, "hunyuanmoe-plain": 5230, "phimoe-plain": 5330, "gemma4-plain": 5430})
