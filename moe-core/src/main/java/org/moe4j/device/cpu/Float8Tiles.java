// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
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
    implements Tiles {

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
  public boolean quantized() {
    return false;
  }

  @Override
  public void band(
      Kernels kernels,
      int band,
      CpuRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      CpuRows out,
      Scratch scratch) {
    Float8Dots dots = kernels.f8();
    float[] x = in.values();
    float[] y = scratch.band;
    int bits = format.exponentBits();
    int width = width(band);
    for (int i = from; i < to; i += 4) {
      int count = Math.min(4, to - i);
      start(band, bias, y);
      for (int part = 0; part < width; part += Float8Dots.ROWS) {
        long tile = start(band * BAND + part, 0);
        if (count >= 3) {
          int at0 = rows[i] * inputs;
          int at1 = rows[i + 1] * inputs;
          int at2 = rows[i + 2] * inputs;
          int at3 = rows[i + count - 1] * inputs;
          dots.four(tile, inputs, block, bits, x, at0, at1, at2, at3, y, part, BAND);
        } else {
          for (int row = 0; row < count; row++) {
            int at = rows[i + row] * inputs;
            dots.one(tile, inputs, block, bits, x, at, y, row * BAND + part);
          }
        }
      }
      for (int row = 0; row < count; row++) {
        System.arraycopy(y, row * BAND, out.values(), (i + row) * outputs + band * BAND, width);
      }
    }
  }
}
