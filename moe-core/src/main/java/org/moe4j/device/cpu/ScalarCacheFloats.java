// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link CacheFloats} in plain loops. */
final class ScalarCacheFloats implements CacheFloats {

  private static final int ROWS = FloatDots.ROWS;

  @Override
  public void halves(long tile, int columns, long to) {
    for (int c = 0; c < columns; c++) {
      for (int row = 0; row < ROWS; row++) {
        Native.putFloat(
            to + (c * ROWS + row) * 4L, ScalarFloatDots.F16.weight(tile + c * 64L, row));
      }
    }
  }

  @Override
  public void keys(long block, int part, int size, long to) {
    for (int d = 0; d < size; d++) {
      for (int i = 0; i < ROWS; i++) {
        int position = part * ROWS + i;
        byte key = Native.getByte(block + CacheFloats.key(position, d));
        float scale = half(block + CacheFloats.keyScale(position));
        Native.putFloat(to + (d * ROWS + i) * 4L, key * scale);
      }
    }
  }

  @Override
  public void values(long tile, int part, int first, int end, long to) {
    for (int p = first; p < end; p++) {
      float scale = half(tile + CacheFloats.valueScale(p, part * ROWS));
      for (int i = 0; i < ROWS; i++) {
        byte value = Native.getByte(tile + CacheFloats.value(p, part * ROWS + i));
        Native.putFloat(to + (p * ROWS + i) * 4L, value * scale);
      }
    }
  }

  static float half(long address) {
    return Float.float16ToFloat(Native.getShort(address));
  }
}
