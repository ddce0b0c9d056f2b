// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

/**
 * AWQ for matrix products: {@code qweight [columns, rows / 8]} and {@code qzeros [groups, rows /
 * 8]} with eight consecutive rows in a word, of which the even ones come first, and {@code scales
 * [groups, rows]}.
 *
 * @see <a href="https://github.com/mit-han-lab/llm-awq">llm-awq</a>
 */
record Awq(PackedWords weights, PackedWords zeros, Numbers scales) implements PackedIntegers.Store {

  /**
   * A packed matrix.
   *
   * @param prefix name of the matrix
   * @param parts the tensors under the prefix
   * @param groupSize columns of a group, or less than 1 for all
   */
  static PackedIntegers read(String prefix, PackedParts parts, int groupSize) {
    TensorData weight = parts.get("qweight");
    PackedWords.requireMatrix(weight);
    int columns = PackedWords.size(weight, 0, 1);
    int rows = PackedWords.size(weight, 1, 8);
    int size = groupSize < 1 ? columns : groupSize;
    int groups = Math.ceilDiv(columns, size);
    TensorData scale = parts.get("scales");
    PackedWords.requireShape(scale, groups, rows);
    Awq store =
        new Awq(
            PackedWords.of(weight, columns, rows / 8),
            PackedWords.of(parts.get("qzeros"), groups, rows / 8),
            Numbers.of(scale));
    return new PackedIntegers(prefix, weight.file(), rows, columns, 4, false, size, null, store);
  }

  /** Where a row lies in its word: rows 0, 2, 4, 6 and then 1, 3, 5, 7. */
  private static int place(int row) {
    return 4 * (row % 8 / 2 + row % 2 * 4);
  }

  @Override
  public int integer(int row, int column) {
    return weights.get(column, row / 8, place(row), 4);
  }

  @Override
  public int zero(int row, int group) {
    return zeros.get(group, row / 8, place(row), 4);
  }

  @Override
  public float scale(int row, int group) {
    return scales.get(group, row);
  }
}
