// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.CacheFloats.BLOCK;
import static org.moe4j.device.cpu.CacheFloats.KEY_BLOCK_BYTES;
import static org.moe4j.device.cpu.CacheFloats.TILE;
import static org.moe4j.device.cpu.CacheFloats.VALUE_TILE_BYTES;

/**
 * Keys and values as {@link CacheFloats} reads them: bytes, with a scale for each 32 dimensions of
 * a position.
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
      float scale = scale(x, at + first, count);
      for (int d = 0; d < count; d++) {
        byte key = quantize(x[at + first + d], scale);
        Native.putByte(block + CacheFloats.key(position, d), key);
      }
      Native.putShort(block + CacheFloats.keyScale(position), Float.floatToFloat16(scale));
    }
  }

  @Override
  public void putValue(long values, int position, float[] x, int at, int size) {
    for (int first = 0; first < size; first += BLOCK) {
      int count = Math.min(BLOCK, size - first);
      long tile = values + (long) (first / TILE) * VALUE_TILE_BYTES;
      float scale = scale(x, at + first, count);
      for (int d = first; d < first + count; d++) {
        byte value = quantize(x[at + d], scale);
        Native.putByte(tile + CacheFloats.value(position, d % TILE), value);
      }
      Native.putShort(
          tile + CacheFloats.valueScale(position, first % TILE), Float.floatToFloat16(scale));
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
  public FloatTiles.Type tileType(int queries) {
    return FloatTiles.Type.F32;
  }

  @Override
  public long keyTile(
      Kernels kernels, FloatTiles.Type as, long keys, int size, int part, long room) {
    for (int d = 0; d < size; d += BLOCK) {
      kernels
          .cache()
          .keys(
              keys + (long) (d / BLOCK) * KEY_BLOCK_BYTES,
              part,
              Math.min(BLOCK, size - d),
              room + as.offset(0, d));
    }
    return room;
  }

  @Override
  public long valueTile(
      Kernels kernels,
      FloatTiles.Type as,
      long values,
      int dimension,
      int first,
      int end,
      long room) {
    long tile = values + (long) (dimension / TILE) * VALUE_TILE_BYTES;
    kernels.cache().values(tile, dimension % TILE / BLOCK, first, end, room);
    return room;
  }
}
