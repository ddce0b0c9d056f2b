// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * Writes the machine code of {@link MachineMatmul}. A kernel is a C function
 *
 * <pre>
 * void kernel(long band, long blocks, long rows, long y)
 * </pre>
 *
 * that adds to {@code y[64 t + r]} the product of row {@code r} of a band with activation row
 * {@code t}: {@code blocks} blocks of 32 columns, beginning with the band's first; {@code rows} is
 * the address of the addresses of the rows' {@linkplain RecordRows records}.
 */
sealed interface KernelCode permits VnniCode, Avx2Code {

  /** The instructions it uses, in words. */
  String name();

  /** The most activation rows that a kernel computes together. */
  int mostRows();

  /** Writes a kernel. */
  byte[] write(Form form, int rows);
}
