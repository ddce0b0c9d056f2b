// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link BlockScale} in plain loops. */
final class ScalarBlockScale implements BlockScale {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  static final int HALF = 0x8fffe000;

  @Override
  public void scale(
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
      int to) {
    groups(false, false, scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
  }

  @Override
  public void scaleAndCentre(
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
      int to) {
    groups(false, true, scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
  }

  @Override
  public void scaleWide(
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
      int to) {
    groups(true, false, scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
  }

  @Override
  public void scaleWideAndCentre(
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
      int to) {
    groups(true, true, scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
  }

  private static void groups(
      boolean wide,
      boolean centred,
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
      int to) {
    int ints = wide ? 128 : 64;
    for (int g = 0; g < groups; g++) {
      int first = half + (g << (1 - shift));
      long group = scales + g * step;
      group(wide, group, unit, shift, offset, in, first, dots, from + g * ints, y, to);
      if (centred) {
        centre(group + GROUP_BYTES, unit, shift, in, first, y, to);
      }
    }
  }

  private static void group(
      boolean wide,
      long scales,
      float unit,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to) {
    int raised = offset * BlockScale.sum(in.sums, half, 0, shift);
    float factor = in.scales[half / 2] * unit;
    for (int row = 0; row < 64; row++) {
      int dot = dots[from + row];
      int high = wide ? dots[from + row + 64] : dot >> 16;
      int low = wide ? dot - (high << 16) : (short) dot;
      float scale = half(scales, row) * factor;
      y[to + row] = Math.fma(scale, low + high - raised, y[to + row]);
    }
  }

  private static void centre(
      long centres, float unit, int shift, PairRows in, int half, float[] y, int to) {
    float sum = BlockScale.sum(in.floatSums, half, 0, shift) * unit;
    for (int row = 0; row < 64; row++) {
      y[to + row] = Math.fma(half(centres, row), sum, y[to + row]);
    }
  }

  /** A row's half, 2^112 times too small. */
  private static float half(long group, int row) {
    int both = Native.getInt(group + row % 32 * 4L);
    return Float.intBitsToFloat((row < 32 ? both << 16 : both) >> 3 & HALF);
  }
}
