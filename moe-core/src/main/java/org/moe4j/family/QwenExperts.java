// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What the mixtures of Qwen have in common: layers with experts and layers without, each kind with
 * a width of its own.
 */
final class QwenExperts {

  private QwenExperts() {}

  static ExpertParts read(Source source, int hidden) {
    ExpertParts counts = ExpertParts.of(source, hidden, 0);
    return counts.withWidth(expertWidth(source, counts.perToken()));
  }

  /**
   * GGUF files of the first converters tell only the width of the experts that run for a token
   * together.
   */
  private static int expertWidth(Source source, int perToken) {
    if (source.gguf() && !source.has("", "expert_feed_forward_length")) {
      return Math.max(1, source.size("", "feed_forward_length") / perToken);
    }
    return source.size("moe_intermediate_size", "expert_feed_forward_length");
  }

  /** Width of a layer without experts. */
  static int denseWidth(Source source) {
    return source.size("intermediate_size", "feed_forward_length");
  }

  /**
   * Which layers have experts, by the settings of a {@code config.json}; a GGUF file shows it by
   * its tensors alone.
   */
  static IntPredicate sparseLayers(Source source) {
    if (source.gguf()) {
      return layer -> source.layer(layer).has("", "ffn_gate_inp.weight");
    }
    Set<Integer> dense = new HashSet<>();
    if (source.config().has("mlp_only_layers")) {
      for (int layer : source.config().ints("mlp_only_layers")) {
        dense.add(layer);
      }
    }
    int step = source.size("decoder_sparse_step", "", 1);
    return layer -> !dense.contains(layer) && (layer + 1) % step == 0;
  }
}
