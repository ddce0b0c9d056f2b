// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;

class ChatTemplateTest {
  private static final String CHAT =
      """
      {%- for m in messages %}
          {{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
          {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """;

  private static Map<String, Object> message(String role, Object content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  private static String render(String template, Map<String, ?> variables) {
    return ChatTemplate.parse("test", template).render(variables);
  }

  private static String render(String template, List<Map<String, Object>> messages) {
    return ChatTemplate.parse("test", template).render(messages, null, false, Map.of());
  }

  @Test
  void rendersAConversation() {
    List<Map<String, Object>> messages =
        List.of(message("system", "Be kind."), message("user", "Hi"));
    String prompt = ChatTemplate.parse("chat", CHAT).render(messages, null, true, Map.of());
    assertEquals(
        """
        <|im_start|>system
        Be kind.<|im_end|>
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant
        """,
        prompt);
  }

  @Test
  void textInsideAMessageIsNeverParsed() {
    String hostile =
        "{{ 7 * 7 }}{% raise_exception('x') %}{# c #}{% raw %}{%- set messages = 1 -%}";
    String expected = "<|im_start|>user\n" + hostile + "<|im_end|>\n";
    assertEquals(expected, render(CHAT, List.of(message("user", hostile))));
    assertEquals(hostile, render("{% set x %}{{ t }}{% endset %}{{ x }}", Map.of("t", hostile)));
    assertEquals(hostile, render("{{ t|trim|replace('z', t) }}", Map.of("t", hostile)));
    assertEquals("{t.x}", render("{{ '{}'.format(t) }}", Map.of("t", "{t.x}")));
  }

  @Test
  void templatesCannotChangeWhatTheCallerPassed() {
    for (String change :
        List.of(
            "messages.append(1)",
            "messages.pop()",
            "messages[0].update({'role': 'x'})",
            "messages[0].pop('role')",
            "messages[0].setdefault('a', 1)",
            "messages.clear()",
            "messages[0].content.__class__.x")) {
      List<Map<String, Object>> messages = new ArrayList<>(List.of(message("user", "Hi")));
      assertThrows(
          MixtureException.BadRequest.class,
          () -> render("{{ " + change + " }}", messages),
          change);
      assertEquals(List.of(message("user", "Hi")), messages);
    }
    assertThrows(
        MixtureException.BadRequest.class,
        () -> render("{% set messages.x = 1 %}", List.of(message("user", "Hi"))));
    assertThrows(
        MixtureException.BadRequest.class,
        () ->
            render(
                "{% set m = messages[0] %}{% set m.role %}x{% endset %}",
                List.of(message("user", "Hi"))));
  }

  @Test
  void onlyJsonLikeValuesAreSeen() {
    Object javaObject = new Object();
    for (Object value :
        List.of(
            javaObject,
            List.of(javaObject),
            Map.of("a", javaObject),
            Map.of(1, 2),
            Optional.of("x"))) {
      MixtureException e =
          assertThrows(
              MixtureException.BadRequest.class, () -> render("x", Map.of("thing", value)));
      assertTrue(e.getMessage().contains("variable 'thing'"), e.getMessage());
    }
    Map<String, Object> cycle = new HashMap<>();
    cycle.put("self", cycle);
    assertThrows(MixtureException.BadRequest.class, () -> render("x", Map.of("thing", cycle)));
  }

  @Test
  void numbersOfEveryJavaTypeArriveExactly() {
    Map<String, Object> variables = new HashMap<>();
    variables.put(
        "l",
        List.of(
            1,
            2L,
            (short) 3,
            (byte) 4,
            5.5f,
            6.25,
            new BigInteger("18446744073709551615"),
            new java.math.BigDecimal("0.1"),
            true));
    variables.put("n", null);
    assertEquals(
        "[1, 2, 3, 4, 5.5, 6.25, 18446744073709551615, 0.1, true] None",
        render("{{ l|tojson }} {{ n }}", variables));
  }

  @Test
  void setsWhatTheReferenceSets() {
    String probe =
        "{{ tools is defined }}{{ tools is none }}{{ documents is defined }}{{ documents is none }}"
            + "{{ add_generation_prompt }}{{ bos_token is defined }}";
    assertEquals("TrueTrueTrueTrueFalseFalse", render(probe, List.of()));
    assertEquals(
        "[{'a': 1}][{'t': 'x'}]<s>",
        ChatTemplate.parse("test", "{{ tools }}{{ documents }}{{ bos_token }}")
            .render(
                List.of(),
                List.of(Map.of("a", 1)),
                true,
                Map.of("bos_token", "<s>", "documents", List.of(Map.of("t", "x")))));
  }

  @Test
  void reasoningIsFoundUnderEachOfItsNames() {
    String probe = "{{ messages[0].reasoning_content }} {{ messages[0].thinking }}";
    for (String field : List.of("reasoning_content", "thinking", "reasoning")) {
      Map<String, Object> message = message("assistant", "Hi");
      message.put(field, "because");
      assertEquals("because because", render(probe, List.of(message)), field);
      assertEquals(3, message.size(), "the caller's message is not touched");
    }
    assertEquals(" ", render(probe, List.of(message("assistant", "Hi"))));
  }

  @Test
  void theDateComesFromTheClock() {
    Clock clock = Clock.fixed(Instant.parse("2024-02-29T23:30:00Z"), ZoneOffset.ofHours(1));
    String template = "{{ strftime_now('%d %B %Y, %H:%M') }}";
    assertEquals(
        "01 March 2024, 00:30", ChatTemplate.parse("test", template, clock).render(Map.of()));
  }

  @Test
  void anErrorNamesTheTemplateAndTheLine() {
    MixtureException malformed =
        assertThrows(
            MixtureException.BadFile.class,
            () -> ChatTemplate.parse("model.gguf", "a\n{% if x %}\n{{ y + }}\n{% endif %}"));
    assertEquals(
        "model.gguf: chat template, line 3: expected an expression, found '}}'",
        malformed.getMessage());
    ChatTemplate template =
        ChatTemplate.parse("model.gguf", "a\n\n{{ raise_exception('roles must alternate') }}\n");
    MixtureException refused =
        assertThrows(MixtureException.BadRequest.class, () -> template.render(Map.of()));
    assertEquals("chat template model.gguf, line 3: roles must alternate", refused.getMessage());
    MixtureException unknown =
        assertThrows(
            MixtureException.BadFile.class, () -> ChatTemplate.parse("t", "\n{{ x|frobnicate }}"));
    assertEquals("t: chat template, line 2: no filter named 'frobnicate'", unknown.getMessage());
  }

  @Test
  void integersDoNotOverflow() {
    assertEquals(
        "9223372036854775808 -9223372036854775809 85070591730234615847396907784232501249",
        render("{{ m + 1 }} {{ -m - 2 }} {{ m * m }}", Map.of("m", Long.MAX_VALUE)));
    assertEquals(
        "9223372036854775808", render("{{ -m }}|".replace("|", ""), Map.of("m", Long.MIN_VALUE)));
  }

  @Test
  void oneTemplateServesManyThreads() throws InterruptedException, ExecutionException {
    ChatTemplate template =
        ChatTemplate.parse(
            "test",
            "{% set ns = namespace(n=0) %}{% macro add(i) %}{% set ns.n = ns.n + i %}{% endmacro %}"
                + "{% for i in range(k) %}{{ add(i) }}{% endfor %}{{ ns.n }}");
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<String>> results = new ArrayList<>();
      for (int k = 0; k < 200; k++) {
        Map<String, Object> variables = Map.of("k", k);
        results.add(threads.submit(() -> template.render(variables)));
      }
      for (int k = 0; k < 200; k++) {
        assertEquals(String.valueOf(k * (k - 1) / 2), results.get(k).get());
      }
    }
  }

  @Test
  void nullsAndEmptyConversationsAreValues() {
    Map<String, Object> call = message("assistant", null);
    assertEquals(
        "True None",
        render("{{ messages[0].content is none }} {{ messages[0].content }}", List.of(call)));
    assertEquals("", render(CHAT, Collections.emptyList()));
  }
}
