// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Where a weight's bits lie among the ints that a row has in a group: 32 times the plane, plus the
 * lowest bit there.
 *
 * <p>Column {@code c} is always in byte {@code c % 4} of an int, so that a multiplication of bytes
 * with four neighbouring activations finds its partners, and one of shorts finds columns {@code c}
 * and {@code c + 2} side by side once the rest is masked off. Weights of 5 and 6 bits have their
 * low four in planes of nibbles and the rest in a plane behind them.
 */
final class Places {

  private Places() {}

  /** Bits of a weight that lie together: all, or the low four of five or six. */
  static int lowBits(int bits) {
    return bits == 5 || bits == 6 ? 4 : bits;
  }

  /** Place of the low bits of a column. */
  static int low(int bits, int column) {
    int low = lowBits(bits);
    int columns = Integer.SIZE / low;
    return column / columns * Integer.SIZE + column % 4 * Byte.SIZE + column % columns / 4 * low;
  }

  /**
   * Place of the other bits of a column of a group with so many columns: as far apart as the two
   * nibbles of a byte are, so that shifts by four bring down both.
   */
  static int high(int bits, int columns, int column) {
    return columns / 8 * Integer.SIZE
        + column % 4 * Byte.SIZE
        + column / 8 * (bits - 4)
        + column / 4 % 2 * 4;
  }

  /** Planes of a group with so many columns. */
  static int planes(int bits, int columns) {
    int low = lowBits(bits);
    return Math.ceilDiv(columns * low, Integer.SIZE)
        + Math.ceilDiv(columns * (bits - low), Integer.SIZE);
  }
}
