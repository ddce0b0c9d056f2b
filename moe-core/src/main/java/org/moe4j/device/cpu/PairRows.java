// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** Activation rows in 8 bits, as {@link RowQuantizer} makes them. */
final class PairRows implements QuantizedRows {

  final int width;

  /** Half as many as there are columns. */
  final int[] pairs;

  /** The sum of each 16 quantised values. */
  final int[] sums;

  /** The scale of each block. */
  final float[] scales;

  /** The sum of each 16 values. */
  final float[] floatSums;

  PairRows(int capacity, int width) {
    this.width = RowQuantizer.wholeBlocks(width);
    int size = Math.multiplyExact(capacity, width);
    int blocks = size / RowQuantizer.BLOCK;
    pairs = new int[size / 2];
    sums = new int[2 * blocks];
    scales = new float[blocks];
    floatSums = new float[2 * blocks];
  }

  @Override
  public void quantize(Kernels kernels, float[] x, int row, int from, int to) {
    int at = row * width + from;
    kernels.blocks().quantizer().quantize(x, at, (to - from) / RowQuantizer.BLOCK, this, at);
  }
}
