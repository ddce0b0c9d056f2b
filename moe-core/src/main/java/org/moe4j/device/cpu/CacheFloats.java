// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Turns stored keys and values into floats: into F32 tiles as {@link FloatDots} reads them, so that
 * many queries share the work. What comes out is exact.
 *
 * <p>Bytes have a scale for each 32 dimensions of a position. Keys of a head: for each block of 32
 * dimensions {@link #KEY_BLOCK_BYTES}, which are 64 bytes a dimension and then 32 ints of scales.
 * Byte {@code k} of int {@code i} of a dimension is position {@code i + 16 k}; scale int {@code i}
 * has the half of position {@code i} in its low and of position {@code i + 32} in its high half.
 *
 * <p>Values of a head: for each 64 dimensions {@link #VALUE_TILE_BYTES}, which are 64 bytes a
 * position and then 64 ints of scales. Byte {@code k} of int {@code i} of a position is dimension
 * {@code i + 16 k}; scale int {@code p} has the half of position {@code p}'s first 32 dimensions in
 * its low half and that of the others in its high half.
 */
interface CacheFloats {

  /** Dimensions with a common scale. */
  int BLOCK = 32;

  /** Bytes of the keys of a block of dimensions. */
  int KEY_BLOCK_BYTES = (BLOCK + 2) * CacheFormat.POSITIONS;

  /** Dimensions of a tile of values. */
  int TILE = 64;

  /** Bytes of a tile of values. */
  int VALUE_TILE_BYTES = (TILE + 4) * CacheFormat.POSITIONS;

  /** Where in a block of keys a byte is. */
  static long key(int position, int dimension) {
    return dimension * 64L + position % 16 * 4L + position / 16;
  }

  /** Where in a block of keys the scale of a position is. */
  static long keyScale(int position) {
    return BLOCK * CacheFormat.POSITIONS + position % 32 * 4L + position / 32 * 2L;
  }

  /** Where in a tile of values a byte is. */
  static long value(int position, int dimension) {
    return position * 64L + dimension % 16 * 4L + dimension / 16;
  }

  /** Where in a tile of values the scale of a position and a dimension is. */
  static long valueScale(int position, int dimension) {
    return TILE * CacheFormat.POSITIONS + position * 4L + dimension / BLOCK * 2L;
  }

  /**
   * Columns of an F16 tile.
   *
   * @param tile address of the first column
   * @param columns number of columns
   * @param to address of as many columns of 32 floats
   */
  void halves(long tile, int columns, long to);

  /**
   * Keys of 32 positions from a block of bytes.
   *
   * @param block address of the block
   * @param part which positions: 0 for the first 32, 1 for the others
   * @param size dimensions that are used, at most 32
   * @param to address of {@code size} columns of 32 floats
   */
  void keys(long block, int part, int size, long to);

  /**
   * Values of 32 dimensions from a tile of bytes.
   *
   * @param tile address of the tile
   * @param part which dimensions: 0 for the first 32, 1 for the others
   * @param first first position that is used
   * @param end position after the last, at most 64
   * @param to address of 64 columns of 32 floats, of which those are written
   */
  void values(long tile, int part, int first, int end, long to);
}
