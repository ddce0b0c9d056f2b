// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Expr.Arithmetic;
import org.moe4j.template.Expr.Attribute;
import org.moe4j.template.Expr.Call;
import org.moe4j.template.Expr.CallArguments;
import org.moe4j.template.Expr.Chain;
import org.moe4j.template.Expr.Choice;
import org.moe4j.template.Expr.Comparison;
import org.moe4j.template.Expr.Concatenation;
import org.moe4j.template.Expr.Conditional;
import org.moe4j.template.Expr.DictDisplay;
import org.moe4j.template.Expr.Filter;
import org.moe4j.template.Expr.Index;
import org.moe4j.template.Expr.Link;
import org.moe4j.template.Expr.Literal;
import org.moe4j.template.Expr.Logical;
import org.moe4j.template.Expr.Name;
import org.moe4j.template.Expr.Negative;
import org.moe4j.template.Expr.Not;
import org.moe4j.template.Expr.Operation;
import org.moe4j.template.Expr.Positive;
import org.moe4j.template.Expr.Sequence;
import org.moe4j.template.Expr.Slice;
import org.moe4j.template.Expr.Test;
import org.moe4j.template.Token.Kind;

/**
 * Parses expressions by recursive descent, one method per precedence: inline if, or, and, not,
 * comparison, sum, {@code ~}, product, power, sign, then attributes and calls, then filters and
 * tests.
 */
