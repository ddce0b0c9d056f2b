package org.moe4j.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.GgufFile;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.ModelTokenizer;
import org.moe4j.tokenizer.Tokenizers;

/**
 * The tokenizer and the chat template of a file, whether or not the model can be run. The API opens models that run, so this
 * reaches below it.
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
  static ModelTokenizer tokenizer(Path path) {
    if (endsWith(path, ".json")) {
      return Tokenizers.fromJson(path);
    }
    try (ModelFile file = ModelFile.open(path)) {
      return tokenizer(file)
          .orElseThrow(
              () -> new MixtureException.BadFile(path.toString(), null, "has no tokenizer", null));
    }
  }

  /** The chat template of a model, which sees the model's special tokens, or a bare {@code .jinja} file. */
  static Template template(Path path) {
    if (endsWith(path, ".jinja")) {
      return ChatTemplate.parse(path.toString(), JsonInput.text(path))::render;
    }
    try (ModelFile file = ModelFile.open(path)) {
      String source =
          file.chatTemplate()
              .orElseThrow(
                  () ->
                      new MixtureException.BadFile(
                          path.toString(), null, "has no chat template", null));
      ChatTemplate template = ChatTemplate.parse(path.toString(), source);
      Map<String, Object> special =
          tokenizer(file).map(ModelText::specialTokens).orElse(Map.of());
      return (messages, tools, generationPrompt, variables) -> {
        Map<String, @Nullable Object> all = new HashMap<>(special);
        all.putAll(variables);
        return template.render(messages, tools, generationPrompt, all);
      };
    }
  }

  private static boolean endsWith(Path path, String suffix) {
    return path.toString().endsWith(suffix);
  }

  private static Optional<ModelTokenizer> tokenizer(ModelFile file) {
    return switch (file) {
      case GgufFile gguf ->
          gguf.config().has("tokenizer.ggml.model")
              ? Optional.of(Tokenizers.fromGguf(gguf.config()))
              : Optional.empty();
      case SafetensorsDirectory directory -> directory.tokenizerJson().map(Tokenizers::fromJson);
    };
  }

  private static Map<String, Object> specialTokens(ModelTokenizer tokenizer) {
    Map<String, Object> tokens = new HashMap<>();
    put(tokens, "bos_token", tokenizer.special().bos(), tokenizer);
    put(tokens, "eos_token", tokenizer.special().eos(), tokenizer);
    put(tokens, "unk_token", tokenizer.special().unknown(), tokenizer);
    put(tokens, "pad_token", tokenizer.special().padding(), tokenizer);
    return tokens;
  }

  private static void put(
      Map<String, Object> tokens, String name, OptionalInt id, ModelTokenizer tokenizer) {
    if (id.isPresent()) {
      tokens.put(name, new String(tokenizer.bytes(id.getAsInt()), StandardCharsets.UTF_8));
    }
  }
}
