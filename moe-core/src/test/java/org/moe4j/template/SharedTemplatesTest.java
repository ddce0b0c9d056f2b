package org.moe4j.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Real chat templates render every sample conversation as the reference does, or refuse it where
 * the reference refuses it. What the reference gave is kept as lengths and hashes, made by {@code
 * src/test/python/chat_templates.py}.
 */
@Tag("shared")
class SharedTemplatesTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-03-07T09:05:04.123456Z"), ZoneOffset.UTC);
  private static final ObjectMapper JSON = JsonMapper.shared();

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
    List<String> lines = lines("template-hashes.txt");
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
    assertTrue(compared > 9_000, "only " + compared + " cases");
    assertTrue(
        differences.isEmpty(),
        differences.size() + " of " + compared + " differ:\n" + String.join("\n", differences));
  }

  private static @Nullable ChatTemplate parse(String name, String source) {
    try {
      return ChatTemplate.parse(name, source, CLOCK);
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
    JsonNode root = JSON.readTree(String.join("\n", lines("conversations.json")));
    List<Case> cases = new ArrayList<>();
    for (JsonNode row : root.get("cases")) {
      List<Map<String, Object>> messages = new ArrayList<>();
      for (JsonNode message : root.get("values").get(row.get(1).asInt())) {
        messages.add(map(message));
      }
      JsonNode tools = row.get(2);
      cases.add(
          new Case(
              row.get(0).asString(),
              messages,
              tools.isNull()
                  ? null
                  : (List<?>)
                      JSON.convertValue(root.get("values").get(tools.asInt()), Object.class),
              row.get(3).asBoolean(),
              map(row.get(4))));
    }
    return cases;
  }

  private static Map<String, Object> map(JsonNode node) {
    Map<String, Object> map = new LinkedHashMap<>();
    Map<?, ?> values = (Map<?, ?>) JSON.convertValue(node, Object.class);
    values.forEach((key, value) -> map.put(String.valueOf(key), value));
    return map;
  }

  private static List<String> lines(String resource) throws IOException {
    try (InputStream in = SharedTemplatesTest.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("missing resource " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
