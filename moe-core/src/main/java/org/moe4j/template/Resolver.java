// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Stmt.Body;
import org.moe4j.template.Stmt.Branch;
import org.moe4j.template.Stmt.Target;

/**
 * Checks a parsed template before it ever runs and works out what each scope hides.
 *
 * <p>A scope is the template, the body of a loop, macro, call, filter or set block, {@code with} or
 * {@code generation}; an {@code if} has none. A name that is assigned in a scope belongs to it from
 * its beginning, so that reading it earlier (from a macro, say) finds nothing, unless an outer
 * scope knows the name or the assignment stands in an {@code if}.
 *
 * <p>Unknown filters and tests are errors here, except directly inside an {@code if}, where
 * templates try what a renderer knows: there they fail only when they run.
 */
final class Resolver {

  /** What is known about a place in the template. */
  private record Place(boolean soft, boolean breakable, boolean insideLoop) {
    Place softened() {
      return new Place(true, breakable, insideLoop);
    }

    Place inner() {
      return new Place(false, breakable, insideLoop);
    }

    Place function() {
      return new Place(false, false, insideLoop);
    }

    Place loop() {
      return new Place(false, true, true);
    }
  }

  /** The names of one scope. */
  private static final class Frame {
    final @Nullable Frame parent;
    final Set<String> known = new HashSet<>();
    final Set<String> hidden = new LinkedHashSet<>();

    /** How many {@code if} tags of this scope are open. */
    int branches;

    Frame(@Nullable Frame parent) {
      this.parent = parent;
    }

    boolean knows(String name) {
      return known.contains(name) || (parent != null && parent.knows(name));
    }

    void read(String name) {
      if (!knows(name)) {
        known.add(name);
      }
    }

    void assign(String name) {
      // Assigned in some branch only, a name means until then what it means outside.
      if (branches == 0 && !knows(name)) {
        hidden.add(name);
      }
      known.add(name);
    }

    /** A parameter or loop variable, which has its value from the start. */
    void declare(Target target) {
      switch (target) {
        case Stmt.NameTarget name -> known.add(name.name());
        case Stmt.TupleTarget tuple -> tuple.targets().forEach(this::declare);
        case Stmt.AttributeTarget attribute -> read(attribute.namespace());
      }
    }
  }

  private Resolver() {}

  static void resolve(Body template) {
    new Resolver().body(template, new Frame(null), new Place(false, false, false));
  }

  /** Resolves a body whose parameters are already in its frame. */
  private void body(Body body, Frame frame, Place place) {
    names(body.statements, frame);
    body.hidden = List.copyOf(frame.hidden);
    descend(body.statements, frame, place);
  }

  private void names(List<Stmt> statements, Frame frame) {
    for (Stmt statement : statements) {
      switch (statement) {
        case Stmt.Plain plain -> {}
        case Stmt.Break stop -> {}
        case Stmt.Continue next -> {}
        case Stmt.Generation generation -> {}
        case Stmt.Print print -> read(print.value(), frame);
        case Stmt.If choice -> branches(choice, frame);
        case Stmt.For loop -> read(loop.items(), frame);
        case Stmt.Assign assign -> {
          read(assign.value(), frame);
          assign(assign.target(), frame);
        }
        case Stmt.AssignBlock block -> assign(block.target(), frame);
        case Stmt.MacroDefinition definition ->
            frame.assign(String.valueOf(definition.macro().name()));
        case Stmt.CallBlock call -> read(call.callee(), frame);
        case Stmt.FilterBlock block -> readFilters(block.filters(), frame);
        case Stmt.With with -> with.values().forEach(value -> read(value, frame));
      }
    }
  }

  private void branches(Stmt.If choice, Frame frame) {
    frame.branches++;
    for (Branch branch : choice.branches()) {
      read(branch.test(), frame);
      names(branch.body(), frame);
    }
    names(choice.otherwise(), frame);
    frame.branches--;
  }

  private void assign(Target target, Frame frame) {
    switch (target) {
      case Stmt.NameTarget name -> frame.assign(name.name());
      case Stmt.TupleTarget tuple -> tuple.targets().forEach(part -> assign(part, frame));
      case Stmt.AttributeTarget attribute -> frame.read(attribute.namespace());
    }
  }

  private void read(Expr expression, Frame frame) {
    if (expression instanceof Expr.Name name) {
      frame.read(name.name());
    }
    expression.children().forEach(child -> read(child, frame));
  }

  private void readFilters(List<Expr.Filter> filters, Frame frame) {
    filters.forEach(
        filter -> filter.arguments().expressions().forEach(argument -> read(argument, frame)));
  }

