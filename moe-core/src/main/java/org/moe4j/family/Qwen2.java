// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/**
 * Dense Qwen2 and Qwen2.5: Llama with biased query, key and value maps.
 *
 * @see <a href="https://arxiv.org/abs/2407.10671">Qwen2 Technical Report</a>
 */
final class Qwen2 implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), Bias.REQUIRED, Bias.NONE)
            .withReach(lastLayers(source, sizes));
    int width = source.size("intermediate_size", "feed_forward_length");
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, Bias.NONE));
  }

  /** The first {@code max_window_layers} layers see everything. */
  static IntFunction<Reach> lastLayers(Source source, Dimensions sizes) {
    int full = source.gguf() ? 0 : source.config().int32("max_window_layers", 28);
    return SlidingWindows.byLayer(source, sizes.layers(), layer -> layer >= full);
  }
}
