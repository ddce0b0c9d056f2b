// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Stmt.Body;

/**
 * The variables of one running scope; what it does not know is looked up in the scope around it.
 */
final class Scope {
  private static final Object HIDDEN = new Object();

  private final Map<String, Object> variables;
  private final @Nullable Scope outer;

  /** A scope for the body inside {@code outer}. */
  Scope(Body body, Scope outer) {
    this.variables = new HashMap<>();
    this.outer = outer;
    for (String name : body.hidden) {
      variables.put(name, HIDDEN);
    }
  }

  /** The outermost scope: what the caller passed and what every template knows. */
  Scope(Map<String, Object> variables) {
    this.variables = variables;
    this.outer = null;
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.variables.get(name);
      if (value != null) {
        return value == HIDDEN ? Undefined.name(name) : value;
      }
    }
    return Undefined.name(name);
  }

  void put(String name, Object value) {
    variables.put(name, value);
  }

  /** Makes a name undefined here, whatever it means outside. */
  void hide(String name) {
    variables.put(name, HIDDEN);
  }
}
