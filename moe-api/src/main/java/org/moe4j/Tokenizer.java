// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.OptionalInt;

/**
 * Text to token ids and back, as the model was trained. Immutable and safe for many threads.
 *
 * <p>Nothing is added by encoding: no begin or end token, no template. A special token such as
 * {@code <|im_end|>} that stands in the text is ordinary text unless the caller says otherwise, so
 * that user text can never end a turn.
 */
public interface Tokenizer {

  /**
   * Encodes text in which special tokens are ordinary text.
   *
   * @param text any text; unpaired surrogates are encoded as U+FFFD
   * @return the token ids
   */
  default int[] encode(String text) {
    return encode(text, false);
  }

  /**
   * Encodes text.
   *
   * @param text any text; unpaired surrogates are encoded as U+FFFD
   * @param parseSpecial whether special tokens written out in the text become their ids
   * @return the token ids
   */
  int[] encode(String text, boolean parseSpecial);

  /**
   * The number of tokens of a text, special tokens taken as text.
   *
   * @param text any text
   */
  default int count(String text) {
    return encode(text).length;
  }

  /**
   * The text of token ids. Special tokens are left out; bytes that are no valid UTF-8 become
   * U+FFFD.
   *
   * @param ids token ids
   * @throws MixtureException.BadRequest if an id is outside the vocabulary
   */
  String decode(int... ids);

  /**
   * The bytes that one token stands for, possibly a part of a character; special tokens give their
   * name.
   *
   * @param id token id
   * @throws MixtureException.BadRequest if the id is outside the vocabulary
   */
  byte[] bytes(int id);

  /**
   * Whether the token is a special one, which decoding leaves out.
   *
   * @param id token id
   * @throws MixtureException.BadRequest if the id is outside the vocabulary
   */
  boolean isSpecial(int id);

  /**
   * The id of a token given by its exact name in the vocabulary.
   *
   * @param token the name, such as {@code <|im_end|>}
   */
  OptionalInt id(String token);

  /** The number of token ids; ids are {@code 0 <= id < size}. */
  int size();
}
