// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/**
 * Dense Llama and what is stored in its form, such as SmolLM2. In GGUF files the same architecture
 * holds Mistral and, with experts, Mixtral.
 *
 * @see <a href="https://arxiv.org/abs/2407.21783">The Llama 3 Herd of Models</a>
 */
final class Llama implements Family {

  @Override
  public ModelSpec map(Source source) {
    if (source.gguf() && source.config().int32(source.key("expert_count"), 0) > 0) {
      return new Mixtral().map(source);
    }
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(
                sizes,
                RotaryRules.permutedInGguf(source, sizes, RotaryRules.DEFAULT_BASE),
                bias,
                bias)
            .withReach(ggufWindow(source));
    int width = source.size("intermediate_size", "feed_forward_length");
    Bias feedForwardBias = Bias.of(source, "mlp_bias", false);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, feedForwardBias));
  }

  /** Only Mistral and Mixtral have a window, in every layer; configs of Llama have none. */
  static IntFunction<Reach> ggufWindow(Source source) {
    int window =
        source.gguf() ? source.config().int32(source.key("attention.sliding_window"), 0) : 0;
    return layer -> SlidingWindows.reach(window);
  }
}
