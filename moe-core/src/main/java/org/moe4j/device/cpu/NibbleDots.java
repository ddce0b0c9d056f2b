// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Dot products of 4-bit weights with 8-bit activations, block by block.
 *
 * <p>A tile holds 64 weight rows; a block is 32 columns of it in 1024 bytes: for each four columns
 * 64 shorts, of which the low half of int {@code i} belongs to row {@code i} and the high half to
 * row {@code i + 32}. A short has the four columns in its nibbles, the first in the lowest. A
 * nibble {@code q} stands for the weight {@code q - 8}.
 *
 * <p>Activations are shorts, each twice in an int. The sums are exact: 32 products of at most
 * {@code 8 x 127} fit a short.
 */
interface NibbleDots {

  /** Rows of a tile. */
  int ROWS = 64;

  /** Columns of a block. */
  int COLUMNS = 32;

  /** Bytes of a block. */
  int BLOCK_BYTES = ROWS * COLUMNS / 2;

  /**
   * One activation row: {@code sum over c of (q[b][r][c] - 8) * x[32 b + c]} for each block {@code
   * b} and row {@code r}. Int {@code 32 b + i} of the result has row {@code i} in its low and row
   * {@code i + 32} in its high half.
   *
   * @param tile address of the first block
   * @param step bytes from one block to the next
   * @param blocks number of blocks
   * @param x activations
   * @param at index of the first activation
   * @param sums sum of the activations of each block; the first is at {@code at / 32}
   * @param dots receives {@code 32 x blocks} ints
   */
  void one(long tile, long step, int blocks, int[] x, int at, int[] sums, int[] dots);

  /**
   * Four activation rows, each as {@link #one} computes it; row {@code i} starts in {@code dots} at
   * {@code i x stride}.
   *
   * @param tile address of the first block
   * @param step bytes from one block to the next
   * @param blocks number of blocks
   * @param x activations
   * @param at0 index of the first row's first activation
   * @param at1 the second row's
   * @param at2 the third row's
   * @param at3 the fourth row's
   * @param sums sum of the activations of each block; those of a row begin at a 32nd of where its
   *     activations begin
   * @param dots receives the sums
   * @param stride distance of two rows in {@code dots}
   */
  void four(
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
      int stride);
}
