// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import org.moe4j.MixtureException;

/**
 * A matrix of floats that is read one by one.
 *
 * @param type F32, F16 or BF16
 * @param data its bytes
 * @param columns width of a row
 */
record Numbers(TensorType type, MemorySegment data, long columns) {

  static Numbers of(TensorData tensor) {
    PackedWords.requireMatrix(tensor);
    requireFloats(tensor);
    return new Numbers(tensor.type(), tensor.data(), tensor.size(1));
  }

  /** Refuses scales of another type. */
  static void requireFloats(TensorData tensor) {
    switch (tensor.type()) {
      case F32, F16, BF16 -> {}
      default ->
          throw new MixtureException.BadFile(
              tensor.file(),
              tensor.name(),
              "expected F32, F16 or BF16, found " + tensor.type(),
              null);
    }
  }

  float get(long row, long column) {
    float[] one = new float[1];
    Dequantizer.row(type, data, type.bytes(row * columns + column), one, 0, 1);
    return one[0];
  }
}
