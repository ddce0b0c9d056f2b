// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Device;

/**
 * Activation rows on the Java heap, row-major and without gaps, and their quantised form once
 * something needs it. Kernels take both as arrays: a vector load from an array is far less work for
 * the compiler than one from a memory segment.
 */
final class CpuRows implements Device.Rows {

  private final int capacity;
  private final int width;
  private final float[] values;
  private @Nullable QuantizedRows quantized;
  private int quantizedRows;

  CpuRows(int capacity, int width) {
    this.capacity = capacity;
    this.width = width;
    values = new float[Math.multiplyExact(capacity, width)];
  }

  /** Rows with room for at least so many values: the given ones, or larger ones in their place. */
  static CpuRows atLeast(@Nullable CpuRows current, int capacity, int width) {
    if (current != null && current.width == width && current.capacity >= capacity) {
      current.written();
      return current;
    }
    return new CpuRows(capacity, width);
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int width() {
    return width;
  }

  float[] values() {
    return values;
  }

  /** To be called by whatever changes the values. */
  void written() {
    quantizedRows = 0;
  }

  /** Makes room for the quantised form; to be called before workers ask for it. */
  void allocateQuantized(Kernels kernels) {
    if (quantized == null) {
      quantized = kernels.matmul().allocate(capacity, width);
    }
  }

  /** The quantised form. */
  QuantizedRows quantized() {
    if (quantized == null) {
      throw new IllegalStateException("no room for the quantised form was made");
    }
    return quantized;
  }

  /** How many of the first rows are quantised as they are now. */
  int quantizedRows() {
    return quantizedRows;
  }

  void setQuantizedRows(int rows) {
    quantizedRows = rows;
  }

  /** The garbage collector frees them. */
  @Override
  public void close() {}
}
