// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.ScoredTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.family.Skeleton.LayerPart;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.ModelSpec;

/**
 * What the models of DeepSeek and those who took them over have in common: latent attention, and
 * layers with experts, of which some always run as one ungated feed-forward, behind layers without.
 *
 * @param source the file
 * @param attention the attention layers
 * @param experts counts and width of the experts; null if no layer has any
 * @param sparse which layers have experts
 * @param bias bias of the feed-forwards that are no chosen expert's
 */
record DeepSeekLayers(
    Source source,
    LatentRules attention,
    @Nullable ExpertParts experts,
    IntPredicate sparse,
    Bias bias) {

  /** Counts and width, null if the settings have no experts. */
  static @Nullable ExpertParts experts(Source source, int hidden) {
    if (!source.has("n_routed_experts", "expert_count")) {
      if (source.gguf()) {
        // The architecture wants them even of models without experts.
        source.key("expert_feed_forward_length");
        source.key("expert_shared_count");
      }
      return null;
    }
    int count = source.size("n_routed_experts", "expert_count");
    int perToken = source.size("num_experts_per_tok", "expert_used_count");
    if (perToken > count) {
      throw source.badSetting(
          "num_experts_per_tok",
          "expert_used_count",
          "expected 1 to the number of experts, %d, found %d".formatted(count, perToken));
    }
    int width = source.size("moe_intermediate_size", "expert_feed_forward_length");
    return new ExpertParts(count, perToken, hidden, width);
  }

  /**
   * The layers from {@code first_k_dense_replace} on. {@code moe_layer_freq} makes some of them
   * dense in the models' own code and none in the reference, so their tensors tell; as they do in
   * GGUF files, which cannot tell what {@code mlp_layer_types} can.
   */
  static IntPredicate behindDense(Source source, int fallback) {
    String key = source.gguf() ? source.key("leading_dense_block_count") : "first_k_dense_replace";
    int dense = source.config().int32(key, fallback);
    boolean told = !source.gguf() && source.size("moe_layer_freq", "", 1) == 1;
    return layer ->
        layer >= dense
            && (told || source.layer(layer).has("mlp.gate.weight", "ffn_gate_inp.weight"));
  }

  /**
   * Maps the model.
   *
   * @param rule the routing rule of a layer
   */
  ModelSpec build(RuleReader rule) {
    LayerPart<FeedForward> feedForward =
        (layer, index) ->
            experts != null && sparse.test(index) ? mixture(layer, experts, rule) : dense(layer);
    return Skeleton.of(source, attention.sizes()).build(attention::build, feedForward);
  }

  /** How a layer's rule is read. */
  @FunctionalInterface
  interface RuleReader {
    ScoredTopK read(Scope layer, ExpertParts experts);
  }

  private FeedForward dense(Scope layer) {
    int width = source.size("intermediate_size", "feed_forward_length");
    return layer.gated("mlp", "", attention.sizes().hidden(), width, bias);
  }

  private Mixture mixture(Scope layer, ExpertParts parts, RuleReader rule) {
    return new Mixture(
        parts.router(layer, Names.MLP),
        rule.read(layer, parts),
        parts.read(layer, Names.MLP),
        shared(layer, parts));
  }

  /** The shared experts lie side by side as one. */
  private @Nullable SharedExpert shared(Scope layer, ExpertParts parts) {
    String key = source.gguf() ? source.key("expert_shared_count") : "n_shared_experts";
    int count = source.config().int32(key, 0);
    if (count == 0) {
      return null;
    }
    long width = (long) count * parts.width();
    if (width < 1 || width > Integer.MAX_VALUE) {
      throw source.badSetting(
          "n_shared_experts",
          "expert_shared_count",
          "expected a count of experts as wide as %d, found %d".formatted(parts.width(), count));
    }
    return new SharedExpert(
        layer.gated("mlp.shared_experts", "_shexp", parts.hidden(), (int) width, bias), null);
  }
}
