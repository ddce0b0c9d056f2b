// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link ByteCacheDots} in plain loops. */
final class ScalarByteCacheDots implements ByteCacheDots {

  @Override
  public void keys(long block, int size, float[] x, int at, float[] y, int to) {
    long scales = block + BLOCK * POSITIONS;
    for (int p = 0; p < POSITIONS; p++) {
      float sum = 0;
      for (int d = 0; d < size; d++) {
        sum = Math.fma(Native.getByte(block + d * 64L + p % 16 * 4L + p / 16), x[at + d], sum);
      }
      float scale = half(scales + p % 32 * 4L + p / 32 * 2L);
      y[to + p] = Math.fma(sum, scale, y[to + p]);
    }
  }

  @Override
  public void values(long tile, int first, int end, float[] x, int at, float[] y, int to) {
    long scales = tile + POSITIONS * TILE;
    for (int d = 0; d < TILE; d++) {
      for (int p = first; p < end; p++) {
        float weight = x[at + p] * half(scales + p * 4L + d / 32 * 2L);
        float value = Native.getByte(tile + p * 64L + d % 16 * 4L + d / 16);
        y[to + d] = Math.fma(value, weight, y[to + d]);
      }
    }
  }

  static float half(long address) {
    return Float.float16ToFloat(Native.getShort(address));
  }
}
