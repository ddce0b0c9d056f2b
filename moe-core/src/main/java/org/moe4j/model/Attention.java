// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;

/**
 * Causal attention with grouped key-value heads: queries and keys are normed and rotated, then
 * every query head attends to the positions within reach with the key-value head {@code head /
 * (heads / kvHeads)}.
 *
 * @param heads query heads
 * @param kvHeads key-value heads; divides {@code heads}
 * @param headSize width of a head
 * @param maps the linear maps
 * @param clip queries, keys and values are limited to {@code [-clip, clip]} after their linear maps
 *     and norms, before rotation; 0 for no limit
 * @param norms norms of queries, keys and values
 * @param rotary how queries and keys are rotated by position, or null if they are not
 * @param temperature what queries are multiplied with by position, or null
 * @param scale factor of the dot products
 * @param reach which positions a position sees
 * @param sinks a logit a query head that takes part in the softmax without a value, or null
 * @see <a href="https://arxiv.org/abs/2305.13245">GQA: Training Generalized Multi-Query Transformer
 *     Models</a>
 * @see <a href="https://arxiv.org/abs/2309.17453">Efficient Streaming Language Models with
 *     Attention Sinks</a>
 */
public record Attention(
    int heads,
    int kvHeads,
    int headSize,
    Maps maps,
    float clip,
    Norms norms,
    @Nullable Rotary rotary,
    @Nullable Temperature temperature,
    float scale,
    Reach reach,
    @Nullable TensorData sinks)
    implements SequenceMixer {

  /**
   * The linear maps.
   *
   * @param query hidden to {@code heads x headSize}
   * @param key hidden to {@code kvHeads x headSize}
   * @param value hidden to {@code kvHeads x headSize}; null if values are the keys before norm and
   *     rotation
   * @param output {@code heads x headSize} to hidden
   * @param gate hidden to {@code heads x headSize}, whose sigmoid multiplies what goes into the
   *     output map; or null
   */
  public record Maps(
      Linear query, Linear key, @Nullable Linear value, Linear output, @Nullable Linear gate) {

    /**
     * Maps without a gate.
     *
     * @param query hidden to {@code heads x headSize}
     * @param key hidden to {@code kvHeads x headSize}
     * @param value hidden to {@code kvHeads x headSize}
     * @param output {@code heads x headSize} to hidden
     */
    public Maps(Linear query, Linear key, Linear value, Linear output) {
      this(query, key, value, output, null);
    }
  }

  /**
   * Norms of queries, keys and values. A norm as wide as a head norms each head, a wider one the
   * whole row.
   *
   * @param query norm of the queries, or null
   * @param key norm of the keys, or null
   * @param value norm of the values, or null
   * @param afterRotary whether queries and keys are normed after they are rotated
   */
  public record Norms(
      @Nullable Norm query, @Nullable Norm key, @Nullable Norm value, boolean afterRotary) {

    /** No norms. */
    public static final Norms NONE = new Norms(null, null, null, false);
  }

  /**
   * Queries are multiplied with {@code 1 + scale * log(1 + floor((position + 1) / floor))}.
   *
   * @param scale growth with the logarithm
   * @param floor positions before the factor grows
   * @see <a href="https://arxiv.org/abs/2501.19399">Scalable-Softmax Is Superior for Attention</a>
   */
  public record Temperature(float scale, float floor) {

    /**
     * The factor of a position, the same bits on every device.
     *
     * @param position position in the sequence, 0 or more
     */
    public float at(int position) {
      return (float) (StrictMath.log1p(Math.floor((position + 1f) / floor)) * scale + 1);
    }
  }

  /** Checks what the kernels rely on. */
  public Attention {
    if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0 || headSize < 1) {
      throw new IllegalArgumentException(
          "heads %d, key-value heads %d, head size %d".formatted(heads, kvHeads, headSize));
    }
    if (sinks != null && sinks.elements() != heads) {
      throw new IllegalArgumentException("%d heads, sinks %s".formatted(heads, sinks));
    }
  }

  /**
   * The same attention with sinks.
   *
   * @param newSinks a logit a query head
   */
  public Attention withSinks(TensorData newSinks) {
    return new Attention(
        heads, kvHeads, headSize, maps, clip, norms, rotary, temperature, scale, reach, newSinks);
  }

  @Override
  public LayerState state() {
    return new LayerState(kvHeads, headSize, headSize);
  }

  @Override
  public List<TensorData> tensors() {
    List<TensorData> all = new ArrayList<>();
    for (Linear linear :
        new @Nullable Linear[] {maps.query, maps.key, maps.value, maps.output, maps.gate}) {
      if (linear != null) {
        all.addAll(linear.tensors());
      }
    }
    for (Norm norm : new @Nullable Norm[] {norms.query, norms.key, norms.value}) {
      if (norm != null) {
        all.addAll(norm.tensors());
      }
    }
    if (sinks != null) {
      all.add(sinks);
    }
    return all;
  }
}
