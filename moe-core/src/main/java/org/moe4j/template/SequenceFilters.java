// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The filters of sequences. Those that the reference computes lazily give a {@link Cursor}. */
final class SequenceFilters {
  private static final List<String> AGGREGATE = List.of("case_sensitive", "attribute");

  private SequenceFilters() {}

  /** Adds all of them to the registry. */
  static void addTo(Map<String, Filters.Variadic> all) {
    Filters.define(all, "first", 0, List.of(), SequenceFilters::first);
    Filters.define(all, "last", 0, List.of(), SequenceFilters::last);
    Filters.define(
        all, "list", 0, List.of(), (value, none, e) -> Seq.list(Values.toList(value, e.budget())));
    Filters.define(all, "items", 0, List.of(), SequenceFilters::items);
    Filters.define(all, "join", 0, List.of("d", "attribute"), SequenceFilters::join);
    Filters.define(all, "reverse", 0, List.of(), SequenceFilters::reverse);
    Filters.define(all, "sum", 0, List.of("attribute", "start"), SequenceFilters::sum);
    Filters.define(all, "batch", 1, List.of("linecount", "fill_with"), SequenceFilters::batch);
    Filters.define(all, "slice", 1, List.of("slices", "fill_with"), SequenceFilters::slice);
    Filters.define(all, "unique", 0, AGGREGATE, SequenceFilters::unique);
    Filters.define(all, "min", 0, AGGREGATE, (value, a, e) -> extreme(value, a, e, false));
    Filters.define(all, "max", 0, AGGREGATE, (value, a, e) -> extreme(value, a, e, true));
    Filters.define(
        all, "sort", 0, List.of("reverse", "case_sensitive", "attribute"), SequenceFilters::sort);
    Filters.define(
        all, "dictsort", 0, List.of("case_sensitive", "by", "reverse"), SequenceFilters::sortDict);
    all.put("map", SequenceFilters::map);
    all.put("select", (value, a, e) -> select(value, a, e, false, true));
    all.put("reject", (value, a, e) -> select(value, a, e, false, false));
    all.put("selectattr", (value, a, e) -> select(value, a, e, true, true));
    all.put("rejectattr", (value, a, e) -> select(value, a, e, true, false));
  }

  private static Object first(Object value, Bound arguments, Evaluator e) {
    Object first = Values.iterate(value).next();
    return first == null ? new Undefined("no first item, the sequence is empty") : first;
  }

  private static Object last(Object value, Bound arguments, Evaluator e) {
    List<Object> items = reversible(value, e);
    if (items == null) {
      throw new TemplateError("last needs a sequence, found " + Values.typeName(value));
    }
    return items.isEmpty() ? new Undefined("no last item, the sequence is empty") : items.getLast();
  }

  /** The elements of a value that can be read backwards, or null. */
  private static @Nullable List<Object> reversible(Object value, Evaluator e) {
    return switch (value) {
      case Seq seq -> seq.items();
      case Dict dict -> Values.toList(dict, e.budget());
      case DictView view -> Values.toList(view, e.budget());
      case Range range -> Values.toList(range, e.budget());
      case String text -> Values.toList(text, e.budget());
      case Markup markup -> Values.toList(markup, e.budget());
      case Undefined undefined -> List.of();
      default -> null;
    };
  }

  private static Object reverse(Object value, Bound arguments, Evaluator e) {
    String text = Values.asText(value);
    if (text != null) {
      return Slices.slice(value, None.NONE, None.NONE, -1L, e.budget());
    }
    List<Object> items = reversible(value, e);
    if (items != null) {
      return Values.over(items.reversed().iterator());
    }
    List<Object> copy = Values.toList(value, e.budget());
    Collections.reverse(copy);
    return Seq.list(copy);
  }

  private static Object items(Object value, Bound arguments, Evaluator e) {
    if (value instanceof Undefined) {
      return (Cursor) () -> null;
    }
    if (value instanceof Dict dict) {
      return Values.iterate(new DictView(dict, DictView.Part.ITEMS));
    }
    return (Cursor)
        () -> {
          throw new TemplateError("items needs a dict, found " + Values.typeName(value));
        };
  }

  private static Object join(Object value, Bound arguments, Evaluator e) {
    Function<Object, Object> key = attribute(arguments, null, e);
    List<String> parts = new ArrayList<>();
    for (Object item : Values.toList(value, e.budget())) {
      parts.add(Printer.print(key.apply(item), e.budget()));
    }
    return Text.join(Printer.print(arguments.get("d", ""), e.budget()), parts, e.budget());
  }

