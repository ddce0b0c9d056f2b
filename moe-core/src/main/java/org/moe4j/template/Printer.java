package org.moe4j.template;

import java.math.BigInteger;
import java.util.Iterator;

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
        elements(seq.items().iterator());
        append(seq.tuple() ? (seq.size() == 1 ? ",)" : ")") : "]");
      }
      case Dict dict -> dict(dict);
      case DictView view -> {
        append("dict_" + view.part().name().toLowerCase(java.util.Locale.ROOT) + "([");
        elements(Values.elements(view).iterator());
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
    budget.allocate(text.length());
    out.append(text);
  }

  private void elements(Iterator<Object> items) {
    while (items.hasNext()) {
      write(items.next());
      if (items.hasNext()) {
        append(", ");
      }
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
    budget.allocate(text.length());
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
            quoted.append(
                c < 0x100
                    ? String.format("\\x%02x", c)
                    : c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c));
          }
        }
      }
    }
    return quoted.append(quote).toString();
  }
}
