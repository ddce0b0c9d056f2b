// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;

/** Tiles of 32 outputs for float activations, one row or four rows at a time. */
sealed interface FourRowTiles extends Tiles permits FloatTiles, Float8Tiles {

  @Override
  default boolean quantized() {
    return false;
  }

  /** Address of the tile that begins with an output. */
  long tile(int output);

  /** Adds the products of one row with a tile to 32 outputs. */
  void one(Kernels kernels, long tile, float[] x, int at, float[] y, int to);

  /** Adds those of four rows, whose outputs are {@link #BAND} apart. */
  void four(
      Kernels kernels, long tile, float[] x, int at0, int at1, int at2, int at3, float[] y, int to);

  /** Of three rows the last is computed twice. */
  @Override
  default void band(
      Kernels kernels,
      int band,
      CpuRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      CpuRows out,
      Scratch scratch) {
    float[] x = in.values();
    float[] y = scratch.band;
    int inputs = inputs();
    int width = width(band);
    for (int i = from; i < to; i += 4) {
      int count = Math.min(4, to - i);
      start(band, bias, y);
      for (int part = 0; part < width; part += FloatDots.ROWS) {
        long tile = tile(band * BAND + part);
        if (count >= 3) {
          int at0 = rows[i] * inputs;
          int at1 = rows[i + 1] * inputs;
          int at2 = rows[i + 2] * inputs;
          int at3 = rows[i + count - 1] * inputs;
          four(kernels, tile, x, at0, at1, at2, at3, y, part);
        } else {
          for (int row = 0; row < count; row++) {
            one(kernels, tile, x, rows[i + row] * inputs, y, row * BAND + part);
          }
        }
      }
      for (int row = 0; row < count; row++) {
        System.arraycopy(y, row * BAND, out.values(), (i + row) * outputs() + band * BAND, width);
      }
    }
  }
}
