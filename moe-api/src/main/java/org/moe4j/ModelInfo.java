// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;
import java.util.Map;

/**
 * What a model is and what it will cost, known from its files alone.
 *
 * <p>Where the family is not supported, {@code unsupported} says so and what only a family's
 * mapping can tell is 0.
 *
 * @param path file or directory
 * @param format {@code GGUF} or {@code safetensors}
 * @param family family in the words of its config, such as {@code qwen3_moe} or {@code qwen3moe}
 * @param name the model's own name, possibly empty
 * @param layers number of layers
 * @param moeLayers indices of the layers that have experts
 * @param hiddenSize width of the residual stream
 * @param vocabularySize number of token ids
 * @param contextLength positions the model was made for
 * @param experts experts of a layer (the most, where layers differ); 0 for a dense model
 * @param expertsPerToken experts that run for a token
 * @param sharedExperts whether layers have a shared expert besides
 * @param parameters number of weights
 * @param activeParameters weights that take part in one token
 * @param bytes size of all tensors
 * @param activeBytesPerToken bytes of the weights that take part in one token
 * @param cacheValuesPerToken keys and values stored for one token, over all layers
 * @param bytesByType bytes of all tensors by their type
 * @param tensors every tensor, in the order of the file
 * @param tokenizer kind of tokenizer, such as {@code byte-level BPE (qwen2)}; empty if the files
 *     have none
 * @param chatTemplate the chat template's source; empty if the files have none
 * @param sampling the model's own sampling defaults
 * @param unsupported what stands in the way of running it, in plain words; empty if it runs
 */
public record ModelInfo(
    String path,
    String format,
    String family,
    String name,
    int layers,
    List<Integer> moeLayers,
    int hiddenSize,
    int vocabularySize,
    int contextLength,
    int experts,
    int expertsPerToken,
    boolean sharedExperts,
    long parameters,
    long activeParameters,
    long bytes,
    long activeBytesPerToken,
    long cacheValuesPerToken,
    Map<String, Long> bytesByType,
    List<TensorInfo> tensors,
    String tokenizer,
    String chatTemplate,
    Sampling sampling,
    List<String> unsupported) {

  /** Copies the collections. */
  public ModelInfo {
    moeLayers = List.copyOf(moeLayers);
    bytesByType = Map.copyOf(bytesByType);
    tensors = List.copyOf(tensors);
    unsupported = List.copyOf(unsupported);
  }

  /**
   * Bytes of sequence state for a number of tokens.
   *
   * @param tokens tokens in the cache
   * @param type how keys and values are stored
   */
  public long cacheBytes(long tokens, CacheType type) {
    long values = Math.multiplyExact(cacheValuesPerToken, tokens);
    return switch (type) {
      case F32 -> Math.multiplyExact(values, 4);
      case F16 -> Math.multiplyExact(values, 2);
      case Q8_0 -> Math.multiplyExact(values, 34) / 32;
    };
  }

  /**
   * Bytes of its weights as the file has them and of the state of one full context. What they take
   * on a device, {@link MixtureModel.Builder#plan()} tells.
   *
   * @param tokens context length
   * @param type how keys and values are stored
   */
  public long requiredBytes(long tokens, CacheType type) {
    return Math.addExact(bytes, cacheBytes(tokens, type));
  }
}
