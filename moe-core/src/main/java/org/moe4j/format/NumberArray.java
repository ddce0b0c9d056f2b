// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.MemorySegment;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An immutable list of numbers or truth values held as the bytes they have in a GGUF file, so that
 * a list of a vocabulary's scores takes no more memory than in the file. Entries are {@link Long},
 * {@link Double} or {@link Boolean}.
 */
final class NumberArray extends AbstractList<Object> implements RandomAccess {

  private final GgufValue type;
  private final MemorySegment bytes;
  private final int size;

  /**
   * Creates the list.
   *
   * @param type the type of the entries, of fixed size
   * @param bytes the entries, little-endian, in memory that lasts as long as the list; kept
   */
  NumberArray(GgufValue type, byte[] bytes) {
    this.type = type;
    this.bytes = MemorySegment.ofArray(bytes);
    this.size = bytes.length / type.bytes();
  }

  @Override
  public Object get(int index) {
    Objects.checkIndex(index, size);
    return type.read(bytes, (long) index * type.bytes());
  }

  @Override
  public int size() {
    return size;
  }
}
