// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Quantises activations to 8 bits, in blocks of 32: {@code q = round(x * 127 / max|x|)}, half to
 * even, with the scale {@code max|x| / 127}. A block of which no magnitude reaches 2^-100 is zero;
 * one with NaN or infinities has a scale that is not finite, so that they reach the result.
 *
 * <p>What all weights of a group have in common meets the sum of the values before they are
 * quantised: their rounding then only meets the differences of the weights.
 */
interface RowQuantizer {

  /** Values of a block. */
  int BLOCK = 32;

  /** Values of half a block, the smallest group of weights that has a scale. */
  int HALF = 16;

  /** Magnitudes below this count as zero: their reciprocal would overflow. */
  float LEAST = 0x1p-100f;

  /**
   * Quantises blocks.
   *
   * @param x values
   * @param from index of the first value
   * @param blocks number of blocks
   * @param q receives each quantised value, as a short, twice in an int
   * @param to index of the first quantised value, a multiple of 32; what a block has once is at
   *     {@code to / 32}, what a half has at {@code to / 16}
   * @param sums receives the sum of the quantised values of each half of a block
   * @param scales receives the scale of a block
   * @param floatSums receives the {@link #sum} of the values of each half of a block
   */
  void quantize(
      float[] x,
      int from,
      int blocks,
      int[] q,
      int to,
      int[] sums,
      float[] scales,
      float[] floatSums);

  /** The sum of a half, each fourth value in order and then the four, the same bits everywhere. */
  static float sum(float[] x, int from) {
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    for (int i = from; i < from + HALF; i += 4) {
      sum0 += x[i];
      sum1 += x[i + 1];
      sum2 += x[i + 2];
      sum3 += x[i + 3];
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }
}
