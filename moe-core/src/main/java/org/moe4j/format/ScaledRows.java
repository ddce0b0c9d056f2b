// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.moe4j.MixtureException;

/**
 * Floats of 8 bits, or bytes, with a scale for every block of rows and columns. A grid of scales
 * with one entry is a scale for all, one with a single column a scale a row. Stacked matrices each
 * have a grid of their own, but for the one scale of all.
 *
 * <p>Where blocks are whole blocks of a type that has a scale for each, they are given so; else the
 * products are, in single precision.
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
    long columns = values.size(values.rank() - 1);
    for (int size : new int[] {128, 32}) {
      boolean whole = blockColumns >= columns || blockColumns % size == 0;
      if (whole && columns % size == 0 && (values.type() != TensorType.I8 || size == 32)) {
        return Float8.of(values.type()).map(each -> each.blocks(size)).orElse(TensorType.INT8);
      }
    }
    return TensorType.F32;
  }

  @Override
  public long[] shape() {
    return values.shape();
  }

  @Override
  public void row(long row, MemorySegment out, long at) {
    int columns = Math.toIntExact(values.size(values.rank() - 1));
    TensorType type = type();
    if (type == TensorType.F32) {
      products(row, columns, out, at);
      return;
    }
    MemorySegment data = values.data();
    int size = type.blockSize();
    for (int column = 0; column < columns; column += size) {
      long to = at + type.bytes(column);
      out.set(GgufValue.FLOAT, to, scale(row, column));
      MemorySegment.copy(data, row * columns + column, out, to + Float.BYTES, size);
    }
  }

  private void products(long row, int columns, MemorySegment out, long at) {
    float[] stored = new float[columns];
    if (values.type() == TensorType.I8) {
      for (int column = 0; column < columns; column++) {
        stored[column] = values.data().get(ValueLayout.JAVA_BYTE, row * columns + column);
      }
    } else {
      Dequantizer.row(values.type(), values.data(), row * columns, stored, 0, columns);
    }
    long block = Math.min(blockColumns, columns);
    for (long first = 0; first < columns; first += block) {
      float scale = scale(row, first);
      for (int column = (int) first; column < Math.min(columns, first + block); column++) {
        out.set(GgufValue.FLOAT, at + 4L * column, stored[column] * scale);
      }
    }
  }

  private float scale(long row, long column) {
    float[] one = new float[1];
    Dequantizer.row(
        scales.type(), scales.data(), scales.type().bytes(entry(row, column)), one, 0, 1);
    return one[0];
  }

  /** Which scale an element has. */
  private long entry(long row, long column) {
    if (blockRows == Long.MAX_VALUE) {
      return 0;
    }
    long rows = values.size(values.rank() - 2);
    long down = row / rows * Math.ceilDiv(rows, blockRows) + row % rows / blockRows;
    return down * Math.ceilDiv(values.size(values.rank() - 1), blockColumns)
        + column / blockColumns;
  }
}
