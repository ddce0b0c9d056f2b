// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An expression. Chains (of operators, of attributes, calls and filters, of inline ifs) are lists
 * rather than nested nodes, so that the depth of the tree is the depth of the parentheses in the
 * template.
 */
sealed interface Expr {

  record Literal(Object value) implements Expr {}

  record Name(String name) implements Expr {}

  /** A list or tuple display. */
  record Sequence(List<Expr> items, boolean tuple) implements Expr {}

  record DictDisplay(List<Expr> keys, List<Expr> values) implements Expr {}

  /** {@code first if t1 else e1 if t2 else e2}: the last choice that fails decides first. */
  record Conditional(Expr first, List<Choice> choices) implements Expr {}

  record Choice(Expr test, @Nullable Expr otherwise) {}

  record Logical(boolean isAnd, List<Expr> operands) implements Expr {}

  record Not(Expr operand) implements Expr {}

  record Negative(Expr operand) implements Expr {}

  record Positive(Expr operand) implements Expr {}

  /** Chained comparisons and membership tests; each middle operand is evaluated once. */
  record Comparison(Expr first, List<Operation> rest) implements Expr {}

  /** Operators of one precedence, from left to right. */
  record Arithmetic(Expr first, List<Operation> rest) implements Expr {}

  record Operation(String operator, Expr operand) {}

  /** {@code a ~ b ~ c}. */
  record Concatenation(List<Expr> operands) implements Expr {}

  /** A value and what is done with it, from left to right. */
  record Chain(Expr first, List<Link> links) implements Expr {}

  sealed interface Link {}

  record Attribute(String name) implements Link {}

  record Index(Expr key) implements Link {}

  record Slice(@Nullable Expr start, @Nullable Expr stop, @Nullable Expr step) implements Link {}

  record Call(CallArguments arguments, int line) implements Link {}

  record Filter(String name, CallArguments arguments, int line) implements Link {}

  record Test(String name, CallArguments arguments, boolean negated, int line) implements Link {}

  /**
   * The arguments of a call.
   *
   * @param positional plain arguments
   * @param named keyword arguments
   * @param spread the value after {@code *}, or null
   * @param spreadNamed the value after {@code **}, or null
   */
  record CallArguments(
      List<Expr> positional,
      Map<String, Expr> named,
      @Nullable Expr spread,
      @Nullable Expr spreadNamed) {
    static final CallArguments NONE = new CallArguments(List.of(), Map.of(), null, null);

    boolean isEmpty() {
      return positional.isEmpty() && named.isEmpty() && spread == null && spreadNamed == null;
    }

    /** The expressions of all arguments. */
    List<Expr> expressions() {
      List<Expr> expressions = new ArrayList<>(positional);
      expressions.addAll(named.values());
      addIfPresent(expressions, spread);
      addIfPresent(expressions, spreadNamed);
      return expressions;
    }
  }

  /** The expressions directly inside this one. */
  default List<Expr> children() {
    List<Expr> children = new ArrayList<>();
    switch (this) {
      case Literal literal -> {}
      case Name name -> {}
      case Sequence sequence -> children.addAll(sequence.items);
      case DictDisplay dict -> {
        children.addAll(dict.keys);
        children.addAll(dict.values);
      }
      case Conditional conditional -> {
        children.add(conditional.first);
        for (Choice choice : conditional.choices) {
          children.add(choice.test);
          addIfPresent(children, choice.otherwise);
        }
      }
      case Logical logical -> children.addAll(logical.operands);
      case Concatenation concatenation -> children.addAll(concatenation.operands);
      case Not not -> children.add(not.operand);
      case Negative negative -> children.add(negative.operand);
      case Positive positive -> children.add(positive.operand);
      case Comparison comparison -> {
        children.add(comparison.first);
        comparison.rest.forEach(operation -> children.add(operation.operand));
      }
      case Arithmetic arithmetic -> {
        children.add(arithmetic.first);
        arithmetic.rest.forEach(operation -> children.add(operation.operand));
      }
      case Chain chain -> {
        children.add(chain.first);
        chain.links.forEach(link -> addChildren(children, link));
      }
    }
    return children;
  }

  private static void addChildren(List<Expr> children, Link link) {
    switch (link) {
      case Attribute attribute -> {}
      case Index index -> children.add(index.key);
      case Slice slice -> {
        addIfPresent(children, slice.start);
        addIfPresent(children, slice.stop);
        addIfPresent(children, slice.step);
      }
      case Call call -> children.addAll(call.arguments.expressions());
      case Filter filter -> children.addAll(filter.arguments.expressions());
      case Test test -> children.addAll(test.arguments.expressions());
    }
  }

  private static void addIfPresent(List<Expr> children, @Nullable Expr child) {
    if (child != null) {
      children.add(child);
    }
  }
}
