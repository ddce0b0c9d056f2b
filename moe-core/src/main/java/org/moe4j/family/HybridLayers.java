// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.moe4j.family.Scope.Bias;

/**
 * The sizes of a family of whose layers only some have attention, and which these are.
 *
 * @param sizes the model's sizes
 * @param attention whether a layer has attention
 */
record HybridLayers(Dimensions sizes, IntPredicate attention) {

  private static final Set<String> ATTENTION = Set.of("full_attention", "attention");

  /**
   * Which layers have attention, by a list in a config.
   *
   * @param key the list's key, which is there
   * @param others names of the layers without attention
   */
  static IntPredicate byType(Source source, String key, Set<String> others) {
    List<String> types = source.config().strings(key);
    requireEntries(source, key, types.size());
    for (String type : types) {
      if (!ATTENTION.contains(type) && !others.contains(type)) {
        throw source.unsupported(
            key, "\"" + type + "\"", "full_attention, " + String.join(", ", others));
      }
    }
    return layer -> ATTENTION.contains(types.get(layer));
  }

  /** Requires an entry for each layer. */
  static void requireEntries(Source source, String key, int found) {
    int layers = source.size("num_hidden_layers", "block_count");
    if (found != layers) {
      throw source.badSetting(
          key,
          key.substring(key.indexOf('.') + 1),
          "expected %d entries, found %d".formatted(layers, found));
    }
  }

  /** GGUF files that tell key-value heads by layer have zero where there is no attention. */
  static HybridLayers gguf(Source source) {
    String key = source.key("attention.head_count_kv");
    int[] kvHeads = source.config().ints(key);
    requireEntries(source, key, kvHeads.length);
    int most = IntStream.of(kvHeads).max().orElse(0);
    for (int heads : kvHeads) {
      if (heads != 0 && heads != most) {
        throw source.unsupported(key, String.valueOf(heads), "0 and " + most);
      }
    }
    return of(source, layer -> kvHeads[layer] > 0, Math.max(most, 1), "");
  }

  /**
   * Reads the sizes and lets tensors confirm those that something is allocated by.
   *
   * @param source the file
   * @param attention whether a layer has attention
   * @param kvHeads key-value heads of the layers that have it
   * @param epsilon key of the norms' epsilon in a config
   */
  static HybridLayers of(Source source, IntPredicate attention, int kvHeads, String epsilon) {
    int hidden = source.size("hidden_size", "embedding_length");
    int heads = source.size("num_attention_heads", "attention.head_count");
    source.requireDivisor(
        "num_key_value_heads", "attention.head_count_kv", kvHeads, heads, "attention heads");
    int headSize = source.size("head_dim", "attention.key_length", Math.max(1, hidden / heads));
    Dimensions.requireHeadSize(source, headSize);
    Dimensions sizes =
        Dimensions.of(
            source,
            source.size("num_hidden_layers", "block_count"),
            heads,
            kvHeads,
            headSize,
            (float) source.number(epsilon, "attention.layer_norm_rms_epsilon"));
    int first =
        IntStream.range(0, sizes.layers())
            .filter(attention)
            .findFirst()
            .orElseThrow(() ->
                source.unsupported("layer_types", "without attention", "layers with attention"));
    source
        .layer(first)
        .linear("self_attn.k_proj", "attn_k", sizes.keyWidth(), hidden, Bias.IF_PRESENT);
    return new HybridLayers(sizes, attention);
  }
}
