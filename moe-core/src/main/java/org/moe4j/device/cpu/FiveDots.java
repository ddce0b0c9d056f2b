// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of 5-bit weights with 8-bit activations, in groups of 32 columns.
 *
 * <p>A tile is laid out as that of {@link NibbleDots}, but a short has three columns of 5 bits, the
 * first in the lowest: 11 shorts for the two halves of a group, {@linkplain #place five each and
 * one for what is left}. Five bits {@code q} stand for the weight {@code q - 16}.
 *
 * <p>The sums are exact: the 16 products of half a group, at most {@code 16 x 127} each, fit a
 * short.
 */
interface FiveDots {

  /** Columns of a group. */
  int COLUMNS = 32;

  /** Rows of a tile. */
  int ROWS = 64;

  /** Bytes of five shorts. */
  long HALF_BYTES = 5L * 2 * ROWS;

  /** Bytes of a group. */
  long GROUP_BYTES = 11L * 2 * ROWS;

  /**
   * Where a column lies: 16 times its short, plus its lowest bit there.
   *
   * @param column column in its group
   */
  static int place(int column) {
    int half = column / 16;
    int rest = column % 16;
    return rest == 15 ? 16 * 10 + 5 * half : 16 * (5 * half + rest / 3) + rest % 3 * 5;
  }

  /**
   * One activation row: {@code sum over the columns c of a half of (q[r][c] - 16) * x[c]} for each
   * half of each group. Int {@code 64 g + 32 h + i} of the result has row {@code i} in its low and
   * row {@code i + 32} in its high half, for half {@code h} of group {@code g}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param x activations
   * @param at index of the first activation
   * @param sums sum of each 16 activations; the first is at {@code at / 16}
   * @param dots receives {@code 64 x groups} ints
   */
  void one(long tile, long step, int groups, int[] x, int at, int[] sums, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it; row {@code i} starts in {@code dots} at
   * {@code i x stride}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param x activations
   * @param at0 index of the first row's first activation
   * @param at1 the second row's
   * @param at2 the third row's
   * @param at3 the fourth row's
   * @param sums sum of each 16 activations; those of a row begin at a 16th of where its activations
   *     begin
   * @param dots receives the sums
   * @param stride distance of two rows in {@code dots}
   */
  void four(
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
      int stride);
}
