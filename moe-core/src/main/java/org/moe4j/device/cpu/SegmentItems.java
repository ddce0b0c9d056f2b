// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/** The items of a loop over the segments of a batch: those of the first segment, then the next. */
final class SegmentItems {

  private long[] ends = new long[0];
  private int segments;

  /** Forgets all segments. */
  void clear() {
    segments = 0;
  }

  /** Adds a segment with so many items. */
  void add(long items) {
    if (ends.length == segments) {
      ends = Arrays.copyOf(ends, Math.max(4, 2 * segments));
    }
    ends[segments] = count() + items;
    segments++;
  }

  /** Items of all segments. */
  long count() {
    return segments == 0 ? 0 : ends[segments - 1];
  }

  /**
   * The segment of an item.
   *
   * @param item index in the loop
   * @param from a segment that is not behind it
   */
  int segment(long item, int from) {
    int segment = from;
    while (ends[segment] <= item) {
      segment++;
    }
    return segment;
  }

  /** Index of an item in its segment. */
  int own(int segment, long item) {
    return (int) (segment == 0 ? item : item - ends[segment - 1]);
  }
}
