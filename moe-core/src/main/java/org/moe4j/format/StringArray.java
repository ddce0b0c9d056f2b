// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An immutable list of strings held as their UTF-8 bytes in one piece, so that a vocabulary takes
 * no more memory than it takes in the file. An entry is decoded at each access; bytes that are no
 * UTF-8 become U+FFFD.
 */
final class StringArray extends AbstractList<String> implements RandomAccess {

  private final byte[] bytes;
  private final int[] ends;

  /**
   * Creates the list.
   *
   * @param bytes all strings, one after the other; kept
   * @param ends where each string ends in {@code bytes}; kept
   */
  StringArray(byte[] bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
  }

  @Override
  public String get(int index) {
    Objects.checkIndex(index, ends.length);
    int start = index == 0 ? 0 : ends[index - 1];
    return new String(bytes, start, ends[index] - start, StandardCharsets.UTF_8);
  }

  @Override
  public int size() {
    return ends.length;
  }
}
