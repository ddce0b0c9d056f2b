// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.format.Float8;

/**
 * Weights in floats of 8 bits with scales, in tiles as {@link Float8Dots} reads them, one after the
 * other.
 *
 * @param format the floats
 * @param address address of the first tile
 * @param outputs width of an output row
 * @param inputs width of an input row, even
 * @param block columns that share a scale, even
 */
record Float8Tiles(Float8 format, long address, int outputs, int inputs, int block)
    implements FourRowTiles {

  /** Bytes of a matrix; the last tile and its blocks are whole. */
  static long bytes(int outputs, int inputs, int block) {
    return Math.ceilDiv(outputs, Float8Dots.ROWS) * tileBytes(inputs, block);
  }

  private static long tileBytes(int inputs, int block) {
    return Math.ceilDiv(inputs, block) * Float8Dots.blockBytes(block);
  }

  /** Where the block of a row and a column begins. */
  long start(int row, int column) {
    return address
        + row / Float8Dots.ROWS * tileBytes(inputs, block)
        + column / block * Float8Dots.blockBytes(block);
  }

  @Override
  public long tile(int output) {
    return start(output, 0);
  }

  @Override
  public void one(Kernels kernels, long tile, float[] x, int at, float[] y, int to) {
    kernels.f8().one(tile, inputs, block, format.exponentBits(), x, at, y, to);
  }

  @Override
  public void four(
      Kernels kernels,
      long tile,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to) {
    kernels
        .f8()
        .four(tile, inputs, block, format.exponentBits(), x, at0, at1, at2, at3, y, to, BAND);
  }
}
