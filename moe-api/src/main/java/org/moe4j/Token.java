// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;

/**
 * One token of an answer.
 *
 * @param id token id
 * @param logProbability natural logarithm of its probability before penalties, temperature and
 *     truncation; NaN where the request did not ask for log-probabilities
 * @param top the most probable tokens at this place in falling order, as many as the request asked
 *     for
 */
public record Token(int id, double logProbability, List<Token> top) {

  /** Copies the list. */
  public Token {
    top = List.copyOf(top);
  }
}
