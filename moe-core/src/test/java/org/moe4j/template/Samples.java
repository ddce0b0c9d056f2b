// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Reads the resources that {@code src/test/python/chat_templates.py} writes. */
final class Samples {
  /** The moment at which the reference rendered them. */
  static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-03-07T09:05:04.123456Z"), ZoneOffset.UTC);

  private static final ObjectMapper JSON = JsonMapper.shared();

  private Samples() {}

  static byte[] read(String resource) throws IOException {
    try (InputStream in = Samples.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("missing resource " + resource);
      }
      return in.readAllBytes();
    }
  }

  static JsonNode json(String resource) throws IOException {
    return JSON.readTree(read(resource));
  }

  /** A JSON object as a map in the order of the file. */
  static Map<String, Object> map(JsonNode node) {
    Map<String, Object> map = new LinkedHashMap<>();
    Map<?, ?> values = (Map<?, ?>) value(node);
    values.forEach((key, value) -> map.put(String.valueOf(key), value));
    return map;
  }

  static Object value(JsonNode node) {
    return JSON.convertValue(node, Object.class);
  }
}
