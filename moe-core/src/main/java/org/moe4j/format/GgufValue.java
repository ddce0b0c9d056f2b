// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The types of metadata values in a GGUF file; the ordinal is the id in the file. */
enum GgufValue {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(0),
  ARRAY(0),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  GgufValue(int bytes) {
    this.bytes = bytes;
  }

  /** The size of a value, or 0 for strings and arrays, which have none. */
  int bytes() {
    return bytes;
  }

  /**
   * Reads a value of fixed size as a {@link Long}, {@link Double} or {@link Boolean}. Unsigned
   * values beyond the range of {@code long} become doubles.
   */
  Object read(MemorySegment data, long offset) {
    return switch (this) {
      case UINT8 -> (long) (data.get(ValueLayout.JAVA_BYTE, offset) & 0xff);
      case INT8 -> (long) data.get(ValueLayout.JAVA_BYTE, offset);
      case UINT16 -> (long) (data.get(SHORT, offset) & 0xffff);
      case INT16 -> (long) data.get(SHORT, offset);
      case UINT32 -> data.get(INT, offset) & 0xffff_ffffL;
      case INT32 -> (long) data.get(INT, offset);
      case FLOAT32 -> (double) data.get(FLOAT, offset);
      case BOOL -> data.get(ValueLayout.JAVA_BYTE, offset) != 0;
      case UINT64 -> {
        long value = data.get(LONG, offset);
        if (value >= 0) {
          yield value;
        }
        // Halved with a sticky last bit, so that the conversion rounds as for the whole value.
        yield ((value >>> 1) | (value & 1)) * 2.0;
      }
      case INT64 -> data.get(LONG, offset);
      case FLOAT64 -> data.get(DOUBLE, offset);
      case STRING, ARRAY -> throw new IllegalStateException(this + " has no fixed size");
    };
  }
}
