// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Weights in F32, F16 or BF16, in tiles as {@link FloatDots} reads them, one after the other.
 *
 * @param type how weights are stored
 * @param address address of the first tile
 * @param outputs width of an output row
 * @param inputs width of an input row
 */
record FloatTiles(Type type, long address, int outputs, int inputs) implements FourRowTiles {

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
  public long tile(int output) {
    return address + output / FloatDots.ROWS * tileBytes(type, inputs);
  }

  @Override
  public void one(Kernels kernels, long tile, float[] x, int at, float[] y, int to) {
    type.dots(kernels).one(tile, inputs, x, at, y, to);
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
    type.dots(kernels).four(tile, inputs, x, at0, at1, at2, at3, y, to, BAND);
  }
}
