// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * What turns the integer sums of a quantised tile into floats.
 *
 * <p>A tile's scales (and centres) are halves: for each group of columns 64 shorts, laid out as the
 * weights are, the low half of int {@code i} for row {@code i} and the high half for row {@code i +
 * 32}. They are stored times a power of two, so that none is subnormal; {@code unit} is that
 * power's inverse times 2^112, because a half's bits shifted into a float's place are 2^112 times
 * too small.
 *
 * <p>Groups are added in order, each with one fused multiply-add.
 */
interface BlockScale {

  /** Bytes of the scales of a group. */
  int GROUP_BYTES = 128;

  /**
   * One activation row of {@link NibbleDots}: {@code y[r] += (scale[g][r] * xScale[g >> shift]) *
   * sum[g][r]} for each group {@code g}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param xScales scales of the activations
   * @param at index of the first activation scale
   * @param dots what {@link NibbleDots} gave
   * @param from index of the first int
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleNibbles(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * One activation row of {@link FiveDots}: {@code y[r] += (scale[g][r] * xScale[g]) *
   * (sum[g][0][r] + sum[g][1][r])} for each group {@code g}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales
   * @param groups number of groups
   * @param xScales scales of the activations
   * @param at index of the first activation scale
   * @param dots what {@link FiveDots} gave
   * @param from index of the first int
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleHalves(
      long scales,
      long step,
      float unit,
      int groups,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * One activation row of {@link ByteDots}: {@code y[r] += (scale[g][r] * xScale[g >> shift]) *
   * sum[g][r]} for each group {@code g}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param xScales scales of the activations
   * @param at index of the first activation scale
   * @param dots what {@link ByteDots} gave
   * @param from index of the first int
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleBytes(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * One activation row: {@code y[r] += centre[g][r] * xSum[g]} for each group {@code g}.
   *
   * @param centres address of the first group's centres
   * @param step bytes from one group's to the next's
   * @param unit factor of all centres
   * @param groups number of groups
   * @param halves sums that a group has, 1 or 2
   * @param xSums sums of each 16 activations
   * @param at index of the first sum
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void centre(
      long centres,
      long step,
      float unit,
      int groups,
      int halves,
      float[] xSums,
      int at,
      float[] y,
      int to);

  /** The sum of the activations of a group. */
  static float sum(float[] xSums, int at, int group, int halves) {
    return halves == 1 ? xSums[at + group] : xSums[at + 2 * group] + xSums[at + 2 * group + 1];
  }
}
