// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/**
 * Keys and values as tiles of {@link FloatDots}: two of 32 positions for the keys, one for each 32
 * dimensions of the values.
 *
 * @param type F32 or F16
 */
record FloatCache(FloatTiles.Type type) implements CacheFormat {

  private static final int ROWS = FloatDots.ROWS;

  @Override
  public long keyBytes(int size) {
    return POSITIONS / ROWS * FloatTiles.tileBytes(type, size);
  }

  @Override
  public long valueBytes(int size) {
    return Math.ceilDiv(size, ROWS) * FloatTiles.tileBytes(type, POSITIONS);
  }

  @Override
  public void putKey(long keys, int position, float[] x, int at, int size) {
    long tile = keys + position / ROWS * FloatTiles.tileBytes(type, size);
    for (int d = 0; d < size; d++) {
      put(tile + type.offset(position % ROWS, d), x[at + d]);
    }
  }

  @Override
  public void putValue(long values, int position, float[] x, int at, int size) {
    for (int d = 0; d < size; d++) {
      long tile = values + d / ROWS * FloatTiles.tileBytes(type, POSITIONS);
      put(tile + type.offset(d % ROWS, position), x[at + d]);
    }
  }

  private void put(long address, float value) {
    if (type == FloatTiles.Type.F32) {
      Native.putFloat(address, value);
    } else {
      Native.putShort(address, Float.floatToFloat16(value));
    }
  }

  @Override
  public void scores(
      Kernels kernels,
      long keys,
      int size,
      float[] x,
      int[] at,
      int count,
      float[] y,
      int to,
      int stride) {
    FloatDots dots = type.dots(kernels);
    int queries = count >= 3 ? 4 : count;
    for (int query = 0; query < queries; query++) {
      Arrays.fill(y, to + query * stride, to + query * stride + POSITIONS, 0);
    }
    for (int p = 0; p < POSITIONS; p += ROWS) {
      long tile = keys + p / ROWS * FloatTiles.tileBytes(type, size);
      if (queries == 4) {
        dots.four(tile, size, x, at[0], at[1], at[2], at[3], y, to + p, stride);
      } else {
        for (int query = 0; query < queries; query++) {
          dots.one(tile, size, x, at[query], y, to + p + query * stride);
        }
      }
    }
  }

  @Override
  public void mix(
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
      int stride) {
    FloatDots dots = type.dots(kernels);
    int from = at + first;
    for (int d = 0; d < size; d += ROWS) {
      long tile = values + d / ROWS * FloatTiles.tileBytes(type, POSITIONS) + type.offset(0, first);
      if (count >= 3) {
        dots.four(
            tile,
            end - first,
            x,
            from,
            from + xStride,
            from + 2 * xStride,
            from + 3 * xStride,
            y,
            d,
            stride);
      } else {
        for (int query = 0; query < count; query++) {
          dots.one(tile, end - first, x, from + query * xStride, y, d + query * stride);
        }
      }
    }
  }
}
