// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link CrumbDots} in plain loops. */
final class ScalarCrumbDots implements CrumbDots {

  @Override
  public void one(long tile, long step, int groups, int[] x, int at, int[] sums, int[] dots) {
    for (int g = 0; g < groups; g++) {
      group(tile + g * step, x, at + g * COLUMNS, dots, g * ROWS / 2);
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride) {
    one(tile, step, groups, x, at0, sums, dots);
    for (int g = 0; g < groups; g++) {
      long group = tile + g * step;
      int column = g * COLUMNS;
      int to = g * ROWS / 2;
      group(group, x, at1 + column, dots, stride + to);
      group(group, x, at2 + column, dots, 2 * stride + to);
      group(group, x, at3 + column, dots, 3 * stride + to);
    }
  }

  private static void group(long group, int[] x, int at, int[] dots, int to) {
    for (int lane = 0; lane < ROWS / 2; lane++) {
      int low = 0;
      int high = 0;
      for (int c = 0; c < COLUMNS; c++) {
        int value = Native.getInt(group + c / 8 * 128L + lane * 4L) >>> (c % 8 * 2);
        int activation = (short) x[at + c];
        low += ((value & 3) - 2) * activation;
        high += ((value >>> 16 & 3) - 2) * activation;
      }
      dots[to + lane] = (high << 16) | (low & 0xffff);
    }
  }
}
