// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Linear;
import org.moe4j.model.Norm;
import org.moe4j.model.Rotary;

/**
 * What the latent attention layers of a model have in common.
 *
 * <p>The norms of the compressed rows have an epsilon of 1e-6 whatever the settings say, as in the
 * reference; llama.cpp uses the model's.
 *
 * @param sizes the model's sizes; the head size is that of the rotated part
 * @param plainSize width of the part of a query head that is not rotated
 * @param valueSize width of a value head
 * @param latentSize width of a latent
 * @param queryRank width of a compressed query, 0 if queries are not compressed
 * @param rotary rotation of the rotated parts
 * @param scale factor of the dot products
 * @param bias bias of the maps that compress and of the output map
 */
record LatentRules(
    Dimensions sizes,
    int plainSize,
    int valueSize,
    int latentSize,
    int queryRank,
    Rotary rotary,
    float scale,
    Bias bias) {

  private static final float EPSILON = 1e-6f;

  /**
   * Reads the settings.
   *
   * @param source the file
   * @param interleaved whether rotated pairs are neighbours
   */
  static LatentRules of(Source source, boolean interleaved) {
    int heads = source.size("num_attention_heads", "attention.head_count");
    // A GGUF file may count the one head of the latent space.
    int kvHeads = source.size("num_key_value_heads", "attention.head_count_kv", heads);
    if (kvHeads != heads && !(source.gguf() && kvHeads == 1)) {
      throw source.badSetting(
          "num_key_value_heads",
          "attention.head_count_kv",
          "expected as many as attention heads, %d, found %d".formatted(heads, kvHeads));
    }
    int rotarySize = source.size("qk_rope_head_dim", "rope.dimension_count");
    if (rotarySize % 2 != 0) {
      throw source.badSetting(
          "qk_rope_head_dim",
          "rope.dimension_count",
          "expected an even number, found " + rotarySize);
    }
    int latentSize = source.size("kv_lora_rank", "attention.kv_lora_rank");
    Dimensions sizes =
        Dimensions.of(
            source,
            Dimensions.layers(source),
            heads,
            heads,
            rotarySize,
            (float) source.number("rms_norm_eps", "attention.layer_norm_rms_epsilon"));
    // Sizes that a tensor of the file confirms are small enough to allocate by.
    source
        .layer(0)
        .tensor(
            "self_attn.kv_a_proj_with_mqa.weight",
            "attn_kv_a_mqa.weight",
            (long) latentSize + rotarySize,
            sizes.hidden());
    int plainSize = plainSize(source, rotarySize);
    LatentScaling scaling = LatentScaling.of(source, sizes, interleaved);
    Bias bias = source.gguf() ? Bias.NONE : AttentionRules.attentionBias(source);
    return new LatentRules(
        sizes,
        plainSize,
        valueSize(source),
        latentSize,
        source.count("q_lora_rank", "attention.q_lora_rank", 0),
        scaling.rotary(),
        (float) (scaling.factor() / Math.sqrt((double) plainSize + rotarySize)),
        bias);
  }

  /** Old GGUF files know the heads' sizes alone, newer ones have them beside the latent ones. */
  private static int plainSize(Source source, int rotarySize) {
    if (!source.gguf()) {
      return source.size("qk_nope_head_dim", "");
    }
    int latent = source.size("", "attention.key_length");
    int whole = source.size("", "attention.key_length_mla", latent);
    if (whole <= rotarySize) {
      throw source.badSetting(
          "",
          "attention.key_length_mla",
          "expected more than the %d rotated dimensions, found %d".formatted(rotarySize, whole));
    }
    return whole - rotarySize;
  }

  private static int valueSize(Source source) {
    if (!source.gguf()) {
      return source.size("v_head_dim", "");
    }
    int latent = source.size("", "attention.value_length");
    return source.size("", "attention.value_length_mla", latent);
  }

  LatentAttention build(Scope layer, int index) {
    long hidden = sizes.hidden();
    long queryWidth = (long) sizes.heads() * (plainSize + sizes.headSize());
    boolean compressed = queryRank > 0;
    Linear queryDown =
        compressed ? layer.linear("self_attn.q_a_proj", "attn_q_a", queryRank, hidden, bias) : null;
    Norm queryNorm =
        compressed
            ? layer.norm("self_attn.q_a_layernorm", "attn_q_a_norm", queryRank, EPSILON)
            : null;
    Linear query =
        compressed
            ? layer.linear("self_attn.q_b_proj", "attn_q_b", queryWidth, queryRank, Bias.NONE)
            : layer.linear("self_attn.q_proj", "attn_q", queryWidth, hidden, Bias.NONE);
    LatentHeads up = LatentHeads.read(layer, sizes.heads(), plainSize, valueSize, latentSize);
    return new LatentAttention(
        sizes.heads(),
        plainSize,
        sizes.headSize(),
        valueSize,
        latentSize,
        new LatentAttention.Maps(
            queryDown,
            query,
            layer.linear(
                "self_attn.kv_a_proj_with_mqa",
                "attn_kv_a_mqa",
                (long) latentSize + sizes.headSize(),
                hidden,
                bias),
            up.keys(),
            up.values(),
            layer.linear(
                "self_attn.o_proj", "attn_output", hidden, (long) sizes.heads() * valueSize, bias)),
        queryNorm,
        layer.norm("self_attn.kv_a_layernorm", "attn_kv_a_norm", latentSize, EPSILON),
        rotary,
        scale);
  }
}
