// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.FeedForward;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;

/**
 * What the Granite families have in common: four factors, and feed-forwards that fuse gate and up.
 * Safetensors have router and experts under one name on the hub and under another since
 * transformers v5.
 */
final class GraniteParts {

  private static final String BLOCK = "block_sparse_moe.";

  private GraniteParts() {}

  /** Factors of the embedding, of both branches and, as their inverse, of the logits. */
  static Skeleton.Scales scales(Source source) {
    double logits = source.number("logits_scaling", "logit_scale", 1);
    if (logits == 0) {
      throw source.badSetting("logits_scaling", "logit_scale", "expected a divisor, found 0");
    }
    return new Skeleton.Scales(
        (float) source.number("embedding_multiplier", "embedding_scale", 1),
        (float) source.number("residual_multiplier", "residual_scale", 1),
        (float) (1 / logits),
        0);
  }

  /** Factor of the dot products. GGUF files without it mean the usual one. */
  static float attentionScale(Source source, Dimensions sizes) {
    double fallback = source.gguf() ? 1 / Math.sqrt(sizes.headSize()) : 1;
    return (float) source.number("attention_multiplier", "attention.scale", fallback);
  }

  /** Router, experts and, if the width is not 0, a shared expert. */
  static Mixture mixture(Scope layer, ExpertParts parts, SoftmaxTopK rule, int sharedWidth) {
    return new Mixture(
        router(layer, parts),
        rule,
        layer.source().gguf() ? parts.read(layer, ExpertParts.Names.MLP) : experts(layer, parts),
        sharedWidth == 0
            ? null
            : new SharedExpert(shared(layer, "_shexp", parts.hidden(), sharedWidth), null));
  }

  private static Linear router(Scope layer, ExpertParts parts) {
    String hf = layer.has(BLOCK + "router.weight", "") ? "router" : "router.layer";
    return layer.linear(BLOCK + hf, "ffn_gate_inp", parts.experts(), parts.hidden(), Bias.NONE);
  }

  private static List<GatedFeedForward> experts(Scope layer, ExpertParts parts) {
    boolean named = layer.has(BLOCK + "experts.gate_up_proj", "");
    return parts
        .tensors(layer)
        .fused(
            BLOCK + (named ? "experts.gate_up_proj" : "input_linear.weight"),
            BLOCK + (named ? "experts.down_proj" : "output_linear.weight"));
  }

  /** A feed-forward whose gate and up rows are one tensor in safetensors. */
  static GatedFeedForward shared(Scope layer, String ggufSuffix, int hidden, int width) {
    if (layer.source().gguf()) {
      return layer.gated("", ggufSuffix, hidden, width, Bias.NONE);
    }
    TensorData both = layer.tensor("shared_mlp.input_linear.weight", "", 2L * width, hidden);
    return new GatedFeedForward(
        Linear.of(both.rows(0, width)),
        Linear.of(both.rows(width, 2L * width)),
        layer.linear("shared_mlp.output_linear", "", hidden, width, Bias.NONE));
  }

  /**
   * Whether queries and keys are rotated, which GGUF files say by a key of another name.
   *
   * @param config what the settings of a {@code config.json} say
   */
  static boolean rotated(Source source, boolean config) {
    return source.gguf()
        ? source.config().flag(source.key("rope.scaling.finetuned"), true)
        : config;
  }

  /** Feed-forwards of all layers: a mixture, or one that is as wide as the settings say. */
  static Skeleton.LayerPart<FeedForward> feedForwards(Source source, int hidden) {
    int width = source.size("intermediate_size", "feed_forward_length");
    ExpertParts parts = ExpertParts.of(source, hidden, width);
    SoftmaxTopK rule = parts.softmax(source, true);
    int shared = sharedWidth(source);
    return (layer, index) -> mixture(layer, parts, rule, shared);
  }

  /** Width of the shared expert, 0 if there is none. */
  static int sharedWidth(Source source) {
    boolean has =
        source.has("shared_intermediate_size", "expert_shared_feed_forward_length")
            && source.number("shared_intermediate_size", "expert_shared_feed_forward_length") != 0;
    return has ? source.size("shared_intermediate_size", "expert_shared_feed_forward_length") : 0;
  }
}
