// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of 4-bit weights with 8-bit activations, group by group.
 *
 * <p>A tile holds 64 weight rows; for each four columns it has 64 shorts in 128 bytes, of which the
 * low half of int {@code i} belongs to row {@code i} and the high half to row {@code i + 32}. A
 * short has the four columns in its nibbles, the first in the lowest. A nibble {@code q} stands for
 * the weight {@code q - 8}.
 *
 * <p>Activations are shorts, each twice in an int. The sums are exact: 32 products of at most
 * {@code 8 x 127} fit a short.
 */
interface NibbleDots {

  /** Rows of a tile. */
  int ROWS = 64;

  /**
   * One activation row: {@code sum over the columns c of group g of (q[r][c] - 8) * x[c]} for each
   * group {@code g} and row {@code r}. Int {@code 32 g + i} of the result has row {@code i} in its
   * low and row {@code i + 32} in its high half.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param shorts a quarter of the number of columns of a group: 4 or 8
   * @param x activations
   * @param at index of the first activation
   * @param sums sum of each 16 activations; the first is at {@code at / 16}
   * @param dots receives {@code 32 x groups} ints
   */
  void one(long tile, long step, int groups, int shorts, int[] x, int at, int[] sums, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it; row {@code i} starts in {@code dots} at
   * {@code i x stride}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param shorts a quarter of the number of columns of a group: 4 or 8
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
      int shorts,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride);

  /** The sum of the activations of a group. */
  static int sum(int[] sums, int at, int shorts) {
    int first = sums[at / RowQuantizer.HALF];
    return shorts == 4 ? first : first + sums[at / RowQuantizer.HALF + 1];
  }
}
