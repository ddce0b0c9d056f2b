// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Products with keys and values that are stored as bytes with a scale for each 32 dimensions of a
 * position.
 *
 * <p>Keys of a head: for each block of 32 dimensions {@link #KEY_BLOCK_BYTES}, which are 64 bytes a
 * dimension and then 32 ints of scales. Byte {@code k} of int {@code i} of a dimension is position
 * {@code i + 16 k}; scale int {@code i} has the half of position {@code i} in its low and of
 * position {@code i + 32} in its high half.
 *
 * <p>Values of a head: for each 64 dimensions {@link #VALUE_TILE_BYTES}, which are 64 bytes a
 * position and then 64 ints of scales. Byte {@code k} of int {@code i} of a position is dimension
 * {@code i + 16 k}; scale int {@code p} has the half of position {@code p}'s first 32 dimensions in
 * its low half and that of the others in its high half.
 */
interface ByteCacheDots {

  /** Positions of a page. */
  int POSITIONS = 64;

  /** Dimensions with a common scale. */
  int BLOCK = 32;

  /** Bytes of the keys of a block of dimensions. */
  int KEY_BLOCK_BYTES = BLOCK * POSITIONS + 2 * POSITIONS;

  /** Dimensions of a tile of values. */
  int TILE = 64;

  /** Bytes of a tile of values. */
  int VALUE_TILE_BYTES = POSITIONS * TILE + 4 * POSITIONS;

  /**
   * {@code y[p] += scale[p] * (sum over d of key[p][d] * x[d])} for the dimensions of one block and
   * all 64 positions.
   *
   * @param block address of the block
   * @param size dimensions that are used, at most 32
   * @param x query
   * @param at index of the block's first dimension
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void keys(long block, int size, float[] x, int at, float[] y, int to);

  /**
   * {@code y[d] += sum over p of value[p][d] * (x[p] * scale[p][d / 32])} for the 64 dimensions of
   * one tile.
   *
   * @param tile address of the tile
   * @param first first position that is used
   * @param end position after the last, at most 64
   * @param x weights of the positions
   * @param at index of the weight of position 0
   * @param y 64 values that are added to
   * @param to index of the first value
   */
  void values(long tile, int first, int end, float[] x, int at, float[] y, int to);
}
