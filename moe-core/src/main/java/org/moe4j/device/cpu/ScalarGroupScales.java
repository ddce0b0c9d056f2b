// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link GroupScales} in plain loops. */
final class ScalarGroupScales implements GroupScales {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  static final int HALF = 0x8fffe000;

  @Override
  public void halves(long from, long step, int groups, float[] to) {
    for (int g = 0; g < groups; g++) {
      for (int row = 0; row < Dots.ROWS; row++) {
        to[g * Dots.ROWS + row] = half(from + g * step, row);
      }
    }
  }

  @Override
  public void bytes(long units, long from, long step, int groups, float[] to) {
    for (int g = 0; g < groups; g++) {
      for (int row = 0; row < Dots.ROWS; row++) {
        to[g * Dots.ROWS + row] = signed(from + g * step, row) * half(units, row);
      }
    }
  }

  @Override
  public void centre(int groups, int offset, float[] scales, float[] minima) {
    for (int i = 0; i < groups * Dots.ROWS; i++) {
      minima[i] = Math.fma(scales[i], offset, minima[i]);
    }
  }

  /** A row's half, 2^112 times too small. */
  private static float half(long group, int row) {
    int both = Native.getInt(group + row % 32 * 4L);
    return Float.intBitsToFloat((row < 32 ? both << 16 : both) >> 3 & HALF);
  }

  private static int signed(long group, int row) {
    return Native.getInt(group + row % 16 * 4L) << (24 - row / 16 * 8) >> 24;
  }
}
