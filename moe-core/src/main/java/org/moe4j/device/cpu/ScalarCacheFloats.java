// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.CacheFormat.POSITIONS;

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
    long scales = block + BLOCK * POSITIONS + part * 2L;
    for (int d = 0; d < size; d++) {
      for (int i = 0; i < ROWS; i++) {
        byte key = Native.getByte(block + d * 64L + i % 16 * 4L + i / 16 + part * 2L);
        Native.putFloat(to + (d * ROWS + i) * 4L, key * half(scales + i * 4L));
      }
    }
  }

  @Override
  public void values(long tile, int part, int first, int end, long to) {
    for (int p = first; p < end; p++) {
      float scale = half(tile + POSITIONS * TILE + p * 4L + part * 2L);
      for (int i = 0; i < ROWS; i++) {
        byte value = Native.getByte(tile + p * 64L + i % 16 * 4L + i / 16 + part * 2L);
        Native.putFloat(to + (p * ROWS + i) * 4L, value * scale);
      }
    }
  }

  static float half(long address) {
    return Float.float16ToFloat(Native.getShort(address));
  }
}
