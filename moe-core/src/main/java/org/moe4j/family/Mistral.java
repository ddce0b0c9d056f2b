// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;

/**
 * Dense Mistral in safetensors: Llama with a sliding window in every layer.
 *
 * @see <a href="https://arxiv.org/abs/2310.06825">Mistral 7B</a>
 */
final class Mistral implements Family {

  /** What a config without the key means; a key that is null means no window. */
  private static final int DEFAULT_WINDOW = 4096;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    int window = SlidingWindows.everywhere(source, DEFAULT_WINDOW);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), Bias.NONE, Bias.NONE)
            .withReach(layer -> SlidingWindows.reach(window));
    int width = source.size("intermediate_size", "feed_forward_length");
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, Bias.NONE));
  }
}
