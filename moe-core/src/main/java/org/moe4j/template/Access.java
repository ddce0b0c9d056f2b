// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import org.jspecify.annotations.Nullable;

/**
 * Attributes and elements of values. {@code a.b} looks for a method first and for the key {@code
 * 'b'} then; {@code a['b']} the other way round. Only what is listed here exists: nothing leads to
 * a Java object.
 */
final class Access {
  private Access() {}

  /** {@code value.name}. */
  static Object attribute(Object value, String name, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    budget.objects(1);
    Object member = member(value, name);
    if (member == null && value instanceof Dict dict) {
      member = dict.getText(name);
    }
    return member == null ? missing(value, name) : member;
  }

  /** {@code value[key]}. */
  static Object item(Object value, Object key, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    Object item = null;
    if (value instanceof Dict dict) {
      item = dict.find(key, budget);
    } else if (Numbers.isInteger(key)) {
      item = element(value, key, budget);
    }
    if (item != null) {
      return item;
    }
    String name = Values.asText(key);
    if (name == null) {
      return missing(value, Printer.repr(key, budget));
    }
    budget.objects(1);
    Object member = member(value, name);
    return member == null ? missing(value, name) : member;
  }

  private static Undefined missing(Object value, String name) {
    return new Undefined(Values.typeName(value) + " has no '" + name + "'");
  }

  /** The element at an index, counted from the end if negative, or null. */
  private static @Nullable Object element(Object value, Object key, Budget budget) {
    if (!(Values.isText(value) || value instanceof Seq || value instanceof Range)) {
      return null;
    }
    int length = Values.length(value, budget);
    long index = Numbers.big(key).bitLength() > 31 ? Long.MAX_VALUE : Numbers.big(key).longValue();
    long from = index < 0 ? index + length : index;
    if (from < 0 || from >= length) {
      return null;
    }
    int at = (int) from;
    return switch (value) {
      case Seq seq -> seq.items().get(at);
      case Range range -> range.get(at);
      default -> {
        String text = String.valueOf(Values.asText(value));
        int offset = text.offsetByCodePoints(0, at);
        yield Values.textLike(value, Character.toString(text.codePointAt(offset)));
      }
    };
  }

  /** A method or built-in attribute, or null if there is none of that name. */
  static @Nullable Object member(Object value, String name) {
    return switch (value) {
      case String text -> StringMethods.find(text, name);
      case Markup markup -> StringMethods.find(markup, name);
      case Dict dict -> Methods.ofDict(dict, name);
      case Seq seq -> Methods.ofSeq(seq, name);
      case Range range -> Methods.ofRange(range, name);
      case Namespace namespace -> namespace.attributes.get(name);
      case Loop loop -> loop.attribute(name);
      case Macro macro -> Methods.ofMacro(macro, name);
      case Helpers.Cycler cycler -> cycler.attribute(name);
      case Helpers.DictFunction dict -> dict.attribute(name);
      default -> null;
    };
  }
}
