// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.format.GgufFile;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.ModelTokenizer;
import org.moe4j.tokenizer.Tokenizers;

/**
 * A model's tokenizer and chat template, as far as its files have them and this version can read
 * them. A model without either still runs on token ids.
 *
 * @param tokenizer the tokenizer, or null
 * @param template the chat template, or null
 * @param problems why one of them cannot be used, in plain words
 */
public record TextParts(
    @Nullable ModelTokenizer tokenizer, @Nullable ChatTemplate template, List<String> problems) {

  /** Copies the list. */
  public TextParts {
    problems = List.copyOf(problems);
  }

  /**
   * Reads both; what is of an unknown kind is left out and named.
   *
   * @param file the model, open
   * @throws org.moe4j.MixtureException.BadFile if one of them is damaged
   */
  public static TextParts of(ModelFile file) {
    List<String> problems = new ArrayList<>();
    ModelTokenizer tokenizer =
        supported(() -> tokenizer(file), problems).flatMap(found -> found).orElse(null);
    ChatTemplate template =
        supported(
                () ->
                    file.chatTemplate()
                        .map(source -> ChatTemplate.parse(file.path() + ": chat template", source)),
                problems)
            .flatMap(found -> found)
            .orElse(null);
    return new TextParts(tokenizer, template, problems);
  }

  /**
   * The texts of the tokenizer's special tokens, by the names under which chat templates know them.
   */
  public Map<String, String> specialTokens() {
    if (tokenizer == null) {
      return Map.of();
    }
    Map<String, String> tokens = new HashMap<>();
    put(tokens, "bos_token", tokenizer.special().bos());
    put(tokens, "eos_token", tokenizer.special().eos());
    put(tokens, "unk_token", tokenizer.special().unknown());
    put(tokens, "pad_token", tokenizer.special().padding());
    return tokens;
  }

  private void put(Map<String, String> tokens, String name, OptionalInt id) {
    if (tokenizer != null && id.isPresent()) {
      tokens.put(name, new String(tokenizer.bytes(id.getAsInt()), StandardCharsets.UTF_8));
    }
  }

  private static Optional<ModelTokenizer> tokenizer(ModelFile file) {
    return switch (file) {
      case GgufFile gguf ->
          gguf.config().has("tokenizer.ggml.model")
              ? Optional.of(Tokenizers.fromGguf(gguf.config()))
              : Optional.empty();
      case SafetensorsDirectory directory ->
          directory.tokenizerJson().map(Tokenizers::fromJson).or(() -> tiktoken(directory));
    };
  }

  private static Optional<ModelTokenizer> tiktoken(SafetensorsDirectory directory) {
    Optional<Config> settings = directory.tokenizerConfig();
    return settings.isEmpty()
        ? Optional.empty()
        : directory
            .tiktokenModel()
            .map(ranks ->
                Tokenizers.fromTiktoken(
                    directory.path().resolve("tiktoken.model").toString(), ranks, settings.get()));
  }

  private static <T> Optional<T> supported(Supplier<T> read, List<String> problems) {
    try {
      return Optional.of(read.get());
    } catch (MixtureException.Unsupported e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }
}
