// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;

/**
 * DeepSeek-V2 and V2-Lite in safetensors: latent attention with neighbouring rotated pairs, softmax
 * routing that is not renormalised, shared experts.
 *
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-V2</a>
 */
final class DeepSeekV2 implements Family {

  private static final String GREEDY = "greedy";

  @Override
  public ModelSpec map(Source source) {
    LatentRules attention = LatentRules.of(source, true);
    CorrectedExperts experts =
        CorrectedExperts.optional(
                source, attention.sizes().hidden(), 0, (layer, parts) -> rule(source, parts))
            .withBias(source.config().flag("mlp_bias", false) ? Bias.REQUIRED : Bias.NONE);
    return Skeleton.of(source, attention.sizes()).build(attention::build, experts::build);
  }

  /** The reference does not renormalise whatever {@code norm_topk_prob} says. */
  private static ScoredTopK rule(Source source, ExpertParts experts) {
    source.oneOf("scoring_func", "softmax", "softmax");
    String method = source.oneOf("topk_method", GREEDY, GREEDY, "group_limited_greedy");
    ScoredRouting routing = new ScoredRouting(source, experts, 1, false, true);
    ScoredTopK rule = routing.scored(Score.SOFTMAX);
    return method.equals(GREEDY) ? rule : routing.limited(rule);
  }
}
