"""gpt-oss, and mixtures whose router scores are corrected by a bias."""
from . import LONG, Case, Family, rope


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


FAMILIES = {
    "gptoss": Family(
        "GptOssConfig", "GptOssForCausalLM", router=lambda layer: layer.mlp.router, draw=draw_gpt_oss,
        classic_keeps=("num_local_experts", "layer_types")),
}

GPT_OSS = dict(
    hidden_size=46, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=26,
    num_hidden_layers=2, vocab_size=101, num_local_experts=6, num_experts_per_tok=2, sliding_window=9)
# Every pair is between the two limits, so that whole pairs matter.
YARN = dict(factor=8.0, beta_fast=32.0, beta_slow=1.0, truncate=False, original_max_position_embeddings=256)

CASES = [
    Case("gptoss-plain", 5000, dict(
        **GPT_OSS, max_position_embeddings=1024, rope_parameters=rope(150000.0)), twin=True),
    Case("gptoss-plain-seed2", 5005, dict(
        **GPT_OSS, max_position_embeddings=1024, rope_parameters=rope(150000.0)), layout="hub", shard="60KB"),
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
]
