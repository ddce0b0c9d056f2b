// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * How the next token is drawn from the logits. The steps run in this order:
 *
 * <ol>
 *   <li>the request's logit bias is added;
 *   <li>repetition penalty r: for every token that occurs in the prompt or the answer so far, a
 *       logit {@code l > 0} becomes {@code l / r}, any other {@code l * r} (Keskar et al., CTRL,
 *       section 4.1);
 *   <li>presence and frequency penalties: {@code l - presence - frequency * n} for every token that
 *       occurs {@code n > 0} times in the answer so far;
 *   <li>temperature t: {@code l / t}; at {@code t = 0} the highest logit is taken and the draw ends
 *       here;
 *   <li>top-k: the k highest logits stay;
 *   <li>top-p: in falling order of probability, tokens stay until their probabilities reach p, at
 *       least one;
 *   <li>min-p: tokens with a probability below {@code minP} times the highest go, at least one
 *       stays;
 *   <li>one token is drawn with the remaining probabilities, in falling order, ties in the order of
 *       ids, by inverting the cumulative sum at {@code nextDouble()} of {@code L64X128MixRandom}
 *       seeded with the request's seed.
 * </ol>
 *
 * <p>Ties go to the lowest id everywhere.
 *
 * @param temperature 0 (greedy) or above
 * @param topK number of tokens that stay, 0 for all
 * @param topP probability mass that stays, {@code 0 < topP <= 1}
 * @param minP lowest probability relative to the best, {@code 0 <= minP <= 1}
 * @param repetitionPenalty above 0; 1 changes nothing
 * @param presencePenalty any finite number; 0 changes nothing
 * @param frequencyPenalty any finite number; 0 changes nothing
 */
public record Sampling(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    double presencePenalty,
    double frequencyPenalty) {

  /** The highest logit, always. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 0, 0);

  /**
   * Checks every value.
   *
   * @throws MixtureException.BadRequest if one is NaN or out of its range
   */
  public Sampling {
    check(
        temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
        "temperature",
        temperature,
        "0 or above");
    check(topK >= 0, "top-k", topK, "0 (off) or above");
    check(topP > 0 && topP <= 1, "top-p", topP, "above 0 and at most 1");
    check(minP >= 0 && minP <= 1, "min-p", minP, "0 to 1");
    check(
        repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY,
        "repetition penalty",
        repetitionPenalty,
        "above 0");
    check(Double.isFinite(presencePenalty), "presence penalty", presencePenalty, "finite");
    check(Double.isFinite(frequencyPenalty), "frequency penalty", frequencyPenalty, "finite");
  }

  private static void check(boolean right, String name, Number value, String expected) {
    if (!right) {
      throw new MixtureException.BadRequest(
          "%s must be %s, was %s".formatted(name, expected, value));
    }
  }
}
