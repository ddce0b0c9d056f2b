// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The special variable {@code loop}: where a running loop stands. Looking at the next item or the
 * length may compute items early, as in the reference. Calling it runs the body of a recursive loop
 * on other items.
 */
final class Loop implements Invocable {

  /** Renders the loop's body on other items, one level deeper. */
  interface Recursion {
    Object render(Object items, long depth);
  }

  private final Object source;
  private final @Nullable Recursion recursion;
  private final long depth0;
  private final Budget budget;
  private Cursor rest;
  private int length = -1;
  private int index0 = -1;
  private @Nullable Object previous;
  private @Nullable Object current;
  private @Nullable Object upcoming;
  private @Nullable Seq lastChanged;

  Loop(Object source, Cursor rest, @Nullable Recursion recursion, long depth0, Budget budget) {
    this.source = source;
    this.rest = rest;
    this.recursion = recursion;
    this.depth0 = depth0;
    this.budget = budget;
  }

  /** Moves to the next item and returns it, or null at the end. */
  @Nullable Object advance() {
    Object item = upcoming != null ? upcoming : rest.next();
    upcoming = null;
    if (item != null) {
      index0++;
      previous = current;
      current = item;
    }
    return item;
  }

  /**
   * What iterating the variable itself gives: items paired with the loop, shared with the loop that
   * is running.
   */
  Cursor rounds() {
    return () -> {
      Object item = advance();
      return item == null ? null : Seq.tuple(item, this);
    };
  }

  int length() {
    if (length < 0) {
      length = Values.lengthOrNone(source, budget);
      if (length < 0) {
        List<Object> items = new ArrayList<>();
        for (Object item = rest.next(); item != null; item = rest.next()) {
          budget.objects(1);
          items.add(item);
        }
        rest = Values.over(items.iterator());
        length = items.size() + index0 + 1 + (upcoming == null ? 0 : 1);
      }
    }
    return length;
  }

  private @Nullable Object peek() {
    if (upcoming == null) {
      upcoming = rest.next();
    }
    return upcoming;
  }

  /** An attribute of the loop, or null if there is none of that name. */
  @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> index0 + 1L;
      case "index0" -> (long) index0;
      case "revindex" -> (long) length() - index0;
      case "revindex0" -> length() - index0 - 1L;
      case "length" -> (long) length();
      case "first" -> index0 == 0;
      case "last" -> peek() == null;
      case "depth" -> depth0 + 1;
      case "depth0" -> depth0;
      case "previtem" ->
          index0 == 0 || previous == null ? new Undefined("there is no previous item") : previous;
      case "nextitem" -> {
        Object next = peek();
        yield next == null ? new Undefined("there is no next item") : next;
      }
      case "cycle" -> method("cycle", this::cycle);
      case "changed" -> method("changed", this::changed);
      default -> null;
    };
  }

  private interface Method {
    Object call(List<Object> arguments);
  }

  private static Invocable method(String name, Method method) {
    return new Invocable() {
      @Override
      public Object call(Evaluator evaluator, Arguments arguments) {
        if (!arguments.named().isEmpty()) {
          throw new TemplateError("loop." + name + "() takes no named arguments");
        }
        return method.call(arguments.positional());
      }

      @Override
      public String describe() {
        return "<bound method LoopContext." + name + ">";
      }
    };
  }

  private Object cycle(List<Object> values) {
    if (values.isEmpty()) {
      throw new TemplateError("loop.cycle() needs at least one value");
    }
    return values.get(Math.max(index0, 0) % values.size());
  }

  private Object changed(List<Object> values) {
    Seq seen = new Seq(values, true);
    boolean changed = lastChanged == null || !Operators.areEqual(lastChanged, seen, budget);
    lastChanged = seen;
    return changed;
  }

  @Override
  public Object call(Evaluator evaluator, Arguments arguments) {
    if (recursion == null) {
      throw new TemplateError("only a loop marked 'recursive' can be called");
    }
    Bound bound = Signature.of("loop", 1, "iterable").bind(arguments);
    return recursion.render(bound.get("iterable"), depth0 + 1);
  }

  @Override
  public String describe() {
    return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
  }
}
