// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a built-in function.
 *
 * @param function name for error messages
 * @param required how many parameters have no default
 * @param parameters names in order
 * @param named whether arguments may be given by name
 */
record Signature(String function, int required, List<String> parameters, boolean named) {

  static Signature of(String function, int required, String... parameters) {
    return new Signature(function, required, List.of(parameters), true);
  }

  /** Parameters that can only be given by position. */
  static Signature positional(String function, int required, String... parameters) {
    return new Signature(function, required, List.of(parameters), false);
  }

  Bound bind(Arguments arguments) {
    @Nullable Object[] values = new @Nullable Object[parameters.size()];
    List<Object> positional = arguments.positional();
    if (positional.size() > values.length) {
      throw new TemplateError(
          function
              + "() takes at most "
              + values.length
              + " arguments, found "
              + positional.size());
    }
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    for (Map.Entry<String, Object> entry : arguments.named().entrySet()) {
      int index = named ? parameters.indexOf(entry.getKey()) : -1;
      if (index < 0) {
        throw new TemplateError(function + "() takes no argument '" + entry.getKey() + "'");
      }
      if (values[index] != null) {
        throw new TemplateError(function + "() got the argument '" + entry.getKey() + "' twice");
      }
      values[index] = entry.getValue();
    }
    Map<String, Object> bound = new HashMap<>();
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value != null) {
        bound.put(parameters.get(i), value);
      } else if (i < required) {
        throw new TemplateError(function + "() needs the argument '" + parameters.get(i) + "'");
      }
    }
    return new Bound(function, bound);
  }
}
