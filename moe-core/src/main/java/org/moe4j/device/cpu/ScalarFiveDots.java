// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link FiveDots} in plain loops. */
final class ScalarFiveDots implements FiveDots {

  @Override
  public void one(long tile, long step, int groups, int[] x, int at, int[] sums, int[] dots) {
    for (int g = 0; g < groups; g++) {
      group(tile + g * step, x, at + g * COLUMNS, dots, g * ROWS);
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
      int to = g * ROWS;
      group(group, x, at1 + column, dots, stride + to);
      group(group, x, at2 + column, dots, 2 * stride + to);
      group(group, x, at3 + column, dots, 3 * stride + to);
    }
  }

  private static void group(long group, int[] x, int at, int[] dots, int to) {
    for (int i = 0; i < ROWS; i++) {
      int lane = i % 32;
      int low = 0;
      int high = 0;
      for (int c = i / 32 * 16; c < i / 32 * 16 + 16; c++) {
        int place = FiveDots.place(c);
        int value = Native.getInt(group + place / 16 * 128L + lane * 4L) >>> (place % 16);
        int activation = (short) x[at + c];
        low += ((value & 31) - 16) * activation;
        high += ((value >>> 16 & 31) - 16) * activation;
      }
      dots[to + i] = (high << 16) | (low & 0xffff);
    }
  }
}
