// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.moe4j.Message;
import org.moe4j.MixtureException;
import org.moe4j.Request;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.ModelTokenizer;

/** From what a caller gives to token ids: chat template, tokenizer, begin token. Immutable. */
final class Prompts {

  /** What the names of variables end with that stand for special tokens. */
  private static final String TOKEN = "_token";

  private final String model;
  private final @Nullable ModelTokenizer tokenizer;
  private final @Nullable ChatTemplate template;
  private final Map<String, String> specialTokens;
  private final SpecialText specialText;

  /**
   * Creates the way from requests to ids.
   *
   * @param model the model's path, for messages
   * @param text the model's tokenizer and chat template
   */
  Prompts(String model, TextParts text) {
    this.model = model;
    tokenizer = text.tokenizer();
    template = text.template();
    specialTokens = text.specialTokens();
    specialText = new SpecialText(tokenizer == null ? List.of() : specials(tokenizer));
  }

  private static List<String> specials(ModelTokenizer tokenizer) {
    List<String> names = new ArrayList<>();
    for (int id = 0; id < tokenizer.size(); id++) {
      if (tokenizer.isSpecial(id)) {
        names.add(new String(tokenizer.bytes(id), StandardCharsets.UTF_8));
      }
    }
    return names;
  }

  boolean hasTokenizer() {
    return tokenizer != null;
  }

  ModelTokenizer tokenizer() {
    if (tokenizer == null) {
      throw new MixtureException.Unsupported(
          model, "text, since the model has no tokenizer,", "requests made of token ids");
    }
    return tokenizer;
  }

  /** The prompt that the template makes of a conversation, without protection of special tokens. */
  String render(
      List<Message> messages, List<Map<String, Object>> tools, Map<String, Object> variables) {
    List<Map<String, Object>> maps = new ArrayList<>();
    messages.forEach(message -> maps.add(message.toMap()));
    return renderMaps(maps, tools.isEmpty() ? null : tools, variables);
  }

  private String renderMaps(
      List<Map<String, Object>> messages, @Nullable List<?> tools, Map<String, Object> variables) {
    if (template == null) {
      throw new MixtureException.BadRequest(
          model + " has no chat template: use Request.prompt or Request.tokens");
    }
    Map<String, Object> all = new HashMap<>(specialTokens);
    all.putAll(variables);
    boolean opening = !Boolean.FALSE.equals(all.remove("add_generation_prompt"));
    return template.render(messages, tools, opening, all);
  }

  /** The token ids of an input. */
  ImmutableIntArray encode(Request.Input input) {
    return switch (input) {
      case Request.Tokens tokens -> ImmutableIntArray.copyOf(tokens.ids());
      case Request.Prompt prompt -> begun(tokenizer().encode(prompt.text(), prompt.parseSpecial()));
      case Request.Chat chat -> chat(chat);
    };
  }

  private ImmutableIntArray chat(Request.Chat chat) {
    ModelTokenizer encoder = tokenizer();
    List<Map<String, Object>> messages = new ArrayList<>();
    for (Message message : chat.messages()) {
      Map<String, Object> marked = new HashMap<>();
      message.toMap().forEach((name, value) -> marked.put(name, specialText.mark(value)));
      messages.add(marked);
    }
    List<?> tools = chat.tools().isEmpty() ? null : (List<?>) specialText.mark(chat.tools());
    Map<String, Object> variables = new HashMap<>();
    chat.variables()
        .forEach((name, value) ->
            variables.put(name, name.endsWith(TOKEN) ? value : specialText.mark(value)));
    SpecialText.Marked prompt = SpecialText.unmark(renderMaps(messages, tools, variables));
    return begun(encoder.encode(prompt.text(), offset -> !prompt.literal().get(offset)));
  }

  /** The ids after the begin token, if the model wants one and the text did not bring it. */
  private ImmutableIntArray begun(int[] ids) {
    OptionalInt bos = tokenizer().special().bos();
    boolean missing =
        tokenizer().special().addBos()
            && bos.isPresent()
            && (ids.length == 0 || ids[0] != bos.getAsInt());
    return ImmutableIntArray.copyOf(missing ? Ints.concat(new int[] {bos.getAsInt()}, ids) : ids);
  }
}
