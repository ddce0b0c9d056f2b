// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static java.util.Map.entry;

import java.util.Map;

/** What can stand after {@code is}. */
final class Tests {

  /** A test of a value with at most one argument. */
  private interface Test {
    boolean holds(Object value, Object argument, Evaluator evaluator);
  }

  private record Entry(Test test, boolean hasArgument) {}

  private static final Map<String, Entry> TESTS =
      Map.ofEntries(
          question("defined", (value, e) -> !(value instanceof Undefined)),
          question("undefined", (value, e) -> value instanceof Undefined),
          question("none", (value, e) -> value == None.NONE),
          question("boolean", (value, e) -> value instanceof Boolean),
          question("true", (value, e) -> Boolean.TRUE.equals(value)),
          question("false", (value, e) -> Boolean.FALSE.equals(value)),
          question(
              "integer", (value, e) -> Numbers.isInteger(value) && !(value instanceof Boolean)),
          question("float", (value, e) -> value instanceof Double),
          question("number", (value, e) -> Numbers.isNumber(value)),
          question("string", (value, e) -> Values.isText(value)),
          question("mapping", (value, e) -> value instanceof Dict),
          question("iterable", (value, e) -> Values.iterateOrNone(value) != null),
          question("sequence", (value, e) -> isSequence(value)),
          question(
              "callable", (value, e) -> value instanceof Invocable || value instanceof Undefined),
          question("escaped", (value, e) -> value instanceof Markup),
          question("lower", (value, e) -> Cases.isAllCase(Printer.print(value, e.budget()), false)),
          question("upper", (value, e) -> Cases.isAllCase(Printer.print(value, e.budget()), true)),
          question("odd", (value, e) -> remainder(value, 2L, 1L, e)),
          question("even", (value, e) -> remainder(value, 2L, 0L, e)),
          question("filter", (value, e) -> Filters.exists(key(value, e))),
          question("test", (value, e) -> exists(key(value, e))),
          relation("divisibleby", (value, number, e) -> remainder(value, number, 0L, e)),
          relation("sameas", (value, other, e) -> isSame(value, other)),
          comparison("in", "in"),
          comparison("==", "=="),
          comparison("eq", "=="),
          comparison("equalto", "=="),
          comparison("!=", "!="),
          comparison("ne", "!="),
          comparison(">", ">"),
          comparison("gt", ">"),
          comparison("greaterthan", ">"),
          comparison(">=", ">="),
          comparison("ge", ">="),
          comparison("<", "<"),
          comparison("lt", "<"),
          comparison("lessthan", "<"),
          comparison("<=", "<="),
          comparison("le", "<="));

  private Tests() {}

  private interface Question {
    boolean holds(Object value, Evaluator evaluator);
  }

  private static Map.Entry<String, Entry> question(String name, Question question) {
    return entry(name, new Entry((value, none, e) -> question.holds(value, e), false));
  }

  private static Map.Entry<String, Entry> relation(String name, Test test) {
    return entry(name, new Entry(test, true));
  }

  private static Map.Entry<String, Entry> comparison(String name, String operator) {
    return relation(
        name, (value, other, e) -> Operators.compare(operator, value, other, e.budget()));
  }

  static boolean exists(Object name) {
    return TESTS.containsKey(name);
  }

  private static Object key(Object value, Evaluator e) {
    return Dict.hashKey(value, e.budget());
  }

  static Object apply(String name, Evaluator evaluator, Object value, Arguments arguments) {
    Entry entry = TESTS.get(name);
    if (entry == null) {
      throw new TemplateError("no test named '" + name + "'");
    }
    int expected = entry.hasArgument ? 1 : 0;
    if (arguments.positional().size() != expected || !arguments.named().isEmpty()) {
      throw new TemplateError("the test '" + name + "' takes " + expected + " arguments");
    }
    Object argument = entry.hasArgument ? arguments.positional().get(0) : None.NONE;
    return entry.test.holds(value, argument, evaluator);
  }

  private static boolean isSequence(Object value) {
    return Values.isText(value)
        || value instanceof Seq
        || value instanceof Dict
        || value instanceof Range
        || value instanceof Undefined;
  }

  private static boolean remainder(Object value, Object divisor, Object rest, Evaluator e) {
    return Operators.areEqual(Operators.apply("%", value, divisor, e), rest, e.budget());
  }

  /**
   * Whether two values are the same object; numbers and strings count as the same if they are
   * equal.
   */
  @SuppressWarnings("ReferenceEquality") // being the same object is the question
  private static boolean isSame(Object a, Object b) {
    return a == b
        || (a.getClass() == b.getClass()
            && (a instanceof Boolean || a instanceof Long || a instanceof String)
            && a.equals(b));
  }
}
