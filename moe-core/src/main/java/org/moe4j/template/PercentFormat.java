// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.List;

/** Formatting with {@code 'text %s' % values}. */
final class PercentFormat {
  private final String format;
  private final Object values;
  private final boolean isMarkup;
  private final Budget budget;
  private final Output out;
  private int at;
  private int used;

  private PercentFormat(String format, Object values, boolean isMarkup, Budget budget) {
    this.format = format;
    this.values = values;
    this.isMarkup = isMarkup;
    this.budget = budget;
    this.out = new Output(budget);
  }

  static Object format(Object format, Object values, Budget budget) {
    boolean isMarkup = format instanceof Markup;
    PercentFormat work = new PercentFormat(Printer.print(format, budget), values, isMarkup, budget);
    work.run();
    return Values.textLike(format, work.out.toString());
  }

  private void run() {
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      if (percent < 0) {
        out.append(format.substring(at));
        break;
      }
      out.append(format.substring(at, percent));
      at = percent + 1;
      conversion();
    }
    boolean allUsed = used > 0 || isMapping(values);
    if (values instanceof Seq seq && seq.tuple()) {
      allUsed = used >= seq.size();
    }
    if (!allUsed) {
      throw new TemplateError("not all values are used by the format");
    }
  }

  /** Values that might be looked up by name, of which none need be used. */
  private static boolean isMapping(Object value) {
    return value instanceof Dict
        || value instanceof Seq
        || value instanceof Range
        || value instanceof Undefined;
  }

  private char next() {
    if (at >= format.length()) {
      throw new TemplateError("the format ends inside a '%'");
    }
    return format.charAt(at++);
  }

  private void conversion() {
    Object named = null;
    char c = next();
    if (c == '(') {
      named = namedValue();
      c = next();
    }
    boolean left = false;
    boolean zero = false;
    boolean alternate = false;
    char sign = '-';
    for (; "-+ #0".indexOf(c) >= 0; c = next()) {
      switch (c) {
        case '-' -> left = true;
        case '0' -> zero = true;
        case '#' -> alternate = true;
        case '+' -> sign = '+';
        default -> sign = sign == '+' ? '+' : ' ';
      }
    }
    long width = 0;
    if (c == '*') {
      width = size(value());
      c = next();
    } else {
      for (; c >= '0' && c <= '9'; c = next()) {
        width = digit(width, c);
      }
    }
    left |= width < 0;
    int precision = -1;
    if (c == '.') {
      c = next();
      long digits = 0;
      if (c == '*') {
        digits = Math.max(size(value()), 0);
        c = next();
      } else {
        for (; c >= '0' && c <= '9'; c = next()) {
          digits = digit(digits, c);
        }
      }
      precision = (int) digits;
    }
    while (c == 'h' || c == 'l' || c == 'L') {
      c = next();
    }
    if (c == '%') {
      out.append("%");
      return;
    }
    char align = left ? '<' : zero ? '=' : '>';
    String fill = zero && !left ? "0" : " ";
    FormatSpec spec =
        new FormatSpec(fill, align, sign, alternate, Math.abs(width), '\0', precision, c);
    out.append(convert(spec, named == null ? value() : named));
  }

  private static long digit(long number, char digit) {
    if (number > 100_000_000) {
      throw new TemplateError("number too large in a format");
    }
    return number * 10 + digit - '0';
  }

  private static long size(Object value) {
    if (!(value instanceof Long size) || Math.abs(size) > Integer.MAX_VALUE) {
      throw new TemplateError("'*' in a format needs an integer");
    }
    return size;
  }

  private Object namedValue() {
    int depth = 1;
    int start = at;
    while (depth > 0) {
      char c = next();
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    String name = format.substring(start, at - 1);
    Object value = values instanceof Dict dict ? dict.getText(name) : null;
    if (value == null) {
      throw new TemplateError("the format needs a value named '" + name + "'");
    }
    used++;
    return value;
  }

  private Object value() {
    List<Object> items = values instanceof Seq seq && seq.tuple() ? seq.items() : List.of(values);
    if (used >= items.size()) {
      throw new TemplateError("the format needs more values");
    }
    return items.get(used++);
  }

  private String convert(FormatSpec spec, Object value) {
    return switch (spec.type()) {
      case 's' ->
          padded(spec)
              .text(
                  isMarkup ? Operators.escaped(value, budget) : Printer.print(value, budget),
                  budget);
      case 'r', 'a' -> {
        String text = Printer.repr(value, budget);
        text = spec.type() == 'a' ? BraceFormat.ascii(text) : text;
        yield padded(spec).text(isMarkup ? Operators.escaped(text, budget) : text, budget);
      }
      case 'c' -> {
        String text = Values.asText(value);
        if (text != null && text.codePointCount(0, text.length()) == 1) {
          yield padded(spec).text(text, budget);
        }
        yield padded(spec).text(character(value), budget);
      }
      case 'd', 'i', 'u' -> integer(spec, 'd', truncated(value));
      case 'o', 'x', 'X' -> {
        if (!Numbers.isInteger(value)) {
          throw new TemplateError("the conversion " + spec.type() + " needs an integer");
        }
        yield integer(spec, spec.type(), Numbers.big(value));
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        if (!Numbers.isNumber(value)) {
          throw new TemplateError("the conversion " + spec.type() + " needs a number");
        }
        yield spec.real(Numbers.toDouble(value), budget);
      }
      default -> throw new TemplateError("unknown conversion '%" + spec.type() + "'");
    };
  }

  /** Texts are padded with blanks on the left unless told otherwise. */
  private static FormatSpec padded(FormatSpec spec) {
    char align = spec.align() == '<' ? '<' : '>';
    return new FormatSpec(" ", align, '-', false, spec.width(), '\0', spec.precision(), 's');
  }

  private static String character(Object value) {
    if (!Numbers.isInteger(value)) {
      throw new TemplateError("the conversion c needs a character");
    }
    BigInteger code = Numbers.big(value);
    if (code.signum() < 0 || code.bitLength() > 21 || code.intValue() > Character.MAX_CODE_POINT) {
      throw new TemplateError("not a character: " + code);
    }
    return Character.toString(code.intValue());
  }

  private static BigInteger truncated(Object value) {
    if (!Numbers.isNumber(value)) {
      throw new TemplateError("the conversion d needs a number, found " + Values.typeName(value));
    }
    return Numbers.big(value instanceof Double d ? Numbers.truncate(d) : value);
  }

  /** An integer with at least as many digits as the precision says. */
  private String integer(FormatSpec spec, char type, BigInteger value) {
    String digits =
        new FormatSpec(" ", '>', '-', false, 0, '\0', -1, type).integer(value.abs(), budget);
    String body = Text.pad(digits, (long) spec.precision() - digits.length(), 0, "0", budget);
    String prefix = spec.alternate() && type != 'd' ? "0" + type : "";
    String sign = value.signum() < 0 ? "-" : spec.sign() == '-' ? "" : String.valueOf(spec.sign());
    String head = sign + prefix;
    long missing = spec.width() - head.length() - body.length();
    return switch (spec.align()) {
      case '<' -> Text.pad(head + body, 0, missing, " ", budget);
      case '=' -> head + Text.pad(body, missing, 0, "0", budget);
      default -> Text.pad(head + body, missing, 0, " ", budget);
    };
  }
}
