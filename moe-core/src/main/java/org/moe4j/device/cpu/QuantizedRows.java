// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** Activation rows in 8 bits, as {@link RowQuantizer} makes them. Rows are whole blocks wide. */
final class QuantizedRows {

  final int width;
  final int[] values;
  final int[] sums;
  final float[] scales;
  final float[] floatSums;

  QuantizedRows(int capacity, int width) {
    if (width % RowQuantizer.BLOCK != 0) {
      throw new IllegalArgumentException("width must be whole blocks of 32, was " + width);
    }
    this.width = width;
    int size = Math.multiplyExact(capacity, width);
    int blocks = size / RowQuantizer.BLOCK;
    values = new int[size];
    sums = new int[2 * blocks];
    scales = new float[blocks];
    floatSums = new float[2 * blocks];
  }

  /** Quantises the values {@code from <= column < to} of a row, whole blocks. */
  void quantize(Kernels kernels, float[] x, int row, int from, int to) {
    kernels
        .quantizer()
        .quantize(
            x,
            row * width + from,
            (to - from) / RowQuantizer.BLOCK,
            values,
            row * width + from,
            sums,
            scales,
            floatSums);
  }
}
