// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one value that a template can change: named attributes, set with {@code {% set ns.name = ...
 * %}}.
 */
final class Namespace {
  final Map<String, Object> attributes = new LinkedHashMap<>();

  void put(String name, Object value) {
    if (name.startsWith("_")) {
      throw new TemplateError("a namespace takes no attribute that starts with '_': " + name);
    }
    attributes.put(name, value);
  }
}
