// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;

/**
 * The feed-forwards of DeepSeek and those who took them over: dense layers first, then experts that
 * are chosen by corrected scores, and one shared expert as wide as several.
 *
 * @param source the file
 * @param hidden width of the residual stream
 * @param experts counts and width of the experts; null if no layer has any
 * @param sparse which layers have experts
 * @param rules how a layer's experts are chosen
 * @param bias bias of the feed-forwards that are no chosen expert's
 */
record CorrectedExperts(
    Source source,
    int hidden,
    @Nullable ExpertParts experts,
    IntPredicate sparse,
    RuleReader rules,
    Bias bias) {

  private static final String CORRECTION = "mlp.gate.e_score_correction_bias";

  /** How a layer's rule is read. */
  @FunctionalInterface
  interface RuleReader {
    ScoredTopK read(Scope layer, ExpertParts experts);
  }

  /**
   * A model with experts.
   *
   * @param source the file
   * @param hidden width of the residual stream
   * @param dense dense layers of a file that does not tell
   * @param rules how a layer's experts are chosen
   */
  static CorrectedExperts of(Source source, int hidden, int dense, RuleReader rules) {
    int width = source.size("moe_intermediate_size", "expert_feed_forward_length");
    ExpertParts experts = ExpertParts.of(source, hidden, width);
    return new CorrectedExperts(
        source, hidden, experts, behindDense(source, dense), rules, Bias.NONE);
  }

  /** A model that may have no experts. */
  static CorrectedExperts optional(Source source, int hidden, int dense, RuleReader rules) {
    if (source.has("n_routed_experts", "expert_count")) {
      return of(source, hidden, dense, rules);
    }
    if (source.gguf()) {
      // The architecture wants them even of models without experts.
      source.key("expert_feed_forward_length");
      source.key("expert_shared_count");
      source.key("leading_dense_block_count");
    }
    return new CorrectedExperts(source, hidden, null, layer -> false, rules, Bias.NONE);
  }

  /** Sigmoid scores as the settings tell, corrected by a bias. */
  static ScoredTopK sigmoid(Scope layer, ScoredRouting routing) {
    ScoredRouting.requireGating(layer.source(), Score.SIGMOID);
    return routing.rule(Score.SIGMOID).withBias(correction(layer, routing.experts()));
  }

  /** A layer's correction bias under the usual name, null in a GGUF file without it. */
  static @Nullable PerExpert correction(Scope layer, ExpertParts experts) {
    return ScoredRouting.bias(layer, CORRECTION, experts.experts());
  }

  /**
   * The layers from {@code first_k_dense_replace} on. {@code moe_layer_freq} makes some of them
   * dense in DeepSeek's own code and none in the reference, so their tensors tell; as they do in
   * GGUF files, which cannot tell what {@code mlp_layer_types} can.
   */
  private static IntPredicate behindDense(Source source, int fallback) {
    int dense = source.count("first_k_dense_replace", "leading_dense_block_count", fallback);
    boolean told = !source.gguf() && source.size("moe_layer_freq", "", 1) == 1;
    return layer ->
        layer >= dense
            && (told || source.layer(layer).has("mlp.gate.weight", "ffn_gate_inp.weight"));
  }

  CorrectedExperts withSparse(IntPredicate newSparse) {
    return new CorrectedExperts(source, hidden, experts, newSparse, rules, bias);
  }

  CorrectedExperts withBias(Bias newBias) {
    return new CorrectedExperts(source, hidden, experts, sparse, rules, newBias);
  }

  /** A layer's feed-forward. */
  FeedForward build(Scope layer, int index) {
    if (experts == null || !sparse.test(index)) {
      int width = source.size("intermediate_size", "feed_forward_length");
      return layer.gated("mlp", "", hidden, width, bias);
    }
    String shared =
        source.config().has("num_shared_experts") ? "num_shared_experts" : "n_shared_experts";
    return new Mixture(
        experts.router(layer, Names.MLP),
        rules.read(layer, experts),
        experts.read(layer, Names.MLP),
        experts.shared(layer, source.count(shared, "expert_shared_count", 0), bias));
  }
}
