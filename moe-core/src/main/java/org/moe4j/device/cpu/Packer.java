// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * Repacks weight matrices into tiles, band by band. Integers are kept as they are; scales and
 * centres become halves times a power of two that is chosen for each band, which is exact for the
 * types whose scales are halves, and rounds the products of the K types to 11 bits.
 */
final class Packer {

  /**
   * Exponent of the largest scale of a band: its products with small integers stay below a half's
   * largest value.
   */
  private static final int TOP_EXPONENT = 14;

  private final TensorData tensor;
  private final MemorySegment data;
  private final int outputs;
  private final int inputs;
  private final long rowBytes;

  private Packer(TensorData tensor) {
    this.tensor = tensor;
    data = tensor.data();
    outputs = Math.toIntExact(tensor.size(0));
    inputs = Math.toIntExact(tensor.size(1));
    rowBytes = tensor.type().bytes(inputs);
  }

  /**
   * Repacks a matrix.
   *
   * @param tensor outputs x inputs
   * @param memory where the tiles go
   * @param loops shares the work
   */
  static Tiles pack(TensorData tensor, NativeMemory memory, Loops loops) {
    Packer packer = new Packer(tensor);
    Tiles tiles =
        switch (tensor.type()) {
          case F32, F16, BF16 -> packer.floats(memory, loops);
          default -> packer.quantized(BlockDecoder.of(tensor), memory, loops);
        };
    // The source is not needed any more, so its pages need not stay in memory; what is shared with
    // others comes back.
    if (packer.data.isMapped()) {
      packer.data.unload();
    }
    return tiles;
  }

  private Tiles floats(NativeMemory memory, Loops loops) {
    FloatTiles.Type type = FloatTiles.Type.valueOf(tensor.type().name());
    FloatTiles tiles =
        new FloatTiles(
            type, memory.allocate(FloatTiles.bytes(type, outputs, inputs)), outputs, inputs);
    loops.run(
        outputs,
        Tiles.BAND,
        (worker, from, to) -> {
          for (long row = from; row < to; row++) {
            floats(tiles, (int) row);
          }
        });
    return tiles;
  }

  private void floats(FloatTiles tiles, int row) {
    long tile = tiles.address() + row / FloatDots.ROWS * FloatTiles.tileBytes(tiles.type(), inputs);
    for (int column = 0; column < inputs; column++) {
      long from = row * rowBytes + (long) column * tiles.type().bytes;
      long to = tile + tiles.type().offset(row % FloatDots.ROWS, column);
      if (tiles.type() == FloatTiles.Type.F32) {
        Native.putInt(to, data.get(ValueLayout.JAVA_INT_UNALIGNED, from));
      } else {
        Native.putShort(to, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, from));
      }
    }
  }

  private Tiles quantized(BlockDecoder decoder, NativeMemory memory, Loops loops) {
    QuantizedTiles tiles =
        new QuantizedTiles(
            decoder.form,
            memory.allocate(QuantizedTiles.bytes(decoder.form, outputs, inputs)),
            outputs,
            inputs);
    loops.run(
        tiles.bands(),
        1,
        (worker, from, to) -> {
          for (long band = from; band < to; band++) {
            new Band(decoder, tiles, (int) band).pack();
          }
        });
    return tiles;
  }

  /** One band on its way. */
  private final class Band {
    private final BlockDecoder decoder;
    private final int first;
    private final int rows;
    private final int groups;
    private final long address;
    private final byte[] raw;
    private final float[] scales;
    private final float[] minima;

    Band(BlockDecoder decoder, QuantizedTiles tiles, int band) {
      this.decoder = decoder;
      first = band * Tiles.BAND;
      rows = tiles.width(band);
      groups = inputs / decoder.form.group;
      address = tiles.address() + band * QuantizedTiles.bandBytes(decoder.form, inputs);
      raw = new byte[Math.toIntExact(rowBytes)];
      scales = new float[rows * groups];
      minima = new float[rows * groups];
    }

    void pack() {
      TensorType type = tensor.type();
      int blocks = inputs / type.blockSize();
      int groupsOfBlock = type.blockSize() / decoder.form.group;
      byte[] values = new byte[inputs];
      for (int row = 0; row < rows; row++) {
        MemorySegment.copy(
            data, ValueLayout.JAVA_BYTE, (first + row) * rowBytes, raw, 0, raw.length);
        for (int block = 0; block < blocks; block++) {
          int at = block * type.blockBytes();
          decoder.scales(raw, at, scales, minima, row * groups + block * groupsOfBlock);
          decoder.values(raw, at, values, block * type.blockSize());
        }
        if (decoder.form.bits == 4) {
          nibbles(row, values);
        } else {
          bytes(row, values);
        }
      }
      int exponent = TOP_EXPONENT - Math.getExponent(largest());
      float up = (float) Math.scalb(1.0, Math.clamp(exponent, -14, 60));
      Native.putFloat(address, 0x1p112f / up);
      for (int row = 0; row < rows; row++) {
        scales(row, up);
      }
    }

    private void nibbles(int row, byte[] values) {
      long to = address + QuantizedTiles.HEADER_BYTES + row % 32 * 4L + row / 32 * 2L;
      for (int c = 0; c < inputs; c += 4) {
        int bits =
            (values[c] + 8)
                | ((values[c + 1] + 8) << 4)
                | ((values[c + 2] + 8) << 8)
                | ((values[c + 3] + 8) << 12);
        Native.putShort(to + (long) (c / 32) * decoder.form.step + c % 32 / 4 * 128L, (short) bits);
      }
    }

    private void bytes(int row, byte[] values) {
      long to = address + QuantizedTiles.HEADER_BYTES + row % 32 * 4L + row / 32 * 2L;
      int group = decoder.form.group;
      for (int c = 0; c < inputs; c += 2) {
        int bits = (values[c] & 0xff) | (values[c + 1] << 8);
        Native.putShort(
            to + (long) (c / group) * decoder.form.step + c % group / 2 * 128L, (short) bits);
      }
    }

    private float largest() {
      float most = 0;
      for (int i = 0; i < scales.length; i++) {
        float centre = scales[i] * decoder.shift + minima[i];
        most = Math.max(most, Math.max(Math.abs(scales[i]), Math.abs(centre)));
      }
      return most == 0 || !Float.isFinite(most) ? 1 : most;
    }

    /**
     * The centre makes up for what the rounding of the scale changes in the middle of the group.
     */
    private void scales(int row, float up) {
      long to =
          address
              + QuantizedTiles.HEADER_BYTES
              + decoder.form.weightBytes
              + row % 32 * 4L
              + row / 32 * 2L;
      for (int g = 0; g < groups; g++) {
        short scale = Float.floatToFloat16(scales[row * groups + g] * up);
        Native.putShort(to + (long) g * decoder.form.step, scale);
        if (decoder.form.centred) {
          float centre =
              Float.float16ToFloat(scale) * decoder.shift + minima[row * groups + g] * up;
          Native.putShort(
              to + (long) g * decoder.form.step + BlockScale.GROUP_BYTES,
              Float.floatToFloat16(centre));
        }
      }
    }
  }
}
