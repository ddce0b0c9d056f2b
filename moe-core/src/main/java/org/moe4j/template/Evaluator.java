// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Expr.CallArguments;
import org.moe4j.template.Expr.Choice;
import org.moe4j.template.Expr.Link;
import org.moe4j.template.Expr.Operation;
import org.moe4j.template.Stmt.Body;

/** Computes the values of expressions: one object per rendering. */
final class Evaluator {
  private final Budget budget;
  private final Renderer renderer;

  Evaluator(Budget budget, Renderer renderer) {
    this.budget = budget;
    this.renderer = renderer;
  }

  Budget budget() {
    return budget;
  }

  /** The text that the body of a macro renders. */
  String render(Body body, Scope scope) {
    return renderer.render(body, scope);
  }

  /** A new scope for a body. */
  Scope scope(Body body, Scope outer) {
    budget.objects(body.hidden.size() + 2L);
    return new Scope(body, outer);
  }

  Object evaluate(Expr expression, Scope scope) {
    budget.enter();
    Object value = value(expression, scope);
    budget.leave();
    return value;
  }

  private Object value(Expr expression, Scope scope) {
    return switch (expression) {
      case Expr.Literal literal -> literal.value();
      case Expr.Name name -> scope.get(name.name());
      case Expr.Sequence sequence -> {
        budget.objects(1);
        budget.references(sequence.items().size());
        yield new Seq(all(sequence.items(), scope), sequence.tuple());
      }
      case Expr.DictDisplay display -> {
        Dict dict = new Dict();
        for (int i = 0; i < display.keys().size(); i++) {
          Object key = evaluate(display.keys().get(i), scope);
          dict.put(key, evaluate(display.values().get(i), scope), budget);
        }
        yield dict;
      }
      case Expr.Conditional conditional -> conditional(conditional, scope);
      case Expr.Logical logical -> {
        Object value = None.NONE;
        for (Expr operand : logical.operands()) {
          value = evaluate(operand, scope);
          if (Values.isTrue(value) != logical.isAnd()) {
            break;
          }
        }
        yield value;
      }
      case Expr.Not not -> !Values.isTrue(evaluate(not.operand(), scope));
      case Expr.Negative negative -> Numbers.negate(number(evaluate(negative.operand(), scope)));
      case Expr.Positive positive -> {
        Object value = number(evaluate(positive.operand(), scope));
        yield value instanceof Boolean truth ? (Object) (truth ? 1L : 0L) : value;
      }
      case Expr.Comparison comparison -> comparison(comparison, scope);
      case Expr.Arithmetic arithmetic -> {
        Object value = evaluate(arithmetic.first(), scope);
        for (Operation operation : arithmetic.rest()) {
          Object right = evaluate(operation.operand(), scope);
          value = Operators.apply(operation.operator(), value, right, this);
        }
        yield value;
      }
      case Expr.Concatenation concatenation -> {
        Output text = new Output(budget);
        for (Object value : all(concatenation.operands(), scope)) {
          text.append(Printer.print(value, budget));
        }
        yield text.toString();
      }
      case Expr.Chain chain -> {
        Object value = evaluate(chain.first(), scope);
        for (Link link : chain.links()) {
          budget.step();
          value = follow(value, link, scope);
        }
        yield value;
      }
    };
  }

  private static Object number(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (!Numbers.isNumber(value)) {
      throw new TemplateError("a sign needs a number, found " + Values.typeName(value));
    }
    return value;
  }

  private List<Object> all(List<Expr> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expr expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Object conditional(Expr.Conditional conditional, Scope scope) {
    for (Choice choice : conditional.choices().reversed()) {
      if (!Values.isTrue(evaluate(choice.test(), scope))) {
        return choice.otherwise() == null
            ? new Undefined("an inline if was false and has no else")
            : evaluate(choice.otherwise(), scope);
      }
    }
    return evaluate(conditional.first(), scope);
  }

  private Object comparison(Expr.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    boolean result = true;
    for (Operation operation : comparison.rest()) {
      Object right = evaluate(operation.operand(), scope);
      result = Operators.compare(operation.operator(), left, right, budget);
      if (!result) {
        break;
      }
      left = right;
    }
    return result;
  }

  private Object follow(Object value, Link link, Scope scope) {
    return switch (link) {
      case Expr.Attribute attribute -> Access.attribute(value, attribute.name(), budget);
      case Expr.Index index -> Access.item(value, evaluate(index.key(), scope), budget);
      case Expr.Slice slice ->
          Slices.slice(
              value,
              optional(slice.start(), scope),
              optional(slice.stop(), scope),
              optional(slice.step(), scope),
              budget);
      case Expr.Call call -> call(value, arguments(call.arguments(), scope));
      case Expr.Filter filter ->
          Filters.apply(filter.name(), this, value, arguments(filter.arguments(), scope));
      case Expr.Test test -> {
        Arguments arguments = arguments(test.arguments(), scope);
        Object result = Tests.apply(test.name(), this, value, arguments);
        yield test.negated() ? (Object) !Values.isTrue(result) : result;
      }
    };
  }

  private Object optional(@Nullable Expr expression, Scope scope) {
    return expression == null ? None.NONE : evaluate(expression, scope);
  }

  /** The text of a block passed through its filters. */
  Object filter(Object text, List<Expr.Filter> filters, Scope scope) {
    Object value = text;
    for (Expr.Filter filter : filters) {
      value = follow(value, filter, scope);
    }
    return value;
  }

  /** Evaluates a chain that ends in a call, passing the macro as the argument {@code caller}. */
  Object callWithCaller(Expr.Chain chain, Macro caller, Scope scope) {
    Object callee = evaluate(chain.first(), scope);
    int last = chain.links().size() - 1;
    for (Link link : chain.links().subList(0, last)) {
      callee = follow(callee, link, scope);
    }
    Expr.Call call = (Expr.Call) chain.links().get(last);
    Arguments arguments = arguments(call.arguments(), scope);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    if (named.put("caller", caller) != null) {
      throw new TemplateError("the argument 'caller' belongs to the call block");
    }
    return call(callee, new Arguments(arguments.positional(), named));
  }

  /** Calls a value. */
  Object call(Object callee, Arguments arguments) {
    return switch (callee) {
      case Invocable function -> function.call(this, arguments);
      case Undefined undefined -> throw undefined.error();
      default -> throw new TemplateError(Values.typeName(callee) + " cannot be called");
    };
  }

  private Arguments arguments(CallArguments written, Scope scope) {
    if (written.isEmpty()) {
      return Arguments.NONE;
    }
    List<Object> positional = all(written.positional(), scope);
    Map<String, Object> named = new LinkedHashMap<>();
    written.named().forEach((name, value) -> named.put(name, evaluate(value, scope)));
    if (written.spread() != null) {
      positional.addAll(Values.toList(evaluate(written.spread(), scope), budget));
    }
    if (written.spreadNamed() != null) {
      spread(evaluate(written.spreadNamed(), scope), named);
    }
    return new Arguments(positional, named);
  }

  private void spread(Object value, Map<String, Object> named) {
    if (!(value instanceof Dict dict)) {
      throw new TemplateError("'**' needs a dict, found " + Values.typeName(value));
    }
    for (Dict.Entry entry : dict.entries()) {
      budget.step();
      String name = Values.asText(entry.key());
      if (name == null || named.put(name, entry.value()) != null) {
        throw new TemplateError("'**' needs names that are not given otherwise");
      }
    }
  }
}
