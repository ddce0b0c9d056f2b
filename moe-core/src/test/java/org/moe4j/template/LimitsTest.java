// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.moe4j.MixtureException;
import tools.jackson.databind.JsonNode;

/**
 * A hostile template ends in a typed error: it neither hangs nor exhausts the stack or the heap.
 */
class LimitsTest {
  private static final Duration WATCHDOG = Duration.ofMinutes(2);
  private static final String FOREVER = "{% for i in range(100000) %}{% for j in range(100000) %}";
  private static final String GROW =
      "{%% set ns = namespace(s=%s, t=%s) %%}{%% for i in range(%d) %%}%s{%% endfor %%}%s";

  static Stream<String> steps() {
    return Stream.of(
            "",
            "{% set x = i * j %}",
            "{% set x = 5e-324|round(300) %}",
            "{% set x = '%.300f' % 5e-324 %}",
            "{% set x = range(100000).index(99999) %}",
            "{% set x = [3, 1, 2]|sort %}",
            "{% set x = strftime_now('%c') %}")
        .map(body -> FOREVER + body + "{% endfor %}{% endfor %}");
  }

  static Stream<String> strings() {
    return Stream.of(
        "{{ 'a' * 10**9 }}",
        "{{ 'ab' * 9223372036854775807 }}",
        "{{ [1] * 10**9 }}",
        "{{ (1, 2) * 10**30 }}",
        "{% for i in range(10**9) %}{% endfor %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000d' % 1 }}",
        "{{ '%.999999f' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:.999999f}'.format(1.5) }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a'.ljust(10**18) }}",
        "{{ 'a'.zfill(10**18) }}",
        "{{ 'x\ny'|indent(10**9) }}",
        "{{ '\t'.expandtabs(10**9) }}",
        "{{ [1]|tojson(indent=10**9) }}",
        "{{ [1]|batch(10**9, 1)|list }}",
        "{{ [1]|slice(10**9)|list }}",
        "{{ 2**100000 }}",
        "{{ (10**300) * (10**300) }}",
        "{{ strftime_now('%c' * 10000000) }}",
        String.format(GROW, "'a'", 0, 100, "{% set ns.s = ns.s + ns.s %}", ""),
        String.format(GROW, "'a'", 0, 100, "{% set ns.s = ns.s ~ ns.s %}", ""),
        String.format(GROW, "'a'", 0, 100, "{% set ns.s = (ns.s, ns.s)|join %}", ""),
        String.format(GROW, "'a'", 0, 100, "{% set ns.s = ns.s|replace('a', 'aa') %}", ""),
        String.format(
            GROW,
            "'a'",
            0,
            100,
            "{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = x %}",
            ""),
        String.format(GROW, "[1]", 0, 100, "{% set ns.s = ns.s + ns.s %}", ""),
        "{% set s = 'a' * 5000000 %}{% for i in range(9) %}{{ (s[:2000000] ~ 'b') in s }}{% endfor"
            + " %}",
        "{% set s = 'a' * 5000000 %}{{ s.strip(s) }}{{ s.rstrip(s) }}{{ s.split(s[:99999] ~ 'b')"
            + " }}",
        "{% set s = 'a' * 5000000 %}{% for i in range(100000) %}{% set x = s[4999999] %}{% endfor"
            + " %}",
        "{% set s = 'a' * 5000000 %}{% for i in range(100000) %}{{ s == s[1:] ~ 'a' }}{% endfor"
            + " %}");
  }

  static Stream<String> depth() {
    String one = "{% set ns.s = [ns.s] %}{% set ns.t = [ns.t] %}";
    String two = "{% set ns.s = (ns.s, ns.s) %}{% set ns.t = (ns.t, ns.t) %}";
    Stream<String> nested =
        Stream.of(
                "ns.s",
                "ns.s|tojson",
                "ns.s == ns.t",
                "ns.s < ns.t",
                "[ns.s, ns.t]|sort",
                "[ns.s]|string|length")
            .flatMap(use ->
                Stream.of(
                    String.format(GROW, "[]", "[]", 50_000, one, "{{ " + use + " }}"),
                    String.format(GROW, "()", "()", 100, two, "{{ " + use + " }}")));
    Stream<String> keys =
        Stream.of("{ns.s: 1}", "ns.s in {}", "{}[ns.s]", "{}.get(ns.s)", "[ns.s]|unique|list")
            .flatMap(use ->
                Stream.of(
                    String.format(
                        GROW, "()", "()", 50_000, "{% set ns.s = (ns.s,) %}", "{{ " + use + " }}"),
                    String.format(GROW, "()", "()", 100, two, "{{ " + use + " }}")));
    Stream<String> calls =
        Stream.of(
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% macro m(x) %}{% if true %}{% for i in [1] %}{{ ((m(x)))|trim }}{% endfor %}{% endif"
                + " %}{% endmacro %}{{ m(1) }}",
            "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
            "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{{ caller() }}{% endmacro %}{{"
                + " m() }}",
            "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
            "{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns.x }}");
    return Stream.of(nested, keys, calls).flatMap(all -> all);
  }

