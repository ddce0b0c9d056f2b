// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.Attention.Temperature;
import org.moe4j.model.Linear;
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
 * @param norms norms of queries and keys
 * @param clip limit of queries, keys and values; 0 for none
 * @param scale factor of the dot products
 * @param reach positions that a layer's rows see, by the layer's index
 */
record AttentionRules(
    Dimensions sizes,
    IntFunction<@Nullable Rotary> rotary,
    Bias inputBias,
    Bias outputBias,
    QueryKeyNorms norms,
    float clip,
    float scale,
    IntFunction<Reach> reach) {

  /** Every layer sees all positions, without norms or limits. */
  static AttentionRules plain(
      Dimensions sizes, @Nullable Rotary rotary, Bias inputBias, Bias outputBias) {
    return new AttentionRules(
        sizes,
        layer -> rotary,
        inputBias,
        outputBias,
        QueryKeyNorms.NONE,
        0,
        (float) (1 / Math.sqrt(sizes.headSize())),
        layer -> Reach.ALL);
  }

  AttentionRules withReach(IntFunction<Reach> newReach) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, norms, clip, scale, newReach);
  }

  AttentionRules withNorms(QueryKeyNorms newNorms) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, newNorms, clip, scale, reach);
  }

  AttentionRules withClip(float newClip) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, norms, newClip, scale, reach);
  }

  AttentionRules withScale(float newScale) {
    return new AttentionRules(sizes, rotary, inputBias, outputBias, norms, clip, newScale, reach);
  }

  AttentionRules withRotary(IntFunction<@Nullable Rotary> newRotary) {
    return new AttentionRules(sizes, newRotary, inputBias, outputBias, norms, clip, scale, reach);
  }

  /**
   * Biases of all four maps as {@code attention_bias} says, which GGUF files leave to their
   * tensors.
   */
  static Bias attentionBias(Source source) {
    return Bias.of(source, "attention_bias", false);
  }

  Attention build(Scope layer, int index) {
    return build(layer, index, maps(layer));
  }

  /** The linear maps. */
  Attention.Maps maps(Scope layer) {
    return maps(layer, "self_attn.o_proj");
  }

  /** The linear maps, of which the output map has another name in safetensors. */
  Attention.Maps maps(Scope layer, String output) {
    int hidden = sizes.hidden();
    long queryWidth = sizes.queryWidth();
    long keyWidth = sizes.keyWidth();
    return new Attention.Maps(
        layer.linear("self_attn.q_proj", "attn_q", queryWidth, hidden, inputBias),
        layer.linear("self_attn.k_proj", "attn_k", keyWidth, hidden, inputBias),
        layer.linear("self_attn.v_proj", "attn_v", keyWidth, hidden, inputBias),
        layer.linear(output, "attn_output", hidden, queryWidth, outputBias));
  }

  /**
   * The linear maps where the rows of all queries, keys and values, in this order, are one map.
   *
   * @param layer the layer
   * @param all its name in safetensors
   * @param output name of the output map in safetensors
   */
  Attention.Maps mapsInOne(Scope layer, String all, String output) {
    int hidden = sizes.hidden();
    long keys = sizes.queryWidth();
    long values = keys + sizes.keyWidth();
    long end = values + sizes.keyWidth();
    Linear rows = layer.linear(all, "attn_qkv", end, hidden, inputBias);
    return new Attention.Maps(
        rows.rows(0, keys),
        rows.rows(keys, values),
        rows.rows(values, end),
        layer.linear(output, "attn_output", hidden, keys, outputBias));
  }

  /** With linear maps that the family reads itself. */
  Attention build(Scope layer, int index, Attention.Maps maps) {
    return build(index, maps, norms.read(layer), null);
  }

  /** With linear maps and norms that the family reads itself. */
  Attention build(
      int index, Attention.Maps maps, Attention.Norms ownNorms, @Nullable Temperature temperature) {
    return new Attention(
        sizes.heads(),
        sizes.kvHeads(),
        sizes.headSize(),
        maps,
        clip,
        ownNorms,
        rotary.apply(index),
        temperature,
        scale,
        reach.apply(index),
        null);
  }
}
