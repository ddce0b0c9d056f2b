// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix, or a stack of them, that lies packed in several tensors of a file, row by row in one of
 * the types that can be computed with. Immutable.
 */
interface PackedRows {

  /** How its rows are given. */
  TensorType type();

  /** The shape of what is packed, outermost dimension first. */
  long[] shape();

  /**
   * Writes one row.
   *
   * @param row index of the row, counted through all matrices of a stack
   * @param out receives the row
   * @param at its first byte there
   */
  void row(long row, MemorySegment out, long at);

  /**
   * The tensor that the packed ones stand for.
   *
   * @param file where they lie
   * @param name the name of the tensor
   */
  default TensorData tensor(String file, String name) {
    long[] shape = shape();
    long bytes = type().bytes(shape[shape.length - 1]);
    return TensorData.derived(
        file,
        name,
        type(),
        (offset, length) -> {
          MemorySegment out = Arena.ofAuto().allocate(Math.max(1, length), Long.BYTES);
          for (long at = 0; at < length; at += bytes) {
            row((offset + at) / bytes, out, at);
          }
          return out.asSlice(0, length);
        },
        shape);
  }
}
