// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;

/**
 * DeepSeek-V2 and V2-Lite in safetensors: latent attention with neighbouring rotated pairs, softmax
 * routing that is not renormalised, shared experts.
 *
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-V2</a>
 */
final class DeepSeekV2 implements Family {

  @Override
  public ModelSpec map(Source source) {
    LatentRules attention = LatentRules.of(source, true);
    ExpertParts experts = DeepSeekLayers.experts(source, attention.sizes().hidden());
    Bias bias = source.config().flag("mlp_bias", false) ? Bias.REQUIRED : Bias.NONE;
    return new DeepSeekLayers(
            source, attention, experts, DeepSeekLayers.behindDense(source, 0), bias)
        .build((layer, parts) -> DeepSeekRouting.softmax(source, parts));
  }
}
