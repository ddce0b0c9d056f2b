// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.moe4j.MixtureException;

/**
 * A matrix of 32-bit words, each of several small unsigned integers, the first in the lowest bits.
 *
 * @param words the stored words
 * @param columns columns of words
 */
record PackedWords(MemorySegment words, long columns) {

  /** The words of a tensor, whose shape is checked. */
  static PackedWords of(TensorData tensor, long rows, long columns) {
    requireShape(tensor, rows, columns);
    if (tensor.type() != TensorType.I32) {
      throw new MixtureException.BadFile(
          tensor.file(), tensor.name(), "expected I32, found " + tensor.type(), null);
    }
    return new PackedWords(tensor.data(), columns);
  }

  /** A dimension times what a word holds of it. */
  static int size(TensorData tensor, int dimension, int perWord) {
    long size = tensor.size(dimension);
    if (size > Integer.MAX_VALUE / perWord) {
      throw new MixtureException.BadFile(
          tensor.file(), tensor.name(), "is too large, found " + tensor, null);
    }
    return (int) size * perWord;
  }

  static void requireMatrix(TensorData tensor) {
    if (tensor.rank() != 2 || tensor.elements() == 0) {
      throw new MixtureException.BadFile(
          tensor.file(), tensor.name(), "expected a matrix, found " + tensor, null);
    }
  }

  static void requireShape(TensorData tensor, long... shape) {
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw new MixtureException.BadFile(
          tensor.file(),
          tensor.name(),
          "expected shape %s, found %s"
              .formatted(Arrays.toString(shape), Arrays.toString(tensor.shape())),
          null);
    }
  }

  /** Some bits of a word. */
  int get(long row, long column, int from, int bits) {
    return Bits.bits(words.get(GgufValue.INT, 4 * (row * columns + column)), from, bits);
  }
}
