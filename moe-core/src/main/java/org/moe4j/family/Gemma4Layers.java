// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.moe4j.format.Config;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/** How the attention of Gemma 4 differs from layer to layer. */
final class Gemma4Layers {

  static final String SLIDING = "sliding_attention";
  static final String FULL = "full_attention";

  private Gemma4Layers() {}

  /**
   * The attention heads of a layer.
   *
   * @param headSize width of a head
   * @param kvHeads key-value heads
   * @param rotary rotation of queries and keys
   * @param reach positions that are seen
   * @param keysAreValues whether values are the keys before norm and rotation
   */
  record Heads(int headSize, int kvHeads, Rotary rotary, Reach reach, boolean keysAreValues) {}

  static List<Heads> read(Source source, int layers, int queryHeads) {
    requireOwnLayers(source, layers);
    // The last layer's tensors confirm the number before anything is allocated by it.
    source.layer(layers - 1).tensor("input_layernorm.weight", "attn_norm.weight");
    List<Heads> all = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      Heads heads = source.gguf() ? gguf(source, i, layers) : config(source, i, layers);
      if (heads.headSize % 2 != 0 || queryHeads % heads.kvHeads != 0) {
        throw source.badSetting(
            "num_key_value_heads",
            "attention.head_count_kv",
            "expected a divisor of %d and an even head size, found %d and %d in layer %d"
                .formatted(queryHeads, heads.kvHeads, heads.headSize, i));
      }
      all.add(heads);
    }
    return all;
  }

  /** A tensor of the file confirms the size before anything is allocated by it. */
  private static void confirm(Source source, int layer, int headSize) {
    source.layer(layer).tensor("self_attn.q_norm.weight", "attn_q_norm.weight", headSize);
  }

  // ------------------------------------------------------------------ config.json

  private static void requireOwnLayers(Source source, int layers) {
    if (source.gguf() || !source.config().has("per_layer_config")) {
      return;
    }
    for (String key : source.config().section("per_layer_config").keys()) {
      if (!key.matches("0|[1-9][0-9]{0,8}") || Integer.parseInt(key) >= layers) {
        throw source.unsupported(
            "per_layer_config", "\"" + key + "\"", "layers 0 to " + (layers - 1));
      }
    }
  }

  private static Heads config(Source source, int layer, int layers) {
    Config config = source.config();
    boolean sliding = sliding(source, layer, layers);
    boolean equal = !sliding && config.flag("attention_k_eq_v", false);
    int headSize = source.size(sliding ? "head_dim" : "global_head_dim", "", sliding ? 256 : 512);
    int kvHeads = source.size("num_key_value_heads", "", 4);
    if (equal && config.has("num_global_key_value_heads")) {
      kvHeads = source.size("num_global_key_value_heads", "");
    }
    if (config.has("per_layer_config")) {
      Config own = config.section("per_layer_config");
      String key = String.valueOf(layer);
      Config entry = own.has(key) ? own.section(key) : Config.of(config.file(), Map.of());
      for (String name : entry.keys()) {
        if (!name.equals("head_dim") && !name.equals("num_key_value_heads")) {
          throw source.unsupported(
              "per_layer_config." + layer, "\"" + name + "\"", "head_dim, num_key_value_heads");
        }
      }
      headSize = entry.int32("head_dim", source.size("head_dim", "", 256));
      kvHeads = entry.int32("num_key_value_heads", source.size("num_key_value_heads", "", 4));
    }
    confirm(source, layer, headSize);
    Reach reach = sliding ? new Reach.Window(source.size("sliding_window", "", 512)) : Reach.ALL;
    return new Heads(
        headSize,
        Math.max(1, kvHeads),
        Gemma4Rotary.config(source, sliding, headSize),
        reach,
        equal);
  }

  /** Every sixth layer sees all, and so does the last. */
  private static boolean sliding(Source source, int layer, int layers) {
    if (layer == layers - 1) {
      return false;
    }
    return source.config().has("layer_types")
        ? source.layerTypes("layer_types", layers, FULL, SLIDING).get(layer).equals(SLIDING)
        : (layer + 1) % 6 != 0;
  }

  // ------------------------------------------------------------------------- GGUF

  private static Heads gguf(Source source, int layer, int layers) {
    Config config = source.config();
    String pattern = source.key("attention.sliding_window_pattern");
    boolean[] sliding = config.flags(pattern);
    if (sliding.length != layers) {
      throw source.badSetting(
          "",
          "attention.sliding_window_pattern",
          "expected %d entries, found %d".formatted(layers, sliding.length));
    }
    String suffix = sliding[layer] ? "_swa" : "";
    int headSize = source.size("", "attention.key_length" + suffix);
    for (String name : List.of("attention.value_length", "rope.dimension_count")) {
      if (source.size("", name + suffix, headSize) != headSize) {
        throw source.unsupported(
            source.key(name + suffix),
            String.valueOf(source.size("", name + suffix)),
            "the key length, " + headSize);
      }
    }
    int[] kvHeads = config.ints(source.key("attention.head_count_kv"));
    if (kvHeads.length != 1 && kvHeads.length != layers) {
      throw source.badSetting(
          "",
          "attention.head_count_kv",
          "expected %d entries, found %d".formatted(layers, kvHeads.length));
    }
    confirm(source, layer, headSize);
    Reach reach =
        sliding[layer] ? new Reach.Window(source.size("", "attention.sliding_window")) : Reach.ALL;
    boolean equal = !source.layer(layer).has("", "attn_v.weight");
    return new Heads(
        headSize,
        Math.max(1, kvHeads[kvHeads.length == 1 ? 0 : layer]),
        Gemma4Rotary.gguf(source, sliding[layer], headSize),
        reach,
        equal);
  }
}
