// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.model.Attention;

/** How the norms of queries and keys are read. */
@FunctionalInterface
interface QueryKeyNorms {

  /** There are none. */
  QueryKeyNorms NONE = layer -> Attention.Norms.NONE;

  /** Reads a layer's. */
  Attention.Norms read(Scope layer);

  /** Each head is normed alone. */
  static QueryKeyNorms heads(Dimensions sizes) {
    return heads(sizes, "self_attn.q_norm", "self_attn.k_norm", false);
  }

  /**
   * Each head is normed alone, under other names.
   *
   * @param sizes the model's sizes
   * @param query norm of the queries in safetensors
   * @param key norm of the keys in safetensors
   * @param afterRotary whether queries and keys are normed after they are rotated
   */
  static QueryKeyNorms heads(Dimensions sizes, String query, String key, boolean afterRotary) {
    int size = sizes.headSize();
    float epsilon = sizes.epsilon();
    return layer ->
        new Attention.Norms(
            layer.norm(query, "attn_q_norm", size, epsilon),
            layer.norm(key, "attn_k_norm", size, epsilon),
            null,
            afterRotary);
  }

  /** Each head is normed alone, with weights that are distances from one. */
  static QueryKeyNorms offsetHeads(Dimensions sizes) {
    int size = sizes.headSize();
    float epsilon = sizes.epsilon();
    return layer ->
        new Attention.Norms(
            layer.offsetNorm("self_attn.q_norm", "attn_q_norm", size, epsilon),
            layer.offsetNorm("self_attn.k_norm", "attn_k_norm", size, epsilon),
            null,
            false);
  }

  /** The whole row is normed at once. */
  static QueryKeyNorms rows(Dimensions sizes) {
    float epsilon = sizes.epsilon();
    return layer ->
        new Attention.Norms(
            layer.norm("self_attn.q_norm", "attn_q_norm", sizes.queryWidth(), epsilon),
            layer.norm("self_attn.k_norm", "attn_k_norm", sizes.keyWidth(), epsilon),
            null,
            false);
  }
}
