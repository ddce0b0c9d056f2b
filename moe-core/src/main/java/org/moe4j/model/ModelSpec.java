// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;

/**
 * Everything that the decoder needs to know of a model.
 *
 * @param family family in the words of its config, such as {@code qwen3_moe}
 * @param hiddenSize width of the residual stream
 * @param vocabularySize number of token ids
 * @param contextLength positions the model was made for
 * @param embedding one row of {@code hiddenSize} a token id
 * @param layers the layers in order
 * @param outputNorm norm before the output matrix
 * @param output the output matrix, {@code vocabularySize x hiddenSize}; the embedding again where
 *     they are tied
 * @param embeddingScale factor of the embedding's rows
 * @param logitScale factor of the logits
 * @param logitCap logits become {@code cap * tanh(logit / cap)}; 0 for no cap
 */
public record ModelSpec(
    String family,
    int hiddenSize,
    int vocabularySize,
    int contextLength,
    Linear embedding,
    List<Layer> layers,
    Norm outputNorm,
    Linear output,
    float embeddingScale,
    float logitScale,
    float logitCap) {

  /** Copies the list. */
  public ModelSpec {
    layers = List.copyOf(layers);
  }

  /**
   * A model without factors.
   *
   * @param family family in the words of its config
   * @param hiddenSize width of the residual stream
   * @param vocabularySize number of token ids
   * @param contextLength positions the model was made for
   * @param embedding one row of {@code hiddenSize} a token id
   * @param layers the layers in order
   * @param outputNorm norm before the output matrix
   * @param output the output matrix
   */
  public ModelSpec(
      String family,
      int hiddenSize,
      int vocabularySize,
      int contextLength,
      Linear embedding,
      List<Layer> layers,
      Norm outputNorm,
      Linear output) {
    this(
        family,
        hiddenSize,
        vocabularySize,
        contextLength,
        embedding,
        layers,
        outputNorm,
        output,
        1,
        1,
        0);
  }
}
