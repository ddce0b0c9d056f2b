// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.CacheType;

/**
 * How the keys and the values of one head are stored in a page of 64 positions. The lanes of a
 * vector are positions for keys and dimensions for values, so that scores and sums are added up in
 * the order of dimensions and positions.
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
   * {@code y[p] = key[p] . x} for all 64 positions and one to four queries.
   *
   * @param kernels what to compute with
   * @param keys the keys of a head
   * @param size width of a head
   * @param x queries
   * @param at index of each query
   * @param count number of queries; {@code at} has four entries all the same
   * @param y receives the scores, even of a fourth query when there are three
   * @param to index of the first query's
   * @param stride distance of two queries' in {@code y}
   */
  void scores(
      Kernels kernels,
      long keys,
      int size,
      float[] x,
      int[] at,
      int count,
      float[] y,
      int to,
      int stride);

  /**
   * {@code y[d] += sum over p of x[p] * value[p][d]} for some positions and one to four queries.
   *
   * @param kernels what to compute with
   * @param values the values of a head
   * @param size width of a head
   * @param first first position
   * @param end position after the last
   * @param x weights of the positions
   * @param at index of the first query's weight of position 0
   * @param xStride distance of two queries' in {@code x}
   * @param count number of queries
   * @param y sums of the first query, padded to a multiple of 64
   * @param stride distance of two queries' in {@code y}
   */
  void mix(
      Kernels kernels,
      long values,
      int size,
      int first,
      int end,
      float[] x,
      int at,
      int xStride,
      int count,
      float[] y,
      int stride);
}
