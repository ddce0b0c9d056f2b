// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link BlockScale} in plain loops. */
final class ScalarBlockScale implements BlockScale {

  @Override
  public void one(int groups, float[] scales, float[] factors, int[] dots, float[] y, int to) {
    for (int g = 0; g < groups; g++) {
      scale(scales, g, factors[4 * g], dots, g * Dots.GROUP, y, to);
    }
  }

  @Override
  public void four(int groups, float[] scales, float[] factors, int[] dots, float[] y) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < 4; i++) {
        int from = g * Dots.GROUP + i * Dots.ROWS;
        scale(scales, g, factors[4 * g + i], dots, from, y, i * Dots.ROWS);
      }
    }
  }

  @Override
  public void oneCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y,
      int to) {
    for (int g = 0; g < groups; g++) {
      scale(scales, g, factors[4 * g], dots, g * Dots.GROUP, y, to);
      centre(centres, g, sums[4 * g], y, to);
    }
  }

  @Override
  public void fourCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < 4; i++) {
        int from = g * Dots.GROUP + i * Dots.ROWS;
        scale(scales, g, factors[4 * g + i], dots, from, y, i * Dots.ROWS);
        centre(centres, g, sums[4 * g + i], y, i * Dots.ROWS);
      }
    }
  }

  private static void scale(
      float[] scales, int group, float factor, int[] dots, int from, float[] y, int to) {
    for (int row = 0; row < Dots.ROWS; row++) {
      float scale = scales[group * Dots.ROWS + row] * factor;
      y[to + row] = Math.fma(scale, dots[from + row], y[to + row]);
    }
  }

  private static void centre(float[] centres, int group, float sum, float[] y, int to) {
    for (int row = 0; row < Dots.ROWS; row++) {
      y[to + row] = Math.fma(centres[group * Dots.ROWS + row], sum, y[to + row]);
    }
  }
}
