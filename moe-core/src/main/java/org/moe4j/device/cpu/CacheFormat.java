// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.CacheType;

/**
 * How the keys and the values of one head are stored in a page of 64 positions, and how they become
 * tiles that {@link FloatDots} reads: rows of a tile are 32 positions for keys and 32 dimensions
 * for values, so that scores and sums are added up in the order of dimensions and positions.
 */
sealed interface CacheFormat permits FloatCache, ByteCache {

  /** Positions of a page. */
  int POSITIONS = 64;

  /** The format of a type. */
  static CacheFormat of(CacheType type) {
    return switch (type) {
      case F32 -> new FloatCache(FloatTiles.Type.F32);
      case F16 -> new FloatCache(FloatTiles.Type.F16);
      case Q8_0 -> new ByteCache();
    };
  }

  /** Bytes of a head's keys. */
  long keyBytes(int size);

  /** Bytes of a head's values. */
  long valueBytes(int size);

  /** Stores the key of a position, {@code 0 <= position < 64}. */
  void putKey(long keys, int position, float[] x, int at, int size);

  /** Stores the value of a position, {@code 0 <= position < 64}. */
  void putValue(long values, int position, float[] x, int at, int size);

  /**
   * The type of the tiles that {@link #keyTile} and {@link #valueTile} give. It makes no difference
   * to the results, only to how long they take.
   *
   * @param queries how many will read each tile
   */
  FloatTiles.Type tileType(int queries);

  /**
   * The keys of 32 positions.
   *
   * @param kernels what to compute with
   * @param type what {@link #tileType} said
   * @param keys the keys of a head
   * @param size width of a head
   * @param part which positions: 0 for the first 32, 1 for the others
   * @param room address of 32 floats for each dimension, where the tile may be put
   * @return address of a tile of {@code size} columns
   */
  long keyTile(Kernels kernels, FloatTiles.Type type, long keys, int size, int part, long room);

  /**
   * Some positions of 32 dimensions of the values.
   *
   * @param kernels what to compute with
   * @param type what {@link #tileType} said
   * @param values the values of a head
   * @param dimension the first dimension, a multiple of 32
   * @param first first position that is used
   * @param end position after the last
   * @param room address of 32 floats for each position, where the tile may be put
   * @return address of a tile of 64 columns, of which those are there
   */
  long valueTile(
      Kernels kernels,
      FloatTiles.Type type,
      long values,
      int dimension,
      int first,
      int end,
      long room);
}
