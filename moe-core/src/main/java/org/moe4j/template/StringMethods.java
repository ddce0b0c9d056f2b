// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The methods of strings. On markup they give markup and escape the text that they put in. */
final class StringMethods {

  /** A method: the text, its arguments and the evaluator. */
  private interface Method {
    Object call(String text, Bound arguments, Evaluator evaluator);
  }

  private record Entry(Signature signature, Method method) {}

  /** Arguments that markup escapes before they become part of it. */
  private static final Set<String> INSERTED = Set.of("new", "fillchar");

  private static final Map<String, Entry> METHODS =
      Map.ofEntries(
          simple("capitalize", Cases::capitalize),
          simple("casefold", Cases::fold),
          simple("lower", Cases::lower),
          simple("swapcase", Cases::swapCase),
          simple("title", Cases::title),
          simple("upper", Cases::upper),
          test("isalnum", text -> Cases.all(text, c -> Cases.isAlpha(c) || Cases.isNumeric(c))),
          test("isalpha", text -> Cases.all(text, Cases::isAlpha)),
          test("isascii", text -> text.chars().allMatch(c -> c < 128)),
          test("isdecimal", text -> Cases.all(text, Cases::isDecimal)),
          test("isdigit", text -> Cases.all(text, Cases::isDigit)),
          test("isidentifier", StringMethods::isIdentifier),
          test("islower", text -> Cases.isAllCase(text, false)),
          test("isnumeric", text -> Cases.all(text, Cases::isNumeric)),
          test("isprintable", text -> text.codePoints().allMatch(Cases::isPrintable)),
          test("isspace", text -> Cases.all(text, Text::isSpace)),
          test("istitle", Cases::isTitle),
          test("isupper", text -> Cases.isAllCase(text, true)),
          strip("strip", true, true),
          strip("lstrip", true, false),
          strip("rstrip", false, true),
          split("split", false),
          split("rsplit", true),
          named("splitlines", 0, List.of("keepends"), StringMethods::splitLines),
          named("expandtabs", 0, List.of("tabsize"), StringMethods::expandTabs),
          method("startswith", 1, List.of("prefix", "start", "end"), StringMethods::startsWith),
          method("endswith", 1, List.of("suffix", "start", "end"), StringMethods::endsWith),
          method("count", 1, List.of("sub", "start", "end"), StringMethods::count),
          find("find", false, false),
          find("rfind", true, false),
          find("index", false, true),
          find("rindex", true, true),
          method("replace", 2, List.of("old", "new", "count"), StringMethods::replace),
          method("removeprefix", 1, List.of("prefix"), StringMethods::removePrefix),
          method("removesuffix", 1, List.of("suffix"), StringMethods::removeSuffix),
          partition("partition", false),
          partition("rpartition", true),
          method("join", 1, List.of("iterable"), StringMethods::join),
          method("center", 1, List.of("width", "fillchar"), StringMethods::center),
          method("ljust", 1, List.of("width", "fillchar"), StringMethods::padRight),
          method("rjust", 1, List.of("width", "fillchar"), StringMethods::padLeft),
          method("zfill", 1, List.of("width"), StringMethods::zeroFill));

  private StringMethods() {}

  /** The method of a string by name, or null. */
  static @Nullable Object find(Object self, String name) {
    if (name.equals("format") || name.equals("format_map")) {
      return new Formatter(self, name.equals("format_map"));
    }
    Entry entry = METHODS.get(name);
    return entry == null ? null : new BoundMethod(self, name, entry);
  }

  private record BoundMethod(Object self, String name, Entry entry) implements Invocable {
    @Override
    public Object call(Evaluator evaluator, Arguments arguments) {
      Budget budget = evaluator.budget();
      String text = Printer.print(self, budget);
      budget.scan(text.length());
      Bound bound = entry.signature.bind(arguments);
      if (!(self instanceof Markup)) {
        return entry.method.call(text, bound, evaluator);
      }
      bound
          .values()
          .replaceAll((parameter, value) ->
              INSERTED.contains(parameter) ? Operators.escaped(value, budget) : value);
      if (name.equals("join")) {
        List<Object> parts = new ArrayList<>();
        for (Object part : Values.toList(bound.get("iterable"), budget)) {
          parts.add(Operators.escaped(part, budget));
        }
        bound.values().put("iterable", Seq.list(parts));
      }
      return asMarkup(entry.method.call(text, bound, evaluator));
    }

    @Override
    public String describe() {
      return "<built-in method " + name + " of str object>";
    }
  }

