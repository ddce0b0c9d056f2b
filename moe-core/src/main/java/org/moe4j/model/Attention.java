// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import org.jspecify.annotations.Nullable;

/**
 * Causal attention with grouped key-value heads: queries and keys are normed and rotated, then
 * every query head attends to the positions up to its own with the key-value head {@code head /
 * (heads / kvHeads)}.
 *
 * @param heads query heads
 * @param kvHeads key-value heads; divides {@code heads}
 * @param headSize width of a head
 * @param query hidden to {@code heads x headSize}
 * @param key hidden to {@code kvHeads x headSize}
 * @param value hidden to {@code kvHeads x headSize}
 * @param output {@code heads x headSize} to hidden
 * @param clip queries, keys and values are limited to {@code [-clip, clip]} after their linear maps
 *     and norms, before rotation; 0 for no limit
 * @param queryNorm norm of the queries before rotation, or null
 * @param keyNorm norm of the keys before rotation, or null; a weight of {@code headSize} norms each
 *     head, a wider one the whole row
 * @param rotary how queries and keys are rotated by position
 * @param scale factor of the dot products
 * @param window a position sees the last {@code window} positions, its own included; 0 for all
 * @see <a href="https://arxiv.org/abs/2305.13245">GQA: Training Generalized Multi-Query Transformer
 *     Models</a>
 */
public record Attention(
    int heads,
    int kvHeads,
    int headSize,
    Linear query,
    Linear key,
    Linear value,
    Linear output,
    float clip,
    @Nullable Norm queryNorm,
    @Nullable Norm keyNorm,
    Rotary rotary,
    float scale,
    int window)
    implements SequenceMixer {

  /** Checks what the kernels rely on. */
  public Attention {
    if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0 || headSize < 1 || window < 0) {
      throw new IllegalArgumentException(
          "heads %d, key-value heads %d, head size %d, window %d"
              .formatted(heads, kvHeads, headSize, window));
    }
  }
}
