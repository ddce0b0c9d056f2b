// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;

/**
 * Multiplies bands of quantised weights with quantised activation rows. All implementations give
 * the same bits: for each output the groups of columns in order, each with the fused multiply-adds
 * that {@link BlockScale} says.
 */
interface BandMatmul {

  /** Room for rows in the form that this reads. */
  QuantizedRows allocate(int capacity, int width);

  /**
   * Computes one band of outputs for some rows, as {@link Tiles#band} says.
   *
   * @param kernels the other kernels
   * @param tiles the weights
   * @param band index of the band
   * @param in input rows
   * @param rows output row {@code i} is computed from input row {@code rows[i]}
   * @param from first output row
   * @param to output row after the last
   * @param bias what the outputs start from; null for zeros
   * @param out receives the band's columns of output rows {@code from} to {@code to}
   * @param scratch the worker's own
   */
  void band(
      Kernels kernels,
      QuantizedTiles tiles,
      int band,
      QuantizedRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      float[] out,
      Scratch scratch);
}
