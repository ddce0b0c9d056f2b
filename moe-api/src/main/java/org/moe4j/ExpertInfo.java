// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;

/**
 * What an expert is and where it stands.
 *
 * @param layer index of its layer, from 0
 * @param index index among the experts of its layer, from 0
 * @param hiddenSize width of its input and output rows
 * @param intermediateSize width of its gated rows; 0 for a caller's own expert
 * @param tensorTypes types of its gate, up and down weights; empty for a caller's own expert
 * @param parameters number of weights; 0 for a caller's own expert
 * @param bytes size of its weights as stored in the file; 0 for a caller's own expert
 * @param builtIn whether the model's own weights answer, not a caller's code
 */
public record ExpertInfo(
    int layer,
    int index,
    int hiddenSize,
    int intermediateSize,
    List<String> tensorTypes,
    long parameters,
    long bytes,
    boolean builtIn) {

  /** Copies the list. */
  public ExpertInfo {
    tensorTypes = List.copyOf(tensorTypes);
  }
}
