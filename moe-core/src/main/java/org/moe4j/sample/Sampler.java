// SPDX-License-Identifier: Apache-2.0
package org.moe4j.sample;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.moe4j.Sampling;
import org.moe4j.Token;

/**
 * Draws the tokens of one answer. Keeps what the penalties need of the prompt and the answer so
 * far. Not safe for concurrent use.
 */
public final class Sampler {

  private final Sampling sampling;
  private final Map<Integer, Float> bias;
  private final int top;
  private final RandomGenerator random;
  private final Ranking ranking = new Ranking();
  private final Map<Integer, Integer> answered = new HashMap<>();
  private final Map<Integer, Boolean> seen = new HashMap<>();

  /**
   * Creates a sampler.
   *
   * @param sampling how to draw
   * @param bias what is added to the logits of single tokens
   * @param logprobs how many of the most probable tokens to report; negative for no
   *     log-probabilities
   * @param seed start of the random numbers
   * @param prompt the prompt's tokens
   */
  public Sampler(
      Sampling sampling, Map<Integer, Float> bias, int logprobs, long seed, int[] prompt) {
    this.sampling = sampling;
    this.bias = Map.copyOf(bias);
    this.top = logprobs;
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    if (sampling.repetitionPenalty() != 1) {
      for (int token : prompt) {
        seen.put(token, true);
      }
    }
  }

  /**
   * Draws the next token and remembers it.
   *
   * @param logits one a vocabulary entry; changed by the call
   */
  public Token next(float[] logits) {
    clean(logits);
    double[] report = top < 0 ? null : new double[] {logSum(logits)};
    List<Token> best = top > 0 && report != null ? best(logits, report[0]) : List.of();
    float[] original = report == null ? logits : logits.clone();
    penalise(logits);
    int id = sampling.temperature() == 0 ? Ranking.first(logits) : draw(logits);
    answered.merge(id, 1, Integer::sum);
    seen.put(id, true);
    return new Token(id, report == null ? Double.NaN : original[id] - report[0], best);
  }

  /** NaN can never be chosen; infinities stay comparable without spoiling sums. */
  private static void clean(float[] logits) {
    boolean finite = true;
    for (float value : logits) {
      finite &= Math.abs(value) <= Float.MAX_VALUE;
    }
    if (finite) {
      return;
    }
    for (int i = 0; i < logits.length; i++) {
      float value = logits[i];
      logits[i] =
          Float.isNaN(value)
              ? -Float.MAX_VALUE
              : Math.clamp(value, -Float.MAX_VALUE, Float.MAX_VALUE);
    }
  }

  private void penalise(float[] logits) {
    bias.forEach((token, value) -> logits[token] += value);
    double repetition = sampling.repetitionPenalty();
    if (repetition != 1) {
      for (int token : seen.keySet()) {
        double logit = logits[token];
        logits[token] = (float) (logit > 0 ? logit / repetition : logit * repetition);
      }
    }
    if (sampling.presencePenalty() != 0 || sampling.frequencyPenalty() != 0) {
      answered.forEach((token, count) ->
          logits[token] -=
              (float) (sampling.presencePenalty() + sampling.frequencyPenalty() * count));
    }
  }

  /**
   * All truncations keep a prefix of the ranking, so a draw walks down the ranking until its share
   * is reached.
   */
  private int draw(float[] logits) {
    ranking.reset(logits);
    int limit = sampling.topK() == 0 ? logits.length : Math.min(sampling.topK(), logits.length);
    double mass = limit == logits.length ? mass(logits) : prefixMass(logits, limit);
    int kept = limit;
    if (sampling.topP() < 1 || sampling.minP() > 0) {
      double until = sampling.topP() < 1 ? sampling.topP() * mass : Double.POSITIVE_INFINITY;
      double sum = 0;
      kept = 0;
      while (kept < limit && sum < until) {
        double share = share(logits[ranking.token(kept)]);
        if (kept > 0 && share < sampling.minP()) {
          break;
        }
        sum += share;
        kept++;
      }
      mass = sum;
    }
    double remaining = random.nextDouble() * mass;
    for (int rank = 0; rank < kept - 1; rank++) {
      remaining -= share(logits[ranking.token(rank)]);
      if (remaining < 0) {
        return ranking.token(rank);
      }
    }
    return ranking.token(kept - 1);
  }

  /** Probability relative to the best token's. */
  private double share(float logit) {
    return StrictMath.exp(((double) logit - ranking.highest()) / sampling.temperature());
  }

  private double mass(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += share(logit);
    }
    return sum;
  }

  private double prefixMass(float[] logits, int limit) {
    double sum = 0;
    for (int rank = 0; rank < limit; rank++) {
      sum += share(logits[ranking.token(rank)]);
    }
    return sum;
  }

  private List<Token> best(float[] logits, double logSum) {
    ranking.reset(logits);
    List<Token> best = new ArrayList<>();
    for (int rank = 0; rank < Math.min(top, logits.length); rank++) {
      int token = ranking.token(rank);
      best.add(new Token(token, logits[token] - logSum, List.of()));
    }
    return best;
  }

  /**
   * {@code log(sum(exp(logits)))}: a logit minus it is the log-probability.
   *
   * @param logits finite values
   */
  public static double logSum(float[] logits) {
    float highest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += StrictMath.exp((double) logit - highest);
    }
    return highest + StrictMath.log(sum);
  }
}
