// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.format.BlockDecoder;

/**
 * Quantised weights, a band after the other. A band is a line of 64 bytes with the unit of its
 * halves, then for each group of columns the weights as {@link Dots} reads them, their scales and,
 * where the form has them, their centres as {@link GroupScales} reads them. Where scales are bytes,
 * the halves that they are multiplied by precede each 256 columns.
 *
 * @param form how weights are stored
 * @param address address of the first band
 * @param outputs width of an output row
 * @param inputs width of an input row
 */
record QuantizedTiles(Form form, long address, int outputs, int inputs) implements Tiles {

  /** Bytes before the groups of a band. */
  static final int HEADER_BYTES = 64;

  /** Columns that share the halves by which scales of bytes are multiplied. */
  private static final int SUPER_BLOCK = 256;

  /**
   * The forms in which the quantised types meet: {@code weight = scale x value + centre}. Scales
   * and centres are halves, or bytes times halves for each 256 columns.
   */
  enum Form {
    /** 2 bits, minus 2 to 1. */
    CENTRED_CRUMBS_BY_16_SUPER(2, 16, true, true),
    /** 4 bits, minus 8 to 7. */
    NIBBLES(4, 32, false, false),
    /** 4 bits, minus 8 to 7. */
    CENTRED_NIBBLES(4, 32, true, false),
    /** 4 bits, minus 8 to 7. */
    NIBBLES_BY_16_SUPER(4, 16, false, true),
    /** 4 bits, minus 8 to 7. */
    CENTRED_NIBBLES_SUPER(4, 32, true, true),
    /** 5 bits, minus 16 to 15. */
    FIVES(5, 32, false, false),
    /** 5 bits, minus 16 to 15. */
    CENTRED_FIVES(5, 32, true, false),
    /** 5 bits, minus 16 to 15. */
    FIVES_SUPER(5, 32, false, true),
    /** 5 bits, minus 16 to 15. */
    CENTRED_FIVES_SUPER(5, 32, true, true),
    /** 6 bits, minus 32 to 31. */
    SIXES_BY_16(6, 16, false, false),
    /** 6 bits, minus 32 to 31. */
    SIXES_BY_16_SUPER(6, 16, false, true),
    /** 8 bits. */
    BYTES(8, 32, false, false),
    /** 8 bits. */
    BYTES_SUPER(8, 32, false, true),
    /** 8 bits. */
    BYTES_BY_16_SUPER(8, 16, false, true);

    final int bits;
    final int group;
    final boolean centred;

    /** Whether scales and centres are bytes, with halves before each {@link #run}. */
    final boolean superBlocks;

    /** What weights are raised by so that they are not negative; bytes are not. */
    final int offset;

    /** Bytes of the weights of a group. */
    final int weightBytes;

    /** Bytes of the scales of a group, and of its centres. */
    final int scaleBytes;

    /** Bytes from a group to the next of its run. */
    final int step;

    /** Columns whose groups follow each other directly. */
    final int run;

    /** Bytes of the halves before a run. */
    final int head;

    Form(int bits, int group, boolean centred, boolean superBlocks) {
      this.bits = bits;
      this.group = group;
      this.centred = centred;
      this.superBlocks = superBlocks;
      int numbers = centred ? 2 : 1;
      offset = bits == Byte.SIZE ? 0 : 1 << (bits - 1);
      weightBytes = Places.planes(bits, group) * (int) Dots.PLANE;
      scaleBytes = superBlocks ? GroupScales.BYTES : GroupScales.HALVES;
      step = weightBytes + scaleBytes * numbers;
      run = superBlocks ? SUPER_BLOCK : group;
      head = superBlocks ? GroupScales.HALVES * numbers : 0;
    }

    /** Bytes of so many columns, a whole number of runs. */
    long bytes(int columns) {
      return (long) (columns / run) * (head + run / group * step);
    }

    /** Bytes from the band's first run to the one with a group. */
    long runOf(int index) {
      return bytes(index * group / run * run);
    }

    /** Bytes from the band's first run to a group. */
    long place(int index) {
      return runOf(index) + head + index % (run / group) * (long) step;
    }

    /** The smallest form that holds the integers of a type. */
    static Form of(BlockDecoder type) {
      for (Form form : values()) {
        int shift = form.shift(type);
        int limit = 1 << (form.bits - 1);
        if (form.group == type.group()
            && form.centred == type.hasMinima()
            && form.superBlocks == type.hasUnits()
            && type.least() - shift >= -limit
            && type.most() - shift < limit) {
          return form;
        }
      }
      throw new IllegalStateException("no form holds " + type.type());
    }

    /**
     * What is taken off the integers of a type to centre them, and makes up a part of the centre.
     */
    int shift(BlockDecoder type) {
      return centred ? (type.least() + type.most() + 1) / 2 : 0;
    }
  }

  /** Bytes of a matrix; the last band is whole. */
  static long bytes(Form form, int outputs, int inputs) {
    return Math.ceilDiv(outputs, BAND) * bandBytes(form, inputs);
  }

  static long bandBytes(Form form, int inputs) {
    return HEADER_BYTES + form.bytes(inputs);
  }

  @Override
  public boolean quantized() {
    return true;
  }

  /** Address of the unit of a band; its runs begin {@link #HEADER_BYTES} behind it. */
  long bandAddress(int band) {
    return address + band * bandBytes(form, inputs);
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
    kernels
        .matmul()
        .band(kernels, this, band, in.quantized(), rows, from, to, bias, out.values(), scratch);
  }
}
