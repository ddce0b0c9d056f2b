// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigInteger;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a built-in function by parameter name.
 *
 * @param function name for error messages
 * @param values the arguments that were given
 */
record Bound(String function, Map<String, Object> values) {

  /** The argument, or null where it was not given. */
  @Nullable Object optional(String name) {
    return values.get(name);
  }

  Object get(String name, Object otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /** An argument that the signature requires. */
  Object get(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new TemplateError(function + "() needs the argument '" + name + "'");
    }
    return value;
  }

  boolean truth(String name) {
    Object value = values.get(name);
    return value != null && Values.isTrue(value);
  }

  /** An integer; what is beyond a long becomes the nearest long. */
  long integer(String name, long otherwise) {
    Object value = values.get(name);
    return value == null ? otherwise : toLong(value);
  }

  long integer(String name) {
    return toLong(get(name));
  }

  /** A string argument. */
  String text(String name) {
    return toText(name, get(name));
  }

  String text(String name, String otherwise) {
    Object value = values.get(name);
    return value == null ? otherwise : toText(name, value);
  }

  /** A string argument, null where it is absent or none. */
  @Nullable String textOrNone(String name) {
    Object value = values.get(name);
    return value == null || value == None.NONE ? null : toText(name, value);
  }

  private String toText(String name, Object value) {
    String text = Values.asText(value);
    if (text == null) {
      throw new TemplateError(
          function + "() needs a string as '" + name + "', found " + Values.typeName(value));
    }
    return text;
  }

  private long toLong(Object value) {
    return switch (value) {
      case Long number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case BigInteger big -> big.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
      default ->
          throw new TemplateError(
              function + "() needs an integer, found " + Values.typeName(value));
    };
  }
}
