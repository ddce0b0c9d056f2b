// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

/**
 * YaRN: pairs that turn often within the original context keep their frequency, those that turn
 * rarely are divided by the factor, with a linear ramp over the pairs between.
 *
 * @param factor how many times longer the context becomes
 * @param originalContext positions of the original context
 * @param betaFast turns within the original context from which on a frequency is kept
 * @param betaSlow turns up to which a frequency is divided
 * @param truncate whether the ramp begins and ends at whole pairs
 * @param attentionFactor factor of the rotated components
 * @see <a href="https://arxiv.org/abs/2309.00071">YaRN: Efficient Context Window Extension of Large
 *     Language Models</a>
 */
record Yarn(
    double factor,
    double originalContext,
    double betaFast,
    double betaSlow,
    boolean truncate,
    float attentionFactor) {

  /**
   * {@code 0.1 weight ln(factor) + 1}, which keeps the entropy of the attention as the context
   * grows.
   */
  static double mscale(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * StrictMath.log(factor) + 1;
  }

  /**
   * The scaled frequencies.
   *
   * @param plain frequencies of the plain rotation
   * @param base the base they come from
   */
  float[] frequencies(float[] plain, double base) {
    int dimensions = 2 * plain.length;
    double low = pairThatTurns(betaFast, dimensions, base);
    double high = pairThatTurns(betaSlow, dimensions, base);
    if (truncate) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dimensions - 1);
    if (low == high) {
      high += 0.001;
    }
    float[] frequencies = new float[plain.length];
    for (int i = 0; i < plain.length; i++) {
      double divided = Math.clamp((i - low) / (high - low), 0.0, 1.0);
      frequencies[i] = (float) (plain[i] / factor * divided + plain[i] * (1 - divided));
    }
    return frequencies;
  }

  /** The pair, not rounded, that makes so many turns within the original context. */
  private double pairThatTurns(double turns, int dimensions, double base) {
    return dimensions
        * StrictMath.log(originalContext / (turns * 2 * Math.PI))
        / (2 * StrictMath.log(base));
  }
}
