// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all values have in common: a type name, a truth value, perhaps a length and elements.
 *
 * <p>A value is one of {@link None}, {@link Undefined}, Boolean, Long, {@link BigInteger}, Double,
 * String, {@link Markup}, {@link Seq}, {@link Dict}, {@link DictView}, {@link Range}, {@link
 * Cursor}, {@link Namespace}, {@link Loop}, {@link Helpers.Cycler} and {@link Invocable}.
 */
final class Values {
  private Values() {}

  static String typeName(Object value) {
    return switch (value) {
      case None none -> "none";
      case Undefined undefined -> "an undefined value";
      case Boolean b -> "a boolean";
      case Long l -> "an integer";
      case BigInteger i -> "an integer";
      case Double d -> "a float";
      case String s -> "a string";
      case Markup m -> "a string";
      case Seq seq -> seq.tuple() ? "a tuple" : "a list";
      case Dict dict -> "a dict";
      case DictView view -> "a dict view";
      case Range range -> "a range";
      case Cursor cursor -> "a generator";
      case Namespace namespace -> "a namespace";
      case Loop loop -> "a loop";
      case Invocable function -> "a function";
      default -> "an object";
    };
  }

  static boolean isTrue(Object value) {
    return switch (value) {
      case None none -> false;
      case Undefined undefined -> false;
      case Boolean b -> b;
      case Long l -> l != 0;
      case Double d -> d != 0;
      case String s -> !s.isEmpty();
      case Markup m -> !m.text().isEmpty();
      case Seq seq -> seq.size() > 0;
      case Dict dict -> dict.size() > 0;
      case DictView view -> view.dict().size() > 0;
      case Range range -> range.size() > 0;
      case Loop loop -> loop.length() > 0;
      default -> true;
    };
  }

  static boolean isText(Object value) {
    return value instanceof String || value instanceof Markup;
  }

  /** The text of a string, or null if the value is none. */
  static @Nullable String asText(Object value) {
    return value instanceof String s ? s : value instanceof Markup m ? m.text() : null;
  }

  /** Text that is markup if {@code like} is. */
  static Object textLike(Object like, String text) {
    return like instanceof Markup ? new Markup(text) : text;
  }

  /** The number of characters or elements, or -1 if the value has no length. */
  static int lengthOrNone(Object value, Budget budget) {
    return switch (value) {
      case String s -> Text.length(s, budget);
      case Markup m -> Text.length(m.text(), budget);
      case Seq seq -> seq.size();
      case Dict dict -> dict.size();
      case DictView view -> view.dict().size();
      case Range range -> range.size();
      case Undefined undefined -> 0;
      case Loop loop -> loop.length();
      default -> -1;
    };
  }

  static int length(Object value, Budget budget) {
    int length = lengthOrNone(value, budget);
    if (length < 0) {
      throw new TemplateError(typeName(value) + " has no length");
    }
    return length;
  }

  /** The elements of a value, or null if it cannot be iterated. */
  static @Nullable Cursor iterateOrNone(Object value) {
    return switch (value) {
      case Cursor cursor -> cursor;
      case String s -> characters(s);
      case Markup m -> characters(m.text());
      case Seq seq -> over(seq.items().iterator());
      case Dict dict -> entries(new DictView(dict, DictView.Part.KEYS));
      case DictView view -> entries(view);
      case Range range -> numbers(range);
      case Undefined undefined -> () -> null;
      case Loop loop -> loop.rounds();
      default -> null;
    };
  }

  static Cursor iterate(Object value) {
    Cursor cursor = iterateOrNone(value);
    if (cursor == null) {
      throw new TemplateError(typeName(value) + " cannot be iterated");
    }
    return cursor;
  }

  /** All elements of a value. */
  static List<Object> toList(Object value, Budget budget) {
    List<Object> items = new ArrayList<>();
    Cursor cursor = iterate(value);
    for (Object item = cursor.next(); item != null; item = cursor.next()) {
      budget.objects(1);
      items.add(item);
    }
    return items;
  }

  static Cursor over(Iterator<? extends Object> iterator) {
    return () -> iterator.hasNext() ? iterator.next() : null;
  }

  private static Cursor entries(DictView view) {
    Iterator<Dict.Entry> entries = view.dict().entries().iterator();
    return () -> {
      if (!entries.hasNext()) {
        return null;
      }
      Dict.Entry entry = entries.next();
      return switch (view.part()) {
        case KEYS -> entry.key();
        case VALUES -> entry.value();
        case ITEMS -> Seq.tuple(entry.key(), entry.value());
      };
    };
  }

  private static Cursor characters(String text) {
    int[] at = {0};
    return () -> {
      if (at[0] >= text.length()) {
        return null;
      }
      int c = text.codePointAt(at[0]);
      at[0] += Character.charCount(c);
      return Character.toString(c);
    };
  }

  private static Cursor numbers(Range range) {
    int size = range.size();
    int[] at = {0};
    return () -> at[0] < size ? (Object) range.get(at[0]++) : null;
  }
}
