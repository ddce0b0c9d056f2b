// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.jspecify.annotations.Nullable;
import org.moe4j.PerExpert;
import org.moe4j.RoutingRule;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;

/**
 * The routing rules of DeepSeek and of those who took them over.
 *
 * <p>A GGUF file does not tell what a group is scored by: its best member with softmax, its best
 * two with sigmoid. llama.cpp always takes the best two.
 */
final class DeepSeekRouting {

  /** Added to the sum that weights are divided by. */
  private static final double EPSILON = 1e-20;

  private DeepSeekRouting() {}

  /**
   * DeepSeek-V2: softmax, limited to the groups with the best members where {@code topk_method}
   * asks for it. The reference does not renormalise whatever {@code norm_topk_prob} says.
   */
  static ScoredTopK softmax(Source source, ExpertParts experts) {
    if (source.config().has("scoring_func")) {
      requireText(source, "scoring_func", "softmax");
    }
    String method = source.config().text("topk_method", "greedy");
    ScoredTopK rule =
        ScoredTopK.softmax(experts.perToken()).withScale(CorrectedExperts.scale(source, 1));
    return switch (method) {
      case "greedy" -> rule;
      case "group_limited_greedy" ->
          fitting(source, experts, rule.withGroups(groups(source, GroupScore.BEST)));
      default ->
          throw source.unsupported(
              "topk_method", "\"" + method + "\"", "greedy, group_limited_greedy");
    };
  }

  /**
   * DeepSeek-V3: sigmoid, a bias for the choice, limited to the groups with the best two members.
   */
  static ScoredTopK sigmoid(
      Source source, Scope layer, ExpertParts experts, boolean normalised, double scale) {
    if (source.config().has("scoring_func")) {
      requireText(source, "scoring_func", "sigmoid");
    }
    if (source.config().has("topk_method")) {
      requireText(source, "topk_method", "noaux_tc");
    }
    ScoredTopK rule =
        ScoredTopK.sigmoid(experts.perToken())
            .withBias(bias(layer, experts))
            .withScale(CorrectedExperts.scale(source, scale))
            .withGroups(groups(source, GroupScore.BEST_TWO));
    boolean divided = source.config().flag("norm_topk_prob", normalised);
    return fitting(source, experts, divided ? rule.normalised(EPSILON) : rule);
  }

  /**
   * Either of them, as a GGUF file tells. Files from before it could are sigmoid if they have a
   * bias for the choice.
   */
  static ScoredTopK gguf(Source source, Scope layer, ExpertParts experts) {
    PerExpert bias = bias(layer, experts);
    int gating = source.config().int32(source.key("expert_gating_func"), 0);
    boolean sigmoid =
        switch (gating) {
          case 0 -> bias != null;
          case 1 -> false;
          case 2 -> true;
          default ->
              throw source.unsupported(
                  source.key("expert_gating_func"),
                  String.valueOf(gating),
                  "1 (softmax), 2 (sigmoid)");
        };
    ScoredTopK rule =
        (sigmoid ? ScoredTopK.sigmoid(experts.perToken()) : ScoredTopK.softmax(experts.perToken()))
            .withBias(bias)
            .withScale(CorrectedExperts.scale(source, 1))
            .withGroups(groups(source, sigmoid ? GroupScore.BEST_TWO : GroupScore.BEST));
    boolean divided = source.config().flag(source.key("expert_weights_norm"), false);
    return fitting(source, experts, divided ? rule.normalised(EPSILON) : rule);
  }

  private static void requireText(Source source, String key, String supported) {
    String value = source.config().text(key);
    if (!value.equals(supported)) {
      throw source.unsupported(key, "\"" + value + "\"", supported);
    }
  }

  /** One group is none. */
  private static @Nullable Groups groups(Source source, GroupScore by) {
    int count = source.size("n_group", "expert_group_count", 1);
    int kept = source.size("topk_group", "expert_group_used_count", count);
    if (kept > count) {
      throw source.badSetting(
          "topk_group",
          "expert_group_used_count",
          "expected at most the number of groups, %d, found %d".formatted(count, kept));
    }
    return count == 1 ? null : new Groups(count, kept, by);
  }

  private static <T extends RoutingRule> T fitting(Source source, ExpertParts experts, T rule) {
    if (!rule.fits(experts.experts())) {
      throw source.badSetting(
          "n_group",
          "expert_group_count",
          "expected groups that divide %d experts and hold %d of them, found %s"
              .formatted(experts.experts(), experts.perToken(), rule));
    }
    return rule;
  }

  private static @Nullable PerExpert bias(Scope layer, ExpertParts experts) {
    return CorrectedExperts.bias(layer, "mlp.gate.e_score_correction_bias", experts.experts());
  }
}
