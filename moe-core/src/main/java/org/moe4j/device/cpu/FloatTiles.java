// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;

/**
 * Weights in F32, F16 or BF16, in tiles as {@link FloatDots} reads them, one after the other.
 *
 * @param type how weights are stored
 * @param address address of the first tile
 * @param outputs width of an output row
 * @param inputs width of an input row
 */
record FloatTiles(Type type, long address, int outputs, int inputs) implements Tiles {

  /** The three types. */
  enum Type {
    F32(Float.BYTES),
    F16(Short.BYTES),
    BF16(Short.BYTES);

    final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    FloatDots dots(Kernels kernels) {
      return switch (this) {
        case F32 -> kernels.f32();
        case F16 -> kernels.f16();
        case BF16 -> kernels.bf16();
      };
    }

    /** Where in a tile a weight is. */
    long offset(int row, int column) {
      long start = (long) column * FloatDots.ROWS * bytes;
      return bytes == Float.BYTES ? start + row * 4L : start + row % 16 * 4L + row / 16 * 2L;
    }
  }

  /** Bytes of a matrix; the last tile is whole. */
  static long bytes(Type type, int outputs, int inputs) {
    return Math.ceilDiv(outputs, FloatDots.ROWS) * tileBytes(type, inputs);
  }

  static long tileBytes(Type type, int inputs) {
    return (long) FloatDots.ROWS * type.bytes * inputs;
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
    FloatDots dots = type.dots(kernels);
    float[] x = in.values();
    float[] y = scratch.band;
    int width = width(band);
    long tileBytes = tileBytes(type, inputs);
    for (int i = from; i < to; i += 4) {
      int count = Math.min(4, to - i);
      start(band, bias, y);
      for (int part = 0; part < width; part += FloatDots.ROWS) {
        long tile = address + (band * BAND + part) / FloatDots.ROWS * tileBytes;
        if (count >= 3) {
          dots.four(
              tile,
              inputs,
              x,
              rows[i] * inputs,
              rows[i + 1] * inputs,
              rows[i + 2] * inputs,
              rows[i + count - 1] * inputs,
              y,
              part,
              BAND);
        } else {
          for (int row = 0; row < count; row++) {
            dots.one(tile, inputs, x, rows[i + row] * inputs, y, row * BAND + part);
          }
        }
      }
      for (int row = 0; row < count; row++) {
        System.arraycopy(y, row * BAND, out.values(), (i + row) * outputs + band * BAND, width);
      }
    }
  }
}
