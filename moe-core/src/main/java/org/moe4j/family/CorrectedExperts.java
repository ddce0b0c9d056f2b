// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.jspecify.annotations.Nullable;
import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;

/**
 * The feed-forwards of DeepSeek-V3 and those who took them over: dense layers first, then sigmoid
 * scores corrected by a bias, optionally in groups, and one shared expert as wide as several.
 *
 * @param parts the experts
 * @param rule how they are chosen, without the layer's bias
 * @param sharedWidth width of the shared expert, 0 for none
 * @param dense number of dense layers
 * @param denseWidth width of their feed-forwards
 * @param biasName name of a layer's correction bias in safetensors; null for none
 */
record CorrectedExperts(
    ExpertParts parts,
    ScoredTopK rule,
    int sharedWidth,
    int dense,
    int denseWidth,
    @Nullable String biasName) {

  /** Name of a layer's correction bias in GGUF files. */
  static final String BIAS = "exp_probs_b.bias";

  /**
   * Reads the settings.
   *
   * @param source the file
   * @param hidden width of the residual stream
   * @param denseByDefault dense layers of a file that does not tell
   * @param normalise whether weights add up to one where the file does not tell
   */
  static CorrectedExperts of(Source source, int hidden, int denseByDefault, boolean normalise) {
    int width = source.size("moe_intermediate_size", "expert_feed_forward_length");
    ExpertParts parts = ExpertParts.of(source, hidden, width);
    String key =
        source.config().has("num_shared_experts") ? "num_shared_experts" : "n_shared_experts";
    long shared = (long) count(source, key, "expert_shared_count", 0) * width;
    if (shared > Integer.MAX_VALUE) {
      throw source.badSetting(key, "expert_shared_count", "too many for a width of " + width);
    }
    int dense = count(source, "first_k_dense_replace", "leading_dense_block_count", denseByDefault);
    return new CorrectedExperts(
        parts,
        rule(source, parts, normalise),
        (int) shared,
        dense,
        dense == 0 ? 0 : source.size("intermediate_size", "feed_forward_length"),
        "mlp.gate.e_score_correction_bias");
  }

  CorrectedExperts withRule(ScoredTopK newRule) {
    return new CorrectedExperts(parts, newRule, sharedWidth, dense, denseWidth, biasName);
  }

  CorrectedExperts withBiasName(@Nullable String newName) {
    return new CorrectedExperts(parts, rule, sharedWidth, dense, denseWidth, newName);
  }

  private static int count(Source source, String hf, String gguf, int fallback) {
    int count = source.has(hf, gguf) ? (int) source.number(hf, gguf) : fallback;
    if (count < 0) {
      throw source.badSetting(hf, gguf, "expected 0 or more, found " + count);
    }
    return count;
  }

  /** Sigmoid scores, as the settings say, without a bias. */
  private static ScoredTopK rule(Source source, ExpertParts parts, boolean normalise) {
    requireSigmoid(source);
    ScoredTopK rule = ScoredTopK.sigmoid(parts.perToken()).withScale(scale(source, 1));
    String norm = source.gguf() ? source.key("expert_weights_norm") : "norm_topk_prob";
    if (source.config().flag(norm, normalise)) {
      rule = rule.normalised(1e-20);
    }
    return limited(source, rule, parts.experts());
  }

  /** Factor of the weights. */
  static double scale(Source source, double fallback) {
    double scale = source.number("routed_scaling_factor", "expert_weights_scale", fallback);
    if (!Float.isFinite((float) scale)) {
      throw source.badSetting(
          "routed_scaling_factor", "expert_weights_scale", "expected a number, found " + scale);
    }
    // Zero is how some GGUF files say that there is none.
    return source.gguf() && scale == 0 ? 1 : scale;
  }

  private static ScoredTopK limited(Source source, ScoredTopK rule, int experts) {
    int groups = source.size("n_group", "expert_group_count", 1);
    int kept = source.size("topk_group", "expert_group_used_count", 1);
    if (groups == 1) {
      return rule;
    }
    if (kept <= groups) {
      ScoredTopK limited = rule.withGroups(new Groups(groups, kept, GroupScore.BEST_TWO));
      if (limited.fits(experts)) {
        return limited;
      }
    }
    throw source.badSetting(
        "n_group",
        "expert_group_count",
        "%d of %d groups of %d experts cannot hold the %d that run"
            .formatted(kept, groups, experts, rule.k()));
  }

  /** Refuses another gating function in a GGUF file; a file that does not tell means sigmoid. */
  static void requireSigmoid(Source source) {
    if (source.gguf()) {
      int gating = source.config().int32(source.key("expert_gating_func"), 2);
      if (gating != 2 && gating != 0) {
        throw source.unsupported(
            source.key("expert_gating_func"), String.valueOf(gating), "2 (sigmoid)");
      }
    }
  }

  /**
   * A layer's correction bias; GGUF files may lack it.
   *
   * @param layer the layer
   * @param hf its name in safetensors
   * @param experts number of experts
   */
  static @Nullable PerExpert bias(Scope layer, String hf, int experts) {
    if (layer.source().gguf() && !layer.has("", BIAS)) {
      return null;
    }
    return layer.perExpert(hf, BIAS, experts);
  }

  /** A layer's feed-forward. */
  FeedForward build(Scope layer, int index) {
    int hidden = parts.hidden();
    if (index < dense) {
      return layer.gated("mlp", "", hidden, denseWidth, Bias.NONE);
    }
    PerExpert bias = biasName == null ? null : bias(layer, biasName, parts.experts());
    return new Mixture(
        parts.router(layer, Names.MLP),
        rule.withBias(bias),
        parts.read(layer, Names.MLP),
        sharedWidth == 0
            ? null
            : new SharedExpert(
                layer.gated("mlp.shared_experts", "_shexp", hidden, sharedWidth, Bias.NONE), null));
  }
}
