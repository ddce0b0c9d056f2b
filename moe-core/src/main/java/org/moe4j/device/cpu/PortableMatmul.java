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
    Dots dots = kernels.blocks().dots(form.bits);
    float unit = Native.getFloat(band);
    int groups = tiles.inputs() / form.group;
    for (int g = 0; g < groups; g += Scratch.GROUPS) {
      int some = Math.min(Scratch.GROUPS, groups - g);
      long weights = band + QuantizedTiles.HEADER_BYTES + (long) g * form.step;
      int column = g * form.group;
      if (count >= 3) {
        four(dots, form, weights, some, in, rows, i, count, column, scratch);
      }
      for (int row = 0; row < count; row++) {
        int at = rows[i + row] * in.width + column;
        if (count < 3) {
          dots.one(weights, form.step, some, form.group, in.pairs, at / 2, scratch.dots);
          scale(kernels, form, weights, unit, some, in, at, 0, row, scratch);
        } else {
          scale(kernels, form, weights, unit, some, in, at, row * Scratch.DOTS, row, scratch);
        }
      }
    }
  }

  /** Of three rows the last is computed twice. */
  private static void four(
      Dots dots,
      Form form,
      long weights,
      int groups,
      PairRows in,
      int[] rows,
      int i,
      int count,
      int column,
      Scratch scratch) {
    int last = i + count - 1;
    dots.four(
        weights,
        form.step,
        groups,
        form.group,
        in.pairs,
        (rows[i] * in.width + column) / 2,
        (rows[i + 1] * in.width + column) / 2,
        (rows[i + 2] * in.width + column) / 2,
        (rows[last] * in.width + column) / 2,
        scratch.dots,
        Scratch.DOTS);
  }

  private static void scale(
      Kernels kernels,
      Form form,
      long weights,
      float unit,
      int groups,
      PairRows in,
      int at,
      int from,
      int row,
      Scratch scratch) {
    long scales = weights + form.weightBytes;
    int shift = form.group == RowQuantizer.BLOCK ? 0 : 1;
    int half = at / RowQuantizer.HALF;
    int to = row * Tiles.BAND;
    BlockScale kernel = kernels.blocks().scale();
    int[] dots = scratch.dots;
    float[] y = scratch.band;
    int step = form.step;
    int offset = form.offset;
    if (Dots.wide(form.bits)) {
      if (form.centred) {
        kernel.scaleWideAndCentre(
            scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
      } else {
        kernel.scaleWide(scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
      }
    } else if (form.centred) {
      kernel.scaleAndCentre(scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
    } else {
      kernel.scale(scales, step, unit, groups, shift, offset, in, half, dots, from, y, to);
    }
  }
}
