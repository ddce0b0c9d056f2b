// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Products of float weights with float activations, or of stored keys and values with queries and
 * attention weights.
 *
 * <p>A tile holds 32 rows, column by column. F32: 32 floats a column. F16 and BF16: 32 shorts a
 * column, of which the low half of int {@code i} belongs to row {@code i} and the high half to row
 * {@code i + 16}.
 *
 * <p>Columns are added in order, each with one fused multiply-add, so that the one-row and the
 * four-row form of any width give the same bits.
 */
interface FloatDots {

  /** Rows of a tile. */
  int ROWS = 32;

  /** Bytes of a weight. */
  int weightBytes();

  /**
   * One activation row: {@code y[r] += sum over c of w[r][c] * x[c]}.
   *
   * @param tile address of the first column
   * @param columns number of columns
   * @param x activations
   * @param at index of the first activation
   * @param y 32 values that are added to
   * @param to index of the first value
   */
  void one(long tile, int columns, float[] x, int at, float[] y, int to);

  /**
   * Four activation rows, each as {@link #one} computes it.
   *
   * @param tile address of the first column
   * @param columns number of columns
   * @param x activations
   * @param at0 index of the first row's first activation
   * @param at1 the second row's
   * @param at2 the third row's
   * @param at3 the fourth row's
   * @param y values that are added to
   * @param to index of the first row's 32 values
   * @param stride distance of two rows in {@code y}
   */
  void four(
      long tile,
      int columns,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride);
}
