// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Stmt.Body;
import org.moe4j.template.Stmt.Branch;
import org.moe4j.template.Stmt.Target;

/** Runs statements: one object per rendering. */
final class Renderer {

  /** How a run of statements ended. */
  private enum Signal {
    NORMAL,
    BREAK,
    CONTINUE
  }

  private final Budget budget;
  private final Evaluator evaluator;
  private int line = 1;

  Renderer(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget, this);
  }

  /** The line of the statement that runs, for error messages. */
  int line() {
    return line;
  }

  /** Renders statements in a scope of their own to text. */
  String render(Body body, Scope scope) {
    int caller = line;
    Output out = new Output(budget);
    run(body.statements, scope, out);
    line = caller;
    return out.toString();
  }

  private Signal run(List<Stmt> statements, Scope scope, Output out) {
    budget.enter();
    Signal signal = Signal.NORMAL;
    for (Stmt statement : statements) {
      budget.step();
      signal = run(statement, scope, out);
      if (signal != Signal.NORMAL) {
        break;
      }
    }
    budget.leave();
    return signal;
  }

  private Signal run(Stmt statement, Scope scope, Output out) {
    switch (statement) {
      case Stmt.Plain plain -> out.append(plain.text());
      case Stmt.Print print -> {
        line = print.line();
        out.append(Printer.print(evaluator.evaluate(print.value(), scope), budget));
      }
      case Stmt.If choice -> {
        return choose(choice, scope, out);
      }
      case Stmt.For loop -> {
        return loop(loop, scope, out);
      }
      case Stmt.Assign assign -> assign(assign, scope);
      case Stmt.AssignBlock block -> {
        return assignBlock(block, scope);
      }
      case Stmt.MacroDefinition definition ->
          scope.put(
              String.valueOf(definition.macro().name()), new Macro(definition.macro(), scope));
      case Stmt.CallBlock call -> {
        line = call.line();
        Macro caller = new Macro(call.caller(), scope);
        out.appendText(evaluator.callWithCaller(call.callee(), caller, scope));
      }
      case Stmt.FilterBlock block -> {
        return filterBlock(block, scope, out);
      }
      case Stmt.With with -> {
        line = with.line();
        Scope inner = evaluator.scope(with.body(), scope);
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body().statements, inner, out);
      }
      case Stmt.Generation generation -> {
        Scope inner = evaluator.scope(generation.body(), scope);
        return run(generation.body().statements, inner, out);
      }
      case Stmt.Break stop -> {
        return Signal.BREAK;
      }
      case Stmt.Continue next -> {
        return Signal.CONTINUE;
      }
    }
    return Signal.NORMAL;
  }

  private Signal choose(Stmt.If choice, Scope scope, Output out) {
    for (Branch branch : choice.branches()) {
      line = branch.line();
      if (Values.isTrue(evaluator.evaluate(branch.test(), scope))) {
        return run(branch.body(), scope, out);
      }
    }
    return run(choice.otherwise(), scope, out);
  }

  private Signal loop(Stmt.For loop, Scope scope, Output out) {
    line = loop.line();
    Object items = evaluator.evaluate(loop.items(), scope);
    if (!loop.recursive()) {
      return rounds(loop, items, scope, out, null, 0);
    }
    out.append(recursiveLoop(loop, items, scope, 0));
    return Signal.NORMAL;
  }

  private String recursiveLoop(Stmt.For loop, Object items, Scope scope, long depth) {
    Output out = new Output(budget);
    Loop.Recursion recursion = (inner, level) -> recursiveLoop(loop, inner, scope, level);
    rounds(loop, items, scope, out, recursion, depth);
    return out.toString();
  }

  private Signal rounds(
      Stmt.For loop,
      Object items,
      Scope scope,
      Output out,
      Loop.@Nullable Recursion recursion,
      long depth) {
    Cursor cursor = Values.iterate(items);
    Object source = items;
    Expr filter = loop.filter();
    if (filter != null) {
      cursor = filtered(loop.target(), filter, cursor, scope);
      source = cursor;
    }
    Loop state = new Loop(source, cursor, recursion, depth, budget);
    boolean completed = false;
    for (Object item = state.advance(); item != null; item = state.advance()) {
      budget.step();
      Scope round = evaluator.scope(loop.body(), scope);
      assign(loop.target(), item, round);
      round.put("loop", state);
      Signal signal = run(loop.body().statements, round, out);
      if (signal == Signal.BREAK) {
        break;
      }
      completed |= signal == Signal.NORMAL;
    }
    // Rounds that were cut short do not count, so a loop that always continues runs its else too.
    if (completed) {
      return Signal.NORMAL;
    }
    return run(loop.otherwise().statements, evaluator.scope(loop.otherwise(), scope), out);
  }

  /** The items that meet the condition, tested only when they are asked for. */
  private Cursor filtered(Target target, Expr condition, Cursor items, Scope scope) {
    return () -> {
      for (Object item = items.next(); item != null; item = items.next()) {
        Scope test = evaluator.scope(Body.EMPTY, scope);
        assign(target, item, test);
        if (Values.isTrue(evaluator.evaluate(condition, test))) {
          return item;
        }
      }
      return null;
    };
  }

  private void assign(Stmt.Assign assign, Scope scope) {
    line = assign.line();
    checkNamespaces(assign.target(), scope);
    assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
  }

  private Signal assignBlock(Stmt.AssignBlock block, Scope scope) {
    Scope inner = evaluator.scope(block.body(), scope);
    Output text = new Output(budget);
    Signal signal = run(block.body().statements, inner, text);
    if (signal == Signal.NORMAL) {
      line = block.line();
      assign(block.target(), evaluator.filter(text.toString(), block.filters(), inner), scope);
    }
    return signal;
  }

  private Signal filterBlock(Stmt.FilterBlock block, Scope scope, Output out) {
    Scope inner = evaluator.scope(block.body(), scope);
    Output text = new Output(budget);
    Signal signal = run(block.body().statements, inner, text);
    if (signal == Signal.NORMAL) {
      line = block.line();
      out.appendText(evaluator.filter(text.toString(), block.filters(), inner));
    }
    return signal;
  }

  private static void checkNamespaces(Target target, Scope scope) {
    switch (target) {
      case Stmt.NameTarget name -> {}
      case Stmt.TupleTarget tuple -> tuple.targets().forEach(part -> checkNamespaces(part, scope));
      case Stmt.AttributeTarget attribute -> namespace(attribute, scope);
    }
  }

  private static Namespace namespace(Stmt.AttributeTarget target, Scope scope) {
    Object value = scope.get(target.namespace());
    if (value instanceof Namespace namespace) {
      return namespace;
    }
    throw new TemplateError(
        "attributes can only be set on a namespace, '"
            + target.namespace()
            + "' is "
            + Values.typeName(value));
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Stmt.NameTarget name -> scope.put(name.name(), value);
      case Stmt.AttributeTarget attribute ->
          namespace(attribute, scope).put(attribute.attribute(), value);
      case Stmt.TupleTarget tuple -> {
        List<Object> items = Values.toList(value, budget);
        if (items.size() != tuple.targets().size()) {
          throw new TemplateError(
              "cannot unpack " + items.size() + " values into " + tuple.targets().size());
        }
        for (int i = 0; i < items.size(); i++) {
          assign(tuple.targets().get(i), items.get(i), scope);
        }
      }
    }
  }
}
