// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement: template text, a print or a tag. */
sealed interface Stmt {

  record Plain(String text) implements Stmt {}

  record Print(Expr value, int line) implements Stmt {}

  record If(List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

  record Branch(Expr test, List<Stmt> body, int line) {}

  /**
   * A loop.
   *
   * @param target what each element is assigned to
   * @param items what is iterated
   * @param filter condition that an element must meet, or null; a scope of its own
   * @param body the loop's body; its scope is fresh in every round
   * @param otherwise what runs if no round was completed
   * @param recursive whether {@code loop(...)} may run the body again on other items
   */
  record For(
      Target target,
      Expr items,
      @Nullable Expr filter,
      Body body,
      Body otherwise,
      boolean recursive,
      int line)
      implements Stmt {}

  record Assign(Target target, Expr value, int line) implements Stmt {}

  /** {@code {% set x | filter %}...{% endset %}}. */
  record AssignBlock(Target target, List<Expr.Filter> filters, Body body, int line)
      implements Stmt {}

  record MacroDefinition(Macro.Definition macro, int line) implements Stmt {}

  /** {@code {% call(args) callee(...) %}...{% endcall %}}. */
  record CallBlock(Expr.Chain callee, Macro.Definition caller, int line) implements Stmt {}

  record FilterBlock(List<Expr.Filter> filters, Body body, int line) implements Stmt {}

  record With(List<Target> targets, List<Expr> values, Body body, int line) implements Stmt {}

  /** {@code {% generation %}}: marks what the assistant said; here it only renders its body. */
  record Generation(Body body) implements Stmt {}

  record Break(int line) implements Stmt {}

  record Continue(int line) implements Stmt {}

  /** What a value can be assigned to. */
  sealed interface Target {}

  record NameTarget(String name, int line) implements Target {}

  record TupleTarget(List<Target> targets) implements Target {}

  record AttributeTarget(String namespace, String attribute, int line) implements Target {}

  /** Statements that have their own scope. */
  final class Body {
    static final Body EMPTY = new Body(List.of());

    final List<Stmt> statements;

    /**
     * Names that are assigned in this scope before they are read and that no enclosing scope knows:
     * they are undefined until then, even where the caller passed a variable of that name. Set once
     * by {@link Resolver}, before anything runs.
     */
    List<String> hidden = List.of();

    Body(List<Stmt> statements) {
      this.statements = statements;
    }
  }
}