  static Stream<String> malformed() {
    return Stream.of(
        "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
        "{{ " + "[".repeat(100_000) + " }}",
        "{{ " + "{'a':".repeat(100_000) + " }}",
        "{{ " + "not ".repeat(100_000) + "1 }}",
        "{{ " + "-".repeat(100_000) + "1 }}",
        "{{ " + "1 if 1 else ".repeat(50_000) + "1 }}",
        "{{ x" + "[x".repeat(100_000) + " }}",
        "{% if true %}".repeat(50_000),
        "{% for i in [1] %}".repeat(50_000),
        "{% macro m() %}".repeat(50_000),
        "{% set x %}".repeat(50_000),
        "{% raw %}" + "{% ".repeat(300_000),
        "{#".repeat(300_000),
        "{{ '".repeat(250_000),
        "{{ " + "9".repeat(1_000_000) + " }}",
        "{{ 0x" + "f".repeat(1_000_000) + " }}",
        "x".repeat((1 << 20) + 1));
  }

  /** Long but flat, so none of them may fail before its end. */
  static Stream<String> longChains() {
    return Stream.of(
            "{{ 1" + "+1".repeat(100_000) + " }}",
            "{{ 1" + " if 1".repeat(100_000) + " }}",
            "{{ 1" + " and 1".repeat(100_000) + " }}",
            "{{ 1" + " ~ 1".repeat(100_000) + " }}",
            "{{ 1" + " < 2 > 1".repeat(100_000) + " }}",
            "{{ 'a'" + "|upper".repeat(100_000) + " }}",
            "{{ ''" + ".strip()".repeat(100_000) + " }}",
            "{{ '' }}".repeat(100_000),
            "{% if x %}{% elif y %}{% endif %}".repeat(30_000),
            "{% macro m("
                + IntStream.range(0, 50_000).mapToObj(i -> "p" + i).collect(Collectors.joining(","))
                + ") %}{% endmacro %}{{ m() }}")
        .map(template -> template + "{{ raise_exception('the end') }}");
  }

  private static MixtureException error(String template) {
    return assertTimeoutPreemptively(
        WATCHDOG,
        () ->
            assertThrows(
                MixtureException.class,
                () -> ChatTemplate.parse("hostile", template).render(Map.of())));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource({"steps", "strings", "depth"})
  void endsInABadRequestWhenItRuns(String template) {
    MixtureException e = error(template);
    assertEquals(MixtureException.BadRequest.class, e.getClass());
    assertTrue(e.getMessage().startsWith("chat template hostile, line "), e.getMessage());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("malformed")
  void endsInABadFileWhenItIsParsed(String template) {
    assertEquals(MixtureException.BadFile.class, error(template).getClass());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("longChains")
  void lengthAloneIsNoDepth(String template) {
    String message = String.valueOf(error(template).getMessage());
    assertTrue(message.endsWith("the end"), message);
  }

  @Test
  void aThreadWithASmallStackGetsTheSameErrors() throws InterruptedException {
    List<Throwable> unexpected = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> Stream.concat(depth(), malformed()).forEach(LimitsTest::mustFail),
            "small stack",
            160 * 1024);
    thread.setUncaughtExceptionHandler((t, e) -> unexpected.add(e));
    thread.start();
    thread.join();
    assertEquals(List.of(), unexpected);
  }

  private static void mustFail(String template) {
    try {
      ChatTemplate.parse("hostile", template).render(Map.of());
      throw new AssertionError(
          "rendered: " + template.substring(0, Math.min(80, template.length())));
    } catch (MixtureException e) {
      // This is the promise.
    }
  }

  @Test
  void manyMessagesAreNoAttack() {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      messages.add(
          Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(400)));
    }
    String template =
        "{% for m in messages %}{% set c = m.content|trim %}{{ '<' ~ m.role ~ '>' +"
            + " c.split('</think>')[-1].lstrip() }}{% if loop.last or loop.nextitem.role == 'user'"
            + " %}{{ '\n"
            + "' }}{% endif %}{% endfor %}";
    String prompt = ChatTemplate.parse("long", template).render(messages, null, false, Map.of());
    assertEquals(2_000 * 1_999 + 1_000 * "<user><assistant>\n".length(), prompt.length());
  }

  @Test
  void damagedTemplatesGiveTextOrATypedError() throws IOException {
    JsonNode root = Samples.json("snippets.json");
    Map<String, Object> variables = Samples.map(root.get("variables"));
    List<String> templates = new ArrayList<>();
    for (JsonNode row : root.get("snippets")) {
      templates.add(row.get(0).asString());
    }
    Random random = new Random(7);
    int rendered = 0;
    for (int i = 0; i < 4_000; i++) {
      String damaged = damage(templates, random);
      try {
        ChatTemplate.parse("damaged", damaged).render(variables);
        rendered++;
      } catch (MixtureException.BadFile | MixtureException.BadRequest e) {
        // The other allowed outcome.
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("damaged template: " + damaged, e);
      }
    }
    assertTrue(rendered > 100, "only " + rendered + " of the damaged templates still render");
  }

  private static String damage(List<String> templates, Random random) {
    StringBuilder text = new StringBuilder(templates.get(random.nextInt(templates.size())));
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      String other = templates.get(random.nextInt(templates.size()));
      int from = random.nextInt(other.length() + 1);
      int to = Math.min(other.length(), from + random.nextInt(8));
      int at = random.nextInt(text.length() + 1);
      int end = Math.min(text.length(), at + random.nextInt(4));
      text.replace(at, end, other.substring(from, to));
    }
    return text.toString();
  }
}
