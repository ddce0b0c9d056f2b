// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of 8-bit weights with 8-bit activations, group by group.
 *
 * <p>A tile holds 64 weight rows; for each two columns it has 64 shorts in 128 bytes, of which the
 * low half of int {@code i} belongs to row {@code i} and the high half to row {@code i + 32}. A
 * short has the first column in its low byte.
 *
 * <p>Activations are shorts, each twice in an int. The sums are exact: two products of at most
 * {@code 128 x 127} fit a short and are then widened.
 */
interface ByteDots {

  /** Rows of a tile. */
  int ROWS = 64;

  /** Bytes of two columns. */
  int PAIR_BYTES = 2 * ROWS;

  /**
   * One activation row: {@code sum[r] = sum over the columns c of group g of w[r][c] * x[c]} for
   * each group {@code g} and row {@code r}. Int {@code 64 g + i} of the result is {@code sum[i] +
   * 2^16 sum[i + 32]}, int {@code 64 g + 32 + i} is {@code sum[i + 32]}, for {@code i < 32}; the
   * first may overflow, which the difference undoes.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param pairs half the number of columns of a group, at most 16
   * @param x activations
   * @param at index of the first activation
   * @param dots receives {@code 64 x groups} ints
   */
  void one(long tile, long step, int groups, int pairs, int[] x, int at, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it; row {@code i} starts in {@code dots} at
   * {@code i x stride}.
   *
   * @param tile address of the first group
   * @param step bytes from one group to the next
   * @param groups number of groups
   * @param pairs half the number of columns of a group, at most 16
   * @param x activations
   * @param at0 index of the first row's first activation
   * @param at1 the second row's
   * @param at2 the third row's
   * @param at3 the fourth row's
   * @param dots receives the sums
   * @param stride distance of two rows in {@code dots}
   */
  void four(
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
      int stride);
}
