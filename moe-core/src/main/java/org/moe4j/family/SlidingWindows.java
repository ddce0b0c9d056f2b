// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.moe4j.model.Reach;

/**
 * Which layers of a {@code config.json} see only the last positions, and how many. GGUF files of
 * these families have none.
 */
final class SlidingWindows {

  private SlidingWindows() {}

  /**
   * One window for every layer.
   *
   * @param source the file
   * @param fallback window of a config without the key; 0 for none. A key that is null means none
   */
  static int everywhere(Source source, int fallback) {
    if (!source.config().keys().contains("sliding_window")) {
      return fallback;
    }
    return source.size("sliding_window", "", 0);
  }

  /**
   * Qwen: a window where {@code use_sliding_window} is set, in the layers that {@code layer_types}
   * names or, without it, the family's rule.
   *
   * @param source the file
   * @param layers number of layers
   * @param rule whether a layer slides where {@code layer_types} is missing
   */
  static IntFunction<Reach> byLayer(Source source, int layers, IntPredicate rule) {
    if (source.gguf()) {
      return layer -> Reach.ALL;
    }
    boolean used = source.config().flag("use_sliding_window", false);
    // 4096 is what a config without the key means.
    int window = used ? everywhere(source, 4096) : 0;
    return byType(source, layers, window, rule);
  }

  /**
   * A window in the layers that {@code layer_types} of a config names or, without it, the family's
   * rule.
   *
   * @param source a file with a config
   * @param layers number of layers
   * @param window positions of the window; 0 for none
   * @param rule whether a layer slides where {@code layer_types} is missing
   */
  static IntFunction<Reach> byType(Source source, int layers, int window, IntPredicate rule) {
    if (!source.config().has("layer_types")) {
      return layer -> reach(rule.test(layer) ? window : 0);
    }
    List<String> types = source.config().strings("layer_types");
    if (types.size() != layers) {
      throw source.badSetting(
          "layer_types", "", "expected %d entries, found %d".formatted(layers, types.size()));
    }
    for (String type : types) {
      if (type.equals("sliding_attention") && window == 0) {
        throw source.badSetting(
            "layer_types",
            "",
            "sliding_attention needs a sliding_window, and use_sliding_window in Qwen");
      }
      if (!type.equals("sliding_attention") && !type.equals("full_attention")) {
        throw source.unsupported(
            "layer_types", "\"" + type + "\"", "full_attention, sliding_attention");
      }
    }
    return layer -> reach(types.get(layer).equals("sliding_attention") ? window : 0);
  }

  /** A window of so many positions; 0 for all. */
  static Reach reach(int window) {
    return window == 0 ? Reach.ALL : new Reach.Window(window);
  }
}
