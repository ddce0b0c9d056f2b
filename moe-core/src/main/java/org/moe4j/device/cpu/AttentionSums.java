// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * What queries got from pieces of a sequence: the largest score, the sum of the exponentials of the
 * differences to it, and the sum of the values weighted with them. Nothing seen is a sum of
 * exponentials of 0.
 */
final class AttentionSums {

  float[] largest = new float[0];
  float[] totals = new float[0];
  float[] values = new float[0];

  private int queries;
  private int width;

  /**
   * Makes room.
   *
   * @param slots pieces, of each key-value head
   * @param newQueries queries of each
   * @param valueSize width of a value head
   */
  void reserve(int slots, int newQueries, int valueSize) {
    queries = Math.ceilDiv(newQueries, 4) * 4;
    width = Math.ceilDiv(valueSize, FloatDots.ROWS) * FloatDots.ROWS;
    int count = Math.multiplyExact(slots, queries);
    if (largest.length < count) {
      largest = new float[count + count / 2];
      totals = new float[count + count / 2];
    }
    int size = Math.multiplyExact(count, width);
    if (values.length < size) {
      values = new float[(int) Math.min(Integer.MAX_VALUE - 8, size + size / 2L)];
    }
  }

  /** Index of a slot's first query. */
  int at(int slot) {
    return slot * queries;
  }

  /** Distance of two queries' sums of values. */
  int width() {
    return width;
  }
}
