// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.template.Stmt.Body;

/**
 * A chat template: the program, shipped with a model, that turns messages into the prompt the model
 * was trained on.
 *
 * <p>Templates are written for one renderer, and rendering follows it to the letter, its errors
 * included. A template comes with a file and is not trusted: it reaches nothing but the values
 * passed in, cannot change those, and is stopped when it takes too many steps, too much memory or
 * nests too deeply. Text inside a message is data; it is never parsed.
 *
 * <p>Immutable and safe for many threads.
 */
public final class ChatTemplate {
  /** No template in use has a twentieth of it; it bounds what parsing can take. */
  private static final int MAX_LENGTH = 1 << 20;

  private static final List<String> REASONING =
      List.of("reasoning_content", "thinking", "reasoning");

  static {
    // Loaded here rather than deep inside a template, where the stack might end in the middle of
    // it.
    Filters.exists("");
    Tests.exists("");
    StringMethods.find("", "");
  }

  private final String name;
  private final Body body;
  private final Dates dates;

  private ChatTemplate(String name, Body body, Dates dates) {
    this.name = name;
    this.body = body;
    this.dates = dates;
  }

  /**
   * Parses a template that sees the system's clock and time zone.
   *
   * @param name where the template comes from, for error messages
   * @param source the text of the template
   * @throws MixtureException.BadFile if the template is malformed or uses what chat templates
   *     cannot use
   */
  public static ChatTemplate parse(String name, String source) {
    return parse(name, source, Clock.system(ZoneId.systemDefault()));
  }

  /**
   * Parses a template.
   *
   * @param name where the template comes from, for error messages
   * @param source the text of the template
   * @param clock the time and zone that {@code strftime_now} gives
   * @throws MixtureException.BadFile if the template is malformed or uses what chat templates
   *     cannot use
   */
  public static ChatTemplate parse(String name, String source, Clock clock) {
    if (source.length() > MAX_LENGTH) {
      String found = "expected at most " + MAX_LENGTH + " characters, found " + source.length();
      throw new MixtureException.BadFile(name, "chat template", found, null);
    }
    try {
      return new ChatTemplate(name, Parser.parse(source), new Dates(clock));
    } catch (SyntaxError e) {
      throw malformed(name, e.line(), String.valueOf(e.getMessage()), e);
    } catch (StackOverflowError e) {
      // Nesting is bounded, but the caller's thread may have next to no stack left.
      throw malformed(name, 1, "nested too deeply for this thread's stack", e);
    }
  }

  private static MixtureException malformed(
      String name, int line, String problem, Throwable cause) {
    return new MixtureException.BadFile(name, "chat template, line " + line, problem, cause);
  }

  /**
   * Renders messages the way the reference does: beside the variables, the template sees {@code
   * messages}, {@code tools}, {@code documents} and {@code add_generation_prompt}, and a message's
   * reasoning under each of the names in use for it.
   *
   * @param messages the conversation; each message maps names such as {@code role} and {@code
   *     content} to JSON-like values
   * @param tools JSON schemas of functions, or null
   * @param addGenerationPrompt whether the prompt ends with the opening of the assistant's turn
   * @param variables everything else, such as {@code bos_token} or {@code enable_thinking}
   * @return the prompt
   * @throws MixtureException.BadRequest if the template refuses the messages, fails on them or
   *     exceeds a limit
   */
  public String render(
      List<? extends Map<String, ?>> messages,
      @Nullable List<?> tools,
      boolean addGenerationPrompt,
      Map<String, ?> variables) {
    Map<String, @Nullable Object> all = new HashMap<>();
    all.put("documents", null);
    all.putAll(variables);
    List<Map<String, ?>> aliased = new ArrayList<>();
    messages.forEach(message -> aliased.add(withReasoning(message)));
    all.put("messages", aliased);
    all.put("tools", tools);
    all.put("add_generation_prompt", addGenerationPrompt);
    return render(all);
  }

  /** Reasoning goes by several names; templates read only one, so all of them are filled. */
  private static Map<String, ?> withReasoning(Map<String, ?> message) {
    for (String field : REASONING) {
      Object reasoning = message.get(field);
      if (reasoning != null) {
        Map<String, Object> aliased = new LinkedHashMap<>();
        aliased.put("thinking", reasoning);
        aliased.putAll(message);
        aliased.put("reasoning_content", reasoning);
        return aliased;
      }
    }
    return message;
  }

  /**
   * Renders with exactly these variables.
   *
   * @param variables what the template sees: null, booleans, numbers, strings, lists and maps with
   *     string keys, nested
   * @return the text
   * @throws MixtureException.BadRequest if the template raises an error, fails or exceeds a limit,
   *     or a variable is of a type that templates cannot see
   */
  public String render(Map<String, ? extends @Nullable Object> variables) {
    Budget budget = new Budget();
    Renderer renderer = new Renderer(budget);
    try {
      Inputs inputs = new Inputs();
      Map<String, Object> globals = Helpers.globals(dates);
      variables.forEach(
          (key, value) -> globals.put(key, inputs.convert(value, "variable '" + key + "'")));
      budget.addInput(inputs.characters());
      return renderer.render(body, new Scope(body, new Scope(globals)));
    } catch (TemplateError e) {
      throw failed(renderer.line(), String.valueOf(e.getMessage()), e);
    } catch (StackOverflowError e) {
      // Nesting is bounded, but the caller's thread may have next to no stack left.
      throw failed(renderer.line(), "nested too deeply for this thread's stack", e);
    }
  }

  private MixtureException failed(int line, String problem, Throwable cause) {
    return new MixtureException.BadRequest(
        "chat template " + name + ", line " + line + ": " + problem, cause);
  }
}
