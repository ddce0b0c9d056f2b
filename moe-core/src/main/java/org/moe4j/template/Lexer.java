// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.moe4j.template.Token.Kind;

/**
 * Cuts a template into tokens. Chat templates are read with the settings of the reference renderer:
 * the first newline after a tag is dropped ({@code trim_blocks}), blanks between the start of a
 * line and a tag are dropped ({@code lstrip_blocks}), one newline at the very end is dropped, and
 * {@code -} or {@code +} inside a delimiter overrides that.
 */
final class Lexer {
  private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
  private static final String OPERATORS = "+-/*%~[](){}><=.:|,;";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;

  /** Up to where newlines have been counted. */
  private int counted;

  /** Whether the last thing that was read ended with a newline, or nothing was read yet. */
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  /** The tokens of a template, the last one being {@link Kind#END}. */
  static List<Token> tokenize(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    Lexer lexer = new Lexer(source);
    lexer.template();
    lexer.add(Kind.END, "");
    return lexer.tokens;
  }

  private void template() {
    while (position < source.length()) {
      int open = nextDelimiter();
      if (open < 0) {
        addText(source.substring(position));
        moveTo(source.length());
        return;
      }
      char kind = source.charAt(open + 1);
      int raw = kind == '%' ? rawBegin(open) : -1;
      char sign = signAt(open + 2);
      text(open, sign, kind != '{');
      moveTo(raw >= 0 ? raw : open + 2 + (sign == 0 ? 0 : 1));
      if (raw >= 0) {
        raw();
      } else if (kind == '#') {
        comment();
      } else {
        add(kind == '{' ? Kind.PRINT_BEGIN : Kind.TAG_BEGIN, source.substring(open, position));
        code(kind == '{');
      }
    }
  }

  private int nextDelimiter() {
    for (int i = source.indexOf('{', position); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** The text before a tag, less the blanks that the tag's sign or the line rule takes away. */
  private void text(int end, char sign, boolean stripsLine) {
    String text = source.substring(position, end);
    int keep = text.length();
    if (sign == '-') {
      keep = Text.trimEnd(text);
    } else if (sign != '+' && stripsLine) {
      int lineStart = text.lastIndexOf('\n') + 1;
      if ((lineStart > 0 || lineStarting) && Text.trimEnd(text) <= lineStart) {
        keep = lineStart;
      }
    }
    addText(text.substring(0, keep));
    moveTo(end);
  }

  private void addText(String text) {
    if (!text.isEmpty()) {
      add(Kind.TEXT, text);
    }
  }

  private void comment() {
    if (position == source.length()) {
      return;
    }
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw error("missing end of comment, expected '#}'");
    }
    char sign = end > position ? source.charAt(end - 1) : 0;
    moveTo(afterTag(end + 2, sign));
  }

  /** Where the position moves after a closing delimiter that ends at {@code end}. */
  private int afterTag(int end, char sign) {
    if (sign == '-') {
      return skipSpace(end);
    }
    return sign != '+' && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
  }

  /** The end of a {@code {% raw %}} tag that starts at {@code open}, or -1. */
  private int rawBegin(int open) {
    int at = word(open + 2, "raw");
    if (at < 0) {
      return -1;
    }
    if (source.startsWith("-%}", at)) {
      return skipSpace(at + 3);
    }
    return source.startsWith("%}", at) ? at + 2 : -1;
  }

  /** Where a sign, blanks, the word and blanks that stand at {@code from} end, or -1. */
  private int word(int from, String word) {
    int at = skipSpace(from + (signAt(from) == 0 ? 0 : 1));
    return source.startsWith(word, at) ? skipSpace(at + word.length()) : -1;
  }

  private void raw() {
    if (position == source.length()) {
      return;
    }
    for (int open = source.indexOf("{%", position); ; open = source.indexOf("{%", open + 1)) {
      if (open < 0) {
        throw error("missing end of raw text, expected '{% endraw %}'");
      }
      int at = word(open + 2, "endraw");
      if (at < 0) {
        continue;
      }
      char close = signAt(at);
      int end = at + (close == 0 ? 0 : 1);
      if (source.startsWith("%}", end)) {
        text(open, signAt(open + 2), true);
        moveTo(afterTag(end + 2, close));
        return;
      }
    }
  }

  /** The tokens of a tag or a print, up to and with its end. */
  private void code(boolean print) {
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      moveTo(skipSpace(position));
      if (position >= source.length()) {
        return;
      }
      if (open.isEmpty() && end(print)) {
        return;
      }
      char c = source.charAt(position);
      if (c == '"' || c == '\'') {
        string(c);
      } else if (isDigit(position)) {
        number();
      } else if (isNamePart(source.codePointAt(position))) {
        name();
      } else {
        operator(open);
      }
    }
  }

