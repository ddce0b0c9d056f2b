// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * What turns the integer sums of a quantised tile into floats.
 *
 * <p>A tile's scales (and centres) are halves: for each group of columns 64 shorts, the low half of
 * int {@code i} for row {@code i} and the high half for row {@code i + 32}. They are stored times a
 * power of two, so that none is subnormal; that power's inverse times 2^112 is part of the factors,
 * because a half's bits shifted into a float's place are 2^112 times too small.
 *
 * <p>Groups are added in order, each with one fused multiply-add, and one more for its centre.
 */
interface BlockScale {

  /** Bytes of the scales of a group. */
  int GROUP_BYTES = 128;

  /**
   * One activation row: {@code y[r] += (scale[g][r] * factor[g]) * dot[g][r]} for each group {@code
   * g}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   * @param to index of the first of 64
   */
  void one(long scales, long step, int groups, float[] factors, int[] dots, float[] y, int to);

  /**
   * Four activation rows; row {@code i} begins in {@code factors} at {@code i}, in {@code dots} and
   * {@code y} at {@code 64 i}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   */
  void four(long scales, long step, int groups, float[] factors, int[] dots, float[] y);

  /**
   * As {@link #one}, with centres, which lie behind the scales of a group: after each group {@code
   * y[r] += centre[g][r] * sum[g]}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param sums what centres are multiplied by, likewise
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   * @param to index of the first of 64
   */
  void oneCentred(
      long scales,
      long step,
      int groups,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y,
      int to);

  /**
   * As {@link #four}, with centres.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param sums what centres are multiplied by, likewise
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   */
  void fourCentred(
      long scales, long step, int groups, float[] factors, float[] sums, int[] dots, float[] y);
}
