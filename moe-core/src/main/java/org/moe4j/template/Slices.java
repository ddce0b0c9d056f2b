// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.List;

/** Slices of strings, lists, tuples and ranges. */
final class Slices {
  private Slices() {}

  /** {@code value[start:stop:step]}; a missing part is none. */
  static Object slice(Object value, Object start, Object stop, Object step, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!(Values.isText(value) || value instanceof Seq || value instanceof Range)) {
      throw new TemplateError(Values.typeName(value) + " cannot be sliced");
    }
    long by = step == None.NONE ? 1 : index(step);
    if (by == 0) {
      throw new TemplateError("the step of a slice is zero");
    }
    int length = Values.length(value, budget);
    long lowest = by > 0 ? 0 : -1;
    long highest = by > 0 ? length : length - 1L;
    long from =
        start == None.NONE ? (by > 0 ? lowest : highest) : limit(start, length, lowest, highest);
    long to =
        stop == None.NONE ? (by > 0 ? highest : lowest) : limit(stop, length, lowest, highest);
    return switch (value) {
      case Seq seq -> new Seq(elements(seq.items(), from, to, by, budget), seq.tuple());
      case Range range ->
          new Range(
              range.start() + from * range.step(),
              range.start() + to * range.step(),
              range.step() * Math.clamp(by, -Range.MAX, Range.MAX));
      default ->
          Values.textLike(value, text(String.valueOf(Values.asText(value)), from, to, by, budget));
    };
  }

  private static long index(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!Numbers.isInteger(value)) {
      throw new TemplateError("a slice needs integers, found " + Values.typeName(value));
    }
    // Half of the range of long is beyond every length and leaves room for sums.
    return Numbers.big(value).bitLength() > 62
        ? Numbers.big(value).signum() * (Long.MAX_VALUE / 2)
        : Numbers.big(value).longValue();
  }

  private static long limit(Object bound, int length, long lowest, long highest) {
    long index = index(bound);
    return Math.clamp(index < 0 ? index + length : index, lowest, highest);
  }

  private static List<Object> elements(
      List<Object> items, long from, long to, long by, Budget budget) {
    List<Object> slice = new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      budget.references(1);
      slice.add(items.get((int) i));
    }
    return slice;
  }

  private static String text(String text, long from, long to, long by, Budget budget) {
    if (by == 1) {
      if (from >= to) {
        return "";
      }
      int start = text.offsetByCodePoints(0, (int) from);
      int end = text.offsetByCodePoints(start, (int) (to - from));
      budget.text(end - start);
      return text.substring(start, end);
    }
    budget.text(text.length());
    int[] characters = text.codePoints().toArray();
    StringBuilder slice = new StringBuilder();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      slice.appendCodePoint(characters[(int) i]);
    }
    return slice.toString();
  }
}
