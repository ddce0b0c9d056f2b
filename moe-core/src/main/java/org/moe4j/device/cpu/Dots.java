// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of small integer weights with 8-bit activations, group of columns by group of
 * columns.
 *
 * <p>A tile holds {@link #ROWS} weight rows, and for each group a plane of 64 ints after the other,
 * int {@code i} of a plane belonging to row {@code i}. {@link QuantizedTiles.Form} says which
 * columns an int has. Weights of less than 8 bits are unsigned, bytes are signed.
 *
 * <p>Activations come in pairs as {@link RowQuantizer} makes them; {@code low} is the sum over the
 * columns that are first in their pair, {@code high} that over the others. All sums are exact.
 * Where shorts hold them, a row's result in a group is one int, {@code high << 16 | low & 0xffff};
 * where they do not, it is two, {@code (high << 16) + low}, which may overflow, and, 64 ints on,
 * {@code high}. {@link BlockScale} adds them up: here that would make the code too large to be
 * compiled well.
 */
interface Dots {

  /** Rows of a tile. */
  int ROWS = 64;

  /** Whether the results of weights with so many bits take two ints. */
  static boolean wide(int bits) {
    return bits > 4;
  }

  /** Bytes of 64 ints. */
  long PLANE = 256;

  /**
   * One activation row.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param columns columns of a group, 16 or 32
   * @param x pairs of activations
   * @param at index of the first pair, a multiple of 8
   * @param dots receives the 64 results of each group, or the 128
   */
  void one(long tile, long step, int groups, int columns, int[] x, int at, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it; row {@code i} starts in {@code dots} at
   * {@code i x stride}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param columns columns of a group, 16 or 32
   * @param x pairs of activations
   * @param at0 index of the first row's first pair
   * @param at1 the second row's
   * @param at2 the third row's
   * @param at3 the fourth row's
   * @param dots receives the results
   * @param stride distance of two rows in {@code dots}
   */
  void four(
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
      int stride);
}