  private record Formatter(Object self, boolean isMap) implements Invocable {
    @Override
    public Object call(Evaluator evaluator, Arguments arguments) {
      Arguments used = arguments;
      if (isMap) {
        Object mapping =
            Signature.positional("format_map", 1, "mapping").bind(arguments).get("mapping");
        used = mapping instanceof Dict dict ? BraceFormat.fromDict(dict) : Arguments.NONE;
      }
      return BraceFormat.format(self, used, evaluator.budget());
    }

    @Override
    public String describe() {
      return "<built-in method format of str object>";
    }
  }

  private static Object asMarkup(Object result) {
    return switch (result) {
      case String text -> new Markup(text);
      case Seq seq ->
          new Seq(seq.items().stream().map(StringMethods::asMarkup).toList(), seq.tuple());
      default -> result;
    };
  }

  private static Map.Entry<String, Entry> method(
      String name, int required, List<String> parameters, Method method) {
    return entry(name, new Entry(new Signature(name, required, parameters, false), method));
  }

  private static Map.Entry<String, Entry> named(
      String name, int required, List<String> parameters, Method method) {
    return entry(name, new Entry(new Signature(name, required, parameters, true), method));
  }

  private static Map.Entry<String, Entry> simple(String name, UnaryOperator<String> change) {
    return method(
        name,
        0,
        List.of(),
        (text, arguments, e) -> {
          // Some characters become three.
          e.budget().text(3, text.length());
          return change.apply(text);
        });
  }

  private interface Question {
    boolean ask(String text);
  }

  private static Map.Entry<String, Entry> test(String name, Question question) {
    return method(name, 0, List.of(), (text, arguments, e) -> question.ask(text));
  }

  private static boolean isIdentifier(String text) {
    return !text.isEmpty()
        && (text.charAt(0) == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(0)))
        && text.codePoints()
            .allMatch(
                c -> Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
  }

  private static Map.Entry<String, Entry> strip(String name, boolean left, boolean right) {
    return method(
        name,
        0,
        List.of("chars"),
        (text, arguments, e) ->
            Text.strip(text, arguments.textOrNone("chars"), left, right, e.budget()));
  }

  private static Map.Entry<String, Entry> split(String name, boolean fromRight) {
    return named(
        name,
        0,
        List.of("sep", "maxsplit"),
        (text, arguments, e) -> {
          String separator = arguments.textOrNone("sep");
          long limit = arguments.integer("maxsplit", -1);
          if (separator == null) {
            return Seq.list(
                fromRight
                    ? Text.splitSpaceRight(text, limit, e.budget())
                    : Text.splitSpace(text, limit, e.budget()));
          }
          if (separator.isEmpty()) {
            throw new TemplateError(name + "() needs a separator that is not empty");
          }
          return Seq.list(
              fromRight
                  ? Text.splitRight(text, separator, limit, e.budget())
                  : Text.split(text, separator, limit, e.budget()));
        });
  }

  private static Object splitLines(String text, Bound arguments, Evaluator e) {
    return Seq.list(Text.splitLines(text, arguments.truth("keepends"), e.budget()));
  }

