// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.format.BlockDecoder;

/**
 * Quantised weights, a band after the other. A band is a line of 64 bytes with the unit of its
 * scales and centres, then for each group of columns the weights as {@link Dots} reads them, their
 * scales and, where the form has them, their centres as {@link BlockScale} reads them.
 *
 * @param form how weights are stored
 * @param address address of the first band
 * @param outputs width of an output row
 * @param inputs width of an input row
 */
record QuantizedTiles(Form form, long address, int outputs, int inputs) implements Tiles {

  /** Bytes before the groups of a band. */
  static final int HEADER_BYTES = 64;

  /** The forms in which the quantised types meet: {@code weight = scale x value + centre}. */
  enum Form {
    /** 2 bits, minus 2 to 1. */
    CENTRED_CRUMBS_BY_16(2, 16, true),
    /** 4 bits, minus 8 to 7. */
    NIBBLES(4, 32, false),
    /** 4 bits, minus 8 to 7. */
    CENTRED_NIBBLES(4, 32, true),
    /** 4 bits, minus 8 to 7. */
    NIBBLES_BY_16(4, 16, false),
    /** 5 bits, minus 16 to 15. */
    FIVES(5, 32, false),
    /** 5 bits, minus 16 to 15. */
    CENTRED_FIVES(5, 32, true),
    /** 6 bits, minus 32 to 31. */
    SIXES_BY_16(6, 16, false),
    /** 8 bits. */
    BYTES(8, 32, false),
    /** 8 bits. */
    BYTES_BY_16(8, 16, false);

    final int bits;
    final int group;
    final boolean centred;

    /** What weights are raised by so that they are not negative; bytes are not. */
    final int offset;

    /** Bytes of the weights of a group. */
    final int weightBytes;

    /** Bytes from a group to the next. */
    final int step;

    Form(int bits, int group, boolean centred) {
      this.bits = bits;
      this.group = group;
      this.centred = centred;
      offset = bits == Byte.SIZE ? 0 : 1 << (bits - 1);
      weightBytes = Places.planes(bits, group) * (int) Dots.PLANE;
      step = weightBytes + BlockScale.GROUP_BYTES * (centred ? 2 : 1);
    }

    /** The smallest form that holds the integers of a type. */
    static Form of(BlockDecoder type) {
      for (Form form : values()) {
        int shift = form.shift(type);
        int limit = 1 << (form.bits - 1);
        if (form.group == type.group()
            && form.centred == type.hasMinima()
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
    return HEADER_BYTES + (long) (inputs / form.group) * form.step;
  }

  @Override
  public boolean quantized() {
    return true;
  }

  /** Address of the unit of a band; its groups begin {@link #HEADER_BYTES} behind it. */
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
