// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Upper, lower and title case of text and Python's questions about its characters. */
final class Cases {
  private Cases() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** The first character in title case, the rest in lower case. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.codePointAt(0));
    String whole = lower(text);
    int dropped = lower(text.substring(0, first)).length();
    return titleCase(text.substring(0, first)) + whole.substring(Math.min(dropped, whole.length()));
  }

  /** Every run of letters capitalised, as {@code str.title()} does. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean afterCased = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String letter = Character.toString(c);
      out.append(afterCased ? lower(letter) : titleCase(letter));
      afterCased = isCased(c);
      i += Character.charCount(c);
    }
    return out.toString();
  }

  /**
   * Every word capitalised, as the filter {@code title} does: words start after blanks and opening
   * brackets.
   */
  static String titleWords(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      int end = at;
      boolean separators = isWordSeparator(text.charAt(at));
      while (end < text.length() && isWordSeparator(text.charAt(end)) == separators) {
        end++;
      }
      String word = text.substring(at, end);
      int first = Character.charCount(word.codePointAt(0));
      out.append(upper(word.substring(0, first))).append(lower(word.substring(first)));
      at = end;
    }
    return out.toString();
  }

  private static boolean isWordSeparator(char c) {
    return Text.isSpace(c) || "-({[<".indexOf(c) >= 0;
  }

  private static String titleCase(String letter) {
    int c = letter.codePointAt(0);
    String upper = upper(letter);
    if (Character.toTitleCase(c) == c && upper.codePointCount(0, upper.length()) > 1) {
      int first = Character.charCount(upper.codePointAt(0));
      return upper.substring(0, first) + lower(upper.substring(first));
    }
    return Character.toString(Character.toTitleCase(c));
  }

  static String swapCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          String letter = Character.toString(c);
          out.append(
              Character.isUpperCase(c)
                  ? lower(letter)
                  : Character.isLowerCase(c) ? upper(letter) : letter);
        });
    return out.toString();
  }

  /** Case folding: lower case of upper case, with the sharp s spelt out. */
  static String fold(String text) {
    return lower(upper(text)).replace("ß", "ss").replace('ς', 'σ');
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** Whether there is a letter with case and all of them are of one case. */
  static boolean isAllCase(String text, boolean upper) {
    boolean found = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      if (isCased(c)) {
        if (upper ? !Character.isUpperCase(c) : !Character.isLowerCase(c)) {
          return false;
        }
        found = true;
      }
    }
    return found;
  }

  static boolean isTitle(String text) {
    boolean found = false;
    boolean afterCased = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      boolean capital = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (capital == afterCased && (capital || Character.isLowerCase(c))) {
        return false;
      }
      afterCased = isCased(c);
      found |= afterCased;
    }
    return found;
  }

  /** Whether the text is not empty and all its characters qualify. */
  static boolean all(String text, IntPredicate predicate) {
    return !text.isEmpty() && text.codePoints().allMatch(predicate);
  }

  static boolean isAlpha(int c) {
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          true;
      default -> false;
    };
  }

  static boolean isDecimal(int c) {
    return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
  }

  /** Decimal digits and the ones in superscripts, subscripts and circles. */
  static boolean isDigit(int c) {
    return isDecimal(c)
        || c == 0xb2
        || c == 0xb3
        || c == 0xb9
        || c == 0x2070
        || (c >= 0x2074 && c <= 0x2079)
        || (c >= 0x2080 && c <= 0x2089)
        || (c >= 0x2460 && c <= 0x2468)
        || (c >= 0x2474 && c <= 0x247c)
        || (c >= 0x2488 && c <= 0x2490)
        || (c >= 0x2776 && c <= 0x277e);
  }

  static boolean isNumeric(int c) {
    return isDecimal(c)
        || Character.getType(c) == Character.LETTER_NUMBER
        || Character.getType(c) == Character.OTHER_NUMBER;
  }

  /** Whether the character prints as itself inside quotes. */
  static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}
