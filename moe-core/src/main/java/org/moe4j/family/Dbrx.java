// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.Map;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * DBRX: fine-grained experts in every layer, norms of deviations from the mean, queries, keys and
 * values from one map and limited.
 *
 * @see <a
 *     href="https://www.databricks.com/blog/introducing-dbrx-new-state-art-open-llm">Introducing
 *     DBRX</a>
 */
final class Dbrx implements Family {

  /** No file tells it otherwise. */
  private static final float EPSILON = 1e-5f;

  private static final Skeleton.Names NAMES =
      new Skeleton.Names(
          "transformer.wte",
          "norm_attn_norm.norm_1",
          "attn_norm",
          "norm_attn_norm.norm_2",
          "attn_output_norm",
          "transformer.norm_f",
          "lm_head");

  private static final Map<String, String> SETTINGS =
      Map.of(
          "hidden_size", "d_model",
          "num_attention_heads", "n_heads",
          "num_key_value_heads", "attn_config.kv_n_heads",
          "num_hidden_layers", "n_layers",
          "max_position_embeddings", "max_seq_len",
          "clip_qkv", "attn_config.clip_qkv",
          "intermediate_size", "ffn_config.ffn_hidden_size",
          "num_experts", "ffn_config.moe_num_experts",
          "num_experts_per_tok", "ffn_config.moe_top_k");

  @Override
  public ModelSpec map(Source source) {
    source.layersAt("transformer.blocks.");
    if (!source.gguf()) {
      source.settings(SETTINGS);
    }
    Dimensions sizes = Dimensions.of(source, Dimensions.evenHeadSize(source), epsilon(source));
    AttentionRules unrotated =
        AttentionRules.plain(sizes, null, Bias.NONE, Bias.NONE).withClip(Olmoe.clip(source));
    // Tensors of the file confirm the sizes before anything is allocated by them.
    maps(unrotated, source.layer(0));
    Rotary rotary = rotary(source, sizes);
    AttentionRules attention = unrotated.withRotary(index -> rotary);
    ExpertParts experts =
        ExpertParts.of(
            source, sizes.hidden(), source.size("intermediate_size", "feed_forward_length"));
    SoftmaxTopK rule = new SoftmaxTopK(experts.perToken(), renormalise(source));
    requireSilu(source);
    return Skeleton.of(source, sizes)
        .withNames(NAMES)
        .withNorms((scope, hf, gguf, width, epsilon) ->
            scope.layerNorm(hf, gguf, width, epsilon, Bias.NONE))
        .build(
            (layer, index) -> attention.build(layer, index, maps(attention, layer)),
            (layer, index) ->
                new Mixture(
                    layer.linear(
                        "ffn.router.layer",
                        "ffn_gate_inp",
                        experts.experts(),
                        sizes.hidden(),
                        Bias.NONE),
                    rule,
                    experts(layer, experts),
                    null));
  }

  private static float epsilon(Source source) {
    return source.gguf() ? (float) source.number("", "attention.layer_norm_epsilon") : EPSILON;
  }

  private static Attention.Maps maps(AttentionRules attention, Scope layer) {
    return attention.mapsInOne(layer, "norm_attn_norm.attn.Wqkv", "norm_attn_norm.attn.out_proj");
  }

  private static List<GatedFeedForward> experts(Scope layer, ExpertParts parts) {
    String experts = "ffn.experts.mlp.";
    return layer.source().gguf()
        ? parts.read(layer, Names.MLP)
        : parts.tensors(layer).joined(experts + "w1", experts + "v1", experts + "w2");
  }

  /**
   * Published configs have the base in the section of the attention, where transformers 5 does not
   * look.
   */
  private static Rotary rotary(Source source, Dimensions sizes) {
    String key = "attn_config.rope_theta";
    if (source.gguf() || !source.config().has(key)) {
      return RotaryRules.halfSplit(source, sizes);
    }
    double base = source.config().number(key);
    double other =
        ConfigRotary.section(source.config())
            .number("rope_theta", source.config().number("rope_theta", base));
    if (other != base) {
      throw source.badSetting(
          key,
          "",
          "expected the rope_theta of rope_parameters, %s, found %s".formatted(other, base));
    }
    return RotaryRules.halfSplit(source, sizes, base);
  }

  /** The weights of the chosen are divided by their norm, which for the published model is 1. */
  private static boolean renormalise(Source source) {
    String key = "ffn_config.moe_normalize_expert_weights";
    if (source.gguf() || !source.config().keys().contains(key)) {
      return true;
    }
    if (source.config().has(key) && source.config().number(key) != 1) {
      throw source.unsupported(key, String.valueOf(source.config().value(key)), "1, null");
    }
    return source.config().has(key);
  }

  private static void requireSilu(Source source) {
    if (source.config().value("ffn_config.ffn_act_fn") instanceof Map<?, ?> activation
        && activation.get("name") instanceof String name
        && !name.equals("silu")) {
      throw source.unsupported("ffn_config.ffn_act_fn", "\"" + name + "\"", "silu");
    }
  }
}
