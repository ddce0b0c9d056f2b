// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link BlockScale} in plain loops. */
final class ScalarBlockScale implements BlockScale {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  static final int HALF = 0x8fffe000;

  @Override
  public void one(
      long scales, long step, int groups, float[] factors, int[] dots, float[] y, int to) {
    for (int g = 0; g < groups; g++) {
      scale(scales + g * step, factors[4 * g], dots, g * Dots.GROUP, y, to);
    }
  }

  @Override
  public void four(long scales, long step, int groups, float[] factors, int[] dots, float[] y) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < 4; i++) {
        int from = g * Dots.GROUP + i * Dots.ROWS;
        scale(scales + g * step, factors[4 * g + i], dots, from, y, i * Dots.ROWS);
      }
    }
  }

  @Override
  public void oneCentred(
      long scales,
      long step,
      int groups,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y,
      int to) {
    for (int g = 0; g < groups; g++) {
      scale(scales + g * step, factors[4 * g], dots, g * Dots.GROUP, y, to);
      centre(scales + g * step + GROUP_BYTES, sums[4 * g], y, to);
    }
  }

  @Override
  public void fourCentred(
      long scales, long step, int groups, float[] factors, float[] sums, int[] dots, float[] y) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < 4; i++) {
        int from = g * Dots.GROUP + i * Dots.ROWS;
        scale(scales + g * step, factors[4 * g + i], dots, from, y, i * Dots.ROWS);
        centre(scales + g * step + GROUP_BYTES, sums[4 * g + i], y, i * Dots.ROWS);
      }
    }
  }

  private static void scale(long scales, float factor, int[] dots, int from, float[] y, int to) {
    for (int row = 0; row < Dots.ROWS; row++) {
      y[to + row] = Math.fma(half(scales, row) * factor, dots[from + row], y[to + row]);
    }
  }

  private static void centre(long centres, float sum, float[] y, int to) {
    for (int row = 0; row < Dots.ROWS; row++) {
      y[to + row] = Math.fma(half(centres, row), sum, y[to + row]);
    }
  }

  /** A row's half, 2^112 times too small. */
  private static float half(long group, int row) {
    int both = Native.getInt(group + row % 32 * 4L);
    return Float.intBitsToFloat((row < 32 ? both << 16 : both) >> 3 & HALF);
  }
}
