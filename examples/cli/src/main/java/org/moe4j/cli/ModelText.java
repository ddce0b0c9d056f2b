// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.Tokenizer;
import org.moe4j.engine.TextParts;
import org.moe4j.format.ModelFile;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.Tokenizers;

/**
 * The tokenizer and the chat template of a file, whether or not the model can be run. The API opens
 * models that run, so this reaches below it.
 */
final class ModelText {

  /** Renders conversations. */
  @FunctionalInterface
  interface Template {
    String render(
        List<Map<String, Object>> messages,
        @Nullable List<?> tools,
        boolean generationPrompt,
        Map<String, @Nullable Object> variables);
  }

  private ModelText() {}

  /** The tokenizer of a model or of a bare {@code tokenizer.json}. */
  static Tokenizer tokenizer(Path path) {
    if (path.toString().endsWith(".json")) {
      return Tokenizers.fromJson(path);
    }
    TextParts parts = parts(path);
    if (parts.tokenizer() == null) {
      throw missing(path, "tokenizer", parts);
    }
    return parts.tokenizer();
  }

  /**
   * The chat template of a model, which sees the model's special tokens, or a bare {@code .jinja}
   * file.
   */
  static Template template(Path path) {
    if (path.toString().endsWith(".jinja")) {
      return ChatTemplate.parse(path.toString(), JsonInput.text(path))::render;
    }
    TextParts parts = parts(path);
    ChatTemplate template = parts.template();
    if (template == null) {
      throw missing(path, "chat template", parts);
    }
    return (messages, tools, generationPrompt, variables) -> {
      Map<String, @Nullable Object> all = new HashMap<>(parts.specialTokens());
      all.putAll(variables);
      return template.render(messages, tools, generationPrompt, all);
    };
  }

  private static TextParts parts(Path path) {
    try (ModelFile file = ModelFile.open(path)) {
      return TextParts.of(file);
    }
  }

  private static MixtureException missing(Path path, String part, TextParts parts) {
    String reason =
        parts.problems().isEmpty() ? "is not there" : String.join("; ", parts.problems());
    return new MixtureException.BadFile(path.toString(), part, reason, null);
  }
}
