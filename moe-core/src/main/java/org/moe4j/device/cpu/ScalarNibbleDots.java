// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link NibbleDots} in plain loops. */
final class ScalarNibbleDots implements NibbleDots {

  @Override
  public void one(
      long tile, long step, int groups, int shorts, int[] x, int at, int[] sums, int[] dots) {
    for (int g = 0; g < groups; g++) {
      group(tile + g * step, shorts, x, at + g * 4 * shorts, dots, g * ROWS / 2);
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int shorts,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride) {
    for (int g = 0; g < groups; g++) {
      long group = tile + g * step;
      int column = g * 4 * shorts;
      int to = g * ROWS / 2;
      group(group, shorts, x, at0 + column, dots, to);
      group(group, shorts, x, at1 + column, dots, stride + to);
      group(group, shorts, x, at2 + column, dots, 2 * stride + to);
      group(group, shorts, x, at3 + column, dots, 3 * stride + to);
    }
  }

  private static void group(long group, int shorts, int[] x, int at, int[] dots, int to) {
    for (int lane = 0; lane < ROWS / 2; lane++) {
      int low = 0;
      int high = 0;
      for (int c = 0; c < 4 * shorts; c++) {
        int value = Native.getInt(group + c / 4 * 128L + lane * 4L) >>> (c % 4 * 4);
        int activation = (short) x[at + c];
        low += ((value & 15) - 8) * activation;
        high += ((value >>> 16 & 15) - 8) * activation;
      }
      dots[to + lane] = (high << 16) | (low & 0xffff);
    }
  }
}
