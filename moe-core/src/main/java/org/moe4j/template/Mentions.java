// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.moe4j.template.Stmt.Branch;
import org.moe4j.template.Stmt.Target;

/**
 * Finds which of some names a piece of template reads without having assigned them before, inner
 * scopes included.
 */
final class Mentions {
  private final Set<String> wanted;
  private final Set<String> found = new HashSet<>();

  private Mentions(Set<String> wanted) {
    this.wanted = new HashSet<>(wanted);
  }

  /** The names among {@code wanted} that the statements read undeclared. */
  static Set<String> find(List<Stmt> statements, Set<String> wanted) {
    Mentions mentions = new Mentions(wanted);
    mentions.statements(statements);
    return mentions.found;
  }

  private void statements(List<Stmt> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.Plain plain -> {}
      case Stmt.Break stop -> {}
      case Stmt.Continue next -> {}
      case Stmt.Print print -> read(print.value());
      case Stmt.If choice -> {
        for (Branch branch : choice.branches()) {
          read(branch.test());
          statements(branch.body());
        }
        statements(choice.otherwise());
      }
      case Stmt.For loop -> {
        assigned(loop.target());
        read(loop.items());
        statements(loop.body().statements);
        statements(loop.otherwise().statements);
        if (loop.filter() != null) {
          read(loop.filter());
        }
      }
      case Stmt.Assign assign -> {
        assigned(assign.target());
        read(assign.value());
      }
      case Stmt.AssignBlock block -> {
        assigned(block.target());
        block.filters().forEach(this::filter);
        statements(block.body().statements);
      }
      case Stmt.MacroDefinition definition -> macro(definition.macro());
      case Stmt.CallBlock call -> {
        read(call.callee());
        macro(call.caller());
      }
      case Stmt.FilterBlock block -> {
        statements(block.body().statements);
        block.filters().forEach(this::filter);
      }
      case Stmt.With with -> {
        with.targets().forEach(this::assigned);
        with.values().forEach(this::read);
        statements(with.body().statements);
      }
      case Stmt.Generation generation -> statements(generation.body().statements);
    }
  }

  private void macro(Macro.Definition macro) {
    macro.parameters().forEach(wanted::remove);
    macro.defaults().forEach(this::read);
    statements(macro.body().statements);
  }

  private void assigned(Target target) {
    switch (target) {
      case Stmt.NameTarget name -> wanted.remove(name.name());
      case Stmt.TupleTarget tuple -> tuple.targets().forEach(this::assigned);
      case Stmt.AttributeTarget attribute -> {}
    }
  }

  private void filter(Expr.Filter filter) {
    filter.arguments().expressions().forEach(this::read);
  }

  private void read(Expr expression) {
    if (expression instanceof Expr.Name name && wanted.contains(name.name())) {
      found.add(name.name());
    }
    expression.children().forEach(this::read);
  }
}
