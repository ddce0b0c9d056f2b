// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.Norm;
import org.moe4j.model.Rotary;

/**
 * What a family's attention layers have in common.
 *
 * @param sizes the model's sizes
 * @param rotary rotation of queries and keys
 * @param inputBias bias of the query, key and value maps
 * @param outputBias bias of the output map
 * @param norm norms of queries and keys
 * @param clip limit of queries, keys and values; 0 for none
 * @param window positions that a layer's rows see, by the layer's index; 0 for all
 */
record AttentionRules(
    Dimensions sizes,
    Rotary rotary,
    Bias inputBias,
    Bias outputBias,
    QueryKeyNorm norm,
    float clip,
    IntUnaryOperator window) {

  /** Which values of a query or key row are normed together. */
  enum QueryKeyNorm {
    /** There is no norm. */
    NONE,
    /** Each head alone. */
    HEAD,
    /** The whole row. */
    ROW
  }

  /** Every layer sees all positions, without norms or limits. */
  static AttentionRules plain(Dimensions sizes, Rotary rotary, Bias inputBias, Bias outputBias) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, QueryKeyNorm.NONE, 0, layer -> 0);
  }

  AttentionRules withWindow(IntUnaryOperator newWindow) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, norm, clip, newWindow);
  }

  AttentionRules withNorm(QueryKeyNorm newNorm) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, newNorm, clip, window);
  }

  AttentionRules withClip(float newClip) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, norm, newClip, window);
  }

  /**
   * Biases of all four maps as {@code attention_bias} says, which GGUF files leave to their
   * tensors.
   */
  static Bias attentionBias(Source source) {
    if (source.gguf()) {
      return Bias.IF_PRESENT;
    }
    return source.config().flag("attention_bias", false) ? Bias.REQUIRED : Bias.NONE;
  }

  Attention build(Scope layer, int index) {
    int hidden = sizes.hidden();
    long queryWidth = sizes.queryWidth();
    long keyWidth = (long) sizes.kvHeads() * sizes.headSize();
    return new Attention(
        sizes.heads(),
        sizes.kvHeads(),
        sizes.headSize(),
        layer.linear("self_attn.q_proj", "attn_q", queryWidth, hidden, inputBias),
        layer.linear("self_attn.k_proj", "attn_k", keyWidth, hidden, inputBias),
        layer.linear("self_attn.v_proj", "attn_v", keyWidth, hidden, inputBias),
        layer.linear("self_attn.o_proj", "attn_output", hidden, queryWidth, outputBias),
        clip,
        norm(layer, "self_attn.q_norm", "attn_q_norm", queryWidth),
        norm(layer, "self_attn.k_norm", "attn_k_norm", keyWidth),
        rotary,
        (float) (1 / Math.sqrt(sizes.headSize())),
        window.applyAsInt(index));
  }

  private @Nullable Norm norm(Scope layer, String hf, String gguf, long rowWidth) {
    return switch (norm) {
      case NONE -> null;
      case HEAD -> layer.norm(hf, gguf, sizes.headSize(), sizes.epsilon());
      case ROW -> layer.norm(hf, gguf, rowWidth, sizes.epsilon());
    };
  }
}
