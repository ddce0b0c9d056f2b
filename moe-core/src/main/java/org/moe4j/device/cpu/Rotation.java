// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Turns pairs of values by given angles: {@code (x0, x1)} becomes {@code (x0 cos - x1 sin, x1 cos +
 * x0 sin)}, each product rounded before the sum.
 */
interface Rotation {

  /**
   * Pairs {@code (i, i + pairs)}.
   *
   * @param x values, turned in place
   * @param at index of the first
   * @param pairs number of pairs
   * @param cosines cosine of each pair
   * @param sines sine of each pair
   * @param from index of the first pair's cosine and sine
   */
  void halves(float[] x, int at, int pairs, float[] cosines, float[] sines, int from);

  /**
   * Pairs {@code (2i, 2i + 1)}.
   *
   * @param x values, turned in place
   * @param at index of the first
   * @param pairs number of pairs
   * @param cosines cosine of each pair
   * @param sines sine of each pair
   * @param from index of the first pair's cosine and sine
   */
  void neighbours(float[] x, int at, int pairs, float[] cosines, float[] sines, int from);
}