final class ExprParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> SUMS = Set.of("+", "-");
  private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");
  private static final Set<String> POWERS = Set.of("**");
  private static final int MAX_DIGITS = 4000;

  private final TokenStream stream;

  ExprParser(TokenStream stream) {
    this.stream = stream;
  }

  /** One expression. */
  Expr expression() {
    return conditional();
  }

  /** One expression, or a tuple where commas follow. */
  Expr tuple() {
    return tuple(true, false);
  }

  /** Like {@link #tuple()} where an {@code if} belongs to the tag and not to the expression. */
  Expr tupleWithoutIf() {
    return tuple(false, false);
  }

  /** What follows an opening parenthesis, with the closing one. */
  Expr inParentheses() {
    Expr inner = tuple(true, true);
    stream.expectOperator(")");
    return inner;
  }

  private Expr tuple(boolean withIf, boolean inParentheses) {
    List<Expr> items = new ArrayList<>();
    boolean isTuple = false;
    while (!(stream.at(Kind.PRINT_END) || stream.at(Kind.TAG_END) || stream.atOperator(")"))) {
      items.add(withIf ? conditional() : or());
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple && !items.isEmpty()) {
      return items.get(0);
    }
    if (!isTuple && !inParentheses) {
      throw stream.unexpected("an expression");
    }
    return new Sequence(List.copyOf(items), true);
  }

  private Expr conditional() {
    stream.enter();
    Expr first = or();
    List<Choice> choices = new ArrayList<>();
    while (stream.skipName("if")) {
      Expr test = or();
      choices.add(new Choice(test, stream.skipName("else") ? conditional() : null));
    }
    stream.leave();
    return choices.isEmpty() ? first : new Conditional(first, choices);
  }

  private Expr or() {
    Expr first = and();
    if (!stream.atName("or")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (stream.skipName("or")) {
      operands.add(and());
    }
    return new Logical(false, operands);
  }

  private Expr and() {
    Expr first = not();
    if (!stream.atName("and")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (stream.skipName("and")) {
      operands.add(not());
    }
    return new Logical(true, operands);
  }

  private Expr not() {
    if (!stream.skipName("not")) {
      return comparison();
    }
    stream.enter();
    Expr operand = not();
    stream.leave();
    return new Not(operand);
  }

  private Expr comparison() {
    Expr first = sum();
    List<Operation> rest = new ArrayList<>();
    while (true) {
      if (stream.at(Kind.OPERATOR) && COMPARISONS.contains(stream.current().text())) {
        String operator = stream.next().text();
        rest.add(new Operation(operator, sum()));
      } else if (stream.skipName("in")) {
        rest.add(new Operation("in", sum()));
      } else if (stream.atName("not") && stream.look().isName("in")) {
        stream.next();
        stream.next();
        rest.add(new Operation("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Comparison(first, rest);
      }
    }
  }

  private Expr sum() {
    Expr first = concatenation();
    List<Operation> rest = new ArrayList<>();
    while (stream.at(Kind.OPERATOR) && SUMS.contains(stream.current().text())) {
      String operator = stream.next().text();
      rest.add(new Operation(operator, concatenation()));
    }
    return rest.isEmpty() ? first : new Arithmetic(first, rest);
  }

  private Expr concatenation() {
    Expr first = product();
    if (!stream.atOperator("~")) {
      return first;
    }
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (stream.skipOperator("~")) {
      operands.add(product());
    }
    return new Concatenation(operands);
  }

  private Expr product() {
    Expr first = power();
    List<Operation> rest = new ArrayList<>();
    while (stream.at(Kind.OPERATOR) && PRODUCTS.contains(stream.current().text())) {
      String operator = stream.next().text();
      rest.add(new Operation(operator, power()));
    }
    return rest.isEmpty() ? first : new Arithmetic(first, rest);
  }

  private Expr power() {
    Expr first = unary(true);
    List<Operation> rest = new ArrayList<>();
    while (stream.at(Kind.OPERATOR) && POWERS.contains(stream.current().text())) {
      String operator = stream.next().text();
      rest.add(new Operation(operator, unary(true)));
    }
    return rest.isEmpty() ? first : new Arithmetic(first, rest);
  }

  /** A sign binds tighter than filters: {@code -1|abs} is 1. */
  private Expr unary(boolean withFilters) {
    stream.enter();
    Expr value;
    if (stream.skipOperator("-")) {
      value = new Negative(unary(false));
    } else if (stream.skipOperator("+")) {
      value = new Positive(unary(false));
    } else {
      value = primary();
    }
    List<Link> links = new ArrayList<>();
    postfix(links);
    if (withFilters) {
      filtersAndTests(links);
    }
    stream.leave();
    return links.isEmpty() ? value : new Chain(value, links);
  }

  private Expr primary() {
    Token token = stream.next();
    return switch (token.kind()) {
      case NAME ->
          switch (token.text()) {
            case "true", "True" -> new Literal(true);
            case "false", "False" -> new Literal(false);
            case "none", "None" -> new Literal(None.NONE);
            default -> new Name(token.text());
          };
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (stream.at(Kind.STRING)) {
          text.append(stream.next().text());
        }
        yield new Literal(text.toString());
      }
      case INTEGER -> new Literal(integer(token));
      case FLOAT -> new Literal(Double.parseDouble(token.text()));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> inParentheses();
            case "[" -> list();
            case "{" -> dict();
            default -> throw unexpected(token);
          };
      default -> throw unexpected(token);
    };
  }

  private static SyntaxError unexpected(Token token) {
    return new SyntaxError("expected an expression, found " + token.describe(), token.line());
  }

  private static Object integer(Token token) {
    String text = token.text();
    int radix =
        text.length() < 2
            ? 10
            : switch (text.charAt(1)) {
              case 'b', 'B' -> 2;
              case 'o', 'O' -> 8;
              case 'x', 'X' -> 16;
              default -> 10;
            };
    String digits = radix == 10 ? text : text.substring(2);
    if (digits.length() > MAX_DIGITS) {
      throw new SyntaxError("a number of more than " + MAX_DIGITS + " digits", token.line());
    }
    try {
      return Numbers.normalise(new BigInteger(digits, radix));
    } catch (TemplateError e) {
      throw new SyntaxError(String.valueOf(e.getMessage()), token.line());
    }
  }

  private Expr list() {
    List<Expr> items = new ArrayList<>();
    while (!stream.atOperator("]")) {
      items.add(conditional());
      if (!stream.skipOperator(",")) {
        break;
      }
    }
    stream.expectOperator("]");
    return new Sequence(List.copyOf(items), false);
  }

  private Expr dict() {
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.atOperator("}")) {
      keys.add(conditional());
      stream.expectOperator(":");
      values.add(conditional());
      if (!stream.skipOperator(",")) {
        break;
      }
    }
    stream.expectOperator("}");
    return new DictDisplay(keys, values);
  }

  /** Attributes, elements and calls. */
  private void postfix(List<Link> links) {
    while (true) {
      if (stream.skipOperator(".")) {
        Token name = stream.next();
        switch (name.kind()) {
          case NAME -> links.add(new Attribute(name.text()));
          case INTEGER -> links.add(new Index(new Literal(integer(name))));
          default ->
              throw new SyntaxError(
                  "expected a name or a number after '.', found " + name.describe(), name.line());
        }
      } else if (stream.skipOperator("[")) {
        links.add(subscript());
      } else if (stream.atOperator("(")) {
        int line = stream.line();
        links.add(new Call(callArguments(), line));
      } else {
        return;
      }
    }
  }

  /** Filters, tests and calls; an attribute of a filter's result needs parentheses. */
  private void filtersAndTests(List<Link> links) {
    while (true) {
      if (stream.skipOperator("|")) {
        links.add(filter());
      } else if (stream.atName("is")) {
        links.add(test());
      } else if (stream.atOperator("(")) {
        int line = stream.line();
        links.add(new Call(callArguments(), line));
      } else {
        return;
      }
    }
  }

  private Link subscript() {
    List<Expr> keys = new ArrayList<>();
    while (!stream.atOperator("]")) {
      if (!keys.isEmpty()) {
        stream.expectOperator(",");
      }
      Expr start = stream.atOperator(":") ? null : conditional();
      if (start != null && !stream.atOperator(":")) {
        keys.add(start);
        continue;
      }
      if (!keys.isEmpty()) {
        throw stream.unexpected("']': a slice stands alone");
      }
      Slice slice = slice(start);
      stream.expectOperator("]");
      return slice;
    }
    stream.expectOperator("]");
    return new Index(keys.size() == 1 ? keys.get(0) : new Sequence(List.copyOf(keys), true));
  }

  private Slice slice(@Nullable Expr start) {
    stream.expectOperator(":");
    Expr stop = stream.atOperator(":") || stream.atOperator("]") ? null : conditional();
    Expr step = null;
    if (stream.skipOperator(":") && !stream.atOperator("]")) {
      step = conditional();
    }
    return new Slice(start, stop, step);
  }

  /** A filter after its {@code |}. */
  Filter filter() {
    int line = stream.line();
    String name = dottedName();
    return new Filter(name, stream.atOperator("(") ? callArguments() : CallArguments.NONE, line);
  }

  /** The filters of a block tag: the first one and those that follow after {@code |}. */
  List<Filter> filters() {
    List<Filter> filters = new ArrayList<>(List.of(filter()));
    while (stream.skipOperator("|")) {
      filters.add(filter());
    }
    return filters;
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(stream.expect(Kind.NAME, "a name").text());
    while (stream.skipOperator(".")) {
      name.append('.').append(stream.expect(Kind.NAME, "a name").text());
    }
    return name.toString();
  }

  private Test test() {
    int line = stream.next().line();
    boolean negated = stream.skipName("not");
    String name = dottedName();
    CallArguments arguments = CallArguments.NONE;
    if (stream.atOperator("(")) {
      arguments = callArguments();
    } else if (startsTestArgument()) {
      if (stream.atName("is")) {
        throw new SyntaxError("tests cannot be chained with 'is'", stream.line());
      }
      Expr argument = primary();
      List<Link> links = new ArrayList<>();
      postfix(links);
      argument = links.isEmpty() ? argument : new Chain(argument, links);
      arguments = new CallArguments(List.of(argument), Map.of(), null, null);
    }
    return new Test(name, arguments, negated, line);
  }

  /** A test takes one argument without parentheses: {@code x is divisibleby 3}. */
  private boolean startsTestArgument() {
    Token token = stream.current();
    return switch (token.kind()) {
      case NAME -> !(token.isName("else") || token.isName("or") || token.isName("and"));
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      default -> false;
    };
  }

  private CallArguments callArguments() {
    int line = stream.line();
    stream.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    Map<String, Expr> named = new LinkedHashMap<>();
    Expr spread = null;
    Expr spreadNamed = null;
    while (!stream.atOperator(")")) {
      if (stream.skipOperator("*")) {
        check(spread == null && spreadNamed == null, line);
        spread = conditional();
      } else if (stream.skipOperator("**")) {
        check(spreadNamed == null, line);
        spreadNamed = conditional();
      } else if (stream.at(Kind.NAME) && stream.look().isOperator("=")) {
        check(spreadNamed == null, line);
        String name = stream.next().text();
        stream.next();
        check(named.put(name, conditional()) == null, line);
      } else {
        check(spread == null && spreadNamed == null && named.isEmpty(), line);
        positional.add(conditional());
      }
      if (!stream.skipOperator(",")) {
        break;
      }
    }
    stream.expectOperator(")");
    return new CallArguments(positional, named, spread, spreadNamed);
  }

  private static void check(boolean valid, int line) {
    if (!valid) {
      throw new SyntaxError("the arguments of a call are out of order or given twice", line);
    }
  }
}
