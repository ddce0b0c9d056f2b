// SPDX-License-Identifier: Apache-2.0
package org.moe4j.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.moe4j.Sampling;
import org.moe4j.Token;

class SamplerTest {

  private static final Sampling PLAIN = new Sampling(1, 0, 1, 0, 1, 0, 0);

  private static float[] logs(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(probabilities[i]);
    }
    return logits;
  }

  /** How often each token is drawn in 20,000 independent draws. */
  private static double[] shares(Sampling sampling, float[] logits) {
    int draws = 20_000;
    double[] shares = new double[logits.length];
    for (int seed = 0; seed < draws; seed++) {
      Sampler sampler = new Sampler(sampling, Map.of(), -1, seed, new int[0]);
      shares[sampler.next(logits.clone()).id()] += 1.0 / draws;
    }
    return shares;
  }

  private static int greedy(Sampling sampling, Map<Integer, Float> bias, int[] prompt, float... l) {
    return new Sampler(sampling, bias, -1, 0, prompt).next(l).id();
  }

  @Test
  void drawsInProportionToTheProbabilities() {
    double[] expected = {0.1, 0.6, 0.25, 0.05};
    double[] shares = shares(PLAIN, logs(expected));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], shares[i], 0.015);
    }
  }

  @Test
  void temperatureSharpensAndFlattens() {
    // p^(1/0.5) of 0.8 and 0.2 is 0.64 and 0.04, which is 16 : 1
    double[] cold = shares(new Sampling(0.5, 0, 1, 0, 1, 0, 0), logs(0.8, 0.2));
    assertEquals(16 / 17.0, cold[0], 0.015);
  }

  @Test
  void topKLeavesTheHighest() {
    double[] shares = shares(new Sampling(1, 2, 1, 0, 1, 0, 0), logs(0.1, 0.5, 0.3, 0.1));
    assertEquals(0.5 / 0.8, shares[1], 0.015);
    assertEquals(0, shares[0] + shares[3]);
  }

  @Test
  void topPKeepsTheTokenThatReachesTheMass() {
    double[] shares = shares(new Sampling(1, 0, 0.6, 0, 1, 0, 0), logs(0.1, 0.5, 0.3, 0.1));
    assertEquals(0.5 / 0.8, shares[1], 0.015);
    assertEquals(0.3 / 0.8, shares[2], 0.015);
    assertEquals(0, shares[0] + shares[3]);
    assertEquals(1, shares(new Sampling(1, 0, 1e-9, 0, 1, 0, 0), logs(0.4, 0.6))[1], 1e-9);
  }

  @Test
  void topPCountsOnlyWhatTopKLeft() {
    // After top-k 2 the masses are 5/8 and 3/8, so 0.6 is reached by the first alone.
    assertEquals(1, shares(new Sampling(1, 2, 0.6, 0, 1, 0, 0), logs(0.1, 0.5, 0.3, 0.1))[1], 1e-9);
  }

  @Test
  void minPIsRelativeToTheBest() {
    double[] shares = shares(new Sampling(1, 0, 1, 0.5, 1, 0, 0), logs(0.1, 0.5, 0.3, 0.1));
    assertEquals(0.5 / 0.8, shares[1], 0.015);
    assertEquals(0, shares[0] + shares[3]);
  }

  @Test
  void greedyTakesTheLowestIdOfEqualLogits() {
    assertEquals(1, greedy(Sampling.GREEDY, Map.of(), new int[0], 0, 3, 3, 1));
    assertEquals(0, greedy(Sampling.GREEDY, Map.of(), new int[0], 0f, -0f));
  }

  @Test
  void repetitionPenaltyDividesPositiveAndMultipliesNegativeLogits() {
    Sampling two = new Sampling(0, 0, 1, 0, 2, 0, 0);
    assertEquals(1, greedy(two, Map.of(), new int[] {0}, 3, 2, -1));
    assertEquals(0, greedy(two, Map.of(), new int[] {0}, 3, 1, -1));
    assertEquals(1, greedy(two, Map.of(), new int[] {0}, -1, -1.5f, -9));
  }

  @Test
  void presenceAndFrequencyCountTheAnswerAlone() {
    Sampling sampling = new Sampling(0, 0, 1, 0, 1, 1, 0.5);
    Sampler sampler = new Sampler(sampling, Map.of(), -1, 0, new int[] {0, 0, 0, 0});
    // 0 leads by 2.2; each time it occurs costs it 0.5, and 1 once for having occurred at all.
    assertEquals(0, sampler.next(new float[] {2.2f, 0}).id());
    assertEquals(0, sampler.next(new float[] {2.2f, 0}).id());
    assertEquals(0, sampler.next(new float[] {2.2f, 0}).id());
    assertEquals(1, sampler.next(new float[] {2.2f, 0}).id());
  }

  @Test
  void biasMovesAndForbidsTokens() {
    assertEquals(2, greedy(Sampling.GREEDY, Map.of(2, 5f), new int[0], 3, 2, 1));
    assertEquals(
        1, greedy(Sampling.GREEDY, Map.of(0, Float.NEGATIVE_INFINITY), new int[0], 3, 2, 1));
  }

  @Test
  void neverChoosesNaN() {
    assertEquals(1, greedy(Sampling.GREEDY, Map.of(), new int[0], Float.NaN, -5, Float.NaN));
    assertEquals(2, greedy(Sampling.GREEDY, Map.of(), new int[0], 0, -5, Float.POSITIVE_INFINITY));
    double[] shares = shares(PLAIN, new float[] {Float.NaN, 0, Float.NEGATIVE_INFINITY});
    assertEquals(1, shares[1], 1e-9);
  }

  @Test
  void theSameSeedGivesTheSameTokens() {
    float[] logits = new float[500];
    Random random = new Random(5);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    int[][] runs = new int[2][];
    for (int run = 0; run < 2; run++) {
      Sampler sampler = new Sampler(PLAIN, Map.of(), -1, 42, new int[0]);
      runs[run] = IntStream.range(0, 50).map(i -> sampler.next(logits.clone()).id()).toArray();
    }
    assertTrue(Arrays.equals(runs[0], runs[1]));
    assertTrue(Arrays.stream(runs[0]).distinct().count() > 10);
  }

  @Test
  void logProbabilitiesAreThoseBeforePenaltiesAndTemperature() {
    Sampling sampling = new Sampling(0, 0, 1, 0, 5, 0, 0);
    Sampler sampler = new Sampler(sampling, Map.of(0, -100f), 2, 0, new int[] {2});
    Token token = sampler.next(logs(0.5, 0.3, 0.2));
    assertEquals(1, token.id());
    assertEquals(Math.log(0.3), token.logProbability(), 1e-6);
    assertEquals(2, token.top().size());
    assertEquals(0, token.top().get(0).id());
    assertEquals(Math.log(0.5), token.top().get(0).logProbability(), 1e-6);
    assertEquals(1, token.top().get(1).id());
  }

  @Test
  void theRankingIsThatOfAFullSort() {
    Random random = new Random(3);
    float[] logits = new float[3000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextInt(200) / 4f - 25;
    }
    Ranking ranking = new Ranking();
    ranking.reset(logits);
    Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> Float.compare(logits[b], logits[a]));
    for (int rank = 0; rank < order.length; rank++) {
      assertEquals(order[rank], ranking.token(rank));
    }
  }
}
