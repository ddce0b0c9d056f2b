// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Formatting with {@code '{} {name!r:>8}'.format(...)}. Fields reach only what templates reach. */
final class BraceFormat {
  private static final int MAX_FIELD_DIGITS = 9;

  private final Arguments arguments;
  private final boolean isMarkup;
  private final Budget budget;
  private int automatic;
  private boolean manual;

  private BraceFormat(Arguments arguments, boolean isMarkup, Budget budget) {
    this.arguments = arguments;
    this.isMarkup = isMarkup;
    this.budget = budget;
  }

  static Object format(Object format, Arguments arguments, Budget budget) {
    BraceFormat work = new BraceFormat(arguments, format instanceof Markup, budget);
    return Values.textLike(format, work.format(Printer.print(format, budget), 2));
  }

  /** The entries of a dict as named arguments. */
  static Arguments fromDict(Dict dict) {
    Map<String, Object> named = new LinkedHashMap<>();
    for (Dict.Entry entry : dict.entries()) {
      String name = Values.asText(entry.key());
      if (name != null) {
        named.put(name, entry.value());
      }
    }
    return new Arguments(List.of(), named);
  }

  private String format(String format, int depth) {
    if (depth < 0) {
      throw new TemplateError("format fields are nested too deeply");
    }
    Output out = new Output(budget);
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at);
      if (c != '{' && c != '}') {
        int end = at;
        while (end < format.length() && format.charAt(end) != '{' && format.charAt(end) != '}') {
          end++;
        }
        out.append(format.substring(at, end));
        at = end;
      } else if (at + 1 < format.length() && format.charAt(at + 1) == c) {
        out.append(String.valueOf(c));
        at += 2;
      } else if (c == '}') {
        throw new TemplateError("single '}' in a format");
      } else {
        int end = fieldEnd(format, at + 1);
        out.append(field(format.substring(at + 1, end), depth));
        at = end + 1;
      }
    }
    return out.toString();
  }

  private static int fieldEnd(String format, int from) {
    int depth = 1;
    for (int i = from; i < format.length(); i++) {
      depth += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw new TemplateError("format field without '}'");
  }

  private String field(String field, int depth) {
    int nameEnd = 0;
    boolean inBrackets = false;
    while (nameEnd < field.length()) {
      char c = field.charAt(nameEnd);
      inBrackets = c == '[' || (inBrackets && c != ']');
      if (!inBrackets && (c == '!' || c == ':')) {
        break;
      }
      nameEnd++;
    }
    char conversion = 0;
    int at = nameEnd;
    if (field.startsWith("!", at)) {
      if (at + 1 >= field.length() || (at + 2 < field.length() && field.charAt(at + 2) != ':')) {
        throw new TemplateError("a format field needs one letter after '!'");
      }
      conversion = field.charAt(at + 1);
      at += 2;
    }
    String spec = at < field.length() ? field.substring(at + 1) : "";
    Object value = convert(resolve(field.substring(0, nameEnd)), conversion);
    return layOut(value, format(spec, depth - 1));
  }

  private Object resolve(String name) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    Object value = first(name.substring(0, end));
    while (end < name.length()) {
      if (name.charAt(end) == '.') {
        int next = end + 1;
        while (next < name.length() && name.charAt(next) != '.' && name.charAt(next) != '[') {
          next++;
        }
        value = Access.attribute(value, nonEmpty(name.substring(end + 1, next)), budget);
        end = next;
      } else {
        int close = name.indexOf(']', end);
        if (name.charAt(end) != '[' || close < 0) {
          throw new TemplateError("malformed format field '" + name + "'");
        }
        String key = nonEmpty(name.substring(end + 1, close));
        value = Access.item(value, isNumber(key) ? (Object) Long.valueOf(key) : key, budget);
        end = close + 1;
      }
    }
    return value;
  }

  private static String nonEmpty(String name) {
    if (name.isEmpty()) {
      throw new TemplateError("empty name in a format field");
    }
    return name;
  }

  private static boolean isNumber(String key) {
    return !key.isEmpty()
        && key.length() <= MAX_FIELD_DIGITS
        && key.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Object first(String name) {
    if (name.isEmpty() || isNumber(name)) {
      if (name.isEmpty() ? manual : automatic > 0) {
        throw new TemplateError("format fields are numbered by hand and automatically");
      }
      manual = !name.isEmpty();
      int index = manual ? Integer.parseInt(name) : automatic++;
      if (index >= arguments.positional().size()) {
        throw new TemplateError("the format needs a value number " + index);
      }
      return arguments.positional().get(index);
    }
    Object value = arguments.named().get(name);
    if (value == null) {
      throw new TemplateError("the format needs a value named '" + name + "'");
    }
    return value;
  }

  private Object convert(Object value, char conversion) {
    return switch (conversion) {
      case 0 -> value;
      case 's' -> Printer.print(value, budget);
      case 'r' -> Printer.repr(value, budget);
      case 'a' -> ascii(Printer.repr(value, budget));
      default -> throw new TemplateError("unknown conversion '!" + conversion + "'");
    };
  }

  private String layOut(Object value, String spec) {
    if (value instanceof Markup && isMarkup) {
      if (!spec.isEmpty()) {
        throw new TemplateError("markup takes no format specification");
      }
      return Printer.print(value, budget);
    }
    String text =
        spec.isEmpty()
            ? Printer.print(value, budget)
            : FormatSpec.parse(spec).format(value, budget);
    return isMarkup ? Operators.escaped(text, budget) : text;
  }

  /** The text with everything outside ASCII escaped. */
  static String ascii(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (c < 0x80) {
            out.append((char) c);
          } else {
            Printer.escape(out, c);
          }
        });
    return out.toString();
  }
}
