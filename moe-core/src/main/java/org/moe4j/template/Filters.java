// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What can stand after {@code |}: the registry and the filters of single values. */
final class Filters {

  /** A filter that reads its arguments by name. */
  interface Filter {
    Object apply(Object value, Bound arguments, Evaluator evaluator);
  }

  /** A filter that takes any arguments. */
  interface Variadic {
    Object apply(Object value, Arguments arguments, Evaluator evaluator);
  }

  /** What computing with the exact decimal value of a double counts as, in characters. */
  static final int EXACT_DECIMAL = 4000;

  private static final String HEX = "0123456789ABCDEF";
  private static final Map<String, Variadic> FILTERS;

  static {
    Map<String, Variadic> all = new HashMap<>();
    define(all, "abs", 0, List.of(), (value, arguments, e) -> Numbers.abs(number(value)));
    define(all, "attr", 1, List.of("name"), Filters::attr);
    define(all, "capitalize", 0, List.of(), (value, arguments, e) -> cased(value, "capitalize", e));
    define(all, "lower", 0, List.of(), (value, arguments, e) -> cased(value, "lower", e));
    define(all, "upper", 0, List.of(), (value, arguments, e) -> cased(value, "upper", e));
    define(all, "title", 0, List.of(), Filters::title);
    define(all, "center", 0, List.of("width"), Filters::center);
    define(all, "length", 0, List.of(), Filters::length);
    define(all, "count", 0, List.of(), Filters::length);
    define(all, "default", 0, List.of("default_value", "boolean"), Filters::otherwise);
    define(all, "d", 0, List.of("default_value", "boolean"), Filters::otherwise);
    define(all, "escape", 0, List.of(), (value, arguments, e) -> escape(value, e));
    define(all, "e", 0, List.of(), (value, arguments, e) -> escape(value, e));
    define(all, "forceescape", 0, List.of(), Filters::forceEscape);
    define(all, "safe", 0, List.of(), Filters::safe);
    define(all, "string", 0, List.of(), (value, arguments, e) -> softText(value, e));
    define(all, "float", 0, List.of("default"), Filters::toFloat);
    define(all, "int", 0, List.of("default", "base"), Filters::toInt);
    define(all, "round", 0, List.of("precision", "method"), Filters::round);
    define(all, "indent", 0, List.of("width", "first", "blank"), Filters::indent);
    define(all, "replace", 2, List.of("old", "new", "count"), Filters::replace);
    define(all, "trim", 0, List.of("chars"), Filters::trim);
    define(all, "truncate", 0, List.of("length", "killwords", "end", "leeway"), Filters::truncate);
    define(all, "wordcount", 0, List.of(), Filters::countWords);
    define(all, "urlencode", 0, List.of(), Filters::urlEncode);
    define(all, "tojson", 0, JsonWriter.PARAMETERS, Filters::toJson);
    all.put("format", Filters::format);
    SequenceFilters.addTo(all);
    FILTERS = Map.copyOf(all);
  }

  private Filters() {}

  /** Adds a filter that reads its arguments by name. */
  static void define(
      Map<String, Variadic> into,
      String name,
      int required,
      List<String> parameters,
      Filter filter) {
    Signature signature = new Signature(name, required, parameters, true);
    into.put(
        name,
        (value, arguments, evaluator) -> filter.apply(value, signature.bind(arguments), evaluator));
  }

  static boolean exists(Object name) {
    return FILTERS.containsKey(name);
  }

  static Object apply(String name, Evaluator evaluator, Object value, Arguments arguments) {
    Variadic filter = FILTERS.get(name);
    if (filter == null) {
      throw new TemplateError("no filter named '" + name + "'");
    }
    evaluator.budget().objects(1);
    return filter.apply(value, arguments, evaluator);
  }

  /** The value as a string; markup stays markup. */
  static Object softText(Object value, Evaluator e) {
    return value instanceof Markup ? value : Printer.print(value, e.budget());
  }

  private static Object number(Object value) {
    if (!Numbers.isNumber(value)) {
      throw new TemplateError("expected a number, found " + Values.typeName(value));
    }
    return value;
  }

