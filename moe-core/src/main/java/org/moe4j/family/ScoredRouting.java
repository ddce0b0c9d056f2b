// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.jspecify.annotations.Nullable;
import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;
import org.moe4j.ScoredTopK.Score;

/**
 * How experts are chosen by DeepSeek and those who took it over, as the settings tell: by scores
 * that a bias may correct, in the best groups only, with weights that add up to a factor.
 *
 * <p>The families differ in what a setting means that is missing. A GGUF file does not tell what a
 * group is scored by: its best member with softmax, its best two with sigmoid. llama.cpp always
 * takes the best two.
 *
 * @param source the file
 * @param experts counts of the experts
 * @param scale factor of the weights where the file does not tell
 * @param normalised whether weights add up to the factor where the file does not tell
 * @param allGroups whether all groups are kept where the file does not tell how many, or one
 */
record ScoredRouting(
    Source source, ExpertParts experts, double scale, boolean normalised, boolean allGroups) {

  /** Name of a layer's correction bias in GGUF files. */
  private static final String BIAS = "exp_probs_b.bias";

  /** Added to the sum that weights are divided by. */
  private static final double EPSILON = 1e-20;

  /** What a file means that tells neither a factor nor how many groups are kept. */
  static ScoredRouting of(Source source, ExpertParts experts, boolean normalised) {
    return new ScoredRouting(source, experts, 1, normalised, false);
  }

  /** Scores in groups, weights divided by their sum: each as the settings tell, without a bias. */
  ScoredTopK rule(Score score) {
    return weighted(limited(scored(score)));
  }

  /** Scores and the factor of the weights. */
  ScoredTopK scored(Score score) {
    return new ScoredTopK(experts.perToken(), score, null, null, null, scale(source, scale), null);
  }

  /** Factor of the weights; zero is how some GGUF files say that there is none. */
  static double scale(Source source, double fallback) {
    double scale = source.number("routed_scaling_factor", "expert_weights_scale", fallback);
    if (!Float.isFinite((float) scale)) {
      throw source.badSetting(
          "routed_scaling_factor", "expert_weights_scale", "expected a number, found " + scale);
    }
    return source.gguf() && scale == 0 ? 1 : scale;
  }

  /** Limited to the best groups; one group is none. */
  ScoredTopK limited(ScoredTopK rule) {
    int groups = source.size("n_group", "expert_group_count", 1);
    int kept = source.size("topk_group", "expert_group_used_count", allGroups ? groups : 1);
    if (kept > groups) {
      throw source.badSetting(
          "topk_group",
          "expert_group_used_count",
          "expected at most the number of groups, %d, found %d".formatted(groups, kept));
    }
    if (groups == 1) {
      return rule;
    }
    GroupScore by = rule.score() == Score.SOFTMAX ? GroupScore.BEST : GroupScore.BEST_TWO;
    ScoredTopK limited = rule.withGroups(new Groups(groups, kept, by));
    if (!limited.fits(experts.experts())) {
      throw source.badSetting(
          "n_group",
          "expert_group_count",
          "expected groups that divide %d experts and hold %d of them, found %s"
              .formatted(experts.experts(), experts.perToken(), limited));
    }
    return limited;
  }

  /** With weights that add up to the factor, if the settings say so. */
  ScoredTopK weighted(ScoredTopK rule) {
    String key = source.gguf() ? source.key("expert_weights_norm") : "norm_topk_prob";
    return source.config().flag(key, normalised) ? rule.normalised(EPSILON) : rule;
  }

  /** The gating function of a GGUF file, null if it does not tell. */
  static @Nullable Score gating(Source source) {
    String key = source.key("expert_gating_func");
    int gating = source.config().int32(key, 0);
    return switch (gating) {
      case 0 -> null;
      case 1 -> Score.SOFTMAX;
      case 2 -> Score.SIGMOID;
      default -> throw source.unsupported(key, String.valueOf(gating), "1 (softmax), 2 (sigmoid)");
    };
  }

  /** Refuses a GGUF file that tells of another gating function; a config does not tell. */
  static void requireGating(Source source, Score score) {
    Score told = source.gguf() ? gating(source) : null;
    if (told != null && told != score) {
      throw source.unsupported(
          source.key("expert_gating_func"),
          told == Score.SOFTMAX ? "1 (softmax)" : "2 (sigmoid)",
          score == Score.SOFTMAX ? "1 (softmax)" : "2 (sigmoid)");
    }
  }

  /**
   * A layer's correction bias, null in a GGUF file without it.
   *
   * @param layer the layer
   * @param hf its name in safetensors
   * @param experts number of experts
   */
  static @Nullable PerExpert bias(Scope layer, String hf, int experts) {
    return layer.source().gguf() && !layer.has("", BIAS)
        ? null
        : layer.perExpert(hf, BIAS, experts);
  }
}
