// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.moe4j.MixtureException;

/**
 * Reads the header of a GGUF file from front to back. Every length and count is held against the
 * bytes that remain before anything is allocated for it.
 */
final class GgufCursor {

  /**
   * Far above any real header (a vocabulary of 262,144 tokens takes 12 MB); bounds the memory a
   * hostile one can take. Text takes up to two bytes for one of the file.
   */
  static final long MAX_HEADER = Math.min(128L << 20, HeapLimit.most(2));

  private final String file;
  private final MemorySegment data;
  private final boolean cut;
  private long position;

  GgufCursor(String file, MemorySegment data) {
    this.file = file;
    this.cut = data.byteSize() > MAX_HEADER;
    this.data = cut ? data.asSlice(0, MAX_HEADER) : data;
  }

  long position() {
    return position;
  }

  long remaining() {
    return data.byteSize() - position;
  }

  MixtureException.BadFile bad(String part, String problem) {
    return new MixtureException.BadFile(file, part, problem, null);
  }

  /** Moves on by some bytes and returns where they begin. */
  long take(long bytes, String part) {
    if (bytes < 0 || bytes > remaining()) {
      throw bad(
          part,
          "needs %s bytes at offset %d, only %d are left%s"
              .formatted(
                  Long.toUnsignedString(bytes),
                  position,
                  remaining(),
                  cut ? " of the " + MAX_HEADER + " that a header may have with this heap" : ""));
    }
    long start = position;
    position += bytes;
    return start;
  }

  int int32(String part) {
    return data.get(GgufValue.INT, take(Integer.BYTES, part));
  }

  long int64(String part) {
    return data.get(GgufValue.LONG, take(Long.BYTES, part));
  }

  /** Reads how many things follow, each of which takes some bytes at least. */
  long count(String part, long leastBytes) {
    long count = int64(part);
    if (count < 0 || count > remaining() / leastBytes) {
      throw bad(
          part,
          "%s entries of at least %d bytes cannot be in the %d bytes that are left"
              .formatted(Long.toUnsignedString(count), leastBytes, remaining()));
    }
    return count;
  }

  /** Reads a value of fixed size. */
  Object scalar(GgufValue type, String part) {
    Object value = type.read(data, take(type.bytes(), part));
    if (type == GgufValue.BOOL) {
      requireTruth(data.get(ValueLayout.JAVA_BYTE, position - 1), part);
    }
    return value;
  }

  /** Reads values of fixed size. */
  byte[] scalars(GgufValue type, long count, String part) {
    long start = take(count * type.bytes(), part);
    byte[] bytes = data.asSlice(start, position - start).toArray(ValueLayout.JAVA_BYTE);
    if (type == GgufValue.BOOL) {
      for (byte each : bytes) {
        requireTruth(each, part);
      }
    }
    return bytes;
  }

  private void requireTruth(byte value, String part) {
    if (value != 0 && value != 1) {
      throw bad(part, "expected a truth value of 0 or 1, found " + value);
    }
  }

  /** Reads a string that may hold anything; bytes that are no UTF-8 become U+FFFD. */
  String string(String part) {
    return new String(stringBytes(part), StandardCharsets.UTF_8);
  }

  /** Reads a string that something is found by later, so it must be sound UTF-8. */
  String name(String part) {
    byte[] bytes = stringBytes(part);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MixtureException.BadFile(file, part, "is not valid UTF-8", e);
    }
  }

  private byte[] stringBytes(String part) {
    long start = take(int64(part), part);
    return data.asSlice(start, position - start).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Reads strings. The lengths are walked once, so that memory is taken only for what is there. */
  StringArray strings(int count, String part) {
    long start = position;
    long total = 0;
    for (int i = 0; i < count; i++) {
      long length = int64(part);
      take(length, part);
      total += length;
    }
    byte[] bytes = new byte[Math.toIntExact(total)];
    int[] ends = new int[count];
    int end = 0;
    position = start;
    for (int i = 0; i < count; i++) {
      int length = (int) int64(part);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, take(length, part), bytes, end, length);
      end += length;
      ends[i] = end;
    }
    return new StringArray(bytes, ends);
  }
}