  private boolean end(boolean print) {
    char sign = signAt(position);
    if (print && sign == '+') {
      return false;
    }
    int at = position + (sign == 0 ? 0 : 1);
    if (!source.startsWith(print ? "}}" : "%}", at)) {
      return false;
    }
    add(print ? Kind.PRINT_END : Kind.TAG_END, "");
    moveTo(print && sign == 0 ? at + 2 : afterTag(at + 2, sign));
    return true;
  }

  private void string(char quote) {
    for (int i = position + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == quote) {
        add(Kind.STRING, Escapes.unescape(source.substring(position + 1, i), line));
        moveTo(i + 1);
        return;
      }
    }
    throw error("string without end");
  }

  private void number() {
    // After a dot digits are an element number: a.0.1 is a[0][1].
    boolean afterDot = position > 0 && source.charAt(position - 1) == '.';
    int end = digits(position);
    boolean isFloat = false;
    if (!afterDot) {
      if (end < source.length() && source.charAt(end) == '.' && isDigit(end + 1)) {
        end = digits(end + 1);
        isFloat = true;
      }
      if (end < source.length() && (source.charAt(end) | 0x20) == 'e') {
        int sign = signAt(end + 1) == 0 ? 0 : 1;
        if (isDigit(end + 1 + sign)) {
          end = digits(end + 1 + sign);
          isFloat = true;
        }
      }
    }
    if (!isFloat) {
      end = integerEnd();
    }
    add(isFloat ? Kind.FLOAT : Kind.INTEGER, source.substring(position, end).replace("_", ""));
    moveTo(end);
  }

  private int integerEnd() {
    if (source.charAt(position) != '0') {
      return digits(position);
    }
    char prefix = position + 1 < source.length() ? (char) (source.charAt(position + 1) | 0x20) : 0;
    int radix = prefix == 'b' ? 2 : prefix == 'o' ? 8 : prefix == 'x' ? 16 : 0;
    int end = position + (radix == 0 ? 1 : 2);
    while (true) {
      int next = end < source.length() && source.charAt(end) == '_' ? end + 1 : end;
      boolean part =
          next < source.length()
              && source.charAt(next) < 128
              && (radix == 0
                  ? source.charAt(next) == '0'
                  : Character.digit(source.charAt(next), radix) >= 0);
      if (!part) {
        // A prefix without a digit is the number zero followed by a name.
        return radix != 0 && end == position + 2 ? position + 1 : end;
      }
      end = next + 1;
    }
  }

  /** The end of a run of digits with single underscores between them. */
  private int digits(int from) {
    int end = from;
    while (isDigit(end) || (end > from && isUnderscore(end) && isDigit(end + 1))) {
      end++;
    }
    return end;
  }

  private boolean isDigit(int at) {
    return at < source.length() && source.charAt(at) >= '0' && source.charAt(at) <= '9';
  }

  private boolean isUnderscore(int at) {
    return at < source.length() && source.charAt(at) == '_';
  }

  private void name() {
    int end = position;
    while (end < source.length() && isNamePart(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String name = source.substring(position, end);
    if (!Character.isUnicodeIdentifierStart(name.codePointAt(0)) && name.charAt(0) != '_') {
      throw error("invalid character in the name '" + name + "'");
    }
    add(Kind.NAME, name);
    moveTo(end);
  }

  private static boolean isNamePart(int c) {
    return c == '_'
        || (Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
  }

  private void operator(Deque<Character> open) {
    String operator = null;
    for (String candidate : LONG_OPERATORS) {
      if (source.startsWith(candidate, position)) {
        operator = candidate;
      }
    }
    char c = source.charAt(position);
    if (operator == null) {
      if (OPERATORS.indexOf(c) < 0) {
        throw error(
            "unexpected character '" + Character.toString(source.codePointAt(position)) + "'");
      }
      operator = String.valueOf(c);
    }
    int opening = "([{".indexOf(c);
    if (opening >= 0) {
      open.push(")]}".charAt(opening));
    } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
      throw error("unexpected '" + c + "'");
    }
    add(Kind.OPERATOR, operator);
    moveTo(position + operator.length());
  }

  private char signAt(int at) {
    char c = at < source.length() ? source.charAt(at) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  private int skipSpace(int from) {
    int at = from;
    while (at < source.length() && Text.isSpace(source.charAt(at))) {
      at++;
    }
    return at;
  }

  private void moveTo(int to) {
    for (; counted < to; counted++) {
      if (source.charAt(counted) == '\n') {
        line++;
      }
    }
    if (to > position) {
      lineStarting = source.charAt(to - 1) == '\n';
    }
    position = to;
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }

  private SyntaxError error(String message) {
    return new SyntaxError(message, line);
  }
}
