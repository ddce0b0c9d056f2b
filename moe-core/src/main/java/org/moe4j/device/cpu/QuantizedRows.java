// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Activation rows in 8 bits, in the form that a {@link BandMatmul} reads. Rows are whole blocks of
 * {@link RowQuantizer#BLOCK} wide.
 */
sealed interface QuantizedRows permits PairRows, RecordRows {

  /** Quantises the values {@code from <= column < to} of a row, whole blocks. */
  void quantize(Kernels kernels, float[] x, int row, int from, int to);
}
