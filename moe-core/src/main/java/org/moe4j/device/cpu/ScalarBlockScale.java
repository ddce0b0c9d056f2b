// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link BlockScale} in plain loops. */
final class ScalarBlockScale implements BlockScale {

  @Override
  public void scaleNibbles(
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
      int to) {
    for (int row = 0; row < 64; row++) {
      for (int g = 0; g < groups; g++) {
        int both = dots[from + g * 32 + row % 32];
        int sum = row < 32 ? (short) both : both >> 16;
        float scale = half(scales + g * step, row) * (xScales[at + (g >> shift)] * unit);
        y[to + row] = Math.fma(scale, sum, y[to + row]);
      }
    }
  }

  @Override
  public void scaleHalves(
      long scales,
      long step,
      float unit,
      int groups,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int row = 0; row < 64; row++) {
      for (int g = 0; g < groups; g++) {
        int first = dots[from + g * 64 + row % 32];
        int second = dots[from + g * 64 + 32 + row % 32];
        int sum = row < 32 ? (short) first + (short) second : (first >> 16) + (second >> 16);
        float scale = half(scales + g * step, row) * (xScales[at + g] * unit);
        y[to + row] = Math.fma(scale, sum, y[to + row]);
      }
    }
  }

  @Override
  public void scaleBytes(
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
      int to) {
    for (int row = 0; row < 64; row++) {
      for (int g = 0; g < groups; g++) {
        int high = dots[from + g * 64 + 32 + row % 32];
        int sum = row < 32 ? dots[from + g * 64 + row] - (high << 16) : high;
        float factor = xScales[at + (g >> shift)] * unit;
        float scale = half(scales + g * step, row) * factor;
        y[to + row] = Math.fma(scale, sum, y[to + row]);
      }
    }
  }

  @Override
  public void centre(
      long centres,
      long step,
      float unit,
      int groups,
      int halves,
      float[] xSums,
      int at,
      float[] y,
      int to) {
    for (int row = 0; row < 64; row++) {
      for (int g = 0; g < groups; g++) {
        float centre = half(centres + g * step, row);
        y[to + row] = Math.fma(centre, BlockScale.sum(xSums, at, g, halves) * unit, y[to + row]);
      }
    }
  }

  /** A row's half, 2^112 times too small. */
  private static float half(long group, int row) {
    int both = Native.getInt(group + row % 32 * 4L);
    return Float.intBitsToFloat((row < 32 ? both << 16 : both) >> 3 & 0x8fffe000);
  }
}