  private static Object sum(Object value, Bound arguments, Evaluator e) {
    Function<Object, Object> key = attribute(arguments, null, e);
    Object sum = arguments.get("start", 0L);
    if (Values.isText(sum)) {
      throw new TemplateError("sum does not join strings");
    }
    for (Object item : Values.toList(value, e.budget())) {
      sum = Operators.apply("+", sum, key.apply(item), e);
    }
    return sum;
  }

  private static Object batch(Object value, Bound arguments, Evaluator e) {
    long size = arguments.integer("linecount");
    Object fill = arguments.get("fill_with", None.NONE);
    Cursor items = Values.iterate(value);
    List<Object> row = new ArrayList<>();
    return (Cursor)
        () -> {
          for (Object item = items.next(); item != null; item = items.next()) {
            e.budget().objects(1);
            Seq full = row.size() == size ? Seq.list(List.copyOf(row)) : null;
            if (full != null) {
              row.clear();
            }
            row.add(item);
            if (full != null) {
              return full;
            }
          }
          if (row.isEmpty()) {
            return null;
          }
          List<Object> last = new ArrayList<>(row);
          row.clear();
          if (fill != None.NONE && last.size() < size) {
            e.budget().references(size - last.size());
            while (last.size() < size) {
              last.add(fill);
            }
          }
          return Seq.list(last);
        };
  }

  private static Object slice(Object value, Bound arguments, Evaluator e) {
    long slices = arguments.integer("slices");
    Object fill = arguments.get("fill_with", None.NONE);
    List<Object> items = Values.toList(value, e.budget());
    if (slices == 0) {
      throw new TemplateError("slice into zero parts");
    }
    long[] next = {0};
    return (Cursor)
        () -> {
          long index = next[0]++;
          if (index >= slices) {
            return null;
          }
          long each = items.size() / slices;
          long longer = items.size() % slices;
          long from = index * each + Math.min(index, longer);
          long to = from + each + (index < longer ? 1 : 0);
          e.budget().objects(1);
          e.budget().references(to - from);
          List<Object> part = new ArrayList<>(items.subList((int) from, (int) to));
          if (fill != None.NONE && index >= longer) {
            part.add(fill);
          }
          return Seq.list(part);
        };
  }

  private static Object unique(Object value, Bound arguments, Evaluator e) {
    Function<Object, Object> key = comparable(arguments, e);
    Cursor items = Values.iterate(value);
    Set<Object> seen = new HashSet<>();
    return (Cursor)
        () -> {
          for (Object item = items.next(); item != null; item = items.next()) {
            e.budget().objects(1);
            if (seen.add(Dict.hashKey(key.apply(item), e.budget()))) {
              return item;
            }
          }
          return null;
        };
  }

  private static Object extreme(Object value, Bound arguments, Evaluator e, boolean largest) {
    Function<Object, Object> key = comparable(arguments, e);
    Object best = null;
    Object bestKey = None.NONE;
    for (Object item : Values.toList(value, e.budget())) {
      Object itemKey = key.apply(item);
      boolean better =
          best == null
              || (largest
                  ? Operators.isLess(bestKey, itemKey, e.budget())
                  : Operators.isLess(itemKey, bestKey, e.budget()));
      if (better) {
        best = item;
        bestKey = itemKey;
      }
    }
    return best == null ? new Undefined("no item, the sequence is empty") : best;
  }

  private record Keyed(Object key, Object item) {}

  private static Object sort(Object value, Bound arguments, Evaluator e) {
    Object attribute = arguments.get("attribute", None.NONE);
    String names = Values.asText(attribute);
    List<Object> paths =
        names == null ? List.of(attribute) : Text.split(names, ",", -1, e.budget());
    boolean caseSensitive = arguments.truth("case_sensitive");
    List<Keyed> keyed = new ArrayList<>();
    for (Object item : Values.toList(value, e.budget())) {
      List<Object> keys = new ArrayList<>();
      for (Object path : paths) {
        Object key = path(path, e).apply(item);
        keys.add(caseSensitive ? key : lower(key, e));
      }
      keyed.add(new Keyed(Seq.list(keys), item));
    }
    return sorted(keyed, arguments.integer("reverse", 0) != 0, e);
  }

  private static Object sortDict(Object value, Bound arguments, Evaluator e) {
    if (!(value instanceof Dict dict)) {
      throw new TemplateError("dictsort needs a dict, found " + Values.typeName(value));
    }
    String by = arguments.text("by", "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateError("dictsort sorts by 'key' or 'value'");
    }
    List<Keyed> keyed = new ArrayList<>();
    for (Dict.Entry entry : dict.entries()) {
      Object key = by.equals("key") ? entry.key() : entry.value();
      keyed.add(
          new Keyed(
              arguments.truth("case_sensitive") ? key : lower(key, e),
              Seq.tuple(entry.key(), entry.value())));
    }
    return sorted(keyed, arguments.integer("reverse", 0) != 0, e);
  }

