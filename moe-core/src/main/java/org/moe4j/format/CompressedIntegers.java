// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * The format "pack-quantized" of compressed-tensors: {@code weight_packed [rows, columns / k]} with
 * k consecutive columns in a word, {@code weight_scale [rows, groups]}, {@code weight_shape} and,
 * if not symmetric, {@code weight_zero_point [rows / k, groups]} with k consecutive rows in a word.
 * Integers and zeros are stored with half of their range added.
 *
 * @see <a href="https://github.com/vllm-project/compressed-tensors">compressed-tensors</a>
 */
record CompressedIntegers(
    PackedWords weights, @Nullable PackedWords zeros, Numbers scales, int bits)
    implements PackedIntegers.Store {

  /**
   * A packed matrix.
   *
   * @param prefix name of the matrix
   * @param parts the tensors under the prefix
   * @param bits bits of an integer, which divide 32
   * @param groupSize columns of a group, or less than 1 for all
   * @param symmetric whether the config says so
   */
  static PackedIntegers read(
      String prefix, PackedParts parts, int bits, int groupSize, boolean symmetric) {
    TensorData packed = parts.get("weight_packed");
    TensorData scale = parts.get("weight_scale");
    int perWord = 32 / bits;
    long[] shape = shape(parts.get("weight_shape"));
    int rows = Math.toIntExact(shape[0]);
    int columns = Math.toIntExact(shape[1]);
    int size = groupSize < 1 ? columns : groupSize;
    int groups = Math.ceilDiv(columns, size);
    PackedWords.requireShape(scale, rows, groups);
    CompressedIntegers store =
        new CompressedIntegers(
            PackedWords.of(packed, rows, Math.ceilDiv(columns, perWord)),
            symmetric
                ? null
                : PackedWords.of(
                    parts.get("weight_zero_point"), Math.ceilDiv(rows, perWord), groups),
            Numbers.of(scale),
            bits);
    return new PackedIntegers(
        prefix,
        packed.file(),
        rows,
        columns,
        bits,
        symmetric,
        size,
        parts.has("weight_g_idx")
            ? Gptq.order(parts.get("weight_g_idx"), columns, groups, size)
            : null,
        store);
  }

  private static long[] shape(TensorData tensor) {
    PackedWords.requireShape(tensor, 2);
    long[] shape =
        switch (tensor.type()) {
          case I64 -> tensor.data().toArray(GgufValue.LONG);
          case I32 -> {
            int[] sizes = tensor.data().toArray(GgufValue.INT);
            yield new long[] {sizes[0], sizes[1]};
          }
          default -> new long[] {0, 0};
        };
    if (shape[0] < 1
        || shape[1] < 1
        || shape[0] > Integer.MAX_VALUE
        || shape[1] > Integer.MAX_VALUE) {
      throw new MixtureException.BadFile(
          tensor.file(),
          tensor.name(),
          "expected two integers from 1 to %d".formatted(Integer.MAX_VALUE),
          null);
    }
    return shape;
  }

  @Override
  public int integer(int row, int column) {
    int perWord = 32 / bits;
    return weights.get(row, column / perWord, column % perWord * bits, bits);
  }

  @Override
  public int zero(int row, int group) {
    int perWord = 32 / bits;
    return zeros == null
        ? 1 << (bits - 1)
        : zeros.get(row / perWord, group, row % perWord * bits, bits);
  }

  @Override
  public float scale(int row, int group) {
    return scales.get(row, group);
  }
}
