// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Quantises activations to 8 bits, in blocks of 32: {@code q = round(x * 127 / max|x|)}, half to
 * even, with the scale {@code max|x| / 127}. A block of which no magnitude reaches 2^-100 is zero;
 * one with NaN or infinities has a scale that is not finite, so that they reach the result.
 */
interface RowQuantizer {

  /** Values of a block. */
  int BLOCK = 32;

  /** Magnitudes below this count as zero: their reciprocal would overflow. */
  float LEAST = 0x1p-100f;

  /**
   * Quantises blocks.
   *
   * @param x values
   * @param from index of the first value
   * @param blocks number of blocks
   * @param q receives each quantised value, as a short, twice in an int
   * @param to index of the first quantised value, a multiple of 32; everything a block has once is
   *     at {@code to / 32}
   * @param sums receives the sum of a block's quantised values
   * @param scales receives the scale of a block
   * @param scaledSums receives scale times sum
   */
  void quantize(
      float[] x,
      int from,
      int blocks,
      int[] q,
      int to,
      int[] sums,
      float[] scales,
      float[] scaledSums);
}
