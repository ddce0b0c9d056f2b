// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template can call, besides the ones that its caller passes. */
final class Helpers {
  private Helpers() {}

  /** The names that a template knows before any variable is set. */
  static Map<String, Object> globals(Dates dates) {
    Map<String, Object> globals = new HashMap<>();
    globals.put("range", variadic("range", Helpers::range));
    globals.put("namespace", variadic("namespace", Helpers::namespace));
    globals.put("dict", new DictFunction());
    globals.put("cycler", variadic("cycler", Helpers::cycler));
    globals.put(
        "joiner",
        Invocable.function(
            "joiner",
            Signature.of("joiner", 0, "sep"),
            (e, arguments) -> joiner(arguments.get("sep", ", "))));
    globals.put(
        "raise_exception",
        Invocable.function(
            "raise_exception",
            Signature.of("raise_exception", 1, "message"),
            (e, arguments) -> {
              throw new TemplateError(Printer.print(arguments.get("message"), e.budget()));
            }));
    globals.put(
        "strftime_now",
        Invocable.function(
            "strftime_now",
            Signature.of("strftime_now", 1, "format"),
            (e, arguments) -> dates.format(arguments.text("format"), e.budget())));
    return globals;
  }

  private interface Variadic {
    Object call(Evaluator evaluator, Arguments arguments);
  }

  private static Invocable variadic(String name, Variadic function) {
    return new Invocable() {
      @Override
      public Object call(Evaluator evaluator, Arguments arguments) {
        return function.call(evaluator, arguments);
      }

      @Override
      public String describe() {
        return "<function " + name + ">";
      }
    };
  }

  private static Object range(Evaluator evaluator, Arguments arguments) {
    int count = arguments.positional().size();
    Signature signature =
        count < 2
            ? Signature.positional("range", 1, "stop")
            : Signature.positional("range", 2, "start", "stop", "step");
    Bound bound = signature.bind(arguments);
    return Range.of(bound.integer("start", 0), bound.integer("stop"), bound.integer("step", 1));
  }

  /** A dict from a dict or pairs and named values, as {@code dict()} makes it. */
  static Dict dict(Evaluator evaluator, Arguments arguments) {
    if (arguments.positional().size() > 1) {
      throw new TemplateError("a dict is made of at most one value and named values");
    }
    evaluator.budget().objects(2 + 2L * arguments.named().size());
    Dict dict = new Dict();
    for (Object source : arguments.positional()) {
      if (source instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (source instanceof Dict other) {
        evaluator.budget().objects(2L * other.size());
        dict.putAll(other);
        continue;
      }
      for (Object pair : Values.toList(source, evaluator.budget())) {
        List<Object> parts = Values.toList(pair, evaluator.budget());
        if (parts.size() != 2) {
          throw new TemplateError("a dict is made of pairs, found " + parts.size() + " values");
        }
        dict.put(parts.get(0), parts.get(1), evaluator.budget());
      }
    }
    arguments.named().forEach(dict::putText);
    return dict;
  }

  private static Object namespace(Evaluator evaluator, Arguments arguments) {
    Namespace namespace = new Namespace();
    for (Dict.Entry entry : dict(evaluator, arguments).entries()) {
      String name = Values.asText(entry.key());
      if (name != null) {
        namespace.put(name, entry.value());
      }
    }
    return namespace;
  }

  /** The global {@code dict}. */
  static final class DictFunction implements Invocable {
    @Override
    public Object call(Evaluator evaluator, Arguments arguments) {
      return dict(evaluator, arguments);
    }

    @Nullable Object attribute(String name) {
      return name.equals("fromkeys") ? Methods.fromKeys() : null;
    }

    @Override
    public String describe() {
      return "<function dict>";
    }
  }

  private static Object cycler(Evaluator evaluator, Arguments arguments) {
    if (arguments.positional().isEmpty() || !arguments.named().isEmpty()) {
      throw new TemplateError("cycler() needs at least one value");
    }
    return new Cycler(new ArrayList<>(arguments.positional()));
  }

  /** Gives its values one after the other, again and again. */
  static final class Cycler {
    private final List<Object> items;
    private int position;

    Cycler(List<Object> items) {
      this.items = items;
    }

    @Nullable Object attribute(String name) {
      return switch (name) {
        case "current" -> items.get(position);
        case "items" -> new Seq(items, true);
        case "pos" -> (long) position;
        case "next" -> Invocable.function("next", Signature.of("next", 0), (e, none) -> next());
        case "reset" -> Invocable.function("reset", Signature.of("reset", 0), (e, none) -> reset());
        default -> null;
      };
    }

    private Object next() {
      Object item = items.get(position);
      position = (position + 1) % items.size();
      return item;
    }

    private Object reset() {
      position = 0;
      return None.NONE;
    }
  }

  /** A function that gives nothing the first time and a separator from then on. */
  private static Invocable joiner(Object separator) {
    boolean[] used = {false};
    return Invocable.function(
        "joiner",
        Signature.of("joiner", 0),
        (e, arguments) -> {
          Object result = used[0] ? separator : "";
          used[0] = true;
          return result;
        });
  }
}
