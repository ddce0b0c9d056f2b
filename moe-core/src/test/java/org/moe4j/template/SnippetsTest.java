// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import tools.jackson.databind.JsonNode;

/**
 * Small templates for every feature of the language give what the reference gives, or fail where it
 * fails.
 */
class SnippetsTest {

  @Test
  void rendersEverySnippetAsTheReferenceDoes() throws IOException {
    JsonNode root = Samples.json("snippets.json");
    Map<String, Object> variables = Samples.map(root.get("variables"));
    List<String> differences = new ArrayList<>();
    int compared = 0;
    for (JsonNode row : root.get("snippets")) {
      String template = row.get(0).asString();
      String expected = row.get(1).isNull() ? "an error" : "'" + row.get(1).asString() + "'";
      String actual;
      try {
        actual =
            "'" + ChatTemplate.parse("snippet", template, Samples.CLOCK).render(variables) + "'";
      } catch (MixtureException.BadFile | MixtureException.BadRequest e) {
        actual = "an error";
      }
      compared++;
      if (!actual.equals(expected)) {
        differences.add(template + "\n  gives     " + actual + "\n  reference " + expected);
      }
    }
    assertTrue(compared > 1000, "only " + compared + " snippets");
    assertTrue(
        differences.isEmpty(),
        differences.size() + " of " + compared + " differ:\n" + String.join("\n", differences));
  }
}
