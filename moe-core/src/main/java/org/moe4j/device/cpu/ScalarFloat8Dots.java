// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link Float8Dots} in plain loops. */
final class ScalarFloat8Dots implements Float8Dots {

  @Override
  public void one(
      long tile, int columns, int block, int exponentBits, float[] x, int at, float[] y, int to) {
    int fraction = Float.PRECISION - 1 - (Byte.SIZE - 1 - exponentBits);
    for (int row = 0; row < ROWS; row++) {
      float sum = y[to + row];
      for (int c = 0; c < columns; c++) {
        long start = tile + c / block * Float8Dots.blockBytes(block);
        int bits = Native.getByte(start + Float8Dots.offset(row, c % block));
        float small = Float.intBitsToFloat((bits & 0x80000000) | (bits & 0x7f) << fraction);
        sum = Math.fma(small * Native.getFloat(start + 4L * row), x[at + c], sum);
      }
      y[to + row] = sum;
    }
  }

  @Override
  public void four(
      long tile,
      int columns,
      int block,
      int exponentBits,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride) {
    one(tile, columns, block, exponentBits, x, at0, y, to);
    one(tile, columns, block, exponentBits, x, at1, y, to + stride);
    one(tile, columns, block, exponentBits, x, at2, y, to + 2 * stride);
    one(tile, columns, block, exponentBits, x, at3, y, to + 3 * stride);
  }
}
