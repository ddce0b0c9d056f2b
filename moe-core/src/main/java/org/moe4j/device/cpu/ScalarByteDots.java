// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link ByteDots} in plain loops. */
final class ScalarByteDots implements ByteDots {

  @Override
  public void one(long tile, long step, int groups, int pairs, int[] x, int at, int[] dots) {
    for (int g = 0; g < groups; g++) {
      group(tile + g * step, pairs, x, at + g * 2 * pairs, dots, g * ROWS);
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int pairs,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] dots,
      int stride) {
    for (int g = 0; g < groups; g++) {
      long group = tile + g * step;
      int column = g * 2 * pairs;
      group(group, pairs, x, at0 + column, dots, g * ROWS);
      group(group, pairs, x, at1 + column, dots, stride + g * ROWS);
      group(group, pairs, x, at2 + column, dots, 2 * stride + g * ROWS);
      group(group, pairs, x, at3 + column, dots, 3 * stride + g * ROWS);
    }
  }

  private static void group(long group, int pairs, int[] x, int at, int[] dots, int to) {
    for (int lane = 0; lane < ROWS / 2; lane++) {
      int low = 0;
      int high = 0;
      for (int c = 0; c < 2 * pairs; c++) {
        int value = Native.getInt(group + (long) c / 2 * PAIR_BYTES + lane * 4L) >>> (c % 2 * 8);
        int activation = (short) x[at + c];
        low += (byte) value * activation;
        high += (byte) (value >>> 16) * activation;
      }
      dots[to + lane] = low + (high << 16);
      dots[to + ROWS / 2 + lane] = high;
    }
  }
}
