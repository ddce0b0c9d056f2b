// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.Request;

/**
 * The likeliest tokens after given ones, end tokens included, whatever the model's own defaults
 * are.
 */
final class Greedy {

  private Greedy() {}

  static Request request(int[] ids, int count) {
    return Request.tokens(ids)
        .maxTokens(count)
        .temperature(0)
        .repetitionPenalty(1)
        .presencePenalty(0)
        .frequencyPenalty(0)
        .ignoreEnd(true)
        .build();
  }

  /**
   * Waits for all tokens of a request.
   *
   * @throws MixtureException.Closed if it was cancelled
   * @throws MixtureException.BadRequest if the context is full before
   */
  static Answer await(Generation generation) {
    Answer answer = generation.await();
    return switch (answer.finishReason()) {
      case MAX_TOKENS -> answer;
      case CANCELLED -> throw new MixtureException.Closed("cancelled");
      default ->
          throw new MixtureException.BadRequest(
              "the context is full after %d tokens of prompt and %d of the answer"
                  .formatted(answer.usage().promptTokens(), answer.usage().answerTokens()));
    };
  }
}
