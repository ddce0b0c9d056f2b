// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Python's string operations on Java strings. Lengths and positions that a template sees count code
 * points; pieces of text are found with Java's offsets and only then converted.
 */
final class Text {
  private Text() {}

  /**
   * Whitespace in Python's sense, which both its {@code strip()} and its regular expressions use.
   */
  static boolean isSpace(int c) {
    return (c >= 0x09 && c <= 0x0d)
        || (c >= 0x1c && c <= 0x20)
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  private static boolean isLineBreak(char c) {
    return (c >= 0x0a && c <= 0x0d)
        || (c >= 0x1c && c <= 0x1e)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  static boolean isHex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  static int length(String text, Budget budget) {
    budget.scan(text.length());
    return text.codePointCount(0, text.length());
  }

  /** The Java offset after the last character that is not whitespace. */
  static int trimEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  /** The Java offset of a part at or after {@code from}, or -1; hostile repetition is paid for. */
  static int indexOf(String text, String part, int from, Budget budget) {
    if (part.length() < 2) {
      budget.scan(text.length() - from);
      return text.indexOf(part, from);
    }
    int last = text.length() - part.length();
    int at = text.indexOf(part.charAt(0), from);
    int paid = from;
    while (at >= 0 && at <= last) {
      int same = 1;
      while (same < part.length() && text.charAt(at + same) == part.charAt(same)) {
        same++;
      }
      budget.scan(at - paid + same);
      paid = at;
      if (same == part.length()) {
        return at;
      }
      at = text.indexOf(part.charAt(0), at + 1);
    }
    budget.scan(text.length() - paid);
    return -1;
  }

  /** The Java offset of the last part that starts at or before {@code from}, or -1. */
  static int lastIndexOf(String text, String part, int from, Budget budget) {
    if (part.isEmpty()) {
      return Math.min(from, text.length());
    }
    int start = Math.min(from, text.length() - part.length());
    int paid = start;
    int at = text.lastIndexOf(part.charAt(0), start);
    while (at >= 0) {
      int same = 1;
      while (same < part.length() && text.charAt(at + same) == part.charAt(same)) {
        same++;
      }
      budget.scan(paid - at + same);
      paid = at;
      if (same == part.length()) {
        return at;
      }
      at = text.lastIndexOf(part.charAt(0), at - 1);
    }
    budget.scan(Math.max(paid, 0));
    return -1;
  }

  /** The text without the given characters (whitespace if null) at its ends. */
  static String strip(
      String text, @Nullable String characters, boolean left, boolean right, Budget budget) {
    int start = 0;
    int end = text.length();
    while (left && start < end && isStripped(text.codePointAt(start), characters, budget)) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && isStripped(text.codePointBefore(end), characters, budget)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    budget.text(end - start);
    return text.substring(start, end);
  }

  private static boolean isStripped(int c, @Nullable String characters, Budget budget) {
    if (characters == null) {
      return isSpace(c);
    }
    budget.scan(characters.length());
    return characters.indexOf(c) >= 0;
  }

  /**
   * Splits at a separator, from the left, at most {@code limit} times (without limit if negative).
   */
  static List<Object> split(String text, String separator, long limit, Budget budget) {
    List<Object> parts = new ArrayList<>();
    int start = 0;
    while (limit < 0 || parts.size() < limit) {
      int end = indexOf(text, separator, start, budget);
      if (end < 0) {
        break;
      }
      add(parts, text.substring(start, end), budget);
      start = end + separator.length();
    }
    add(parts, text.substring(start), budget);
    return parts;
  }

  /** Splits at a separator, from the right. */
  static List<Object> splitRight(String text, String separator, long limit, Budget budget) {
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    while (limit < 0 || parts.size() < limit) {
      int start = lastIndexOf(text, separator, end - separator.length(), budget);
      if (start < 0) {
        break;
      }
      add(parts, text.substring(start + separator.length(), end), budget);
      end = start;
    }
    add(parts, text.substring(0, end), budget);
    return parts.reversed();
  }

  private static void add(List<Object> parts, String part, Budget budget) {
    budget.objects(1);
    budget.text(part.length());
    parts.add(part);
  }

  /** Splits at runs of whitespace; there are no empty parts. */
  static List<Object> splitSpace(String text, long limit, Budget budget) {
    List<Object> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < text.length() && isSpace(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return parts;
      }
      if (limit >= 0 && parts.size() >= limit) {
        add(parts, text.substring(at), budget);
        return parts;
      }
      int start = at;
      while (at < text.length() && !isSpace(text.charAt(at))) {
        at++;
      }
      add(parts, text.substring(start, at), budget);
    }
  }

  /** Splits at runs of whitespace, from the right. */
  static List<Object> splitSpaceRight(String text, long limit, Budget budget) {
    List<Object> parts = new ArrayList<>();
    int at = text.length();
    while (true) {
      while (at > 0 && isSpace(text.charAt(at - 1))) {
        at--;
      }
      if (at == 0) {
        return parts.reversed();
      }
      if (limit >= 0 && parts.size() >= limit) {
        add(parts, text.substring(0, at), budget);
        return parts.reversed();
      }
      int end = at;
      while (at > 0 && !isSpace(text.charAt(at - 1))) {
        at--;
      }
      add(parts, text.substring(at, end), budget);
    }
  }

  static List<Object> splitLines(String text, boolean keepEnds, Budget budget) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && !isLineBreak(text.charAt(end))) {
        end++;
      }
      int next = end;
      if (end < text.length()) {
        next = text.startsWith("\r\n", end) ? end + 2 : end + 1;
      }
      add(lines, text.substring(start, keepEnds ? next : end), budget);
      start = next;
    }
    return lines;
  }

  /**
   * Replaces at most {@code limit} occurrences (all if negative); an empty one stands between all
   * characters.
   */
  static String replace(String text, String old, String fresh, long limit, Budget budget) {
    long count = Math.min(count(text, old, budget), limit < 0 ? Long.MAX_VALUE : limit);
    budget.text(count, fresh.length());
    budget.text(text.length());
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (long i = 0; i < count; i++) {
      if (old.isEmpty()) {
        out.append(fresh);
        if (at < text.length()) {
          int next = text.offsetByCodePoints(at, 1);
          out.append(text, at, next);
          at = next;
        }
      } else {
        int found = indexOf(text, old, at, budget);
        out.append(text, at, found).append(fresh);
        at = found + old.length();
      }
    }
    return out.append(text, at, text.length()).toString();
  }

  /** How often a text occurs, without overlap. */
  static long count(String text, String part, Budget budget) {
    if (part.isEmpty()) {
      return length(text, budget) + 1L;
    }
    long count = 0;
    int at = indexOf(text, part, 0, budget);
    while (at >= 0) {
      count++;
      at = indexOf(text, part, at + part.length(), budget);
    }
    return count;
  }

  /** Orders by code point, which differs from Java's order where surrogates are involved. */
  static int compare(String a, String b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 0; i < common; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean pair = Character.isSurrogate(x) != Character.isSurrogate(y);
        return pair ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** {@code count} copies of a text. */
  static String repeat(String text, long count, Budget budget) {
    if (count <= 0 || text.isEmpty()) {
      return "";
    }
    budget.text(count, text.length());
    return text.repeat((int) count);
  }

  /**
   * Pads to a width in code points; {@code left} is the part of the padding that goes before the
   * text.
   */
  static String pad(String text, long left, long right, String fill, Budget budget) {
    String before = repeat(fill, left, budget);
    budget.text(text.length());
    return before + text + repeat(fill, right, budget);
  }

  /** Centres a text; an odd blank goes where Python puts it. */
  static String center(String text, long width, String fill, Budget budget) {
    long margin = width - length(text, budget);
    if (margin <= 0) {
      return text;
    }
    long left = margin / 2 + (margin & width & 1);
    return pad(text, left, margin - left, fill, budget);
  }

  /** Joins texts; everything is paid for before it is built. */
  static String join(String separator, List<String> parts, Budget budget) {
    budget.text(parts.size(), separator.length());
    for (String part : parts) {
      budget.text(part.length());
    }
    return String.join(separator, parts);
  }
}
