// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.format.BlockDecoder;

/**
 * Quantised weights, a band after the other. A band is a line of 64 bytes with the unit of its
 * scales and centres, then for each group of columns the weights as the dot products of their width
 * ({@link CrumbDots}, {@link NibbleDots}, {@link FiveDots}, {@link ByteDots}) read them, their
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
    /** 8 bits. */
    BYTES(8, 32, false),
    /** 8 bits. */
    BYTES_BY_16(8, 16, false);

    final int bits;
    final int group;
    final boolean centred;

    /** 16-bit lanes of a row in a group. */
    final int shorts;

    /** Bytes of the weights of a group. */
    final int weightBytes;

    /** Bytes from a group to the next. */
    final int step;

    Form(int bits, int group, boolean centred) {
      this.bits = bits;
      this.group = group;
      this.centred = centred;
      shorts = Math.ceilDiv(group, Short.SIZE / bits);
      weightBytes = BAND * shorts * Short.BYTES;
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

    /** Where a column lies in its group: 16 times its short, plus its lowest bit there. */
    int place(int column) {
      if (bits == 5) {
        return FiveDots.place(column);
      }
      int columns = Short.SIZE / bits;
      return column / columns * Short.SIZE + column % columns * bits;
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
    long start = address + band * bandBytes(form, inputs);
    float unit = Native.getFloat(start);
    int width = width(band);
    float[] y = scratch.band;
    for (int i = from; i < to; i += 4) {
      int count = Math.min(4, to - i);
      start(band, bias, y);
      rows(kernels, start + HEADER_BYTES, unit, in.quantized(), rows, i, count, scratch);
      for (int row = 0; row < count; row++) {
        System.arraycopy(y, row * BAND, out.values(), (i + row) * outputs + band * BAND, width);
      }
    }
  }

  /** One to four rows; the results do not depend on how many are computed together. */
  private void rows(
      Kernels kernels,
      long first,
      float unit,
      QuantizedRows in,
      int[] rows,
      int i,
      int count,
      Scratch scratch) {
    int groups = inputs / form.group;
    for (int g = 0; g < groups; g += Scratch.GROUPS) {
      int some = Math.min(Scratch.GROUPS, groups - g);
      long weights = first + (long) g * form.step;
      int column = g * form.group;
      if (count >= 3) {
        four(kernels, weights, some, in, rows, i, count, column, scratch);
        for (int row = 0; row < count; row++) {
          int at = rows[i + row] * inputs + column;
          scale(kernels, weights, unit, some, in, at, row * Scratch.DOTS, row, scratch);
        }
      } else {
        for (int row = 0; row < count; row++) {
          int at = rows[i + row] * inputs + column;
          one(kernels, weights, some, in, at, scratch);
          scale(kernels, weights, unit, some, in, at, 0, row, scratch);
        }
      }
    }
  }

  private void one(
      Kernels kernels, long weights, int groups, QuantizedRows in, int at, Scratch scratch) {
    int step = form.step;
    int[] x = in.values;
    int[] dots = scratch.dots;
    switch (form.bits) {
      case 2 -> kernels.crumbs().one(weights, step, groups, x, at, in.sums, dots);
      case 4 -> kernels.nibbles().one(weights, step, groups, form.shorts, x, at, in.sums, dots);
      case 5 -> kernels.fives().one(weights, step, groups, x, at, in.sums, dots);
      default -> kernels.bytes().one(weights, step, groups, form.shorts, x, at, dots);
    }
  }

  /** Of three rows the last is computed twice. */
  private void four(
      Kernels kernels,
      long weights,
      int groups,
      QuantizedRows in,
      int[] rows,
      int i,
      int count,
      int column,
      Scratch scratch) {
    int at0 = rows[i] * inputs + column;
    int at1 = rows[i + 1] * inputs + column;
    int at2 = rows[i + 2] * inputs + column;
    int at3 = rows[i + count - 1] * inputs + column;
    int step = form.step;
    int shorts = form.shorts;
    int[] x = in.values;
    int[] sums = in.sums;
    int[] dots = scratch.dots;
    int stride = Scratch.DOTS;
    switch (form.bits) {
      case 2 ->
          kernels.crumbs().four(weights, step, groups, x, at0, at1, at2, at3, sums, dots, stride);
      case 4 ->
          kernels
              .nibbles()
              .four(weights, step, groups, shorts, x, at0, at1, at2, at3, sums, dots, stride);
      case 5 ->
          kernels.fives().four(weights, step, groups, x, at0, at1, at2, at3, sums, dots, stride);
      default ->
          kernels.bytes().four(weights, step, groups, shorts, x, at0, at1, at2, at3, dots, stride);
    }
  }

  private void scale(
      Kernels kernels,
      long weights,
      float unit,
      int groups,
      QuantizedRows in,
      int at,
      int from,
      int row,
      Scratch scratch) {
    long scales = weights + form.weightBytes;
    int step = form.step;
    int shift = form.group == RowQuantizer.BLOCK ? 0 : 1;
    int block = at / RowQuantizer.BLOCK;
    int[] dots = scratch.dots;
    float[] y = scratch.band;
    int to = row * BAND;
    BlockScale kernel = kernels.scale();
    switch (form.bits) {
      case 2, 4 ->
          kernel.scaleNibbles(
              scales, step, unit, groups, shift, in.scales, block, dots, from, y, to);
      case 5 -> kernel.scaleHalves(scales, step, unit, groups, in.scales, block, dots, from, y, to);
      default ->
          kernel.scaleBytes(scales, step, unit, groups, shift, in.scales, block, dots, from, y, to);
    }
    if (form.centred) {
      int halves = form.group / RowQuantizer.HALF;
      long centres = scales + BlockScale.GROUP_BYTES;
      kernel.centre(
          centres, step, unit, groups, halves, in.floatSums, at / RowQuantizer.HALF, y, to);
    }
  }
}
