// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a caller passes into values, as a copy: a template can neither change nor reach the
 * caller's objects. Only JSON-like values are taken.
 */
final class Inputs {
  private static final int DEPTH = 200;

  private long characters;

  /** About how many characters have been converted so far. */
  long characters() {
    return characters;
  }

  /**
   * Converts a value.
   *
   * @param where how an error message calls the value
   */
  Object convert(@Nullable Object value, String where) {
    return convert(value, where, 0);
  }

  private Object convert(@Nullable Object value, String where, int depth) {
    if (depth > DEPTH) {
      throw new TemplateError(where + " is nested more than " + DEPTH + " levels deep");
    }
    characters++;
    return switch (value) {
      case null -> None.NONE;
      case Boolean truth -> truth;
      case CharSequence text -> {
        characters += text.length();
        yield text.toString();
      }
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case BigInteger number -> Numbers.normalise(number);
      case Double number -> number;
      case Float number -> number.doubleValue();
      case BigDecimal number -> number.doubleValue();
      case Map<?, ?> map -> {
        Dict dict = new Dict();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          if (!(entry.getKey() instanceof CharSequence key)) {
            throw new TemplateError(where + " has a key that is no string: " + entry.getKey());
          }
          characters += key.length();
          dict.putText(key.toString(), convert(entry.getValue(), where, depth + 1));
        }
        yield dict;
      }
      case Iterable<?> iterable -> {
        List<Object> items = new ArrayList<>();
        for (Object item : iterable) {
          items.add(convert(item, where, depth + 1));
        }
        yield Seq.list(items);
      }
      default ->
          throw new TemplateError(
              where
                  + " has a value of "
                  + value.getClass().getName()
                  + ", expected null, a boolean, number, string, list or map");
    };
  }
}
