// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link FloatDots} in plain loops, for all three types of weights. */
enum ScalarFloatDots implements FloatDots {
  F32(Float.BYTES) {
    @Override
    float weight(long column, int row) {
      return Native.getFloat(column + row * 4L);
    }
  },
  F16(Short.BYTES) {
    @Override
    float weight(long column, int row) {
      return Float.intBitsToFloat(top(column, row) >> 3 & 0x8fffe000) * 0x1p112f;
    }
  },
  BF16(Short.BYTES) {
    @Override
    float weight(long column, int row) {
      return Float.intBitsToFloat(top(column, row) & 0xffff0000);
    }
  };

  private final int weightBytes;

  ScalarFloatDots(int weightBytes) {
    this.weightBytes = weightBytes;
  }

  abstract float weight(long column, int row);

  /** A row's short in the upper half of an int. */
  private static int top(long column, int row) {
    int both = Native.getInt(column + row % 16 * 4L);
    return row < 16 ? both << 16 : both;
  }

  @Override
  public int weightBytes() {
    return weightBytes;
  }

  @Override
  public void one(long tile, int columns, float[] x, int at, float[] y, int to) {
    for (int row = 0; row < ROWS; row++) {
      float sum = y[to + row];
      for (int c = 0; c < columns; c++) {
        sum = Math.fma(weight(tile + (long) c * ROWS * weightBytes, row), x[at + c], sum);
      }
      y[to + row] = sum;
    }
  }

  @Override
  public void four(
      long tile,
      int columns,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride) {
    one(tile, columns, x, at0, y, to);
    one(tile, columns, x, at1, y, to + stride);
    one(tile, columns, x, at2, y, to + 2 * stride);
    one(tile, columns, x, at3, y, to + 3 * stride);
  }
}
