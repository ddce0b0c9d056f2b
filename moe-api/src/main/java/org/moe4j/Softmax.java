// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * Softmax over scores of any value, NaN standing for what does not take part. Where the highest
 * score is infinite, the scores equal to it share all.
 */
final class Softmax {

  private Softmax() {}

  /** The highest score; minus infinity if none takes part. */
  static float peak(float[] scores) {
    float peak = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      if (score > peak) {
        peak = score;
      }
    }
    return peak;
  }

  /**
   * The share of a score before the division by {@link #total}, 1 for the highest. StrictMath gives
   * the same bits on every machine and in every compiler tier.
   */
  static double share(float score, float peak) {
    if (Float.isInfinite(peak)) {
      return score == peak ? 1 : 0;
    }
    return StrictMath.exp((double) score - peak);
  }

  /** The sum of the shares in the order of ids. */
  static double total(float[] scores, float peak) {
    double total = 0;
    for (float score : scores) {
      if (!Float.isNaN(score)) {
        total += share(score, peak);
      }
    }
    return total;
  }
}
