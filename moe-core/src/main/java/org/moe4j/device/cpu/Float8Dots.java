// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Products of floats of 8 bits with float activations.
 *
 * <p>A tile holds 32 rows in blocks of columns. A block begins with 32 floats, the scale of each
 * row times what {@link #unit} says, then has an int for each two columns and rows {@code i} and
 * {@code i + 16}: its bytes, the lowest first, are both columns of row {@code i}, then both of row
 * {@code i + 16}.
 *
 * <p>The bits of a weight, moved to where a float has them, are a float that is too small by the
 * unit. Times the scale of its row it is rounded once, as the product of weight and scale is; it
 * becomes neither infinite nor NaN. Columns are added in order, each with one fused multiply-add,
 * so that the one-row and the four-row form of any width give the same bits.
 */
interface Float8Dots {

  /** Rows of a tile. */
  int ROWS = FloatDots.ROWS;

  /** Bytes of the scales of a block. */
  int SCALE_BYTES = ROWS * Float.BYTES;

  /**
   * What scales are multiplied with, because weights are too small by it.
   *
   * @param exponentBits bits of a weight's exponent, 4 or 5
   */
  static float unit(int exponentBits) {
    return Math.scalb(1f, Float.MAX_EXPONENT - (1 << (exponentBits - 1)) + 1);
  }

  /**
   * Bytes of a block.
   *
   * @param columns an even number
   */
  static long blockBytes(int columns) {
    return SCALE_BYTES + (long) columns * ROWS;
  }

  /** Where in a block a weight is. */
  static long offset(int row, int column) {
    return SCALE_BYTES + column / 2 * 64L + row % 16 * 4L + row / 16 * 2L + column % 2;
  }

  /**
   * One activation row: {@code y[r] += sum over c of w[r][c] * x[c]}.
   *
   * @param tile address of the first block
   * @param columns number of columns, even
   * @param block columns of a block, even; the last may have fewer
   * @param exponentBits bits of a weight's exponent, 4 or 5
   * @param x activations
   * @param at index of the first activation
   * @param y 32 values that are added to
   * @param to index of the first value
   */
  void one(
      long tile, int columns, int block, int exponentBits, float[] x, int at, float[] y, int to);

  /**
   * Four activation rows, each as {@link #one} computes it.
   *
   * @param tile address of the first block
   * @param columns number of columns, even
   * @param block columns of a block, even; the last may have fewer
   * @param exponentBits bits of a weight's exponent, 4 or 5
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
      int block,
      int exponentBits,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride);
}
