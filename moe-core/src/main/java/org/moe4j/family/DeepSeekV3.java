// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
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
    ExpertParts experts = DeepSeekLayers.experts(source, attention.sizes().hidden());
    return new DeepSeekLayers(
            source, attention, experts, DeepSeekLayers.behindDense(source, 3), Bias.NONE)
        .build((layer, parts) -> DeepSeekRouting.sigmoid(source, layer, parts, true, 2.5));
  }
}
