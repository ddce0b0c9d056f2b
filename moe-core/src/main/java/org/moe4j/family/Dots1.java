// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/**
 * dots.llm1: attention with a norm of each query and key head, optionally with windows in the last
 * layers, and corrected sigmoid routing.
 *
 * @see <a href="https://arxiv.org/abs/2506.05767">dots.llm1 Technical Report</a>
 */
final class Dots1 implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), bias, bias)
            .withNorms(QueryKeyNorms.heads(sizes))
            .withReach(reach(source, sizes.layers()));
    CorrectedExperts experts =
        CorrectedExperts.of(
            source,
            sizes.hidden(),
            0,
            (layer, parts) ->
                CorrectedExperts.sigmoid(layer, ScoredRouting.of(source, parts, false)));
    return Skeleton.of(source, sizes).build(attention::build, experts::build);
  }

  /** Without {@code layer_types}, layers from {@code max_window_layers} on slide. */
  private static IntFunction<Reach> reach(Source source, int layers) {
    if (source.gguf()) {
      return layer -> Reach.ALL;
    }
    int window = SlidingWindows.everywhere(source, 4096);
    int first = source.config().int32("max_window_layers", 62);
    return SlidingWindows.byType(source, layers, window, layer -> layer >= first);
  }
}
