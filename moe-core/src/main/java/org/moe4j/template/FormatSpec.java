// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * How a value is laid out by {@code %} and {@code format()}: Python's format specification.
 *
 * @param fill what pads
 * @param align {@code <}, {@code >}, {@code ^} or {@code =} (between sign and digits); 0 where the
 *     type decides
 * @param sign {@code +}, {@code -} or a blank
 * @param alternate whether {@code #} was given
 * @param width least number of characters
 * @param grouping thousands separator, or 0
 * @param precision digits or characters, -1 where it was not given
 * @param type presentation type, 0 where it was not given
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean alternate,
    long width,
    char grouping,
    int precision,
    char type) {

  /** More digits than any double has; asking for more is refused rather than computed. */
  private static final int MAX_PRECISION = 2000;

  /** Parses what stands after the colon of {@code {:...}}. */
  static FormatSpec parse(String spec) {
    int at = 0;
    String fill = " ";
    boolean filled = false;
    char align = 0;
    int first = spec.isEmpty() ? 0 : Character.charCount(spec.codePointAt(0));
    if (first < spec.length() && "<>=^".indexOf(spec.charAt(first)) >= 0) {
      fill = spec.substring(0, first);
      align = spec.charAt(first);
      filled = true;
      at = first + 1;
    } else if (first > 0 && "<>=^".indexOf(spec.charAt(0)) >= 0) {
      align = spec.charAt(0);
      at = 1;
    }
    char sign = '-';
    if (at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0) {
      sign = spec.charAt(at++);
    }
    boolean alternate = spec.startsWith("#", at);
    at += alternate ? 1 : 0;
    if (spec.startsWith("0", at) && !filled) {
      fill = "0";
      at++;
    }
    int end = digits(spec, at);
    long width = end == at ? 0 : number(spec, at, end);
    at = end;
    char grouping = 0;
    if (spec.startsWith(",", at) || spec.startsWith("_", at)) {
      grouping = spec.charAt(at++);
    }
    int precision = -1;
    if (spec.startsWith(".", at)) {
      end = digits(spec, ++at);
      if (end == at) {
        throw new TemplateError("format specification without a precision after '.'");
      }
      precision = (int) number(spec, at, end);
      at = end;
    }
    char type = at < spec.length() ? spec.charAt(at++) : 0;
    if (at < spec.length()) {
      throw new TemplateError("format specification '" + spec + "' is not valid");
    }
    return new FormatSpec(fill, align, sign, alternate, width, grouping, precision, type);
  }

  private static int digits(String spec, int from) {
    int end = from;
    while (end < spec.length() && spec.charAt(end) >= '0' && spec.charAt(end) <= '9') {
      end++;
    }
    return end;
  }

  private static long number(String spec, int from, int end) {
    if (end - from > 9) {
      throw new TemplateError("number too large in a format specification");
    }
    return Long.parseLong(spec.substring(from, end));
  }

  /** Lays out any value that {@code format()} can. */
  String format(Object value, Budget budget) {
    if (value instanceof Double
        || (Numbers.isInteger(value) && type != 0 && "eEfFgG%".indexOf(type) >= 0)) {
      return real(Numbers.toDouble(value), budget);
    }
    if (Numbers.isInteger(value)) {
      return integer(Numbers.big(value), budget);
    }
    String text = Values.asText(value);
    if (text == null || (type != 0 && type != 's') || align == '=' || sign != '-') {
      throw new TemplateError("format specification is not for " + Values.typeName(value));
    }
    return text(text, budget);
  }

  /** A string, cut to the precision. */
  String text(String text, Budget budget) {
    String shown = text;
    if (precision >= 0 && precision < Text.length(text, budget)) {
      shown = text.substring(0, text.offsetByCodePoints(0, precision));
    }
    return pad("", shown, '<', budget);
  }

  /** An integer in the base of the type. */
  String integer(BigInteger value, Budget budget) {
    if (precision >= 0) {
      throw new TemplateError("an integer takes no precision");
    }
    String digits =
        switch (type) {
          case 0, 'd', 'n' -> value.abs().toString();
          case 'b' -> prefix("0b") + value.abs().toString(2);
          case 'o' -> prefix("0o") + value.abs().toString(8);
          case 'x' -> prefix("0x") + value.abs().toString(16);
          case 'X' -> (prefix("0x") + value.abs().toString(16)).toUpperCase(Locale.ROOT);
          case 'c' -> {
            if (value.signum() < 0 || value.bitLength() > 21 || value.intValue() > 0x10ffff) {
              throw new TemplateError("not a character: " + value);
            }
            yield Character.toString(value.intValue());
          }
          default -> throw new TemplateError("format type '" + type + "' is not for an integer");
        };
    return pad(sign(value.signum() < 0), group(digits), '>', budget);
  }

  private String prefix(String prefix) {
    return alternate ? prefix : "";
  }

  /** A double in the notation of the type. */
  String real(double value, Budget budget) {
    if (precision > MAX_PRECISION) {
      throw new TemplateError("precision of more than " + MAX_PRECISION + " digits");
    }
    budget.scan(Filters.EXACT_DECIMAL);
    boolean negative = value < 0 || (value == 0 && 1 / value < 0);
    double size = Math.abs(value);
    String digits;
    if (!Double.isFinite(size)) {
      digits = Numbers.repr(size);
    } else {
      digits =
          switch (type) {
            case 'f', 'F' -> fixed(new BigDecimal(size), precision < 0 ? 6 : precision);
            case '%' ->
                fixed(new BigDecimal(size).movePointRight(2), precision < 0 ? 6 : precision) + "%";
            case 'e', 'E' -> scientific(size, precision < 0 ? 6 : precision);
            case 'g', 'G', 'n' -> general(size, precision < 0 ? 6 : Math.max(precision, 1), false);
            case 0 ->
                precision < 0 ? Numbers.repr(size) : general(size, Math.max(precision, 1), true);
            default -> throw new TemplateError("format type '" + type + "' is not for a float");
          };
    }
    if (type == 'E' || type == 'F' || type == 'G') {
      digits = digits.toUpperCase(Locale.ROOT);
    }
    return pad(sign(negative), group(digits), '>', budget);
  }

  private static String fixed(BigDecimal value, int digits) {
    return value.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String scientific(double value, int digits) {
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = value == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    return fixed(rounded.movePointLeft(exponent), digits) + Numbers.exponent(exponent);
  }

  /** Fixed or scientific, whichever is shorter; {@code plain} keeps a digit after the point. */
  private String general(double value, int digits, boolean plain) {
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = value == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    if (exponent < -4 || exponent >= (plain ? digits - 1 : digits)) {
      String text = scientific(value, digits - 1);
      int e = text.indexOf('e');
      return trimZeros(text.substring(0, e)) + text.substring(e);
    }
    String text = trimZeros(fixed(rounded, Math.max(digits - 1 - exponent, 0)));
    return plain && text.indexOf('.') < 0 ? text + ".0" : text;
  }

  private String trimZeros(String digits) {
    if (alternate || digits.indexOf('.') < 0) {
      return digits;
    }
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
  }

  private String sign(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private String group(String digits) {
    if (grouping == 0) {
      return digits;
    }
    int end = digits(digits, 0);
    StringBuilder grouped = new StringBuilder(digits);
    for (int at = end - 3; at > 0; at -= 3) {
      grouped.insert(at, grouping);
    }
    return grouped.toString();
  }

  private String pad(String sign, String body, char usual, Budget budget) {
    long missing = width - sign.length() - body.codePointCount(0, body.length());
    char side = align;
    if (align == 0) {
      side = usual == '>' && fill.equals("0") ? '=' : usual;
    }
    if (missing <= 0) {
      budget.text(body.length());
      return sign + body;
    }
    return switch (side) {
      case '<' -> Text.pad(sign + body, 0, missing, fill, budget);
      case '^' -> Text.pad(sign + body, missing / 2, missing - missing / 2, fill, budget);
      case '=' -> sign + Text.pad(body, missing, 0, fill, budget);
      default -> Text.pad(sign + body, missing, 0, fill, budget);
    };
  }
}
