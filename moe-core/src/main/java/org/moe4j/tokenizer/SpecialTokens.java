// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.List;
import java.util.OptionalInt;

/**
 * The tokens of a vocabulary that have a part in running the model.
 *
 * @param bos the token that begins a text
 * @param eos the token that ends one
 * @param unknown the token for what the vocabulary cannot express
 * @param padding the token that fills up batches
 * @param ends every token that ends an answer: {@link #eos}, end of turn, end of message, and
 *     special tokens that are known to mean that by their names; ascending
 * @param addBos whether a prompt begins with {@link #bos}
 */
public record SpecialTokens(
    OptionalInt bos,
    OptionalInt eos,
    OptionalInt unknown,
    OptionalInt padding,
    List<Integer> ends,
    boolean addBos) {

  /** Copies the list. */
  public SpecialTokens {
    ends = List.copyOf(ends);
  }
}
