// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * {@link Dots} in plain loops.
 *
 * @param bits bits of a weight
 */
record ScalarDots(int bits) implements Dots {

  @Override
  public void one(long tile, long step, int groups, int columns, int[] x, int at, int[] dots) {
    row(tile, step, groups, columns, x, at, dots, 0);
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int columns,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] dots,
      int stride) {
    row(tile, step, groups, columns, x, at0, dots, 0);
    row(tile, step, groups, columns, x, at1, dots, stride);
    row(tile, step, groups, columns, x, at2, dots, 2 * stride);
    row(tile, step, groups, columns, x, at3, dots, 3 * stride);
  }

  private void row(
      long tile, long step, int groups, int columns, int[] x, int at, int[] dots, int to) {
    int ints = Dots.wide(bits) ? 2 * ROWS : ROWS;
    for (int g = 0; g < groups; g++) {
      for (int row = 0; row < ROWS; row++) {
        int low = 0;
        int high = 0;
        for (int column = 0; column < columns; column++) {
          int weight = weight(tile + g * step + row * 4L, columns, column);
          int product = weight * RowQuantizer.activation(x, at, g * columns + column);
          if (column % 4 < 2) {
            low += product;
          } else {
            high += product;
          }
        }
        int result = to + g * ints + row;
        if (Dots.wide(bits)) {
          dots[result] = (high << 16) + low;
          dots[result + ROWS] = high;
        } else {
          dots[result] = high << 16 | (low & 0xffff);
        }
      }
    }
  }

  private int weight(long group, int columns, int column) {
    int low = part(group, Places.low(bits, column), Places.lowBits(bits));
    if (bits == Byte.SIZE) {
      return (byte) low;
    }
    int highBits = bits - Places.lowBits(bits);
    return highBits == 0
        ? low
        : low | part(group, Places.high(bits, columns, column), highBits) << Places.lowBits(bits);
  }

  private static int part(long group, int place, int count) {
    int plane = Native.getInt(group + place / Integer.SIZE * PLANE);
    return plane >>> place % Integer.SIZE & (1 << count) - 1;
  }
}