  private static Object sorted(List<Keyed> keyed, boolean reverse, Evaluator e) {
    Sorting.Order<Keyed> order =
        reverse
            ? (a, b) -> Operators.isLess(b.key, a.key, e.budget())
            : (a, b) -> Operators.isLess(a.key, b.key, e.budget());
    List<Object> items = new ArrayList<>();
    for (Keyed entry : Sorting.sort(keyed, order, e.budget())) {
      items.add(entry.item);
    }
    return Seq.list(items);
  }

  private static Object map(Object value, Arguments arguments, Evaluator e) {
    if (!Values.isTrue(value)) {
      return (Cursor) () -> null;
    }
    Function<Object, Object> function;
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Bound bound = Signature.of("map", 1, "attribute", "default").bind(arguments);
      function = attribute(bound, bound.optional("default"), e);
    } else {
      if (arguments.positional().isEmpty()) {
        throw new TemplateError("map needs the name of a filter");
      }
      Object name = arguments.positional().get(0);
      Arguments rest = arguments.drop(1);
      function = item -> Filters.apply(nameOf(name), e, item, rest);
    }
    Cursor items = Values.iterate(value);
    return (Cursor)
        () -> {
          Object item = items.next();
          return item == null ? null : function.apply(item);
        };
  }

  private static String nameOf(Object name) {
    String text = Values.asText(name);
    if (text == null) {
      throw new TemplateError(
          "expected the name of a filter or test, found " + Values.typeName(name));
    }
    return text;
  }

  private static Object select(
      Object value, Arguments arguments, Evaluator e, boolean byAttribute, boolean wanted) {
    if (!Values.isTrue(value)) {
      return (Cursor) () -> null;
    }
    if (byAttribute && arguments.positional().isEmpty()) {
      throw new TemplateError("the name of an attribute is missing");
    }
    Function<Object, Object> key =
        byAttribute ? path(arguments.positional().get(0), e) : Function.identity();
    Arguments test = arguments.drop(byAttribute ? 1 : 0);
    Cursor items = Values.iterate(value);
    return (Cursor)
        () -> {
          for (Object item = items.next(); item != null; item = items.next()) {
            e.budget().step();
            Object tested = key.apply(item);
            Object result =
                test.positional().isEmpty()
                    ? tested
                    : Tests.apply(nameOf(test.positional().get(0)), e, tested, test.drop(1));
            if (Values.isTrue(result) == wanted) {
              return item;
            }
          }
          return null;
        };
  }

  /** What looks up the attribute that the arguments name; without one, the item itself. */
  private static Function<Object, Object> attribute(
      Bound arguments, @Nullable Object otherwise, Evaluator e) {
    return path(arguments.get("attribute", None.NONE), otherwise, e);
  }

  private static Function<Object, Object> comparable(Bound arguments, Evaluator e) {
    Function<Object, Object> key = attribute(arguments, null, e);
    return arguments.truth("case_sensitive") ? key : item -> lower(key.apply(item), e);
  }

  private static Function<Object, Object> path(Object attribute, Evaluator e) {
    return path(attribute, null, e);
  }

  /** Follows a path such as {@code a.b.0}. */
  private static Function<Object, Object> path(
      Object attribute, @Nullable Object otherwise, Evaluator e) {
    if (attribute == None.NONE) {
      return Function.identity();
    }
    List<Object> parts = new ArrayList<>();
    String text = Values.asText(attribute);
    if (text == null) {
      parts.add(attribute);
    } else {
      for (Object part : Text.split(text, ".", -1, e.budget())) {
        String name = Printer.print(part, e.budget());
        Object index = Cases.all(name, Cases::isDecimal) ? NumberReader.integer(name, 10) : null;
        parts.add(index == null ? name : index);
      }
    }
    return item -> {
      Object value = item;
      for (Object part : parts) {
        value = Access.item(value, part, e.budget());
        if (otherwise != null && otherwise != None.NONE && value instanceof Undefined) {
          value = otherwise;
        }
      }
      return value;
    };
  }

  private static Object lower(Object key, Evaluator e) {
    String text = Values.asText(key);
    if (text == null) {
      return key;
    }
    e.budget().text(text.length());
    return Cases.lower(text);
  }
}
