// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.moe4j.device.cpu.QuantizedTiles.Form;
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.TensorData;

/**
 * Repacks blocks of quantised weights into one band of tiles. Integers are kept as they are, and
 * scales of bytes too; scales, centres and units become halves times a power of two that is chosen
 * for each band. This is exact where they are halves or powers of two in the file; others, and the
 * centres of forms without bytes, are rounded to 11 bits.
 */
final class QuantizedPacker {

  /**
   * Columns that are repacked for all rows of the band before the next ones are: what is read and
   * written meanwhile stays in the processor's nearest cache. A whole number of blocks of any type;
   * groups follow each other directly only within a run.
   */
  private static final int PIECE = 512;

  /**
   * Exponent of the largest scale of a band: its products with small integers stay below a half's
   * largest value.
   */
  private static final int TOP_EXPONENT = 14;

  /** Bounds of the exponent by which scales are shifted, so that it and its inverse are floats. */
  private static final int LEAST_SHIFT = -14;

  private static final int MOST_SHIFT = 60;

  private static final long LOW_NIBBLES = inEachByte(0x0f);

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment data;
  private final BlockDecoder decoder;
  private final Form form;
  private final int shift;
  private final int piece;
  private final int blockSize;
  private final int blockBytes;
  private final int inputs;
  private final int first;
  private final int rows;
  private final long address;

  // Room for a piece of a row: as it is stored, its integers, its scales and minima.
  private final byte[] stored;
  private final byte[] values;
  private final float[] scales;
  private final float[] minima;

  private QuantizedPacker(
      MemorySegment data, BlockDecoder decoder, QuantizedTiles tiles, int band) {
    this.data = data;
    this.decoder = decoder;
    form = tiles.form();
    shift = form.shift(decoder);
    piece = form.superBlocks ? form.run : PIECE;
    blockSize = decoder.type().blockSize();
    blockBytes = decoder.type().blockBytes();
    inputs = tiles.inputs();
    first = band * Tiles.BAND;
    rows = tiles.width(band);
    address = tiles.bandAddress(band);
    stored = new byte[piece / blockSize * blockBytes];
    values = new byte[piece];
    scales = new float[piece / form.group];
    minima = new float[piece / form.group];
  }

  /**
   * Repacks a matrix.
   *
   * @param tensor outputs x inputs
   * @param data its bytes
   * @param decoder takes its blocks apart
   * @param memory where the tiles go
   * @param loops shares the work
   */
  static Tiles pack(
      TensorData tensor,
      MemorySegment data,
      BlockDecoder decoder,
      NativeMemory memory,
      Loops loops) {
    Form form = Form.of(decoder);
    int outputs = Math.toIntExact(tensor.size(0));
    int inputs = Math.toIntExact(tensor.size(1));
    long room = memory.allocate(QuantizedTiles.bytes(form, outputs, inputs));
    QuantizedTiles tiles = new QuantizedTiles(form, room, outputs, inputs);
    loops.run(
        tiles.bands(),
        1,
        (worker, from, to) -> {
          for (long band = from; band < to; band++) {
            new QuantizedPacker(data, decoder, tiles, (int) band).pack();
          }
        });
    return tiles;
  }

  private void pack() {
    int exponent = TOP_EXPONENT - Math.getExponent(largest());
    float up = (float) Math.scalb(1.0, Math.clamp(exponent, LEAST_SHIFT, MOST_SHIFT));
    Native.putFloat(address, 0x1p112f / up);
    for (int column = 0; column < inputs; column += piece) {
      int columns = Math.min(piece, inputs - column);
      int groups = columns / form.group;
      long runs = address + QuantizedTiles.HEADER_BYTES;
      long head = runs + form.runOf(column / form.group);
      long to = runs + form.place(column / form.group);
      for (int row = 0; row < rows; row++) {
        int blocks = read(row, column, columns);
        decodeScales(blocks);
        for (int block = 0; block < blocks; block++) {
          decoder.values(stored, block * blockBytes, values, block * blockSize);
        }
        values(to + row * 4L, columns);
        long behind = to + form.weightBytes;
        long half = row % 32 * 4L + row / 32 * 2L;
        if (form.superBlocks) {
          units(head + half, up);
          multipliers(groups, behind + row % 16 * 4L + row / 16);
        } else if (form.centred) {
          scalesAndCentres(scales, minima, groups, shift, up, behind + half, form.step);
        } else {
          scales(scales, groups, up, behind + half, form.step);
        }
      }
    }
  }

  /** Reads a piece of a row and tells its number of blocks. */
  private int read(int row, int column, int columns) {
    int blocks = columns / blockSize;
    long before = ((long) (first + row) * inputs + column) / blockSize;
    MemorySegment.copy(
        data, ValueLayout.JAVA_BYTE, before * blockBytes, stored, 0, blocks * blockBytes);
    return blocks;
  }

  private void decodeScales(int blocks) {
    int groups = blockSize / form.group;
    for (int block = 0; block < blocks; block++) {
      decoder.scales(stored, block * blockBytes, scales, minima, block * groups);
    }
  }

  /** The unit of the block that was read, where the piece is a block. */
  private float unit() {
    return decoder.unit(stored, 0);
  }

  private float minimumUnit() {
    return form.centred ? decoder.minimumUnit(stored, 0) : 0;
  }

  private void units(long to, float up) {
    Native.putShort(to, Float.floatToFloat16(unit() * up));
    if (form.centred) {
      Native.putShort(to + GroupScales.HALVES, Float.floatToFloat16(minimumUnit() * up));
    }
  }

