// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.Attention.Temperature;
import org.moe4j.model.Linear;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/**
 * What a family's attention layers have in common. What a family adds beyond it, it adds to the
 * {@link Attention} that comes out.
 *
 * @param sizes the model's sizes
 * @param rotary rotation of queries and keys, by the layer's index; null for none
 * @param inputBias bias of the query, key and value maps
 * @param outputBias bias of the output map
 * @param norm norms of queries and keys
 * @param normAfterRotary whether queries and keys are normed after they are rotated
 * @param clip limit of queries, keys and values; 0 for none
 * @param scale factor of the dot products
 * @param reach positions that a layer's rows see, by the layer's index
 */
record AttentionRules(
    Dimensions sizes,
    IntFunction<@Nullable Rotary> rotary,
    Bias inputBias,
    Bias outputBias,
    QueryKeyNorm norm,
    boolean normAfterRotary,
    float clip,
    float scale,
    IntFunction<Reach> reach) {

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
  static AttentionRules plain(
      Dimensions sizes, @Nullable Rotary rotary, Bias inputBias, Bias outputBias) {
    return new AttentionRules(
        sizes,
        layer -> rotary,
        inputBias,
        outputBias,
        QueryKeyNorm.NONE,
        false,
        0,
        (float) (1 / Math.sqrt(sizes.headSize())),
        layer -> Reach.ALL);
  }

  AttentionRules withReach(IntFunction<Reach> newReach) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, norm, normAfterRotary, clip, scale, newReach);
  }

  AttentionRules withNorm(QueryKeyNorm newNorm) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, newNorm, normAfterRotary, clip, scale, reach);
  }

  AttentionRules withNormAfterRotary(QueryKeyNorm newNorm) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, newNorm, true, clip, scale, reach);
  }

  AttentionRules withClip(float newClip) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, norm, normAfterRotary, newClip, scale, reach);
  }

  AttentionRules withScale(float newScale) {
    return new AttentionRules(
        sizes, rotary, inputBias, outputBias, norm, normAfterRotary, clip, newScale, reach);
  }

  AttentionRules withRotary(IntFunction<@Nullable Rotary> newRotary) {
    return new AttentionRules(
        sizes, newRotary, inputBias, outputBias, norm, normAfterRotary, clip, scale, reach);
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
    return build(layer, index, maps(layer));
  }

  /** The linear maps. */
  Attention.Maps maps(Scope layer) {
    int hidden = sizes.hidden();
    long queryWidth = sizes.queryWidth();
    long keyWidth = sizes.keyWidth();
    return new Attention.Maps(
        layer.linear("self_attn.q_proj", "attn_q", queryWidth, hidden, inputBias),
        layer.linear("self_attn.k_proj", "attn_k", keyWidth, hidden, inputBias),
        layer.linear("self_attn.v_proj", "attn_v", keyWidth, hidden, inputBias),
        output(layer));
  }

  /** The output map. */
  Linear output(Scope layer) {
    return layer.linear(
        "self_attn.o_proj", "attn_output", sizes.hidden(), sizes.queryWidth(), outputBias);
  }

  /** With linear maps that the family reads itself. */
  Attention build(Scope layer, int index, Attention.Maps maps) {
    Attention.Norms norms =
        new Attention.Norms(
            norm(layer, "self_attn.q_norm", "attn_q_norm", sizes.queryWidth()),
            norm(layer, "self_attn.k_norm", "attn_k_norm", sizes.keyWidth()),
            null,
            normAfterRotary);
    return build(index, maps, norms, null);
  }

  /** With linear maps and norms that the family reads itself. */
  Attention build(
      int index, Attention.Maps maps, Attention.Norms norms, @Nullable Temperature temperature) {
    return new Attention(
        sizes.heads(),
        sizes.kvHeads(),
        sizes.headSize(),
        maps,
        clip,
        norms,
        rotary.apply(index),
        temperature,
        scale,
        reach.apply(index),
        null);
  }

  private @Nullable Norm norm(Scope layer, String hf, String gguf, long rowWidth) {
    return switch (norm) {
      case NONE -> null;
      case HEAD -> layer.norm(hf, gguf, sizes.headSize(), sizes.epsilon());
      case ROW -> layer.norm(hf, gguf, rowWidth, sizes.epsilon());
    };
  }
}
