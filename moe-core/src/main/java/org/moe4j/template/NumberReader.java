// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads numbers out of text, with everything that Python's {@code int()} and {@code float()}
 * accept.
 */
final class NumberReader {
  /** Longer numbers are not read, as in Python. */
  private static final int MAX_DIGITS = 4300;

  private NumberReader() {}

  /** The integer that a text spells in a base (0 for a base given by a prefix), or null. */
  static @Nullable Object integer(String text, long base) {
    String digits = strip(text);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int prefixed = prefixBase(digits);
    int radix = (int) base;
    if (prefixed != 0 && (base == 0 || base == prefixed)) {
      radix = prefixed;
      digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
    } else if (base == 0) {
      radix = 10;
      boolean leadingZero =
          digits.startsWith("0") && !digits.chars().allMatch(c -> c == '0' || c == '_');
      if (leadingZero) {
        return null;
      }
    }
    if (base < 0 || base == 1 || base > 36) {
      return null;
    }
    String plain = withoutUnderscores(digits);
    if (plain == null || plain.length() > MAX_DIGITS) {
      return null;
    }
    for (int i = 0; i < plain.length(); i++) {
      if (Character.digit(plain.charAt(i), radix) < 0) {
        return null;
      }
    }
    BigInteger value = new BigInteger(plain, radix);
    return Numbers.normalise(negative ? value.negate() : value);
  }

  private static int prefixBase(String digits) {
    if (digits.length() < 3 || digits.charAt(0) != '0') {
      return 0;
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X' -> 16;
      case 'o', 'O' -> 8;
      case 'b', 'B' -> 2;
      default -> 0;
    };
  }

  /** The double that a text spells, or null. */
  static @Nullable Double real(String text) {
    String number = strip(text);
    int sign = number.startsWith("-") || number.startsWith("+") ? 1 : 0;
    switch (number.substring(sign).toLowerCase(Locale.ROOT)) {
      case "inf", "infinity" -> {
        return number.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      }
      case "nan" -> {
        return Double.NaN;
      }
      default -> {}
    }
    int at = digits(number, sign);
    int count = at - sign;
    if (number.startsWith(".", at)) {
      int end = digits(number, at + 1);
      count += end - at - 1;
      at = end;
    }
    if (count == 0) {
      return null;
    }
    if (at < number.length() && (number.charAt(at) | 0x20) == 'e') {
      int from = at + 1;
      if (from < number.length() && "+-".indexOf(number.charAt(from)) >= 0) {
        from++;
      }
      at = digits(number, from);
      if (at == from) {
        return null;
      }
    }
    return at == number.length() ? Double.valueOf(number.replace("_", "")) : null;
  }

  /** The end of a run of digits in which single underscores may stand between two digits. */
  private static int digits(String text, int from) {
    int end = from;
    while (end < text.length()
        && (isDigit(text, end)
            || (end > from && text.charAt(end) == '_' && isDigit(text, end + 1)))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(String text, int at) {
    return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }

  private static @Nullable String withoutUnderscores(String digits) {
    boolean misplaced =
        digits.isEmpty() || digits.startsWith("_") || digits.endsWith("_") || digits.contains("__");
    return misplaced ? null : digits.replace("_", "");
  }

  private static String strip(String text) {
    int start = 0;
    int end = Text.trimEnd(text);
    while (start < end && Text.isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start, end);
  }
}