  private void multipliers(int groups, long to) {
    bytes(scales, groups, to, form.step);
    if (form.centred) {
      bytes(minima, groups, to + GroupScales.BYTES, form.step);
    }
  }

  /** The largest scale, centre or unit of the band, or 1 if there is none or one is not finite. */
  private float largest() {
    int most = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < inputs; column += piece) {
        int columns = Math.min(piece, inputs - column);
        int blocks = read(row, column, columns);
        most = Math.max(most, largestOfPiece(blocks, columns / form.group));
      }
    }
    float largest = Float.intBitsToFloat(most);
    return largest == 0 || !Float.isFinite(largest) ? 1 : largest;
  }

  private int largestOfPiece(int blocks, int groups) {
    if (form.superBlocks) {
      return Math.max(magnitude(unit()), magnitude(minimumUnit()));
    }
    decodeScales(blocks);
    return largest(scales, minima, groups, shift);
  }

  // The loops below are flat and know nothing but their parameters: short loops within loops, and
  // fields that have to be read again after each store, made them four times as slow.

  /** Bits of the largest. */
  private static int largest(float[] scales, float[] minima, int groups, int shift) {
    int most = 0;
    for (int g = 0; g < groups; g++) {
      float centre = scales[g] * shift + minima[g];
      most = Math.max(most, Math.max(magnitude(scales[g]), magnitude(centre)));
    }
    return most;
  }

  /** Without their sign, floats are in the order of their bits; what is not finite comes last. */
  private static int magnitude(float value) {
    return Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
  }

  private static void scales(float[] scales, int groups, float up, long to, long step) {
    for (int g = 0; g < groups; g++) {
      Native.putShort(to + g * step, Float.floatToFloat16(scales[g] * up));
    }
  }

  private static void bytes(float[] multipliers, int groups, long to, long step) {
    for (int g = 0; g < groups; g++) {
      Native.putByte(to + g * step, (byte) multipliers[g]);
    }
  }

  /** The centre makes up for what the rounding of the scale changes in the middle of the group. */
  private static void scalesAndCentres(
      float[] scales, float[] minima, int groups, int shift, float up, long to, long step) {
    for (int g = 0; g < groups; g++) {
      short scale = Float.floatToFloat16(scales[g] * up);
      float centre = Float.float16ToFloat(scale) * shift + minima[g] * up;
      Native.putShort(to + g * step, scale);
      Native.putShort(to + g * step + GroupScales.HALVES, Float.floatToFloat16(centre));
    }
  }

  /**
   * Puts integers where {@link Places} has them. Four neighbouring columns are the bytes of an int
   * and stay in their bytes, so that they are moved four or eight at a time.
   */
  private void values(long to, int columns) {
    // Sums of fewer bits than eight stay within their byte; bytes have no offset.
    long mask = inEachByte((1 << form.bits) - 1);
    long add = inEachByte((form.offset - shift) & ((1 << form.bits) - 1));
    int group = Integer.numberOfTrailingZeros(form.group);
    switch (form.bits) {
      case 2 -> crumbs(values, columns, mask, add, to, form.step);
      case 4 -> nibbles(values, columns, mask, add, to, form.step, group);
      case Byte.SIZE -> bytes(values, columns, to, form.step, group);
      default -> {
        nibbles(values, columns, mask, add, to, form.step, group);
        long behind = to + form.group / 8 * Dots.PLANE;
        rest(values, columns, mask, add, behind, form.step, group, form.bits - 4);
      }
    }
  }

  /** Eight neighbouring columns, raised so that they are not negative. */
  private static long eight(byte[] values, int at, long mask, long add) {
    return (((long) LONGS.get(values, at) & mask) + add) & mask;
  }

  /** The low nibbles of eight bytes: those of the second four become the high ones of the first. */
  private static int joined(long nibbles) {
    return (int) nibbles | (int) (nibbles >>> 32) << 4;
  }

  private static void crumbs(byte[] values, int columns, long mask, long add, long to, long step) {
    for (int i = 0; i < columns; i += 16) {
      long pairs = eight(values, i, mask, add) | eight(values, i + 8, mask, add) << 4;
      Native.putInt(to + i / 16 * step, (int) pairs | (int) (pairs >>> 32) << 2);
    }
  }

  /** The low four bits, in groups of {@code 1 << group} columns. */
  private static void nibbles(
      byte[] values, int columns, long mask, long add, long to, long step, int group) {
    int planes = (1 << (group - 3)) - 1;
    for (int i = 0; i < columns; i += 8) {
      long eight = eight(values, i, mask, add) & LOW_NIBBLES;
      Native.putInt(to + (i >>> group) * step + (i >>> 3 & planes) * Dots.PLANE, joined(eight));
    }
  }

  /** What five and six bits have besides the low four. */
  private static void rest(
      byte[] values, int columns, long mask, long add, long to, long step, int group, int bits) {
    for (int i = 0; i < columns; i += 1 << group) {
      int all = 0;
      for (int eights = 0; eights < 1 << (group - 3); eights++) {
        long high = eight(values, i + 8 * eights, mask, add) >>> 4 & LOW_NIBBLES;
        all |= joined(high) << (eights * bits);
      }
      Native.putInt(to + (i >>> group) * step, all);
    }
  }

  private static void bytes(byte[] values, int columns, long to, long step, int group) {
    int planes = (1 << (group - 2)) - 1;
    for (int i = 0; i < columns; i += 4) {
      int four = (int) INTS.get(values, i);
      Native.putInt(to + (i >>> group) * step + (i >>> 2 & planes) * Dots.PLANE, four);
    }
  }

  private static long inEachByte(int value) {
    return value * 0x0101_0101_0101_0101L;
  }
}
