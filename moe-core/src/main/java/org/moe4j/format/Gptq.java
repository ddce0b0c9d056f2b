// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import com.google.common.primitives.ImmutableIntArray;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * GPTQ: {@code qweight [columns / k, rows]} with k consecutive columns in a word, {@code qzeros
 * [groups, rows / k]} with k consecutive rows in a word, {@code scales [groups, rows]} and {@code
 * g_idx [columns]}, the group of each column. The first version of the format stores zeros less
 * one, modulo their range.
 *
 * @see <a href="https://github.com/AutoGPTQ/AutoGPTQ">AutoGPTQ</a>
 */
record Gptq(PackedWords weights, PackedWords zeros, Numbers scales, int bits, int plus)
    implements PackedIntegers.Store {

  /**
   * A packed matrix.
   *
   * @param prefix name of the matrix
   * @param parts the tensors under the prefix
   * @param bits bits of an integer, which divide 32
   * @param groupSize columns of a group, or less than 1 for all
   * @param symmetric whether the config says so
   * @param plus what is added to a stored zero
   */
  static PackedIntegers read(
      String prefix, PackedParts parts, int bits, int groupSize, boolean symmetric, int plus) {
    TensorData weight = parts.get("qweight");
    TensorData scale = parts.get("scales");
    int perWord = 32 / bits;
    PackedWords.requireMatrix(weight);
    PackedWords.requireMatrix(scale);
    int rows = PackedWords.size(weight, 1, 1);
    int columns = PackedWords.size(weight, 0, perWord);
    int size = groupSize < 1 ? columns : groupSize;
    int groups = Math.ceilDiv(columns, size);
    PackedWords.requireShape(scale, groups, rows);
    Gptq store =
        new Gptq(
            PackedWords.of(weight, columns / perWord, rows),
            PackedWords.of(parts.get("qzeros"), groups, Math.ceilDiv(rows, perWord)),
            Numbers.of(scale),
            bits,
            plus);
    return new PackedIntegers(
        prefix,
        weight.file(),
        rows,
        columns,
        bits,
        symmetric,
        size,
        parts.has("g_idx") ? order(parts.get("g_idx"), columns, groups, size) : null,
        store);
  }

  /** The group of each column, or null if columns are in the order of their groups. */
  static @Nullable ImmutableIntArray order(TensorData index, int columns, int groups, int size) {
    PackedWords.requireShape(index, columns);
    if (index.type() != TensorType.I32) {
      throw new MixtureException.BadFile(
          index.file(), index.name(), "expected I32, found " + index.type(), null);
    }
    int[] each = index.data().toArray(GgufValue.INT);
    boolean plain = true;
    for (int column = 0; column < columns; column++) {
      if (each[column] < 0 || each[column] >= groups) {
        throw new MixtureException.BadFile(
            index.file(),
            index.name(),
            "expected groups from 0 to %d, found %d".formatted(groups - 1, each[column]),
            null);
      }
      plain &= each[column] == column / size;
    }
    return plain ? null : ImmutableIntArray.copyOf(each);
  }

  @Override
  public int integer(int row, int column) {
    int perWord = 32 / bits;
    return weights.get(column / perWord, row, column % perWord * bits, bits);
  }

  @Override
  public int zero(int row, int group) {
    int perWord = 32 / bits;
    int stored = zeros.get(group, row / perWord, row % perWord * bits, bits);
    return (stored + plus) & ((1 << bits) - 1);
  }

  @Override
  public float scale(int row, int group) {
    return scales.get(group, row);
  }
}
