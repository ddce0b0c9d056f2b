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
   * Quantises blocks. Of four columns the first and the third make a pair, and the second and the
   * fourth.
   *
   * @param x values
   * @param from index of the first value
   * @param blocks number of blocks
   * @param to receives pairs, scales and sums
   * @param at index of the first column there, over all rows, a multiple of 32
   */
  void quantize(float[] x, int from, int blocks, PairRows to, int at);

  /** Checks that a width is whole blocks. */
  static int wholeBlocks(int width) {
    if (width % BLOCK != 0) {
      throw new IllegalArgumentException("width must be whole blocks of 32, was " + width);
    }
    return width;
  }

  /** The scale of a block with a largest magnitude. */
  static float scale(float magnitude) {
    return magnitude < LEAST ? 0 : magnitude / 127;
  }

  /** What the values of a block with a largest magnitude are multiplied by. */
  static float inverse(float magnitude) {
    return magnitude < LEAST ? 0 : 127 / magnitude;
  }

  /** The pair of two quantised values, the first in the low half. */
  static int pair(int first, int second) {
    return (first & 0xffff) | second << Short.SIZE;
  }

  /** One quantised value out of pairs that begin at an index. */
  static int activation(int[] pairs, int at, int column) {
    int pair = pairs[at + column / 4 * 2 + column % 2];
    return column % 4 < 2 ? (short) pair : pair >> Short.SIZE;
  }

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
