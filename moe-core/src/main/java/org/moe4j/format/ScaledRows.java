// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.moe4j.MixtureException;

/**
 * Floats of 8 bits, or bytes, with a scale for every block of rows and columns; the products in
 * single precision. A grid of scales with one entry is a scale for all, one with a single column a
 * scale a row. Stacked matrices each have a grid of their own, but for the one scale of all.
 *
 * @param values the stored values, {@code [.., rows, columns]}
 * @param scales the grid, {@code [.., rows / block rows, columns / block columns]}, rounded up
 * @param blockRows rows of a block
 * @param blockColumns columns of a block
 */
record ScaledRows(TensorData values, TensorData scales, long blockRows, long blockColumns)
    implements PackedRows {

  /**
   * Scales of any granularity.
   *
   * @param values the stored values
   * @param scales one scale, one a row, or a grid
   * @param block rows and columns of a block, for a grid that does not divide the matrix evenly;
   *     may be empty
   */
  static ScaledRows of(TensorData values, TensorData scales, List<Integer> block) {
    long rows = values.rank() < 2 ? 0 : values.size(values.rank() - 2);
    long columns = values.rank() < 2 ? 0 : values.size(values.rank() - 1);
    long[] stack = Arrays.copyOf(values.shape(), Math.max(0, values.rank() - 2));
    if (rows > 0 && columns > 0) {
      if (scales.elements() == 1) {
        return new ScaledRows(values, scales, Long.MAX_VALUE, Long.MAX_VALUE);
      }
      if (fits(scales, stack, rows) || fits(scales, stack, rows, 1)) {
        return new ScaledRows(values, scales, 1, columns);
      }
      if (fits(scales, stack, 1, 1)) {
        return new ScaledRows(values, scales, rows, columns);
      }
      if (block.size() == 2) {
        long down = block.get(0);
        long across = block.get(1);
        if (fits(scales, stack, Math.ceilDiv(rows, down), Math.ceilDiv(columns, across))) {
          return new ScaledRows(values, scales, down, across);
        }
      }
    }
    throw new MixtureException.BadFile(
        scales.file(),
        scales.name(),
        "expected one scale, one a row, or one for each block of %s of %s, found shape %s"
            .formatted(block, values, Arrays.toString(scales.shape())),
        null);
  }

  private static boolean fits(TensorData scales, long[] stack, long... grid) {
    long[] shape = Arrays.copyOf(stack, stack.length + grid.length);
    System.arraycopy(grid, 0, shape, stack.length, grid.length);
    return Arrays.equals(shape, scales.shape());
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public long[] shape() {
    return values.shape();
  }

  @Override
  public void row(long row, MemorySegment out, long at) {
    int columns = Math.toIntExact(values.size(values.rank() - 1));
    long rows = values.size(values.rank() - 2);
    float[] stored = stored(row, columns);
    if (blockRows == Long.MAX_VALUE) {
      write(stored, scale(0), 0, columns, out, at);
      return;
    }
    long across = Math.ceilDiv(columns, blockColumns);
    long first = (row / rows * Math.ceilDiv(rows, blockRows) + row % rows / blockRows) * across;
    for (int block = 0; block < across; block++) {
      int from = Math.toIntExact(block * blockColumns);
      int to = (int) Math.min(columns, from + blockColumns);
      write(stored, scale(first + block), from, to, out, at);
    }
  }

  private float[] stored(long row, int columns) {
    float[] stored = new float[columns];
    MemorySegment data = values.data();
    if (values.type() == TensorType.I8) {
      for (int column = 0; column < columns; column++) {
        stored[column] = data.get(ValueLayout.JAVA_BYTE, row * columns + column);
      }
    } else {
      Dequantizer.row(values.type(), data, row * columns, stored, 0, columns);
    }
    return stored;
  }

  private float scale(long index) {
    float[] one = new float[1];
    Dequantizer.row(scales.type(), scales.data(), scales.type().bytes(index), one, 0, 1);
    return one[0];
  }

  private static void write(
      float[] stored, float scale, int from, int to, MemorySegment out, long at) {
    for (int column = from; column < to; column++) {
      out.set(GgufValue.FLOAT, at + 4L * column, stored[column] * scale);
    }
  }
}
