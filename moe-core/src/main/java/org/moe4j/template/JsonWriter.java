// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON the way the reference's {@code tojson} does: nothing is escaped for HTML,
 * letters outside ASCII stay as they are unless asked otherwise, and separators have a blank after
 * them.
 */
final class JsonWriter {
  static final List<String> PARAMETERS =
      List.of("ensure_ascii", "indent", "separators", "sort_keys");

  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private final boolean ascii;
  private final boolean sorted;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;

  private JsonWriter(Bound options, Budget budget) {
    this.budget = budget;
    this.ascii = options.truth("ensure_ascii");
    this.sorted = options.truth("sort_keys");
    Object indent = options.get("indent", None.NONE);
    if (indent == None.NONE) {
      this.indent = null;
    } else if (Values.isText(indent)) {
      this.indent = Values.asText(indent);
    } else {
      this.indent = Text.repeat(" ", options.integer("indent"), budget);
    }
    Object separators = options.get("separators", None.NONE);
    if (separators == None.NONE) {
      itemSeparator = this.indent == null ? ", " : ",";
      keySeparator = ": ";
    } else {
      List<Object> pair = Values.toList(separators, budget);
      if (pair.size() != 2) {
        throw new TemplateError("tojson() needs two separators");
      }
      itemSeparator = Printer.print(pair.get(0), budget);
      keySeparator = Printer.print(pair.get(1), budget);
    }
  }

  static String write(Object value, Bound options, Budget budget) {
    JsonWriter writer = new JsonWriter(options, budget);
    writer.write(value, 1);
    return writer.out.toString();
  }

  private void append(String text) {
    budget.text(text.length());
    out.append(text);
  }

  private void write(Object value, int level) {
    budget.enter();
    switch (value) {
      case None none -> append("null");
      case Boolean b -> append(b ? "true" : "false");
      case Long l -> append(Long.toString(l));
      case BigInteger i -> append(i.toString());
      case Double d -> append(real(d));
      case String s -> string(s);
      case Markup m -> string(m.text());
      case Seq seq -> {
        if (seq.size() == 0) {
          append("[]");
        } else {
          append("[");
          for (int i = 0; i < seq.size(); i++) {
            separate(i, level);
            write(seq.items().get(i), level + 1);
          }
          newLine(level - 1);
          append("]");
        }
      }
      case Dict dict -> object(dict, level);
      default -> throw new TemplateError(Values.typeName(value) + " cannot be written as JSON");
    }
    budget.leave();
  }

  private void object(Dict dict, int level) {
    if (dict.size() == 0) {
      append("{}");
      return;
    }
    List<Dict.Entry> entries = new ArrayList<>(dict.entries());
    if (sorted) {
      entries = Sorting.sort(entries, (a, b) -> Operators.isLess(a.key(), b.key(), budget), budget);
    }
    append("{");
    int index = 0;
    for (Dict.Entry entry : entries) {
      separate(index++, level);
      string(key(entry.key()));
      append(keySeparator);
      write(entry.value(), level + 1);
    }
    newLine(level - 1);
    append("}");
  }

  private void separate(int index, int level) {
    if (index > 0) {
      append(itemSeparator);
    }
    newLine(level);
  }

  private void newLine(int level) {
    if (indent != null) {
      append("\n");
      append(Text.repeat(indent, level, budget));
    }
  }

  private static String key(Object key) {
    return switch (key) {
      case String s -> s;
      case Markup m -> m.text();
      case None none -> "null";
      case Boolean b -> b ? "true" : "false";
      case Double d -> real(d);
      case Long l -> Long.toString(l);
      case BigInteger i -> i.toString();
      default -> throw new TemplateError(Values.typeName(key) + " cannot be a key in JSON");
    };
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Numbers.repr(value);
  }

  private void string(String text) {
    budget.text(text.length());
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\f' -> quoted.append("\\f");
        case '\b' -> quoted.append("\\b");
        default -> {
          if (c < ' ' || (ascii && c > '~')) {
            Printer.hex(quoted.append("\\u"), c, 4);
          } else {
            quoted.append(c);
          }
        }
      }
    }
    append(quoted.append('"').toString());
  }
}
