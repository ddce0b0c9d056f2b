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
 */
public record ModelSpec(
    String family,
    int hiddenSize,
    int vocabularySize,
    int contextLength,
    Linear embedding,
    List<Layer> layers,
    Norm outputNorm,
    Linear output) {

  /** Copies the list. */
  public ModelSpec {
    layers = List.copyOf(layers);
  }
}
