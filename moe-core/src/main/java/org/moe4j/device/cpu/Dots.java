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
 * <p>Activations come in pairs as {@link RowQuantizer} makes them. All sums are exact. A row's sum
 * in a group begins with a start, which takes off again what unsigned weights were raised by; with
 * weights of at most 4 bits, sums that begin so fit 16 bits, and are only right if they do.
 */
interface Dots {

  /** Rows of a tile. */
  int ROWS = 64;

  /** Distance of two groups in the results, which have room for four activation rows. */
  int GROUP = 4 * ROWS;

  /** Whether sums of weights with so many bits need more than 16 bits. */
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
   * @param starts what sums begin with, at {@code 4 g} that of group {@code g}
   * @param dots receives the sums, at {@code g x GROUP} the 64 of group {@code g}
   */
  void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it: row {@code i} begins in {@code starts}
   * at {@code i} and in {@code dots} at {@code i x ROWS}.
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
   * @param starts what sums begin with
   * @param dots receives the sums
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
      int[] starts,
      int[] dots);
}
