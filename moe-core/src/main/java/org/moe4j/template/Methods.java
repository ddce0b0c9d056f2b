// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The methods of dicts, lists, tuples and ranges. Those that would change the value are refused
 * like in the reference: their name is there, but undefined.
 */
final class Methods {
  private static final Set<String> CHANGES_DICT =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> CHANGES_LIST =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
  private static final Signature NONE = Signature.positional("method", 0);

  private Methods() {}

  private static Undefined refused(String type, String name) {
    return new Undefined("'" + name + "' would change a " + type + ", which templates may not");
  }

  static @Nullable Object ofDict(Dict dict, String name) {
    if (CHANGES_DICT.contains(name)) {
      return refused("dict", name);
    }
    return switch (name) {
      case "get" ->
          Invocable.function(
              name,
              Signature.positional(name, 1, "key", "default"),
              (e, arguments) -> {
                Object value = dict.get(arguments.get("key"), e.budget());
                return value == null ? arguments.get("default", None.NONE) : value;
              });
      case "keys" -> view(dict, name, DictView.Part.KEYS);
      case "values" -> view(dict, name, DictView.Part.VALUES);
      case "items" -> view(dict, name, DictView.Part.ITEMS);
      case "copy" -> Invocable.function(name, NONE, (e, arguments) -> dict);
      case "fromkeys" -> fromKeys();
      default -> null;
    };
  }

  private static Invocable view(Dict dict, String name, DictView.Part part) {
    return Invocable.function(name, NONE, (e, arguments) -> new DictView(dict, part));
  }

  /** {@code dict.fromkeys(keys, value)}. */
  static Invocable fromKeys() {
    return Invocable.function(
        "fromkeys",
        Signature.positional("fromkeys", 1, "iterable", "value"),
        (e, arguments) -> {
          Dict dict = new Dict();
          Object value = arguments.get("value", None.NONE);
          for (Object key : Values.toList(arguments.get("iterable"), e.budget())) {
            dict.put(key, value, e.budget());
          }
          return dict;
        });
  }

  static @Nullable Object ofSeq(Seq seq, String name) {
    if (!seq.tuple() && CHANGES_LIST.contains(name)) {
      return refused("list", name);
    }
    return switch (name) {
      case "copy" -> seq.tuple() ? null : Invocable.function(name, NONE, (e, arguments) -> seq);
      case "index", "count" -> search(seq, name);
      default -> null;
    };
  }

  static @Nullable Object ofRange(Range range, String name) {
    return switch (name) {
      case "start" -> range.start();
      case "stop" -> range.stop();
      case "step" -> range.step();
      case "index", "count" -> search(range, name);
      default -> null;
    };
  }

  private static Invocable search(Object sequence, String name) {
    boolean index = name.equals("index");
    Signature signature =
        index
            ? Signature.positional(name, 1, "value", "start", "stop")
            : Signature.positional(name, 1, "value");
    return Invocable.function(
        name,
        signature,
        (e, arguments) -> {
          Object value = arguments.get("value");
          List<Object> items =
              sequence instanceof Seq seq ? seq.items() : Values.toList(sequence, e.budget());
          int start = bound(arguments.integer("start", 0), items.size());
          int stop = bound(arguments.integer("stop", Long.MAX_VALUE), items.size());
          long count = 0;
          for (int i = start; i < stop; i++) {
            if (Operators.areEqual(items.get(i), value, e.budget())) {
              if (index) {
                return (long) i;
              }
              count++;
            }
          }
          if (index) {
            throw new TemplateError("index(): the value is not in the list");
          }
          return count;
        });
  }

  private static int bound(long index, int size) {
    return Math.clamp(index < 0 ? index + size : index, 0, size);
  }

  static @Nullable Object ofMacro(Macro macro, String name) {
    Macro.Definition definition = macro.definition();
    return switch (name) {
      case "name" -> definition.name() == null ? None.NONE : definition.name();
      case "arguments" -> new Seq(List.copyOf(definition.parameters()), true);
      case "catch_kwargs" -> definition.usesNamed();
      case "catch_varargs" -> definition.usesRest();
      case "caller" -> definition.usesCaller();
      default -> null;
    };
  }
}
