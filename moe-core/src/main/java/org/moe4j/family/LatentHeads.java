// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.moe4j.format.TensorData;
import org.moe4j.model.Linear;

/**
 * The maps from latents to each head's keys, transposed, and values.
 *
 * <p>Safetensors and old GGUF files have those of all heads in one matrix, for each head its key
 * rows and then its value rows; newer GGUF files have a stack for the keys, each head's transposed,
 * and one for the values.
 *
 * @param keys a map for each head
 * @param values a map for each head
 */
record LatentHeads(List<Linear> keys, List<Linear> values) {

  /**
   * Reads a layer's.
   *
   * @param layer the layer
   * @param heads query heads
   * @param plainSize dimensions of a head's key that are not rotated
   * @param valueSize dimensions of a head's value
   * @param latentSize width of a latent
   */
  static LatentHeads read(Scope layer, int heads, int plainSize, int valueSize, int latentSize) {
    if (layer.source().gguf() && layer.has("", "attn_k_b.weight")) {
      TensorData keys = layer.tensor("", "attn_k_b.weight", heads, latentSize, plainSize);
      TensorData values = layer.tensor("", "attn_v_b.weight", heads, valueSize, latentSize);
      return new LatentHeads(each(heads, keys::slice), each(heads, values::slice));
    }
    long rows = (long) plainSize + valueSize;
    TensorData all =
        layer.tensor("self_attn.kv_b_proj.weight", "attn_kv_b.weight", heads * rows, latentSize);
    return new LatentHeads(
        each(heads, head -> all.rows(head * rows, head * rows + plainSize).transposed()),
        each(heads, head -> all.rows(head * rows + plainSize, (head + 1) * rows)));
  }

  private static List<Linear> each(int heads, IntFunction<TensorData> weight) {
    return IntStream.range(0, heads).mapToObj(weight).map(Linear::of).toList();
  }
}
