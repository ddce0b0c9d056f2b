// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import tools.jackson.databind.JsonNode;

/**
 * Real chat templates render every sample conversation as the reference does, or refuse it where
 * the reference refuses it. What the reference gave is kept as lengths and hashes, made by {@code
 * src/test/python/chat_templates.py}.
 */
@Tag("shared")
class SharedTemplatesTest {
  private record Case(
      String name,
      List<Map<String, Object>> messages,
      @Nullable List<?> tools,
      boolean prompt,
      Map<String, Object> variables) {}

  @Test
  void rendersEveryTemplateAsTheReferenceDoes() throws IOException {
    Path templates = Path.of(System.getProperty("moe4j.shared", "../../shared"), "templates");
    Assumptions.assumeTrue(Files.isDirectory(templates), "no templates at " + templates);
    List<Case> cases = cases();
    List<String> lines =
        new String(Samples.read("template-hashes.txt"), StandardCharsets.UTF_8).lines().toList();
    List<String> differences = new ArrayList<>();
    int compared = 0;
    for (int i = 0; i < lines.size(); i += 2) {
      String name = lines.get(i);
      List<String> expected = Arrays.asList(lines.get(i + 1).split(" ", -1));
      assertEquals(cases.size(), expected.size(), name);
      ChatTemplate template = parse(name, Files.readString(templates.resolve(name)));
      for (int c = 0; c < cases.size(); c++) {
        compared++;
        String actual = digest(render(template, cases.get(c)));
        if (!actual.equals(expected.get(c))) {
          differences.add(
              name + " " + cases.get(c).name + ": " + actual + ", reference " + expected.get(c));
        }
      }
    }
    assertTrue(compared > 12_000, "only " + compared + " cases");
    assertTrue(
        differences.isEmpty(),
        differences.size() + " of " + compared + " differ:\n" + String.join("\n", differences));
  }

  private static @Nullable ChatTemplate parse(String name, String source) {
    try {
      return ChatTemplate.parse(name, source, Samples.CLOCK);
    } catch (MixtureException.BadFile e) {
      return null;
    }
  }

  private static @Nullable String render(@Nullable ChatTemplate template, Case sample) {
    try {
      return template == null
          ? null
          : template.render(sample.messages, sample.tools, sample.prompt, sample.variables);
    } catch (MixtureException.BadRequest e) {
      return null;
    }
  }

  /** The length in UTF-8 and the beginning of the hash, or a dash for an error. */
  private static String digest(@Nullable String text) {
    if (text == null) {
      return "-";
    }
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(data);
      return data.length + ":" + Base64.getEncoder().encodeToString(Arrays.copyOf(hash, 12));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Case> cases() throws IOException {
    JsonNode root = Samples.json("conversations.json");
    List<Case> cases = new ArrayList<>();
    for (JsonNode row : root.get("cases")) {
      List<Map<String, Object>> messages = new ArrayList<>();
      for (JsonNode message : root.get("values").get(row.get(1).asInt())) {
        messages.add(Samples.map(message));
      }
      List<?> tools =
          row.get(2).isNull()
              ? null
              : (List<?>) Samples.value(root.get("values").get(row.get(2).asInt()));
      boolean prompt = row.get(3).asBoolean();
      cases.add(new Case(row.get(0).asString(), messages, tools, prompt, Samples.map(row.get(4))));
    }
    return cases;
  }
}
