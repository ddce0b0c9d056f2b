// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * An arithmetic progression, as {@code range()} makes it.
 *
 * @param start first element
 * @param stop bound that is not reached
 * @param step difference of neighbours, not zero
 */
record Range(long start, long stop, long step) {

  /** The longest range that a template may ask for, as in the reference. */
  static final int MAX = 100_000;

  /** Bounds beyond this serve no template; within it no sum or product below overflows. */
  private static final long LARGEST = 1L << 40;

  static Range of(long start, long stop, long step) {
    if (step == 0) {
      throw new TemplateError("the step of a range is zero");
    }
    if (Math.max(Math.abs(start), Math.max(Math.abs(stop), Math.abs(step))) > LARGEST
        || start == Long.MIN_VALUE
        || stop == Long.MIN_VALUE
        || step == Long.MIN_VALUE
        || Math.abs((stop - start) / step) > MAX) {
      throw new TemplateError("range of more than " + MAX + " elements");
    }
    return new Range(start, stop, step);
  }

  /** Number of elements. */
  int size() {
    long distance = step > 0 ? stop - start : start - stop;
    return (int) Math.max(0, Math.ceilDiv(distance, Math.abs(step)));
  }

  long get(int index) {
    return start + index * step;
  }

  boolean contains(long value) {
    if (step > 0 ? value < start || value >= stop : value > start || value <= stop) {
      return false;
    }
    return Math.floorMod(value - start, step) == 0;
  }
}
