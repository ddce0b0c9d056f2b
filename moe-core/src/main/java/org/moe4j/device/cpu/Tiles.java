// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A weight matrix in memory of its own, repacked so that the lanes of a vector are output rows.
 * Immutable.
 */
sealed interface Tiles permits FourRowTiles, QuantizedTiles {

  /** Outputs of a band, the piece of a matrix that one thread computes at a time. */
  int BAND = 64;

  /** Width of an output row. */
  int outputs();

  /** Width of an input row. */
  int inputs();

  /** Whether {@link #band} reads the quantised form of its input. */
  boolean quantized();

  /** Number of bands. */
  default int bands() {
    return Math.ceilDiv(outputs(), BAND);
  }

  /** Outputs of a band: {@link #BAND}, or what is left for the last. */
  default int width(int band) {
    return Math.min(BAND, outputs() - band * BAND);
  }

  /**
   * Computes one band of outputs for some rows. Reads each weight once for all of them, but for the
   * caches.
   *
   * @param kernels what to compute with
   * @param band index of the band
   * @param in input rows
   * @param rows output row {@code i} is computed from input row {@code rows[i]}
   * @param from first output row
   * @param to output row after the last
   * @param bias what the outputs start from, one value an output; null for zeros
   * @param out receives the band's columns of output rows {@code from} to {@code to}
   * @param scratch the worker's own
   */
  void band(
      Kernels kernels,
      int band,
      CpuRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      CpuRows out,
      Scratch scratch);

  /** Sets a band of four rows to what it starts from. */
  default void start(int band, float @Nullable [] bias, float[] y) {
    if (bias == null) {
      Arrays.fill(y, 0);
      return;
    }
    int width = width(band);
    for (int row = 0; row < 4; row++) {
      System.arraycopy(bias, band * BAND, y, row * BAND, width);
    }
  }
}
