// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;

/** Writes values the way Python prints them. */
final class Printer {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;

  private Printer(Budget budget) {
    this.budget = budget;
  }

  /** The text that printing a value gives: strings as they are, nothing for undefined. */
  static String print(Object value, Budget budget) {
    return switch (value) {
      case String s -> s;
      case Markup m -> m.text();
      case Undefined undefined -> "";
      case Long l -> Long.toString(l);
      default -> repr(value, budget);
    };
  }

  /** The text of a value inside a list: strings in quotes. */
  static String repr(Object value, Budget budget) {
    Printer printer = new Printer(budget);
    printer.write(value);
    return printer.out.toString();
  }

  private void write(Object value) {
    budget.enter();
    switch (value) {
      case None none -> append("None");
      case Undefined undefined -> append("Undefined");
      case Boolean b -> append(b ? "True" : "False");
      case Long l -> append(Long.toString(l));
      case BigInteger i -> append(i.toString());
      case Double d -> append(Numbers.repr(d));
      case String s -> append(quote(s, budget));
      case Markup m -> append("Markup(" + quote(m.text(), budget) + ")");
      case Seq seq -> {
        append(seq.tuple() ? "(" : "[");
        elements(Values.iterate(seq));
        append(seq.tuple() ? (seq.size() == 1 ? ",)" : ")") : "]");
      }
      case Dict dict -> dict(dict);
      case DictView view -> {
        append("dict_" + view.part().name().toLowerCase(java.util.Locale.ROOT) + "([");
        elements(Values.iterate(view));
        append("])");
      }
      case Range range -> {
        String step = range.step() == 1 ? "" : ", " + range.step();
        append("range(" + range.start() + ", " + range.stop() + step + ")");
      }
      case Namespace namespace -> {
        Dict attributes = new Dict();
        namespace.attributes.forEach(attributes::putText);
        append("<Namespace ");
        dict(attributes);
        append(">");
      }
      case Invocable function -> append(function.describe());
      default -> append("<" + Values.typeName(value) + ">");
    }
    budget.leave();
  }

  private void append(String text) {
    budget.text(text.length());
    out.append(text);
  }

  private void elements(Cursor items) {
    boolean first = true;
    for (Object item = items.next(); item != null; item = items.next()) {
      if (!first) {
        append(", ");
      }
      first = false;
      write(item);
    }
  }

  private void dict(Dict dict) {
    append("{");
    boolean first = true;
    for (Dict.Entry entry : dict.entries()) {
      if (!first) {
        append(", ");
      }
      first = false;
      write(entry.key());
      append(": ");
      write(entry.value());
    }
    append("}");
  }

  /** A string in quotes: single ones unless only those occur in it. */
  static String quote(String text, Budget budget) {
    budget.text(text.length());
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder quoted = new StringBuilder(text.length() + 2).append(quote);
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      switch (c) {
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c == quote) {
            quoted.append('\\').append(quote);
          } else if (Cases.isPrintable(c)) {
            quoted.appendCodePoint(c);
          } else {
            escape(quoted, c);
          }
        }
      }
    }
    return quoted.append(quote).toString();
  }

  /** Appends a backslash escape with two, four or eight hex digits, the fewest that do. */
  static void escape(StringBuilder out, int c) {
    int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    out.append('\\').append(digits == 2 ? 'x' : digits == 4 ? 'u' : 'U');
    hex(out, c, digits);
  }

  /** Appends a number in lower-case hex digits. */
  static void hex(StringBuilder out, int number, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      out.append(Character.forDigit((number >> shift) & 0xf, 16));
    }
  }
}
