// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.format.TensorData;

/**
 * The sizes that all families have in common.
 *
 * @param hidden width of the residual stream
 * @param layers number of layers
 * @param heads query heads
 * @param kvHeads key-value heads
 * @param headSize width of a head, even
 * @param vocabulary number of token ids
 * @param context positions the model was made for
 * @param epsilon epsilon of all norms
 */
record Dimensions(
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int vocabulary,
    int context,
    float epsilon) {

  static Dimensions of(Source source) {
    return of(source, evenHeadSize(source));
  }

  /** The hidden size divided among the heads. */
  static int evenHeadSize(Source source) {
    int hidden = source.size("hidden_size", "embedding_length");
    int heads = source.size("num_attention_heads", "attention.head_count");
    if (!source.has("head_dim", "attention.key_length")) {
      source.requireDivisor(
          "num_attention_heads", "attention.head_count", heads, hidden, "hidden size");
    }
    return hidden / heads;
  }

  /**
   * Reads the sizes.
   *
   * @param source the file
   * @param defaultHeadSize width of a head where the settings do not tell
   */
  static Dimensions of(Source source, int defaultHeadSize) {
    Dimensions sizes =
        of(
            source,
            defaultHeadSize,
            (float) source.number("rms_norm_eps", "attention.layer_norm_rms_epsilon"));
    sizes.requireFirstLayer(source);
    return sizes;
  }

  /**
   * Reads the sizes of a family whose query maps have another name; it compares them with a tensor
   * of the file before it allocates by them.
   *
   * @param source the file
   * @param defaultHeadSize width of a head where the settings do not tell
   * @param epsilon epsilon of all norms
   */
  static Dimensions of(Source source, int defaultHeadSize, float epsilon) {
    int heads = source.size("num_attention_heads", "attention.head_count");
    int kvHeads = source.size("num_key_value_heads", "attention.head_count_kv", heads);
    source.requireDivisor(
        "num_key_value_heads", "attention.head_count_kv", kvHeads, heads, "attention heads");
    int headSize = source.size("head_dim", "attention.key_length", defaultHeadSize);
    requireHeadSize(source, headSize);
    return of(source, layers(source), heads, kvHeads, headSize, epsilon);
  }

  /** With heads that the family reads itself; hidden size, vocabulary and context as usual. */
  static Dimensions of(
      Source source, int layers, int heads, int kvHeads, int headSize, float epsilon) {
    return new Dimensions(
        source.size("hidden_size", "embedding_length"),
        layers,
        heads,
        kvHeads,
        headSize,
        vocabulary(source),
        source.size("max_position_embeddings", "context_length"),
        epsilon);
  }

  /** A head is as wide for values as for keys, and rotated in pairs. */
  static void requireHeadSize(Source source, int headSize) {
    if (headSize % 2 != 0) {
      throw source.badSetting(
          "head_dim", "attention.key_length", "expected an even number, found " + headSize);
    }
    if (source.gguf() && source.size("", "attention.value_length", headSize) != headSize) {
      throw source.unsupported(
          source.key("attention.value_length"),
          String.valueOf(source.size("", "attention.value_length")),
          "the key length, " + headSize);
    }
  }

  /**
   * Layers after these, which predict the tokens after the next one, are left out; GGUF files count
   * them as well.
   */
  static int layers(Source source) {
    int count = source.size("num_hidden_layers", "block_count");
    String key = source.gguf() ? source.key("nextn_predict_layers") : "num_nextn_predict_layers";
    int extra = source.config().int32(key, 0);
    if (extra < 0 || (source.gguf() && extra >= count)) {
      throw source.badSetting(
          key,
          "nextn_predict_layers",
          "expected 0 to less than the number of layers, %d, found %d".formatted(count, extra));
    }
    int layers = source.gguf() ? count - extra : count;
    source.leaveOutLayers(layers, (long) layers + extra);
    return layers;
  }

  /** With another number of layers. */
  Dimensions withLayers(int newLayers) {
    return new Dimensions(
        hidden, newLayers, heads, kvHeads, headSize, vocabulary, context, epsilon);
  }

  /** Width of a row of queries. */
  long queryWidth() {
    return (long) heads * headSize;
  }

  /** Width of a row of keys. */
  long keyWidth() {
    return (long) kvHeads * headSize;
  }

  /** Sizes that a tensor of the file confirms are small enough to allocate by. */
  private void requireFirstLayer(Source source) {
    source.layer(0).tensor("self_attn.q_proj.weight", "attn_q.weight", queryWidth(), hidden);
  }

  /** GGUF files need not tell; then it is the number of embedding rows. */
  static int vocabulary(Source source) {
    if (source.gguf() && !source.has("", "vocab_size")) {
      TensorData embedding = source.tensor("token_embd.weight");
      return embedding.rank() == 0 ? 1 : (int) Math.min(embedding.size(0), Integer.MAX_VALUE);
    }
    return source.size("vocab_size", "vocab_size");
  }
}
