"""Llama, Qwen and the first mixtures."""
from . import LONG, Case, Family, rope

FAMILIES = {
    "llama": Family("LlamaConfig", "LlamaForCausalLM"),
    "qwen2": Family("Qwen2Config", "Qwen2ForCausalLM"),
    "qwen3": Family("Qwen3Config", "Qwen3ForCausalLM"),
    "mixtral": Family(
        "MixtralConfig", "MixtralForCausalLM", experts_fused=True, block_sparse=True,
        classic_keeps=("num_local_experts",)),
    "qwen2moe": Family("Qwen2MoeConfig", "Qwen2MoeForCausalLM", experts_fused=True),
    "qwen3moe": Family("Qwen3MoeConfig", "Qwen3MoeForCausalLM", experts_fused=True),
    "olmoe": Family("OlmoeConfig", "OlmoeForCausalLM", experts_fused=True),
}

LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)

# The vocabulary of 101 belongs to cases that also have a GGUF twin.
CASES = [
    # Dense families.
    Case("llama-gqa", 100, dict(
        hidden_size=66, num_attention_heads=6, num_key_value_heads=2, head_dim=10, intermediate_size=90,
        num_hidden_layers=2, vocab_size=101, rms_norm_eps=1e-5, rope_parameters=rope(10000.0)),
        generation=dict(do_sample=True, temperature=0.6, top_p=0.9, eos_token_id=[100, 99], bos_token_id=1),
        lengths=LONG),
    Case("llama-gqa-seed2", 150, dict(
        hidden_size=66, num_attention_heads=6, num_key_value_heads=2, head_dim=10, intermediate_size=90,
        num_hidden_layers=2, vocab_size=101, rms_norm_eps=1e-5, rope_parameters=rope(10000.0)), layout="classic"),
    Case("llama-tied", 200, dict(
        hidden_size=84, num_attention_heads=3, num_key_value_heads=3, intermediate_size=77, num_hidden_layers=3,
        vocab_size=83, rms_norm_eps=1e-6, rope_parameters=rope(500.0), tie_word_embeddings=True), shard="60KB"),
    Case("llama-bias", 300, dict(
        hidden_size=60, num_attention_heads=5, num_key_value_heads=1, intermediate_size=46, num_hidden_layers=2,
        vocab_size=61, attention_bias=True, mlp_bias=True, rope_parameters=rope(10000.0)), layout="classic"),
    Case("llama-rope-llama3", 400, dict(
        hidden_size=54, num_attention_heads=3, num_key_value_heads=1, head_dim=16, intermediate_size=70,
        num_hidden_layers=2, vocab_size=101, max_position_embeddings=512,
        rope_parameters=rope(10000.0, "llama3", **LLAMA3)), layout="classic", lengths=LONG),
    Case("llama-rope-llama3-tied", 450, dict(
        hidden_size=62, num_attention_heads=2, num_key_value_heads=2, head_dim=22, intermediate_size=58,
        num_hidden_layers=2, vocab_size=75, max_position_embeddings=512, tie_word_embeddings=True,
        rope_parameters=rope(3000.0, "llama3", **{**LLAMA3, "factor": 32.0, "low_freq_factor": 1.5}))),
    Case("llama-rope-linear", 500, dict(
        hidden_size=56, num_attention_heads=4, num_key_value_heads=4, intermediate_size=50, num_hidden_layers=2,
        vocab_size=101, rope_parameters=rope(200.0, "linear", factor=4.0)), layout="classic"),
    Case("qwen2-plain", 600, dict(
        hidden_size=60, num_attention_heads=6, num_key_value_heads=2, intermediate_size=76, num_hidden_layers=2,
        vocab_size=101, rope_parameters=rope(1000000.0)), lengths=LONG),
    Case("qwen2-tied", 650, dict(
        hidden_size=70, num_attention_heads=5, num_key_value_heads=1, intermediate_size=44, num_hidden_layers=3,
        vocab_size=73, tie_word_embeddings=True, rope_parameters=rope(10000.0)), layout="classic", shard="50KB"),
    Case("qwen2-sliding", 700, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=2, intermediate_size=52, num_hidden_layers=3,
        vocab_size=79, use_sliding_window=True, sliding_window=7, max_window_layers=1,
        rope_parameters=rope(10000.0)), layout="classic"),
    Case("qwen2-rope-yarn", 750, dict(
        hidden_size=64, num_attention_heads=4, num_key_value_heads=2, intermediate_size=42, num_hidden_layers=2,
        vocab_size=71, max_position_embeddings=128,
        rope_parameters=rope(100.0, "yarn", factor=4.0, original_max_position_embeddings=32)), layout="classic"),
    Case("qwen3-plain", 800, dict(
        hidden_size=50, num_attention_heads=4, num_key_value_heads=1, head_dim=22, intermediate_size=66,
        num_hidden_layers=2, vocab_size=101, rope_parameters=rope(1000000.0))),
    Case("qwen3-tied", 850, dict(
        hidden_size=46, num_attention_heads=6, num_key_value_heads=3, head_dim=12, intermediate_size=54,
        num_hidden_layers=3, vocab_size=89, tie_word_embeddings=True, rope_parameters=rope(10000.0)),
        layout="classic"),
    Case("qwen3-sliding", 900, dict(
        hidden_size=52, num_attention_heads=3, num_key_value_heads=3, head_dim=18, intermediate_size=38,
        num_hidden_layers=3, vocab_size=63, attention_bias=True, use_sliding_window=True, sliding_window=5,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=rope(5000.0)), lengths=LONG),
    # Mixtral.
    Case("mixtral-plain", 1000, dict(
        hidden_size=52, num_attention_heads=4, num_key_value_heads=2, head_dim=14, intermediate_size=28,
        num_hidden_layers=2, vocab_size=101, num_local_experts=6, num_experts_per_tok=2,
        rope_parameters=rope(1000000.0)),
        generation=dict(eos_token_id=2, bos_token_id=1)),
    Case("mixtral-plain-seed2", 1050, dict(
        hidden_size=52, num_attention_heads=4, num_key_value_heads=2, head_dim=14, intermediate_size=28,
        num_hidden_layers=2, vocab_size=101, num_local_experts=6, num_experts_per_tok=2,
        rope_parameters=rope(1000000.0)), layout="hub"),
    Case("mixtral-sliding", 1100, dict(
        hidden_size=44, num_attention_heads=2, num_key_value_heads=1, intermediate_size=36, num_hidden_layers=3,
        vocab_size=77, num_local_experts=5, num_experts_per_tok=3, sliding_window=11,
        rope_parameters=rope(10000.0)), layout="classic", shard="40KB"),
    Case("mixtral-top1-tied", 1200, dict(
        hidden_size=60, num_attention_heads=3, num_key_value_heads=3, intermediate_size=22, num_hidden_layers=2,
        vocab_size=93, num_local_experts=7, num_experts_per_tok=1, tie_word_embeddings=True,
        rope_parameters=rope(1000000.0)), layout="classic", drop=("rope_theta", "head_dim"), lengths=LONG),
    # Qwen1.5/2-MoE.
    Case("qwen2moe-plain", 1300, dict(
        hidden_size=56, num_attention_heads=4, num_key_value_heads=2, intermediate_size=60, num_hidden_layers=2,
        vocab_size=101, num_experts=9, num_experts_per_tok=4, moe_intermediate_size=18,
        shared_expert_intermediate_size=34, norm_topk_prob=False, rope_parameters=rope(1000000.0)), layout="classic"),
    Case("qwen2moe-plain-seed2", 1350, dict(
        hidden_size=56, num_attention_heads=4, num_key_value_heads=2, intermediate_size=60, num_hidden_layers=2,
        vocab_size=101, num_experts=9, num_experts_per_tok=4, moe_intermediate_size=18,
        shared_expert_intermediate_size=34, norm_topk_prob=False, rope_parameters=rope(1000000.0))),
    Case("qwen2moe-norm-mlponly-tied", 1400, dict(
        hidden_size=60, num_attention_heads=6, num_key_value_heads=3, intermediate_size=46, num_hidden_layers=3,
        vocab_size=65, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=26,
        shared_expert_intermediate_size=20, norm_topk_prob=True, mlp_only_layers=[1], tie_word_embeddings=True,
        rope_parameters=rope(10000.0))),
    Case("qwen2moe-step2", 1500, dict(
        hidden_size=42, num_attention_heads=3, num_key_value_heads=1, intermediate_size=58, num_hidden_layers=4,
        vocab_size=81, num_experts=10, num_experts_per_tok=3, moe_intermediate_size=14,
        shared_expert_intermediate_size=30, norm_topk_prob=False, mlp_only_layers=[3], decoder_sparse_step=2,
        qkv_bias=False, rope_parameters=rope(10000.0)), layout="classic", shard="30KB"),
    Case("qwen2moe-sliding", 1550, dict(
        hidden_size=48, num_attention_heads=4, num_key_value_heads=4, intermediate_size=40, num_hidden_layers=3,
        vocab_size=69, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=18,
        shared_expert_intermediate_size=22, norm_topk_prob=True, use_sliding_window=True, sliding_window=6,
        max_window_layers=3, rope_parameters=rope(10000.0))),
    # Qwen3-MoE.
    Case("qwen3moe-norm", 1600, dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=2, head_dim=20, intermediate_size=50,
        num_hidden_layers=2, vocab_size=101, num_experts=11, num_experts_per_tok=4, moe_intermediate_size=18,
        norm_topk_prob=True, rope_parameters=rope(1000000.0)),
        generation=dict(do_sample=True, temperature=0.7, top_k=20, top_p=0.8, eos_token_id=[100, 98])),
    Case("qwen3moe-norm-seed2", 1650, dict(
        hidden_size=44, num_attention_heads=4, num_key_value_heads=2, head_dim=20, intermediate_size=50,
        num_hidden_layers=2, vocab_size=101, num_experts=11, num_experts_per_tok=4, moe_intermediate_size=18,
        norm_topk_prob=True, rope_parameters=rope(1000000.0)), layout="classic"),
    Case("qwen3moe-raw-tied", 1700, dict(
        hidden_size=58, num_attention_heads=3, num_key_value_heads=3, head_dim=14, intermediate_size=50,
        num_hidden_layers=2, vocab_size=87, num_experts=7, num_experts_per_tok=3, moe_intermediate_size=26,
        norm_topk_prob=False, tie_word_embeddings=True, rope_parameters=rope(10000.0)), layout="classic"),
    Case("qwen3moe-mixed", 1800, dict(
        hidden_size=50, num_attention_heads=5, num_key_value_heads=1, head_dim=12, intermediate_size=62,
        num_hidden_layers=4, vocab_size=63, num_experts=5, num_experts_per_tok=1, moe_intermediate_size=34,
        norm_topk_prob=False, mlp_only_layers=[1], decoder_sparse_step=2, rope_parameters=rope(10000.0)),
        layout="classic", shard="40KB", lengths=LONG),
    Case("qwen3moe-sliding", 1900, dict(
        hidden_size=40, num_attention_heads=4, num_key_value_heads=2, head_dim=18, intermediate_size=30,
        num_hidden_layers=3, vocab_size=71, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=22,
        norm_topk_prob=True, mlp_only_layers=[0], attention_bias=True, use_sliding_window=True, sliding_window=8,
        rope_parameters=rope(10000.0)), shard="40KB"),
    Case("qwen3moe-rope-yarn", 1950, dict(
        hidden_size=42, num_attention_heads=2, num_key_value_heads=1, head_dim=24, intermediate_size=30,
        num_hidden_layers=2, vocab_size=85, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=20,
        norm_topk_prob=True, max_position_embeddings=256,
        rope_parameters=rope(1000.0, "yarn", factor=8.0, original_max_position_embeddings=32))),
    # OLMoE.
    Case("olmoe-plain", 2000, dict(
        hidden_size=56, num_attention_heads=4, num_key_value_heads=4, intermediate_size=22, num_hidden_layers=2,
        vocab_size=101, num_experts=8, num_experts_per_tok=3, norm_topk_prob=False,
        rope_parameters=rope(10000.0), pad_token_id=1, eos_token_id=100), layout="classic"),
    Case("olmoe-plain-seed2", 2050, dict(
        hidden_size=56, num_attention_heads=4, num_key_value_heads=4, intermediate_size=22, num_hidden_layers=2,
        vocab_size=101, num_experts=8, num_experts_per_tok=3, norm_topk_prob=False,
        rope_parameters=rope(10000.0), pad_token_id=1, eos_token_id=100)),
    Case("olmoe-clip-raw", 2100, dict(
        hidden_size=54, num_attention_heads=3, num_key_value_heads=3, intermediate_size=26, num_hidden_layers=2,
        vocab_size=91, num_experts=5, num_experts_per_tok=2, norm_topk_prob=False, clip_qkv=0.75,
        rope_parameters=rope(500.0), pad_token_id=1, eos_token_id=None), layout="classic", shard="40KB"),
    Case("olmoe-clip-norm-gqa-tied", 2200, dict(
        hidden_size=60, num_attention_heads=6, num_key_value_heads=2, intermediate_size=18, num_hidden_layers=3,
        vocab_size=95, num_experts=11, num_experts_per_tok=4, norm_topk_prob=True, clip_qkv=0.9,
        tie_word_embeddings=True, rope_parameters=rope(10000.0), pad_token_id=1, eos_token_id=None)),
]
