// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;

/**
 * A piece of an answer as it streams.
 *
 * @param text complete Unicode text, possibly empty: bytes of an unfinished character and text that
 *     may turn out to be a stop string are held back until they are decided
 * @param tokens the tokens that were added since the last piece
 */
public record Piece(String text, List<Token> tokens) {

  /** Copies the list. */
  public Piece {
    tokens = List.copyOf(tokens);
  }
}
