// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;

/**
 * Dense Qwen3: a norm for each query and key head, a head size of its own, no biases by default.
 *
 * @see <a href="https://arxiv.org/abs/2505.09388">Qwen3 Technical Report</a>
 */
final class Qwen3 implements Family {

  /** What a config without the key means. */
  private static final int DEFAULT_HEAD_SIZE = 128;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes =
        source.gguf() ? Dimensions.of(source) : Dimensions.of(source, DEFAULT_HEAD_SIZE);
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), bias, bias)
            .withNorms(QueryKeyNorms.heads(sizes))
            .withReach(Qwen2.lastLayers(source, sizes));
    int width = source.size("intermediate_size", "feed_forward_length");
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, Bias.NONE));
  }
}
