// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.ScoredTopK;
import org.moe4j.model.ModelSpec;

/**
 * DeepSeek-V3 and R1, Kimi-K2, and Youtu without experts, in safetensors: as DeepSeek-V2 with
 * sigmoid routing, a bias for the choice and weights that add up to the scale. The layers behind
 * the last, which guess further tokens, are left out.
 *
 * @see <a href="https://arxiv.org/abs/2412.19437">DeepSeek-V3 Technical Report</a>
 */
final class DeepSeekV3 implements Family {

  @Override
  public ModelSpec map(Source source) {
    LatentRules attention = LatentRules.of(source, source.config().flag("rope_interleave", true));
    CorrectedExperts experts =
        CorrectedExperts.optional(
            source, attention.sizes().hidden(), 3, (layer, parts) -> rule(layer, parts, 2.5));
    return Skeleton.of(source, attention.sizes()).build(attention::build, experts::build);
  }

  /**
   * The rule of a layer.
   *
   * @param layer the layer
   * @param experts counts of its experts
   * @param scale factor of the weights where the file does not tell
   */
  static ScoredTopK rule(Scope layer, ExpertParts experts, double scale) {
    Source source = layer.source();
    source.oneOf("scoring_func", "sigmoid", "sigmoid");
    source.oneOf("topk_method", "noaux_tc", "noaux_tc");
    return CorrectedExperts.sigmoid(layer, new ScoredRouting(source, experts, scale, true, true));
  }
}
