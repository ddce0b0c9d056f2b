// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;

/**
 * A hash map from non-negative longs to non-negative longs. Once filled it is safe for many
 * threads.
 */
final class LongMap {

  static final long ABSENT = -1;

  private long[] keys;
  private long[] values;
  private int size;

  /**
   * Creates a map.
   *
   * @param expected how many entries to make room for
   */
  LongMap(int expected) {
    int capacity = Integer.highestOneBit(Math.max(8, Math.min(expected, 1 << 28)) * 2 - 1) * 2;
    keys = new long[capacity];
    values = new long[capacity];
    Arrays.fill(keys, ABSENT);
  }

  /** The value of a key, or {@link #ABSENT}. */
  long get(long key) {
    int at = slot(keys, key);
    return keys[at] == key ? values[at] : ABSENT;
  }

  /** Sets the value of a key. */
  void put(long key, long value) {
    if (key < 0 || value < 0) {
      throw new IllegalArgumentException("negative entry " + key + " -> " + value);
    }
    int at = slot(keys, key);
    values[at] = value;
    if (keys[at] == key) {
      return;
    }
    keys[at] = key;
    if (2 * ++size > keys.length) {
      grow();
    }
  }

  private void grow() {
    long[] moreKeys = new long[2 * keys.length];
    long[] moreValues = new long[2 * keys.length];
    Arrays.fill(moreKeys, ABSENT);
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] != ABSENT) {
        int at = slot(moreKeys, keys[i]);
        moreKeys[at] = keys[i];
        moreValues[at] = values[i];
      }
    }
    keys = moreKeys;
    values = moreValues;
  }

  private static int slot(long[] keys, long key) {
    int mask = keys.length - 1;
    long hash = key * 0x9E3779B97F4A7C15L;
    int at = (int) (hash ^ hash >>> 32) & mask;
    while (keys[at] != ABSENT && keys[at] != key) {
      at = at + 1 & mask;
    }
    return at;
  }
}
