// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.model.ModelSpec;

/**
 * The architecture {@code deepseek2} of GGUF files: DeepSeek-V2 and V3, Kimi-K2, GLM-4.7-Flash and
 * others with latent attention. What its settings leave open means what it means in the families'
 * own files, where llama.cpp computes something else:
 *
 * <ul>
 *   <li>groups are scored by their best member with softmax, and by their best two with sigmoid;
 *       llama.cpp takes the best two
 *   <li>a file without {@code expert_gating_func} is sigmoid if it has a bias for the choice;
 *       llama.cpp assumes softmax but for one size of model
 *   <li>weights are divided by their sum plus 1e-20; llama.cpp divides by 6e-5 at least
 *   <li>the norms of compressed rows have an epsilon of 1e-6; llama.cpp uses the model's
 *   <li>with YaRN but without {@code yarn_log_multiplier} only the rotated parts are scaled
 * </ul>
 */
final class DeepSeek2 implements Family {

  @Override
  public ModelSpec map(Source source) {
    LatentRules attention = LatentRules.of(source, true);
    CorrectedExperts experts =
        CorrectedExperts.optional(
            source, attention.sizes().hidden(), 0, (layer, parts) -> rule(layer, parts));
    return Skeleton.of(source, attention.sizes()).build(attention::build, experts::build);
  }

  private static ScoredTopK rule(Scope layer, ExpertParts experts) {
    PerExpert bias = CorrectedExperts.correction(layer, experts);
    Score told = ScoredRouting.gating(layer.source());
    Score score = told != null ? told : bias == null ? Score.SOFTMAX : Score.SIGMOID;
    return new ScoredRouting(layer.source(), experts, 1, false, true).rule(score).withBias(bias);
  }
}
