// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.time.Duration;

/**
 * What an answer took.
 *
 * @param promptTokens tokens read
 * @param answerTokens tokens generated, an end token included
 * @param queued from the call to the first step of the request
 * @param timeToFirstToken from the call to the first token
 * @param total from the call to the end
 */
public record Usage(
    int promptTokens,
    int answerTokens,
    Duration queued,
    Duration timeToFirstToken,
    Duration total) {

  /**
   * Prompt tokens a second, between leaving the queue and the first token; 0 where no token came.
   */
  public double promptTokensPerSecond() {
    return rate(promptTokens, timeToFirstToken.minus(queued));
  }

  /** Tokens a second after the first; 0 for answers of fewer than two tokens. */
  public double tokensPerSecond() {
    return rate(answerTokens - 1, total.minus(timeToFirstToken));
  }

  private static double rate(int tokens, Duration time) {
    return tokens <= 0 || time.isNegative() || time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
  }
}
