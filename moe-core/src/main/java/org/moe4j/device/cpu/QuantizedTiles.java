// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;

/**
 * Quantised weights, a band after the other. A band is a line of 64 bytes with the unit of its
 * scales and centres, then for each group of columns the weights as {@link NibbleDots} or {@link
 * ByteDots} reads them, their scales and, where the form has them, their centres as {@link
 * BlockScale} reads them.
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
    /** 4 bits, minus 8 to 7; groups of 32 without centre. */
    NIBBLES(4, 32, false),
    /** 4 bits, minus 8 to 7; groups of 32. */
    CENTRED_NIBBLES(4, 32, true),
    /** 8 bits; groups of 32 without centre. */
    BYTES(8, 32, false),
    /** 8 bits; groups of 32. */
    CENTRED_BYTES(8, 32, true),
    /** 8 bits; groups of 16 without centre. */
    BYTES_BY_16(8, 16, false);

    final int bits;
    final int group;
    final boolean centred;

    /** Bytes of the weights of a group. */
    final int weightBytes;

    /** Bytes from a group to the next. */
    final int step;

    Form(int bits, int group, boolean centred) {
      this.bits = bits;
      this.group = group;
      this.centred = centred;
      weightBytes = BAND * group * bits / 8;
      step = weightBytes + BlockScale.GROUP_BYTES * (centred ? 2 : 1);
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
    float[] y = scratch.band;
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
    if (form.centred) {
      long centres = first + form.weightBytes + BlockScale.GROUP_BYTES;
      for (int row = 0; row < count; row++) {
        int at = rows[i + row] * inputs / RowQuantizer.BLOCK;
        kernels.scale().centre(centres, form.step, unit, groups, in.floatSums, at, y, row * BAND);
      }
    }
  }

  private void one(
      Kernels kernels, long weights, int groups, QuantizedRows in, int at, Scratch scratch) {
    if (form.bits == 4) {
      kernels.nibbles().one(weights, form.step, groups, in.values, at, in.sums, scratch.dots);
    } else {
      kernels.bytes().one(weights, form.step, groups, form.group / 2, in.values, at, scratch.dots);
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
    int[] dots = scratch.dots;
    if (form.bits == 4) {
      kernels
          .nibbles()
          .four(
              weights,
              form.step,
              groups,
              in.values,
              at0,
              at1,
              at2,
              at3,
              in.sums,
              dots,
              Scratch.DOTS);
    } else {
      kernels
          .bytes()
          .four(
              weights,
              form.step,
              groups,
              form.group / 2,
              in.values,
              at0,
              at1,
              at2,
              at3,
              dots,
              Scratch.DOTS);
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
    int block = at / RowQuantizer.BLOCK;
    if (form.bits == 4) {
      kernels
          .scale()
          .scaleNibbles(
              scales,
              form.step,
              unit,
              groups,
              in.scales,
              block,
              scratch.dots,
              from,
              scratch.band,
              row * BAND);
    } else {
      int shift = form.group == RowQuantizer.BLOCK ? 0 : 1;
      kernels
          .scale()
          .scaleBytes(
              scales,
              form.step,
              unit,
              groups,
              shift,
              in.scales,
              block,
              scratch.dots,
              from,
              scratch.band,
              row * BAND);
    }
  }
}
