package org.moe4j.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.GgufFile;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.template.ChatTemplate;
import org.moe4j.tokenizer.ModelTokenizer;
import org.moe4j.tokenizer.Tokenizers;

/**
 * A model's tokenizer and chat template, as far as its files have them and this version can read them. A model without either
 * still runs on token ids.
 *
 * @param tokenizer the tokenizer, or null
 * @param template the chat template, or null
 * @param problems why one of them cannot be used, in plain words
 */
record TextParts(
    @Nullable ModelTokenizer tokenizer, @Nullable ChatTemplate template, List<String> problems) {

  TextParts {
    problems = List.copyOf(problems);
  }

  /** Reads both; what is of an unknown kind is left out and named, what is damaged is refused. */
  static TextParts of(ModelFile file) {
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

  private static Optional<ModelTokenizer> tokenizer(ModelFile file) {
    return switch (file) {
      case GgufFile gguf ->
          gguf.config().has("tokenizer.ggml.model")
              ? Optional.of(Tokenizers.fromGguf(gguf.config()))
              : Optional.empty();
      case SafetensorsDirectory directory -> directory.tokenizerJson().map(Tokenizers::fromJson);
    };
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
