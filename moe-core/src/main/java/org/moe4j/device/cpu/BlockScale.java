// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * What turns the integer sums of a quantised tile into floats, with scales and centres as {@link
 * GroupScales} unpacks them. Groups are added in order, each with one fused multiply-add, and one
 * more for its centre.
 */
interface BlockScale {

  /**
   * One activation row: {@code y[r] += (scales[g][r] * factor[g]) * dot[g][r]} for each group
   * {@code g}.
   *
   * @param groups number of groups
   * @param scales at {@code 64 g} those of group {@code g}
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   * @param to index of the first of 64
   */
  void one(int groups, float[] scales, float[] factors, int[] dots, float[] y, int to);

  /**
   * Four activation rows; row {@code i} begins in {@code factors} at {@code i}, in {@code dots} and
   * {@code y} at {@code 64 i}.
   *
   * @param groups number of groups
   * @param scales at {@code 64 g} those of group {@code g}
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   */
  void four(int groups, float[] scales, float[] factors, int[] dots, float[] y);

  /**
   * As {@link #one}, with centres: after each group {@code y[r] += centres[g][r] * sum[g]}.
   *
   * @param groups number of groups
   * @param scales at {@code 64 g} those of group {@code g}
   * @param centres likewise
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param sums what centres are multiplied by, likewise
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   * @param to index of the first of 64
   */
  void oneCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y,
      int to);

  /**
   * As {@link #four}, with centres.
   *
   * @param groups number of groups
   * @param scales at {@code 64 g} those of group {@code g}
   * @param centres likewise
   * @param factors what scales are multiplied by, at {@code 4 g} that of group {@code g}
   * @param sums what centres are multiplied by, likewise
   * @param dots what {@link Dots} gave
   * @param y values that are added to
   */
  void fourCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y);
}
