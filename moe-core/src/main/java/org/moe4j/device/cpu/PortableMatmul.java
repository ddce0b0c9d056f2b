// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * {@link BandMatmul} made of {@link Dots} and {@link BlockScale}: the integer sums of a few groups,
 * then their scales, while the weights are still in the first-level cache.
 */
final class PortableMatmul implements BandMatmul {

  /** Rows that are computed together. */
  private static final int TOGETHER = 4;

  @Override
  public QuantizedRows allocate(int capacity, int width) {
    return new PairRows(capacity, width);
  }

  @Override
  public void band(
      Kernels kernels,
      QuantizedTiles tiles,
      int band,
      QuantizedRows in,
      int[] rows,
      int from,
      int to,
      float @Nullable [] bias,
      float[] out,
      Scratch scratch) {
    int width = tiles.width(band);
    float[] y = scratch.band;
    for (int i = from; i < to; i += TOGETHER) {
      int count = Math.min(TOGETHER, to - i);
      tiles.start(band, bias, y);
      rows(kernels, tiles, tiles.bandAddress(band), (PairRows) in, rows, i, count, scratch);
      for (int row = 0; row < count; row++) {
        int at = (i + row) * tiles.outputs() + band * Tiles.BAND;
        System.arraycopy(y, row * Tiles.BAND, out, at, width);
      }
    }
  }

  /** One to four rows; the results do not depend on how many are computed together. */
  private static void rows(
      Kernels kernels,
      QuantizedTiles tiles,
      long band,
      PairRows in,
      int[] rows,
      int i,
      int count,
      Scratch scratch) {
    Form form = tiles.form();
    float unit = Native.getFloat(band);
    int groups = tiles.inputs() / form.group;
    for (int g = 0; g < groups; g += Scratch.GROUPS) {
      int some = Math.min(Scratch.GROUPS, groups - g);
      long groupsOfBand = band + QuantizedTiles.HEADER_BYTES;
      long weights = groupsOfBand + form.place(g);
      unpack(
          kernels.blocks().unpacking(), form, groupsOfBand + form.runOf(g), weights, some, scratch);
      int column = g * form.group;
      if (count >= 3) {
        four(kernels.blocks(), form, weights, unit, some, in, rows, i, count, column, scratch);
      } else {
        for (int row = 0; row < count; row++) {
          int at = rows[i + row] * in.width + column;
          one(kernels.blocks(), form, weights, unit, some, in, at, row * Tiles.BAND, scratch);
        }
      }
    }
  }

  /** The scales and centres of some groups, which all activation rows share. */
  private static void unpack(
      GroupScales kernel, Form form, long units, long weights, int groups, Scratch scratch) {
    int step = form.step;
    long from = weights + form.weightBytes;
    long centres = from + form.scaleBytes;
    if (form.superBlocks) {
      kernel.bytes(units, from, step, groups, scratch.scales);
      if (form.centred) {
        kernel.bytes(units + GroupScales.HALVES, centres, step, groups, scratch.centres);
        kernel.centre(groups, form.offset, scratch.scales, scratch.centres);
      }
    } else {
      kernel.halves(from, step, groups, scratch.scales);
      if (form.centred) {
        kernel.halves(centres, step, groups, scratch.centres);
      }
    }
  }

  private static void one(
      BlockKernels kernels,
      Form form,
      long weights,
      float unit,
      int groups,
      PairRows in,
      int at,
      int to,
      Scratch scratch) {
    prepare(form, unit, groups, in, at, 0, scratch);
    int step = form.step;
    int[] dots = scratch.dots;
    kernels
        .dots(form.bits)
        .one(weights, step, groups, form.group, in.pairs, at / 2, scratch.starts, dots);
    float[] scales = scratch.scales;
    float[] factors = scratch.factors;
    float[] y = scratch.band;
    if (form.centred) {
      kernels
          .scale()
          .oneCentred(groups, scales, scratch.centres, factors, scratch.sums, dots, y, to);
    } else {
      kernels.scale().one(groups, scales, factors, dots, y, to);
    }
  }

  /** Of three rows the last is computed twice. */
  private static void four(
      BlockKernels kernels,
      Form form,
      long weights,
      float unit,
      int groups,
      PairRows in,
      int[] rows,
      int i,
      int count,
      int column,
      Scratch scratch) {
    int at0 = rows[i] * in.width + column;
    int at1 = rows[i + 1] * in.width + column;
    int at2 = rows[i + 2] * in.width + column;
    int at3 = rows[i + count - 1] * in.width + column;
    prepare(form, unit, groups, in, at0, 0, scratch);
    prepare(form, unit, groups, in, at1, 1, scratch);
    prepare(form, unit, groups, in, at2, 2, scratch);
    prepare(form, unit, groups, in, at3, 3, scratch);
    int step = form.step;
    int[] dots = scratch.dots;
    kernels
        .dots(form.bits)
        .four(
            weights,
            step,
            groups,
            form.group,
            in.pairs,
            at0 / 2,
            at1 / 2,
            at2 / 2,
            at3 / 2,
            scratch.starts,
            dots);
    float[] scales = scratch.scales;
    float[] factors = scratch.factors;
    float[] y = scratch.band;
    if (form.centred) {
      kernels.scale().fourCentred(groups, scales, scratch.centres, factors, scratch.sums, dots, y);
    } else {
      kernels.scale().four(groups, scales, factors, dots, y);
    }
  }

  /**
   * What a row's sums begin with and are multiplied by, group by group. The two kinds of group have
   * a loop each: one for both, with a flag, made whole prompts slower by more than a tenth.
   */
  private static void prepare(
      Form form, float unit, int groups, PairRows in, int at, int row, Scratch scratch) {
    int half = at / RowQuantizer.HALF;
    if (form.group == RowQuantizer.BLOCK) {
      blocks(-form.offset, unit, groups, in, half, row, scratch.starts, scratch.factors);
    } else {
      halves(-form.offset, unit, groups, in, half, row, scratch.starts, scratch.factors);
    }
    if (form.centred) {
      boolean whole = form.group == RowQuantizer.BLOCK;
      for (int g = 0; g < groups; g++) {
        float sum = in.floatSums[half];
        scratch.sums[4 * g + row] = (whole ? sum + in.floatSums[half + 1] : sum) * unit;
        half += whole ? 2 : 1;
      }
    }
  }

  private static void blocks(
      int offset,
      float unit,
      int groups,
      PairRows in,
      int half,
      int row,
      int[] starts,
      float[] factors) {
    int[] sums = in.sums;
    float[] scales = in.scales;
    for (int g = 0; g < groups; g++) {
      starts[4 * g + row] = offset * (sums[half + 2 * g] + sums[half + 2 * g + 1]);
      factors[4 * g + row] = scales[half / 2 + g] * unit;
    }
  }

  private static void halves(
      int offset,
      float unit,
      int groups,
      PairRows in,
      int half,
      int row,
      int[] starts,
      float[] factors) {
    int[] sums = in.sums;
    float[] scales = in.scales;
    for (int g = 0; g < groups; g++) {
      starts[4 * g + row] = offset * sums[half + g];
      factors[4 * g + row] = scales[(half + g) / 2] * unit;
    }
  }
}
