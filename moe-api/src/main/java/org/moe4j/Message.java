// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One turn of a conversation, as a chat template sees it.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool} or what the
 *     template knows
 * @param content the text; never parsed as a template, and special tokens in it stay text
 * @param fields further fields for the template, such as {@code tool_calls} or {@code
 *     reasoning_content}: JSON-like values (null, Boolean, Number, String, List, Map with String
 *     keys)
 */
public record Message(String role, String content, Map<String, Object> fields) {

  /** Copies the fields. */
  public Message {
    Objects.requireNonNull(role);
    Objects.requireNonNull(content);
    fields = Map.copyOf(fields);
  }

  /**
   * A system message.
   *
   * @param content the text
   */
  public static Message system(String content) {
    return new Message("system", content, Map.of());
  }

  /**
   * A user message.
   *
   * @param content the text
   */
  public static Message user(String content) {
    return new Message("user", content, Map.of());
  }

  /**
   * An assistant message: an earlier answer.
   *
   * @param content the text
   */
  public static Message assistant(String content) {
    return new Message("assistant", content, Map.of());
  }

  /**
   * The result of a tool call.
   *
   * @param content the result as text
   */
  public static Message tool(String content) {
    return new Message("tool", content, Map.of());
  }

  /**
   * This message with one more field for the template.
   *
   * @param name field name
   * @param value JSON-like value
   */
  public Message with(String name, Object value) {
    Map<String, Object> more = new HashMap<>(fields);
    more.put(name, value);
    return new Message(role, content, more);
  }

  /** The message as the map that a template reads: role, content, then the further fields. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", role);
    map.put("content", content);
    map.putAll(fields);
    return map;
  }
}
