// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.ByteCacheDots.BLOCK;
import static org.moe4j.device.cpu.ByteCacheDots.KEY_BLOCK_BYTES;
import static org.moe4j.device.cpu.ByteCacheDots.TILE;
import static org.moe4j.device.cpu.ByteCacheDots.VALUE_TILE_BYTES;

import java.util.Arrays;

/**
 * Keys and values as {@link ByteCacheDots} reads them: bytes, with a scale for each 32 dimensions
 * of a position.
 */
record ByteCache() implements CacheFormat {

  @Override
  public long keyBytes(int size) {
    return (long) Math.ceilDiv(size, BLOCK) * KEY_BLOCK_BYTES;
  }

  @Override
  public long valueBytes(int size) {
    return (long) Math.ceilDiv(size, TILE) * VALUE_TILE_BYTES;
  }

  @Override
  public void putKey(long keys, int position, float[] x, int at, int size) {
    for (int first = 0; first < size; first += BLOCK) {
      int count = Math.min(BLOCK, size - first);
      long block = keys + (long) (first / BLOCK) * KEY_BLOCK_BYTES;
      long bytes = block + position % 16 * 4L + position / 16;
      float scale = scale(x, at + first, count);
      for (int d = 0; d < count; d++) {
        Native.putByte(bytes + d * 64L, quantize(x[at + first + d], scale));
      }
      Native.putShort(
          block + BLOCK * POSITIONS + position % 32 * 4L + position / 32 * 2L,
          Float.floatToFloat16(scale));
    }
  }

  @Override
  public void putValue(long values, int position, float[] x, int at, int size) {
    for (int first = 0; first < size; first += BLOCK) {
      int count = Math.min(BLOCK, size - first);
      long tile = values + (long) (first / TILE) * VALUE_TILE_BYTES;
      float scale = scale(x, at + first, count);
      for (int d = first; d < first + count; d++) {
        Native.putByte(
            tile + position * 64L + d % 16 * 4L + d % TILE / 16, quantize(x[at + d], scale));
      }
      Native.putShort(
          tile + POSITIONS * TILE + position * 4L + first % TILE / BLOCK * 2L,
          Float.floatToFloat16(scale));
    }
  }

  private static float scale(float[] x, int at, int count) {
    float most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, Math.abs(x[at + i]));
    }
    return most / 127;
  }

  private static byte quantize(float value, float scale) {
    return (byte) (scale == 0 ? 0 : Math.rint(value / scale));
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
    for (int query = 0; query < count; query++) {
      int start = to + query * stride;
      Arrays.fill(y, start, start + POSITIONS, 0);
      for (int d = 0; d < size; d += BLOCK) {
        long block = keys + (long) (d / BLOCK) * KEY_BLOCK_BYTES;
        kernels.cache().keys(block, Math.min(BLOCK, size - d), x, at[query] + d, y, start);
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
    for (int query = 0; query < count; query++) {
      for (int d = 0; d < size; d += TILE) {
        long tile = values + (long) (d / TILE) * VALUE_TILE_BYTES;
        kernels.cache().values(tile, first, end, x, at + query * xStride, y, d + query * stride);
      }
    }
  }
}