  private static Object expandTabs(String text, Bound arguments, Evaluator e) {
    long size = arguments.integer("tabsize", 8);
    StringBuilder out = new StringBuilder();
    long column = 0;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      if (c == '\t') {
        long blanks = size <= 0 ? 0 : size - column % size;
        out.append(Text.repeat(" ", blanks, e.budget()));
        column += blanks;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    e.budget().text(text.length());
    return out.toString();
  }

  /**
   * The part of a text that {@code start} and {@code end} mean, with its position in code points,
   * or null if it starts behind the end.
   */
  private record Window(String text, int start) {
    static @Nullable Window of(String text, Bound arguments, Budget budget) {
      if (arguments.optional("start") == null) {
        return new Window(text, 0);
      }
      int length = Text.length(text, budget);
      long start = bound(arguments, "start", 0, length);
      long end = Math.min(bound(arguments, "end", length, length), length);
      if (start > end) {
        return null;
      }
      int from = text.offsetByCodePoints(0, (int) start);
      int to = text.offsetByCodePoints(from, (int) (end - start));
      budget.text(to - from);
      return new Window(text.substring(from, to), (int) start);
    }

    private static long bound(Bound arguments, String name, long otherwise, int length) {
      Object value = arguments.optional(name);
      if (value == null || value == None.NONE) {
        return otherwise;
      }
      long index = arguments.integer(name);
      return index < 0 ? Math.max(index + length, 0) : index;
    }
  }

  private static Object startsWith(String text, Bound arguments, Evaluator e) {
    return affix(text, arguments, "prefix", String::startsWith, e);
  }

  private static Object endsWith(String text, Bound arguments, Evaluator e) {
    return affix(text, arguments, "suffix", String::endsWith, e);
  }

  private static Object affix(
      String text,
      Bound arguments,
      String parameter,
      BiFunction<String, String, Boolean> test,
      Evaluator e) {
    Window window = Window.of(text, arguments, e.budget());
    boolean found = false;
    if (arguments.get(parameter) instanceof Seq seq && seq.tuple()) {
      for (Object option : seq.items()) {
        String affix = Values.asText(option);
        if (affix == null) {
          throw new TemplateError("a tuple of strings is needed");
        }
        e.budget().scan(affix.length());
        found |= window != null && test.apply(window.text, affix);
      }
      return found;
    }
    String affix = arguments.text(parameter);
    return window != null && test.apply(window.text, affix);
  }

  private static Object count(String text, Bound arguments, Evaluator e) {
    String part = arguments.text("sub");
    Window window = Window.of(text, arguments, e.budget());
    return window == null ? 0L : Text.count(window.text, part, e.budget());
  }

  private static Map.Entry<String, Entry> find(String name, boolean last, boolean strict) {
    return method(
        name,
        1,
        List.of("sub", "start", "end"),
        (text, arguments, e) -> {
          String part = arguments.text("sub");
          Window window = Window.of(text, arguments, e.budget());
          int at = -1;
          if (window != null) {
            at =
                last
                    ? Text.lastIndexOf(window.text, part, window.text.length(), e.budget())
                    : Text.indexOf(window.text, part, 0, e.budget());
          }
          if (at < 0 || window == null) {
            if (strict) {
              throw new TemplateError(name + "(): the text is not found");
            }
            return -1L;
          }
          return (long) window.start + window.text.codePointCount(0, at);
        });
  }

  private static Object replace(String text, Bound arguments, Evaluator e) {
    long limit = arguments.integer("count", -1);
    return Text.replace(text, arguments.text("old"), arguments.text("new"), limit, e.budget());
  }

  private static Object removePrefix(String text, Bound arguments, Evaluator e) {
    String prefix = arguments.text("prefix");
    e.budget().text(text.length());
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static Object removeSuffix(String text, Bound arguments, Evaluator e) {
    String suffix = arguments.text("suffix");
    e.budget().text(text.length());
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static Map.Entry<String, Entry> partition(String name, boolean last) {
    return method(
        name,
        1,
        List.of("sep"),
        (text, arguments, e) -> {
          String separator = arguments.text("sep");
          if (separator.isEmpty()) {
            throw new TemplateError(name + "() needs a separator that is not empty");
          }
          int at =
              last
                  ? Text.lastIndexOf(text, separator, text.length(), e.budget())
                  : Text.indexOf(text, separator, 0, e.budget());
          if (at < 0) {
            return last ? Seq.tuple("", "", text) : Seq.tuple(text, "", "");
          }
          e.budget().text(text.length());
          return Seq.tuple(
              text.substring(0, at), separator, text.substring(at + separator.length()));
        });
  }

  private static Object join(String text, Bound arguments, Evaluator e) {
    List<String> parts = new ArrayList<>();
    for (Object part : Values.toList(arguments.get("iterable"), e.budget())) {
      String piece = Values.asText(part);
      if (piece == null) {
        throw new TemplateError("join() needs strings, found " + Values.typeName(part));
      }
      parts.add(piece);
    }
    return Text.join(text, parts, e.budget());
  }

  private static String fill(Bound arguments) {
    String fill = arguments.text("fillchar", " ");
    if (fill.codePointCount(0, fill.length()) != 1) {
      throw new TemplateError(arguments.function() + "() fills with exactly one character");
    }
    return fill;
  }

  private static Object center(String text, Bound arguments, Evaluator e) {
    return Text.center(text, arguments.integer("width"), fill(arguments), e.budget());
  }

  private static Object padRight(String text, Bound arguments, Evaluator e) {
    long missing = arguments.integer("width") - Text.length(text, e.budget());
    return Text.pad(text, 0, missing, fill(arguments), e.budget());
  }

  private static Object padLeft(String text, Bound arguments, Evaluator e) {
    long missing = arguments.integer("width") - Text.length(text, e.budget());
    return Text.pad(text, missing, 0, fill(arguments), e.budget());
  }

  private static Object zeroFill(String text, Bound arguments, Evaluator e) {
    long missing = arguments.integer("width") - Text.length(text, e.budget());
    int sign = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
    return text.substring(0, sign) + Text.pad(text.substring(sign), missing, 0, "0", e.budget());
  }
}
