// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Arithmetic, comparison and membership. */
final class Operators {
  private Operators() {}

  /** Applies an arithmetic operator. */
  static Object apply(String operator, Object a, Object b, Evaluator evaluator) {
    if (operator.equals("%") && Values.isText(a)) {
      return PercentFormat.format(a, b, evaluator.budget());
    }
    if (a instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (b instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return switch (operator) {
        case "+" -> Numbers.add(a, b);
        case "-" -> Numbers.subtract(a, b);
        case "*" -> Numbers.multiply(a, b);
        case "/" -> Numbers.divide(a, b);
        case "//" -> Numbers.floorDivide(a, b);
        case "%" -> Numbers.modulo(a, b);
        default -> Numbers.power(a, b);
      };
    }
    if (operator.equals("+")) {
      return join(a, b, evaluator.budget());
    }
    if (operator.equals("*")) {
      return Numbers.isInteger(a)
          ? repeat(b, a, evaluator.budget())
          : repeat(a, b, evaluator.budget());
    }
    throw mismatch(operator, a, b);
  }

  private static TemplateError mismatch(String operator, Object a, Object b) {
    return new TemplateError(
        "'"
            + operator
            + "' does not work with "
            + Values.typeName(a)
            + " and "
            + Values.typeName(b));
  }

  private static Object join(Object a, Object b, Budget budget) {
    String x = Values.asText(a);
    String y = Values.asText(b);
    if (x != null && y != null) {
      budget.objects(1);
      budget.text((long) x.length() + y.length());
      if (a instanceof Markup || b instanceof Markup) {
        return new Markup(escaped(a, budget) + escaped(b, budget));
      }
      return x + y;
    }
    if (a instanceof Seq left && b instanceof Seq right && left.tuple() == right.tuple()) {
      budget.references((long) left.size() + right.size());
      List<Object> items = new ArrayList<>(left.items());
      items.addAll(right.items());
      return new Seq(items, left.tuple());
    }
    throw mismatch("+", a, b);
  }

  /** The text of a value as finished HTML. */
  static String escaped(Object value, Budget budget) {
    String text = Printer.print(value, budget);
    if (value instanceof Markup) {
      return text;
    }
    budget.text(6, text.length());
    return Markup.escape(text);
  }

  private static Object repeat(Object value, Object times, Budget budget) {
    if (Numbers.isInteger(times)) {
      BigInteger exact = Numbers.big(times);
      long count = exact.bitLength() < 64 ? exact.longValue() : exact.signum() * Long.MAX_VALUE;
      String text = Values.asText(value);
      if (text != null) {
        return Values.textLike(value, Text.repeat(text, count, budget));
      }
      if (value instanceof Seq seq) {
        if (count <= 0 || seq.size() == 0) {
          return new Seq(List.of(), seq.tuple());
        }
        budget.references(count, seq.size());
        List<Object> items = new ArrayList<>();
        for (long i = 0; i < count; i++) {
          items.addAll(seq.items());
        }
        return new Seq(items, seq.tuple());
      }
    }
    throw mismatch("*", value, times);
  }

  /** Applies a comparison or membership operator. */
  static boolean compare(String operator, Object a, Object b, Budget budget) {
    return switch (operator) {
      case "==" -> areEqual(a, b, budget);
      case "!=" -> !areEqual(a, b, budget);
      case "in" -> contains(b, a, budget);
      case "not in" -> !contains(b, a, budget);
      default -> order(operator, a, b, budget);
    };
  }

  /** Whether {@code a} sorts before {@code b}. */
  static boolean isLess(Object a, Object b, Budget budget) {
    return order("<", a, b, budget);
  }

  private static boolean order(String operator, Object a, Object b, Budget budget) {
    if (a instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (b instanceof Undefined undefined) {
      throw undefined.error();
    }
    Integer order;
    String x = Values.asText(a);
    String y = Values.asText(b);
    if (x != null && y != null) {
      budget.scan(Math.min(x.length(), y.length()));
      order = Text.compare(x, y);
    } else if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      order = Numbers.compare(a, b);
    } else if (a instanceof Seq left && b instanceof Seq right && left.tuple() == right.tuple()) {
      return orderOfElements(operator, left, right, budget);
    } else {
      throw mismatch(operator, a, b);
    }
    return order != null && holds(operator, order);
  }

  private static boolean holds(String operator, int order) {
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  private static boolean orderOfElements(String operator, Seq a, Seq b, Budget budget) {
    budget.enter();
    boolean result = holds(operator, Integer.compare(a.size(), b.size()));
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      Object x = a.items().get(i);
      Object y = b.items().get(i);
      if (!areEqual(x, y, budget)) {
        result = order(operator, x, y, budget);
        break;
      }
    }
    budget.leave();
    return result;
  }

  static boolean areEqual(Object a, Object b, Budget budget) {
    budget.enter();
    boolean equal = equal(a, b, budget);
    budget.leave();
    return equal;
  }

  private static boolean equal(Object a, Object b, Budget budget) {
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      Integer order = Numbers.compare(a, b);
      return order != null && order == 0;
    }
    String x = Values.asText(a);
    String y = Values.asText(b);
    if (x != null && y != null) {
      budget.scan(Math.min(x.length(), y.length()));
      return x.equals(y);
    }
    if (a instanceof Undefined) {
      return b instanceof Undefined;
    }
    if (a instanceof Seq left && b instanceof Seq right) {
      return equalElements(left, right, budget);
    }
    if (a instanceof Dict left && b instanceof Dict right) {
      return equalEntries(left, right, budget);
    }
    if (a instanceof DictView left && b instanceof DictView right) {
      return left.part() == right.part()
          && left.part() != DictView.Part.VALUES
          && equalAsSets(left, right, budget);
    }
    return a.equals(b);
  }

  private static boolean equalElements(Seq a, Seq b, Budget budget) {
    if (a.tuple() != b.tuple() || a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      Object x = a.items().get(i);
      Object y = b.items().get(i);
      if (!areEqual(x, y, budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Dict a, Dict b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Dict.Entry entry : a.entries()) {
      Object other = b.get(entry.key(), budget);
      if (other == null || !areEqual(entry.value(), other, budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalAsSets(DictView a, DictView b, Budget budget) {
    if (a.dict().size() != b.dict().size()) {
      return false;
    }
    Cursor elements = Values.iterate(a);
    for (Object element = elements.next(); element != null; element = elements.next()) {
      if (!contains(b, element, budget)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether {@code container} has {@code item}: a part of a string, a key of a dict, an element of
   * the rest.
   */
  static boolean contains(Object container, Object item, Budget budget) {
    String text = Values.asText(container);
    if (text != null) {
      String part = Values.asText(item);
      if (part == null) {
        throw new TemplateError("'in' a string needs a string, found " + Values.typeName(item));
      }
      return Text.indexOf(text, part, 0, budget) >= 0;
    }
    if (container instanceof Dict dict) {
      return dict.get(item, budget) != null;
    }
    if (container instanceof DictView view) {
      if (view.part() == DictView.Part.KEYS) {
        return view.dict().get(item, budget) != null;
      }
    } else if (container instanceof Range range && item instanceof Long number) {
      return range.contains(number);
    }
    Cursor cursor = Values.iterate(container);
    for (Object element = cursor.next(); element != null; element = cursor.next()) {
      if (areEqual(element, item, budget)) {
        return true;
      }
    }
    return false;
  }
}
