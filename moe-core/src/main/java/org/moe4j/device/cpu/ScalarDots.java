// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * {@link Dots} in plain loops.
 *
 * @param bits bits of a weight
 */
record ScalarDots(int bits) implements Dots {

  @Override
  public void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots) {
    row(tile, step, groups, columns, x, at, starts, dots, 0);
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
      int[] starts,
      int[] dots) {
    row(tile, step, groups, columns, x, at0, starts, dots, 0);
    row(tile, step, groups, columns, x, at1, starts, dots, 1);
    row(tile, step, groups, columns, x, at2, starts, dots, 2);
    row(tile, step, groups, columns, x, at3, starts, dots, 3);
  }

  private void row(
      long tile,
      long step,
      int groups,
      int columns,
      int[] x,
      int at,
      int[] starts,
      int[] dots,
      int i) {
    for (int g = 0; g < groups; g++) {
      for (int row = 0; row < ROWS; row++) {
        int sum = starts[4 * g + i];
        for (int column = 0; column < columns; column++) {
          sum +=
              weight(tile + g * step + row * 4L, columns, column)
                  * RowQuantizer.activation(x, at, g * columns + column);
        }
        dots[g * GROUP + i * ROWS + row] = Dots.wide(bits) ? sum : (short) sum;
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