  private void descend(List<Stmt> statements, Frame frame, Place place) {
    for (Stmt statement : statements) {
      switch (statement) {
        case Stmt.Plain plain -> {}
        case Stmt.Break stop -> checkInLoop(place, "break", stop.line());
        case Stmt.Continue next -> checkInLoop(place, "continue", next.line());
        case Stmt.Print print -> check(print.value(), place.soft());
        case Stmt.If choice -> {
          for (Branch branch : choice.branches()) {
            check(branch.test(), true);
            descend(branch.body(), frame, place.softened());
          }
          descend(choice.otherwise(), frame, place.softened());
        }
        case Stmt.For loop -> loop(loop, frame, place);
        case Stmt.Assign assign -> {
          checkTarget(assign.target(), place);
          check(assign.value(), place.soft());
        }
        case Stmt.AssignBlock block -> {
          checkTarget(block.target(), place);
          checkFilters(block.filters(), false);
          body(block.body(), new Frame(frame), place.inner());
        }
        case Stmt.MacroDefinition definition -> macro(definition.macro(), frame, place);
        case Stmt.CallBlock call -> {
          check(call.callee(), place.soft());
          macro(call.caller(), frame, place);
        }
        case Stmt.FilterBlock block -> {
          checkFilters(block.filters(), false);
          Frame inner = new Frame(frame);
          body(block.body(), inner, place.inner());
        }
        case Stmt.With with -> {
          with.values().forEach(value -> check(value, place.soft()));
          Frame inner = new Frame(frame);
          with.targets().forEach(inner::declare);
          body(with.body(), inner, place.inner());
        }
        case Stmt.Generation generation ->
            body(generation.body(), new Frame(frame), place.function());
      }
    }
  }

  private void loop(Stmt.For loop, Frame frame, Place place) {
    check(loop.items(), place.soft());
    checkTarget(loop.target(), place.loop());
    if (loop.filter() != null) {
      check(loop.filter(), false);
    }
    Frame inner = new Frame(frame);
    inner.declare(loop.target());
    inner.known.add("loop");
    body(loop.body(), inner, place.loop());
    boolean breakable = place.breakable() && !loop.recursive();
    body(loop.otherwise(), new Frame(frame), new Place(false, breakable, true));
  }

  private void macro(Macro.Definition macro, Frame frame, Place place) {
    int caller = macro.parameters().indexOf("caller");
    if (macro.usesCaller() && caller >= 0 && macro.defaultOf(caller) == null) {
      throw new SyntaxError("the parameter 'caller' of a macro needs a default", macro.line());
    }
    Frame inner = new Frame(frame);
    inner.known.addAll(macro.parameters());
    inner.known.addAll(macro.implicitParameters());
    macro.defaults().forEach(value -> read(value, inner));
    macro.defaults().forEach(value -> check(value, false));
    body(macro.body(), inner, place.function());
  }

  private static void checkInLoop(Place place, String tag, int line) {
    if (!place.breakable()) {
      throw new SyntaxError("'" + tag + "' outside a loop", line);
    }
  }

  private static void checkTarget(Target target, Place place) {
    switch (target) {
      case Stmt.NameTarget name when place.insideLoop() && name.name().equals("loop") ->
          throw new SyntaxError("'loop' cannot be assigned inside a loop", name.line());
      case Stmt.TupleTarget tuple -> tuple.targets().forEach(part -> checkTarget(part, place));
      default -> {}
    }
  }

  private void check(Expr expression, boolean soft) {
    boolean inner = soft || expression instanceof Expr.Conditional;
    if (!inner && expression instanceof Expr.Chain chain) {
      List<Expr.Filter> filters = new ArrayList<>();
      for (Expr.Link link : chain.links()) {
        if (link instanceof Expr.Test test && !Tests.exists(test.name())) {
          throw new SyntaxError("no test named '" + test.name() + "'", test.line());
        }
        if (link instanceof Expr.Filter filter) {
          filters.add(filter);
        }
      }
      checkNames(filters);
    }
    expression.children().forEach(child -> check(child, inner));
  }

  private void checkFilters(List<Expr.Filter> filters, boolean soft) {
    checkNames(filters);
    for (Expr.Filter filter : filters) {
      filter.arguments().expressions().forEach(value -> check(value, soft));
    }
  }

  private static void checkNames(List<Expr.Filter> filters) {
    for (Expr.Filter filter : filters) {
      if (!Filters.exists(filter.name())) {
        throw new SyntaxError("no filter named '" + filter.name() + "'", filter.line());
      }
    }
  }
}
