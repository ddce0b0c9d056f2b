// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of 2-bit weights with 8-bit activations, in groups of 16 columns.
 *
 * <p>A tile is laid out as that of {@link NibbleDots}, but a short has eight columns in pairs of
 * bits, the first in the lowest. A pair {@code q} stands for the weight {@code q - 2}. The results
 * are those of {@link NibbleDots}.
 */
interface CrumbDots {

  /** Columns of a group. */
  int COLUMNS = 16;

  /** Rows of a tile. */
  int ROWS = 64;

  /** Bytes of a group. */
  int GROUP_BYTES = ROWS * COLUMNS / 4;

  /**
   * One activation row: {@code sum over the columns c of group g of (q[r][c] - 2) * x[c]}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param x activations
   * @param at index of the first activation
   * @param sums sum of the activations of each group; the first is at {@code at / 16}
   * @param dots receives {@code 32 x groups} ints
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
   * @param sums sum of the activations of each group; those of a row begin at a 16th of where its
   *     activations begin
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
