// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link NibbleDots} in plain loops. */
final class ScalarNibbleDots implements NibbleDots {

  @Override
  public void one(long tile, long step, int blocks, int[] x, int at, int[] sums, int[] dots) {
    for (int b = 0; b < blocks; b++) {
      block(tile + b * step, x, at + b * COLUMNS, dots, b * ROWS / 2);
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int blocks,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride) {
    for (int b = 0; b < blocks; b++) {
      long block = tile + b * step;
      block(block, x, at0 + b * COLUMNS, dots, b * ROWS / 2);
      block(block, x, at1 + b * COLUMNS, dots, stride + b * ROWS / 2);
      block(block, x, at2 + b * COLUMNS, dots, 2 * stride + b * ROWS / 2);
      block(block, x, at3 + b * COLUMNS, dots, 3 * stride + b * ROWS / 2);
    }
  }

  private static void block(long block, int[] x, int at, int[] dots, int to) {
    for (int lane = 0; lane < ROWS / 2; lane++) {
      int low = 0;
      int high = 0;
      for (int c = 0; c < COLUMNS; c++) {
        int value = Native.getInt(block + c / 4 * 128L + lane * 4L) >>> (c % 4 * 4);
        int activation = (short) x[at + c];
        low += ((value & 15) - 8) * activation;
        high += ((value >>> 16 & 15) - 8) * activation;
      }
      dots[to + lane] = (high << 16) | (low & 0xffff);
    }
  }
}
