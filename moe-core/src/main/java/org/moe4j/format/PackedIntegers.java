// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import com.google.common.primitives.ImmutableIntArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * A matrix of small integers with a scale and a zero for each group of columns of a row: {@code
 * weight = scale x (integer - zero)}. Where groups are whole blocks of 32 consecutive columns, the
 * differences stay integers; else the weights are given as floats.
 *
 * @param name name of the matrix, for messages
 * @param file where it lies
 * @param rows outputs
 * @param columns inputs
 * @param bits bits of an integer
 * @param symmetric whether every zero is the middle of the range
 * @param groupSize consecutive columns of a group
 * @param groups the group of each column where a file tells it, or null
 * @param store the integers
 */
record PackedIntegers(
    String name,
    String file,
    int rows,
    int columns,
    int bits,
    boolean symmetric,
    int groupSize,
    @Nullable ImmutableIntArray groups,
    Store store)
    implements PackedRows {

  /** Where the parts of a weight lie. */
  interface Store {

    /** An unsigned integer. */
    int integer(int row, int column);

    /** An unsigned zero. */
    int zero(int row, int group);

    /** A scale. */
    float scale(int row, int group);
  }

  @Override
  public long[] shape() {
    return new long[] {rows, columns};
  }

  @Override
  public TensorType type() {
    boolean whole = groupSize % 32 == 0 || groupSize >= columns;
    if (groups != null || !whole || columns % 32 != 0) {
      return TensorType.F32;
    }
    if (symmetric) {
      return bits <= 4 ? TensorType.INT4 : TensorType.INT8;
    }
    return bits <= 4 ? TensorType.INT5 : TensorType.F32;
  }

  @Override
  public void row(long index, MemorySegment out, long at) {
    int row = Math.toIntExact(index);
    TensorType type = type();
    if (type == TensorType.F32) {
      for (int column = 0; column < columns; column++) {
        int group = groups == null ? column / groupSize : groups.get(column);
        out.set(
            GgufValue.FLOAT,
            at + 4L * column,
            store.scale(row, group) * (store.integer(row, column) - store.zero(row, group)));
      }
      return;
    }
    BlockDecoder range = BlockDecoder.of(type).orElseThrow();
    for (int column = 0; column < columns; column++) {
      int group = column / groupSize;
      long block = at + column / 32 * (long) type.blockBytes();
      if (column % 32 == 0) {
        out.set(GgufValue.FLOAT, block, store.scale(row, group));
      }
      int value = store.integer(row, column) - store.zero(row, group);
      if (value < range.least() || value > range.most()) {
        throw new MixtureException.BadFile(
            file,
            name,
            "row %d, column %d is %d, expected %d to %d as the config says it is symmetric"
                .formatted(row, column, value, range.least(), range.most()),
            null);
      }
      out.set(ValueLayout.JAVA_BYTE, block + Float.BYTES + column % 32, (byte) value);
    }
  }
}
