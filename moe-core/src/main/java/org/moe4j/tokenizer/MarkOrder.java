// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Brings long runs of combining marks into canonical order.
 *
 * <p>Normalising does that too, but the JDK's way takes quadratic time: a few hundred thousand
 * marks on one letter would keep it busy for minutes. Marks that are in order already take linear
 * time. The JDK does not tell the combining class of a mark; it is found out by normalising pairs
 * of marks, since only a mark of a higher class moves behind its neighbour.
 */
final class MarkOrder {

  /** Runs up to this length are left to the normalizer. */
  private static final int SHORT = 200;

  private static final String LOWEST = "\u0334"; // combining class 1
  private static final String HIGHEST = "\u0345"; // combining class 240

  private MarkOrder() {}

  /** A text with the same normal forms, in which no long run of marks is out of order. */
  static String sort(String text) {
    StringBuilder sorted = null;
    int done = 0;
    for (int at = 0; at < text.length(); ) {
      int end = at;
      while (end < text.length() && isMark(text.codePointAt(end))) {
        end += Character.charCount(text.codePointAt(end));
      }
      if (end - at > SHORT) {
        if (sorted == null) {
          sorted = new StringBuilder(text.length());
        }
        sorted.append(text, done, at);
        appendSorted(text.substring(at, end), sorted);
        done = end;
      }
      at = end == at ? at + Character.charCount(text.codePointAt(at)) : end;
    }
    return sorted == null ? text : sorted.append(text, done, text.length()).toString();
  }

  private static boolean isMark(int codePoint) {
    if (codePoint < 0x300) {
      return false;
    }
    int type = Character.getType(codePoint);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  private static void appendSorted(String run, StringBuilder out) {
    Map<Integer, String> decompositions = new HashMap<>();
    List<Integer> marks = new ArrayList<>();
    run.codePoints()
        .forEach(mark ->
            decompositions
                .computeIfAbsent(mark, m -> decompose(Character.toString(m)))
                .codePoints()
                .forEach(marks::add));
    Map<Integer, Integer> ranks = ranks(new LinkedHashSet<>(marks));
    List<List<Integer>> buckets = new ArrayList<>();
    for (int i = 0; i <= ranks.size(); i++) {
      buckets.add(new ArrayList<>());
    }
    for (int mark : marks) {
      int rank = ranks.getOrDefault(mark, 0);
      if (rank == 0) { // a mark that takes part in no reordering: none moves across it
        flush(buckets, out);
        out.appendCodePoint(mark);
      } else {
        buckets.get(rank).add(mark);
      }
    }
    flush(buckets, out);
  }

  private static void flush(List<List<Integer>> buckets, StringBuilder out) {
    for (List<Integer> bucket : buckets) {
      bucket.forEach(out::appendCodePoint);
      bucket.clear();
    }
  }

  /** Numbers that order reorderable marks as their combining classes do, from 1. */
  private static Map<Integer, Integer> ranks(Set<Integer> marks) {
    List<String> movable = new ArrayList<>();
    for (int mark : marks) {
      String text = Character.toString(mark);
      if (moves(text, LOWEST) || moves(HIGHEST, text)) {
        movable.add(text);
      }
    }
    movable.sort((a, b) -> moves(a, b) ? 1 : moves(b, a) ? -1 : 0);
    Map<Integer, Integer> ranks = new HashMap<>();
    int rank = 0;
    for (int i = 0; i < movable.size(); i++) {
      if (i == 0 || moves(movable.get(i), movable.get(i - 1))) {
        rank++;
      }
      ranks.put(movable.get(i).codePointAt(0), rank);
    }
    return ranks;
  }

  /** Whether normalising moves the first mark behind the second. */
  private static boolean moves(String first, String second) {
    return !first.equals(second) && decompose(first + second).equals(second + first);
  }

  private static String decompose(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFD);
  }
}
