// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import com.google.common.primitives.ImmutableLongArray;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import org.moe4j.MixtureException;

/**
 * What the header of a file says about a tensor.
 *
 * @param name its name
 * @param type how its elements are stored
 * @param shape its dimensions, outermost first
 * @param begin its first byte, counted from the start of the data
 * @param end the byte after its last one
 */
record TensorHeader(String name, TensorType type, ImmutableLongArray shape, long begin, long end) {

  private static final int MAX_NAME = 1 << 16;

  /** Refuses names that would garble every message they stand in. */
  static String checkName(String file, String part, String name) {
    if (name.isEmpty() || name.length() > MAX_NAME) {
      throw new MixtureException.BadFile(
          file,
          part,
          "expected a name of 1 to %d characters, found %d".formatted(MAX_NAME, name.length()),
          null);
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw new MixtureException.BadFile(file, part, "has control characters in its name", null);
    }
    return name;
  }

  /** The bytes that a tensor needs; refuses what overflows and rows that are no whole blocks. */
  static long bytes(String file, String name, TensorType type, ImmutableLongArray shape) {
    long row = shape.isEmpty() ? 1 : shape.get(shape.length() - 1);
    if (type.isQuantized() && row % type.blockSize() != 0) {
      throw new MixtureException.BadFile(
          file,
          name,
          "expected rows of whole blocks of %d (%s), found %d elements"
              .formatted(type.blockSize(), type, row),
          null);
    }
    try {
      return type.bytes(shape.stream().reduce(1, Math::multiplyExact));
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new MixtureException.BadFile(
          file,
          name,
          "%s of shape %s is beyond 2^63 bytes or no whole number of bytes".formatted(type, shape),
          e);
    }
  }

  /** Cuts the tensors out of the data, in the order given. */
  static List<TensorData> cut(String file, List<TensorHeader> headers, MemorySegment data) {
    for (TensorHeader each : headers) {
      if (each.begin < 0 || each.begin > each.end || each.end > data.byteSize()) {
        throw new MixtureException.BadFile(
            file,
            each.name,
            "takes the bytes %d to %d of the data, which has only %d (is the file cut off?)"
                .formatted(each.begin, each.end, data.byteSize()),
            null);
      }
    }
    return headers.stream()
        .map(each ->
            TensorData.of(
                file,
                each.name,
                each.type,
                data.asSlice(each.begin, each.end - each.begin),
                each.shape.toArray()))
        .toList();
  }

  /**
   * The same tensors in the order of their bytes; an empty one comes before the one that begins
   * where it lies.
   */
  static List<TensorHeader> inOrderOfBytes(List<TensorHeader> headers) {
    return headers.stream()
        .sorted(Comparator.comparingLong(TensorHeader::begin).thenComparingLong(TensorHeader::end))
        .toList();
  }
}
