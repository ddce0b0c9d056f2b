// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;

/**
 * GLM-4.5 and GLM-4.6: attention that rotates half of each head, optionally with norms of queries
 * and keys, and corrected sigmoid routing after a few dense layers.
 *
 * @see <a href="https://arxiv.org/abs/2508.06471">GLM-4.5: Agentic, Reasoning, and Coding (ARC)
 *     Foundation Models</a>
 */
final class Glm4Moe implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    AttentionRules attention =
        AttentionRules.plain(
                sizes,
                RotaryRules.partialHalfSplit(source, sizes, RotaryRules.DEFAULT_BASE, 0.5),
                AttentionRules.attentionBias(source),
                Bias.NONE)
            .withNorms(isNormed(source) ? QueryKeyNorms.heads(sizes) : QueryKeyNorms.NONE);
    CorrectedExperts experts =
        CorrectedExperts.of(
            source,
            sizes.hidden(),
            1,
            (layer, parts) ->
                CorrectedExperts.sigmoid(layer, ScoredRouting.of(source, parts, true)));
    return Skeleton.of(source, sizes)
        .withNames(Skeleton.Names.USUAL.withGgufFeedForwardNorm("post_attention_norm"))
        .build(attention::build, experts::build);
  }

  /** GGUF files show it by their tensors alone. */
  private static boolean isNormed(Source source) {
    return source.gguf()
        ? source.layer(0).has("", "attn_q_norm.weight")
        : source.config().flag("use_qk_norm", false);
  }
}
