// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * The backslash escapes of a string literal, as Python reads them: an unknown escape stays as it is
 * written.
 */
final class Escapes {
  private Escapes() {}

  static String unescape(String literal, int line) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    StringBuilder out = new StringBuilder(literal.length());
    int i = 0;
    while (i < literal.length()) {
      char c = literal.charAt(i++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escape = literal.charAt(i++);
      switch (escape) {
        case '\n' -> {}
        case '\\', '\'', '"' -> out.append(escape);
        case 'a' -> out.append('\u0007');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'v' -> out.append('\u000b');
        case 'x' -> i = hex(literal, i, 2, out, line);
        case 'u' -> i = hex(literal, i, 4, out, line);
        case 'U' -> i = hex(literal, i, 8, out, line);
        case 'N' -> i = named(literal, i, out, line);
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = i;
          while (end < literal.length()
              && end < i + 2
              && "01234567".indexOf(literal.charAt(end)) >= 0) {
            end++;
          }
          out.appendCodePoint(Integer.parseInt(literal.substring(i - 1, end), 8));
          i = end;
        }
        default -> out.append('\\').append(escape);
      }
    }
    return out.toString();
  }

  private static int hex(String literal, int from, int digits, StringBuilder out, int line) {
    int end = from;
    while (end < literal.length() && end < from + digits && Text.isHex(literal.charAt(end))) {
      end++;
    }
    long code = end == from + digits ? Long.parseLong(literal.substring(from, end), 16) : -1;
    if (code < 0 || code > Character.MAX_CODE_POINT) {
      throw new SyntaxError(
          "malformed escape in a string, expected " + digits + " hex digits", line);
    }
    out.appendCodePoint((int) code);
    return end;
  }

  private static int named(String literal, int from, StringBuilder out, int line) {
    int end = literal.indexOf('}', from);
    if (end < 0 || literal.charAt(from) != '{') {
      throw new SyntaxError("malformed \\N{...} escape in a string", line);
    }
    try {
      out.appendCodePoint(Character.codePointOf(literal.substring(from + 1, end)));
    } catch (IllegalArgumentException e) {
      throw new SyntaxError("unknown character name in a string", line);
    }
    return end + 1;
  }
}
