// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;

/**
 * A finished answer: what was said, why it ended, what it took and what the mixture did. Immutable.
 */
public interface Answer {

  /** The text, without special tokens and without the stop string that ended it. */
  String text();

  /** The generated tokens, the end token included. */
  List<Token> tokens();

  /** The ids of {@link #tokens()}. */
  default int[] ids() {
    return tokens().stream().mapToInt(Token::id).toArray();
  }

  /** Why it ended. */
  FinishReason finishReason();

  /** Counts and times. */
  Usage usage();

  /** How often each expert of each layer ran. */
  ExpertUsage experts();

  /** The seed that was used; with it the same request gives the same tokens on the same device. */
  long seed();
}
