// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/**
 * SmolLM3: Llama with layers, usually every fourth, that do not rotate queries and keys.
 *
 * @see <a href="https://huggingface.co/blog/smollm3">SmolLM3: smol, multilingual, long-context
 *     reasoner</a>
 */
final class SmolLm3 implements Family {

  /** What a config without {@code rope_theta} means. */
  private static final double CONFIG_BASE = 2_000_000;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    Rotary rotary = RotaryRules.permutedInGguf(source, sizes, CONFIG_BASE);
    IntPredicate rotated = rotatedLayers(source, sizes.layers());
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary, bias, bias)
            .withRotary(layer -> rotated.test(layer) ? rotary : null)
            .withReach(reach(source, sizes.layers(), rotated));
    int width = source.size("intermediate_size", "feed_forward_length");
    Bias feedForwardBias = Bias.of(source, "mlp_bias", false);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, feedForwardBias));
  }

  /** GGUF files do not tell: there it is every layer but the fourth, the eighth ... */
  private static IntPredicate rotatedLayers(Source source, int layers) {
    if (source.gguf()) {
      return layer -> (layer + 1) % 4 != 0;
    }
    if (!source.config().has("no_rope_layers")) {
      int interval = source.size("no_rope_layer_interval", "", 4);
      return layer -> (layer + 1) % interval != 0;
    }
    int[] listed = source.config().ints("no_rope_layers");
    if (listed.length < layers) {
      throw source.badSetting(
          "no_rope_layers", "", "expected %d entries, found %d".formatted(layers, listed.length));
    }
    return layer -> listed[layer] != 0;
  }

  /** A window that is used is that of the layers without rotation, unless the config says which. */
  private static IntFunction<Reach> reach(Source source, int layers, IntPredicate rotated) {
    if (source.gguf()) {
      return layer -> Reach.ALL;
    }
    boolean used = source.config().flag("use_sliding_window", false);
    int window = used ? SlidingWindows.everywhere(source, 0) : 0;
    return SlidingWindows.byType(source, layers, window, layer -> !rotated.test(layer));
  }
}
