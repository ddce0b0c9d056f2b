// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.Request;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How an answer is made. What is left out is the model's own default. */
final class AnswerOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an answer.")
  private @Nullable Integer maxTokens;

  @Option(names = "--temperature", paramLabel = "T", description = "0 takes the likeliest token.")
  private @Nullable Double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "How many tokens stay; 0 for all.")
  private @Nullable Integer topK;

  @Option(names = "--top-p", paramLabel = "P", description = "Probability mass that stays.")
  private @Nullable Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Least probability, relative to the likeliest token.")
  private @Nullable Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1: tokens that occurred become less likely.")
  private @Nullable Double repetitionPenalty;

  @Option(names = "--seed", paramLabel = "S", description = "Makes sampling repeatable.")
  private @Nullable Long seed;

  @Option(
      names = "--stop",
      paramLabel = "S",
      description = "A text that ends the answer; may be given several times.")
  private List<String> stops = List.of();

  /**
   * Puts the options into a request.
   *
   * @throws ParameterException if one is out of range
   */
  Request build(Request.Builder request) {
    try {
      if (maxTokens != null) {
        request.maxTokens(maxTokens);
      }
      if (temperature != null) {
        request.temperature(temperature);
      }
      if (topK != null) {
        request.topK(topK);
      }
      if (topP != null) {
        request.topP(topP);
      }
      if (minP != null) {
        request.minP(minP);
      }
      if (repetitionPenalty != null) {
        request.repetitionPenalty(repetitionPenalty);
      }
      if (seed != null) {
        request.seed(seed);
      }
      stops.forEach(request::stop);
      return request.build();
    } catch (MixtureException.BadRequest e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
