// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * What turns the integer sums of a quantised tile into floats.
 *
 * <p>A tile's scales (and centres) are halves: for each group of columns 64 shorts, the low half of
 * int {@code i} for row {@code i} and the high half for row {@code i + 32}. They are stored times a
 * power of two, so that none is subnormal; {@code unit} is that power's inverse times 2^112,
 * because a half's bits shifted into a float's place are 2^112 times too small.
 *
 * <p>Groups are added in order, each with one fused multiply-add, and one more for its centre.
 */
interface BlockScale {

  /** Bytes of the scales of a group. */
  int GROUP_BYTES = 128;

  /**
   * One activation row: {@code y[r] += (scale[g][r] * xScale[g >> shift]) * (dot[g][r] - offset *
   * xSum[g])} for each group {@code g}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param offset what all weights were raised by
   * @param in quantised activations
   * @param half index of the first group's first half block of activations
   * @param dots what {@link Dots} gave, an int a row
   * @param from index of the first result
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scale(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * The same with centres, which lie behind the scales of a group: after each group {@code y[r] +=
   * centre[g][r] * (floatSum[g] * unit)}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales and centres
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param offset what all weights were raised by
   * @param in quantised activations
   * @param half index of the first group's first half block of activations
   * @param dots what {@link Dots} gave, an int a row
   * @param from index of the first result
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleAndCentre(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * As {@link #scale}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param offset what all weights were raised by
   * @param in quantised activations
   * @param half index of the first group's first half block of activations
   * @param dots what {@link Dots} gave, two ints a row
   * @param from index of the first result
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleWide(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to);

  /**
   * As {@link #scaleAndCentre}.
   *
   * @param scales address of the first group's scales
   * @param step bytes from one group's to the next's
   * @param unit factor of all scales and centres
   * @param groups number of groups
   * @param shift 0 if a group has an activation scale of its own, 1 if two groups share one
   * @param offset what all weights were raised by
   * @param in quantised activations
   * @param half index of the first group's first half block of activations
   * @param dots what {@link Dots} gave, two ints a row
   * @param from index of the first result
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void scaleWideAndCentre(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to);

  /** The sum of a group's quantised activations. */
  static int sum(int[] sums, int half, int group, int shift) {
    int first = half + (group << (1 - shift));
    return shift == 1 ? sums[first] : sums[first] + sums[first + 1];
  }

  /** The sum of a group's activations. */
  static float sum(float[] sums, int half, int group, int shift) {
    int first = half + (group << (1 - shift));
    return shift == 1 ? sums[first] : sums[first] + sums[first + 1];
  }
}
