// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.moe4j.fuzz.Contract;

/** Chat templates. */
public final class TemplateFuzz {

  private static final List<Map<String, Object>> MESSAGES =
      List.of(
          Map.of("role", "system", "content", "Be brief."),
          Map.of("role", "user", "content", "What is 2 + 2?"),
          Map.of(
              "role",
              "assistant",
              "content",
              "<think>add</think>\n4",
              "reasoning_content",
              "add",
              "tool_calls",
              List.of(
                  Map.of(
                      "type",
                      "function",
                      "function",
                      Map.of("name", "sum", "arguments", Map.of("a", 2, "b", 2.5))))),
          Map.of("role", "tool", "content", "4", "name", "sum"),
          Map.of("role", "user", "content", List.of(Map.of("type", "text", "text", "Thanks"))));

  private static final List<Map<String, Object>> TOOLS =
      List.of(
          Map.of(
              "type",
              "function",
              "function",
              Map.of(
                  "name",
                  "sum",
                  "description",
                  "Adds",
                  "parameters",
                  Map.of("type", "object", "properties", Map.of("a", Map.of("type", "number"))))));

  private TemplateFuzz() {}

  /**
   * Parses one template and renders a conversation.
   *
   * @param bytes the template
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    String source = new String(bytes, StandardCharsets.UTF_8);
    Contract.check(() -> {
      ChatTemplate template = ChatTemplate.parse("fuzz", source);
      Map<String, Object> variables =
          Map.of("bos_token", "<s>", "eos_token", "</s>", "enable_thinking", true);
      template.render(MESSAGES, TOOLS, true, variables);
    });
  }
}