  private static Object cased(Object value, String method, Evaluator e) {
    Object text = softText(value, e);
    return e.call(Access.attribute(text, method, e.budget()), Arguments.NONE);
  }

  private static Object attr(Object value, Bound arguments, Evaluator e) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    String name = arguments.text("name");
    Object member = Access.member(value, name);
    return member == null
        ? new Undefined(Values.typeName(value) + " has no attribute '" + name + "'")
        : member;
  }

  private static Object title(Object value, Bound arguments, Evaluator e) {
    String text = Printer.print(value, e.budget());
    e.budget().text(3, text.length());
    return Cases.titleWords(text);
  }

  private static Object center(Object value, Bound arguments, Evaluator e) {
    Object text = softText(value, e);
    String plain = Printer.print(text, e.budget());
    return Values.textLike(
        text, Text.center(plain, arguments.integer("width", 80), " ", e.budget()));
  }

  private static Object length(Object value, Bound arguments, Evaluator e) {
    return (long) Values.length(value, e.budget());
  }

  private static Object otherwise(Object value, Bound arguments, Evaluator e) {
    boolean absent =
        value instanceof Undefined || (arguments.truth("boolean") && !Values.isTrue(value));
    return absent ? arguments.get("default_value", "") : value;
  }

  private static Object escape(Object value, Evaluator e) {
    return value instanceof Markup ? value : new Markup(Operators.escaped(value, e.budget()));
  }

  private static Object forceEscape(Object value, Bound arguments, Evaluator e) {
    return escape(Printer.print(value, e.budget()), e);
  }

  private static Object safe(Object value, Bound arguments, Evaluator e) {
    return new Markup(Printer.print(value, e.budget()));
  }

  private static Object toFloat(Object value, Bound arguments, Evaluator e) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    String text = Values.asText(value);
    Object number = null;
    if (text != null) {
      e.budget().scan(text.length());
      number = NumberReader.real(text);
    } else if (Numbers.isNumber(value)) {
      number = Numbers.toDouble(value);
    }
    return number == null ? arguments.get("default", 0.0) : number;
  }

  private static Object toInt(Object value, Bound arguments, Evaluator e) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    Object otherwise = arguments.get("default", 0L);
    String text = Values.asText(value);
    if (text != null) {
      e.budget().scan(text.length());
      Object base = arguments.get("base", 10L);
      Object number =
          Numbers.isInteger(base)
              ? NumberReader.integer(text, arguments.integer("base", 10))
              : null;
      if (number != null) {
        return number;
      }
      Double real = NumberReader.real(text);
      return real == null || !Double.isFinite(real) ? otherwise : Numbers.truncate(real);
    }
    if (value instanceof Double real) {
      return Double.isNaN(real) ? otherwise : Numbers.truncate(real);
    }
    return Numbers.isInteger(value) ? Numbers.normalise(Numbers.big(value)) : otherwise;
  }

  private static Object round(Object value, Bound arguments, Evaluator e) {
    Object number = number(value);
    long digits = arguments.integer("precision", 0);
    String method = arguments.text("method", "common");
    if (method.equals("common")) {
      // Exact decimals of a double have up to a thousand digits.
      e.budget().scan(EXACT_DECIMAL);
      return Numbers.round(number, digits);
    }
    if (!method.equals("ceil") && !method.equals("floor")) {
      throw new TemplateError("round() takes the method common, ceil or floor");
    }
    Object scale = Numbers.power(10L, digits);
    double scaled = Numbers.toDouble(Numbers.multiply(number, scale));
    Object whole = Numbers.truncate(method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled));
    return Numbers.divide(whole, scale);
  }

  private static Object indent(Object value, Bound arguments, Evaluator e) {
    String text = Values.asText(value);
    if (text == null) {
      throw new TemplateError("indent needs a string, found " + Values.typeName(value));
    }
    Budget budget = e.budget();
    Object width = arguments.get("width", 4L);
    String indent =
        Values.isText(width)
            ? Printer.print(width, budget)
            : Text.repeat(" ", arguments.integer("width", 4), budget);
    boolean blank = arguments.truth("blank");
    List<Object> lines = Text.splitLines(text + "\n", false, budget);
    budget.text(lines.size(), indent.length() + 1L);
    budget.text(text.length());
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = Printer.print(lines.get(i), budget);
      if (i > 0) {
        out.append('\n');
      }
      boolean indented = i == 0 ? arguments.truth("first") : blank || !line.isEmpty();
      out.append(indented ? indent : "").append(line);
    }
    return Values.textLike(value, out.toString());
  }

  private static Object replace(Object value, Bound arguments, Evaluator e) {
    Budget budget = e.budget();
    Object count = arguments.get("count", None.NONE);
    return Text.replace(
        Printer.print(value, budget),
        Printer.print(arguments.get("old"), budget),
        Printer.print(arguments.get("new"), budget),
        count == None.NONE ? -1 : arguments.integer("count"),
        budget);
  }

  private static Object trim(Object value, Bound arguments, Evaluator e) {
    Object text = softText(value, e);
    String plain = Printer.print(text, e.budget());
    String characters = arguments.textOrNone("chars");
    return Values.textLike(text, Text.strip(plain, characters, true, true, e.budget()));
  }

  private static Object truncate(Object value, Bound arguments, Evaluator e) {
    long length = arguments.integer("length", 255);
    String end = arguments.text("end", "...");
    long leeway = arguments.get("leeway", None.NONE) == None.NONE ? 5 : arguments.integer("leeway");
    long kept = length - Text.length(end, e.budget());
    if (kept < 0 || leeway < 0) {
      throw new TemplateError("truncate(): the length is less than that of the end");
    }
    int size = Values.length(value, e.budget());
    if (size <= length + leeway) {
      return value;
    }
    String text = Values.asText(value);
    if (text == null) {
      throw new TemplateError("truncate cuts strings only, found " + Values.typeName(value));
    }
    String cut = text.substring(0, text.offsetByCodePoints(0, (int) Math.min(kept, size)));
    int space = cut.lastIndexOf(' ');
    if (!arguments.truth("killwords") && space >= 0) {
      cut = cut.substring(0, space);
    }
    e.budget().text((long) cut.length() + end.length());
    return Operators.apply("+", Values.textLike(value, cut), arguments.get("end", "..."), e);
  }

  private static Object countWords(Object value, Bound arguments, Evaluator e) {
    String text = Printer.print(value, e.budget());
    e.budget().scan(text.length());
    long words = 0;
    boolean inWord = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      boolean part = c == '_' || Cases.isAlpha(c) || Cases.isNumeric(c);
      words += part && !inWord ? 1 : 0;
      inWord = part;
    }
    return words;
  }

  private static Object urlEncode(Object value, Bound arguments, Evaluator e) {
    if (Values.isText(value) || Values.iterateOrNone(value) == null) {
      return quoteUrl(value, false, e);
    }
    Object pairs = value instanceof Dict dict ? new DictView(dict, DictView.Part.ITEMS) : value;
    List<String> parts = new ArrayList<>();
    for (Object pair : Values.toList(pairs, e.budget())) {
      List<Object> sides = Values.toList(pair, e.budget());
      if (sides.size() != 2) {
        throw new TemplateError("urlencode needs pairs");
      }
      parts.add(quoteUrl(sides.get(0), true, e) + "=" + quoteUrl(sides.get(1), true, e));
    }
    return Text.join("&", parts, e.budget());
  }

  private static String quoteUrl(Object value, boolean query, Evaluator e) {
    String text = Printer.print(value, e.budget());
    e.budget().text(9, text.length());
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0);
      if (plain || (c == '/' && !query)) {
        out.append(c);
      } else if (c == ' ' && query) {
        out.append('+');
      } else {
        out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
      }
    }
    return out.toString();
  }

  private static Object toJson(Object value, Bound arguments, Evaluator e) {
    return JsonWriter.write(value, arguments, e.budget());
  }

  private static Object format(Object value, Arguments arguments, Evaluator e) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw new TemplateError("format takes positional or named values, not both");
    }
    Object values = new Seq(arguments.positional(), true);
    if (!arguments.named().isEmpty()) {
      Dict named = new Dict();
      arguments.named().forEach(named::putText);
      values = named;
    }
    return PercentFormat.format(softText(value, e), values, e.budget());
  }
}
