// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import org.moe4j.MixtureException;
import org.moe4j.device.cpu.QuantizedTiles.Form;
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * Repacks weight matrices into tiles, band by band. Integers are kept as they are; scales and
 * centres become halves times a power of two that is chosen for each band, which is exact for the
 * types whose scales are halves or powers of two, and rounds the products of the others to 11 bits.
 */
final class Packer {

  /**
   * Exponent of the largest scale of a band: its products with small integers stay below a half's
   * largest value.
   */
  private static final int TOP_EXPONENT = 14;

  /** Bounds of the exponent by which scales are shifted, so that it and its inverse are floats. */
  private static final int LEAST_SHIFT = -14;

  private static final int MOST_SHIFT = 60;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

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

  /** The bytes that the tiles of a matrix take. */
  static long bytes(TensorData tensor) {
    int outputs = Math.toIntExact(tensor.size(0));
    int inputs = Math.toIntExact(tensor.elements() / tensor.size(0));
    TensorType type = tensor.type();
    if (Float8Packer.fits(type, inputs)) {
      return Float8Packer.bytes(type, outputs, inputs);
    }
    return switch (type) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2 -> FloatTiles.bytes(floatType(type), outputs, inputs);
      default -> QuantizedTiles.bytes(Form.of(decoder(tensor)), outputs, inputs);
    };
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
    Tiles tiles = packer.tiles(memory, loops);
    // The source is not needed any more, so its pages need not stay in memory; what is shared with
    // others comes back.
    if (packer.data.isMapped()) {
      packer.data.unload();
    }
    return tiles;
  }

  private Tiles tiles(NativeMemory memory, Loops loops) {
    return switch (tensor.type()) {
      case F32, F16, BF16 -> floats(memory, loops);
      case F8_E4M3, F8_E5M2, E4M3_32, E4M3_128, E5M2_32, E5M2_128 ->
          (Float8Packer.fits(tensor.type(), inputs)
                  ? Float8Packer.pack(tensor, data, memory, loops)
                  : Optional.<Tiles>empty())
              .orElseGet(() -> floats(memory, loops));
      default -> quantized(decoder(tensor), memory, loops);
    };
  }

  private static BlockDecoder decoder(TensorData tensor) {
    return BlockDecoder.of(tensor.type())
        .orElseThrow(() ->
            new MixtureException.Unsupported(
                tensor.file() + ": " + tensor.name(),
                "tensor type " + tensor.type(),
                TensorType.supportedNames()));
  }

  private static FloatTiles.Type floatType(TensorType type) {
    return switch (type) {
      case F16 -> FloatTiles.Type.F16;
      case BF16 -> FloatTiles.Type.BF16;
      default -> FloatTiles.Type.F32;
    };
  }

  private Tiles floats(NativeMemory memory, Loops loops) {
    FloatTiles.Type type = floatType(tensor.type());
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
    float[] values = new float[tiles.type() == FloatTiles.Type.F32 ? inputs : 0];
    if (values.length > 0) {
      Dequantizer.row(tensor.type(), data, row * rowBytes, values, 0, inputs);
    }
    for (int column = 0; column < inputs; column++) {
      long to = tile + tiles.type().offset(row % FloatDots.ROWS, column);
      if (values.length > 0) {
        Native.putFloat(to, values[column]);
      } else {
        long from = row * rowBytes + (long) column * Short.BYTES;
        Native.putShort(to, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, from));
      }
    }
  }

  private Tiles quantized(BlockDecoder decoder, NativeMemory memory, Loops loops) {
    Form form = Form.of(decoder);
    QuantizedTiles tiles =
        new QuantizedTiles(
            form, memory.allocate(QuantizedTiles.bytes(form, outputs, inputs)), outputs, inputs);
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
    private final Form form;
    private final int shift;
    private final int first;
    private final int rows;
    private final int groups;
    private final long address;
    private final float[] scales;
    private final float[] minima;

    Band(BlockDecoder decoder, QuantizedTiles tiles, int band) {
      this.decoder = decoder;
      form = tiles.form();
      shift = form.shift(decoder);
      first = band * Tiles.BAND;
      rows = tiles.width(band);
      groups = inputs / form.group;
      address = tiles.bandAddress(band);
      scales = new float[rows * groups];
      minima = new float[rows * groups];
    }

    void pack() {
      TensorType type = tensor.type();
      int blocks = inputs / type.blockSize();
      int groupsOfBlock = type.blockSize() / form.group;
      byte[] raw = new byte[Math.toIntExact(rowBytes)];
      byte[] values = new byte[inputs];
      for (int row = 0; row < rows; row++) {
        MemorySegment.copy(
            data, ValueLayout.JAVA_BYTE, (first + row) * rowBytes, raw, 0, raw.length);
        for (int block = 0; block < blocks; block++) {
          int at = block * type.blockBytes();
          decoder.scales(raw, at, scales, minima, row * groups + block * groupsOfBlock);
          decoder.values(raw, at, values, block * type.blockSize());
        }
        values(row, values);
      }
      int exponent = TOP_EXPONENT - Math.getExponent(largest());
      float up = (float) Math.scalb(1.0, Math.clamp(exponent, LEAST_SHIFT, MOST_SHIFT));
      Native.putFloat(address, 0x1p112f / up);
      for (int row = 0; row < rows; row++) {
        scales(row, up);
      }
    }

    /**
     * Puts a row's integers where {@link Places} has them, four neighbouring columns at a time:
     * they are the bytes of an int, and stay in their bytes.
     */
    private void values(int row, byte[] values) {
      long to = address + QuantizedTiles.HEADER_BYTES + row * 4L;
      int bits = form.bits;
      int lowBits = Places.lowBits(bits);
      int mask = inEachByte((1 << bits) - 1);
      int lowMask = inEachByte((1 << lowBits) - 1);
      int highMask = inEachByte((1 << (bits - lowBits)) - 1);
      // Bytes have an offset of 0; sums of fewer bits stay within their byte.
      int add = inEachByte((form.offset - shift) & ((1 << bits) - 1));
      int fours = Byte.SIZE / lowBits;
      int lowPlanes = form.group * lowBits / Integer.SIZE;
      for (int g = 0; g < groups; g++) {
        long group = to + (long) g * form.step;
        int high = 0;
        for (int plane = 0; plane < lowPlanes; plane++) {
          int low = 0;
          for (int i = 0; i < fours; i++) {
            int four = plane * fours + i;
            int columns = (int) INTS.get(values, g * form.group + 4 * four);
            columns = ((columns & mask) + add) & mask;
            low |= (columns & lowMask) << (i * lowBits);
            high |= ((columns >>> lowBits) & highMask) << (four / 2 * (bits - 4) + four % 2 * 4);
          }
          Native.putInt(group + plane * Dots.PLANE, low);
        }
        if (lowBits < bits) {
          Native.putInt(group + lowPlanes * Dots.PLANE, high);
        }
      }
    }

    private static int inEachByte(int value) {
      return value * 0x0101_0101;
    }

    private float largest() {
      float most = 0;
      for (int i = 0; i < scales.length; i++) {
        float centre = scales[i] * shift + minima[i];
        most = Math.max(most, Math.max(Math.abs(scales[i]), Math.abs(centre)));
      }
      return most == 0 || !Float.isFinite(most) ? 1 : most;
    }

    /**
     * The centre makes up for what the rounding of the scale changes in the middle of the group.
     */
    private void scales(int row, float up) {
      long to =
          address + QuantizedTiles.HEADER_BYTES + form.weightBytes + row % 32 * 4L + row / 32 * 2L;
      for (int g = 0; g < groups; g++) {
        short scale = Float.floatToFloat16(scales[row * groups + g] * up);
        Native.putShort(to + (long) g * form.step, scale);
        if (form.centred) {
          float centre = Float.float16ToFloat(scale) * shift + minima[row * groups + g] * up;
          Native.putShort(
              to + (long) g * form.step + BlockScale.GROUP_BYTES, Float.floatToFloat16(centre));
        }
      }
    }
  }
}
