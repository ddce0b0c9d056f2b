// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Keys and values as tiles of {@link FloatDots}: two of 32 positions for the keys, one for each 32
 * dimensions of the values.
 *
 * @param type F32 or F16
 */
record FloatCache(FloatTiles.Type type) implements CacheFormat {

  private static final int ROWS = FloatDots.ROWS;

  /** Queries that take less time to read halves than to turn them into floats first. */
  private static final int FEW = 8;

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
  public FloatTiles.Type tileType(int queries) {
    return queries > FEW ? FloatTiles.Type.F32 : type;
  }

  @Override
  public long keyTile(
      Kernels kernels, FloatTiles.Type as, long keys, int size, int part, long room) {
    return tile(kernels, as, keys + part * FloatTiles.tileBytes(type, size), 0, size, room);
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
    long tile = values + dimension / ROWS * FloatTiles.tileBytes(type, POSITIONS);
    return tile(kernels, as, tile, first, end, room);
  }

  private long tile(Kernels kernels, FloatTiles.Type as, long tile, int first, int end, long room) {
    if (as == type) {
      return tile;
    }
    kernels.cache().halves(tile + type.offset(0, first), end - first, room + as.offset(0, first));
    return room;
  }
}
